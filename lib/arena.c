#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "err.h"

/* An arena is a list of slabs, the newest first: pieces are cut from its
 * head, and a piece too large for the head gets a slab of its own or a new
 * head, twice as large as the last. A reset leaves one slab of the whole
 * size, so that from the second round on everything fits into it. */
enum { ALIGN = 64, FIRST = 1 << 16, LARGE = 1 << 16 };

struct slab {
    struct slab *next;
    size_t size, used;          /* of the bytes behind the header            */
};

struct mapped {
    struct mapped *next;
    void *bytes;
    size_t size;
};

struct arena {
    struct slab *head;
    struct mapped *mapped;
    bool spills;
    size_t most, spare;         /* bytes of large arrays before it spills, of
                                   an empty arena and now                    */
};

static_assert(sizeof(struct slab) <= ALIGN, "a slab's header is one line");

static void *slab_bytes(struct slab *b)
{
    return (char *)b + ALIGN;
}

static struct slab *slab_open(size_t size, struct slab *next)
{
    struct slab *b = aligned_alloc(ALIGN, ALIGN + size);

    if (b)
        *b = (struct slab){ .next = next, .size = size };
    return b;
}

static void slabs_close(struct slab *b)
{
    while (b) {
        struct slab *next = b->next;
        free(b);
        b = next;
    }
}

/* ---- on the disk ---- */

/* A file of that size that goes with its last reader. -1: pending error. */
static int open_unnamed(size_t size)
{
    const char *folder = getenv("TMPDIR");
    char path[4096];
    int fd = -1, error = ENAMETOOLONG;

    folder = folder && *folder ? folder : "/var/tmp";
    if ((size_t)snprintf(path, sizeof path, "%s/mas.XXXXXX", folder) <
        sizeof path) {
        fd = mkostemp(path, O_CLOEXEC);
        error = errno;
    }
    if (fd >= 0) {
        unlink(path);
        if (!(error = posix_fallocate(fd, 0, (off_t)size)))
            return fd;
        close(fd);
    }
    return err_set(EX_CANTCREAT, "%s: no room for an array of %zu MB: %s",
                   folder, size >> 20, strerror(error));
}

static void *map_piece(struct arena *a, size_t size)
{
    struct mapped *m = calloc(1, sizeof *m);
    int fd = m ? open_unnamed(size) : -1;

    if (fd < 0) {
        if (!m)
            err_set(EX_OSERR, "out of memory");
        free(m);
        return NULL;
    }
    *m = (struct mapped){ a->mapped, NULL, size };
    m->bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (m->bytes == MAP_FAILED) {
        err_set(EX_OSERR, "out of memory: %zu bytes cannot be mapped", size);
        free(m);
        return NULL;
    }
    a->mapped = m;
    return m->bytes;
}

static void unmap_all(struct arena *a)
{
    while (a->mapped) {
        struct mapped *m = a->mapped;
        a->mapped = m->next;
        munmap(m->bytes, m->size);
        free(m);
    }
}

void arena_spill(struct arena *a, size_t bytes)
{
    if (a->spills)
        return;
    a->spills = true;
    a->most = a->spare = bytes;
}

/* Does an array of that size go to the disk? Tells of those that do not. */
static bool spills(struct arena *a, size_t bytes)
{
    if (!a->spills || bytes < LARGE)
        return false;
    if (bytes > a->spare)
        return true;
    a->spare -= bytes;
    return false;
}

/* ---- in memory ---- */

struct arena *arena_open(void)
{
    struct arena *a = calloc(1, sizeof *a);

    if (!a)
        err_set(EX_OSERR, "out of memory");
    return a;
}

struct arena *arena_beside(const struct arena *a)
{
    struct arena *b = arena_open();

    if (b && a->spills)
        arena_spill(b, a->spare);
    return b;
}

void arena_close(struct arena *a)
{
    if (!a)
        return;
    slabs_close(a->head);
    unmap_all(a);
    free(a);
}

void *arena_get(struct arena *a, size_t n, size_t size)
{
    size_t bytes;
    void *piece;

    if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX / 4) {
        err_set(EX_OSERR, "out of memory: %zu elements of %zu bytes", n, size);
        return NULL;
    }
    bytes = bytes ? (bytes + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
    if (spills(a, bytes))
        return map_piece(a, bytes);

    if (!a->head || a->head->size - a->head->used < bytes) {
        size_t room = a->head ? 2 * a->head->size : FIRST;
        struct slab *b = slab_open(bytes > room ? bytes : room, a->head);
        if (!b && bytes < room)
            b = slab_open(bytes, a->head);
        if (!b) {
            err_set(EX_OSERR, "out of memory: %zu bytes wanted", bytes);
            return NULL;
        }
        a->head = b;
    }
    piece = (char *)slab_bytes(a->head) + a->head->used;
    a->head->used += bytes;
    return memset(piece, 0, bytes);
}

void *arena_more(struct arena *a, void *at, size_t n, size_t *room,
                 size_t size)
{
    size_t twice = *room ? 2 * *room : 16;
    void *more;

    if (n < *room)
        return at;
    if (!(more = arena_get(a, twice, size)))
        return NULL;
    *room = twice;
    return n ? memcpy(more, at, n * size) : more;
}

char *arena_vtext(struct arena *a, const char *format, va_list args)
{
    va_list again;
    int length;
    char *text;

    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    assert(length >= 0);

    if ((text = arena_get(a, (size_t)length + 1, 1)))
        vsnprintf(text, (size_t)length + 1, format, args);
    return text;
}

char *arena_text(struct arena *a, const char *format, ...)
{
    va_list args;
    char *text;

    va_start(args, format);
    text = arena_vtext(a, format, args);
    va_end(args);
    return text;
}

void arena_reset(struct arena *a)
{
    size_t total = 0;

    unmap_all(a);
    a->spare = a->most;
    for (struct slab *b = a->head; b; b = b->next)
        total += b->size;
    if (a->head && a->head->next) {
        slabs_close(a->head);
        a->head = slab_open(total, NULL);  /* none: the next get tries again */
    }
    if (a->head)
        a->head->used = 0;
}
