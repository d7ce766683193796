#include "h5file_seal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "h5file.h"

static const char head[] =
    "Model Alignment Search: an HDF5 file behind 512 bytes of text\n";
static const char foot[] =
    "\nh5py, h5dump and HDFView open this file as it is. size and sha256 are"
    " those of\nthe bytes after this text: tail -c +513 FILE | sha256sum\n";

static void compose(char block[SEAL_SIZE], const char *kind, size_t size,
                    const char *hex)
{
    int n = snprintf(block, SEAL_SIZE, "%skind %s\nsize %zu\nsha256 %s\n%s",
                     head, kind, size, hex, foot);
    memset(block + n, ' ', (size_t)(SEAL_SIZE - 1 - n));
    block[SEAL_SIZE - 1] = '\n';
}

static void to_hex(char hex[65], const unsigned char *sum)
{
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", sum[i]);
}

void h5file_hash_text(const char *text, char hex[65])
{
    unsigned char sum[EVP_MAX_MD_SIZE];

    EVP_Digest(text, strlen(text), sum, NULL, EVP_sha256(), NULL);
    to_hex(hex, sum);
}

/* SHA-256 of the bytes from `at` on, and how many. 0 or -1 with errno. */
static int hash(int fd, size_t at, char hex[65], size_t *size)
{
    enum { PIECE = 1 << 16 };
    unsigned char piece[PIECE], sum[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    ssize_t n = -1;

    *size = 0;
    if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL))
        while ((n = pread(fd, piece, PIECE, (off_t)(at + *size))) > 0) {
            EVP_DigestUpdate(ctx, piece, (size_t)n);
            *size += (size_t)n;
        }
    if (n == 0 && EVP_DigestFinal_ex(ctx, sum, NULL))
        to_hex(hex, sum);
    EVP_MD_CTX_free(ctx);
    return n == 0 ? 0 : -1;
}

int h5file_hash_file(const char *path, char hex[65])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = 0;
    struct stat st;
    size_t size;

    if (fd < 0)
        return err_set(EX_NOINPUT, "%s: %s", path, strerror(errno));
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        rc = err_set(EX_DATAERR, "%s: not a regular file", path);
    else if (hash(fd, 0, hex, &size))
        rc = err_set(EX_IOERR, "%s: %s", path, strerror(errno));
    close(fd);
    return rc;
}

static int check(int fd, const char *path, const char *kind, char hex[65])
{
    char block[SEAL_SIZE + 1] = "", right[SEAL_SIZE], named[32], said[65];
    struct stat st;
    size_t size, there;

    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        return err_set(EX_DATAERR, "%s: not a regular file", path);
    if (pread(fd, block, SEAL_SIZE, 0) < 0)
        return err_set(EX_IOERR, "%s: %s", path, strerror(errno));
    if (!memcmp(block, "\211HDF\r\n\032\n", 8))
        return err_set(EX_DATAERR, "%s: an HDF5 file, but without the 512 "
                       "bytes that say its kind and SHA-256", path);
    if (strncmp(block, head, strlen(head)))
        return err_set(EX_DATAERR, "%s: not HDF5 of kind %s", path, kind);
    if (sscanf(block + strlen(head), "kind %31s size %zu sha256 %64[0-9a-f]",
               named, &size, said) != 3)
        return err_set(EX_DATAERR, "%s: damaged in its first 512 bytes", path);
    if (strcmp(named, kind))
        return err_set(EX_DATAERR, "%s: of kind %s, not %s", path, named,
                       kind);
    if (hash(fd, SEAL_SIZE, hex, &there))
        return err_set(EX_IOERR, "%s: %s", path, strerror(errno));
    if (there != size)
        return err_set(EX_DATAERR, "%s: damaged: %zu bytes long, not %zu",
                       path, SEAL_SIZE + there, SEAL_SIZE + size);
    compose(right, kind, there, hex);
    if (memcmp(block, right, SEAL_SIZE))
        return err_set(EX_DATAERR, "%s: damaged: its SHA-256 is not the one "
                       "that it was sealed with", path);
    return 0;
}

int seal_open(const char *path, const char *kind, char hex[65])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return err_set(EX_NOINPUT, "%s: %s", path, strerror(errno));
    if (!check(fd, path, kind, hex))
        return fd;
    close(fd);
    return -1;
}

int seal_write(const char *path, const char *kind, char hex[65])
{
    char block[SEAL_SIZE];
    size_t size;
    int fd = open(path, O_RDWR | O_CLOEXEC), rc = -1;

    if (fd >= 0 && !hash(fd, SEAL_SIZE, hex, &size)) {
        compose(block, kind, size, hex);
        rc = pwrite(fd, block, SEAL_SIZE, 0) == SEAL_SIZE ? 0 : -1;
    }
    if (fd >= 0 && close(fd))
        rc = -1;
    return rc ? err_set(EX_IOERR, "%s: cannot be sealed: %s", path,
                        strerror(errno)) : 0;
}
