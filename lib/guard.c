#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "guard_priv.h"
#include "log.h"
#include "seconds.h"
#include "utf8.h"

static struct shared *mine;     /* in the child                               */

enum { LEAST = 2, PER_SECOND = 4 << 20, DECODED_PER_SECOND = 32 << 20,
       TIMES_MEMORY = 16 };     /* as much is decoded at most                 */

/* Seconds of processor that the child may have used. */
static double allowed(const struct guard_limits *to, const char *path,
                      double worked)
{
    double most = TIMES_MEMORY * (double)to->memory;
    struct stat st;

    if (to->seconds > 0)
        return to->seconds;
    return LEAST + fmin(worked, most) / DECODED_PER_SECOND +
           (stat(path, &st) ? 0 : (double)st.st_size / PER_SECOND);
}

/* Was it asked for (guard.h)? */
static bool is_unfiltered(void)
{
    const char *asked = getenv("MAS_UNFILTERED");

    return asked && !strcmp(asked, "1");
}

/* ---- the child ---- */

static void limit(int what, rlim_t now, rlim_t most)
{
    setrlimit(what, &(struct rlimit){ now, most });
}

/* Bytes of address space that are in use; the limit comes on top, so that it
 * means the same under a sanitizer. */
static rlim_t present_space(void)
{
    char text[64] = "";
    int fd = open("/proc/self/statm", O_RDONLY);
    unsigned long pages = 0;

    if (fd >= 0 && read(fd, text, sizeof text - 1) > 0)
        sscanf(text, "%lu", &pages);
    close(fd);
    return pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* The parent watches the time; this is if it cannot. */
static void limit_all(const struct guard_limits *to, const char *path)
{
    enum { FILES = 16, OF_VALGRIND = 1 << 30 };
    rlim_t space = present_space() + to->memory;
    rlim_t seconds = 1 + (rlim_t)allowed(to, path, INFINITY);

    if (is_unfiltered())
        space += OF_VALGRIND;
    else
        limit(RLIMIT_CPU, seconds, seconds + 1);
    limit(RLIMIT_AS, space, space);
    limit(RLIMIT_FSIZE, 0, 0);
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_NOFILE, FILES, FILES);
    limit(RLIMIT_NPROC, 0, 0);
}

/* The caller's handlers remove its output and must not run here; libc's last
 * words are not the user's. */
static void leave_the_parent_behind(pid_t parent)
{
    sigset_t none;
    int null;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_DUMPABLE, 0);
    null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        dup2(null, fd);
    close_range(STDERR_FILENO + 1, ~0U, 0);
}

_Noreturn static void in_child(struct parcel *p, const char *path,
                               int (*work)(void *with, struct parcel *to),
                               void *with, const struct guard_limits *limits)
{
    struct shared *s = p->shared;
    int rc;

    mine = s;
    limit_all(limits, path);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    s->unfiltered = is_unfiltered() || guard_filter_reading();
    err_clear();
    rc = work(with, p);
    s->code = !rc ? 0 : err_code() ? err_code() : EX_DATAERR;
    snprintf(s->line, sizeof s->line, "%s", err_text());
    s->done = 1;
    _exit(0);
}

void guard_shut(void)
{
    if (mine && !mine->unfiltered)
        mine->unfiltered = guard_filter_opening() != 0;
}

void guard_worked(size_t bytes)
{
    if (mine)
        mine->worked += bytes;
}

/* ---- the parent ---- */

/* The processor time that the child has used; 0: not known. */
static double used_by(pid_t child)
{
    struct timespec t;
    clockid_t its;

    if (clock_getcpuclockid(child, &its) || clock_gettime(its, &t))
        return 0;
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Wait for the child, in naps that grow with the time. One that works, or
 * does nothing, for too long is ended: *late is after how many seconds. */
static int wait_for(pid_t child, const struct parcel *p, const char *path,
                    const struct guard_limits *limits, double *late)
{
    enum { PATIENCE = 3 };      /* a machine may have more to do              */
    double began = seconds(), waited, may;
    int status;

    *late = 0;
    while (waitpid(child, &status, *late > 0 ? 0 : WNOHANG) != child) {
        waited = seconds() - began;
        nanosleep(&(struct timespec){
            .tv_nsec = (long)(1e9 * fmin(fmax(waited / 16, 5e-4), 0.02)) },
            NULL);
        may = allowed(limits, path, (double)p->shared->worked);
        if (used_by(child) > may || waited > PATIENCE * may) {
            *late = may;
            kill(child, SIGKILL);
        }
    }
    return status;
}

static int say_memory(const char *path, const struct guard_limits *limits)
{
    return err_set(EX_DATAERR, "%s: reading it takes more than %zu MB "
                   "(--max-memory)", path, limits->memory >> 20);
}

static int say_end(const char *path, int status, double late)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    if (late > 0)
        return err_set(EX_DATAERR, "%s: reading it took more than %.0f s",
                       path, late);
    if (number == SIGSYS)
        return err_set(EX_DATAERR, "%s: reading it asked the system for what "
                       "no file needs", path);
    if (number == SIGINT || number == SIGTERM || number == SIGHUP)
        return err_set(EX_DATAERR, "%s: reading it was interrupted", path);
    if (number == SIGXCPU || number == SIGKILL)
        return err_set(EX_DATAERR, "%s: reading it was ended by the system",
                       path);
    if (number)
        return err_set(EX_DATAERR, "%s: reading it crashed (SIG%s)", path,
                       sigabbrev_np(number));
    return err_set(EX_DATAERR, "%s: reading it ended too early", path);
}

/* What the child said, as one line that can be printed. */
static int say_error(const char *path, const struct shared *s,
                     const struct guard_limits *limits)
{
    char line[LINE] = "";
    size_t n = strnlen(s->line, LINE - 1), step;

    if (s->code == EX_OSERR)
        return say_memory(path, limits);
    memcpy(line, s->line, n);
    for (size_t i = 0; i < n; i += step ? step : 1)
        if (!(step = utf8_length(line + i, n - i)) ||
            iscntrl((unsigned char)line[i]))
            line[i] = '?';
    if (!n)
        return err_set(EX_DATAERR, "%s: cannot be read", path);
    return err_set(s->code == EX_NOINPUT || s->code == EX_USAGE ? s->code
                                                                : EX_DATAERR,
                   "%s", line);
}

static void say_unfiltered(void)
{
    static bool said;

    if (!said)
        log_line("files are read without a filter of system calls%s",
                 is_unfiltered() ? " (MAS_UNFILTERED)"
                                 : ": this system has none (seccomp)");
    said = true;
}

int guard_run(struct parcel **to, const char *path,
              int (*work)(void *with, struct parcel *to), void *with,
              const struct guard_limits *limits)
{
    struct parcel *p = parcel_open(limits->memory);
    pid_t parent = getpid(), child;
    struct sigaction heeded;
    sigset_t all, before;
    double late = 0;
    int status = 0;

    *to = NULL;
    if (!p)
        return -1;
    sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_DFL }, &heeded);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    if (!(child = fork())) {
        leave_the_parent_behind(parent);
        in_child(p, path, work, with, limits);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (child > 0)
        status = wait_for(child, p, path, limits, &late);
    sigaction(SIGCHLD, &heeded, NULL);
    if (child < 0) {
        err_set(EX_OSERR, "%s: no process to read it in: %s", path,
                strerror(errno));
        goto fail;
    }
    p->head = *p->shared;
    if (p->head.unfiltered)
        say_unfiltered();
    if (WIFSIGNALED(status) || late > 0 || !p->head.done) {
        say_end(path, status, late);
        goto fail;
    }
    if (p->head.code) {
        say_error(path, &p->head, limits);
        goto fail;
    }
    if (p->head.nitems > ITEMS) {
        err_set(EX_DATAERR, "%s: what was read is unsound", path);
        goto fail;
    }
    *to = p;
    return 0;
fail:
    parcel_close(p);
    return -1;
}

void guard_release(struct parcel *p)
{
    if (p)
        parcel_close(p);
}
