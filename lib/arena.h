/* arena.h - memory that is taken piece by piece and given back as a whole.
 *
 * A program has one arena for the run and one for the batch; kernels never
 * allocate. */
#ifndef ARENA_H
#define ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* An empty arena. NULL without memory (EX_OSERR). */
struct arena *arena_open(void);
void arena_close(struct arena *a);              /* NULL is fine */

/* n elements of the given size, zeroed, aligned to 64 bytes, valid until the
 * arena is reset or closed. n = 0 gives a valid pointer. NULL without memory
 * or where n * size overflows (EX_OSERR). */
void *arena_get(struct arena *a, size_t n, size_t size);

/* For a list that grows: `at`, n elements with room for *room (0: nowhere
 * yet), or where they fill it a copy with twice the room. NULL without
 * memory. */
void *arena_more(struct arena *a, void *at, size_t n, size_t *room,
                 size_t size);

/* A printf'ed string of the arena's. NULL without memory. */
char *arena_text(struct arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vtext(struct arena *a, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Forget everything taken; keeps the memory for the next round. */
void arena_reset(struct arena *a);

/* From now on arrays of 64 kB and more, as far as they are together more
 * than so many bytes, are taken from the disk: each is a mapped file without a
 * name in $TMPDIR (/var/tmp where that is not set), whose pages the system
 * reads ahead, keeps while it has room, and writes back when it has not.
 * arena_get then fails with EX_CANTCREAT too: no such folder, or it is full. An
 * arena that spills already goes on as it does. */
void arena_spill(struct arena *a, size_t bytes);

/* An empty arena for a while: where `a` spills it spills too, beyond what `a`
 * has left. NULL without memory. */
struct arena *arena_beside(const struct arena *a);

#endif
