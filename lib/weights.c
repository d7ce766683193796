#include "weights.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "err.h"
#include "foreign.h"
#include "guard.h"
#include "names.h"
#include "safetensors.h"
#include "utf8.h"

enum { AXES = 2, SHAPE = 1 + AXES,      /* a parameter's shape: rank, sizes  */
       ARRAYS = 1 << 12 };

static const char golden_tokens[] = "/golden/tokens",
                  golden_logits[] = "/golden/logits";

/* ---- in the child ---- */

/* What work is to read, and where what it found goes. */
struct job {
    const char *path, *vocabulary;
    size_t memory;
    struct arena *arena;
    struct parcel *to;
    struct foreign *file;
    struct names paths;         /* of datasets that may be parameters        */
};

/* Announce n parameters of these names and shapes, and give memory for all
 * their values. */
static float *announce(struct parcel *to, const char *const *name,
                       const int64_t *shape, size_t n)
{
    int64_t *sent = parcel_put(to, "shapes", PARCEL_I64, n * SHAPE);
    size_t values = 0;

    if (!sent || parcel_put_texts(to, "names", name, n))
        return NULL;
    for (size_t k = 0; k < n; k++) {
        const int64_t *s = shape + k * SHAPE;
        size_t size = s[0] > 0 ? (size_t)s[1] : 0;
        if ((s[0] > 1 && __builtin_mul_overflow(size, (size_t)s[2], &size)) ||
            __builtin_add_overflow(values, size, &values)) {
            err_set(EX_DATAERR, "%s: too large", name[k]);
            return NULL;
        }
    }
    memcpy(sent, shape, n * SHAPE * sizeof *sent);
    return parcel_put(to, "values", PARCEL_F32, values);
}

/* The shape of a parameter; rank 0 for what can be none. */
static void set_shape(int64_t shape[SHAPE], bool number, int rank,
                      const size_t *size)
{
    shape[0] = number && rank >= 1 && rank <= AXES ? rank : 0;
    for (int i = 0; i < shape[0]; i++)
        shape[1 + i] = (int64_t)size[i];
}

static int send_safetensors(int fd, struct job *j)
{
    size_t n;
    struct safetensor *x = safetensors_read(fd, &n, j->arena);
    const char **name;
    int64_t *shape;
    float *to;

    if (!x || !(name = arena_get(j->arena, n, sizeof *name)) ||
        !(shape = arena_get(j->arena, n * SHAPE, sizeof *shape)))
        return -1;
    for (size_t k = 0; k < n; k++) {
        name[k] = x[k].name;
        set_shape(shape + k * SHAPE, x[k].is_float, x[k].rank, x[k].size);
    }
    if (!(to = announce(j->to, name, shape, n)))
        return -1;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; shape[k * SHAPE] && i < x[k].n; i++)
            *to++ = (float)safetensors_value(&x[k], i);
    return 0;
}

/* Note the path of a dataset that may be a parameter. */
static int note(void *with, const char *path)
{
    struct job *j = with;

    if ((j->vocabulary && !strcmp(path, j->vocabulary)) ||
        !strncmp(path, "/golden/", 8))
        return 0;
    return names_add(&j->paths, "%s", path);
}

const char *weights_name(const char *path, struct arena *a)
{
    char *name = arena_text(a, "%s", path + 1);

    for (char *c = name; c && *c; c++)
        if (*c == '/')
            *c = '.';
    return name;
}

static int send_parameters(struct job *j)
{
    const char **name;
    int64_t *shape;
    float *to;

    if (foreign_walk(j->file, "/", note, j))
        return -1;
    name = arena_get(j->arena, j->paths.n, sizeof *name);
    shape = arena_get(j->arena, j->paths.n * SHAPE, sizeof *shape);
    if (!name || !shape)
        return -1;
    for (size_t k = 0; k < j->paths.n; k++) {
        struct foreign_set set;
        if (!(name[k] = weights_name(j->paths.name[k], j->arena)) ||
            foreign_look(j->file, j->paths.name[k], &set))
            return -1;
        set_shape(shape + k * SHAPE, set.type == FOREIGN_NUMBER, set.rank,
                  set.size);
    }
    if (!(to = announce(j->to, name, shape, j->paths.n)))
        return -1;
    for (size_t k = 0; k < j->paths.n; k++) {
        size_t n;
        double *x;
        if (!shape[k * SHAPE])
            continue;
        if (!(x = foreign_numbers(j->file, j->paths.name[k], NULL, &n)))
            return -1;
        for (size_t i = 0; i < n; i++)
            *to++ = (float)x[i];
    }
    return 0;
}

static int send_vocabulary(struct job *j)
{
    size_t n;
    const char **text = foreign_texts(j->file, j->vocabulary, NULL, &n);

    return text ? parcel_put_texts(j->to, "tokens", text, n) : -1;
}

static int send_golden(struct job *j)
{
    struct foreign_set tokens, logits;
    int64_t *shape = parcel_put(j->to, "golden_shape", PARCEL_I64, 3);
    int32_t *to;
    double *token, *logit, *sent;
    size_t n;

    if (!shape || foreign_look(j->file, golden_tokens, &tokens) ||
        foreign_look(j->file, golden_logits, &logits))
        return -1;
    if (tokens.rank != 2 || logits.rank != 3 ||
        memcmp(tokens.size, logits.size, 2 * sizeof *tokens.size))
        return err_set(EX_DATAERR, "%s: not (B,T) beside %s of (B,T,V)",
                       golden_tokens, golden_logits);
    for (int i = 0; i < 3; i++)
        shape[i] = (int64_t)logits.size[i];
    if (!(token = foreign_numbers(j->file, golden_tokens, NULL, &n)) ||
        !(to = parcel_put(j->to, "golden_tokens", PARCEL_I32, n)))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (!(token[i] >= 0 && token[i] <= INT32_MAX) ||
            token[i] != floor(token[i]))
            return err_set(EX_DATAERR, "%s: %g is no token", golden_tokens,
                           token[i]);
        else
            to[i] = (int32_t)token[i];
    if (!(logit = foreign_numbers(j->file, golden_logits, NULL, &n)) ||
        !(sent = parcel_put(j->to, "golden_logits", PARCEL_F64, n)))
        return -1;
    memcpy(sent, logit, n * sizeof *sent);
    return 0;
}

static int send_hdf5(struct job *j)
{
    int rc = -1;

    if (!(j->file = foreign_open(j->path, j->memory, j->arena)))
        return -1;
    if (send_parameters(j) ||
        (j->vocabulary && foreign_is_set(j->file, j->vocabulary) &&
         send_vocabulary(j)) ||
        (foreign_is_set(j->file, golden_logits) && send_golden(j)))
        goto done;
    rc = 0;
done:
    foreign_close(j->file);
    return rc;
}

static int work(void *with, struct parcel *to)
{
    struct job *j = with;
    int fd = open(j->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;

    j->to = to;
    if (fd >= 0 && safetensors_is(fd)) {
        guard_shut();
        rc = send_safetensors(fd, j);
    } else {
        rc = send_hdf5(j);
    }
    if (fd >= 0)
        close(fd);
    return rc ? err_in("%s", j->path) : 0;
}

/* ---- in the parent, which believes nothing ---- */

static int take_parameters(struct weights *w, struct parcel *from,
                           struct arena *a)
{
    size_t nnames, nshapes, nvalues, at = 0;
    const char **name = parcel_texts(from, "names", &nnames, a);
    int64_t *shape = parcel_get(from, "shapes", PARCEL_I64, &nshapes);
    float *values = parcel_get(from, "values", PARCEL_F32, &nvalues), *x;

    if (!name || !shape || !values || nshapes != nnames * SHAPE)
        return parcel_unsound();
    if (nnames > ARRAYS)
        return err_set(EX_DATAERR, "more than %d arrays", ARRAYS);
    w->n = nnames;
    if (!(w->weight = arena_get(a, w->n, sizeof *w->weight)) ||
        !(x = arena_get(a, nvalues, sizeof *x)))
        return -1;
    memcpy(x, values, nvalues * sizeof *x);
    for (size_t k = 0; k < w->n; k++) {
        struct weight *p = &w->weight[k];
        const int64_t *s = shape + k * SHAPE;
        *p = (struct weight){ .name = name[k], .rank = (int)s[0], .x = x + at,
                              .n = s[0] != 0 };
        if (s[0] < 0 || s[0] > AXES)
            return parcel_unsound();
        for (int i = 0; i < p->rank; i++) {
            p->size[i] = (size_t)s[1 + i];
            if (__builtin_mul_overflow(p->n, p->size[i], &p->n))
                return parcel_unsound();
        }
        if (p->n > nvalues - at)
            return parcel_unsound();
        p->finite = true;
        for (size_t i = 0; i < p->n; i++)
            p->finite &= isfinite(p->x[i]) != 0;
        at += p->n;
    }
    return 0;
}

static int take_golden(struct golden *g, struct parcel *from, struct arena *a)
{
    size_t nshape, ntokens, nlogits, n;
    int64_t *shape = parcel_get(from, "golden_shape", PARCEL_I64, &nshape);
    int32_t *token = parcel_get(from, "golden_tokens", PARCEL_I32, &ntokens);
    double *logit = parcel_get(from, "golden_logits", PARCEL_F64, &nlogits);
    void *to;

    if (!shape)
        return err_code() ? -1 : 0;
    if (!token || !logit || nshape != 3)
        return parcel_unsound();
    g->B = (size_t)shape[0], g->T = (size_t)shape[1], g->V = (size_t)shape[2];
    if (__builtin_mul_overflow(g->B, g->T, &n) || n != ntokens ||
        __builtin_mul_overflow(n, g->V, &n) || n != nlogits)
        return parcel_unsound();
    if (n == 0)
        return err_set(EX_DATAERR, "%s: empty", golden_logits);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(logit[i]))
            return err_set(EX_DATAERR, "%s: not finite at %zu", golden_logits,
                           i);
    if (!(to = arena_get(a, ntokens, sizeof *token)))
        return -1;
    g->token = memcpy(to, token, ntokens * sizeof *token);
    if (!(to = arena_get(a, nlogits, sizeof *logit)))
        return -1;
    g->logit = memcpy(to, logit, nlogits * sizeof *logit);
    return 0;
}

/* With the dataset of the tokens' names; NULL: none is read. */
static struct weights *read_file(const char *path, const char *vocabulary,
                                 const struct guard_limits *limits,
                                 struct arena *a)
{
    struct job job = { .path = path, .vocabulary = vocabulary, .arena = a,
                       .paths.arena = a,
                       .memory = limits->memory };
    struct weights *w = arena_get(a, 1, sizeof *w);
    struct parcel *parcel = NULL;
    int rc = -1;

    if (!w || guard_run(&parcel, path, work, &job, limits))
        goto done;
    w->path = path;
    err_clear();
    w->token = parcel_texts(parcel, "tokens", &w->ntokens, a);
    if (err_code() || take_parameters(w, parcel, a) ||
        take_golden(&w->golden, parcel, a))
        err_in("%s", path);
    else
        rc = 0;
done:
    guard_release(parcel);
    return rc ? NULL : w;
}

/* ---- a list of tokens ---- */

/* The lines of a text, in place. */
static const char **lines(char *text, size_t *n, struct arena *a)
{
    size_t room = 1;
    const char **line;

    for (const char *c = text; *c; c++)
        room += *c == '\n';
    line = arena_get(a, room, sizeof *line);
    *n = 0;
    for (char *at = text; line && *at;) {
        size_t length = strcspn(at, "\n");
        bool last = !at[length];
        line[(*n)++] = at;
        at[length] = '\0';
        if (length && at[length - 1] == '\r')
            at[length - 1] = '\0';
        at += last ? length : length + 1;
    }
    return line;
}

static int check_lines(const char *path, const char *const *line, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (!utf8_printable(line[k]))
            return err_set(EX_DATAERR, "%s: line %zu is not one of UTF-8 text",
                           path, k + 1);
    return 0;
}

static const char **read_tokens(const char *path, size_t *n, struct arena *a)
{
    enum { LONGEST = 1 << 16 };
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = arena_get(a, LONGEST + 1, 1);
    struct stat st;
    const char **line = NULL;
    ssize_t size;

    if (!text)
        goto done;
    if (fd < 0) {
        err_set(EX_NOINPUT, "%s: %s", path, strerror(errno));
        goto done;
    }
    size = fstat(fd, &st) || !S_ISREG(st.st_mode) ? -1
         : read(fd, text, LONGEST + 1);
    if (size < 0 || size > LONGEST || memchr(text, 0, (size_t)size))
        err_set(EX_DATAERR, "%s: not a text of at most %d bytes, a token a "
                "line", path, LONGEST);
    else if ((line = lines(text, n, a)) && check_lines(path, line, *n))
        line = NULL;
done:
    if (fd >= 0)
        close(fd);
    return line;
}

struct weights *weights_gather(const char *path, const char *golden,
                               const char *list, const char *vocabulary,
                               const struct guard_limits *limits,
                               struct arena *a)
{
    const char *name = vocabulary ? vocabulary : "vocabulary";
    const char *set = list ? NULL
                           : arena_text(a, "/%s", name + (*name == '/'));
    struct weights *w = list || set ? read_file(path, set, limits, a) : NULL;
    struct weights *g = golden && w ? read_file(golden, set, limits, a) : w;

    if (!w || !g || (list && !(w->token = read_tokens(list, &w->ntokens, a))))
        return NULL;
    w->golden = g->golden;
    if (w->token && w->golden.logit)
        return w;
    if (!w->token && vocabulary)
        err_set(EX_DATAERR, "--vocabulary %s: neither a file nor a dataset of "
                "%s", vocabulary, path);
    else
        err_set(EX_DATAERR, "%s: %s", w->token ? g->path : path, w->token
                ? "no /golden/logits to check the import by (see --golden)"
                : "no names of its tokens (see --vocabulary)");
    return NULL;
}
