/* h5file_seal.h - the first 512 bytes of a file: plain text that says what it
 * is, with the size and the SHA-256 of all that follows.
 *
 * HDF5 calls these bytes the user block and skips them. The seal is checked
 * before libhdf5, which is not made for damaged files, parses a byte. */
#ifndef H5FILE_SEAL_H
#define H5FILE_SEAL_H

enum { SEAL_SIZE = 512 };

/* Check `path` and open it for reading: a file descriptor, or -1 (EX_NOINPUT:
 * no such file; EX_DATAERR: not one of ours, another kind, damaged). hex
 * receives 64 digits and a NUL. */
int seal_open(const char *path, const char *kind, char hex[65]);

/* Seal a closed file that has room for it. 0 or -1 (EX_IOERR). */
int seal_write(const char *path, const char *kind, char hex[65]);

#endif
