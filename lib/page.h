/* page.h - a report as one page of HTML that needs nothing but itself: no
 * scripts, no network. The question, the picture, the bars, what the paper
 * claims, what each bar is made of, and how it was all made. */
#ifndef PAGE_H
#define PAGE_H

#include <stdio.h>

#include "report.h"

struct arena;

/* 0 or -1: as plot_svg. */
int page_html(FILE *to, const struct report *r, struct arena *a);

#endif
