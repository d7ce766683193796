#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/rng.h"

/* Sum of (n - expected)^2 / expected over equally likely cells. */
static double chi_square(const int *n, int cells)
{
    double total = 0, sum = 0;

    for (int i = 0; i < cells; i++)
        total += n[i];
    for (int i = 0; i < cells; i++)
        sum += pow(n[i] - total / cells, 2) / (total / cells);
    return sum;
}

/* philox4x32 10 of tests/kat_vectors in Random123 1.14. */
static void philox_gives_the_published_vectors(void **state)
{
    static const struct { uint32_t counter[4], key[2], out[4]; } known[] = {
        { { 0, 0, 0, 0 }, { 0, 0 },
          { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
          { 0xffffffff, 0xffffffff },
          { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
          { 0xa4093822, 0x299f31d0 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    uint32_t out[4];

    (void)state;
    for (int i = 0; i < 3; i++) {
        rng_philox(out, known[i].counter, known[i].key);
        assert_memory_equal(out, known[i].out, sizeof out);
    }
}

static void lanes_are_blocks(void **state)
{
    uint32_t counter[4][RNG_LANES], word[4][RNG_LANES], out[4];
    const uint32_t key[2] = { 0x89abcdef, 0x01234567 };

    (void)state;
    for (uint32_t k = 0; k < 4; k++)
        for (uint32_t l = 0; l < RNG_LANES; l++)
            counter[k][l] = 0x9E3779B9 * (k * RNG_LANES + l + 1);
    rng_lanes(word, counter, key);
    for (int l = 0; l < RNG_LANES; l++) {
        rng_philox(out, (uint32_t[4]){ counter[0][l], counter[1][l],
                                       counter[2][l], counter[3][l] }, key);
        for (int k = 0; k < 4; k++)
            assert_int_equal(word[k][l], out[k]);
    }
}

static void the_words_of_a_stream_are_the_blocks_of_its_counter(void **state)
{
    uint64_t seed = 0x0123456789abcdef;
    uint32_t key[2] = { 0x89abcdef, 0x01234567 }, out[4];
    struct rng r = rng_at(seed, RNG_PAIRS, 17, 4096);

    (void)state;
    for (uint32_t draw = 0; draw < 3; draw++) {
        rng_philox(out, (uint32_t[4]){ RNG_PAIRS, 17, 4096, draw }, key);
        for (int i = 0; i < 4; i++)
            assert_int_equal(rng_word(&r), out[i]);
    }
}

static void a_stream_is_found_again_by_its_name_alone(void **state)
{
    struct rng a = rng_at(3, RNG_DATA, 0, 5), b = rng_at(3, RNG_DATA, 0, 5);
    struct rng other[] = {
        rng_at(4, RNG_DATA, 0, 5), rng_at(3, RNG_FRESH, 0, 5),
        rng_at(3, RNG_DATA, 1, 5), rng_at(3, RNG_DATA, 0, 6),
    };
    uint32_t first = rng_word(&a);

    (void)state;
    assert_int_equal(rng_word(&b), first);
    for (int i = 0; i < 4; i++)
        assert_int_not_equal(rng_word(&other[i]), first);
}

/* 99.9th percentile of chi-square with 19 degrees of freedom: 43.82. */
static void below_is_uniform(void **state)
{
    struct rng r = rng_at(1, RNG_DATA, 0, 0);
    int n[20] = { 0 };

    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint32_t x = rng_below(&r, 20);
        assert_in_range(x, 0, 19);
        n[x]++;
    }
    assert_true(chi_square(n, 20) < 43.82);
}

/* Without rejection a third of these residues would come twice as often as
 * the others: chi-square in the thousands. 2 degrees of freedom: 13.82. */
static void below_is_unbiased_where_n_does_not_divide_two_to_32(void **state)
{
    struct rng r = rng_at(2, RNG_DATA, 0, 0);
    int n[3] = { 0 };

    (void)state;
    for (int i = 0; i < 100000; i++)
        n[rng_below(&r, 0xC0000000) % 3]++;
    assert_true(chi_square(n, 3) < 13.82);
}

static void below_one_is_zero(void **state)
{
    struct rng r = rng_at(2, RNG_DATA, 0, 0);

    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(rng_below(&r, 1), 0);
}

/* 99 degrees of freedom: 148.2. */
static void units_are_uniform_with_53_bits(void **state)
{
    struct rng r = rng_at(3, RNG_DATA, 0, 0);
    int n[100] = { 0 }, odd = 0;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        double x = rng_unit(&r);
        assert_true(x >= 0 && x < 1);
        assert_true(x * 0x1p53 == floor(x * 0x1p53));
        n[(int)(100 * x)]++;
        odd += fmod(x * 0x1p53, 2) == 1;
    }
    assert_true(chi_square(n, 100) < 148.2);
    assert_in_range(odd, 49400, 50600);
}

/* Cells of equal probability by the normal distribution function. */
static void normals_are_normal(void **state)
{
    struct rng r = rng_at(4, RNG_INIT, 0, 0);
    int n[100] = { 0 };
    double before = rng_normal(&r), product = 0;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        double x = rng_normal(&r);
        assert_true(isfinite(x));
        n[(int)(100 * 0.5 * erfc(-x / sqrt(2)))]++;
        product += x * before;
        before = x;
    }
    assert_true(chi_square(n, 100) < 148.2);
    assert_true(fabs(product / 100000) < 4 / sqrt(100000));
}

/* 23 degrees of freedom: 49.73. */
static void all_orders_of_four_come_equally_often(void **state)
{
    struct rng r = rng_at(5, RNG_ORDER, 0, 0);
    int n[256] = { 0 }, seen[24], k = 0;
    uint32_t order[4];

    (void)state;
    for (int i = 0; i < 24000; i++) {
        rng_permute(&r, order, 4);
        n[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
    }
    for (int i = 0; i < 256; i++)
        if (n[i]) {
            assert_in_range(k, 0, 23);
            seen[k++] = n[i];
        }
    assert_int_equal(k, 24);
    assert_true(chi_square(seen, 24) < 49.73);
}

static void an_order_holds_every_number_once(void **state)
{
    struct rng r = rng_at(6, RNG_ORDER, 0, 0);
    uint32_t order[1000], moved = 0;
    uint8_t seen[1000] = { 0 };

    (void)state;
    rng_permute(&r, order, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_in_range(order[i], 0, 999);
        seen[order[i]]++;
        moved += order[i] != i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(seen[i], 1);
    assert_in_range(moved, 980, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_vectors),
        cmocka_unit_test(lanes_are_blocks),
        cmocka_unit_test(the_words_of_a_stream_are_the_blocks_of_its_counter),
        cmocka_unit_test(a_stream_is_found_again_by_its_name_alone),
        cmocka_unit_test(below_is_uniform),
        cmocka_unit_test(below_is_unbiased_where_n_does_not_divide_two_to_32),
        cmocka_unit_test(below_one_is_zero),
        cmocka_unit_test(units_are_uniform_with_53_bits),
        cmocka_unit_test(normals_are_normal),
        cmocka_unit_test(all_orders_of_four_come_equally_often),
        cmocka_unit_test(an_order_holds_every_number_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
