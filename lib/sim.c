/* sim.c - see sim.h. */
#include "sim.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "acts.h"
#include "arena.h"
#include "err.h"
#include "mat.h"
#include "rng.h"

extern const struct sim sim_rsa, sim_cka, sim_procrustes;

const struct sim *const sim_menu[] = { &sim_rsa, &sim_cka, &sim_procrustes,
                                       NULL };

void sim_centre(double *Z, const double *X, int n, int p)
{
    size_t step = (size_t)p, end = (size_t)n * step;

    for (size_t j = 0; j < step; j++) {
        double mean = 0, size = 0, left = 0;
        for (size_t i = j; i < end; i += step) {
            mean += X[i] / n;
            size = fmax(size, fabs(X[i]));
        }
        for (size_t i = j; i < end; i += step) {
            Z[i] = X[i] - mean;
            left = fmax(left, fabs(Z[i]));
        }
        bool constant = left <= n * DBL_EPSILON * size;
        for (size_t i = j; constant && i < end; i += step)
            Z[i] = 0;
    }
}

/* Row of X to mean 0 and length 1; what is left of a constant row is rounding,
 * and becomes 0. */
static void standardise(double *z, const double *x, int p)
{
    double mean = 0, size = 0, ss = 0;

    for (int i = 0; i < p; i++)
        mean += x[i] / p;
    for (int i = 0; i < p; i++) {
        z[i] = x[i] - mean;
        ss += z[i] * z[i];
        size = fmax(size, fabs(x[i]));
    }
    double scale = sqrt(ss) > p * DBL_EPSILON * size ? 1 / sqrt(ss) : 0;
    for (int i = 0; i < p; i++)
        z[i] *= scale;
}

int sim_correlation(double *C, const double *X, int n, int p, struct arena *a)
{
    double *Z = arena_get(a, (size_t)n * (size_t)p, sizeof *Z);

    if (!Z)
        return -1;
    for (int i = 0; i < n; i++)
        standardise(Z + (size_t)i * (size_t)p, X + (size_t)i * (size_t)p, p);
    mat_mul(C, 'n', 't', n, n, p, 1, Z, Z, 0);
    return 0;
}

/* ---- everything at once ---- */

static void gather(double *X, const struct acts_site *site,
                   const int64_t *row, const uint32_t *order, int n)
{
    for (int r = 0; r < n; r++)
        for (int i = 0; i < site->M; i++)
            *X++ = (double)site->states[row[order[r]] * site->M + i];
}

/* Mean and SD of the scores; raw (draws,nscores). */
static void summarise(struct sim_result *y, const double *raw)
{
    for (int s = 0; s < y->nscores; s++) {
        double mean = 0, ss = 0;
        for (int d = 0; d < y->draws; d++)
            mean += raw[d * y->nscores + s] / y->draws;
        for (int d = 0; d < y->draws; d++)
            ss += pow(raw[d * y->nscores + s] - mean, 2);
        y->score[s].value = mean;
        y->score[s].sd = y->draws > 1 ? sqrt(ss / (y->draws - 1)) : NAN;
    }
}

static int keep_first(struct sim_result *y, const struct sim_rows *rows,
                      const uint32_t *order, const double *X1, int p,
                      const double *X2, int q, struct arena *a)
{
    for (int r = 0; r < y->rows; r++) {
        y->row1[r] = rows->row1[order[r]];
        y->row2[r] = rows->row2[order[r]];
    }
    return sim_correlation(y->rdm1, X1, y->rows, p, a) ||
           sim_correlation(y->rdm2, X2, y->rows, q, a) ? -1 : 0;
}

static const struct acts_site *find(const struct acts *x, const char *name)
{
    int site = acts_site(x, name);

    if (site < 0) {
        err_set(EX_DATAERR, "%s: no states at site %s", x->system, name);
        return NULL;
    }
    return &x->site[site];
}

/* All draws, all measures into raw (draws,nscores). */
static int draw(double *raw, struct sim_result *y, long seed,
                const struct sim_rows *rows, const struct acts_site *s1,
                const struct acts_site *s2, struct arena *a)
{
    double *X1 = arena_get(a, (size_t)y->rows * (size_t)s1->M, sizeof *X1);
    double *X2 = arena_get(a, (size_t)y->rows * (size_t)s2->M, sizeof *X2);
    uint32_t *order = arena_get(a, rows->L, sizeof *order);
    struct arena *scratch = arena_beside(a);
    int rc = -1;

    if (!X1 || !X2 || !order || !scratch)
        goto done;
    for (int d = 0; d < y->draws; d++) {
        struct rng r = rng_at((uint64_t)seed, RNG_ROWS, (uint32_t)d, 0);
        rng_permute(&r, order, (uint32_t)rows->L);
        gather(X1, s1, rows->row1, order, y->rows);
        gather(X2, s2, rows->row2, order, y->rows);
        if (d == 0 && keep_first(y, rows, order, X1, s1->M, X2, s2->M, a))
            goto done;
        for (int i = 0; sim_menu[i]; i++) {
            arena_reset(scratch);
            if (sim_menu[i]->compare(raw, X1, s1->M, X2, s2->M, y->rows,
                                     scratch))
                goto done;
            for (int o = 0; sim_menu[i]->options[o]; o++)
                raw++;
        }
    }
    rc = 0;
done:
    arena_close(scratch);
    return rc;
}

int sim_compare(struct sim_result *y, const struct sim_plan *plan,
                const struct acts *x1, const struct acts *x2, struct arena *a)
{
    const struct acts_site *s1 = find(x1, plan->site), *s2;
    struct sim_rows rows = { 0 };

    if (!s1 || !(s2 = find(x2, plan->site)) || sim_match(&rows, plan->steps,
                                                        x1, x2, a))
        return -1;
    *y = (struct sim_result){ .rows = (int)plan->rows,
                              .draws = (int)plan->draws };
    if (rows.L <= (size_t)plan->rows) {
        y->rows = (int)rows.L;
        y->draws = 1;
    }
    for (int i = 0; sim_menu[i]; i++)
        for (int o = 0; sim_menu[i]->options[o]; o++) {
            assert(o < SIM_SCORES && y->nscores < SIM_RESULTS);
            y->score[y->nscores++] = (struct sim_score){
                .measure = sim_menu[i], .options = sim_menu[i]->options[o],
            };
        }

    size_t R = (size_t)y->rows;
    double *raw = arena_get(a, (size_t)(y->draws * y->nscores), sizeof *raw);
    y->row1 = arena_get(a, R, sizeof *y->row1);
    y->row2 = arena_get(a, R, sizeof *y->row2);
    y->rdm1 = arena_get(a, R * R, sizeof *y->rdm1);
    y->rdm2 = arena_get(a, R * R, sizeof *y->rdm2);
    if (!raw || !y->row1 || !y->row2 || !y->rdm1 || !y->rdm2 ||
        draw(raw, y, plan->seed, &rows, s1, s2, a))
        return -1;
    summarise(y, raw);
    return 0;
}
