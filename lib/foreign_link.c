#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foreign_priv.h"
#include "names.h"

/* ---- paths ---- */

static int refuse_external(hid_t group, const char *name, size_t size,
                           const char *path)
{
    char value[FOREIGN_PATH] = "";
    const char *file = "another file", *object;
    unsigned flags;

    if (size < sizeof value &&
        H5Lget_val(group, name, value, size, H5P_DEFAULT) >= 0)
        H5Lunpack_elink_val(value, size, &flags, &file, &object);
    return err_set(EX_DATAERR, "%s: an external link to %s: copy the data in "
                   "(h5copy)", path, file);
}

/* Put a soft link's target in the place of `path` up to `rest`, which stands
 * behind its name. */
static int follow_soft(hid_t group, const char *name, size_t size, char *path,
                       size_t stem, const char *rest)
{
    char to[FOREIGN_PATH] = "", whole[FOREIGN_PATH];
    int n;

    if (size >= sizeof to ||
        H5Lget_val(group, name, to, sizeof to, H5P_DEFAULT) < 0)
        return err_set(EX_DATAERR, "%s: a damaged soft link", path);
    n = snprintf(whole, sizeof whole, "%.*s/%s%s",
                 *to == '/' ? 0 : (int)stem, path, to + strspn(to, "/"), rest);
    if (n < 0 || (size_t)n >= sizeof whole)
        return err_set(EX_DATAERR, "%s: a soft link of too many bytes", path);
    strcpy(path, whole);
    return 0;
}

/* Open an object. The library keeps what it has read of one that it could not
 * open, and opens that the next time: so one that failed is not tried again. */
static hid_t open_object(struct foreign *f, hid_t group, const char *name,
                         haddr_t at, const char **why)
{
    struct foreign_broken *b = f->broken;
    hid_t id;

    while (b && b->at != at)
        b = b->next;
    if (!b) {
        if ((id = H5Oopen(group, name, H5P_DEFAULT)) >= 0)
            return id;
        *why = arena_text(f->arena, "%s", foreign_why());
        if (!*why || !(b = arena_get(f->arena, 1, sizeof *b)))
            return -1;
        *b = (struct foreign_broken){ f->broken, at, *why };
        f->broken = b;
    }
    *why = b->why;
    return -1;
}

/* One step of a path: *at becomes what stands under `name` in it, or, after a
 * soft link, the root: then 1. */
static int step(struct foreign *f, hid_t *at, const char *name, char *path,
                size_t stem, const char *rest)
{
    hid_t next = -1;
    H5L_info_t info;
    const char *why = "";
    htri_t there;

    if (H5Iget_type(*at) != H5I_GROUP)
        return err_set(EX_DATAERR, "%.*s: not a group", (int)stem, path);
    if ((there = H5Lexists(*at, name, H5P_DEFAULT)) == 0)
        return err_set(EX_DATAERR, "%.*s/%s: not in the file", (int)stem,
                       path, name);
    if (there < 0 || H5Lget_info(*at, name, &info, H5P_DEFAULT) < 0)
        return err_set(EX_DATAERR, "%.*s/%s: cannot be found: %s", (int)stem,
                       path, name, foreign_why());
    switch ((int)info.type) {
    case H5L_TYPE_HARD:
        next = open_object(f, *at, name, info.u.address, &why);
        if (next < 0)
            return err_set(EX_DATAERR, "%.*s/%s: cannot be opened: %s",
                           (int)stem, path, name, why ? why : "");
        break;
    case H5L_TYPE_SOFT:
        if (follow_soft(*at, name, info.u.val_size, path, stem, rest))
            return -1;
        if ((next = H5Gopen2(f->id, "/", H5P_DEFAULT)) < 0)
            return err_set(EX_DATAERR, "/: cannot be opened: %s",
                           foreign_why());
        break;
    case H5L_TYPE_EXTERNAL:
        return refuse_external(*at, name, info.u.val_size, path);
    default:
        return err_set(EX_DATAERR, "%s: a link of the kind %d, which another "
                       "program defines", path, (int)info.type);
    }
    hid_drop(*at);
    *at = next;
    return info.type == H5L_TYPE_SOFT;
}

hid_t foreign_object(struct foreign *f, const char *path)
{
    char now[FOREIGN_PATH], name[FOREIGN_PATH];
    hid_t at = H5Gopen2(f->id, "/", H5P_DEFAULT);
    size_t stem = 0, length;
    int soft = 0;

    if (at < 0)
        return err_set(EX_DATAERR, "/: cannot be opened: %s", foreign_why());
    if (strlen(path) >= sizeof now) {
        err_set(EX_DATAERR, "a path of %zu bytes", strlen(path));
        goto fail;
    }
    strcpy(now, path);
    while (stem += strspn(now + stem, "/"), now[stem]) {
        const char *rest = now + stem + (length = strcspn(now + stem, "/"));
        size_t before = stem ? stem - 1 : 0;
        int rc;

        snprintf(name, sizeof name, "%.*s", (int)length, now + stem);
        rc = step(f, &at, name, now, before, rest);
        if (rc > 0 && ++soft > FOREIGN_SOFT)
            rc = err_set(EX_DATAERR, "soft links that go round in circles, or "
                         "more than %d of them", FOREIGN_SOFT);
        if (rc < 0) {
            if (soft)
                err_in("%s", path);
            goto fail;
        }
        stem = rc ? 0 : stem + length;
    }
    return at;
fail:
    hid_drop(at);
    return -1;
}

static bool is(struct foreign *f, const char *path, H5I_type_t kind)
{
    hid_t at = foreign_object(f, path);
    bool yes = at >= 0 && H5Iget_type(at) == kind;

    if (at < 0)
        err_clear();
    hid_drop(at);
    return yes;
}

bool foreign_is_group(struct foreign *f, const char *path)
{
    return is(f, path, H5I_GROUP);
}

bool foreign_is_set(struct foreign *f, const char *path)
{
    return is(f, path, H5I_DATASET);
}

/* ---- the names in a group ---- */

static const char **names_in(struct foreign *f, hid_t group, const char *path,
                             size_t *n)
{
    struct names list = { .arena = f->arena };

    list.name = arena_get(f->arena, 1, sizeof *list.name);
    if (!list.name)
        return NULL;
    err_clear();
    if (hid_names(group, &list)) {
        if (!err_code())
            err_set(EX_DATAERR, "%s: cannot be listed: %s", path,
                    foreign_why());
        return NULL;
    }
    *n = list.n;
    return list.name;
}

static hid_t open_group(struct foreign *f, const char *path)
{
    hid_t at = foreign_object(f, path);

    if (at < 0 || H5Iget_type(at) == H5I_GROUP)
        return at;
    hid_drop(at);
    return err_set(EX_DATAERR, "%s: not a group", path);
}

const char **foreign_names(struct foreign *f, const char *path, size_t *n)
{
    hid_t group = open_group(f, path);
    const char **name = group < 0 ? NULL : names_in(f, group, path, n);

    hid_drop(group);
    return name;
}

/* ---- all objects, each once ---- */

static haddr_t *slot_of(const struct foreign_seen *s, haddr_t at)
{
    size_t i = (size_t)(at * 0x9E3779B97F4A7C15u >> 20) & (s->room - 1);

    while (s->slot[i] && s->slot[i] != at + 1)
        i = (i + 1) & (s->room - 1);
    return &s->slot[i];
}

/* A slot holds address + 1; 0 is free. */
int foreign_see(struct foreign *f, struct foreign_seen *s, haddr_t at)
{
    haddr_t *slot;

    if (2 * s->n >= s->room) {
        struct foreign_seen more = { s->n, s->room ? 2 * s->room : 64, NULL };

        if (!(more.slot = arena_get(f->arena, more.room, sizeof *more.slot)))
            return -1;
        for (size_t i = 0; i < s->room; i++)
            if (s->slot[i])
                *slot_of(&more, s->slot[i] - 1) = s->slot[i];
        *s = more;
    }
    if (*(slot = slot_of(s, at)))
        return 0;
    *slot = at + 1;
    s->n++;
    return 1;
}

struct walk {
    struct foreign *f;
    struct foreign_seen seen;
    haddr_t above[FOREIGN_DEEP + 1];    /* the groups that lead here          */
    int (*each)(void *with, const char *path, const H5O_info_t *info);
    void *with;
};

static int visit_group(struct walk *w, hid_t group, const char *path, int deep);

static int visit(struct walk *w, hid_t group, const char *name,
                 const char *path, int deep)
{
    H5O_info_t info;
    hid_t inner;
    int rc;

    if (H5Oget_info_by_name2(group, name, &info, H5O_INFO_BASIC,
                             H5P_DEFAULT) < 0)
        return err_set(EX_DATAERR, "%s: cannot be opened: %s", path,
                       foreign_why());
    for (int i = 0; i < deep; i++)
        if (w->above[i] == info.addr)
            return err_set(EX_DATAERR, "%s: a group that holds itself", path);
    if ((rc = foreign_see(w->f, &w->seen, info.addr)) <= 0)
        return rc;
    if ((rc = w->each(w->with, path, &info)) || info.type != H5O_TYPE_GROUP)
        return rc;
    if (deep == FOREIGN_DEEP)
        return err_set(EX_DATAERR, "%s: more than %d groups deep", path,
                       FOREIGN_DEEP);
    if ((inner = H5Gopen2(group, name, H5P_DEFAULT)) < 0)
        return err_set(EX_DATAERR, "%s: cannot be opened: %s", path,
                       foreign_why());
    w->above[deep] = info.addr;
    rc = visit_group(w, inner, path, deep + 1);
    hid_drop(inner);
    return rc;
}

/* Soft and external links are left out: what they lead to is met where it
 * stands, or is not in the file. */
static int visit_group(struct walk *w, hid_t group, const char *path, int deep)
{
    size_t n;
    const char **name = names_in(w->f, group, path, &n);
    int rc = 0;

    if (!name)
        return -1;
    for (size_t i = 0; !rc && i < n; i++) {
        const char *at = arena_text(w->f->arena, "%s/%s",
                                    strcmp(path, "/") ? path : "", name[i]);
        H5L_info_t link;

        if (!at)
            return -1;
        if (H5Lget_info(group, name[i], &link, H5P_DEFAULT) < 0)
            return err_set(EX_DATAERR, "%s: cannot be found: %s", at,
                           foreign_why());
        if (link.type == H5L_TYPE_HARD)
            rc = visit(w, group, name[i], at, deep);
    }
    return rc;
}

static int visit_all(struct walk *w, const char *path)
{
    hid_t group = open_group(w->f, path);
    H5O_info_t info;
    int rc = -1;

    if (group < 0)
        return -1;
    if (H5Oget_info2(group, &info, H5O_INFO_BASIC) < 0) {
        err_set(EX_DATAERR, "%s: cannot be opened: %s", path, foreign_why());
    } else if (foreign_see(w->f, &w->seen, info.addr) >= 0 &&
               !(rc = w->each(w->with, path, &info))) {
        w->above[0] = info.addr;
        rc = visit_group(w, group, path, 1);
    }
    hid_drop(group);
    return rc;
}

struct sets {
    int (*each)(void *with, const char *path);
    void *with;
};

static int each_set(void *with, const char *path, const H5O_info_t *info)
{
    struct sets *s = with;

    return info->type == H5O_TYPE_DATASET ? s->each(s->with, path) : 0;
}

int foreign_walk(struct foreign *f, const char *group,
                 int (*each)(void *with, const char *path), void *with)
{
    struct sets sets = { each, with };
    struct walk w = { .f = f, .each = each_set, .with = &sets };

    return visit_all(&w, group);
}

/* ---- where references point to ---- */

static int add_object(void *with, const char *path, const H5O_info_t *info)
{
    struct foreign *f = with;
    struct foreign_object *more = arena_more(f->arena, f->object, f->nobjects,
                                             &f->room, sizeof *more);

    if (!more)
        return -1;
    f->object = more;
    f->object[f->nobjects++] = (struct foreign_object){ info->addr, path };
    return 0;
}

static int by_address(const void *x, const void *y)
{
    const struct foreign_object *a = x, *b = y;

    return (a->at > b->at) - (a->at < b->at);
}

static int find_objects(struct foreign *f)
{
    struct walk w = { .f = f, .each = add_object, .with = f };

    if (visit_all(&w, "/") || !f->object) {
        f->object = NULL;
        f->nobjects = f->room = 0;
        return -1;
    }
    qsort(f->object, f->nobjects, sizeof *f->object, by_address);
    return 0;
}

const char *foreign_at(struct foreign *f, haddr_t at)
{
    const struct foreign_object key = { .at = at }, *found;

    if (!f->object && find_objects(f))
        return NULL;
    err_clear();
    found = bsearch(&key, f->object, f->nobjects, sizeof key, by_address);
    return found ? found->path : NULL;
}
