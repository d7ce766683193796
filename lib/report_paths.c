/* report_paths.c - states along trials, for the picture of a system with few
 * units; see report.h. */
#include <stdio.h>
#include <string.h>

#include "acts.h"
#include "arena.h"
#include "err.h"
#include "report_priv.h"

static const int shown[] = { 3, 6, 9 };         /* quantities */
enum { SHOWN = sizeof shown / sizeof *shown };

/* The first trial of the quantity; -1: none. */
static int64_t trial_of(const struct acts *x, int quantity)
{
    for (size_t k = 0; k < x->N; k++)
        if (x->quantity[k] == quantity && x->length[k] > 1)
            return (int64_t)k;
    return -1;
}

/* The next larger quantity that was recorded; -1: none. */
static int next_quantity(const struct acts *x, int quantity)
{
    int next = -1;

    for (size_t k = 0; k < x->N; k++)
        if (x->quantity[k] > quantity && x->length[k] > 1 &&
            (next < 0 || x->quantity[k] < next))
            next = x->quantity[k];
    return next;
}

/* Which quantities are drawn whole. */
static void choose(const struct acts *x, int quantity[SHOWN])
{
    bool all = true;

    for (int k = 0; k < SHOWN; k++)
        all = all && trial_of(x, shown[k]) >= 0;
    for (int k = 0, q = 0; k < SHOWN; k++)
        quantity[k] = all ? shown[k]
                          : (q = q < 0 ? q : next_quantity(x, q));
}

/* The trial's steps, or its last, before E is said. */
static void put_trial(struct report *r, const struct acts *x, int64_t trial,
                      bool whole)
{
    const struct acts_site *at = &x->site[acts_site(x, "hidden")];
    int last = x->length[trial] - 2;

    for (int t = whole ? 0 : last; t <= last; t++) {
        size_t row = (size_t)x->first[trial] + (size_t)t;
        const real *h = at->states + row * (size_t)at->M;
        struct report_paths *p = &r->path[r->npaths++];
        *p = (struct report_paths){
            .trial = (int32_t)trial, .quantity = x->quantity[trial],
            .step = t, .last = t == last,
            .x = (double)h[0], .y = (double)h[1], .z = (double)h[2] };
        report_set(p->system, x->system);
        report_set(p->token, x->task && x->token && x->token[row] < x->task->V
                             ? x->task->vocabulary[x->token[row]] : "");
    }
}

static int check(const struct acts *x)
{
    int at = acts_site(x, "hidden");

    if (at < 0 || x->site[at].M < 3)
        return err_set(EX_DATAERR, "%s: no three units at hidden to draw",
                       x->system);
    if (!x->quantity || next_quantity(x, 0) < 0)
        return err_set(EX_DATAERR, "%s: no quantities: its trials cannot be "
                       "told apart", x->system);
    return 0;
}

int report_paths(struct report *r, const struct acts *const *x, int n,
                 struct arena *a)
{
    size_t most = 0;

    for (int k = 0; k < n; k++) {
        if (check(x[k]))
            return -1;
        most += x[k]->S;
    }
    if (!(r->path = arena_get(a, most, sizeof *r->path)))
        return -1;
    for (int k = 0; k < n; k++) {
        int whole[SHOWN];
        choose(x[k], whole);
        for (int q = 0; (q = next_quantity(x[k], q)) > 0;) {
            bool is_whole = false;
            for (int i = 0; i < SHOWN; i++)
                is_whole = is_whole || whole[i] == q;
            put_trial(r, x[k], trial_of(x[k], q), is_whole);
        }
    }
    return 0;
}
