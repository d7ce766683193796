#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "err.h"
#include "guard_priv.h"
#include "utf8.h"

static bool guarded;            /* this process is the child                  */

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

static void limit_all(const struct guard_limits *to)
{
    enum { FILES = 16 };
    rlim_t space = present_space() + to->memory, seconds;

    seconds = (rlim_t)to->seconds;
    limit(RLIMIT_AS, space, space);
    limit(RLIMIT_CPU, seconds, seconds + 1);
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

_Noreturn static void in_child(struct parcel *p,
                               int (*work)(void *with, struct parcel *to),
                               void *with, const struct guard_limits *limits)
{
    struct shared *s = p->shared;

    guarded = true;
    limit_all(limits);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    guard_filter_reading();     /* -1: a kernel without; the limits stand */
    err_clear();
    s->code = work(with, p) ? err_code() : 0;
    snprintf(s->line, sizeof s->line, "%s", err_text());
    s->done = 1;
    _exit(0);
}

void guard_shut(void)
{
    if (guarded)
        guard_filter_opening();
}

/* ---- the parent ---- */

/* Wait for the child; one that does nothing for long enough is ended. */
static int wait_for(pid_t child, double seconds, bool *late)
{
    enum { PATIENCE = 3 };      /* a machine may have more to do              */
    int fd = pidfd_open(child, 0), status, n;
    struct pollfd end = { .fd = fd, .events = POLLIN };

    do
        n = fd < 0 ? 1 : poll(&end, 1, (int)(1000 * PATIENCE * seconds));
    while (n < 0 && errno == EINTR);
    *late = !n;
    if (*late)
        kill(child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (fd >= 0)
        close(fd);
    return status;
}

static int say_memory(const char *path, const struct guard_limits *limits)
{
    return err_set(EX_DATAERR, "%s: reading it takes more than %zu MB "
                   "(--max-memory)", path, limits->memory >> 20);
}

static int say_end(const char *path, int status, bool late,
                   const struct guard_limits *limits)
{
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    if (late || number == SIGXCPU || number == SIGKILL)
        return err_set(EX_DATAERR, "%s: reading it took more than %.0f s",
                       path, limits->seconds);
    if (number == SIGSYS)
        return err_set(EX_DATAERR, "%s: reading it asked the system for what "
                       "no file needs", path);
    if (number == SIGINT || number == SIGTERM || number == SIGHUP)
        return err_set(EX_DATAERR, "%s: reading it was interrupted", path);
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
    return err_set(s->code == EX_NOINPUT || s->code == EX_USAGE ? s->code
                                                                : EX_DATAERR,
                   "%s", line);
}

static double seconds_for(const char *path)
{
    enum { LEAST = 2, PER_SECOND = 4 << 20 };
    struct stat st;

    return LEAST + (stat(path, &st) ? 0 : (double)st.st_size / PER_SECOND);
}

int guard_run(struct parcel **to, const char *path,
              int (*work)(void *with, struct parcel *to), void *with,
              const struct guard_limits *limits)
{
    struct guard_limits now = *limits;
    struct parcel *p = parcel_open(limits->memory);
    pid_t parent = getpid(), child;
    sigset_t all, before;
    int status;
    bool late;

    *to = NULL;
    if (!p)
        return -1;
    now.seconds = ceil(now.seconds > 0 ? now.seconds : seconds_for(path));
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    if (!(child = fork())) {
        leave_the_parent_behind(parent);
        in_child(p, work, with, &now);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (child < 0) {
        err_set(EX_OSERR, "%s: no process to read it in: %s", path,
                strerror(errno));
        goto fail;
    }
    status = wait_for(child, now.seconds, &late);
    p->head = *p->shared;
    if (status || late || !p->head.done) {
        say_end(path, status, late, &now);
        goto fail;
    }
    if (p->head.code) {
        say_error(path, &p->head, &now);
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
