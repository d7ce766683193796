/* h5file.h - HDF5 files that keep a contract.
 *
 * A file kind is a table of fields (schemas/NAME.def). The same table creates
 * the file, documents it (description, units, axis labels, scales) and checks
 * it at the door: after h5file_open has returned, presence, types, ranks and
 * sizes are facts and nobody checks again. A refusal is one line that names
 * file, dataset and reason (EX_DATAERR; EX_NOINPUT where there is no file).
 *
 * The first 512 bytes (the HDF5 user block) hold kind, size and SHA-256 of
 * the rest. They are checked before libhdf5 parses a byte; they show damage,
 * not origin, for anyone can write them: a file that nobody vouches for is
 * opened in a guarded child (guard.h). A file of ours is all in itself:
 * external links, external raw data, virtual datasets and plugins are refused.
 * Equal content gives equal bytes: no times, no host, no uninitialised
 * padding.
 *
 * Every file carries /provenance: program, version, commit and options, and
 * /provenance/files with one row for each file it descends from. */
#ifndef H5FILE_H
#define H5FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "real.h"

struct arena;

/* Element types: in memory, and in the file (always little-endian). */
enum h5type {
    H5_U8, H5_I32, H5_I64, H5_F32, H5_F64,
    H5_BOOL,            /* int8_t; enum {FALSE = 0, TRUE = 1}                */
    H5_SPLIT,           /* uint8_t; enum {train = 0, valid = 1, test = 2}    */
    H5_ROLE,            /* uint8_t; enum {behaviour = 0, latent, score}      */
    H5_TEXT,            /* char[H5_TEXT_SIZE], UTF-8, NULs after the text   */
    H5_LINE,            /* char[4096], likewise                              */
    H5_TABLE            /* a compound: struct h5column's rows                */
};
enum { H5_TEXT_SIZE = 128, H5_LINE_SIZE = 4096 };

enum {
    H5_OPTIONAL = 1,    /* a file may lack it, of a family a member          */
    H5_SCALE = 2,       /* a dimension scale for every axis of its letter    */
    H5_ATTRIBUTE = 4,   /* a scalar attribute of the root                    */
    H5_FAMILY = 8       /* `path` has a '*': any number of members           */
};

/* Names of an enum type's values, NULL-ended; of any other type none. */
const char *const *h5file_names(enum h5type type);

struct h5column {
    const char *name;
    enum h5type type;
    size_t offset;
    const char *units, *note;
};

/* One line of a schema. `dims` has a letter an axis: upper case binds once a
 * file (the first N fixes N), lower case once a member; "?" leaves rank and
 * sizes of a family's members free. */
struct h5field {
    const char *path;           /* "/rows/trial", "/systems/#/Q" with # = *,
                                   or an attribute's name */
    enum h5type type;
    const char *dims, *units, *note;
    int flags;
    const struct h5column *column;      /* tables: NULL-name-ended */
    size_t row;                         /* tables: bytes of a row */
};

struct h5schema {
    const char *kind, *title;
    int version;
    const struct h5field *field;        /* indexed by the enum of the kind */
    int nfields;
};

/* The path of a family's member. NULL: memory. */
const char *h5file_member_path(const struct h5field *family, const char *name,
                               struct arena *a);

/* What a file is made by; stored in it. */
struct h5origin {
    const char *program;
    const char *options;        /* canonical text of the result options */
};

/* Rank, sizes and axis labels of one family member ("C", "3C"; a label that
 * is NULL is taken from the schema). */
enum { H5_RANK_MAX = 4 };
struct h5shape {
    int rank;
    size_t size[H5_RANK_MAX];
    const char *label[H5_RANK_MAX];
};

struct h5file;

/* ---- reading ---- */

struct h5file *h5file_open(const char *path, const struct h5schema *schema);

/* The kind that a file of ours says it is of, by its first bytes alone; "": it
 * is none of ours. 0 or -1 (EX_NOINPUT). */
int h5file_kind(const char *path, char kind[32]);

/* Give back what reading needs, but keep name, hash and provenance: all that
 * h5file_parent asks of an input. */
void h5file_shut(struct h5file *f);

/* Close; a file being written that was not committed leaves nothing behind.
 * NULL is fine. */
void h5file_close(struct h5file *f);

const char *h5file_path(const struct h5file *f);        /* as it was opened */
const char *h5file_name(const struct h5file *f);        /* without directory */
const char *h5file_sha256(const struct h5file *f);      /* 64 hex digits */
size_t h5file_size(const struct h5file *f, char letter); /* 0 if unbound */
bool h5file_has(const struct h5file *f, int field);

/* Read a whole attribute or dataset into `to`, in its memory type.
 * 0 or -1 (EX_DATAERR: checksum, filter; EX_IOERR). */
int h5file_get(struct h5file *f, int field, void *to);

/* The same into memory of the arena; NULL on error. */
void *h5file_load(struct h5file *f, int field, struct arena *a);

/* Members of a family in name order (numbers as numbers): how many there are,
 * the name of the k-th ("hidden"), its shape (labels are not read). */
int h5file_count(const struct h5file *f, int field);
const char *h5file_member(const struct h5file *f, int field, int k);
bool h5file_has_member(const struct h5file *f, int field, const char *name);
int h5file_shape(struct h5file *f, int field, const char *name,
                 struct h5shape *shape);
int h5file_get_member(struct h5file *f, int field, const char *name, void *to);
void *h5file_load_member(struct h5file *f, int field, const char *name,
                         struct arena *a);

/* A member of floats as reals, straight from its chunks: none of it stands in
 * memory twice. */
int h5file_get_reals(struct h5file *f, int field, const char *name, real *to);

/* ---- writing ---- */

/* Begin `path`. Nothing stands there until h5file_commit. */
struct h5file *h5file_create(const char *path, const struct h5schema *schema,
                             const struct h5origin *origin);

/* `in` was read to make `f`: take over its provenance and itself. Refused
 * (EX_DATAERR) where one name would stand for two hashes. Call it for each
 * input, in a fixed order. */
int h5file_parent(struct h5file *f, const struct h5file *in);

/* A file of another kind of making was read to make `f`: its name and SHA-256
 * stand in the provenance as kind "foreign". Refused likewise. */
int h5file_foreign(struct h5file *f, const char *name, const char *sha256);

/* Fix the size that an upper-case letter stands for, before it is used. */
void h5file_bind(struct h5file *f, char letter, size_t size);

/* Write a whole attribute or dataset from memory. For H5_TEXT and H5_LINE
 * attributes `from` is a plain string; datasets of them are arrays of fixed
 * cells. -1: EX_IOERR. */
int h5file_put(struct h5file *f, int field, const void *from);
int h5file_put_member(struct h5file *f, int field, const char *name,
                      const struct h5shape *shape, const void *from);
int h5file_put_reals(struct h5file *f, int field, const char *name,
                     const struct h5shape *shape, const real *from);

/* Check that every field that is not optional was put, attach scales, close
 * HDF5, hash, and make the file final. The handle is closed by h5file_close
 * all the same. */
int h5file_commit(struct h5file *f);

/* The same but for the last step: what h5file_part names can be opened, and
 * h5file_commit makes it final or h5file_close removes it. */
int h5file_seal(struct h5file *f);
const char *h5file_part(const struct h5file *f);

/* ---- other ---- */

/* Does `path` stand, sound, made by this origin? Quiet: no error is left
 * pending. For a program that waited for another one's lock. */
bool h5file_made_by(const char *path, const struct h5schema *schema,
                    const struct h5origin *origin);

/* The files that f descends from, oldest first, and last f itself: the k-th,
 * k = 0, 1, ... False: there are no more. Texts live as long as f. */
struct h5ancestor {
    const char *name, *kind, *sha256, *program, *options, *parents;
};
bool h5file_ancestor(const struct h5file *f, size_t k, struct h5ancestor *to);

/* Version and commit of the program that made f; live as long as f. */
void h5file_maker(const struct h5file *f, const char **version,
                  const char **commit);

/* SHA-256 of a text, and of all bytes of a regular file (-1: EX_NOINPUT,
 * EX_DATAERR where it is none, EX_IOERR), 64 hex digits and a NUL. */
void h5file_hash_text(const char *text, char hex[65]);
int h5file_hash_file(const char *path, char hex[65]);

/* The version and commit that are stamped into files (version.c, filled in by
 * make). */
extern const char version_text[], version_commit[];

#endif
