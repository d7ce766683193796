/* weights.h - the parameters of a model that another program trained, and what
 * came with them: its tokens, and logits to check an import by.
 *
 * A file is a state_dict in HDF5 (a dataset a parameter; groups give the parts
 * of names with dots) or safetensors. HDF5 may also hold /vocabulary (texts),
 * /golden/tokens (B,T) and /golden/logits (B,T,V). It is read in a guarded
 * child (guard.h). */
#ifndef WEIGHTS_H
#define WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct guard_limits;

struct weight {
    const char *name;
    int rank;                   /* 1 or 2                                    */
    size_t size[2], n;
    const float *x;             /* (n)                                       */
    bool finite;
};

struct golden {
    size_t B, T, V;
    const int32_t *token;       /* (B,T) the other program's numbers         */
    const double *logit;        /* (B,T,V) NaN-free                          */
};

struct weights {
    const char *path;
    size_t n, ntokens;
    struct weight *weight;      /* (n)                                       */
    const char **token;         /* (ntokens) NULL: the file names none       */
    struct golden golden;       /* logit NULL: the file has none             */
};

/* The parameter that a dataset is: "/rnn/weight" is rnn.weight. */
const char *weights_name(const char *path, struct arena *a);

/* The weights of a file, with the golden vector of another HDF5 file (NULL:
 * from `path`), and with names of tokens from the text file `list`, one a line;
 * where that is NULL, from the dataset `vocabulary` (NULL: /vocabulary), with
 * or without its slash. NULL: EX_NOINPUT, EX_DATAERR, with the file in front,
 * also where golden vector or tokens are missing. */
struct weights *weights_gather(const char *path, const char *golden,
                               const char *list, const char *vocabulary,
                               const struct guard_limits *limits,
                               struct arena *a);

#endif
