/* h5file_priv.h - what the parts of h5file share.
 *
 *     h5file.c         handles; reading: open, get, members
 *     h5file_door.c    the check of each field when a file is opened
 *     h5file_write.c   writing: create, put, commit, dimension scales
 *     h5file_type.c    element types, small attributes
 *     h5file_origin.c  provenance, read and written
 *     h5file_seal.c    the user block with the SHA-256
 */
#ifndef H5FILE_PRIV_H
#define H5FILE_PRIV_H

#include "arena.h"
#include "err.h"
#include "h5file.h"
#include "hid.h"

struct outfile;

/* A file that this one descends from: a line of /provenance/files. */
enum { ANCESTOR_COLUMNS = 6 };
struct ancestor {
    struct ancestor *next;
    const char *name, *kind, *sha256, *program, *options, *parents;
};

/* A dataset that was written: what its scales and axes need. */
struct written {
    struct written *next;
    const char *path;
    bool scale;
    struct h5shape shape;
};

/* A lower-case letter within a family's member, "/systems/1". */
struct bound {
    struct bound *next;
    const char *member;
    char letter;
    size_t size;
};

struct field_state {
    bool has;
    int members;
    const char **member;        /* in name order */
};

struct h5file {
    const struct h5schema *schema;
    struct arena *arena;        /* all that follows lives here */
    hid_t id;
    const char *path, *name;
    char sha256[65];
    bool is_bound[26];
    size_t size[26];
    struct bound *bound;
    struct field_state *field;
    const char *program, *version, *commit, *options, *parents;
    struct ancestor *ancestor;  /* oldest first */
    struct outfile *out;        /* writing */
    bool sealed;
    struct written *written;
};

/* ---- h5file.c ---- */

/* A handle without a file; NULL: memory. */
struct h5file *h5_handle(const char *path, const struct h5schema *schema);

/* Before any other call of the library: it is quiet, and opens no file but
 * those that it is told to. */
void h5_quiet(void);
hid_t h5_access(void);          /* file access properties */

/* Length of the path of a family's member, up to and with its name. */
int h5_member_length(const struct h5field *d, const char *name);

/* ---- h5file_door.c ---- */

/* Open a dataset whose data stand in the file itself. -1 with what is wrong. */
hid_t h5_open_set(hid_t at, const char *path);

/* Check field i of the schema and note what there is; check an attribute of
 * the root. 0, or -1 with what is wrong. */
int h5_check_field(struct h5file *f, int i);
int h5_check_attribute(struct h5file *f, const struct h5field *d);

/* ---- h5file_type.c ---- */

/* The field with reals, as they are in memory, for its floats. */
struct h5field h5_of_reals(const struct h5field *d);

/* A new id of a field's type, in memory or in the file. */
hid_t h5_type(const struct h5field *d, bool memory);
size_t h5_type_size(const struct h5field *d);   /* in memory */

/* Is the type of a dataset or attribute in a file that of the field? -1 with
 * an error that begins with `path`. */
int h5_type_check(hid_t type, const struct h5field *d, const char *path);

/* Are n elements within their enum, and do texts end? -1 likewise. */
int h5_values_check(const struct h5field *d, const char *path,
                    const void *from, size_t n);

/* A scalar text attribute of the length of its text. */
int h5_put_text(hid_t at, const char *name, const char *text);
const char *h5_get_text(hid_t at, const char *name, struct arena *a);

/* The same as a dataset, for texts that may pass an attribute's 64 KB. */
int h5_put_long_text(hid_t at, const char *name, const char *text,
                     const char *note);
const char *h5_get_long_text(hid_t at, const char *name, struct arena *a);

/* ---- h5file_write.c ---- */

hid_t h5_group(hid_t file, const char *path);   /* made where it is missing */

/* How a dataset lies in the file: a small one in one piece, others in chunks
 * that are compressed and carry a checksum. */
hid_t h5_layout(const struct h5shape *shape, size_t element);

/* ---- h5file_origin.c ---- */

int h5_origin_read(struct h5file *f);
int h5_origin_write(struct h5file *f);

#endif
