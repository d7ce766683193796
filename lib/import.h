/* import.h - a recording of someone else's becomes activations.
 *
 * A child reads the file (guard.h); here the result is checked, treated and
 * split by trials. The states are those of one site, `hidden`. A row is
 * eligible where it was observed and every variable has a value. */
#ifndef IMPORT_H
#define IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "data.h"
#include "format.h"
#include "guard.h"
#include "treat.h"

struct acts;
struct arena;
struct parcel;
struct recording;

struct import_file {
    const char *path, *format;          /* format_of                          */
    struct format_plan plan;
    struct guard_limits limits;
};

/* Read it in a child. The recording's arrays lie in *parcel, which the caller
 * releases. NULL: EX_USAGE, EX_DATAERR, EX_NOINPUT, memory. */
struct recording *import_read(const struct import_file *f,
                              struct parcel **parcel, struct arena *a);

/* Lines that say what it holds. NULL likewise. */
const char **import_list(const struct import_file *f, size_t *n,
                         struct arena *a);

struct import_plan {
    const char *path;           /* of the file, for errors                    */
    const char *system;         /* its name; NULL: the file's                 */
    struct treat_plan treat;
    double share[SPLITS];       /* of the trials, where the file has no split */
    int ncodes;
    const char *const *codes;   /* "phase=demo,response": codes_given         */
    double max_missing;
    long seed;
};

/* Make activations of it. Trials are given to the splits at random, but such
 * as end with the same variables in proportion to the shares, and a group of
 * them (recording.h) to one. Say (log.h) how many units never vary, and how
 * many rows each tuple of variables has in each split: an exchange that asks
 * for a tuple without rows has no counterfactual latent. Of the observed rows
 * of the training trials, those count as missing that lack a value, or whose
 * tuple has no eligible row in another split that has trials.
 *
 * NULL: a share of more than max_missing is, too few trials for the splits,
 * states that are not finite (EX_DATAERR); memory. */
struct acts *import_acts(struct recording *r, const struct import_plan *p,
                         struct arena *a);

/* "train=0.8,valid=0.1,test=0.1", of sum 1, which NULL stands for. -1:
 * EX_USAGE. */
int import_shares(const char *text, double share[SPLITS]);

/* The row of an option (opt.h) that every program that reads in a child has. */
#define IMPORT_MAX_MEMORY(bytes) \
    { .name = "max-memory", .type = OPT_SIZE, .to = (bytes), .lo = 16, \
      .hi = 1 << 20, .help = "for the child that reads files made elsewhere, " \
      "and as much again for what it finds" }

#endif
