/* safetensors.h - named arrays as Hugging Face's safetensors lays them out:
 * eight bytes with the length of a JSON header, the header, the data.
 *
 * For use in a guarded child (guard.h). Every size and offset is checked: the
 * arrays follow each other without a gap to the very end of the file. */
#ifndef SAFETENSORS_H
#define SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

enum { SAFETENSORS_RANK = 8 };

struct safetensor {
    const char *name;
    const char *type;           /* "F32"                                     */
    int rank;
    size_t size[SAFETENSORS_RANK], n;
    const unsigned char *bytes;
    bool is_float;              /* F64, F32, F16 or BF16                     */
};

/* Does the open file begin as safetensors do? */
bool safetensors_is(int fd);

/* The arrays of an open file, in the order of their data. NULL: EX_DATAERR
 * without the file's name. Memory is the arena's. */
struct safetensor *safetensors_read(int fd, size_t *n, struct arena *a);

/* Element i of an array that is_float. */
double safetensors_value(const struct safetensor *x, size_t i);

#endif
