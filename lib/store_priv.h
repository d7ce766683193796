/* store_priv.h - what the parts of store share.
 *
 *     store.c          inputs, texts, checks that every kind needs
 *     store_data.c     data
 *     store_model.c    models
 *     store_acts.c     activations
 *     store_pairs.c    interventions
 *     store_align.c    alignments
 *     store_maps.c     their maps
 *     store_keep.c     checkpoints
 *     store_report.c   what report reads and writes
 *     store_check.c    files of any kind: are they sound, adopting others'
 *
 * Errors name file, dataset and reason. */
#ifndef STORE_PRIV_H
#define STORE_PRIV_H

#include "../schemas/schemas.h"
#include "arena.h"
#include "err.h"
#include "real.h"
#include "store.h"

struct align;
struct task;
struct task_rule;

struct store {
    struct h5origin origin;
    const char *output;         /* name of the file to come */
    struct arena *arena;
    int ninputs;
    size_t room;
    struct h5file **input;      /* in reading order; kept as parents */
    int nforeign;
    const char *foreign[8];     /* paths of files of others, likewise */
};

/* Open `path` and remember it as an input. The store closes it; h5file_shut
 * it when it is read. NULL on error. */
struct h5file *store_in(struct store *s, const char *path,
                        const struct h5schema *schema);

/* Begin `path` with every input so far as a parent. NULL on error. */
struct h5file *store_out(struct store *s, const char *path,
                         const struct h5schema *schema);

/* Commit where rc is 0; close in any case. 0 or -1. */
int store_end(struct h5file *f, int rc);

/* A text attribute; "" where an optional one is absent. NULL on error. */
const char *store_text(struct store *s, struct h5file *f, int field);

/* Copy a text into a cell of a table's row. -1 where it is too long. */
int store_cell(char cell[H5_TEXT_SIZE], const char *text);

/* The task of that name, whose tokens must be those of the file; one that is
 * not in the menu is made of the file's tokens and of the names in its family
 * `variables` (-1: it has none). NULL on error. */
const struct task *store_task(struct store *s, struct h5file *f,
                              const char *name, int vocabulary,
                              int variables);
int store_put_vocabulary(struct store *s, struct h5file *f, int field,
                         const struct task *task);

/* Refuse (EX_DATAERR) what task_check_rule refuses of a task that runs, and
 * quantities above 63 of others (NULL: no task). */
int store_check_rule(const struct h5file *f, const struct task *task,
                     const struct task_rule *rule);

/* Refuse what is outside lo..hi (u8: 0..hi), or not finite. 0 or -1. */
int store_within_u8(const struct h5file *f, const char *what,
                    const uint8_t *x, size_t n, int hi);
int store_within_i32(const struct h5file *f, const char *what,
                     const int32_t *x, size_t n, int32_t lo, int32_t hi);
int store_within_i64(const struct h5file *f, const char *what,
                     const int64_t *x, size_t n, int64_t lo, int64_t hi);
/* Refuse what does not rise within 0..hi. */
int store_ascending(const struct h5file *f, const char *what,
                    const int32_t *x, size_t n, int32_t hi);
int store_finite(const struct h5file *f, const char *what, const double *x,
                 size_t n);

/* The maps of an alignment's systems, and the units that they are of. */
int store_put_maps(struct h5file *f, const struct align *x);

/* Is every map of an alignment, by its system's number, what its form asks
 * for? 0 or -1. */
int store_check_maps(struct store *s, const char *path);

/* A family's member of n floats as reals, refused where it is not finite. */
int store_get_reals(struct h5file *f, int field, const char *name, real *to,
                    size_t n);

#endif
