#include "outfile.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "log.h"

enum { OPEN_MAX_FILES = 8 };

struct outfile {
    volatile sig_atomic_t used;
    char path[PATH_MAX], directory[PATH_MAX], part[PATH_MAX];
};

/* Fixed places, so that a signal handler can walk them. */
static struct outfile place[OPEN_MAX_FILES];
static struct {
    volatile sig_atomic_t held;
    int fd;
    char path[PATH_MAX];
} lock;
static pid_t owner;             /* a forked child cleans nothing */

static void clean(void)
{
    if (getpid() != owner)
        return;
    for (int i = 0; i < OPEN_MAX_FILES; i++)
        if (place[i].used)
            unlink(place[i].part);
    if (lock.held)
        unlink(lock.path);
}

/* The second raise, with the default action, ends the process as the signal
 * would have: a shell sees 128 + n. */
static void on_signal(int number)
{
    clean();
    signal(number, SIG_DFL);
    raise(number);
}

static void watch_over(void)
{
    static const int number[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction now = { .sa_handler = on_signal }, before;

    if (owner == getpid())
        return;
    if (owner == 0)
        atexit(clean);
    memset(place, 0, sizeof place);
    lock.held = 0;
    owner = getpid();
    sigemptyset(&now.sa_mask);
    for (size_t i = 0; i < sizeof number / sizeof *number; i++)
        sigaddset(&now.sa_mask, number[i]);
    for (size_t i = 0; i < sizeof number / sizeof *number; i++)
        if (!sigaction(number[i], NULL, &before) &&
            before.sa_handler == SIG_DFL)
            sigaction(number[i], &now, NULL);
}

/* The length it takes, as snprintf. */
static int directory_name(char to[PATH_MAX], const char *path)
{
    const char *name = basename(path);

    return name == path ? snprintf(to, PATH_MAX, ".")
                        : snprintf(to, PATH_MAX, "%.*s", (int)(name - path),
                                   path);
}

/* A killed process leaves its part behind: take away those of `path` whose
 * process is gone. */
static void remove_stale(const char *path)
{
    const char *name = basename(path);
    size_t length = strlen(name);
    char directory[PATH_MAX];
    DIR *dir;

    directory_name(directory, path);
    dir = opendir(directory);
    for (struct dirent *e; dir && (e = readdir(dir)); ) {
        const char *at = e->d_name + 1 + length;
        char *end;
        if (e->d_name[0] != '.' || strlen(e->d_name) < length + 2 ||
            strncmp(e->d_name + 1, name, length) || *at != '.')
            continue;
        long pid = strtol(at + 1, &end, 10);
        if (pid > 0 && pid <= INT_MAX && !strcmp(end, ".part") &&
            (pid == owner || (kill((pid_t)pid, 0) && errno == ESRCH)))
            unlinkat(dirfd(dir), e->d_name, 0);
    }
    if (dir)
        closedir(dir);
}

static bool too_long(int length)
{
    return length < 0 || length >= PATH_MAX;
}

/* Nothing but a regular file is ever replaced. */
static bool irregular(const char *path)
{
    struct stat there;

    if (*basename(path) && (stat(path, &there) || S_ISREG(there.st_mode)))
        return false;
    err_set(EX_CANTCREAT, "%s: not a regular file", path);
    return true;
}

struct outfile *outfile_open(const char *path)
{
    struct outfile *f = place;
    const char *name = basename(path);
    int fd;

    watch_over();
    while (f->used && f < place + OPEN_MAX_FILES - 1)
        f++;
    assert(!f->used);
    if (too_long(snprintf(f->path, PATH_MAX, "%s", path)) ||
        too_long(directory_name(f->directory, path)) ||
        too_long(snprintf(f->part, PATH_MAX, "%s/.%s.%ld.part",
                          f->directory, name, (long)owner))) {
        err_set(EX_CANTCREAT, "%s: the name is too long", path);
        return NULL;
    }
    if (irregular(path))
        return NULL;
    for (const struct outfile *o = place; o < place + OPEN_MAX_FILES; o++)
        assert(!o->used || strcmp(o->part, f->part));
    remove_stale(path);
    f->used = 1;
    fd = open(f->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        err_set(EX_CANTCREAT, "%s: cannot create: %s", path, strerror(errno));
        f->used = 0;
        return NULL;
    }
    close(fd);
    return f;
}

const char *outfile_part(const struct outfile *f)
{
    return f->part;
}

static int sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

    if (fd < 0)
        return -1;
    rc = fsync(fd);
    return close(fd) || rc ? -1 : 0;
}

int outfile_commit(struct outfile *f)
{
    int fd = open(f->part, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && !fchmod(fd, 0444) && !fsync(fd);

    if (fd >= 0 && close(fd))
        ok = false;
    if (!ok || rename(f->part, f->path)) {
        err_set(EX_IOERR, "%s: cannot be made final: %s", f->path,
                strerror(errno));
        unlink(f->part);
        f->used = 0;
        return -1;
    }
    f->used = 0;
    if (sync_directory(f->directory))
        log_line("%s: stands, but may not outlive a power cut: its folder "
                 "cannot be synced: %s", f->path, strerror(errno));
    return 0;
}

void outfile_close(struct outfile *f)
{
    if (!f || !f->used)
        return;
    unlink(f->part);
    f->used = 0;
}

/* Does the locked file still stand under its name? Whoever held the lock
 * before may have removed it between our open and our lock. */
static bool still_there(void)
{
    struct stat ours, named;
    return !fstat(lock.fd, &ours) && !stat(lock.path, &named) &&
           ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

int outfile_lock(const char *path)
{
    int waited = 0, rc;

    watch_over();
    assert(!lock.held);
    if (too_long(snprintf(lock.path, PATH_MAX, "%s.lock", path)))
        return err_set(EX_CANTCREAT, "%s: the name is too long", path);
    if (irregular(path))
        return -1;
    for (;;) {
        lock.fd = open(lock.path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (lock.fd < 0)
            return err_set(EX_CANTCREAT, "%s: cannot create: %s", path,
                           strerror(errno));
        rc = flock(lock.fd, LOCK_EX | LOCK_NB);
        if (rc && errno == EWOULDBLOCK) {
            waited = 1;
            do
                rc = flock(lock.fd, LOCK_EX);
            while (rc && errno == EINTR);
        }
        if (rc) {
            err_set(EX_CANTCREAT, "%s: cannot lock: %s", lock.path,
                    strerror(errno));
            close(lock.fd);
            return -1;
        }
        if (still_there())
            break;
        close(lock.fd);
    }
    lock.held = 1;
    return waited;
}

void outfile_unlock(void)
{
    if (!lock.held || getpid() != owner)
        return;
    unlink(lock.path);
    lock.held = 0;
    close(lock.fd);
}

int outfile_remove(const char *path)
{
    remove_stale(path);
    if (unlink(path) && errno != ENOENT)
        return err_set(EX_IOERR, "%s: cannot remove: %s", path,
                       strerror(errno));
    return 0;
}
