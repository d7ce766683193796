/* opt_help.c - the rows with their live values, for --help. */
#include <stdio.h>
#include <string.h>

#include "opt_priv.h"

static const char *const argument[] = {
    [OPT_INPUT] = " FILE",  [OPT_INPUTS] = " FILE",
    [OPT_OUTPUT] = " FILE", [OPT_TEXT] = " TEXT", [OPT_LIST] = " TEXT",
    [OPT_INT] = " N",       [OPT_REAL] = " X",    [OPT_FLAG] = "",
    [OPT_SIZE] = " SIZE",
};

static int head_of(const struct opt *o, char *to, size_t size)
{
    if (o->flags & OPT_OPERAND)
        return snprintf(to, size, "  FILE...");
    return snprintf(to, size, "  %s--%s%s%s",
                    o->type == OPT_OUTPUT ? "-o, " : "", o->name,
                    o->flags & OPT_KEYED ? " [KEY=]FILE" : argument[o->type],
                    o->flags & OPT_PAIR ? "[,FILE]" : "");
}

void opt_wrap(const char *text, int at, int indent)
{
    enum { WIDTH = 79 };

    while (*text) {
        int length = (int)strcspn(text, " ");
        if (at > indent && at + 1 + length > WIDTH) {
            printf("\n%*s", indent, "");
            at = indent;
        } else if (at > indent) {
            putchar(' ');
            at++;
        }
        printf("%.*s", length, text);
        at += length;
        text += length;
        text += strspn(text, " ");
    }
    putchar('\n');
}

void opt_print(const struct opt *table)
{
    enum { WIDEST = 27 };
    char text[2048], value[512];
    int column = 0;

    for (const struct opt *o = table; o->name; o++) {
        int wide = head_of(o, text, sizeof text) + 2;
        if (wide > column)
            column = wide < WIDEST ? wide : WIDEST;
    }
    for (const struct opt *o = table; o->name; o++) {
        struct opt_writer w = { .to = text, .size = sizeof text };
        int wide = head_of(o, text, sizeof text);
        printf("%s", text);
        if (wide + 2 > column)
            printf("\n%*s", column, "");
        else
            printf("%*s", column - wide, "");

        opt_put(&w, o->help);
        if (o->choices) {
            opt_put(&w, " {");
            opt_put_choices(&w, o);
            opt_put(&w, "}");
        }
        if (o->flags & OPT_OPERAND)
            ;
        else if (o->type == OPT_INPUTS || o->type == OPT_LIST)
            opt_put(&w, "; repeatable");
        else if (o->type != OPT_FLAG && !(o->flags & OPT_REQUIRED) &&
                 opt_given(o)) {
            opt_value_text(o, value, sizeof value);
            opt_put(&w, *value ? " [" : "");
            opt_put(&w, value);
            opt_put(&w, *value ? "]" : "");
        }
        if (o->flags & OPT_REQUIRED)
            opt_put(&w, " (required)");
        opt_wrap(text, column, column);
        for (const char *const *c = o->choices; c && *c && o->note; c++) {
            snprintf(text, sizeof text, "%s: %s", *c, o->note(*c));
            printf("%*s", column + 2, "");
            opt_wrap(text, column + 2, column + 4);
        }
    }
}
