#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/err.h"
#include "arena_group.h"

/* Sizes that meet block borders, lie below and far above the first block. */
static const size_t sizes[] = { 0, 1, 63, 64, 65, 4096, 65535, 65536, 65537,
                                1 << 20, 3, 200000, 7 };
enum { SIZES = sizeof sizes / sizeof *sizes };

static void every_piece_is_zeroed_and_aligned(void **state)
{
    struct arena *a = arena_open();

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < SIZES; i++) {
            unsigned char *piece = arena_get(a, sizes[i], 1);
            assert_non_null(piece);
            assert_int_equal((uintptr_t)piece % 64, 0);
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(piece[k], 0);
            memset(piece, 0xa5, sizes[i]);
        }
        arena_reset(a);
    }
    arena_close(a);
}

static void pieces_do_not_overlap(void **state)
{
    struct arena *a = arena_open();
    unsigned char *piece[SIZES];

    (void)state;
    for (int i = 0; i < SIZES; i++) {
        piece[i] = arena_get(a, sizes[i], 1);
        memset(piece[i], i + 1, sizes[i]);
    }
    for (int i = 0; i < SIZES; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(piece[i][k], i + 1);
    arena_close(a);
}

static void a_reset_arena_gives_the_same_memory_again(void **state)
{
    struct arena *a = arena_open();
    void *first = NULL;

    (void)state;
    for (int round = 0; round < 50; round++) {
        void *piece = arena_get(a, 1000, 8);
        for (int i = 0; i < 100; i++)
            assert_non_null(arena_get(a, 1000, 8));
        if (round == 1)
            first = piece;
        if (round > 1)
            assert_ptr_equal(piece, first);
        arena_reset(a);
    }
    arena_close(a);
}

static void a_size_that_overflows_is_refused(void **state)
{
    struct arena *a = arena_open();

    (void)state;
    assert_null(arena_get(a, SIZE_MAX / 2, 4));
    assert_int_equal(err_code(), EX_OSERR);
    err_clear();
    assert_null(arena_get(a, SIZE_MAX - 10, 1));
    assert_int_equal(err_code(), EX_OSERR);
    assert_non_null(arena_get(a, 10, 10));
    arena_close(a);
}

static void memory_that_the_machine_lacks_is_refused(void **state)
{
    struct arena *a = arena_open();

    (void)state;
    assert_null(arena_get(a, (size_t)1 << 56, 1));
    assert_int_equal(err_code(), EX_OSERR);
    assert_non_null(strstr(err_text(), "out of memory"));
    arena_close(a);
}

static void texts_are_formatted_and_kept(void **state)
{
    struct arena *a = arena_open();
    char *one = arena_text(a, "%s/%d", "systems", 1);
    char *empty = arena_text(a, "%s", "");
    char *wide = arena_text(a, "%0300d", 7);

    (void)state;
    assert_string_equal(one, "systems/1");
    assert_string_equal(empty, "");
    assert_int_equal(strlen(wide), 300);
    arena_close(a);
}

static void a_list_that_grows_keeps_what_it_holds(void **state)
{
    struct arena *a = arena_open();
    size_t room = 0;
    int *list = NULL;

    (void)state;
    for (int n = 0; n < 1000; n++) {
        int *more = arena_more(a, list, (size_t)n, &room, sizeof *list);
        assert_non_null(more);
        assert_true(room > (size_t)n && room <= (n < 16 ? 16 : 2 * (size_t)n));
        assert_true(n % 16 == 0 || more == list);
        list = more;
        list[n] = n;
    }
    for (int n = 0; n < 1000; n++)
        assert_int_equal(list[n], n);
    arena_close(a);
}

static void closing_or_resetting_an_unused_arena_is_fine(void **state)
{
    struct arena *a = arena_open();

    (void)state;
    arena_reset(a);
    assert_non_null(arena_get(a, 1, 1));
    arena_close(a);
    arena_close(NULL);
}

/* Address space that is neither a file's nor shared, in kB. */
static long private_memory(void)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    long kb = -1;

    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        sscanf(line, "VmData: %ld", &kb);
    fclose(f);
    assert_true(kb >= 0);
    return kb;
}

static void large_arrays_beyond_the_bound_are_files_without_names(void **state)
{
    enum { MB = 1 << 20, N = 20 };
    struct arena *a = arena_open();
    unsigned char *piece[N], *small;
    long before;

    (void)state;
    arena_spill(a, 5 * MB);
    before = private_memory();
    for (int i = 0; i < N; i++) {
        piece[i] = arena_get(a, 2 * MB, 1);
        assert_non_null(piece[i]);
        assert_int_equal((uintptr_t)piece[i] % 64, 0);
        for (int k = 0; k < 2 * MB; k++)
            assert_int_equal(piece[i][k], 0);
        memset(piece[i], i + 1, 2 * MB);
    }
    assert_true(private_memory() - before < 16 * 1024);
    small = arena_get(a, 1000, 1);
    memset(small, 0xa5, 1000);
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 2 * MB; k += 997)
            assert_int_equal(piece[i][k], i + 1);
    arena_reset(a);
    assert_non_null(arena_get(a, 2 * MB, 1));
    arena_close(a);
}

/* Arrays of this process that are files. */
static int mapped_files(void)
{
    FILE *f = fopen("/proc/self/maps", "r");
    char line[4096];
    int n = 0;

    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        n += strstr(line, "/mas.") != NULL;
    fclose(f);
    return n;
}

static void a_bound_is_set_once(void **state)
{
    enum { MB = 1 << 20 };
    struct arena *a = arena_open();

    (void)state;
    for (int i = 0; i < 4; i++) {
        arena_spill(a, 5 * MB);
        assert_non_null(arena_get(a, 2 * MB, 1));
    }
    assert_int_equal(mapped_files(), 2);
    arena_close(a);
    assert_int_equal(mapped_files(), 0);
}

static void an_arena_beside_another_keeps_to_what_that_has_left(void **state)
{
    enum { MB = 1 << 20 };
    struct arena *a = arena_open(), *b = arena_beside(a), *c;

    (void)state;
    assert_non_null(arena_get(b, 8 * MB, 1));
    assert_int_equal(mapped_files(), 0);
    arena_spill(a, 5 * MB);
    assert_non_null(arena_get(a, 2 * MB, 1));
    assert_non_null(c = arena_beside(a));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 4; i++)
            assert_non_null(arena_get(c, MB, 1));
        assert_int_equal(mapped_files(), 1);
        arena_reset(c);
    }
    arena_close(a);
    arena_close(b);
    arena_close(c);
}

static void where_there_is_no_folder_there_is_no_array(void **state)
{
    const char *was = getenv("TMPDIR");
    struct arena *a = arena_open();

    (void)state;
    arena_spill(a, 0);
    arena_folder("/no/such/folder");
    assert_null(arena_get(a, 1 << 20, 1));
    assert_int_equal(err_code(), EX_CANTCREAT);
    assert_non_null(strstr(err_text(), "/no/such/folder: no room"));
    assert_non_null(arena_get(a, 1000, 1));
    arena_folder(was);
    err_clear();
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_piece_is_zeroed_and_aligned),
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(a_reset_arena_gives_the_same_memory_again),
        cmocka_unit_test(a_size_that_overflows_is_refused),
        cmocka_unit_test(memory_that_the_machine_lacks_is_refused),
        cmocka_unit_test(texts_are_formatted_and_kept),
        cmocka_unit_test(a_list_that_grows_keeps_what_it_holds),
        cmocka_unit_test(closing_or_resetting_an_unused_arena_is_fine),
        cmocka_unit_test(large_arrays_beyond_the_bound_are_files_without_names),
        cmocka_unit_test(a_bound_is_set_once),
        cmocka_unit_test(an_arena_beside_another_keeps_to_what_that_has_left),
        cmocka_unit_test(where_there_is_no_folder_there_is_no_array),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
