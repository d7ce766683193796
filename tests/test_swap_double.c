/* The swap against equation 3 written out with whole matrices. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/amap.h"
#include "../lib/arena.h"
#include "../lib/mat.h"
#include "../lib/rng.h"
#include "../lib/swap.h"
#include "golden.h"

enum { B = 4, MI = 7, MJ = 5, K = 3 };

static struct arena *arena;

static struct amap *map(int m, int dims, uint32_t index)
{
    struct rng r = rng_at(4, RNG_BASE, 0, index);
    struct amap *R = amap_open(amap_find("rotation"), m, dims, &r, arena);

    for (size_t i = 0; i < R->n; i++)
        R->param[i] += 0.2 * rng_normal(&r);
    R->form->forward(R);
    return R;
}

static real *states(int m, uint32_t index)
{
    struct rng r = rng_at(4, RNG_DATA, 0, index);
    real *h = arena_get(arena, (size_t)(B * m), sizeof *h);

    for (int i = 0; i < B * m; i++)
        h[i] = (real)rng_normal(&r);
    return h;
}

static void swap(real *v, const struct amap *to, const struct amap *from,
                 const real *h_i, const real *h_j)
{
    double *work = arena_get(arena, swap_room(to, from, B), sizeof *work);

    swap_forward(v, to, from, h_i, h_j, B, work);
}

/* v = R_i^-1 ((1 - D) R_i h_i + D R_j h_j), R = c Q, R^-1 = Q^T / c. */
static void a_swap_is_equation_3(void **state)
{
    struct amap *to = map(MI, K, 0), *from = map(MJ, K, 1);
    struct rotation i = amap_rotation(to), j = amap_rotation(from);
    real *h_i = states(MI, 0), *h_j = states(MJ, 1), v[B * MI];

    (void)state;
    swap(v, to, from, h_i, h_j);
    for (int b = 0; b < B; b++) {
        double r[MI] = { 0 }, s[K] = { 0 };
        for (int k = 0; k < MI; k++)
            for (int n = 0; n < MI; n++)
                r[k] += *i.c * i.Q[k * MI + n] * (double)h_i[b * MI + n];
        for (int k = 0; k < K; k++)
            for (int n = 0; n < MJ; n++)
                s[k] += *j.c * j.Q[k * MJ + n] * (double)h_j[b * MJ + n];
        memcpy(r, s, sizeof s);
        for (int n = 0; n < MI; n++) {
            double want = 0;
            for (int k = 0; k < MI; k++)
                want += i.Q[k * MI + n] / *i.c * r[k];
            golden_near("v", (double)v[b * MI + n], want, 1e-12);
        }
    }
}

static void swapping_nothing_changes_nothing(void **state)
{
    struct amap *to = map(MI, 0, 0), *from = map(MJ, 0, 1);
    struct amap *some = map(MI, K, 0);
    real *h = states(MI, 0), *other = states(MJ, 1), v[B * MI];

    (void)state;
    swap(v, to, from, h, other);
    assert_memory_equal(v, h, sizeof v);
    swap(v, some, some, h, h);
    for (int n = 0; n < B * MI; n++)
        golden_near("v", (double)v[n], (double)h[n], 1e-13);
}

static void swapping_all_within_a_system_replaces_the_state(void **state)
{
    struct amap *all = map(MI, MI, 0);
    real *h = states(MI, 0), *g = states(MI, 1), v[B * MI];

    (void)state;
    swap(v, all, all, h, g);
    for (int n = 0; n < B * MI; n++)
        golden_near("v", (double)v[n], (double)g[n], 1e-12);
}

/* sum(W v), as a function of both maps' parameters. */
static double weighed(struct amap *to, struct amap *from, const real *W,
                      const real *h_i, const real *h_j)
{
    real v[B * MI];
    double sum = 0;

    to->form->forward(to);
    from->form->forward(from);
    swap(v, to, from, h_i, h_j);
    for (int n = 0; n < B * to->m; n++)
        sum += (double)W[n] * (double)v[n];
    return sum;
}

static void check_gradient(struct amap *to, struct amap *from,
                           const real *h_i, const real *h_j)
{
    struct amap *both[] = { to, from };
    double *work = arena_get(arena, swap_room(to, from, B), sizeof *work);
    real *W = states(MI, 9), v[B * MI];

    swap_forward(v, to, from, h_i, h_j, B, work);
    amap_zero(to);
    amap_zero(from);
    swap_back(to, from, W, B, work);
    to->form->back(to);
    if (from != to)
        from->form->back(from);
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < both[k]->n; i++) {
            const double eps = 1e-5;
            double keep = both[k]->param[i];
            both[k]->param[i] = keep + eps;
            double up = weighed(to, from, W, h_i, h_j);
            both[k]->param[i] = keep - eps;
            double down = weighed(to, from, W, h_i, h_j);
            both[k]->param[i] = keep;
            golden_near("dparam", both[k]->dparam[i],
                        (up - down) / (2 * eps), 1e-7);
        }
}

static void the_gradient_between_systems_is_exact(void **state)
{
    (void)state;
    check_gradient(map(MI, K, 0), map(MJ, K, 1), states(MI, 0), states(MJ, 1));
}

static void the_gradient_within_a_system_is_exact(void **state)
{
    struct amap *R = map(MI, K, 0);

    (void)state;
    check_gradient(R, R, states(MI, 0), states(MI, 1));
}

static int set_up(void **state)
{
    (void)state;
    return (arena = arena_open()) == NULL;
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
        cmocka_unit_test(a_swap_is_equation_3),
        cmocka_unit_test(swapping_nothing_changes_nothing),
        cmocka_unit_test(swapping_all_within_a_system_replaces_the_state),
        cmocka_unit_test(the_gradient_between_systems_is_exact),
        cmocka_unit_test(the_gradient_within_a_system_is_exact),
    };
    return cmocka_run_group_tests_name("swap", tests, set_up, tear_down);
}
