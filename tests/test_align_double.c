/* The alignment engine: its gradient through model, swap, latents and exp(A);
 * a toy pair of systems whose answers are known; held systems and recordings;
 * resuming; bad problems. */
#include <fcntl.h>
#include <math.h>
#include <omp.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../lib/align_priv.h"
#include "../lib/err.h"
#include "../lib/log.h"
#include "../lib/mat.h"
#include "../lib/resume.h"
#include "../lib/rng.h"
#include "../lib/swap.h"
#include "arena_group.h"
#include "golden.h"

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
    x->trial = arena_get(arena, ROWS, sizeof *x->trial);
    x->split = arena_get(arena, ROWS, 1);
    x->eligible = arena_get(arena, ROWS, 1);
    for (int s = 0; s < ROWS; s++) {
        x->trial[s] = s;
        x->split[s] = (uint8_t)(s % SPLITS);
        x->eligible[s] = 1;
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

/* A row of these variables, the first from a random one on. */
static int64_t toy_row(const struct acts *x, int value, int nuisance,
                       struct rng *r)
{
    int64_t at = (int64_t)rng_below(r, ROWS);

    while (x->var[0].value[at] != value || x->var[1].value[at] != nuisance)
        at = (at + 1) % ROWS;
    return at;
}

enum { P = 1000 };

/* The source's value, the target's nuisance; full: the source's too. Some
 * samples lack their latents: a fifth of validation and test. */
static struct pairs *toy_pairs(const struct acts *to, const struct acts *from,
                               bool full)
{
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
        .constant = arena_get(arena, P, 1),
        .cf_row = arena_get(arena, P, sizeof(int64_t)) };
    for (int i = 0; i < P; i++) {
        p->target_row[i] = (int64_t)rng_below(&r, ROWS);
        p->source_row[i] = (int64_t)rng_below(&r, ROWS);
        p->value[i] = from->var[0].value[p->source_row[i]];
        int nuisance = full ? from->var[1].value[p->source_row[i]]
                            : to->var[1].value[p->target_row[i]];
        p->tokens[2 * i] = (uint8_t)p->value[i];
        p->tokens[2 * i + 1] = (uint8_t)nuisance;
        p->cf_row[i] = i % 25 == 4 || i % 25 == 8
                       ? -1 : toy_row(to, p->value[i], nuisance, &r);
        p->determined[2 * i] = p->determined[2 * i + 1] = 1;
        p->length[i] = 2;
        p->split[i] = i % 10 == 8 ? SPLIT_VALID : i % 10 == 9 ? SPLIT_TEST
                                                            : SPLIT_TRAIN;
        p->unchanged[i] = p->value[i] == to->var[0].value[p->target_row[i]];
        p->constant[i] = p->value[i] == 0;
    }
    return p;
}

/* Directions 1:1, 1:2, 2:1, 2:2, not yet opened. */
static struct align toy_plan(int epochs, bool full)
{
    struct align x = { .nsystems = 2, .ndirections = 4,
        .plan = { .site = "hidden", .form = "rotation", .K = VALUE,
                  .seed = 1, .batch = 128, .epochs = epochs, .null_draws = 20,
                  .lr = 0.01, .lambda = 0.5, .validate_every = 50,
                  .patience = 1000, .better_iia = 0.001,
                  .better_loss = 0.001 } };

    for (int k = 0; k < 2; k++) {
        x.system[k].acts = toy_acts(k);
        x.system[k].model = model_open(&toy_arch, M, CODES, arena);
        x.system[k].model->w[0] = (real)k;
    }
    for (int d = 0; d < 4; d++) {
        int from = d / 2, to = d % 2;
        x.direction[d] = (struct align_direction){
            .source = from, .target = to,
            .pairs = toy_pairs(x.system[to].acts, x.system[from].acts,
                               full) };
    }
    return x;
}

static void toy_open(struct align *x, const char *preset, const char *hold)
{
    assert_int_equal(align_hold(x, hold), 0);
    assert_int_equal(align_preset(x, preset), 0);
    assert_int_equal(align_open(x, arena), 0);
}

static struct align toy_problem(int epochs)
{
    struct align x = toy_plan(epochs, false);

    toy_open(&x, "mas", "");
    return x;
}

static void toy_run(struct align *x)
{
    struct resume none = { 0 };

    assert_int_equal(align_learn(x, &none, arena), 0);
    assert_int_equal(align_score(x, arena), 0);
}

static const double *Q_of(const struct align *x, int k)
{
    return amap_part(x->system[k].R, "Q");
}

static double c_of(const struct align *x, int k)
{
    return *amap_part(x->system[k].R, "c");
}

static void assert_same_maps(const struct align *x, const struct align *y)
{
    for (int k = 0; k < 2; k++) {
        assert_memory_equal(Q_of(x, k), Q_of(y, k), M * M * sizeof(double));
        assert_true(c_of(x, k) == c_of(y, k));
    }
}

static void assert_same_history(const struct align *x, const struct align *y)
{
    assert_true(x->nhistory > 1 && x->nhistory == y->nhistory);
    assert_int_equal(x->best_step, y->best_step);
    for (size_t i = 0; i < x->nhistory; i++)
        assert_memory_equal(&x->history[i], &y->history[i],
                            sizeof *x->history);
}

/* The validation of the maps that were kept. */
static const struct align_line *best_line(const struct align *x)
{
    size_t i = 0;

    while (x->history[i].step != x->best_step)
        assert_true(++i < x->nhistory);
    return &x->history[i];
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

static void check_recovery(const char *form)
{
    struct align x = toy_plan(200, false);

    x.plan.form = form;
    toy_open(&x, "mas", "");
    toy_run(&x);
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
    assert_true(fabs(c_of(&x, 1) / c_of(&x, 0) - 4) < 0.05);
}

static void a_known_rotation_is_recovered(void **state)
{
    (void)state;
    check_recovery("rotation");
}

static void a_known_rotation_is_recovered_by_cayley_s_transform(void **state)
{
    (void)state;
    check_recovery("cayley");
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

/* Of one unit all rotations exchange the same within a system: the unit. */
static void random_rotations_are_of_the_units_that_a_map_is_of(void **state)
{
    static const int32_t unit[] = { 3 };
    struct align x = toy_plan(1, false);
    struct rng r = rng_at(1, RNG_BASE, 0, 0);

    (void)state;
    x.plan.K = 1;
    toy_open(&x, "mas", "");
    for (int k = 0; k < 2; k++) {
        struct amap *R = amap_open(amap_find("rotation"), 1, 1, &r, arena);
        x.system[k].R = amap_widen(R, unit, M, arena);
    }
    assert_int_equal(align_score(&x, arena), 0);
    for (int d = 0; d < 4; d += 3) {
        near(x.direction[d].null_mean, x.direction[d].iia[SPLIT_TEST], 1e-12);
        near(x.direction[d].null_high, x.direction[d].iia[SPLIT_TEST], 1e-12);
    }
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

/* ---- one direction, all dimensions ---- */

/* Cosine of W u_1 and u_2, and |W u_1|, for axis i of the known rotations:
 * W = R_2^-1 R_1, what the exchange of all dimensions does to a state of
 * system 1. */
static double stitched(const struct align *x, int axis, double *size)
{
    const double *Q1 = Q_of(x, 0), *Q2 = Q_of(x, 1);
    double c = c_of(x, 0) / c_of(x, 1), dot = 0, sum = 0;

    for (int n = 0; n < M; n++) {
        double w = 0;
        for (int k = 0; k < M; k++)
            for (int i = 0; i < M; i++)
                w += Q2[k * M + n] * Q1[k * M + i] * toy[0].U[i * M + axis];
        dot += c * w * toy[1].U[n * M + axis];
        sum += c * w * c * w;
    }
    *size = sqrt(sum);
    return dot / *size;
}

static struct align one_to_two_opened(const char *preset, int epochs)
{
    struct align x = toy_plan(epochs, true);

    x.direction[0] = x.direction[1];
    x.ndirections = 1;
    x.plan.K = 0;
    toy_open(&x, preset, "");
    assert_int_equal(x.plan.K, M);
    return x;
}

static struct align one_to_two(const char *preset)
{
    struct align x = one_to_two_opened(preset, 200);

    toy_run(&x);
    return x;
}

/* What a terminal shows of the learning. */
static const char *progress_of(const char *preset)
{
    static char text[1 << 16];
    struct align x = one_to_two_opened(preset, 2000);
    struct resume none = { 0 };
    int master, slave;
    FILE *f;
    ssize_t n;

    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    assert_int_equal(fcntl(slave, F_SETFL, O_NONBLOCK), 0);     /* may fill up */
    f = fdopen(slave, "w");
    log_open(f, "align", 0);
    assert_int_equal(align_learn(&x, &none, arena), 0);
    log_open(stderr, "test", 1);
    fclose(f);
    n = read(master, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    close(master);
    return text;
}

static void progress_has_an_iia_where_there_is_one(void **state)
{
    const char *said = progress_of("linear-map");

    (void)state;
    assert_non_null(strstr(said, ", IIA "));
    said = progress_of("latent-stitching");
    assert_non_null(strstr(said, ", validation "));
    assert_null(strstr(said, "IIA"));
    assert_null(strstr(said, "nan"));
}

static void latent_stitching_finds_the_rotation_and_the_scale(void **state)
{
    struct align x = one_to_two("latent-stitching");
    const struct align_direction *d = x.direction;
    double size;

    (void)state;
    for (int axis = 0; axis < 2 * VALUE; axis++) {
        assert_true(stitched(&x, axis, &size) > 0.9999);
        golden_near("c", size, toy[1].c / toy[0].c, 1e-3);
    }
    assert_int_equal(d->role, ROLE_LATENT);
    assert_true(d->latent_distance < 1e-3 && d->latent_cosine > 0.99999);
    assert_true(d->iia[SPLIT_TEST] == 1 && d->null_mean < 0.5);
    assert_true(x.history[x.nhistory - 1].valid_latent < -0.499);
    assert_true(isnan(x.history[0].valid_iia));
    /* Two recorded states next to each other differ by one corner. */
    assert_true(d->nearest < 1e-3);
    golden_near("recorded", d->nearest_recorded, sqrt(2) * toy[1].c, 1e-9);
    assert_int_equal(d->latent_n, 100 - 20);
}

static void a_linear_map_finds_the_rotation(void **state)
{
    struct align x = one_to_two("linear-map");
    double size;

    (void)state;
    for (int axis = 0; axis < 2 * VALUE; axis++)
        assert_true(stitched(&x, axis, &size) > 0.95);
    assert_int_equal(x.direction[0].role, ROLE_BEHAVIOUR);
    assert_true(x.direction[0].iia[SPLIT_TEST] == 1);
    assert_true(isnan(x.history[0].valid_latent));
}

/* ---- held systems and recordings ---- */

static struct align held(const char *preset, int K, int epochs, double model)
{
    struct align x = toy_plan(epochs, false);

    x.plan.K = K;
    x.system[1].model->w[0] = (real)model;
    toy_open(&x, preset, "2");
    toy_run(&x);
    return x;
}

/* With 5 dimensions exchanged and 3 that matter, the other two may take from
 * system 2 what they like: system 1 has two dimensions that its behaviour does
 * not heed. Within system 2 they carry the nuisance over. */
static void latents_teach_what_behaviour_elsewhere_cannot(void **state)
{
    struct align uni = held("unimas", 5, 200, 1);
    struct align c = held("cmas", 5, 200, 1);

    (void)state;
    for (int d = 0; d < 4; d++) {
        const double u = uni.direction[d].iia[SPLIT_TEST];
        bool into_two = uni.direction[d].target == 1;
        assert_true(c.direction[d].iia[SPLIT_TEST] == 1);
        assert_true(d == 3 ? u < 0.7 : u == 1);
        assert_int_equal(uni.direction[d].role,
                         into_two ? ROLE_SCORE : ROLE_BEHAVIOUR);
        assert_int_equal(c.direction[d].role,
                         into_two ? ROLE_LATENT : ROLE_BEHAVIOUR);
        assert_true(c.direction[d].latent_distance <
                    uni.direction[d].latent_distance);
    }
}

static void only_behaviour_is_scored_on_what_was_learnt_from(void **state)
{
    struct align x = held("cmas", VALUE, 20, 1);

    (void)state;
    for (int d = 0; d < 4; d++) {
        const struct align_direction *dir = &x.direction[d];
        bool learnt = dir->role == ROLE_BEHAVIOUR;
        assert_int_equal(dir->n[SPLIT_TRAIN], 800);
        assert_int_equal(dir->n[SPLIT_VALID], 100);
        assert_true(isnan(dir->iia[SPLIT_TRAIN]) == !learnt);
        assert_true(isnan(dir->iia[SPLIT_VALID]) == !learnt);
        assert_true(dir->iia[SPLIT_TEST] > 0);
    }
    golden_near("IIA", (x.direction[0].iia[SPLIT_VALID] +
                        x.direction[2].iia[SPLIT_VALID]) / 2,
                best_line(&x)->valid_iia, 1e-12);
}

static void a_held_model_leaves_no_trace_in_the_maps(void **state)
{
    static const char *const preset[] = { "unimas", "cmas" };

    (void)state;
    for (int k = 0; k < 2; k++) {
        struct align x = held(preset[k], VALUE, 20, 1);
        struct align y = held(preset[k], VALUE, 20, 0);
        assert_same_maps(&x, &y);
        assert_same_history(&x, &y);
        assert_true(x.direction[0].iia[SPLIT_TEST] ==
                    y.direction[0].iia[SPLIT_TEST]);
        assert_true(x.direction[3].iia[SPLIT_TEST] !=
                    y.direction[3].iia[SPLIT_TEST]);
    }
}

/* System 2 as a recording: no model, no tokens, no task. */
static void make_recording(struct align *x)
{
    struct acts *acts = arena_get(arena, 1, sizeof *acts);

    *acts = *x->system[1].acts;
    acts->accessible = false;
    acts->token = NULL;
    x->system[1].acts = acts;
    for (int d = 0; d < x->ndirections; d++) {
        struct pairs *p = arena_get(arena, 1, sizeof *p);
        if (x->direction[d].target != 1)
            continue;
        *p = *x->direction[d].pairs;
        p->T = 1;
        p->tokens = arena_get(arena, P, 1);
        p->determined = arena_get(arena, P, 1);
        p->length = arena_get(arena, P, sizeof *p->length);
        x->direction[d].pairs = p;
    }
}

static void a_recording_is_learnt_from_but_never_run(void **state)
{
    struct align x = toy_plan(20, false), y = held("cmas", VALUE, 20, 1);

    (void)state;
    make_recording(&x);
    toy_open(&x, "cmas", "");
    toy_run(&x);
    assert_same_maps(&x, &y);
    assert_same_history(&x, &y);
    for (int d = 0; d < 4; d++) {
        const struct align_direction *a = &x.direction[d];
        const struct align_direction *b = &y.direction[d];
        bool run = a->target == 0;
        assert_true(isnan(a->iia[SPLIT_TEST]) == !run);
        assert_true(isnan(a->wilson.low) == !run);
        assert_true(isnan(a->loss_test) == !run);
        assert_true(isnan(a->null_mean) == !run);
        assert_true(isnan(a->null_high) == !run);
        assert_true(isnan(a->chance) == !run);
        assert_true((a->correct == NULL) == !run);
        assert_true((a->loss == NULL) == !run);
        assert_true(!isnan(b->iia[SPLIT_TEST]) && b->correct);
        assert_int_equal(a->n[SPLIT_TEST], 100);
        assert_int_equal(a->latent_n, 80);
        assert_true(a->latent_distance == b->latent_distance);
        assert_true(a->latent_distance > 0 && a->latent_cosine > 0);
        assert_true(a->nearest == b->nearest && a->nearest > 0);
        assert_true(a->nearest_recorded == b->nearest_recorded);
        golden_near("recorded", a->nearest_recorded,
                    sqrt(2) * toy[a->target].c, 1e-9);
    }
}

static void every_system_may_be_a_recording(void **state)
{
    struct align x = toy_plan(20, false);

    (void)state;
    make_recording(&x);
    x.direction[0] = x.direction[1];
    x.ndirections = 1;
    x.system[0].model = NULL;
    toy_open(&x, "latent-stitching", "");
    toy_run(&x);
    assert_true(isnan(x.direction[0].iia[SPLIT_TEST]));
    assert_true(x.history[x.nhistory - 1].valid_loss <
                x.history[0].valid_loss - 0.1);
}

/* ---- the loss lambda X + (1 - lambda) U ---- */

/* The first line of a problem's history: the loss of the first maps. */
static struct align_line first_line(double lambda, bool behaviour, bool latent)
{
    struct align x = toy_plan(1, false);

    toy_open(&x, "cmas", "2");
    x.plan.lambda = lambda;
    for (int d = 0; d < 4; d++)
        if (x.direction[d].role == ROLE_LATENT ? !latent : !behaviour)
            x.direction[d].role = ROLE_SCORE;
    toy_run(&x);
    assert_true(behaviour && latent ? x.plan.lambda == lambda
                                    : isnan(x.plan.lambda));
    return x.history[0];
}

/* The variance of the units of a system's states, summed. */
static double variance(const struct acts *acts)
{
    const real *h = acts->site[0].states;
    double n = (double)acts->S, sum = 0;

    for (int i = 0; i < M; i++) {
        double first = 0, second = 0;
        for (size_t s = 0; s < acts->S; s++) {
            first += h[s * M + (size_t)i] / n;
            second += h[s * M + (size_t)i] * h[s * M + (size_t)i] / n;
        }
        sum += second - first * first;
    }
    return sum;
}

/* Equation 4 over the validation samples of a direction, written out; its
 * distance in the units of the plan's norm. */
static double equation_4(const struct align *x, int d)
{
    const struct align_direction *dir = &x->direction[d];
    const struct pairs *p = dir->pairs;
    const double *Qi = Q_of(x, dir->target), *Qj = Q_of(x, dir->source);
    double ci = c_of(x, dir->target), cj = c_of(x, dir->source), X = 0, N = 0;

    for (size_t s = 0; s < p->P; s++) {
        const struct acts *to = x->system[dir->target].acts;
        const real *h = to->site[0].states + p->target_row[s] * M;
        const real *l = to->site[0].states + p->cf_row[s] * M;
        const real *g = x->system[dir->source].acts->site[0].states +
                        p->source_row[s] * M;
        double v[M], norm = 0, vl = 0, vv = 0, ll = 0;
        if (p->split[s] != SPLIT_VALID || p->cf_row[s] < 0)
            continue;
        for (int i = 0; i < M; i++)
            v[i] = h[i];
        for (int k = 0; k < x->plan.K; k++) {
            double delta = 0;
            for (int i = 0; i < M; i++)
                delta += cj * Qj[k * M + i] * g[i] - ci * Qi[k * M + i] * h[i];
            for (int i = 0; i < M; i++)
                v[i] += Qi[k * M + i] * delta / ci;
        }
        for (int i = 0; i < M; i++) {
            double gap = v[i] - l[i];
            norm += x->plan.latent_norm == LATENT_L1 ? fabs(gap) : gap * gap;
            vl += v[i] * l[i], vv += v[i] * v[i], ll += l[i] * l[i];
        }
        if (x->plan.latent_norm == LATENT_RELATIVE)
            norm /= variance(to);
        X += norm / 2 - vl / sqrt(vv * ll) / 2;
        N++;
    }
    assert_true(N == 80);
    return X / N;
}

static void the_latent_loss_is_that_of_equation_4(void **state)
{
    (void)state;
    for (int norm = 0; latent_norms[norm]; norm++) {
        struct align x = toy_plan(1, false), y;
        struct resume none = { 0 };
        x.plan.latent_norm = (enum latent_norm)norm;
        toy_open(&x, "cmas", "2");
        y = x;
        assert_int_equal(align_open(&y, arena), 0);
        assert_int_equal(align_learn(&y, &none, arena), 0);
        golden_near(latent_norms[norm], y.history[0].valid_latent,
                    (equation_4(&x, 1) + equation_4(&x, 3)) / 2, 1e-12);
    }
}

/* A step that sees all of a training set has the loss of a validation on it. */
static void training_and_validation_have_the_same_loss(void **state)
{
    struct align x = toy_plan(1, false);
    struct resume none = { 0 };

    (void)state;
    for (int d = 0; d < 4; d++) {
        struct pairs *p = arena_get(arena, 1, sizeof *p);
        *p = *x.direction[d].pairs;
        x.direction[d].pairs = p;
        for (int i = 0; i < P / 2; i++) {
            int twin = P / 2 + i;
            p->split[i] = SPLIT_TRAIN;
            p->split[twin] = SPLIT_VALID;
            p->target_row[twin] = p->target_row[i];
            p->source_row[twin] = p->source_row[i];
            p->cf_row[twin] = p->cf_row[i];
            memcpy(p->tokens + 2 * twin, p->tokens + 2 * i, 2);
        }
    }
    x.plan.batch = P;
    x.plan.validate_every = 1;
    x.plan.lambda = 0.3;
    toy_open(&x, "cmas", "2");
    assert_int_equal(align_learn(&x, &none, arena), 0);
    golden_near("loss", x.history[1].train_loss, x.history[0].valid_loss,
                1e-12);
}

static void lambda_weighs_latents_against_behaviour(void **state)
{
    static const double lambda[] = { 0, 0.3, 1 };

    (void)state;
    for (int k = 0; k < 3; k++) {
        struct align_line U = first_line(lambda[k], true, false);
        struct align_line X = first_line(lambda[k], false, true);
        struct align_line L = first_line(lambda[k], true, true);
        golden_near("L", L.valid_loss, lambda[k] * X.valid_loss +
                    (1 - lambda[k]) * U.valid_loss, 1e-12);
        golden_near("X", L.valid_latent, X.valid_loss, 1e-12);
        assert_true(L.valid_iia == U.valid_iia && U.valid_loss > 0.5);
    }
}

static void directions_of_a_role_weigh_alike(void **state)
{
    struct align all = toy_plan(1, false);
    double sum = 0;

    (void)state;
    toy_open(&all, "mas", "");
    toy_run(&all);
    for (int d = 0; d < 4; d++) {
        struct align one = toy_plan(1, false);
        toy_open(&one, "mas", "");
        for (int e = 0; e < 4; e++)
            if (e != d)
                one.direction[e].role = ROLE_SCORE;
        toy_run(&one);
        sum += one.history[0].valid_loss;
    }
    golden_near("loss", all.history[0].valid_loss, sum / 4, 1e-12);
}

static double shelf[RESUME_VECTORS][20000];
static int keep(const struct resume *r);

/* The loss of a step that sees every training sample, at the first maps with
 * parameter i of system k moved by eps. */
static double step_loss(const struct align *x, int k, size_t i, double eps)
{
    struct align y = *x;
    struct arena *one = arena_open();
    struct resume none = { 0 };
    double loss;

    assert_int_equal(align_open(&y, one), 0);
    y.system[k].R->param[i] += eps;
    y.system[k].R->form->forward(y.system[k].R);
    assert_int_equal(align_learn(&y, &none, one), 0);
    loss = y.history[1].train_loss;
    arena_close(one);
    return loss;
}

static void a_step_goes_along_the_gradient_of_the_loss(void **state)
{
    const double eps = 1e-7;

    (void)state;
    for (int norm = 0; latent_norms[norm]; norm++) {
        struct align x = toy_plan(2, false), y;
        struct resume first = { .save = keep };
        x.plan.lambda = 0.3;
        x.plan.latent_norm = (enum latent_norm)norm;
        x.plan.batch = P;
        x.plan.validate_every = 1;
        toy_open(&x, "cmas", "2");
        y = x;
        assert_int_equal(align_open(&y, arena), 0);
        /* Adam's first moment after one step: a tenth of the gradient. */
        assert_int_equal(align_learn(&y, &first, arena), 0);
        assert_true(shelf[5][0] == 1);
        x.plan.epochs = 1;
        const double *moment = shelf[2];
        for (int k = 0; k < 2; k++)
            for (size_t i = 0; i < x.system[k].R->n; i++)
                golden_near(latent_norms[norm], *moment++ * 10,
                            (step_loss(&x, k, i, eps) -
                             step_loss(&x, k, i, -eps)) / (2 * eps), 2e-6);
    }
}

/* ---- resuming ---- */

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

/* Where a loss is negative, lower by a share is lower still. */
static void convergence_to_a_negative_loss_stops_a_run_too(void **state)
{
    struct align x = toy_plan(2000, true);
    struct resume none = { 0 };

    (void)state;
    x.direction[0] = x.direction[1];
    x.ndirections = 1;
    x.plan.K = 0;
    x.plan.early_stop = true;
    x.plan.better_loss = 0.01;
    toy_open(&x, "latent-stitching", "");
    assert_int_equal(align_learn(&x, &none, arena), 0);
    assert_true(x.converged && x.steps < 5000);
    assert_true(x.history[x.nhistory - 1].valid_loss < -0.45);
}

/* The step that IIA would choose, ties by loss. */
static double best_by_iia(const struct align *x)
{
    const struct align_line *h = x->history, *best = h;

    for (size_t i = 1; i < x->nhistory; i++)
        if (h[i].valid_iia > best->valid_iia ||
            (h[i].valid_iia == best->valid_iia &&
             h[i].valid_loss < best->valid_loss))
            best = &h[i];
    return best->step;
}

/* Stopped where, and only where, the loss had not fallen by the share that
 * counts for as long as the patience lasts. */
static void assert_stopped_by_loss(const struct align *x)
{
    const struct align_line *h = x->history, *mark = h;

    for (size_t i = 1; i < x->nhistory; i++) {
        if (h[i].valid_loss < mark->valid_loss -
            x->plan.better_loss * fabs(mark->valid_loss))
            mark = &h[i];
        assert_true((h[i].step - mark->step >= x->plan.patience) ==
                    (i == x->nhistory - 1));
    }
    assert_true(x->converged && h[x->nhistory - 1].step == x->steps);
}

/* With too few dimensions for a value, at a rate at which losses go up too. */
static struct align rough_plan(void)
{
    struct align x = toy_plan(100, false);

    x.plan.K = 2;
    x.plan.lr = 0.3;
    x.plan.validate_every = 5;
    return x;
}

static void assert_least_loss_is_kept(const struct align *x)
{
    assert_true(x->best_step > 0 && x->best_step < x->steps);
    for (size_t i = 0; i < x->nhistory; i++)
        assert_true(best_line(x)->valid_loss <= x->history[i].valid_loss);
}

static void latents_alone_are_judged_by_their_loss(void **state)
{
    struct align x = rough_plan();
    struct resume none = { 0 };

    (void)state;
    x.direction[0] = x.direction[1];
    x.ndirections = 1;
    x.plan.early_stop = true;
    x.plan.better_loss = 0.02;
    x.plan.patience = 60;
    toy_open(&x, "latent-stitching", "");
    assert_int_equal(align_learn(&x, &none, arena), 0);
    assert_stopped_by_loss(&x);
    assert_least_loss_is_kept(&x);
    golden_near("X", equation_4(&x, 0), best_line(&x)->valid_loss, 1e-12);
}

static void so_are_latents_beside_behaviour(void **state)
{
    struct align x = rough_plan();
    struct resume none = { 0 };

    (void)state;
    toy_open(&x, "cmas", "2");
    assert_int_equal(align_learn(&x, &none, arena), 0);
    assert_least_loss_is_kept(&x);
    assert_true(x.best_step != best_by_iia(&x));
    golden_near("X", (equation_4(&x, 1) + equation_4(&x, 3)) / 2,
                best_line(&x)->valid_latent, 1e-12);
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

enum { C = 6, V = 5, T = 5, B = 12, S = 30 };

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
        .target_sha256 = to->sha256, .P = B, .T = T,
        .target_row = arena_get(arena, B, sizeof(int64_t)),
        .source_row = arena_get(arena, B, sizeof(int64_t)),
        .tokens = arena_get(arena, B * T, 1),
        .determined = arena_get(arena, B * T, 1),
        .length = arena_get(arena, B, sizeof(int32_t)),
        .split = arena_get(arena, B, 1),
        .cf_row = arena_get(arena, B, sizeof(int64_t)) };
    for (int i = 0; i < B; i++) {
        p->target_row[i] = (int64_t)rng_below(&r, S);
        p->source_row[i] = (int64_t)rng_below(&r, S);
        p->cf_row[i] = i % 5 == 4 ? -1 : (int64_t)rng_below(&r, S);
        p->split[i] = (uint8_t)(i % SPLITS);
        p->length[i] = 1 + (int32_t)rng_below(&r, T);
        for (int t = 0; t < p->length[i]; t++) {
            p->tokens[i * T + t] = (uint8_t)rng_below(&r, V);
            p->determined[i * T + t] = t == 0 || rng_below(&r, 2);
        }
    }
    return p;
}

static const double scale_of[] = { [ROLE_BEHAVIOUR] = 1, [ROLE_LATENT] = 0.7 };

/* The summed loss of all lanes, each scaled as its role's. */
static double chain_loss(struct align *x, struct align_space *s, bool back)
{
    double sum = 0;

    for (int k = 0; k < x->nsystems; k++)
        x->system[k].R->form->forward(x->system[k].R);
    for (int d = 0; d < x->ndirections; d++) {
        s->lane[d].n = B;
        s->lane[d].scale = back ? scale_of[x->direction[d].role] : 0;
        for (int i = 0; i < B; i++)
            s->lane[d].order[i] = (uint32_t)i;
    }
    assert_int_equal(s->engine->run(x, s), 0);
    for (int d = 0; d < x->ndirections; d++)
        for (int i = 0; i < B; i++)
            sum += scale_of[x->direction[d].role] *
                   (s->lane[d].run ? s->lane[d].loss[i] : s->lane[d].apart[i]);
    return sum;
}

static void check_chain(const struct arch *arch, const char *site,
                        const char *form, bool latent, int norm)
{
    struct align x = { .nsystems = 2, .ndirections = 4,
        .plan = { .site = site, .form = form, .batch = B,
                  .latent_norm = (enum latent_norm)norm } };
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
            .source = d / 2, .target = d % 2,
            .role = latent && d % 3 ? ROLE_LATENT : ROLE_BEHAVIOUR,
            .pairs = random_pairs(x.system[d % 2].acts, x.system[d / 2].acts,
                                  site, (uint32_t)d) };
    assert_int_equal(align_open(&x, arena), 0);
    assert_int_equal(align_space_open(&s, &x, false, arena), 0);
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < x.system[k].R->n; i++)
            x.system[k].R->param[i] += 0.2 * rng_normal(&r);

    for (int d = 0; d < 4; d++)
        for (int i = 0; i < B * x.system[d % 2].R->m; i++)
            s.lane[d].dv[i] = 1;        /* of the step before */
    chain_loss(&x, &s, true);
    assert_int_equal(align_back(&x, &s), 0);
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < x.system[k].R->n; i++) {
            const double eps = 1e-5;
            double *w = &x.system[k].R->param[i], keep_w = *w;
            *w = keep_w + eps;
            double up = chain_loss(&x, &s, false);
            *w = keep_w - eps;
            double down = chain_loss(&x, &s, false);
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
                            amap_menu[form]->name, false, 0);
}

static void behaviour_and_latents_together_have_an_exact_gradient(void **state)
{
    (void)state;
    for (int a = 0; arch_menu[a]; a++)
        for (int form = 0; amap_menu[form]; form++)
            for (int norm = 0; latent_norms[norm]; norm++)
                check_chain(arch_menu[a], "hidden", amap_menu[form]->name,
                            true, norm);
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

/* ---- presets and roles ---- */

static void assert_says(const char *text)
{
    if (!strstr(err_text(), text))
        fail_msg("\"%s\" does not say \"%s\"", err_text(), text);
}

static void presets_are_lists_of_directions(void **state)
{
    enum { U = ROLE_BEHAVIOUR, X = ROLE_LATENT, N = ROLE_SCORE };
    static const struct { const char *name, *hold; int role[4]; bool whole; }
    list[] = {
        { "mas", "", { U, U, U, U }, false },
        { "unimas", "2", { U, N, U, N }, false },
        { "unimas", "1", { N, U, N, U }, false },
        { "cmas", "2", { U, X, U, X }, false },
        { "cmas", "1,2", { X, X, X, X }, false },
        { "das", "", { U }, false },
        { "linear-map", "", { U }, true },
        { "linear-map", "2", { U }, true },
        { "latent-stitching", "", { X }, true },
        { "latent-stitching", "1,2", { X }, true },
    };

    (void)state;
    for (int p = 0; align_presets[p]; p++) {
        size_t k = 0;
        while (strcmp(list[k].name, align_presets[p]))
            assert_true(++k < sizeof list / sizeof *list);
    }
    for (size_t k = 0; k < sizeof list / sizeof *list; k++) {
        struct align x = toy_plan(1, false);
        bool das = !strcmp(list[k].name, "das");
        if (das || list[k].whole)
            x.ndirections = 1;
        if (das)
            x.nsystems = 1;
        x.plan.K = 0;
        toy_open(&x, list[k].name, list[k].hold);
        assert_string_equal(x.preset, list[k].name);
        assert_int_equal(x.plan.K, list[k].whole ? M : M / 2);
        for (int d = 0; d < x.ndirections; d++)
            assert_int_equal(x.direction[d].role, list[k].role[d]);
    }
    struct align x = toy_plan(1, false);
    x.direction[1] = x.direction[2];
    x.ndirections = 2;
    toy_open(&x, "unimas", "2");
}

static void presets_refuse_what_is_not_theirs(void **state)
{
    static const struct {
        const char *preset, *hold;
        int systems, directions;
        const char *text;
    } list[] = {
        { "nonsense", "", 2, 4, "preset 'nonsense' is not one of das, mas" },
        { "das", "", 2, 4, "preset das is for 1 system, not 2" },
        { "das", "1", 1, 1, "preset das runs system 1, which is held" },
        { "mas", "", 2, 3, "preset mas has a direction 2:2" },
        { "mas", "2", 2, 4, "preset mas runs system 2, which is held" },
        { "unimas", "", 2, 4, "unimas is for a system that cannot be run on" },
        { "unimas", "2", 2, 2, "preset unimas has a direction 2:1" },
        { "cmas", "", 2, 4, "cmas is for a system that cannot be run on" },
        { "cmas", "2", 2, 3, "preset cmas has a direction 2:2" },
        { "linear-map", "", 2, 4, "linear-map is for one direction, not 4" },
        { "linear-map", "1", 2, 1, "linear-map runs system 1, which is held" },
        { "latent-stitching", "", 2, 2, "is for one direction, not 2" },
    };
    static const char *const hold[] = { "3", "0", "-1", "x", "2,", ",2",
                                        "1,,2", "2 1", "1;2" };

    (void)state;
    for (size_t k = 0; k < sizeof list / sizeof *list; k++) {
        struct align x = toy_plan(1, false);
        x.nsystems = list[k].systems;
        x.ndirections = list[k].directions;
        assert_int_equal(align_hold(&x, list[k].hold), 0);
        assert_int_equal(align_preset(&x, list[k].preset), -1);
        assert_int_equal(err_code(), EX_USAGE);
        assert_says(list[k].text);
        assert_null(x.preset);
    }
    for (size_t k = 0; k < sizeof hold / sizeof *hold; k++) {
        struct align x = toy_plan(1, false);
        assert_int_equal(align_hold(&x, hold[k]), -1);
        assert_int_equal(err_code(), EX_USAGE);
        assert_says("--hold: want systems of 1..2 as 2 or 2,3");
    }
    struct align x = toy_plan(1, false);
    make_recording(&x);
    assert_int_equal(align_hold(&x, "2"), -1);
    assert_says("--hold: system 2 is not run on anyway: it is a recording, "
                "or its model was not given");
    assert_int_equal(align_preset(&x, "mas"), -1);
    assert_says("preset mas runs system 2, which is a recording");
    x = toy_plan(1, false);
    x.system[1].model = NULL;
    assert_int_equal(align_hold(&x, "1,2"), -1);
    assert_says("--hold: system 2 is not run on anyway: it is a recording, "
                "or its model was not given");
}

/* Opening x with this role for direction 1:2 fails. */
static void assert_refused(struct align *x, enum role role, int code,
                           const char *text)
{
    x->direction[1].role = role;
    assert_int_equal(align_open(x, arena), -1);
    assert_int_equal(err_code(), code);
    assert_says(text);
}

static void roles_refuse_what_cannot_have_them(void **state)
{
    static const enum split lacking[] = { SPLIT_TRAIN, SPLIT_VALID };
    struct align x = toy_problem(1);
    struct resume none = { 0 };

    (void)state;
    for (int r = ROLE_BEHAVIOUR; r <= ROLE_SCORE; r++)
        assert_int_equal(align_role(align_role_name((enum role)r)), r);
    assert_string_equal(align_role_name(ROLE_BEHAVIOUR), "behaviour");
    assert_string_equal(align_role_name(ROLE_LATENT), "latent");
    assert_string_equal(align_role_name(ROLE_SCORE), "score");
    assert_int_equal(align_role("Latent"), -1);
    assert_says("role 'Latent' is not one of behaviour, latent, score");

    assert_int_equal(align_hold(&x, "2"), 0);
    assert_refused(&x, ROLE_BEHAVIOUR, EX_USAGE,
                   "direction 1:2: system 2 is held: it is not run");
    x = toy_plan(1, false);
    make_recording(&x);
    assert_refused(&x, ROLE_BEHAVIOUR, EX_DATAERR,
                   "direction 1:2: two cannot be run on: it is a recording");

    for (int k = 0; k < 2; k++) {
        x = toy_problem(1);
        struct pairs none_there = *x.direction[1].pairs;
        x.direction[1].pairs = &none_there;
        for (size_t i = 0; i < P; i++)
            if (none_there.split[i] == lacking[k])
                none_there.cf_row[i] = -1;
        assert_refused(&x, ROLE_LATENT, EX_DATAERR, "direction 1:2: no "
                       "counterfactual latents in the training or "
                       "validation samples");
    }
    x = toy_problem(1);
    x.direction[1].pairs->cf_row[3] = ROWS;
    assert_refused(&x, ROLE_LATENT, EX_DATAERR, "direction 1:2: /cf_row: "
                   "sample 3 names a row that the target's");

    /* One site, called embedding. */
    x = toy_plan(1, false);
    x.plan.site = "embedding";
    for (int k = 0; k < 2; k++)
        ((struct acts *)x.system[k].acts)->site[0].name = "embedding";
    for (int d = 0; d < 4; d++) {
        ((struct pairs *)x.direction[d].pairs)->site = "embedding";
        x.direction[d].role = ROLE_LATENT;
    }
    x.system[0].model = x.system[1].model = NULL;
    assert_refused(&x, ROLE_LATENT, EX_DATAERR, "direction 1:1: an embedding "
                   "does not hold the variables");

    x = toy_problem(1);
    for (int d = 0; d < 4; d++)
        x.direction[d].role = ROLE_SCORE;
    assert_int_equal(align_learn(&x, &none, arena), -1);
    assert_int_equal(err_code(), EX_USAGE);
    assert_says("no direction has role behaviour or latent");
}

static void one_unit_is_exchanged_whole(void **state)
{
    struct align x = toy_problem(1);
    struct acts narrow = *x.system[1].acts;

    (void)state;
    x.system[1] = (struct align_system){ .acts = &narrow };
    narrow.site[0].M = 1;
    x.direction[1].role = x.direction[3].role = ROLE_LATENT;
    x.plan.K = 0;
    assert_int_equal(align_open(&x, arena), 0);
    assert_int_equal(x.plan.K, 1);
}

static void a_diverging_run_fails(void **state)
{
    static const char *const preset[] = { "mas", "cmas", "latent-stitching" };

    (void)state;
    for (int k = 0; k < 3; k++) {
        struct align x = toy_plan(5, false);
        struct resume none = { 0 };
        x.ndirections = k < 2 ? 4 : 1;
        x.plan.lr = 1e300;
        toy_open(&x, preset[k], k == 1 ? "2" : "");
        assert_int_equal(align_learn(&x, &none, arena), -1);
        assert_int_equal(err_code(), ERR_FAILED);
        assert_says("the loss is not finite after 2 steps");
    }
}

static void a_run_whose_map_has_no_inverse_diverged(void **state)
{
    (void)state;
    for (int form = 0; amap_menu[form]; form++) {
        struct align x = toy_problem(5);
        struct resume none = { 0 };
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
    omp_set_num_threads(1);     /* waiting threads spin */
    if (arena_make(state))
        return -1;
    open_toys();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_rotation_is_recovered),
        cmocka_unit_test(
            a_known_rotation_is_recovered_by_cayley_s_transform),
        cmocka_unit_test(sanity_swaps_are_made_and_hold),
        cmocka_unit_test(
            random_rotations_are_of_the_units_that_a_map_is_of),
        cmocka_unit_test(a_broken_map_fails_its_sanity_swap),
        cmocka_unit_test(latent_stitching_finds_the_rotation_and_the_scale),
        cmocka_unit_test(a_linear_map_finds_the_rotation),
        cmocka_unit_test(progress_has_an_iia_where_there_is_one),
        cmocka_unit_test(latents_teach_what_behaviour_elsewhere_cannot),
        cmocka_unit_test(only_behaviour_is_scored_on_what_was_learnt_from),
        cmocka_unit_test(a_held_model_leaves_no_trace_in_the_maps),
        cmocka_unit_test(a_recording_is_learnt_from_but_never_run),
        cmocka_unit_test(every_system_may_be_a_recording),
        cmocka_unit_test(the_latent_loss_is_that_of_equation_4),
        cmocka_unit_test(training_and_validation_have_the_same_loss),
        cmocka_unit_test(lambda_weighs_latents_against_behaviour),
        cmocka_unit_test(directions_of_a_role_weigh_alike),
        cmocka_unit_test(a_step_goes_along_the_gradient_of_the_loss),
        cmocka_unit_test(a_resumed_run_is_the_same_run),
        cmocka_unit_test(convergence_stops_a_run),
        cmocka_unit_test(convergence_to_a_negative_loss_stops_a_run_too),
        cmocka_unit_test(latents_alone_are_judged_by_their_loss),
        cmocka_unit_test(so_are_latents_beside_behaviour),
        cmocka_unit_test(scored_directions_leave_no_trace_in_the_maps),
        cmocka_unit_test(every_model_site_and_map_has_an_exact_gradient),
        cmocka_unit_test(behaviour_and_latents_together_have_an_exact_gradient),
        cmocka_unit_test(problems_that_do_not_fit_are_refused),
        cmocka_unit_test(presets_are_lists_of_directions),
        cmocka_unit_test(presets_refuse_what_is_not_theirs),
        cmocka_unit_test(roles_refuse_what_cannot_have_them),
        cmocka_unit_test(one_unit_is_exchanged_whole),
        cmocka_unit_test(a_diverging_run_fails),
        cmocka_unit_test(a_run_whose_map_has_no_inverse_diverged),
    };
    return cmocka_run_group_tests_name("align", tests, set_up, arena_drop);
}
