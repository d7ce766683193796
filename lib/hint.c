#include "hint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "arch.h"
#include "arena.h"
#include "err.h"
#include "foreign.h"
#include "format.h"
#include "guard.h"
#include "safetensors.h"
#include "spelling.h"
#include "weights.h"
#include "../schemas/schemas.h"

struct job {
    const char *path;
    size_t memory;
    struct arena *arena;
    int parameters;             /* datasets that are called like one         */
    bool recording;
};

static int count_parameter(void *with, const char *path)
{
    struct job *j = with;
    const char *name = weights_name(path, j->arena);

    for (int i = 0; name && arch_menu[i]; i++)
        if (spelling_ours(name, NULL, 0, arch_menu[i]->params, j->arena)) {
            j->parameters++;
            break;
        }
    return 0;
}

static bool is_kind(const char *kind)
{
    for (const struct h5schema *const *s = schema_menu; kind && *s; s++)
        if (!strcmp((*s)->kind, kind))
            return true;
    return false;
}

/* What an HDF5 file is. NULL: an error is set. */
static const char *look(struct job *j, struct foreign *f, const char *word)
{
    enum { ENOUGH = 4 };
    const char *kind = foreign_text_of(f, "/", "kind");
    const struct format *format;

    err_clear();
    if (is_kind(kind))
        return arena_text(j->arena, "of kind %s, by another program: "
                          "mas-h5check --adopt %s -o NAME", kind, word);
    if (foreign_walk(f, "/", count_parameter, j))
        return NULL;
    if (j->parameters >= ENOUGH)
        return arena_text(j->arena, "a model's parameters: mas-import-model "
                          "--weights %s --task TASK -o NAME", word);
    if (!(format = format_of("auto", f)))
        return NULL;
    j->recording = true;
    return arena_text(j->arena, "perhaps a recording (%s): "
                      "mas-import-recording --file %s --list", format->name,
                      word);
}

static int work(void *with, struct parcel *to)
{
    struct job *j = with;
    const char *word = format_word(j->path, j->arena), *hint = NULL;
    int fd = open(j->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct foreign *f = NULL;

    if (!word)
        goto done;
    if (fd >= 0 && safetensors_is(fd))
        hint = arena_text(j->arena, "safetensors: mas-import-model --weights "
                          "%s --vocabulary TEXT --golden HDF5 --task TASK -o "
                          "NAME", word);
    else if ((f = foreign_open(j->path, j->memory, j->arena)))
        hint = look(j, f, word);
done:
    foreign_close(f);
    if (fd >= 0)
        close(fd);
    if (hint && j->recording && !parcel_put(to, "recording", PARCEL_I32, 1))
        hint = NULL;
    return hint ? parcel_put_texts(to, "hint", &hint, 1)
                : err_in("%s", j->path);
}

const char *hint_of(const char *path, const struct guard_limits *limits,
                    bool *recording, struct arena *a)
{
    struct job job = { .path = path, .memory = limits->memory, .arena = a };
    struct parcel *parcel;
    const char **hint = NULL;
    size_t n = 0, one;

    *recording = false;
    if (!guard_run(&parcel, path, work, &job, limits)) {
        hint = parcel_texts(parcel, "hint", &n, a);
        *recording = parcel_get(parcel, "recording", PARCEL_I32, &one);
        guard_release(parcel);
    }
    return hint && n == 1 ? *hint : NULL;
}
