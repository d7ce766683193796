/* nwb_priv.h - what the parts of the NWB 2.x format share.
 *
 *     nwb.c          versions, windows, variables; the order of work
 *     nwb_table.c    dynamic tables: columns, ragged ones, choice of rows
 *     nwb_spikes.c   states from the spike times of /units
 *     nwb_series.c   states from a continuous series
 *     nwb_list.c     what a file holds
 *
 * Errors name the dataset. */
#ifndef NWB_PRIV_H
#define NWB_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../arena.h"
#include "../bin.h"
#include "../codes.h"
#include "../err.h"
#include "../foreign.h"
#include "../format.h"
#include "../recording.h"
#include "windows.h"

struct nwb {
    struct foreign *f;
    const struct format_plan *plan;
    struct arena *arena;
    const char *trials;         /* path of their table                        */
    struct windows windows;     /* of the trials, each a row of their table   */
    struct recording *to;
};

/* "trials" as "/intervals/trials"; paths stay. NULL: no such table
 * (EX_DATAERR), memory. */
const char *nwb_table(struct nwb *w, const char *name);

/* A plain column of a table: a value a row. False: there is none such. */
bool nwb_has_column(struct nwb *w, const char *table, const char *column,
                    struct foreign_set *set);

/* "/intervals/trials/start_time". NULL: memory. */
const char *nwb_path(struct nwb *w, const char *table, const char *column);

/* Numbers of a column that must be there; n NULL: any length, else *n must be
 * met. */
double *nwb_numbers(struct nwb *w, const char *table, const char *column,
                    size_t *n);
int nwb_codes(struct nwb *w, const char *table, const char *column,
              struct codes *to);

/* Names of the plain columns, id apart, in name order. */
const char **nwb_columns(struct nwb *w, const char *table, size_t *n);

/* Where each row of a ragged column ends, from COLUMN_index: (*n), ascending
 * and within `all`. NULL: an error. */
size_t *nwb_ragged(struct nwb *w, const char *table, const char *column,
                   size_t all, size_t *n);

/* Rows of a table that 'COLUMN==VALUE' holds for (also != < <= > >=); text
 * NULL: all. NULL: an error. */
size_t *nwb_choose(struct nwb *w, const char *table, size_t rows,
                   const char *text, size_t *n);

/* Open the recording of the windows' rows. */
int nwb_rows(struct nwb *w, size_t m);

/* Windows to rows to states. */
int nwb_spikes(struct nwb *w);
int nwb_series(struct nwb *w);

/* When the n samples of a series begin, s, and how many there are in one; from
 * its timestamps, or from starting_time and its rate. */
int nwb_clock(struct nwb *w, const char *series, size_t n, double *start,
              double *rate);

const char **nwb_list(struct foreign *f, size_t *n, struct arena *a);

#endif
