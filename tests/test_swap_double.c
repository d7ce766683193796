/* The swap, with every form of map, against equation 3 written out with whole
 * matrices. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/amap.h"
#include "../lib/mat.h"
#include "../lib/rng.h"
#include "../lib/swap.h"
#include "arena_group.h"
#include "golden.h"

enum { B = 4, MI = 7, MJ = 5, K = 3 };

static struct amap *map(const struct amap_form *form, int m, int dims,
                        uint32_t index)
{
    struct rng r = rng_at(4, RNG_BASE, 0, index);
    struct amap *R = amap_open(form, m, dims, &r, arena);

    for (size_t i = 0; i < R->n; i++)
        R->param[i] += 0.1 * rng_normal(&r);
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

/* R h = L h + s in full, from the parts of a map as its convention reads. */
static void whole_map(double *L, double *s, const struct amap *R)
{
    int m = R->m;
    const double *Q = amap_part(R, "Q"), *W = amap_part(R, "W");

    for (int i = 0; i < m * m; i++)
        L[i] = Q ? *amap_part(R, "c") * Q[i] : W[i];
    for (int i = 0; i < m; i++)
        s[i] = Q ? 0 : amap_part(R, "b")[i];
}

/* Gaussian elimination with pivots: L x = r, into r. */
static void solve(double *L, double *r, int m)
{
    for (int k = 0; k < m; k++) {
        int p = k;
        for (int i = k; i < m; i++)
            p = fabs(L[i * m + k]) > fabs(L[p * m + k]) ? i : p;
        for (int j = 0; j <= m; j++) {
            double *x = j < m ? &L[k * m + j] : &r[k];
            double *y = j < m ? &L[p * m + j] : &r[p], keep = *x;
            *x = *y;
            *y = keep;
        }
        for (int i = k + 1; i < m; i++) {
            double f = L[i * m + k] / L[k * m + k];
            for (int j = k; j < m; j++)
                L[i * m + j] -= f * L[k * m + j];
            r[i] -= f * r[k];
        }
    }
    for (int k = m - 1; k >= 0; k--) {
        for (int j = k + 1; j < m; j++)
            r[k] -= L[k * m + j] * r[j];
        r[k] /= L[k * m + k];
    }
}

/* v = R_i^-1 ((1 - D) R_i h_i + D R_j h_j). */
static void check_equation_3(const struct amap *to, const struct amap *from,
                             const real *h_i, const real *h_j)
{
    double L[MI * MI], s[MI], Lj[MI * MI], sj[MI];
    real v[B * MI];

    swap(v, to, from, h_i, h_j);
    whole_map(Lj, sj, from);
    for (int b = 0; b < B; b++) {
        double r[MI];
        whole_map(L, s, to);
        for (int k = 0; k < to->m; k++) {
            const struct amap *R = k < to->K ? from : to;
            const double *row = (k < to->K ? Lj : L) + k * R->m;
            const real *h = (k < to->K ? h_j : h_i) + b * R->m;
            r[k] = (k < to->K ? sj : s)[k] - s[k];
            for (int n = 0; n < R->m; n++)
                r[k] += row[n] * (double)h[n];
        }
        solve(L, r, to->m);
        for (int n = 0; n < to->m; n++)
            golden_near(to->form->name, (double)v[b * to->m + n], r[n],
                        1e-11);
    }
}

static void a_swap_is_equation_3(void **state)
{
    (void)state;
    for (int f = 0; amap_menu[f]; f++) {
        struct amap *R = map(amap_menu[f], MI, K, 0);
        struct amap *all = map(amap_menu[f], MJ, MJ, 1);
        check_equation_3(R, map(amap_menu[f], MJ, K, 1), states(MI, 0),
                         states(MJ, 1));
        check_equation_3(R, R, states(MI, 0), states(MI, 1));
        check_equation_3(all, map(amap_menu[f], MI, MJ, 0), states(MJ, 0),
                         states(MI, 1));
    }
}

static void swapping_nothing_changes_nothing(void **state)
{
    (void)state;
    for (int f = 0; amap_menu[f]; f++) {
        struct amap *to = map(amap_menu[f], MI, 0, 0);
        struct amap *from = map(amap_menu[f], MJ, 0, 1);
        struct amap *some = map(amap_menu[f], MI, K, 0);
        real *h = states(MI, 0), *other = states(MJ, 1), v[B * MI];

        swap(v, to, from, h, other);
        assert_memory_equal(v, h, sizeof v);
        swap(v, some, some, h, h);
        for (int n = 0; n < B * MI; n++)
            golden_near("v", (double)v[n], (double)h[n], 1e-13);
    }
}

static void swapping_all_within_a_system_replaces_the_state(void **state)
{
    (void)state;
    for (int f = 0; amap_menu[f]; f++) {
        struct amap *all = map(amap_menu[f], MI, MI, 0);
        real *h = states(MI, 0), *g = states(MI, 1), v[B * MI];

        swap(v, all, all, h, g);
        for (int n = 0; n < B * MI; n++)
            golden_near("v", (double)v[n], (double)g[n], 1e-11);
    }
}

static void a_map_with_other_dims_is_the_same_map(void **state)
{
    (void)state;
    for (int f = 0; amap_menu[f]; f++) {
        struct amap *R = map(amap_menu[f], MI, K, 0);
        struct amap *all = amap_with_dims(R, MI, arena);
        struct amap *back = amap_with_dims(all, K, arena);
        struct amap *fresh = map(amap_menu[f], MI, MI, 0);
        size_t km = K * MI * sizeof(double);

        assert_memory_equal(all->F, fresh->F, MI * MI * sizeof(double));
        assert_memory_equal(all->G, fresh->G, MI * MI * sizeof(double));
        assert_memory_equal(all->b, fresh->b, MI * sizeof(double));
        assert_memory_equal(back->F, R->F, km);
        assert_memory_equal(back->G, R->G, km);
        assert_int_equal(amap_with_dims(R, 0, arena)->K, 0);
        memset(R->param, 0, R->n * sizeof(double));
        back->form->forward(back);
        assert_memory_equal(back->F, all->F, km);
    }
}

/* Where there is no inverse, no number may pass for one. */
static void a_map_without_an_inverse_gives_no_states(void **state)
{
    const double broken[] = { 0, NAN, INFINITY, 1e300 };

    (void)state;
    for (int f = 0; amap_menu[f]; f++)
        for (int k = 0; k < 4; k++) {
            struct amap *R = map(amap_menu[f], MI, K, 0);
            real v[B * MI];

            for (size_t i = 0; i < R->n; i++)
                R->param[i] = broken[k];
            R->form->forward(R);
            swap(v, R, R, states(MI, 0), states(MI, 1));
            for (int n = 0; n < B * MI; n++)
                assert_false(isfinite((double)v[n]));
        }
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
    swap_add(to, from, B, work);
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

/* dims < m and dims = m; the narrower system as target and as source. */
static void the_gradient_between_systems_is_exact(void **state)
{
    (void)state;
    for (int f = 0; amap_menu[f]; f++)
        for (int dims = K; dims <= MJ; dims += MJ - K) {
            check_gradient(map(amap_menu[f], MI, dims, 0),
                           map(amap_menu[f], MJ, dims, 1), states(MI, 0),
                           states(MJ, 1));
            check_gradient(map(amap_menu[f], MJ, dims, 1),
                           map(amap_menu[f], MI, dims, 0), states(MJ, 1),
                           states(MI, 0));
        }
}

static void the_gradient_within_a_system_is_exact(void **state)
{
    (void)state;
    for (int f = 0; amap_menu[f]; f++)
        for (int dims = K; dims <= MI; dims += MI - K) {
            struct amap *R = map(amap_menu[f], MI, dims, 0);
            check_gradient(R, R, states(MI, 0), states(MI, 1));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_swap_is_equation_3),
        cmocka_unit_test(swapping_nothing_changes_nothing),
        cmocka_unit_test(swapping_all_within_a_system_replaces_the_state),
        cmocka_unit_test(a_map_with_other_dims_is_the_same_map),
        cmocka_unit_test(a_map_without_an_inverse_gives_no_states),
        cmocka_unit_test(the_gradient_between_systems_is_exact),
        cmocka_unit_test(the_gradient_within_a_system_is_exact),
    };
    return cmocka_run_group_tests_name("swap", tests, arena_make, arena_drop);
}
