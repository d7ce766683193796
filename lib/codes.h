/* codes.h - the values of a foreign dataset as whole numbers.
 *
 * Numbers must be whole and within 32 bits; NaN is RECORDING_MISSING. Texts
 * become codes: the number of each among the different ones in byte order,
 * from 0, or among those that the user names. */
#ifndef CODES_H
#define CODES_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct foreign;
struct recording;

struct codes {
    size_t n;
    int32_t *value;             /* (n)                                        */
    size_t ncodes;
    const char **code;          /* the text of each code; NULL: numbers       */
};

/* Values of a dataset (column: of a table, else NULL), or of numbers or texts
 * at hand, called `path` in errors. -1: EX_DATAERR, memory. */
int codes_read(struct codes *to, struct foreign *f, const char *path,
               const char *column, struct arena *a);
int codes_numbers(struct codes *to, const double *x, size_t n,
                  const char *path, struct arena *a);
int codes_texts(struct codes *to, const char *const *text, size_t n,
                struct arena *a);

/* Add a variable to r: at[row] is the number of the row's value in c, -1 where
 * there is none. -1: too many variables (EX_USAGE), memory. */
int codes_spread(struct recording *r, const char *name, const struct codes *c,
                 const int64_t *at, struct arena *a);

/* Number the texts of a variable of r as "phase=demo,response" has them, from
 * 0; demo:stimulus calls demo what the file calls stimulus. -1: no such
 * variable of texts, a text of it that is not named (EX_USAGE; `path` is the
 * file's), memory. */
int codes_given(struct recording *r, const char *text, const char *path,
                struct arena *a);

/* "left=0 right=1". NULL: memory. */
const char *codes_legend(const char *const *code, size_t n, struct arena *a);

/* ", 4 values from 1 to 6" or ", 3 texts: blue, green, red", and how many they
 * are; "" where there are none. NULL: memory. */
const char *codes_text(const struct codes *c, size_t *different,
                       struct arena *a);

/* Ascending. */
void codes_sort(int32_t *value, size_t n);

/* How many different values there are, RECORDING_MISSING apart; 0: memory. */
size_t codes_different(const struct codes *c, struct arena *a);

#endif
