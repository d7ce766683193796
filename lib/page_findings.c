/* page_findings.c - every claim against every report of its figure; see
 * page.h. */
#include <math.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "page.h"

const char *page_outcome(const struct finding *f)
{
    return f->no_gap ? "no gap to close"
           : !f->measured ? "not measured here"
           : f->holds ? "holds" : "does not hold";
}

const char *page_class(const struct finding *f)
{
    return !f->measured ? "i" : f->holds ? "yes" : "no";
}

const char *page_over(const struct finding *f)
{
    static const char *const over[] = {
        [OVER_NOTHING] = "", [OVER_SAMPLES] = "samples", [OVER_SEEDS] = "seeds",
        [OVER_PAIRS] = "pairs (range)",
    };

    return over[f->over];
}

const char *page_digits(const struct report *r)
{
    return r->nfiles ? r->file[r->nfiles - 1].sha256 : "";
}

static int check_once(const struct page_source *source, int n)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i && *page_digits(source[i].r); k++)
            if (!strcmp(page_digits(source[i].r), page_digits(source[k].r)))
                return err_set(EX_DATAERR, "%s: the same report of %s twice: "
                               "its claims would count twice", source[i].link,
                               source[i].r->figure);
    return 0;
}

int page_findings(struct page_finding **to, const struct page_source *source,
                  int n, struct arena *a)
{
    struct finding f[CLAIM_FINDINGS];
    struct page_finding *list;
    size_t most = 0;
    int count = 0;

    for (const struct claim *c = claim_menu; c->figure; c++)
        most += (size_t)n * CLAIM_FINDINGS + 1;
    if (!(*to = list = arena_get(a, most, sizeof *list)) ||
        check_once(source, n))
        return -1;
    for (const struct claim *c = claim_menu; c->figure; c++) {
        int before = count;
        for (int i = 0; i < n; i++) {
            if (!report_answers(source[i].r, c->figure))
                continue;
            int found = claim_findings(f, CLAIM_FINDINGS, source[i].r, c);
            for (int k = 0; k < found; k++)
                list[count++] = (struct page_finding){ c, f[k], &source[i] };
        }
        if (count == before)
            list[count++] = (struct page_finding){ .claim = c, .finding = {
                .number = NAN, .low = NAN, .high = NAN, .lowest = NAN } };
    }
    return count;
}
