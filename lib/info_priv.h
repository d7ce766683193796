/* info_priv.h - between the files of info. */
#ifndef INFO_PRIV_H
#define INFO_PRIV_H

#include "format.h"
#include "names.h"
#include "info.h"
#include "../schemas/schemas.h"

/* One file, told line by line. */
struct telling {
    struct h5file *f;
    const struct h5schema *schema;
    struct arena *arena;
    struct names to;
};

/* A line, cut where the screen ends. */
int info_put(struct telling *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A text (NULL: no memory) after a label, wrapped at blanks; at most `most`
 * lines, the last of which then ends with "...". */
int info_tell(struct telling *t, const char *label, const char *text,
              int most);

/* A number as people write it; none as a dash. */
const char *info_number(char to[32], double x);

/* "/states/" of "/states/#" with # = *: "hidden (20000,48), ...". */
int info_family(struct telling *t, int i);

/* The main numbers of its kind. */
int info_numbers(struct telling *t);

#endif
