#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "err.h"

static char line[1024];
static int pending;

/* The arguments may be the pending line itself: print beside it first. */
int err_set(int code, const char *format, ...)
{
    char fresh[sizeof line] = "";
    va_list args;

    va_start(args, format);
    vsnprintf(fresh, sizeof fresh, format, args);
    va_end(args);
    memcpy(line, fresh, sizeof line);
    pending = code;
    return -1;
}

int err_choice(const char *what, const char *given, const char *const *known)
{
    char list[256] = "";
    size_t used = 0;

    for (int i = 0; known[i] && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s",
                                 i ? ", " : "", known[i]);
    return err_set(EX_USAGE, "%s '%s' is not one of %s", what, given, list);
}

int err_in(const char *format, ...)
{
    char fresh[2 * sizeof line + 2] = "";
    va_list args;

    va_start(args, format);
    vsnprintf(fresh, sizeof line, format, args);
    va_end(args);
    strcat(fresh, ": ");
    strcat(fresh, line);
    memcpy(line, fresh, sizeof line - 1);       /* the last byte stays NUL */
    return -1;
}

const char *err_text(void)
{
    return line;
}

int err_code(void)
{
    return pending;
}

void err_clear(void)
{
    line[0] = '\0';
    pending = 0;
}
