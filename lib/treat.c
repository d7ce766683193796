#include "treat.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "arena.h"
#include "data.h"
#include "err.h"
#include "recording.h"

static float *row_of(const struct recording *r, size_t row)
{
    return r->x + row * (size_t)r->m;
}

/* ---- NaN ---- */

/* The first unit that is not finite, m: none. */
static int not_finite(const struct recording *r, size_t row)
{
    const float *x = row_of(r, row);
    int u = 0;

    while (u < r->m && isfinite(x[u]))
        u++;
    return u;
}

static int refuse_nan(const struct recording *r)
{
    for (size_t row = 0; row < r->S; row++) {
        int u = not_finite(r, row);
        if (u < r->m)
            return err_set(EX_DATAERR, "unit %d is %g in row %zu (step %d of "
                           "trial %d); --drop-nan leaves such rows out", u,
                           (double)row_of(r, row)[u], row, r->step[row],
                           r->trial[row]);
    }
    return 0;
}

static void move_row(struct recording *r, double *at, size_t to, size_t from)
{
    memmove(row_of(r, to), row_of(r, from), (size_t)r->m * sizeof *r->x);
    at[to] = at[from];
    r->observed[to] = r->observed[from];
    if (r->time)
        r->time[to] = r->time[from];
    for (int k = 0; k < r->nvariables; k++)
        r->variable[k].value[to] = r->variable[k].value[from];
}

static int drop_nan(struct recording *r, double *at, struct arena *a)
{
    size_t S = 0, N = 0, rows = r->S;
    int32_t before = -1;

    for (size_t row = 0; row < rows; row++) {
        int32_t trial = r->trial[row];
        if (not_finite(r, row) < r->m)
            continue;
        if (trial != before) {
            if (r->split)
                r->split[N] = r->split[trial];
            if (r->group)
                r->group[N] = r->group[trial];
            N++;
        }
        move_row(r, at, S, row);
        r->step[S] = trial == before ? r->step[S - 1] + 1 : 0;
        r->trial[S++] = (int32_t)N - 1;
        before = trial;
    }
    r->S = S;
    r->N = N;
    if (!S)
        return err_set(EX_DATAERR, "no row without NaN");
    return S == rows ? 0 :
           recording_note(r, arena_text(a, "%zu of %zu rows had NaN and were "
                                        "dropped", rows - S, rows));
}

/* ---- square root, smoothing ---- */

static int take_roots(struct recording *r)
{
    for (size_t row = 0; row < r->S; row++)
        for (int u = 0; u < r->m; u++) {
            float *x = &row_of(r, row)[u];
            if (*x < 0)
                return err_set(EX_DATAERR, "--sqrt: unit %d is %g in row %zu",
                               u, (double)*x, row);
            *x = sqrtf(*x);
        }
    return 0;
}

enum { REACH = 4 };             /* SDs */

/* The mean of rows from `near` on about a row; own is a copy of its trial,
 * rows first .. past - 1. */
static void smooth_row(struct recording *r, const double *at, size_t row,
                       size_t near, size_t first, size_t past,
                       const float *own, double sd, double *sum)
{
    size_t m = (size_t)r->m;
    double total = 0;

    memset(sum, 0, m * sizeof *sum);
    for (size_t k = near; k < past && at[k] - at[row] <= REACH * sd; k++) {
        double d = (at[k] - at[row]) / sd, weight;
        if (!r->observed[k])
            continue;
        total += weight = exp(-0.5 * d * d);
        for (size_t u = 0; u < m; u++)
            sum[u] += weight * (double)own[(k - first) * m + u];
    }
    for (size_t u = 0; total > 0 && u < m; u++)
        row_of(r, row)[u] = (float)(sum[u] / total);
}

static int smooth(struct recording *r, const double *at, double sd)
{
    struct arena *batch = arena_open();
    int rc = batch ? 0 : -1;

    for (size_t first = 0, past; !rc && first < r->S; first = past) {
        size_t m = (size_t)r->m, near = first;
        float *own;
        double *sum;

        for (past = first + 1; past < r->S && r->step[past]; past++)
            if (at[past] < at[past - 1])
                rc = err_set(EX_DATAERR, "--smooth: time goes back in row %zu",
                             past);
        own = arena_get(batch, (past - first) * m, sizeof *own);
        sum = arena_get(batch, m, sizeof *sum);
        if (!own || !sum)
            rc = -1;
        if (rc)
            break;
        memcpy(own, row_of(r, first), (past - first) * m * sizeof *own);
        for (size_t row = first; row < past; row++) {
            while (at[row] - at[near] > REACH * sd)
                near++;
            smooth_row(r, at, row, near, first, past, own, sd, sum);
        }
        arena_reset(batch);
    }
    arena_close(batch);
    return rc;
}

int treat_rows(struct recording *r, const struct treat_plan *p,
               struct arena *a)
{
    double *at = arena_get(a, r->S, sizeof *at);        /* where each row is */

    if (!at)
        return -1;
    for (size_t row = 0; row < r->S; row++)
        at[row] = r->time ? r->time[row] : r->step[row];
    if (p->drop_nan ? drop_nan(r, at, a) : refuse_nan(r))
        return -1;
    if (p->sqrt && take_roots(r))
        return -1;
    return p->smooth > 0 ? smooth(r, at, p->smooth) : 0;
}

/* ---- z-scores ---- */

int treat_zscore(struct recording *r, const uint8_t *split, struct arena *a)
{
    size_t m = (size_t)r->m;
    double *mean = arena_get(a, m, sizeof *mean);
    double *sd = arena_get(a, m, sizeof *sd), n = 0;

    if (!mean || !sd)
        return -1;
    for (int pass = 0; pass < 2; pass++) {
        n = 0;
        for (size_t row = 0; row < r->S; row++) {
            const float *x = row_of(r, row);
            if (split[r->trial[row]] != SPLIT_TRAIN || !r->observed[row])
                continue;
            n++;
            for (size_t u = 0; u < m; u++) {
                double d = (double)x[u] - mean[u];
                if (pass)
                    sd[u] += d * d;
                else
                    sd[u] += (double)x[u];
            }
        }
        if (n == 0)
            return err_set(EX_DATAERR, "--zscore: no training trials");
        for (size_t u = 0; u < m; u++) {
            if (pass)
                sd[u] = sqrt(sd[u] / n);
            else
                mean[u] = sd[u] / n, sd[u] = 0;
        }
    }
    for (size_t row = 0; row < r->S; row++)
        for (size_t u = 0; u < m; u++) {
            float *x = &row_of(r, row)[u];
            *x = sd[u] > 0 ? (float)(((double)*x - mean[u]) / sd[u]) : 0;
        }
    return 0;
}
