/* page.h - pages of HTML: a figure's, and the one that sets every claim of the
 * paper beside our number. */
#ifndef PAGE_H
#define PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "report.h"

struct arena;

/* The question, the picture, the bars, what the paper claims, what each bar is
 * made of, and how it was all made. 0 or -1: as plot_svg. */
int page_figure(FILE *to, const struct report *r, struct arena *a);

/* The same of a report of pretended recordings. */
int page_pretend(FILE *to, const struct report *r, struct arena *a);

/* Of a figure's page, similarities beside the IIA of their panels; nothing
 * where there are none. The next bar from row *from on, by the line that stands
 * for it, else its first one; NULL: no more. Has the report rows of a level? */
struct html;
void page_similarities(const struct html *p, const struct report *r);
const struct report_table *page_bar(const struct report *r, size_t *from);
bool page_has(const struct report *r, const char *level);

/* Of a figure's page, what is measured where a system is a recording; nothing
 * where none is. 0 or -1: as plot_as. Is it measured how near exchanges into a
 * recording come to its states? */
int page_recording(const struct html *p, const struct report *r);
bool page_into_recording(const struct report *r);

/* What was recorded, and what can be concluded, with the commands; nothing
 * where the report shows no recording. 0 or -1: likewise. */
int page_session(const struct html *p, const struct report *r);
void page_conclusions(const struct html *p, const struct report *r);

/* A report, and how to get at it. */
struct page_source {
    const struct report *r;
    const char *link;           /* its page, as seen from the claims' page   */
};

/* Claims, the numbers of the paper's text, models, deviations. A claim that no
 * report has a row for is named in one line. 0 or -1: as page_findings. */
int page_claims(FILE *to, const struct page_source *source, int n,
                struct arena *a);

/* Every claim against every source of its figure, in the order of the menu; a
 * claim whose figure has none once, without source. How many, or -1: memory;
 * EX_DATAERR where a report is there twice. */
struct page_finding {
    const struct claim *claim;
    struct finding finding;
    const struct page_source *source;
};
int page_findings(struct page_finding **to, const struct page_source *source,
                  int n, struct arena *a);

/* The report's own SHA-256, the last of those behind it; "": not read from a
 * file. */
const char *page_digits(const struct report *r);

/* In words: "holds", and its class in a page; what the interval is over. */
const char *page_outcome(const struct finding *f);
const char *page_class(const struct finding *f);
const char *page_over(const struct finding *f);

#endif
