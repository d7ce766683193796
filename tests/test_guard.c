/* test_guard.c - whatever becomes of the child, the parent goes on with one
 * line; and it believes nothing that the child left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "../lib/arena.h"
#include "../lib/err.h"
#include "../lib/guard_priv.h"
#include "../lib/log.h"
#include "scratch.h"

static const struct guard_limits limits = { .memory = 32 << 20,
                                            .seconds = 1 };

/* The child's ways. */
enum way {
    SEGFAULT, ABORT, LOOP, SLEEP, EAT, EXIT, STOP_LINE, LONG_LINE, NO_INPUT,
    OPEN_WRITE, OPEN_CREATE, OPEN_SHUT, FORK, EXECUTE, CONNECT, UNLINK, KILL,
    MAKE_CODE, FILL, RECURSE, SILENT
};

static volatile unsigned sink;

/* A stack without end. */
static int recurse(volatile char *before)
{
    volatile char room[4096];
    room[0] = before ? before[0] : 0;
    return sink ? 0 : recurse(room) + room[0];
}

static int answer(const char *what, bool it)
{
    return err_set(EX_DATAERR, "%s: %s, errno %d", what, it ? "yes" : "no",
                   errno);
}

static int misbehave(void *with, struct parcel *to)
{
    static char wide[4 * LINE];
    volatile int *volatile nowhere = NULL;
    switch (*(enum way *)with) {
    case SEGFAULT:
        *nowhere = 1;
        return 0;
    case ABORT:
        abort();
    case LOOP:
        for (;;)
            sink++;
    case SLEEP:
        for (;;)
            syscall(SYS_futex, &sink, FUTEX_WAIT, 0, NULL, NULL, 0);
    case EAT:
        for (;;) {
            char *volatile more = malloc(1 << 20);
            if (!more)
                return err_set(EX_OSERR, "out of memory");
            *more = 1;
        }
    case EXIT:
        _exit(0);
    case STOP_LINE:
        return err_set(EX_DATAERR, "two\nlines \033[31m and \xff");
    case LONG_LINE:
        memset(wide, 'x', sizeof wide - 1);
        return err_set(EX_DATAERR, "%s", wide);
    case NO_INPUT:
        return err_set(EX_NOINPUT, "not here");
    case OPEN_WRITE:
        return answer("write", open(in_scratch("there"), O_RDWR) >= 0);
    case OPEN_CREATE:
        return answer("create", open(in_scratch("new"), O_RDONLY | O_CREAT,
                                     0666) >= 0);
    case OPEN_SHUT:
        if (open(in_scratch("there"), O_RDONLY) < 0)
            return answer("before", false);
        guard_shut();
        return answer("after", open(in_scratch("there"), O_RDONLY) >= 0);
    case FORK:
        return answer("fork", fork() >= 0);
    case EXECUTE:
        return answer("execute", !execl("/bin/true", "true", NULL));
    case CONNECT:
        return answer("socket", socket(AF_INET, SOCK_STREAM, 0) >= 0);
    case UNLINK:
        return answer("unlink", !unlink(in_scratch("there")));
    case KILL:
        return answer("kill", !kill(getppid(), SIGTERM));
    case MAKE_CODE:
        return answer("code", mmap(NULL, 4096, PROT_READ | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    case FILL:
        return parcel_put(to, "one", PARCEL_F64, 1u << 30) ? 0 : -1;
    case RECURSE:
        return recurse(NULL);
    case SILENT:
        return -1;
    }
    return 0;
}

/* Run one way; one line with those words. */
static void ends(enum way way, int code, const char *words)
{
    struct parcel *p = (struct parcel *)&p;
    int rc = guard_run(&p, "some.h5", misbehave, &way, &limits);
    if (!rc || p || err_code() != code || !strstr(err_text(), words) ||
        strchr(err_text(), '\n'))
        fail_msg("%d: %d \"%s\" is not %d \"%s\"", rc, err_code(), err_text(),
                 code, words);
    err_clear();
}

static int make_file(void **state)
{
    FILE *out;
    if (scratch_make(state) || !(out = fopen(in_scratch("there"), "w")))
        return -1;
    in_scratch("new");
    return fclose(out);
}

/* Does this kernel filter system calls? The rest stands without. */
static bool filters(void)
{
    enum way way = CONNECT;
    struct parcel *p;
    bool yes = guard_run(&p, "some.h5", misbehave, &way, &limits) &&
               strstr(err_text(), "asked the system");
    err_clear();
    return yes;
}

static void a_child_that_crashes_is_one_line(void **s)
{
    (void)s;
    ends(SEGFAULT, EX_DATAERR, "some.h5: reading it ");
    ends(ABORT, EX_DATAERR, "some.h5: reading it crashed (SIGABRT)");
    ends(RECURSE, EX_DATAERR, "some.h5: reading it ");
    ends(EXIT, EX_DATAERR, "some.h5: reading it ended too early");
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void a_child_that_does_not_end_is_ended(void **s)
{
    double from = now();
    (void)s;
    ends(LOOP, EX_DATAERR, "some.h5: reading it took more than 1 s");
    assert_true(now() - from > 0.9);
}

/* Tell of 64 MB, and use more processor time than the least. */
static int work_on(void *with, struct parcel *to)
{
    clock_t end = clock() + 5 * CLOCKS_PER_SEC / 2;
    (void)to;
    if (*(bool *)with)
        guard_worked(64 << 20);
    while (clock() < end)
        sink++;
    return 0;
}

static void a_child_that_decodes_much_gets_more_time(void **s)
{
    const struct guard_limits by_size = { .memory = 32 << 20 };
    bool tell = true;
    struct parcel *p;
    (void)s;
    if (guard_run(&p, "some.h5", work_on, &tell, &by_size))
        fail_msg("%s", err_text());
    guard_release(p);
    tell = false;
    assert_int_equal(guard_run(&p, "some.h5", work_on, &tell, &by_size), -1);
    assert_non_null(strstr(err_text(), "took more than 2 s"));
    err_clear();
}

static void a_child_that_wants_too_much_gets_none(void **s)
{
    (void)s;
    ends(EAT, EX_DATAERR, "reading it takes more than 32 MB (--max-memory)");
    ends(FILL, EX_DATAERR, "larger than 32 MB (--max-memory)");
}

static void what_the_child_says_is_one_printable_line(void **s)
{
    (void)s;
    ends(STOP_LINE, EX_DATAERR, "two?lines ?[31m and ?");
    ends(LONG_LINE, EX_DATAERR, "xxxxxxxxxxxxxxxxxxxxxxxx");
    ends(NO_INPUT, EX_NOINPUT, "not here");
    ends(SILENT, EX_DATAERR, "some.h5: cannot be read");
}

static void nothing_is_written_made_or_sent(void **s)
{
    (void)s;
    if (!filters())
        skip();
    ends(OPEN_WRITE, EX_DATAERR, "write: no, errno 1");
    ends(OPEN_CREATE, EX_DATAERR, "create: no, errno 1");
    ends(OPEN_SHUT, EX_DATAERR, "after: no, errno 13");
    ends(MAKE_CODE, EX_DATAERR, "code: no, errno 1");
    ends(FORK, EX_DATAERR, "asked the system for what no file needs");
    ends(EXECUTE, EX_DATAERR, "asked the system for what no file needs");
    ends(UNLINK, EX_DATAERR, "asked the system for what no file needs");
    ends(KILL, EX_DATAERR, "asked the system for what no file needs");
    assert_int_equal(access(in_scratch("there"), F_OK), 0);
    assert_int_equal(access(in_scratch("new"), F_OK), -1);
}

static void a_child_that_sleeps_is_ended(void **s)
{
    double from = now();
    (void)s;
    ends(SLEEP, EX_DATAERR, "some.h5: reading it took more than 1 s");
    assert_true(now() - from > 2.9);
}

/* ---- parcels ---- */

static int pack(void *with, struct parcel *to)
{
    static const char *const text[] = { "", "two\nlines", "längér" };
    double *x = parcel_put(to, "x", PARCEL_F64, 3);
    float *y = parcel_put(to, "y", PARCEL_F32, 1);
    (void)with;
    if (!x || !y || !parcel_put(to, "none", PARCEL_I32, 0))
        return -1;
    x[1] = 0.5;
    y[0] = -1;
    return parcel_put_texts(to, "texts", text, 3);
}

static struct parcel *received(void)
{
    struct parcel *p;
    if (guard_run(&p, "some.h5", pack, NULL, &limits))
        fail_msg("%s", err_text());
    return p;
}

static void a_parcel_arrives(void **s)
{
    struct arena *a = arena_open();
    struct parcel *p = received();
    size_t n = 7;
    double *x = parcel_get(p, "x", PARCEL_F64, &n);
    const char **text;
    (void)s;
    assert_non_null(x);
    assert_int_equal(n, 3);
    assert_true(x[0] == 0 && x[1] == 0.5 && x[2] == 0);
    assert_true(*(float *)parcel_get(p, "y", PARCEL_F32, &n) == -1);
    assert_non_null(parcel_get(p, "none", PARCEL_I32, &n));
    assert_int_equal(n, 0);
    text = parcel_texts(p, "texts", &n, a);
    assert_int_equal(n, 3);
    assert_string_equal(text[0], "");
    assert_string_equal(text[1], "two lines");
    assert_string_equal(text[2], "längér");
    assert_null(parcel_get(p, "z", PARCEL_F64, &n));
    assert_int_equal(err_code(), 0);
    guard_release(p);
    guard_release(NULL);
    arena_close(a);
}

static void not_taken(struct parcel *p, const char *name, int type)
{
    struct arena *a = arena_open();
    size_t n;
    void *got = type == TEXTS ? (void *)parcel_texts(p, name, &n, a)
                              : parcel_get(p, name, type, &n);
    if (got || err_code() != EX_DATAERR || !strstr(err_text(), name))
        fail_msg("%p \"%s\"", got, err_text());
    err_clear();
    arena_close(a);
}

static void a_forged_parcel_is_refused(void **s)
{
    struct parcel *p = received();
    struct item x = p->head.item[0], t = p->head.item[3], *at = p->head.item;
    char *text = (char *)p->shared + t.offset;
    (void)s;
    not_taken(p, "x", PARCEL_F32);
    not_taken(p, "x", TEXTS);
    not_taken(p, "texts", PARCEL_F64);

    at[0] = x, at[0].offset = p->size;
    not_taken(p, "x", PARCEL_F64);
    at[0] = x, at[0].offset = UINT64_MAX - 63;
    not_taken(p, "x", PARCEL_F64);
    at[0] = x, at[0].offset = 0;
    not_taken(p, "x", PARCEL_F64);
    at[0] = x, at[0].offset += 8;
    not_taken(p, "x", PARCEL_F64);
    at[0] = x, at[0].n = UINT64_MAX / 8 + 4;
    not_taken(p, "x", PARCEL_F64);
    at[0] = x, at[0].n++;
    not_taken(p, "x", PARCEL_F64);
    at[0] = x, at[0].bytes = p->size, at[0].n = p->size / 8;
    not_taken(p, "x", PARCEL_F64);

    at[3] = t, at[3].n = 4;
    not_taken(p, "texts", TEXTS);
    at[3] = t, at[3].n = UINT64_MAX;
    not_taken(p, "texts", TEXTS);
    at[3] = t, at[3].bytes = p->size;
    not_taken(p, "texts", TEXTS);
    at[3] = t, text[1] = '\n';
    not_taken(p, "texts", TEXTS);
    text[1] = '\xff';
    not_taken(p, "texts", TEXTS);
    guard_release(p);
}

/* ---- the parent ---- */

static void nothing_is_left_of_a_child(void **s)
{
    struct rusage before, after;
    int fd = dup(0), again;
    (void)s;
    close(fd);
    getrusage(RUSAGE_CHILDREN, &before);
    guard_release(received());
    ends(ABORT, EX_DATAERR, "SIGABRT");
    again = dup(0);
    close(again);
    getrusage(RUSAGE_CHILDREN, &after);
    assert_int_equal(fd, again);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void a_parent_that_ignores_its_children_hears_of_this_one(void **s)
{
    void (*before)(int) = signal(SIGCHLD, SIG_IGN);
    (void)s;
    guard_release(received());
    ends(ABORT, EX_DATAERR, "SIGABRT");
    assert_true(signal(SIGCHLD, before) == SIG_IGN);
}

static volatile sig_atomic_t handled;

static void handle(int number)
{
    (void)number;
    handled++;
}

static int interrupt_myself(void *with, struct parcel *to)
{
    (void)with;
    (void)to;
    raise(SIGTERM);
    return 0;
}

static void the_childs_signals_do_not_run_the_parents_handlers(void **s)
{
    struct parcel *p;
    void (*before)(int) = signal(SIGTERM, handle);
    (void)s;
    assert_int_equal(guard_run(&p, "some.h5", interrupt_myself, NULL,
                               &limits), -1);
    assert_non_null(strstr(err_text(), "some.h5: reading it was interrupted"));
    assert_int_equal(handled, 0);
    raise(SIGTERM);
    assert_int_equal(handled, 1);
    signal(SIGTERM, before);
    err_clear();
}

/* The grandchild tells its id and loops; its parent dies. */
static int tell_and_loop(void *with, struct parcel *to)
{
    *(volatile pid_t *)with = getpid();
    return misbehave(&(enum way){ LOOP }, to);
}

static void the_child_dies_with_the_parent(void **s)
{
    const struct guard_limits long_ones = { .memory = 32 << 20,
                                            .seconds = 60 };
    volatile pid_t *told = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t parent = fork();
    struct parcel *p;
    (void)s;
    if (!parent) {
        guard_run(&p, "some.h5", tell_and_loop, (void *)told, &long_ones);
        _exit(0);
    }
    for (int i = 0; i < 1000 && !*told; i++)
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    assert_int_not_equal(*told, 0);
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    for (int i = 0; i < 1000 && !kill(*told, 0); i++) {
        char path[64], state = 0;
        FILE *in;
        snprintf(path, sizeof path, "/proc/%d/stat", *told);
        if ((in = fopen(path, "r"))) {
            if (fscanf(in, "%*d (%*[^)]) %c", &state) != 1)
                state = 'Z';
            fclose(in);
        }
        if (state == 'Z')       /* nobody has asked for it yet */
            break;
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
        assert_int_not_equal(i, 999);
    }
    munmap((void *)told, 4096);
}

/* What a run in a process without (or not wanting) filters says. */
static void says(bool wanted, const char *words)
{
    char line[512] = "";
    FILE *said = tmpfile();
    pid_t child = fork();
    if (!child) {
        struct parcel *p;
        enum way way = NO_INPUT;
        if (wanted) {
            unsetenv("MAS_UNFILTERED");
            scmp_filter_ctx none = seccomp_init(SCMP_ACT_ALLOW);
            seccomp_rule_add(none, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(seccomp),
                             0);
            seccomp_rule_add(none, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prctl), 1,
                             SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP));
            seccomp_load(none);
            seccomp_release(none);
        } else {
            setenv("MAS_UNFILTERED", "1", 1);
        }
        log_open(said, "test", 0);
        for (int i = 0; i < 2; i++)
            guard_run(&p, "some.h5", misbehave, &way, &limits);
        _exit(strcmp(err_text(), "not here") != 0);
    }
    int status = 1;
    waitpid(child, &status, 0);
    rewind(said);
    assert_int_equal(status, 0);
    assert_non_null(fgets(line, sizeof line, said));
    assert_non_null(strstr(line, words));
    assert_null(fgets(line, sizeof line, said));        /* once */
    fclose(said);
}

static void a_child_that_is_not_confined_is_told_of_once(void **s)
{
    (void)s;
    says(true, "without a filter of system calls: this system has none");
    says(false, "without a filter of system calls (MAS_UNFILTERED)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* first: what an earlier run has told, no later one does */
        cmocka_unit_test(a_child_that_is_not_confined_is_told_of_once),
        cmocka_unit_test(a_child_that_crashes_is_one_line),
        cmocka_unit_test(a_child_that_does_not_end_is_ended),
        cmocka_unit_test(a_child_that_decodes_much_gets_more_time),
        cmocka_unit_test(a_child_that_wants_too_much_gets_none),
        cmocka_unit_test(what_the_child_says_is_one_printable_line),
        cmocka_unit_test(nothing_is_written_made_or_sent),
        cmocka_unit_test(a_child_that_sleeps_is_ended),
        cmocka_unit_test(a_parcel_arrives),
        cmocka_unit_test(a_forged_parcel_is_refused),
        cmocka_unit_test(nothing_is_left_of_a_child),
        cmocka_unit_test(a_parent_that_ignores_its_children_hears_of_this_one),
        cmocka_unit_test(the_childs_signals_do_not_run_the_parents_handlers),
        cmocka_unit_test(the_child_dies_with_the_parent),
    };
    return cmocka_run_group_tests(tests, make_file, scratch_remove);
}
