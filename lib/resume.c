#include "resume.h"

#include <assert.h>

#include "err.h"
#include "seconds.h"

void resume_add(struct resume *r, const char *name, double *at, size_t size)
{
    assert(r->n < RESUME_VECTORS);
    r->vector[r->n].name = name;
    r->vector[r->n].at = at;
    r->vector[r->n].size = size;
    r->n++;
}

int resume_load(struct resume *r)
{
    r->last = seconds();
    return r->load ? r->load(r) : 0;
}

int resume_outrun(const struct resume *r)
{
    return err_set(EX_USAGE, "--epochs: %s is of a longer run: give more, or "
                   "remove that file to begin again", r->path);
}

bool resume_due(const struct resume *r)
{
    return r->save && seconds() - r->last >= r->every;
}

int resume_save(struct resume *r, bool now)
{
    if (!r->save || (!now && !resume_due(r)))
        return 0;
    if (r->save(r))
        return -1;
    r->last = seconds();
    return 0;
}
