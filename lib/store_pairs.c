#include "store_priv.h"

#include <limits.h>
#include <stdio.h>

#include "pairs.h"

/* Rows are not negative (align holds them against its recordings), tokens are
 * the target's, one at least is scored, and nothing stands after a
 * counterfactual's end. */
static int check(const struct h5file *f, const struct pairs *p)
{
    int V = p->task ? p->task->V : 1;

    if (store_within_i64(f, "/target_row", p->target_row, p->P, 0,
                         INT64_MAX) ||
        store_within_i64(f, "/source_row", p->source_row, p->P, 0,
                         INT64_MAX) ||
        store_within_i64(f, "/cf_row", p->cf_row, p->P, -1, INT64_MAX) ||
        store_within_i32(f, "/cf_matches", p->cf_matches, p->P, 0,
                         INT32_MAX) ||
        store_within_i32(f, "/length", p->length, p->P, p->task ? 1 : 0,
                         p->task ? (int32_t)p->T : 0) ||
        store_within_u8(f, "/tokens", p->tokens, p->P * p->T, V - 1))
        return -1;
    for (size_t k = 0; k < p->P; k++) {
        bool scored = p->task == NULL;
        for (size_t t = 0; t < p->T; t++) {
            bool after = t >= (size_t)p->length[k];
            size_t at = k * p->T + t;
            scored |= p->determined[at];
            if ((p->tokens[at] == TOKEN_PAD) != after ||
                (after && p->determined[at]))
                return err_set(EX_DATAERR, "%s: /tokens: sample %zu is not of "
                               "its length %d", h5file_path(f), k,
                               p->length[k]);
        }
        if (!scored)
            return err_set(EX_DATAERR, "%s: /determined: sample %zu has no "
                           "token to be scored", h5file_path(f), k);
    }
    return 0;
}

static int load_coverage(struct store *s, struct h5file *f, struct pairs *p)
{
    const struct interventions_coverage *row =
        h5file_load(f, INTERVENTIONS_coverage, s->arena);

    p->U = h5file_size(f, 'U');
    p->coverage = arena_get(s->arena, p->U, sizeof *p->coverage);
    if (!row || !p->coverage)
        return -1;
    for (size_t u = 0; u < p->U; u++) {
        struct coverage *c = &p->coverage[u];
        snprintf(c->variables, sizeof c->variables, "%.*s",
                 (int)sizeof c->variables - 1, row[u].variables);
        c->split = row[u].split;
        c->wanted = row[u].wanted;
        c->matches = row[u].matches;
    }
    return 0;
}

static int load(struct store *s, struct h5file *f, struct pairs *p)
{
    struct arena *a = s->arena;
    const char *task = store_text(s, f, INTERVENTIONS_target_task);
    int64_t seed;
    int8_t shuffled, match_phase;

    if (!task)
        return -1;
    if (*task &&
        !(p->task = store_task(s, f, task, INTERVENTIONS_vocabulary, -1)))
        return -1;
    p->P = h5file_size(f, 'P');
    p->T = h5file_size(f, 'T');
    if (p->P > INT32_MAX || p->T > INT32_MAX)
        return err_set(EX_DATAERR, "%s: /tokens: too large", h5file_path(f));
    if (!(p->site = store_text(s, f, INTERVENTIONS_site)) ||
        !(p->source_variable =
              store_text(s, f, INTERVENTIONS_source_variable)) ||
        !(p->target_variable =
              store_text(s, f, INTERVENTIONS_target_variable)) ||
        !(p->source_sha256 = store_text(s, f, INTERVENTIONS_source_sha256)) ||
        !(p->target_sha256 = store_text(s, f, INTERVENTIONS_target_sha256)) ||
        h5file_get(f, INTERVENTIONS_shuffled, &shuffled) ||
        h5file_get(f, INTERVENTIONS_match_phase, &match_phase) ||
        h5file_get(f, INTERVENTIONS_seed, &seed) ||
        !(p->target_row = h5file_load(f, INTERVENTIONS_target_row, a)) ||
        !(p->source_row = h5file_load(f, INTERVENTIONS_source_row, a)) ||
        !(p->tokens = h5file_load(f, INTERVENTIONS_tokens, a)) ||
        !(p->determined = h5file_load(f, INTERVENTIONS_determined, a)) ||
        !(p->length = h5file_load(f, INTERVENTIONS_length, a)) ||
        !(p->value = h5file_load(f, INTERVENTIONS_value, a)) ||
        !(p->split = h5file_load(f, INTERVENTIONS_split, a)) ||
        !(p->unchanged = h5file_load(f, INTERVENTIONS_unchanged, a)) ||
        !(p->constant = h5file_load(f, INTERVENTIONS_constant, a)) ||
        !(p->cf_row = h5file_load(f, INTERVENTIONS_cf_row, a)) ||
        !(p->cf_matches = h5file_load(f, INTERVENTIONS_cf_matches, a)))
        return -1;
    p->shuffled = shuffled;
    p->match_phase = match_phase;
    p->seed = seed;
    return load_coverage(s, f, p) || check(f, p) ? -1 : 0;
}

struct pairs *store_read_pairs(struct store *s, const char *path)
{
    struct h5file *f = store_in(s, path, &schema_interventions);
    struct pairs *p = f ? arena_get(s->arena, 1, sizeof *p) : NULL;

    if (p && (load(s, f, p) || !(p->file = arena_text(s->arena, "%s", path))))
        p = NULL;
    if (f)
        h5file_shut(f);
    return p;
}

static int put_coverage(struct store *s, struct h5file *f,
                        const struct pairs *p)
{
    struct interventions_coverage *row = arena_get(s->arena, p->U,
                                                   sizeof *row);

    if (!row)
        return -1;
    for (size_t u = 0; u < p->U; u++) {
        const struct coverage *c = &p->coverage[u];
        row[u].split = (uint8_t)c->split;
        row[u].wanted = c->wanted;
        row[u].matches = c->matches;
        if (store_cell(row[u].variables, c->variables))
            return -1;
    }
    h5file_bind(f, 'U', p->U);
    return h5file_put(f, INTERVENTIONS_coverage, row);
}

static int put(struct store *s, struct h5file *f, const struct pairs *p)
{
    const int64_t seed = p->seed;
    const int8_t shuffled = p->shuffled, match_phase = p->match_phase;

    h5file_bind(f, 'P', p->P);
    h5file_bind(f, 'T', p->T);
    if ((p->task &&
         (h5file_put(f, INTERVENTIONS_target_task, p->task->name) ||
          store_put_vocabulary(s, f, INTERVENTIONS_vocabulary, p->task))) ||
        h5file_put(f, INTERVENTIONS_site, p->site) ||
        h5file_put(f, INTERVENTIONS_source_variable, p->source_variable) ||
        h5file_put(f, INTERVENTIONS_target_variable, p->target_variable) ||
        h5file_put(f, INTERVENTIONS_source_sha256, p->source_sha256) ||
        h5file_put(f, INTERVENTIONS_target_sha256, p->target_sha256) ||
        h5file_put(f, INTERVENTIONS_shuffled, &shuffled) ||
        h5file_put(f, INTERVENTIONS_match_phase, &match_phase) ||
        h5file_put(f, INTERVENTIONS_seed, &seed) ||
        h5file_put(f, INTERVENTIONS_target_row, p->target_row) ||
        h5file_put(f, INTERVENTIONS_source_row, p->source_row) ||
        h5file_put(f, INTERVENTIONS_tokens, p->tokens) ||
        h5file_put(f, INTERVENTIONS_determined, p->determined) ||
        h5file_put(f, INTERVENTIONS_length, p->length) ||
        h5file_put(f, INTERVENTIONS_value, p->value) ||
        h5file_put(f, INTERVENTIONS_split, p->split) ||
        h5file_put(f, INTERVENTIONS_unchanged, p->unchanged) ||
        h5file_put(f, INTERVENTIONS_constant, p->constant) ||
        h5file_put(f, INTERVENTIONS_cf_row, p->cf_row) ||
        h5file_put(f, INTERVENTIONS_cf_matches, p->cf_matches))
        return -1;
    return put_coverage(s, f, p);
}

int store_write_pairs(struct store *s, const char *path,
                      const struct pairs *p)
{
    struct h5file *f = store_out(s, path, &schema_interventions);
    return f ? store_end(f, put(s, f, p)) : -1;
}
