/* The alignment engine: its gradient through model, swap and exp(A); a toy
 * pair of systems whose answer is known; resuming; bad problems. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/align.h"
#include "../lib/arena.h"
#include "../lib/err.h"
#include "../lib/mat.h"
#include "../lib/resume.h"
#include "../lib/rng.h"
#include "../lib/swap.h"
#include "golden.h"

static struct arena *arena;

/* ---- a toy system ----
 *
 * Its state is h = c U z, z = (code of a value, code of a nuisance): U is a
 * known rotation, the codes are the corners of octahedra in 3 of 3 and 3 of
 * 5 dimensions. Going on, it
 * says the value whose prototype is nearest, then the nuisance likewise. */

enum { M = 8, VALUE = 3, CODES = 6, ROWS = 1200 };

struct toy {
    double U[M * M], c;
    double code[CODES][M];      /* value code | nuisance code */
};
static struct toy toy[2];

static double *toy_of(const struct model *m)
{
    return m->w[0] > 0 ? toy[1].U : toy[0].U;
}

static size_t toy_room(const struct model *m, int rows, int T)
{
    (void)m, (void)rows, (void)T;
    return 1;
}

static size_t toy_tables(const struct model *m)
{
    (void)m;
    return 1;
}

static void toy_prepare(struct model *m)
{
    (void)m;
}

/* Cross entropy of a nearest-prototype readout of z[from..to-1]. */
static void read_out(const struct toy *t, const double *z, int from, int to,
                     int label, double *dz, double *loss, int *wrong)
{
    double logit[CODES], sum = 0;
    int best = 0;

    for (int k = 0; k < CODES; k++) {
        logit[k] = 0;
        for (int i = from; i < to; i++)
            logit[k] -= (z[i] - t->code[k][i]) * (z[i] - t->code[k][i]);
        best = logit[k] > logit[best] ? k : best;
    }
    for (int k = 0; k < CODES; k++)
        sum += exp(logit[k] - logit[best]);
    *loss += log(sum) - (logit[label] - logit[best]);
    *wrong += best != label;
    for (int k = 0; k < CODES; k++) {
        double p = exp(logit[k] - logit[best]) / sum - (k == label);
        for (int i = from; i < to; i++)
            dz[i] -= 2 * p * (z[i] - t->code[k][i]);
    }
}

static void toy_go_on(const struct model *m, int site, const real *v,
                      const struct past *past, const struct tile *x,
                      real scale, real *dv, const struct outcome *y,
                      real *work)
{
    const struct toy *t = toy_of(m) == toy[1].U ? &toy[1] : &toy[0];

    (void)site, (void)past, (void)work;
    for (int b = 0; b < x->B; b++) {
        double z[M] = { 0 }, dz[M] = { 0 };
        for (int i = 0; i < M; i++)
            for (int n = 0; n < M; n++)
                z[i] += t->U[n * M + i] * (double)v[b * M + n] / t->c;
        y->loss[b] = 0;
        y->wrong[b] = 0;
        read_out(t, z, 0, VALUE, x->token[b], dz, &y->loss[b], &y->wrong[b]);
        read_out(t, z, VALUE, M, x->token[x->B + b], dz, &y->loss[b],
                 &y->wrong[b]);
        for (int n = 0; dv && n < M; n++) {
            double d = 0;
            for (int i = 0; i < M; i++)
                d += t->U[n * M + i] * dz[i] / t->c;
            dv[b * M + n] = (real)((double)scale * d);
        }
    }
}

static const struct arch toy_arch = {
    .name = "toy",
    .params = (const struct param[]){ { .name = "which", .rows = "C" },
                                      { .name = NULL } },
    .sites = (const struct site[]){ { "hidden", "C" }, { .name = NULL } },
    .room = toy_room, .tables = toy_tables, .prepare = toy_prepare,
    .go_on = toy_go_on,
};

static void open_toys(void)
{
    for (int k = 0; k < 2; k++) {
        struct rng r = rng_at(8, RNG_BASE, 0, (uint32_t)k);
        assert_int_equal(mat_random_rotation(toy[k].U, M, &r, arena), 0);
        toy[k].c = k ? 0.5 : 2;
        for (int n = 0; n < CODES; n++) {
            toy[k].code[n][n / 2] = n % 2 ? 1 : -1;
            toy[k].code[n][VALUE + n / 2] = n % 2 ? 1 : -1;
        }
    }
}

/* One row a trial; variables value and nuisance. */
static struct acts *toy_acts(int k)
{
    struct acts *x = arena_get(arena, 1, sizeof *x);
    struct rng r = rng_at(9, RNG_DATA, 1, (uint32_t)k);
    real *h = arena_get(arena, ROWS * M, sizeof *h);

    *x = (struct acts){ .system = k ? "two" : "one", .arch = "toy",
        .sha256 = k ? "2222" : "1111", .accessible = true,
        .criterion_met = true, .S = ROWS, .N = ROWS, .nsites = 1, .nvars = 2 };
    x->site[0] = (struct acts_site){ "hidden", M, h };
    x->var[0] = (struct acts_variable){
        "value", arena_get(arena, ROWS, sizeof(int32_t)) };
    x->var[1] = (struct acts_variable){
        "nuisance", arena_get(arena, ROWS, sizeof(int32_t)) };
    x->step = arena_get(arena, ROWS, sizeof *x->step);
    x->token = arena_get(arena, ROWS, 1);
    for (int s = 0; s < ROWS; s++) {
        int value = x->var[0].value[s] = (int32_t)rng_below(&r, CODES);
        int other = x->var[1].value[s] = (int32_t)rng_below(&r, CODES);
        for (int n = 0; n < M; n++) {
            double sum = 0;
            for (int i = 0; i < M; i++)
                sum += toy[k].U[n * M + i] *
                       toy[k].code[i < VALUE ? value : other][i];
            h[s * M + n] = (real)(toy[k].c * sum);
        }
    }
    return x;
}

/* The source's value, the target's nuisance. */
static struct pairs *toy_pairs(const struct acts *to, const struct acts *from)
{
    enum { P = 1000 };
    struct pairs *p = arena_get(arena, 1, sizeof *p);
    struct rng r = rng_at(10, RNG_PAIRS, 0, 0);

    *p = (struct pairs){ .site = "hidden", .source_variable = "value",
        .target_variable = "value", .source_sha256 = from->sha256,
        .target_sha256 = to->sha256, .P = P, .T = 2,
        .target_row = arena_get(arena, P, sizeof(int64_t)),
        .source_row = arena_get(arena, P, sizeof(int64_t)),
        .tokens = arena_get(arena, P * 2, 1),
        .determined = arena_get(arena, P * 2, 1),
        .length = arena_get(arena, P, sizeof(int32_t)),
        .value = arena_get(arena, P, sizeof(int32_t)),
        .split = arena_get(arena, P, 1),
        .unchanged = arena_get(arena, P, 1),
        .constant = arena_get(arena, P, 1) };
    for (int i = 0; i < P; i++) {
        p->target_row[i] = (int64_t)rng_below(&r, ROWS);
        p->source_row[i] = (int64_t)rng_below(&r, ROWS);
        p->value[i] = from->var[0].value[p->source_row[i]];
        p->tokens[2 * i] = (uint8_t)p->value[i];
        p->tokens[2 * i + 1] =
            (uint8_t)to->var[1].value[p->target_row[i]];
        p->determined[2 * i] = p->determined[2 * i + 1] = 1;
        p->length[i] = 2;
        p->split[i] = i % 10 == 8 ? SPLIT_VALID : i % 10 == 9 ? SPLIT_TEST
                                                            : SPLIT_TRAIN;
        p->unchanged[i] = p->value[i] == to->var[0].value[p->target_row[i]];
        p->constant[i] = p->value[i] == 0;
    }
    return p;
}

static struct align toy_problem(int epochs)
{
    struct align x = { .nsystems = 2, .ndirections = 4,
        .plan = { .site = "hidden", .form = "rotation", .K = VALUE,
                  .seed = 1, .batch = 128, .epochs = epochs, .null_draws = 20,
                  .lr = 0.01, .validate_every = 50, .patience = 1000,
                  .better_iia = 0.001, .better_loss = 0.001 } };

    for (int k = 0; k < 2; k++) {
        x.system[k].acts = toy_acts(k);
        x.system[k].model = model_open(&toy_arch, M, CODES, arena);
        x.system[k].model->w[0] = (real)k;
    }
    for (int d = 0; d < 4; d++) {
        int from = d / 2, to = d % 2;
        x.direction[d] = (struct align_direction){
            .source = from, .target = to,
            .pairs = toy_pairs(x.system[to].acts, x.system[from].acts) };
    }
    assert_int_equal(align_preset(&x, "mas"), 0);
    assert_int_equal(align_open(&x, arena), 0);
    return x;
}

/* Sum of squared cosines of the principal angles between the exchanged
 * subspace and the known one; VALUE where they are the same. */
static double overlap(const struct align *x, int k)
{
    const double *Q = amap_part(x->system[k].R, "Q");
    double sum = 0;

    for (int i = 0; i < VALUE; i++)
        for (int j = 0; j < VALUE; j++) {
            double dot = 0;
            for (int n = 0; n < M; n++)
                dot += Q[i * M + n] * toy[k].U[n * M + j];
            sum += dot * dot;
        }
    return sum;
}

static void a_known_rotation_is_recovered(void **state)
{
    struct align x = toy_problem(200);
    struct resume none = { 0 };

    (void)state;
    assert_int_equal(align_learn(&x, &none, arena), 0);
    assert_int_equal(align_score(&x, arena), 0);
    for (int d = 0; d < 4; d++) {
        const struct align_direction *dir = &x.direction[d];
        assert_true(dir->iia[SPLIT_TEST] == 1);
        assert_int_equal(dir->n[SPLIT_TEST], 100);
        assert_true(dir->null_mean < 0.5 && dir->null_high < 0.9);
        assert_true(dir->chance > 0.05 && dir->chance < 0.4);
        assert_true(dir->wilson.low > 0.95);
    }
    for (int k = 0; k < 2; k++)
        assert_true(overlap(&x, k) > VALUE - 0.005);
    /* c Q h of both systems now agree in the exchanged coordinates, so the
     * scales undo the known ones: 2 and 1/2. */
    double ratio = *amap_part(x.system[1].R, "c") /
                   *amap_part(x.system[0].R, "c");
    assert_true(fabs(ratio - 4) < 0.05);
}

static void sanity_swaps_are_made_and_hold(void **state)
{
    struct align x = toy_problem(1);

    (void)state;
    assert_int_equal(align_score(&x, arena), 0);
    assert_int_equal(x.nchecks, 6);
    for (size_t i = 0; i < x.nchecks; i++)
        assert_true(x.check[i].deviation < 1e-12);
}

static void a_broken_map_fails_its_sanity_swap(void **state)
{
    struct align x = toy_problem(1);

    (void)state;
    amap_part(x.system[1].R, "base")[3] += 0.01;
    x.system[1].R->form->forward(x.system[1].R);
    assert_int_equal(align_score(&x, arena), -1);
    assert_non_null(strstr(err_text(), "sanity swap failed in system 2"));
}

/* ---- resuming ---- */

static double shelf[RESUME_VECTORS][20000];
static int shelved;

static int keep(const struct resume *r)
{
    for (int i = 0; i < r->n; i++)
        memcpy(shelf[i], r->vector[i].at,
               r->vector[i].size * sizeof(double));
    shelved = 1;
    return 0;
}

static int give_back(struct resume *r)
{
    for (int i = 0; shelved && i < r->n; i++)
        memcpy(r->vector[i].at, shelf[i],
               r->vector[i].size * sizeof(double));
    return shelved;
}

static void a_resumed_run_is_the_same_run(void **state)
{
    struct resume none = { 0 };
    struct resume first = { .every = 0, .save = keep };
    struct resume second = { .load = give_back };
    struct align whole = toy_problem(60), begun = toy_problem(60);
    struct align resumed = toy_problem(60);

    (void)state;
    assert_int_equal(align_learn(&whole, &none, arena), 0);
    /* The last save of a run is before its last validation. */
    shelved = 0;
    assert_int_equal(align_learn(&begun, &first, arena), 0);
    assert_true(shelved && shelf[5][0] > 0 && shelf[5][0] < whole.steps);
    assert_int_equal(align_learn(&resumed, &second, arena), 0);
    assert_int_equal(resumed.steps, whole.steps);
    assert_int_equal(resumed.best_step, whole.best_step);
    for (int k = 0; k < 2; k++) {
        const struct amap *a = whole.system[k].R, *b = resumed.system[k].R;
        assert_memory_equal(amap_part(a, "Q"), amap_part(b, "Q"),
                            M * M * sizeof(double));
        assert_memory_equal(amap_part(a, "c"), amap_part(b, "c"),
                            sizeof(double));
    }
    assert_int_equal(resumed.nhistory, whole.nhistory);
    for (size_t i = 1; i < whole.nhistory; i++)
        assert_memory_equal(&whole.history[i], &resumed.history[i],
                            sizeof whole.history[i]);
}

static void convergence_stops_a_run(void **state)
{
    struct align x = toy_problem(1000);
    struct resume none = { 0 };

    (void)state;
    x.plan.early_stop = true;
    x.plan.better_loss = 0.5;
    x.plan.patience = 300;
    assert_int_equal(align_learn(&x, &none, arena), 0);
    assert_true(x.converged && x.steps < 1000 * 7);
    assert_int_equal(x.steps % 50, 0);
}

static void scored_directions_leave_no_trace_in_the_maps(void **state)
{
    struct align with = toy_problem(5), without = toy_problem(5);
    struct resume none = { 0 };

    (void)state;
    with.direction[1].role = with.direction[2].role = ROLE_SCORE;
    without.direction[1] = without.direction[3];
    without.ndirections = 2;
    assert_int_equal(align_learn(&with, &none, arena), 0);
    assert_int_equal(align_learn(&without, &none, arena), 0);
    assert_int_equal(align_score(&with, arena), 0);
    assert_true(with.direction[1].n[SPLIT_TEST] == 100);
    assert_memory_equal(amap_part(with.system[0].R, "Q"),
                        amap_part(without.system[0].R, "Q"),
                        M * M * sizeof(double));
}

/* ---- the gradient of the whole chain ---- */

enum { C = 6, V = 5, T = 5, P = 12, S = 30 };

static struct acts *random_acts(const struct model *m, const char *sha)
{
    struct acts *x = arena_get(arena, 1, sizeof *x);
    struct rng r = rng_at(20, RNG_DATA, 0, (uint32_t)*sha);

    *x = (struct acts){ .system = sha, .arch = m->arch->name, .sha256 = sha,
                        .accessible = true, .S = S, .N = 1 };
    x->step = arena_get(arena, S, sizeof *x->step);
    x->token = arena_get(arena, S, 1);
    for (int s = 0; s < S; s++) {
        x->step[s] = s;
        x->token[s] = (uint8_t)rng_below(&r, V);
    }
    for (int s = 0; m->arch->sites[s].name; s++) {
        int n = model_width(m, s);
        real *h = arena_get(arena, (size_t)(S * n), sizeof *h);
        for (int i = 0; i < S * n; i++)
            h[i] = (real)rng_normal(&r);
        x->site[x->nsites++] = (struct acts_site){ m->arch->sites[s].name, n,
                                                   h };
    }
    return x;
}

static struct pairs *random_pairs(const struct acts *to,
                                  const struct acts *from, const char *site,
                                  uint32_t index)
{
    struct pairs *p = arena_get(arena, 1, sizeof *p);
    struct rng r = rng_at(21, RNG_PAIRS, 0, index);

    *p = (struct pairs){ .site = site, .source_variable = "x",
        .target_variable = "x", .source_sha256 = from->sha256,
        .target_sha256 = to->sha256, .P = P, .T = T,
        .target_row = arena_get(arena, P, sizeof(int64_t)),
        .source_row = arena_get(arena, P, sizeof(int64_t)),
        .tokens = arena_get(arena, P * T, 1),
        .determined = arena_get(arena, P * T, 1),
        .length = arena_get(arena, P, sizeof(int32_t)),
        .split = arena_get(arena, P, 1) };
    for (int i = 0; i < P; i++) {
        p->target_row[i] = (int64_t)rng_below(&r, S);
        p->source_row[i] = (int64_t)rng_below(&r, S);
        p->length[i] = 1 + (int32_t)rng_below(&r, T);
        for (int t = 0; t < p->length[i]; t++) {
            p->tokens[i * T + t] = (uint8_t)rng_below(&r, V);
            p->determined[i * T + t] = t == 0 || rng_below(&r, 2);
        }
    }
    return p;
}

/* The summed loss of all lanes, scaled as a step scales it. */
static double chain_loss(struct align *x, struct align_space *s, real scale)
{
    double sum = 0;

    for (int k = 0; k < x->nsystems; k++)
        x->system[k].R->form->forward(x->system[k].R);
    for (int d = 0; d < x->ndirections; d++) {
        s->lane[d].n = P;
        s->lane[d].scale = scale;
        for (int i = 0; i < P; i++)
            s->lane[d].order[i] = (uint32_t)i;
    }
    align_run(x, s);
    for (int d = 0; d < x->ndirections; d++)
        for (int i = 0; i < P; i++)
            sum += s->lane[d].loss[i];
    return sum;
}

static void check_chain(const struct arch *arch, const char *site,
                        const char *form)
{
    struct align x = { .nsystems = 2, .ndirections = 4,
        .plan = { .site = site, .form = form, .batch = P } };
    struct align_space s;
    struct rng r = rng_at(22, RNG_DATA, 0, 0);

    for (int k = 0; k < 2; k++) {
        x.system[k].model = model_open(arch, arch->C ? arch->C : C,
                                       arch->V ? arch->V : V, arena);
        model_draw(x.system[k].model, k, 0);
        x.system[k].acts = random_acts(x.system[k].model, k ? "b" : "a");
    }
    for (int d = 0; d < 4; d++)
        x.direction[d] = (struct align_direction){
            .source = d / 2, .target = d % 2, .role = ROLE_BEHAVIOUR,
            .pairs = random_pairs(x.system[d % 2].acts, x.system[d / 2].acts,
                                  site, (uint32_t)d) };
    assert_int_equal(align_open(&x, arena), 0);
    assert_int_equal(align_space_open(&s, &x, arena), 0);
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < x.system[k].R->n; i++)
            x.system[k].R->param[i] += 0.2 * rng_normal(&r);

    chain_loss(&x, &s, 1);
    for (int k = 0; k < 2; k++)
        amap_zero(x.system[k].R);
    for (int d = 0; d < 4; d++)
        swap_back(x.system[d % 2].R, x.system[d / 2].R, s.lane[d].dv, P,
                  s.lane[d].work);
    for (int k = 0; k < 2; k++)
        x.system[k].R->form->back(x.system[k].R);
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < x.system[k].R->n; i++) {
            const double eps = 1e-5;
            double *w = &x.system[k].R->param[i], keep_w = *w;
            *w = keep_w + eps;
            double up = chain_loss(&x, &s, 0);
            *w = keep_w - eps;
            double down = chain_loss(&x, &s, 0);
            *w = keep_w;
            golden_near(arch->name, x.system[k].R->dparam[i],
                        (up - down) / (2 * eps), 1e-6);
        }
}

static void every_model_site_and_map_has_an_exact_gradient(void **state)
{
    (void)state;
    for (int a = 0; arch_menu[a]; a++)
        for (int site = 0; arch_menu[a]->sites[site].name; site++)
            for (int form = 0; amap_menu[form]; form++)
                check_chain(arch_menu[a], arch_menu[a]->sites[site].name,
                            amap_menu[form]->name);
}

/* ---- problems that are refused ---- */

static void problems_that_do_not_fit_are_refused(void **state)
{
    struct align x = toy_problem(1);
    struct pairs wrong = *x.direction[0].pairs;

    (void)state;
    x.direction[0].pairs = &wrong;
    wrong.target_sha256 = "3333";
    assert_int_equal(align_open(&x, arena), -1);
    assert_non_null(strstr(err_text(), "direction 1:1: interventions were "
                           "made for other activations of the target"));
    wrong.target_sha256 = "1111";
    wrong.source_sha256 = "3333";
    assert_int_equal(align_open(&x, arena), -1);
    assert_non_null(strstr(err_text(), "of the source"));
    wrong.source_sha256 = "1111";
    wrong.site = "embedding";
    assert_int_equal(align_open(&x, arena), -1);
    assert_non_null(strstr(err_text(), "for site embedding, not hidden"));
    wrong.site = "hidden";
    wrong.length[7] = 0;
    assert_int_equal(align_open(&x, arena), -1);
    assert_non_null(strstr(err_text(), "sample 7 has no tokens"));
    wrong.length[7] = 2;
    x.plan.K = M + 1;
    assert_int_equal(align_open(&x, arena), -1);
    assert_int_equal(err_code(), EX_USAGE);
    x.plan.K = 0;
    x.system[0].model = NULL;
    assert_int_equal(align_open(&x, arena), -1);
    assert_non_null(strstr(err_text(), "one cannot be run on"));
    x = toy_problem(1);
    wrong = *x.direction[0].pairs;
    x.direction[0].pairs = &wrong;
    wrong.source_row[5] = ROWS;
    assert_int_equal(align_open(&x, arena), -1);
    assert_non_null(strstr(err_text(), "sample 5 names a row"));
    x = toy_problem(1);
    x.direction[1] = x.direction[0];
    assert_int_equal(align_open(&x, arena), -1);
    assert_non_null(strstr(err_text(), "direction 1:1: given twice"));
    x = toy_problem(1);
    struct acts closed = *x.system[1].acts;
    closed.accessible = false;
    x.system[1].acts = &closed;
    assert_int_equal(align_open(&x, arena), -1);
    assert_non_null(strstr(err_text(), "two cannot be run on"));
    closed.accessible = true;
    closed.site[0].M = M - 1;
    assert_int_equal(align_open(&x, arena), -1);
    assert_non_null(strstr(err_text(), "no states of 8 units at site hidden"));
}

static void presets_are_lists_of_directions(void **state)
{
    struct align x = toy_problem(1);

    (void)state;
    assert_int_equal(align_preset(&x, "mas"), 0);
    assert_string_equal(x.preset, "mas");
    for (int d = 0; d < 4; d++)
        assert_int_equal(x.direction[d].role, ROLE_BEHAVIOUR);
    x.ndirections = 3;
    assert_int_equal(align_preset(&x, "mas"), -1);
    assert_non_null(strstr(err_text(), "has a direction 2:2"));
    assert_int_equal(align_preset(&x, "das"), -1);
    assert_non_null(strstr(err_text(), "is for 1 system, not 2"));
    assert_int_equal(align_preset(&x, "nonsense"), -1);
    assert_int_equal(align_role("latent"), -1);
    assert_int_equal(align_role("score"), ROLE_SCORE);
}

static void a_diverging_run_fails(void **state)
{
    struct align x = toy_problem(5);
    struct resume none = { 0 };

    (void)state;
    x.plan.lr = 1e300;
    assert_int_equal(align_learn(&x, &none, arena), -1);
    assert_int_equal(err_code(), ERR_FAILED);
}

static void a_run_whose_map_has_no_inverse_diverged(void **state)
{
    struct resume none = { 0 };

    (void)state;
    for (int form = 0; amap_menu[form]; form++) {
        struct align x = toy_problem(5);
        x.plan.form = amap_menu[form]->name;
        assert_int_equal(align_open(&x, arena), 0);
        memset(x.system[1].R->param, 0,
               x.system[1].R->n * sizeof *x.system[1].R->param);
        x.system[1].R->form->forward(x.system[1].R);
        assert_int_equal(align_learn(&x, &none, arena), -1);
        assert_int_equal(err_code(), ERR_FAILED);
        assert_non_null(strstr(err_text(), "the alignment diverged"));
    }
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_open();
    open_toys();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_rotation_is_recovered),
        cmocka_unit_test(sanity_swaps_are_made_and_hold),
        cmocka_unit_test(a_broken_map_fails_its_sanity_swap),
        cmocka_unit_test(a_resumed_run_is_the_same_run),
        cmocka_unit_test(convergence_stops_a_run),
        cmocka_unit_test(scored_directions_leave_no_trace_in_the_maps),
        cmocka_unit_test(every_model_site_and_map_has_an_exact_gradient),
        cmocka_unit_test(problems_that_do_not_fit_are_refused),
        cmocka_unit_test(presets_are_lists_of_directions),
        cmocka_unit_test(a_diverging_run_fails),
        cmocka_unit_test(a_run_whose_map_has_no_inverse_diverged),
    };
    return cmocka_run_group_tests_name("align", tests, set_up, tear_down);
}
