/* report_name.c - see report.h. */
#include <ctype.h>
#include <string.h>

#include "arena.h"
#include "report_priv.h"

static const struct { const char *name, *pretty; } special[] = {
    { "gru", "GRU" }, { "lstm", "LSTM" }, { "mas", "MAS" }, { "das", "DAS" },
    { "cmas", "CMAS" }, { "unimas", "UniMAS" }, { "rsa", "RSA" },
    { "cka", "CKA" }, { "linear-map", "Linear Map" },
    { "latent-stitching", "Latent stitching" },
};

const char *report_pretty(const char *name, struct arena *a)
{
    char *text = arena_text(a, "%s", name);

    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (report_same(name, special[i].name))
            return special[i].pretty;
    for (char *c = text; c && *c; c++) {
        if (*c == '_')
            *c = ' ';
        if (c == text || c[-1] == ' ' || c[-1] == '-')
            *c = (char)toupper((unsigned char)*c);
    }
    return text;
}

static size_t system_size(const char *name)
{
    static const char *const suffix[] = { ".h5", ".model" };
    size_t n = strlen(name);

    for (int i = 0; i < 2; i++) {
        size_t m = strlen(suffix[i]);
        if (n > m && !strncmp(name + n - m, suffix[i], m))
            n -= m;
    }
    return n;
}

const char *report_system(const char *name, struct arena *a)
{
    const char *plain = arena_text(a, "%.*s", (int)system_size(name), name);

    return plain ? plain : "";
}

bool report_same_system(const char *x, const char *y)
{
    size_t n = system_size(x);

    return n == system_size(y) && strncmp(x, y, n) == 0;
}

const char *report_type(const char *task, const char *arch, const char *name,
                        struct arena *a)
{
    const char *t = *task ? report_pretty(task, a) : name;

    return t && *arch ? arena_text(a, "%s %s", t, report_pretty(arch, a)) : t;
}

static void sort(const char **text, int n)
{
    for (int i = 1; i < n; i++)
        for (int k = i; k > 0 && strcmp(text[k - 1], text[k]) > 0; k--) {
            const char *swap = text[k];
            text[k] = text[k - 1];
            text[k - 1] = swap;
        }
}

/* The last word of all texts, with the blank before it; "": they differ. */
static const char *shared_word(const char *const *text, int n)
{
    const char *word = n ? strrchr(text[0], ' ') : NULL;

    for (int i = 1; word && i < n; i++) {
        const char *other = strrchr(text[i], ' ');
        if (!other || !report_same(word, other))
            return "";
    }
    return word ? word : "";
}

/* The texts without the end that they share, and that end. */
static const char *join(const char *const *text, int n, const char *between,
                        const char *end, struct arena *a)
{
    const char *all = "";

    for (int i = 0; all && i < n; i++)
        all = arena_text(a, "%s%s%.*s", all, i ? between : "",
                         (int)(strlen(text[i]) - strlen(end)), text[i]);
    return all ? arena_text(a, "%s%s", all, end) : NULL;
}

const char *report_panel(const char **type, int n, const char *between,
                         bool keep, struct arena *a)
{
    if (!keep)
        sort(type, n);
    return join(type, n, between, shared_word(type, n), a);
}

const char *report_variables(const struct report_alignment *x,
                             struct arena *a)
{
    const char *var[REPORT_SYSTEMS], *bar;
    int n = 0;

    for (size_t k = 0; k < 2 * x->D; k++) {
        const struct alignment_directions *d = &x->direction[k / 2];
        const char *new = k % 2 ? d->target_variable : d->source_variable;
        int i = 0;
        while (i < n && !report_same(var[i], new))
            i++;
        if (i == n && n < REPORT_SYSTEMS)
            var[n++] = new;
    }
    sort(var, n);
    bar = join(var, n, " ↔ ", "", a);
    return bar && x->match_phase ? arena_text(a, "%s, equal phases", bar)
                                 : bar;
}

const char *report_exchange(const char *source, const char *target,
                            struct arena *a)
{
    const char *from = report_pretty(source, a), *to = report_pretty(target, a);
    const char *both = strcmp(source, target) == 0 ? to :
                       arena_text(a, "%s → %s", from, to);

    return both ? both : "";
}
