#include "import.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "foreign.h"
#include "recording.h"

static const char lines[] = "lines";

/* ---- in the child ---- */

struct open_file {
    struct arena *arena;
    struct foreign *f;
    const struct format *format;
};

static int file_open(struct open_file *o, const struct import_file *f)
{
    *o = (struct open_file){ .arena = arena_open() };
    return !o->arena ||
           !(o->f = foreign_open(f->path, f->limits.memory, o->arena)) ||
           !(o->format = format_of(f->format, o->f)) ? -1 : 0;
}

/* Errors about the data name the file first. */
static int file_close(struct open_file *o, const struct import_file *f, int rc)
{
    size_t length = strlen(f->path);

    foreign_close(o->f);
    arena_close(o->arena);
    if (rc && (err_code() == EX_DATAERR || err_code() == EX_NOINPUT) &&
        strncmp(err_text(), f->path, length))
        err_in("%s", f->path);
    return rc;
}

static int read_file(void *with, struct parcel *to)
{
    const struct import_file *f = with;
    struct open_file o;
    struct recording *r;
    int rc = file_open(&o, f) ||
             !(r = o.format->read(o.f, &f->plan, o.arena)) ||
             recording_send(r, to) ? -1 : 0;

    return file_close(&o, f, rc);
}

static int list_file(void *with, struct parcel *to)
{
    const struct import_file *f = with;
    struct open_file o;
    const char **line;
    size_t n;
    int rc = file_open(&o, f) ||
             !(line = o.format->list(o.f, &n, o.arena)) ||
             parcel_put_texts(to, lines, line, n) ? -1 : 0;

    return file_close(&o, f, rc);
}

/* ---- in the parent ---- */

struct recording *import_read(const struct import_file *f,
                              struct parcel **parcel, struct arena *a)
{
    struct recording *r;

    if (guard_run(parcel, f->path, read_file, (void *)f, &f->limits))
        return NULL;
    if (!(r = recording_receive(*parcel, a)) && err_code() == EX_DATAERR)
        err_in("%s", f->path);
    return r;
}

const char **import_list(const struct import_file *f, size_t *n,
                         struct arena *a)
{
    struct parcel *p = NULL;
    const char **line;

    if (guard_run(&p, f->path, list_file, (void *)f, &f->limits))
        return NULL;
    line = parcel_texts(p, lines, n, a);
    if (!line && !err_code())
        err_set(EX_DATAERR, "%s: nothing is known of it", f->path);
    guard_release(p);
    return line;
}
