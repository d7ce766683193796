/* foreign_priv.h - what the parts of foreign share.
 *
 *     foreign.c        open and close; how the library's words reach the user
 *     foreign_door.c   what a file is, before libhdf5 parses a byte of it
 *     foreign_link.c   paths, links, groups, the walk over all objects
 *     foreign_check.c  a dataset's layout, filters and deflate streams
 *     foreign_type.c   element types: what they are, and how to convert them
 *     foreign_read.c   numbers, texts, references and attributes
 */
#ifndef FOREIGN_PRIV_H
#define FOREIGN_PRIV_H

#include "arena.h"
#include "err.h"
#include "foreign.h"
#include "hid.h"

enum { FOREIGN_PATH = 4096, FOREIGN_DEEP = 32, FOREIGN_SOFT = 16 };

/* Addresses of objects in the file. */
struct foreign_seen {
    size_t n, room;             /* room: a power of two                       */
    haddr_t *slot;
};

struct foreign_broken {         /* what did not open, and never shall         */
    struct foreign_broken *next;
    haddr_t at;
    const char *why;
};

struct foreign_object {         /* what a reference may point to              */
    haddr_t at;
    const char *path;
};

struct foreign {
    struct arena *arena;
    const char *path;
    size_t memory, bytes;       /* bytes: of the file                         */
    hid_t id;
    struct foreign_seen sound;  /* datasets whose chunks were checked         */
    struct foreign_object *object;      /* NULL: not yet looked for           */
    size_t nobjects, room;
    struct foreign_broken *broken;
};

/* ---- foreign.c ---- */

/* The innermost of the library's messages; to be asked for before its next
 * call. */
const char *foreign_why(void);
int foreign_damaged(const char *label);         /* "LABEL: damaged (WHY)"; -1 */

/* ---- foreign_door.c ---- */

/* A descriptor of the file, whose size is put in *bytes; -1 with what is wrong
 * and what helps. */
int foreign_door(const char *path, size_t *bytes);

/* ---- foreign_link.c ---- */

/* Open the group or dataset at the end of a path; -1 with the reason. */
hid_t foreign_object(struct foreign *f, const char *path);

/* 1: new, and kept. 0: was there. -1: memory. */
int foreign_see(struct foreign *f, struct foreign_seen *s, haddr_t at);

/* The path of the object at an address; NULL: none there or, with an error
 * pending, a file that cannot be walked. */
const char *foreign_at(struct foreign *f, haddr_t at);

/* ---- foreign_check.c ---- */

/* May the dataset be looked at: its layout and filters. */
int foreign_check_layout(hid_t set, const char *label);

/* May it be read: its bytes are there, and every deflate stream gives what its
 * chunk holds. */
int foreign_check_data(struct foreign *f, hid_t set, const char *label);

/* ---- foreign_type.c ---- */

/* Do the parts of a type lie within it, not too deep? Ask before anything
 * else. */
bool foreign_type_is_sound(hid_t type);

/* What a type is. The base of an array is for the caller to find. */
enum foreign_type foreign_type_of(hid_t type);
bool foreign_type_is_bool(hid_t type);
const char *foreign_type_text(hid_t type, struct arena *a);

/* n elements of a number type, in place, to double. */
int foreign_to_double(hid_t type, void *at, size_t n, const char *label);

/* Names of n enum values. */
const char **foreign_enum_names(hid_t type, const void *at, size_t n,
                                const char *label, struct arena *a);

/* Valid UTF-8 of at most `length` bytes, up to a NUL. */
const char *foreign_utf8(const char *text, size_t length, struct arena *a);

#endif
