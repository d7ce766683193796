/* scratch.h - a directory for one test program, made under $TMPDIR or /tmp
 * and removed with all that is in it. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch[256];
static char *scratch_path[256];

static inline int scratch_make(void **state)
{
    const char *at = getenv("TMPDIR");
    (void)state;
    snprintf(scratch, sizeof scratch, "%s/mas-test-XXXXXX", at ? at : "/tmp");
    return mkdtemp(scratch) ? 0 : -1;
}

static inline int scratch_rm(const char *path, const struct stat *st, int type,
                             struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static inline int scratch_remove(void **state)
{
    (void)state;
    for (int i = 0; scratch_path[i]; i++)
        free(scratch_path[i]);
    return nftw(scratch, scratch_rm, 8, FTW_DEPTH | FTW_PHYS);
}

/* Path of a name in the directory, valid until it is removed. */
static inline const char *in_scratch(const char *name)
{
    char whole[512];
    int i = 0;

    snprintf(whole, sizeof whole, "%s/%s", scratch, name);
    while (scratch_path[i] && strcmp(scratch_path[i], whole))
        i++;
    if (!scratch_path[i])
        scratch_path[i] = strdup(whole);
    return scratch_path[i];
}

/* How many files are there, hidden ones too. */
static inline int scratch_count(void)
{
    DIR *dir = opendir(scratch);
    int n = -2;
    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

static inline void scratch_clear(void)
{
    DIR *dir = opendir(scratch);
    for (struct dirent *e; dir && (e = readdir(dir)); )
        if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
            unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
}

#endif
