#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "opt_priv.h"

/* ---- one value ---- */

static bool ranged(const struct opt *o)
{
    return o->lo < o->hi;
}

static int check_range(const struct opt *o, const char *text, double value)
{
    if (ranged(o) && !(value >= o->lo && value <= o->hi))
        return err_set(EX_USAGE, "--%s %s: must be within %.15g to %.15g",
                       o->name, text, o->lo, o->hi);
    return 0;
}

static int set_int(const struct opt *o, const char *text)
{
    char *end;
    long value;

    errno = 0;
    value = strtol(text, &end, 10);
    if (end == text || *end || isspace((unsigned char)*text))
        return err_set(EX_USAGE, "--%s %s: not a whole number", o->name, text);
    if (errno == ERANGE)
        return err_set(EX_USAGE, "--%s %s: too large", o->name, text);
    if (check_range(o, text, (double)value))
        return -1;
    *(long *)o->to = value;
    return 0;
}

static int set_real(const struct opt *o, const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || isspace((unsigned char)*text) || isnan(value))
        return err_set(EX_USAGE, "--%s %s: not a number", o->name, text);
    if (isinf(value))
        return err_set(EX_USAGE, "--%s %s: too large", o->name, text);
    if (check_range(o, text, value))
        return -1;
    *(double *)o->to = value;
    return 0;
}

static int set_size(const struct opt *o, const char *text)
{
    char *end;
    double mb = strtod(text, &end);

    if (end != text && (*end == 'M' || *end == 'G'))
        mb *= *end++ == 'G' ? 1024 : 1;
    if (end == text || *end || !(mb >= o->lo && mb <= o->hi))
        return err_set(EX_USAGE, "--%s %s: not a size such as 512M or 4G, "
                       "from %gM to %gG", o->name, text, o->lo, o->hi / 1024);
    *(size_t *)o->to = (size_t)(mb * 1048576);
    return 0;
}

static int set_text(const struct opt *o, const char *text)
{
    char known[512];
    struct opt_writer w = { .to = known, .size = sizeof known };

    for (const char *const *c = o->choices; c && *c; c++)
        if (!strcmp(*c, text)) {
            *(const char **)o->to = text;
            return 0;
        }
    if (o->choices) {
        opt_put_choices(&w, o);
        return err_set(EX_USAGE, "--%s %s: must be one of %s", o->name, text,
                       known);
    }
    *(const char **)o->to = text;
    return 0;
}

static int add_item(const struct opt *o, const char *text)
{
    struct opt_list *list = o->to;

    if (list->n == OPT_LIST_MAX)
        return err_set(EX_USAGE, "--%s: more than %d of them", o->name,
                       OPT_LIST_MAX);
    list->item[list->n++] = text;
    return 0;
}

static int set_value(const struct opt *o, const char *text)
{
    switch (o->type) {
    case OPT_INT:
        return set_int(o, text);
    case OPT_REAL:
        return set_real(o, text);
    case OPT_SIZE:
        return set_size(o, text);
    case OPT_INPUTS:
    case OPT_LIST:
        return add_item(o, text);
    case OPT_INPUT:
    case OPT_OUTPUT:
        if (!*text)
            return err_set(EX_USAGE, "--%s: needs a file name", o->name);
        *(const char **)o->to = text;
        return 0;
    case OPT_TEXT:
        return set_text(o, text);
    case OPT_FLAG:
        break;
    }
    *(bool *)o->to = true;
    return 0;
}

/* ---- the command line ---- */

static const struct opt *find(const struct opt *table, const char *name,
                              size_t length)
{
    for (const struct opt *o = table; o->name; o++)
        if (strlen(o->name) == length && !memcmp(o->name, name, length))
            return o;
    return NULL;
}

static const struct opt *find_output(const struct opt *table)
{
    for (const struct opt *o = table; o->name; o++)
        if (o->type == OPT_OUTPUT)
            return o;
    return NULL;
}

static const struct opt *find_operands(const struct opt *table)
{
    for (const struct opt *o = table; o->name; o++)
        if (o->flags & OPT_OPERAND)
            return o;
    return NULL;
}

bool opt_given(const struct opt *o)
{
    if (o->type == OPT_INPUTS || o->type == OPT_LIST)
        return ((const struct opt_list *)o->to)->n > 0;
    if (o->type == OPT_INPUT || o->type == OPT_OUTPUT || o->type == OPT_TEXT)
        return *(const char **)o->to != NULL;
    return true;
}

const char *opt_idle(const struct opt *o)
{
    return o->idle ? o->idle() : NULL;
}

/* ---- walking the table ---- */

const char *opt_files(const struct opt *o, const char *item)
{
    static const char digits[] = "0123456789";
    const char *at = item + strspn(item, digits);

    if (!(o->flags & OPT_KEYED) || at == item)
        return item;
    if (*at == ':')
        at += 1 + strspn(at + 1, digits);
    if (*at == ':')
        at += 1 + strcspn(at + 1, "=/");
    return *at == '=' ? at + 1 : item;
}

size_t opt_pair(const char *files)
{
    char first[4096];

    for (const char *c = files; (c = strchr(c, ',')); c++) {
        struct stat s;
        int n = snprintf(first, sizeof first, "%.*s", (int)(c - files), files);
        if (n < (int)sizeof first && !stat(first, &s) && !S_ISDIR(s.st_mode))
            return (size_t)n;
    }
    return access(files, F_OK) ? strcspn(files, ",") : strlen(files);
}

size_t opt_file_length(const struct opt *o, const char *at)
{
    return o->flags & OPT_PAIR ? opt_pair(at) : strlen(at);
}

/* Every file of one value of an OPT_INPUTS row. */
static int each_file(const struct opt *o, const char *item,
                     int (*each)(const char *path, void *), void *with)
{
    const char *first = opt_files(o, item);
    size_t length = opt_file_length(o, first);
    char path[4096];
    int rc;

    if (length >= sizeof path || strlen(first + length) > sizeof path)
        return err_set(EX_USAGE, "--%s: file name too long", o->name);
    memcpy(path, first, length);
    path[length] = '\0';
    rc = each(path, with);
    return rc || !first[length] ? rc : each(first + length + 1, with);
}

/* Every input of rows whose flags do not meet `without`. */
static int walk(const struct opt *table, int without,
                int (*each)(const char *path, void *), void *with)
{
    int rc = 0;

    for (const struct opt *o = table; o->name && !rc; o++) {
        if (o->flags & without)
            continue;
        if (o->type == OPT_INPUT && opt_given(o))
            rc = each(*(const char **)o->to, with);
        if (o->type != OPT_INPUTS)
            continue;
        const struct opt_list *list = o->to;
        for (int i = 0; i < list->n && !rc; i++)
            rc = each_file(o, list->item[i], each, with);
    }
    return rc;
}

int opt_inputs(const struct opt *table, int (*each)(const char *path, void *),
               void *with)
{
    return walk(table, 0, each, with);
}

const char *opt_output(const struct opt *table)
{
    const struct opt *o = find_output(table);

    return o ? *(const char **)o->to : NULL;
}

/* ---- parsing ---- */

static int check_input(const char *path, void *with)
{
    struct stat s;

    (void)with;
    if (stat(path, &s) || access(path, R_OK))
        return err_set(EX_NOINPUT, "%s: %s", path, strerror(errno));
    if (S_ISDIR(s.st_mode))
        return err_set(EX_NOINPUT, "%s: is a directory", path);
    return 0;
}

int opt_parse(const struct opt *table, int argc, char **argv)
{
    bool typed[OPT_ROWS] = { false };

    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i], *name = arg + 2, *value = NULL;
        const struct opt *o;
        size_t length;

        if (!strcmp(arg, "-o") && (o = find_output(table))) {
            length = strlen(o->name);
        } else if (!strncmp(arg, "--", 2)) {
            length = strcspn(name, "=");
            value = name[length] ? name + length + 1 : NULL;
            o = find(table, name, length);
        } else if (*arg && *arg != '-' && (o = find_operands(table))) {
            if (add_item(o, arg))
                return -1;
            continue;
        } else {
            return err_set(EX_USAGE, "%s: not an option (see --help)", arg);
        }
        if (!o)
            return err_set(EX_USAGE, "--%.*s: unknown option (see --help)",
                           (int)length, name);
        if (o->type == OPT_FLAG && value)
            return err_set(EX_USAGE, "--%s: takes no value", o->name);
        if (o->type != OPT_FLAG && !value) {
            if (i + 1 == argc || !strncmp(argv[i + 1], "--", 2))
                return err_set(EX_USAGE, "--%s: needs a value", o->name);
            value = argv[++i];
        }
        if (set_value(o, value))
            return -1;
        assert(o - table < OPT_ROWS);
        if (typed[o - table] && (o->type == OPT_INPUT || o->type == OPT_OUTPUT))
            return err_set(EX_USAGE, "--%s: given twice", o->name);
        typed[o - table] = true;
    }
    for (const struct opt *o = table; o->name; o++)
        if (o->flags & OPT_REQUIRED && !opt_given(o))
            return err_set(EX_USAGE, o->flags & OPT_OPERAND
                           ? "%s: required (see --help)"
                           : "--%s: required (see --help)", o->name);
    for (const struct opt *o = table; o->name; o++)
        if (typed[o - table] && opt_idle(o))
            return err_set(EX_USAGE, "--%s: no effect: %s", o->name,
                           opt_idle(o));
    return walk(table, OPT_ANY, check_input, NULL);
}
