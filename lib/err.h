/* err.h - the pending error: one line, built from the inside out.
 *
 * The world's mistakes (a file, an option, memory, a NaN) travel as -1 or NULL.
 * The innermost function says what went wrong (err_set), each outer layer may
 * say where (err_in), and only the program's main prints:
 *
 *     align: pair.h5: /rows/trial: N is 5 here but 4 before
 *
 * A caller's mistakes are asserted, in release too. */
#ifndef ERR_H
#define ERR_H

#include <sysexits.h>   /* EX_USAGE 64, EX_DATAERR 65, EX_NOINPUT 66,
                           EX_UNAVAILABLE 69, EX_OSERR 71 (memory),
                           EX_CANTCREAT 73, EX_IOERR 74 */

/* Training missed its criterion or diverged: an exit code of our own. */
enum { ERR_FAILED = 20 };

/* Set the pending error and the exit code it asks for. Returns -1. */
int err_set(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "map 'x' is not one of rotation, affine" (EX_USAGE); `known` ends with NULL.
 * Returns -1. */
int err_choice(const char *what, const char *given, const char *const *known);

/* Put "where: " in front of the pending error; the code stays. Returns -1. */
int err_in(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The pending line, "" if none; its code, 0 if none. */
const char *err_text(void);
int err_code(void);
void err_clear(void);

#endif
