#include "format.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "codes.h"
#include "data.h"
#include "err.h"
#include "foreign.h"
#include "names.h"
#include "recording.h"

extern const struct format format_nwb, format_matlab, format_plain;

const struct format *const format_menu[] = {
    &format_nwb, &format_matlab,
    &format_plain,              /* takes any file: stays last */
    NULL
};

void format_names(const char *to[FORMATS + 2])
{
    int n = 0;

    to[n++] = "auto";
    for (int i = 0; format_menu[i]; i++)
        to[n++] = format_menu[i]->name;
    to[n] = NULL;
}

const struct format *format_of(const char *name, struct foreign *f)
{
    const char *known[FORMATS + 2];

    for (int i = 0; format_menu[i]; i++)
        if (!strcmp(name, "auto") ? format_menu[i]->is(f)
                                  : !strcmp(name, format_menu[i]->name))
            return format_menu[i];
    format_names(known);
    err_choice("format", name, known);
    return NULL;
}

int format_source(struct format_source *to, const char *text,
                  struct arena *a)
{
    size_t name = strcspn(text, "=");
    const char *from = text + name + (text[name] == '=');
    const char *colon = strrchr(from, ':');

    *to = (struct format_source){
        .name = arena_text(a, "%.*s", (int)name, text),
        .path = colon ? arena_text(a, "%.*s", (int)(colon - from), from)
                      : from,
        .column = colon ? colon + 1 : NULL };
    if (!to->name || !to->path)
        return -1;
    if (!text[name] || !*to->path || (colon && !colon[1]))
        return err_set(EX_USAGE, "--variable %s: not of the form NAME=PATH or "
                       "NAME=TABLE:COLUMN", text);
    if (!recording_takes(to->name))
        return err_set(EX_USAGE, "--variable %s: '%s' is not a name", text,
                       to->name);
    return 0;
}

bool format_is_link(struct foreign *f, const char *path)
{
    struct foreign_set set;

    if (foreign_look(f, path, &set) && strstr(err_text(), " link"))
        return true;
    err_clear();
    return false;
}

int format_missing(struct foreign *f, const char *path, const char *what)
{
    return format_is_link(f, path) ? -1
                                   : err_set(EX_DATAERR, "%s: %s", path, what);
}

/* ---- splits ---- */

static const char *split_of(const struct codes *c, size_t i)
{
    static const struct alias {
        const char *text, *split;
    } alias[] = {
        { "train", "train" }, { "valid", "valid" }, { "test", "test" },
        { "val", "valid" }, { "validation", "valid" }, { NULL, NULL }
    };
    int32_t value = c->value[i];

    if (!c->code)
        return value >= 0 && value < SPLITS ? split_name[value] : NULL;
    for (const struct alias *x = alias; x->text; x++)
        if (value >= 0 && !strcmp(x->text, c->code[value]))
            return x->split;
    return NULL;
}

int format_split(struct recording *r, const struct codes *c,
                 const int64_t *at, const char *path, struct arena *a)
{
    if (!(r->split = arena_get(a, r->N, sizeof *r->split)))
        return -1;
    for (size_t row = 0; row < r->S; row++) {
        const char *split = at[row] < 0 ? NULL
                                        : split_of(c, (size_t)at[row]);
        const char **trial = &r->split[r->trial[row]];
        if (!split)
            return err_set(EX_DATAERR, "%s: trial %d has none of train, valid, "
                           "test or 0, 1, 2", path, r->trial[row]);
        if (*trial && strcmp(*trial, split))
            return err_set(EX_DATAERR, "%s: trial %d is both %s and %s; a "
                           "trial has one split", path, r->trial[row], *trial,
                           split);
        *trial = split;
    }
    return 0;
}

const char *format_word(const char *text, struct arena *a)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "_-+./,:=@%";
    char *word, *to;

    if (*text && !text[strspn(text, plain)])
        return text;
    if (!(to = word = arena_get(a, 4 * strlen(text) + 3, 1)))
        return NULL;
    *to++ = '\'';
    for (; *text; text++)
        to = *text == '\'' ? stpcpy(to, "'\\''") : (*to++ = *text, to);
    *to = '\'';
    return word;
}

int format_propose(struct names *to, struct foreign *f,
                   const char *options)
{
    const char *path = foreign_path(f), *name = basename(path);
    const char *dot = strrchr(name, '.');
    int stem = (int)(dot && dot > name ? dot - name : (long)strlen(name));
    const char *out = arena_text(to->arena, "%.*s.activations.h5", stem, name);

    if (!out || !(path = format_word(path, to->arena)) ||
        !(out = format_word(out, to->arena)))
        return -1;
    return names_add(to, "To import it, for example:") ||
           names_add(to, "  mas-import-recording --file %s%s -o %s", path,
                     options, out) ? -1 : 0;
}
