/* opt_priv.h - what the parts of opt share.
 *
 *     opt.c         values, the command line
 *     opt_text.c    the canonical text, written and read back
 *     opt_help.c    --help */
#ifndef OPT_PRIV_H
#define OPT_PRIV_H

#include <stdbool.h>

#include "opt.h"

/* Appends; counts what does not fit. */
struct opt_writer {
    char *to;
    size_t size, used;
};
void opt_put(struct opt_writer *w, const char *text);
void opt_put_choices(struct opt_writer *w, const struct opt *o);

/* The live value of an option that is no list. */
void opt_value_text(const struct opt *o, char *to, size_t size);

/* Where the files of an item begin, behind its KEY=; how long the first is. */
const char *opt_files(const struct opt *o, const char *item);
size_t opt_file_length(const struct opt *o, const char *at);

/* Has it a value? Numbers, sizes and flags always have. */
bool opt_given(const struct opt *o);

/* Why it has no effect; NULL: it has. */
const char *opt_idle(const struct opt *o);

#endif
