#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "foreign_priv.h"
#include "guard.h"

static herr_t innermost(unsigned n, const H5E_error2_t *e, void *with)
{
    if (!n && e->desc)
        snprintf(with, BUFSIZ, "%s", e->desc);
    return 0;
}

/* What follows a colon may be an address in this process. */
const char *foreign_why(void)
{
    static char why[BUFSIZ];

    strcpy(why, "not what it should be");
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, why);
    if (strstr(why, "0x"))
        why[strcspn(why, ":")] = '\0';
    return why;
}

int foreign_damaged(const char *label)
{
    return err_set(EX_DATAERR, "%s: damaged (%s)", label, foreign_why());
}

/* ---- external links ---- */

static hid_t follow_not(const char *name, hid_t group, const void *data,
                        size_t size, hid_t list, hid_t transfer)
{
    (void)name, (void)group, (void)data, (void)size, (void)list;
    (void)transfer;
    return -1;
}

static ssize_t what_link(const char *name, const void *data, size_t size,
                         void *to, size_t room)
{
    (void)name;
    if (to)
        memcpy(to, data, size < room ? size : room);
    return (ssize_t)size;
}

/* In the place of the library's own class: says where a link leads to and
 * never goes there. */
static const H5L_class_t external = {
    .version = H5L_LINK_CLASS_T_VERS,
    .id = H5L_TYPE_EXTERNAL,
    .comment = "external, not followed",
    .trav_func = follow_not,
    .query_func = what_link,
};

static void close_what_others_open(void)
{
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);      /* we do our own talking */
    H5PLset_loading_state(0);
    H5Lregister(&external);
}

/* ---- open, close ---- */

static hid_t open_file(const char *path)
{
    enum { SLOTS = 12421, CACHE = 32 << 20 };   /* chunks kept while reading */
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), id;

    H5Pset_file_locking(access, false, true);
    H5Pset_fclose_degree(access, H5F_CLOSE_SEMI);
    H5Pset_cache(access, 0, SLOTS, CACHE, 0.75);
    id = H5Fopen(path, H5F_ACC_RDONLY, access);
    if (id < 0)
        err_set(EX_DATAERR, "cannot be opened as HDF5: %s", foreign_why());
    hid_drop(access);
    return id;
}

struct foreign *foreign_open(const char *path, size_t memory, struct arena *a)
{
    struct foreign *f = arena_get(a, 1, sizeof *f);
    int fd = -1, rc = -1;

    if (!f)
        return NULL;
    *f = (struct foreign){ .arena = a, .memory = memory, .id = -1 };
    if (!(f->path = arena_text(a, "%s", path)) ||
        (fd = foreign_door(path, &f->bytes)) < 0)
        goto done;
    close_what_others_open();
    if ((f->id = open_file(path)) < 0)
        goto done;
    if (!hid_is_file(f->id, fd)) {
        err_set(EX_DATAERR, "is being replaced by another program");
        goto done;
    }
    guard_shut();
    rc = 0;
done:
    if (fd >= 0)
        close(fd);
    if (!rc)
        return f;
    foreign_close(f);
    return NULL;
}

void foreign_close(struct foreign *f)
{
    if (f)
        hid_drop(f->id);
}

const char *foreign_path(const struct foreign *f)
{
    return f->path;
}
