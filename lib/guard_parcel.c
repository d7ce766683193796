#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arena.h"
#include "err.h"
#include "guard_priv.h"
#include "utf8.h"

enum { ALIGN = 64 };

static const size_t size_of[] = {
    [PARCEL_I32] = 4, [PARCEL_I64] = 8, [PARCEL_F32] = 4, [PARCEL_F64] = 8,
    [TEXTS] = 1
};

static size_t aligned(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

struct parcel *parcel_open(size_t memory)
{
    struct parcel *p = calloc(1, sizeof *p);

    if (!p) {
        err_set(EX_OSERR, "out of memory");
        return NULL;
    }
    p->size = aligned(sizeof *p->shared) + memory;
    p->shared = mmap(NULL, p->size, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p->shared == MAP_FAILED) {
        free(p);
        err_set(EX_OSERR, "out of memory: %zu bytes wanted", memory);
        return NULL;
    }
    p->shared->used = aligned(sizeof *p->shared);
    return p;
}

void parcel_close(struct parcel *p)
{
    munmap(p->shared, p->size);
    free(p);
}

/* ---- the child puts in ---- */

static void *put(struct parcel *p, const char *name, uint32_t type, size_t n,
                 size_t bytes)
{
    struct shared *s = p->shared;
    struct item *to = &s->item[s->nitems];

    assert(strlen(name) < NAME && s->nitems < ITEMS);
    for (uint32_t i = 0; i < s->nitems; i++)
        assert(strcmp(s->item[i].name, name) != 0);
    if (bytes > p->size - s->used) {
        err_set(EX_DATAERR, "what is to be read is larger than %zu MB "
                "(--max-memory)", p->size >> 20);
        return NULL;
    }
    strcpy(to->name, name);
    to->type = type;
    to->n = n;
    to->offset = s->used;
    to->bytes = bytes;
    s->nitems++;
    s->used += aligned(bytes) < p->size - s->used ? aligned(bytes)
                                                  : p->size - s->used;
    return (char *)s + to->offset;
}

void *parcel_put(struct parcel *p, const char *name, enum parcel_type type,
                 size_t n)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size_of[type], &bytes))
        bytes = SIZE_MAX;
    return put(p, name, type, n, bytes);
}

const char *parcel_nth(parcel_name to, const char *what, int number)
{
    snprintf(to, sizeof(parcel_name), "%s%d", what, number);
    return to;
}

/* Texts one after another, each with its NUL. Line ends and the like become
 * blanks. */
int parcel_put_texts(struct parcel *p, const char *name,
                     const char *const *text, size_t n)
{
    size_t bytes = 0;
    char *to;

    for (size_t i = 0; i < n; i++)
        bytes += strlen(text[i]) + 1;
    if (!(to = put(p, name, TEXTS, n, bytes)))
        return -1;
    for (size_t i = 0; i < n; i++) {
        for (const char *c = text[i]; *c; c++)
            *to++ = iscntrl((unsigned char)*c) ? ' ' : *c;
        *to++ = '\0';
    }
    return 0;
}

/* ---- the parent takes out ---- */

/* The item, where it lies within the memory; *n: its elements. */
static const struct item *find(struct parcel *p, const char *name,
                               uint32_t type)
{
    for (uint32_t i = 0; i < p->head.nitems; i++) {
        const struct item *it = &p->head.item[i];
        uint64_t bytes;

        if (strncmp(it->name, name, NAME) != 0)
            continue;
        if (it->type != type || it->offset % ALIGN ||
            it->offset < sizeof(struct shared) || it->offset > p->size ||
            it->bytes > p->size - it->offset ||
            __builtin_mul_overflow(it->n, size_of[type], &bytes) ||
            (type == TEXTS ? bytes > it->bytes : bytes != it->bytes)) {
            err_set(EX_DATAERR, "%s: what was read is unsound", name);
            return NULL;
        }
        return it;
    }
    err_clear();
    return NULL;
}

void *parcel_get(struct parcel *p, const char *name, enum parcel_type type,
                 size_t *n)
{
    const struct item *it = find(p, name, type);

    if (!it)
        return NULL;
    *n = it->n;
    return (char *)p->shared + it->offset;
}

const char **parcel_texts(struct parcel *p, const char *name, size_t *n,
                          struct arena *a)
{
    const struct item *it = find(p, name, TEXTS);
    const char **text;
    char *at, *end;

    if (!it || !(text = arena_get(a, it->n, sizeof *text)) ||
        !(at = arena_get(a, it->bytes + 1, 1)))
        return NULL;
    end = memcpy(at, (char *)p->shared + it->offset, it->bytes);
    end += it->bytes;
    for (size_t i = 0; i < it->n; i++) {
        if (at == end || !utf8_printable(at)) {
            err_set(EX_DATAERR, "%s: what was read is unsound", name);
            return NULL;
        }
        text[i] = at;
        at += strlen(at) + 1;
        at = at < end ? at : end;
    }
    *n = it->n;
    return text;
}

int parcel_unsound(void)
{
    return err_code() ? -1 : err_set(EX_DATAERR, "what was read of it does "
                                     "not hold together");
}
