/* test_outfile.c - files come into being whole or not at all. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <fcntl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "../lib/err.h"
#include "../lib/log.h"
#include "../lib/outfile.h"
#include "scratch.h"

static bool folders_fail;

/* In place of the system's: folders cannot be synced where a test says so. */
int fsync(int fd)
{
    struct stat s;

    if (folders_fail && !fstat(fd, &s) && S_ISDIR(s.st_mode)) {
        errno = EINVAL;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static const char *read_text(const char *path)
{
    static char text[256];
    FILE *f = fopen(path, "r");
    if (!f)
        return NULL;
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

static void make(const char *path, const char *text)
{
    struct outfile *f = outfile_open(path);
    assert_non_null(f);
    write_text(outfile_part(f), text);
    assert_int_equal(outfile_commit(f), 0);
    outfile_close(f);
}

/* A child that makes things ready, tells so, and waits. */
static pid_t child(void (*work)(int tell))
{
    int ready[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    if (!pid) {
        close(ready[0]);
        work(ready[1]);
        exit(0);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void open_and_wait(int tell)
{
    struct outfile *f = outfile_open(in_scratch("slow"));
    outfile_lock(in_scratch("slow"));
    write_text(outfile_part(f), "half");
    if (write(tell, "", 1) == 1)
        for (;;)
            pause();
}

static void open_without_caring_for_hangups(int tell)
{
    struct outfile *f;
    signal(SIGHUP, SIG_IGN);
    f = outfile_open(in_scratch("slow"));
    write_text(outfile_part(f), "whole");
    if (write(tell, "", 1) != 1)
        exit(1);
    raise(SIGHUP);
    outfile_commit(f);
}

static int reap(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void nothing_stands_under_the_name_until_commit(void **state)
{
    const char *path = in_scratch("new");
    struct outfile *f = outfile_open(path);
    struct stat st;
    (void)state;
    assert_non_null(f);
    write_text(outfile_part(f), "text");
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(outfile_commit(f), 0);
    outfile_close(f);
    assert_string_equal(read_text(path), "text");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0444);
    assert_int_equal(scratch_count(), 1);
}

static void what_is_not_committed_leaves_nothing(void **state)
{
    struct outfile *f = outfile_open(in_scratch("new"));
    (void)state;
    assert_non_null(f);
    outfile_close(f);
    outfile_close(NULL);
    assert_int_equal(scratch_count(), 0);
}

static void a_second_making_replaces_the_first(void **state)
{
    const char *path = in_scratch("twice");
    (void)state;
    make(path, "one");
    make(path, "two");
    assert_string_equal(read_text(path), "two");
}

static void several_files_can_be_open_at_a_time(void **state)
{
    struct outfile *f = outfile_open(in_scratch("a"));
    struct outfile *g = outfile_open(in_scratch("b"));
    (void)state;
    assert_int_equal(outfile_commit(f), 0);
    outfile_close(f);
    outfile_close(g);
    assert_int_equal(access(in_scratch("a"), F_OK), 0);
    assert_int_equal(scratch_count(), 1);
}

static void a_directory_that_is_missing_is_refused(void **state)
{
    (void)state;
    assert_null(outfile_open(in_scratch("no/such/file")));
    assert_int_equal(err_code(), EX_CANTCREAT);
    assert_non_null(strstr(err_text(), "no/such/file"));
}

static void only_regular_files_are_replaced(void **state)
{
    (void)state;
    assert_null(outfile_open(scratch));
    assert_int_equal(err_code(), EX_CANTCREAT);
    assert_null(outfile_open("/dev/null"));
    assert_int_equal(err_code(), EX_CANTCREAT);
    assert_null(outfile_open(in_scratch("")));
    assert_int_equal(err_code(), EX_CANTCREAT);
}

static void a_name_that_is_too_long_is_refused(void **state)
{
    char name[5000];
    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_null(outfile_open(name));
    assert_int_equal(err_code(), EX_CANTCREAT);
    assert_int_equal(outfile_lock(name), -1);
    assert_int_equal(err_code(), EX_CANTCREAT);
    name[300] = '\0';
    assert_null(outfile_open(name));
    assert_int_equal(err_code(), EX_CANTCREAT);
}

static void a_part_that_vanished_cannot_be_committed(void **state)
{
    struct outfile *f = outfile_open(in_scratch("gone"));
    (void)state;
    unlink(outfile_part(f));
    assert_int_equal(outfile_commit(f), -1);
    assert_int_equal(err_code(), EX_IOERR);
    outfile_close(f);
    assert_int_equal(scratch_count(), 0);
}

static void a_signal_removes_part_and_lock_and_ends_as_it_would(void **state)
{
    static const int number[] = { SIGINT, SIGTERM, SIGHUP };
    (void)state;
    for (int i = 0; i < 3; i++) {
        pid_t pid = child(open_and_wait);
        int status;
        assert_int_equal(scratch_count(), 2);
        kill(pid, number[i]);
        status = reap(pid);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), number[i]);
        assert_int_equal(scratch_count(), 0);
    }
}

static void a_signal_that_was_ignored_stays_ignored(void **state)
{
    (void)state;
    assert_int_equal(reap(child(open_without_caring_for_hangups)), 0);
    assert_string_equal(read_text(in_scratch("slow")), "whole");
}

static void what_a_killed_process_left_is_cleared_by_the_next(void **state)
{
    pid_t pid = child(open_and_wait);
    (void)state;
    kill(pid, SIGKILL);
    reap(pid);
    assert_int_equal(scratch_count(), 2);
    assert_int_equal(access(in_scratch("slow"), F_OK), -1);
    assert_int_equal(outfile_lock(in_scratch("slow")), 0);
    make(in_scratch("slow"), "whole");
    outfile_unlock();
    assert_int_equal(scratch_count(), 1);
}

static void the_part_of_a_living_process_is_left_alone(void **state)
{
    pid_t pid = child(open_and_wait);
    (void)state;
    make(in_scratch("slow"), "mine");
    assert_int_equal(scratch_count(), 3);
    kill(pid, SIGTERM);
    reap(pid);
    assert_string_equal(read_text(in_scratch("slow")), "mine");
    assert_int_equal(scratch_count(), 1);
}

static void a_child_does_not_clean_for_its_parent(void **state)
{
    struct outfile *f = outfile_open(in_scratch("mine"));
    pid_t pid;
    (void)state;
    assert_int_equal(outfile_lock(in_scratch("mine")), 0);
    if (!(pid = fork()))
        exit(0);
    reap(pid);
    if (!(pid = fork())) {
        raise(SIGTERM);
        _exit(0);
    }
    assert_int_equal(WTERMSIG(reap(pid)), SIGTERM);
    assert_int_equal(scratch_count(), 2);
    assert_int_equal(outfile_commit(f), 0);
    outfile_unlock();
}

static void a_free_lock_is_held_at_once_and_removed(void **state)
{
    (void)state;
    assert_int_equal(outfile_lock(in_scratch("x")), 0);
    assert_int_equal(access(in_scratch("x.lock"), F_OK), 0);
    outfile_unlock();
    outfile_unlock();
    assert_int_equal(scratch_count(), 0);
}

static void a_lock_is_released_by_exit(void **state)
{
    pid_t pid = fork();
    (void)state;
    if (!pid)
        exit(outfile_lock(in_scratch("x")));
    assert_int_equal(reap(pid), 0);
    assert_int_equal(scratch_count(), 0);
}

static void a_lock_in_a_missing_directory_is_refused(void **state)
{
    (void)state;
    assert_int_equal(outfile_lock(in_scratch("no/x")), -1);
    assert_int_equal(err_code(), EX_CANTCREAT);
}

static void the_second_waits_and_is_told_so(void **state)
{
    pid_t holder = child(open_and_wait), waiter = fork();
    (void)state;
    if (!waiter)
        exit(outfile_lock(in_scratch("slow")) == 1 ? 42 : 1);
    usleep(50000);
    assert_int_equal(waitpid(waiter, NULL, WNOHANG), 0);
    kill(holder, SIGTERM);
    reap(holder);
    assert_int_equal(WEXITSTATUS(reap(waiter)), 42);
}

/* Read, think, write back: loses counts unless one works at a time. */
static void count_under_lock(int rounds)
{
    const char *path = in_scratch("count");
    for (int i = 0; i < rounds; i++) {
        char text[16];
        int n;
        if (outfile_lock(path) < 0)
            exit(1);
        n = atoi(read_text(path));
        usleep((useconds_t)(rand() % 100));
        snprintf(text, sizeof text, "%d", n + 1);
        write_text(path, text);
        outfile_unlock();
    }
    exit(0);
}

static void many_at_a_time_never_work_together(void **state)
{
    enum { WORKERS = 6, ROUNDS = 60 };
    pid_t pid[WORKERS];
    (void)state;
    write_text(in_scratch("count"), "0");
    for (int i = 0; i < WORKERS; i++)
        if (!(pid[i] = fork()))
            count_under_lock(ROUNDS);
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(reap(pid[i]), 0);
    assert_int_equal(atoi(read_text(in_scratch("count"))), WORKERS * ROUNDS);
    assert_int_equal(access(in_scratch("count.lock"), F_OK), -1);
}

static void removing_what_is_not_there_is_fine(void **state)
{
    (void)state;
    make(in_scratch("used"), "up");
    assert_int_equal(outfile_remove(in_scratch("used")), 0);
    assert_int_equal(outfile_remove(in_scratch("used")), 0);
    assert_int_equal(outfile_remove(scratch), -1);
    assert_int_equal(err_code(), EX_IOERR);
}

static int clear(void **state)
{
    (void)state;
    scratch_clear();
    err_clear();
    return 0;
}

/* The file has its name by then: nothing can be taken back. */
static void a_file_whose_folder_cannot_be_synced_stands_with_a_line(
    void **state)
{
    FILE *said = tmpfile();
    char line[4400];

    (void)state;
    log_open(said, "try", 0);
    folders_fail = true;
    make(in_scratch("unsynced"), "whole");
    folders_fail = false;
    assert_string_equal(read_text(in_scratch("unsynced")), "whole");
    rewind(said);
    assert_non_null(fgets(line, sizeof line, said));
    assert_non_null(strstr(line, "unsynced: stands, but may not outlive"));
    fclose(said);
    log_open(stderr, "try", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_file_whose_folder_cannot_be_synced_stands_with_a_line),
        cmocka_unit_test_setup(nothing_stands_under_the_name_until_commit,
                               clear),
        cmocka_unit_test_setup(what_is_not_committed_leaves_nothing, clear),
        cmocka_unit_test_setup(a_second_making_replaces_the_first, clear),
        cmocka_unit_test_setup(several_files_can_be_open_at_a_time, clear),
        cmocka_unit_test_setup(a_directory_that_is_missing_is_refused, clear),
        cmocka_unit_test_setup(only_regular_files_are_replaced, clear),
        cmocka_unit_test_setup(a_name_that_is_too_long_is_refused, clear),
        cmocka_unit_test_setup(a_part_that_vanished_cannot_be_committed,
                               clear),
        cmocka_unit_test_setup(
            a_signal_removes_part_and_lock_and_ends_as_it_would, clear),
        cmocka_unit_test_setup(a_signal_that_was_ignored_stays_ignored,
                               clear),
        cmocka_unit_test_setup(
            what_a_killed_process_left_is_cleared_by_the_next, clear),
        cmocka_unit_test_setup(the_part_of_a_living_process_is_left_alone,
                               clear),
        cmocka_unit_test_setup(a_child_does_not_clean_for_its_parent, clear),
        cmocka_unit_test_setup(a_free_lock_is_held_at_once_and_removed,
                               clear),
        cmocka_unit_test_setup(a_lock_is_released_by_exit, clear),
        cmocka_unit_test_setup(a_lock_in_a_missing_directory_is_refused,
                               clear),
        cmocka_unit_test_setup(the_second_waits_and_is_told_so, clear),
        cmocka_unit_test_setup(many_at_a_time_never_work_together, clear),
        cmocka_unit_test_setup(removing_what_is_not_there_is_fine, clear),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
