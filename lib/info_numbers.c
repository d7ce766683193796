/* info_numbers.c - what each kind of file is looked into for. */
#include "info_priv.h"

#include <stdbool.h>
#include <string.h>

#include "arena.h"

static double share(const int8_t *is, size_t n)
{
    size_t sum = 0;

    for (size_t k = 0; k < n; k++)
        sum += is[k] != 0;
    return n ? (double)sum / (double)n : 0;
}

/* Kinds without numbers of their own: what they hold. */
static int tell_families(struct telling *t)
{
    for (int i = 0; i < t->schema->nfields; i++)
        if (t->schema->field[i].flags & H5_FAMILY && h5file_has(t->f, i) &&
            info_family(t, i))
            return -1;
    return 0;
}

/* "side       left=0 right=1" of each variable of texts. */
static int tell_codes(struct telling *t)
{
    for (int k = 0; k < h5file_count(t->f, ACTIVATIONS_codes); k++) {
        const char *name = h5file_member(t->f, ACTIVATIONS_codes, k);
        const char *all = "";
        char (*code)[H5_TEXT_SIZE];
        struct h5shape s;

        if (h5file_shape(t->f, ACTIVATIONS_codes, name, &s) ||
            !(code = h5file_load_member(t->f, ACTIVATIONS_codes, name,
                                        t->arena)))
            return -1;
        for (size_t i = 0; all && i < s.size[0]; i++)
            all = arena_text(t->arena, "%s%s%s=%zu", all, i ? " " : "",
                             code[i], i);
        if (!all || info_tell(t, name, all, 1))
            return -1;
    }
    return 0;
}

static int tell_activations(struct telling *t)
{
    size_t S = h5file_size(t->f, 'S');
    const int8_t *eligible = h5file_load(t->f, ACTIVATIONS_eligible, t->arena);

    return !eligible || tell_families(t) || tell_codes(t) ? -1
         : info_tell(t, "eligible", arena_text(t->arena, "%.1f %% of the rows",
                                               100 * share(eligible, S)), 1);
}

static int tell_interventions(struct telling *t)
{
    size_t P = h5file_size(t->f, 'P'), found = 0;
    const int64_t *row = h5file_load(t->f, INTERVENTIONS_cf_row, t->arena);
    const int8_t *same = h5file_load(t->f, INTERVENTIONS_unchanged, t->arena);
    const int8_t *best = h5file_load(t->f, INTERVENTIONS_constant, t->arena);

    if (!row || !same || !best)
        return -1;
    for (size_t k = 0; k < P; k++)
        found += row[k] >= 0;
    return info_tell(t, "coverage", arena_text(t->arena, "%.1f %% of the "
                     "samples have a counterfactual latent",
                     P ? 100 * (double)found / (double)P : 0), 1) ||
           info_tell(t, "chance", arena_text(t->arena, "%.4f; %.4f by the most "
                "frequent value", share(same, P), share(best, P)), 1) ? -1 : 0;
}

static int tell_alignment(struct telling *t)
{
    enum { MOST = 9 };
    size_t G = h5file_size(t->f, 'G'), D = h5file_size(t->f, 'D');
    const struct alignment_models *m = h5file_load(t->f, ALIGNMENT_models,
                                                   t->arena);
    const struct alignment_directions *d =
        h5file_load(t->f, ALIGNMENT_directions, t->arena);
    const char *const *role = h5file_names(H5_ROLE);

    if (!m || !d)
        return -1;
    for (size_t k = 0; k < G; k++)
        if (info_put(t, "system %-4d%d units%s%s: %s", m[k].system, m[k].width,
                     m[k].accessible ? "" : ", a recording",
                     m[k].held ? ", held" : "", m[k].name))
            return -1;
    for (size_t k = 0; k < D && k < MOST; k++) {
        char iia[32], low[32], high[32], null[32], chance[32], far[32];
        if (info_put(t, "%d to %-6dIIA %s (%s to %s), null %s, chance %s: "
                     "%s%s%s", d[k].source, d[k].target,
                     info_number(iia, d[k].iia_test),
                     info_number(low, d[k].low), info_number(high, d[k].high),
                     info_number(null, d[k].null_mean),
                     info_number(chance, d[k].chance), d[k].target_variable,
                     d[k].role ? ", " : "", d[k].role ? role[d[k].role] : ""))
            return -1;
        if (d[k].latent_n && strcmp(role[d[k].role], "behaviour") &&
            info_put(t, "%11slatent distance %s, n = %d", "",
                     info_number(far, d[k].latent_distance), d[k].latent_n))
            return -1;
    }
    return D > MOST ? info_put(t, "%11s... %zu directions in all", "",
                               D) : 0;
}

static int tell_similarity(struct telling *t)
{
    enum { MOST = 8 };
    size_t M = h5file_size(t->f, 'M'), told = 0;
    const struct similarity_scores *s = h5file_load(t->f, SIMILARITY_scores,
                                                    t->arena);

    for (size_t k = 0; s && k < M && told < MOST; k++) {
        char value[32], sd[32];
        if (k && !strcmp(s[k].measure, s[k - 1].measure) &&
            strcmp(s[k].measure, "cka"))
            continue;                   /* the first way of each measure */
        told++;
        if (info_put(t, "%-11s%s, SD %s: %s", s[k].measure,
                     info_number(value, s[k].value), info_number(sd, s[k].sd),
                     s[k].options))
            return -1;
    }
    return s ? 0 : -1;
}

static int tell_report(struct telling *t)
{
    enum { MOST = 10 };
    size_t B = h5file_size(t->f, 'B'), bars = 0;
    const struct report_table *r = h5file_load(t->f, REPORT_table, t->arena);

    for (size_t k = 0; r && k < B; k++) {
        char value[32], low[32], high[32];
        if (strcmp(r[k].level, "bar") || strcmp(r[k].direction, "all") ||
            ++bars > MOST)
            continue;
        if (info_put(t, "%s (%s to %s): %s, %s, %s",
                     info_number(value, r[k].value),
                     info_number(low, r[k].low), info_number(high, r[k].high),
                     r[k].panel, r[k].bar, r[k].method))
            return -1;
    }
    return !r ? -1 : bars > MOST ? info_put(t, "... %zu bars in all",
                                            bars) : 0;
}

static const struct {
    const struct h5schema *schema;
    int (*numbers)(struct telling *t);
} kinds[] = {
    { &schema_activations, tell_activations },
    { &schema_interventions, tell_interventions },
    { &schema_alignment, tell_alignment },
    { &schema_similarity, tell_similarity },
    { &schema_report, tell_report },
};

int info_numbers(struct telling *t)
{
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (kinds[k].schema == t->schema)
            return kinds[k].numbers(t);
    return tell_families(t);
}
