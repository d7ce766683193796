#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foreign_priv.h"

enum { HEAD = 512 };

/* How files begin that are taken for HDF5, and what helps. */
static const struct head {
    size_t length;
    const char *bytes, *is, *entry;     /* how a ZIP archive's first ends     */
} heads[] = {
#define TORCH "written by torch.save: write the state_dict by h5py instead " \
    "(see README), or as safetensors"
#define HEAD_OF(bytes, is) { sizeof bytes - 1, bytes, is, NULL }
#define ZIP_OF(entry, is) { 4, "PK\3\4", is, entry }
    HEAD_OF("MATLAB 5.0 MAT-file", "a MATLAB file of before v7.3: "
            "save('x.mat', '-v7.3') in MATLAB, or scipy.io.loadmat and h5py"),
    HEAD_OF("CDF\1", "classic netCDF: nccopy -k netCDF-4 in.nc out.nc"),
    HEAD_OF("CDF\2", "classic netCDF: nccopy -k netCDF-4 in.nc out.nc"),
    HEAD_OF("CDF\5", "classic netCDF: nccopy -k netCDF-4 in.nc out.nc"),
    HEAD_OF("\016\003\023\001", "HDF4: h4toh5convert in.hdf out.h5"),
    HEAD_OF("\x93NUMPY", "a .npy file: numpy.load and h5py"),
    ZIP_OF("data.pkl", TORCH),
    HEAD_OF("\200\2", TORCH),
    ZIP_OF(".npy", "a .npz file: numpy.load and h5py"),
    ZIP_OF("", "a ZIP archive (zarr): unpack it, and h5py"),
    HEAD_OF("\037\213", "compressed by gzip: gunzip it"),
    HEAD_OF("version https://git-lfs", "a pointer of Git LFS, not the file: "
            "git lfs pull"),
    HEAD_OF("/annex/objects/", "a pointer of git-annex, not the file: "
            "git annex get"),
#undef TORCH
#undef HEAD_OF
#undef ZIP_OF
};

static int refuse_directory(int fd)
{
    static const char *const zarr[] = { ".zgroup", ".zarray", "zarr.json" };

    for (int i = 0; i < 3; i++)
        if (!faccessat(fd, zarr[i], F_OK, 0))
            return err_set(EX_DATAERR, "a zarr folder: zarr.open and h5py "
                           "write it as HDF5");
    return err_set(EX_DATAERR, "a folder, not a file");
}

static int refuse_missing(const char *path)
{
    int why = errno;
    char to[HEAD] = "";

    if (readlink(path, to, sizeof to - 1) > 0 &&
        strstr(to, ".git/annex/objects"))
        return err_set(EX_NOINPUT, "a link of git-annex whose file is not "
                       "here: git annex get");
    return err_set(EX_NOINPUT, "%s", strerror(why));
}

static bool first_entry_ends(const char *head, size_t length, const char *end)
{
    enum { SIZE = 26, NAME = 30 };
    size_t m = strlen(end), n = length < NAME ? 0 : (unsigned char)head[SIZE];

    return n >= m && (!m || (NAME + n <= length &&
                             !memcmp(head + NAME + n - m, end, m)));
}

static int refuse_head(const char *head, size_t length)
{
    if (!length)
        return err_set(EX_DATAERR, "empty");
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (length >= heads[i].length &&
            !memcmp(head, heads[i].bytes, heads[i].length) &&
            (!heads[i].entry ||
             first_entry_ends(head, length, heads[i].entry)))
            return err_set(EX_DATAERR, "%s", heads[i].is);
    return err_set(EX_DATAERR, "not an HDF5 file");
}

/* A signature stands at 0, 512, 1024, 2048 ... */
static bool has_signature(int fd, off_t size)
{
    static const char signature[] = "\211HDF\r\n\032\n";
    char at[sizeof signature - 1];

    for (off_t o = 0; o < size; o = o ? 2 * o : HEAD)
        if (pread(fd, at, sizeof at, o) == (ssize_t)sizeof at &&
            !memcmp(at, signature, sizeof at))
            return true;
    return false;
}

int foreign_door(const char *path, size_t *bytes)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    char head[HEAD];
    struct stat st;
    ssize_t n;

    if (fd < 0)
        return refuse_missing(path);
    if (fstat(fd, &st)) {
        err_set(EX_NOINPUT, "%s", strerror(errno));
    } else if (S_ISDIR(st.st_mode)) {
        refuse_directory(fd);
    } else if (!S_ISREG(st.st_mode)) {
        err_set(EX_DATAERR, "a pipe or a device, not a file");
    } else if (has_signature(fd, st.st_size)) {
        *bytes = (size_t)st.st_size;
        return fd;
    } else if ((n = pread(fd, head, sizeof head, 0)) < 0) {
        err_set(EX_NOINPUT, "%s", strerror(errno));
    } else {
        refuse_head(head, (size_t)n);
    }
    close(fd);
    return -1;
}
