#include <math.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../lib/err.h"
#include "../lib/log.h"
#include "scratch.h"

/* What stands in a sink that is a file. */
static const char *contents(FILE *f)
{
    static char text[4096];

    fflush(f);
    rewind(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    return text;
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

static void lines_carry_the_program_even_when_quiet(void **state)
{
    FILE *f = tmpfile();

    (void)state;
    log_open(f, "align", 1);
    log_line("%d systems", 2);
    assert_string_equal(contents(f), "align: 2 systems\n");
    fclose(f);
}

static void progress_is_sparse_where_nobody_watches(void **state)
{
    FILE *f = tmpfile();

    (void)state;
    log_open(f, "align", 0);
    for (int i = 0; i < 1000; i++)
        log_progress(i, 1000, "steps", "loss %.2f", 0.5);
    log_progress_end();
    assert_string_equal(contents(f), "");
    fclose(f);
}

/* Talk to a pseudo terminal and return what appeared on it. */
static const char *on_a_terminal(int quiet)
{
    static char text[4096];
    int master, slave;
    size_t used = 0;
    FILE *f;

    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    f = fdopen(slave, "w");
    log_open(f, "align", quiet);
    for (int i = 0; i <= 4; i++) {
        log_progress(100 * i, 10000, "steps", "loss %.2f", 1.0 / (i + 1));
        pause_ms(110);
    }
    log_line("done");
    fflush(f);
    while (!memchr(text, 'd', used) || text[used - 1] != '\n')
        used += (size_t)read(master, text + used, sizeof text - 1 - used);
    text[used] = '\0';
    fclose(f);
    close(master);
    return text;
}

static void progress_renews_its_line_on_a_terminal(void **state)
{
    const char *first = on_a_terminal(0), *second;
    double done, rate, left, loss;

    (void)state;
    assert_int_equal(first[0], '\r');
    assert_non_null(second = strchr(first + 1, '\r'));
    assert_null(memchr(first, '\n', (size_t)(second - first)));
    assert_int_equal(sscanf(first, "\ralign: %lf of 10000 steps, %lf/s, "
                            "%lf s left  loss %lf", &done, &rate, &left,
                            &loss), 4);
    assert_true(done >= 100 && done <= 400);
    assert_true(fabs(left - (10000 - done) / rate) <= 0.51 + 0.01 * left);
    assert_true(fabs(loss - 1 / (done / 100 + 1)) < 0.01);
    assert_non_null(strstr(second, "\r\nalign: done\r\n"));
}

static void a_quiet_program_shows_no_progress(void **state)
{
    (void)state;
    assert_string_equal(on_a_terminal(1), "align: done\r\n");
}

/* Python reads the log as JSON and says what it holds. */
static void the_log_file_is_json_that_tells_how_it_went(void **state)
{
    char output[4200], command[8800], said[512] = "";
    char *argv[] = { "align", "--note", "a \"b\"\\\n\tc\x01 \xc3\xa9" };
    FILE *sink = tmpfile(), *python;
    int status;

    (void)state;
    snprintf(output, sizeof output, "%s/a.h5", scratch);
    log_open(sink, "align", 0);
    log_write(output, 3, argv, 20);
    snprintf(command, sizeof command, "python3 -c '\n"
             "import json, datetime, socket\n"
             "x = json.load(open(\"%s.log.json\"))\n"
             "assert x[\"command\"] == [\"align\", \"--note\",\n"
             "    \"a \\\"b\\\"\\\\\\n\\tc\\x01 \\u00e9\"], x\n"
             "assert x[\"host\"] == socket.gethostname()\n"
             "assert x[\"threads\"] >= 1\n"
             "assert 0 <= x[\"wall_seconds\"] < 60\n"
             "assert 0 < x[\"processor_seconds\"] < 60\n"
             "assert 1e6 < x[\"peak_memory_bytes\"] < 1e10\n"
             "then = datetime.datetime.strptime(x[\"start\"],\n"
             "                                  \"%%Y-%%m-%%dT%%H:%%M:%%SZ\")\n"
             "now = datetime.datetime.utcnow()\n"
             "assert abs((now - then).total_seconds()) < 60\n"
             "print(x[\"program\"], x[\"exit_code\"])'", output);
    python = popen(command, "r");
    assert_non_null(python);
    assert_non_null(fgets(said, sizeof said, python));
    status = pclose(python);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_string_equal(said, "align 20\n");
    fclose(sink);
}

/* Its processor time adds to the parent's, its peak counts where it is the
 * larger one: a child that touches 200 MB for 0.3 s. */
static void the_log_file_counts_what_children_used(void **state)
{
    const size_t size = 200u << 20;
    char output[4200], path[4300], text[4096], *argv[] = { "import" };
    double used = 0, peak = 0;
    FILE *sink = tmpfile(), *f;
    int status;

    (void)state;
    fflush(NULL);
    if (fork() == 0) {
        char *x = malloc(size);
        do
            explicit_bzero(x, size);
        while (clock() < 0.3 * CLOCKS_PER_SEC);
        _exit(0);
    }
    assert_true(wait(&status) > 0 && status == 0);
    snprintf(output, sizeof output, "%s/a.h5", scratch);
    snprintf(path, sizeof path, "%s.log.json", output);
    log_open(sink, "import", 0);
    log_write(output, 1, argv, 0);
    assert_non_null(f = fopen(path, "r"));
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    sscanf(strstr(text, "\"processor_seconds\""), "%*[^:]: %lf", &used);
    sscanf(strstr(text, "\"peak_memory_bytes\""), "%*[^:]: %lf", &peak);
    assert_true(used >= 0.3);
    assert_true(peak >= (double)size);
    fclose(sink);
}

static void a_log_that_cannot_be_written_is_no_error(void **state)
{
    char output[4200], *argv[] = { "align" };
    FILE *sink = tmpfile();

    (void)state;
    snprintf(output, sizeof output, "%s/none/a.h5", scratch);
    log_open(sink, "align", 0);
    log_write(output, 1, argv, 0);
    assert_int_equal(err_code(), 0);
    assert_string_equal(contents(sink), "");
    fclose(sink);
}

static void bytes_that_are_not_utf8_stand_by_their_numbers(void **state)
{
    char *argv[] = { "align", "a\xff.h5", "\xc3\xa9", "\xe2\x82", "\xc0\xaf" };
    char output[4200], path[4300], text[4096];
    FILE *f;

    (void)state;
    snprintf(output, sizeof output, "%s/b.h5", scratch);
    snprintf(path, sizeof path, "%s.log.json", output);
    log_open(stderr, "align", 1);
    log_write(output, 5, argv, 0);
    assert_non_null(f = fopen(path, "r"));
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    assert_non_null(strstr(text, "[\"align\", \"a\\u00ff.h5\", \"\xc3\xa9\", "
                           "\"\\u00e2\\u0082\", \"\\u00c0\\u00af\"]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_carry_the_program_even_when_quiet),
        cmocka_unit_test(progress_is_sparse_where_nobody_watches),
        cmocka_unit_test(progress_renews_its_line_on_a_terminal),
        cmocka_unit_test(a_quiet_program_shows_no_progress),
        cmocka_unit_test(the_log_file_is_json_that_tells_how_it_went),
        cmocka_unit_test(bytes_that_are_not_utf8_stand_by_their_numbers),
        cmocka_unit_test(the_log_file_counts_what_children_used),
        cmocka_unit_test(a_log_that_cannot_be_written_is_no_error),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
