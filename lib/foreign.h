/* foreign.h - HDF5 files that others made: any layout, any byte order.
 *
 * For use in a guarded child (guard.h). Closed before a byte of a dataset is
 * read: external links and raw files, virtual datasets, plugins, filters that
 * are not here, sizes beyond the memory, deflate streams that do not give
 * exactly what their chunk holds, links that go round in circles. Each refusal
 * is one line that names dataset and reason (EX_DATAERR), without the file,
 * which is for the caller to add. Paths begin at the root; hard and soft links
 * within the file are followed. Memory is the arena's. */
#ifndef FOREIGN_H
#define FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct foreign;

/* `memory` bounds every single array. NULL: EX_NOINPUT, EX_DATAERR (not a
 * regular file, not HDF5: a remedy is named for MATLAB v5 and v7, zarr, netCDF
 * and others). Calls guard_shut once the file is open. */
struct foreign *foreign_open(const char *path, size_t memory, struct arena *a);
void foreign_close(struct foreign *f);          /* NULL is fine */
const char *foreign_path(const struct foreign *f);

enum foreign_type {
    FOREIGN_NUMBER,             /* integers, floats, bool and other enums     */
    FOREIGN_TEXT,               /* fixed or variable length                   */
    FOREIGN_TABLE,              /* compound: columns by name                  */
    FOREIGN_REFERENCE,          /* to objects                                 */
    FOREIGN_OTHER               /* opaque, vlen of numbers, region references */
};
enum { FOREIGN_RANK = 8 };

struct foreign_set {            /* a dataset                                  */
    enum foreign_type type;
    const char *what;           /* "float32", "int16 big-endian", "bool", ... */
    int rank;                   /* 0: a scalar                                */
    size_t size[FOREIGN_RANK], n;       /* n: of all elements; 0: null space  */
    int ncolumns;               /* of a table                                 */
    const char *const *column;
    bool is_bool;
    bool is_integer;
};

bool foreign_is_group(struct foreign *f, const char *path);
bool foreign_is_set(struct foreign *f, const char *path);       /* a dataset  */

/* What a dataset is, after the checks of its layout and filters. It may be
 * larger than the memory, and a deflate stream damaged: reading says so. An
 * array of numbers in each element counts as further axes. */
int foreign_look(struct foreign *f, const char *path, struct foreign_set *to);

/* Names in a group, sorted (numbers as numbers); NULL and an error where it is
 * none. */
const char **foreign_names(struct foreign *f, const char *group, size_t *n);

/* Every dataset once, in path order, at most 32 groups deep (deeper and
 * circles are refused); soft and external links are not followed. Stops at the
 * first non-zero answer and returns it. */
int foreign_walk(struct foreign *f, const char *group,
                 int (*each)(void *with, const char *path), void *with);

/* Elements in C order as double (integers beyond 2^53 are refused). `column`:
 * of a table, else NULL. The second reads `count` rows of the first axis from
 * `first`. */
double *foreign_numbers(struct foreign *f, const char *path,
                        const char *column, size_t *n);
int foreign_rows(struct foreign *f, const char *path, size_t first,
                 size_t count, double *to);

/* UTF-8 texts, whose broken bytes are U+FFFD; trailing blanks and NULs of fixed
 * ones are cut. Enums give the names of their values. */
const char **foreign_texts(struct foreign *f, const char *path,
                           const char *column, size_t *n);

/* Where object references point to; NULL entries for null references. */
const char **foreign_targets(struct foreign *f, const char *path,
                             const char *column, size_t *n);

/* Attributes of a group or dataset: false or NULL where there is none such. */
bool foreign_number_of(struct foreign *f, const char *path,
                       const char *attribute, double *to);
const char *foreign_text_of(struct foreign *f, const char *path,
                            const char *attribute);
const char **foreign_texts_of(struct foreign *f, const char *path,
                              const char *attribute, size_t *n);

#endif
