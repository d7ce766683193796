/* store.h - the domain as files: the only module that knows both sides.
 *
 * Reading: NULL with the pending error naming file, dataset and reason.
 * Memory is the arena's. Each read file is remembered as an input, so that
 * the file written next carries its provenance. */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>

struct acts;
struct align;
struct amap;
struct arena;
struct data;
struct guard_limits;
struct learn_result;
struct model;
struct pairs;
struct resume;
struct task;

struct store;                   /* the files of one run of a program         */

/* `options` is the canonical text of the result options (opt_text), `output`
 * the file that will be written; both borrowed. An input that descends from a
 * file of the output's name is refused when it is read, not after the work. */
struct store *store_open(const char *program, const char *options,
                         const char *output, struct arena *a);
void store_close(struct store *s);              /* NULL is fine */

/* Remember a file that is none of ours as an input: its name, and the SHA-256
 * of its bytes when the output is begun. -1: it is called as the output
 * (EX_DATAERR). `path` is borrowed. */
int store_foreign(struct store *s, const char *path);

struct data *store_read_data(struct store *s, const char *path);
int store_write_data(struct store *s, const char *path, const struct data *d);

/* What a model file says besides its parameters. */
struct model_card {
    const char *task, *name;
    const struct task *of;      /* the task itself                           */
    long seed;
    int max_quantity;
    bool criterion_met;
};
struct model *store_read_model(struct store *s, const char *path,
                               struct model_card *card);

struct train_record {           /* what train adds to the parameters         */
    const struct data *data;
    const struct learn_result *result;
    long seed;
    const char *init;
    bool fresh;
};
int store_write_model(struct store *s, const char *path,
                      const struct model *m, const struct train_record *r);

struct acts *store_read_acts(struct store *s, const char *path);

/* The same without states: of a site its name, units and width. */
struct acts *store_read_rows(struct store *s, const char *path);
int store_write_acts(struct store *s, const char *path, const struct acts *x);

struct pairs *store_read_pairs(struct store *s, const char *path);
int store_write_pairs(struct store *s, const char *path,
                      const struct pairs *p);

/* Writes maps, directions, history, checks. */
int store_write_alignment(struct store *s, const char *path,
                          const struct align *x);

/* Give the systems of x the stored maps of an alignment (form, K and rotations
 * by system number); where a map is of some units of a system only, widened to
 * all of them. -1 where widths, units or numbers differ (EX_DATAERR). */
int store_read_maps(struct store *s, const char *path, struct align *x,
                    struct arena *a);

/* The map of the system of these states in an alignment, all m coordinates of
 * it (K = m); *site is where it was learnt. The system is the one that was
 * learnt from these very states, or else the one of their system's name. NULL
 * where there is none, or it is of other units (EX_DATAERR), or where there
 * are several (EX_USAGE). */
struct amap *store_read_map(struct store *s, const char *path,
                            const struct acts *acts, const char **site,
                            struct arena *a);

/* Is a file of ours what it says: sealed, by its schema, every value in its
 * range? *kind is what it says, "" where it is none of ours. 0 or -1
 * (EX_NOINPUT, EX_DATAERR). */
int store_check(const char *path, char kind[32]);

/* The same in a guarded child, for files that others may have sealed. */
int store_check_guarded(const char *path, char kind[32],
                        const struct guard_limits *limits);

/* Write a file of one of our kinds, which another program wrote to `from`, as
 * one of ours, once it has passed store_check. *unused: its datasets that were
 * left behind, "" none. */
int store_adopt(struct store *s, const char *from, const char *to,
                const struct guard_limits *limits, const char **unused);

/* Fill save, load and keeper of r: a checkpoint NAME.ckpt beside `output`,
 * keyed by the hash of this run's inputs and `key_options`. Another key is
 * ignored with one line. store_drop deletes it. */
int store_keep(struct store *s, struct resume *r, const char *output,
               const char *key_options);
int store_drop(struct store *s, const char *output);

#endif
