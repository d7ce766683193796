#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../lib/err.h"
#include "../lib/stage.h"
#include "../schemas/schemas.h"
#include "scratch.h"

/* A program that says how it was started and ends as it is told. */
static const char *out_path, *end = "well";
static long seed = 3, epochs = 10, card = 1;

static const struct opt table[] = {
    { "out", OPT_OUTPUT, &out_path, "file to make", .flags = OPT_REQUIRED },
    { "end", OPT_TEXT, &end, "how to end", .flags = 0 },
    { "seed", OPT_INT, &seed, "of the streams", .flags = OPT_RESULT },
    { "epochs", OPT_INT, &epochs, "at most", .flags = OPT_EXTENT },
    { "card", OPT_INT, &card, "where to compute", .flags = 0 },
    { 0 }
};

static int run(const struct stage *stage)
{
    char lock[4200];

    if (!strcmp(end, "badly"))
        return err_set(ERR_FAILED, "the loss became NaN");
    if (!strcmp(end, "silently"))
        return -1;
    snprintf(lock, sizeof lock, "%s.lock", out_path);
    printf("options <%s> key <%s> threads %d lock %d\n",
           stage_options(stage), stage_key_options(stage),
           omp_get_max_threads(), !access(lock, F_OK));
    return 0;
}

static const struct stage stage = {
    .name = "try",
    .summary = "try what all programs share",
    .example = "try --seed 1 -o try.h5",
    .reads = "model activations",
    .writes = "data",
    .options = table,
    .run = run
};

static char out[1 << 15], err[4096];
static int code;

static void slurp(FILE *f, char *to, size_t size)
{
    rewind(f);
    to[fread(to, 1, size - 1, f)] = '\0';
    fclose(f);
}

/* Run the program in a child with these words; fills code, out and err. */
static void try(const char *words)
{
    FILE *said = tmpfile(), *cried = tmpfile();
    char line[1024], *argv[32] = { "try" }, *word;
    int argc = 1, status;
    pid_t child;

    snprintf(line, sizeof line, "%s", words);
    for (word = strtok(line, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    fflush(NULL);
    if (!(child = fork())) {
        dup2(fileno(said), STDOUT_FILENO);
        dup2(fileno(cried), STDERR_FILENO);
        status = chdir(scratch) ? 99 : stage_main(&stage, argc, argv);
        fflush(NULL);
        _exit(status);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    code = WEXITSTATUS(status);
    slurp(said, out, sizeof out);
    slurp(cried, err, sizeof err);
}

static bool stands(const char *name)
{
    char path[8200];

    snprintf(path, sizeof path, "%s/%s", scratch, name);
    return !access(path, F_OK);
}

static void help_names_every_option_within_80_columns(void **state)
{
    static const char *const told[] = {
        "try - try what all programs share\n", "  mas-try --seed 1 -o try.h5\n",
        "-o, --out FILE", "--end TEXT", "--seed N", "--epochs N", "--card N",
        "--threads N", "--quiet", "--help", "of the streams [3]",
        "Writes:  data\n"
    };

    (void)state;
    try("--end badly --help");
    assert_int_equal(code, 0);
    assert_string_equal(err, "");
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        assert_non_null(strstr(out, told[i]));
    for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n"))
        assert_in_range(strlen(line), 1, 80);
}

static void version_names_program_version_and_commit(void **state)
{
    char expected[256];

    (void)state;
    snprintf(expected, sizeof expected, "try %s (%s)\n", version_text,
             version_commit);
    try("--version");
    assert_int_equal(code, 0);
    assert_string_equal(out, expected);
}

static void schema_tells_the_files_that_are_read_and_written(void **state)
{
    static const char *const told[] = {
        "reads: model, version 1: ", "reads: activations, version 1: ",
        "writes: data, version 1: ", "  /parameters/* (?)  float32\n",
        "  /tokens (N,T)  uint8  [token id]\n      tokens of each sequence",
        "  @task  text\n", "  /history (E)  table\n",
        "      .train_loss  float64  [nat]: ",
        "  /rows/token (S)  uint8  [token id]  optional\n"
    };

    (void)state;
    try("--schema");
    assert_int_equal(code, 0);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        assert_non_null(strstr(out, told[i]));
    assert_null(strstr(out, "alignment, version"));
}

static void texts_hold_result_options_and_keys_leave_extents_out(void **state)
{
    (void)state;
    try("--seed 5 --epochs=20 --card 2 -o a.h5");
    assert_int_equal(code, 0);
    assert_non_null(strstr(out, "options <seed=5 epochs=20> key <seed=5> "));
    assert_string_equal(err, "");
}

static void threads_are_those_asked_for_or_all_cores(void **state)
{
    char expected[64];

    (void)state;
    try("--threads 3 -o a.h5");
    assert_non_null(strstr(out, "threads 3 "));
    snprintf(expected, sizeof expected, "threads %d ",
             omp_get_num_procs());
    try("-o a.h5");
    assert_non_null(strstr(out, expected));
    try("--threads -1 -o a.h5");
    assert_int_equal(code, EX_USAGE);
}

static void the_output_is_locked_while_the_program_runs(void **state)
{
    (void)state;
    try("-o a.h5");
    assert_non_null(strstr(out, "lock 1\n"));
    assert_false(stands("a.h5.lock"));
}

static void an_error_is_one_line_and_its_code(void **state)
{
    (void)state;
    try("-o a.h5 --end badly");
    assert_int_equal(code, ERR_FAILED);
    assert_string_equal(err, "try: the loss became NaN\n");
    assert_false(stands("a.h5.lock"));
    try("-o a.h5 --what");
    assert_int_equal(code, EX_USAGE);
    assert_string_equal(err, "try: --what: unknown option (see --help)\n");
    try("-o none/a.h5");
    assert_int_equal(code, EX_CANTCREAT);
    assert_memory_equal(err, "try: ", 5);
    assert_ptr_equal(strchr(err, '\n'), err + strlen(err) - 1);
}

static void an_error_without_a_code_is_still_one(void **state)
{
    (void)state;
    try("-o a.h5 --end silently");
    assert_int_equal(code, EX_SOFTWARE);
}

static void a_log_is_left_beside_the_output(void **state)
{
    (void)state;
    assert_false(stands("b.h5.log.json"));
    try("-o b.h5");
    assert_true(stands("b.h5.log.json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_names_every_option_within_80_columns),
        cmocka_unit_test(version_names_program_version_and_commit),
        cmocka_unit_test(schema_tells_the_files_that_are_read_and_written),
        cmocka_unit_test(texts_hold_result_options_and_keys_leave_extents_out),
        cmocka_unit_test(threads_are_those_asked_for_or_all_cores),
        cmocka_unit_test(the_output_is_locked_while_the_program_runs),
        cmocka_unit_test(an_error_is_one_line_and_its_code),
        cmocka_unit_test(an_error_without_a_code_is_still_one),
        cmocka_unit_test(a_log_is_left_beside_the_output),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
