/* matlab.h - the variables of a MATLAB v7.3 file, as MATLAB shows them.
 *
 * Such a file is HDF5 behind 512 bytes of text. MATLAB stores by column, HDF5
 * by row, so a variable of 2-by-3-by-4 is a dataset of (4,3,2): what is read
 * in order is in MATLAB's linear order, x(:), and sizes are turned around
 * here. The class stands in an attribute, MATLAB_class:
 *
 *     double ... uint64   numbers
 *     logical, char       uint8 and uint16 with MATLAB_int_decode
 *     cell                references into the group #refs#
 *     struct              a group, a member a field; of a struct array each
 *                         member holds references and has no class
 *
 * Where MATLAB_empty is 1, the dataset holds the sizes instead. Names are
 * MATLAB's: trials.start, spikes{3}. For use in a guarded child (guard.h).
 *
 *     matlab.c           the order of work; states in arrays and cells
 *     matlab_spikes.c    states from spike times in cells
 *     matlab_value.c     variables, as above; their values
 *     matlab_column.c    values of which there is one a trial, unit or row
 *     matlab_list.c      what a file holds */
#ifndef MATLAB_H
#define MATLAB_H

#include "../arena.h"
#include "../codes.h"
#include "../err.h"
#include "../foreign.h"
#include "../format.h"
#include "../recording.h"

enum matlab_kind { MATLAB_NUMBERS, MATLAB_TEXT, MATLAB_CELL, MATLAB_STRUCT };

struct matlab {                 /* a variable, a field, a cell's content      */
    const char *name, *path;    /* as MATLAB has it; in the file              */
    const char *class;          /* "double", ...; "field" of a struct array   */
    enum matlab_kind kind;
    const char *refused;        /* why it is not read, and the remedy; NULL   */
    int rank;                   /* at least 2; 0: a refused one's, unknown    */
    size_t size[FOREIGN_RANK], n;
};

/* Whether some variable of the file says its class. */
bool matlab_is(struct foreign *f);

/* The variable or field of that name, dots before fields. -1: there is none
 * (EX_DATAERR, with the names that there are), or it is refused. */
int matlab_find(struct foreign *f, const char *name, struct matlab *to,
                struct arena *a);

/* What stands at a path; what cannot be read has `refused`, and is no error. */
int matlab_look(struct foreign *f, const char *name, const char *path,
                struct matlab *to, struct arena *a);

/* All n elements, as x(:). */
double *matlab_numbers(struct foreign *f, const struct matlab *x,
                       struct arena *a);

/* What each of the n references of a cell or of a struct array's field names.
 * None of them is refused, and none is a cell or struct itself. */
struct matlab *matlab_members(struct foreign *f, const struct matlab *x,
                              struct arena *a);

/* One text a row of a char array or an element of a cell of them, as UTF-8. */
const char **matlab_texts(struct foreign *f, const struct matlab *x,
                          size_t *n, struct arena *a);

/* "200x64", as whos prints it; "?". */
const char *matlab_size(const struct matlab *x, struct arena *a);

/* The parts of a struct array's field or a cell as one column: numbers, a
 * value a part, NaN where it is empty. Where N parts have the given lengths
 * each: all their values. */
double *matlab_column(struct foreign *f, const struct matlab *x,
                      const size_t *length, size_t N, size_t *n,
                      struct arena *a);

/* The same of numbers or texts: which of the two there are, or as codes. */
struct matlab_values {
    size_t n;
    bool is_logical;
    double *number;
    const char **text;
};
int matlab_values(struct foreign *f, const struct matlab *x,
                  const size_t *length, size_t N, struct matlab_values *to,
                  struct arena *a);
int matlab_codes(struct foreign *f, const struct matlab *x,
                 const size_t *length, size_t N, struct codes *to,
                 struct arena *a);

struct recording *matlab_spikes(struct foreign *f,
                                const struct format_plan *p, struct arena *a);
const char **matlab_list(struct foreign *f, size_t *n, struct arena *a);

#endif
