/* guard.h - read a file that nobody vouches for, in a child that can do no
 * harm.
 *
 * libhdf5 is not made for hostile files. What parses them runs in a forked
 * child with limits on memory, processor and written bytes, behind a filter of
 * system calls (where the kernel has none, log.h says so once): it may open
 * files for reading until guard_shut, and nothing afterwards. MAS_UNFILTERED=1
 * in the environment turns the filter and the limit on processor time off:
 * under valgrind the calls are its own. What it found it hands over as
 * named arrays in memory that the parent shares, a parcel. Whatever becomes of
 * the child, the parent goes on with one line (EX_DATAERR).
 *
 * The parent believes nothing: a parcel's arrays are checked to lie within the
 * shared memory, to be of the type asked for, and texts to be printable UTF-8.
 * What the numbers mean is for the caller to check. */
#ifndef GUARD_H
#define GUARD_H

#include <stddef.h>

struct arena;
struct parcel;

struct guard_limits {
    size_t memory;              /* bytes, of the child and of the parcel each */
    double seconds;             /* of processor; 0: 2, and 1 more for every
                                   4 MB of the file and every 32 MB decoded
                                   (guard_worked)                             */
};

/* Run work(with, parcel) in a child. 0 and the parcel, or -1 and the child's
 * pending error as it stands; of a child that died, EX_DATAERR and "path:
 * reading it crashed (SIGSEGV)", "... took more than 3 s", "... takes more
 * than 1024 MB". The child has no standard input or output. To be called
 * before there are threads. */
int guard_run(struct parcel **to, const char *path,
              int (*work)(void *with, struct parcel *to), void *with,
              const struct guard_limits *limits);
void guard_release(struct parcel *p);           /* NULL is fine */

/* In the child: from here on no file can be opened. Quiet outside one. */
void guard_shut(void);

/* ---- in the child ---- */

/* So many bytes were decoded: a small file may hold much. Quiet outside one. */
void guard_worked(size_t bytes);

enum parcel_type { PARCEL_I32, PARCEL_I64, PARCEL_F32, PARCEL_F64 };

/* n zeroed elements under a name that is new, of less than 64 bytes; at most
 * 256 names. NULL: no room (EX_DATAERR, names --max-memory). */
void *parcel_put(struct parcel *p, const char *name, enum parcel_type type,
                 size_t n);

/* "value3": the name of one of several arrays. */
typedef char parcel_name[32];
const char *parcel_nth(parcel_name to, const char *what, int number);

/* UTF-8; line ends and other control characters become blanks. */
int parcel_put_texts(struct parcel *p, const char *name,
                     const char *const *text, size_t n);

/* ---- in the parent ---- */

/* The array of that name and type, *n its elements; NULL: none such (no error
 * is set) or an unsound one (EX_DATAERR). */
void *parcel_get(struct parcel *p, const char *name, enum parcel_type type,
                 size_t *n);
const char **parcel_texts(struct parcel *p, const char *name, size_t *n,
                          struct arena *a);

/* -1, with an error if none is pending: what was taken out does not hold
 * together. */
int parcel_unsound(void);

#endif
