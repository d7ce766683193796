/* outfile.h - the one place where files come into being.
 *
 * A file is written as .NAME.<pid>.part beside its final place and renamed
 * when it is whole: fsync, rename, fsync of the directory, mode 0444. On an
 * error or a signal (INT, TERM, HUP) the part is removed, so no reader ever
 * meets half a file. */
#ifndef OUTFILE_H
#define OUTFILE_H

struct outfile;

/* Reserve the part file of `path` (created empty). NULL where the directory
 * cannot be written (EX_CANTCREAT). */
struct outfile *outfile_open(const char *path);

/* Where to write; not yet the final name. */
const char *outfile_part(const struct outfile *f);

/* Make the part final. 0, or -1 (EX_IOERR) with the part removed. The outfile
 * is closed by the caller all the same. */
int outfile_commit(struct outfile *f);

/* Removes the part unless it was committed. NULL is fine. */
void outfile_close(struct outfile *f);

/* Hold the lock NAME.lock while a program makes `path`. 0: held at once;
 * 1: held after waiting for another process; -1: EX_CANTCREAT. One lock a
 * process. Released, and the lock file removed, by outfile_unlock or exit. */
int outfile_lock(const char *path);
void outfile_unlock(void);

/* Remove `path` (a used-up checkpoint) and what killed processes left of it,
 * if they are there. 0 or -1 (EX_IOERR). */
int outfile_remove(const char *path);

#endif
