#include <sys/stat.h>

#include "hid.h"
#include "names.h"

void hid_drop(hid_t id)
{
    if (id >= 0)
        H5Idec_ref(id);
}

bool hid_is_file(hid_t file, int fd)
{
    struct stat opened, other;
    void *handle;

    return H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) >= 0 &&
           !fstat(*(int *)handle, &opened) && !fstat(fd, &other) &&
           opened.st_dev == other.st_dev && opened.st_ino == other.st_ino;
}

static herr_t add_name(hid_t group, const char *name, const H5L_info_t *info,
                       void *list)
{
    (void)group, (void)info;
    return names_add(list, "%s", name);
}

int hid_names(hid_t group, struct names *list)
{
    if (H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, add_name,
                   list) < 0)
        return -1;
    names_sort(list);
    return 0;
}
