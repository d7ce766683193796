#include "card.h"

#include <assert.h>
#include <cuda_runtime_api.h>
#include <stdlib.h>
#include <string.h>

#include "../err.h"
#include "../log.h"

enum { OLDEST = 8 };            /* capability: the first of Makefile's CARDS */

struct card {
    struct cudaDeviceProp is;
    int processors, shared;
    cudaStream_t stream;
    struct held { void *x; bool host; } *held;
    size_t n, room;
};

static const char hint[] = "--device cpu computes without a card";

int card_check(int error, const char *what)
{
    if (error == cudaSuccess)
        return 0;
    if (error == cudaErrorMemoryAllocation)
        return err_set(EX_OSERR, "%s: out of memory, its own or page-locked; "
                       "smaller batches, models and files need less, %s", what,
                       hint);
    return err_set(EX_UNAVAILABLE, "%s: %s; %s", what,
                   cudaGetErrorString((cudaError_t)error), hint);
}

static const enum cudaDeviceAttr MAJOR = cudaDevAttrComputeCapabilityMajor;

int card_found(void)
{
    int count = 0, major;
    cudaError_t rc = cudaGetDeviceCount(&count);

    if (rc == cudaErrorInsufficientDriver)
        return err_set(EX_UNAVAILABLE, "no CUDA device: no driver of NVIDIA's "
                       "is here, or one too old for CUDA %d.%d; %s",
                       CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10,
                       hint);
    if (rc != cudaSuccess || count == 0)
        return err_set(EX_UNAVAILABLE, "no CUDA device: %s; %s",
                       cudaGetErrorString(rc == cudaSuccess ? cudaErrorNoDevice
                                                         : rc), hint);
    if (card_check(cudaDeviceGetAttribute(&major, MAJOR, 0), "CUDA device"))
        return -1;
    return major >= OLDEST ? 0 :
           err_set(EX_UNAVAILABLE, "no CUDA device: the card is of compute "
                   "capability %d.x, %d.0 and newer will do; %s", major,
                   OLDEST, hint);
}

static int open_card(struct card *c)
{
    if (card_check(cudaGetDeviceProperties(&c->is, 0), "CUDA device") ||
        card_check(cudaDeviceGetAttribute(&c->processors,
                                          cudaDevAttrMultiProcessorCount, 0),
                   "CUDA device") ||
        card_check(cudaDeviceGetAttribute(&c->shared,
                       cudaDevAttrMaxSharedMemoryPerBlockOptin, 0),
                   "CUDA device"))
        return -1;
    return card_check(cudaStreamCreate(&c->stream), "CUDA device");
}

struct card *card_open(void)
{
    struct card *c;

    if (card_found())
        return NULL;
    if (!(c = calloc(1, sizeof *c))) {
        err_set(EX_OSERR, "out of memory");
        return NULL;
    }
    if (open_card(c)) {
        card_close(c);
        return NULL;
    }
    log_device(c->is.name);
    return c;
}

void card_close(struct card *c)
{
    if (c == NULL)
        return;
    if (c->stream)
        cudaStreamSynchronize(c->stream);
    for (size_t i = 0; i < c->n; i++)
        if (c->held[i].host)
            cudaFreeHost(c->held[i].x);
        else
            cudaFree(c->held[i].x);
    if (c->stream)
        cudaStreamDestroy(c->stream);
    free(c->held);
    free(c);
}

int card_blocks(const struct card *c)
{
    return PROCESSOR_BLOCKS * c->processors;
}

struct CUstream_st *card_stream(const struct card *c)
{
    return c->stream;
}

static void *get(struct card *c, size_t n, size_t size, bool host)
{
    void *x = NULL;

    if (c->n == c->room) {
        size_t room = c->room ? 2 * c->room : 64;
        struct held *more = realloc(c->held, room * sizeof *more);
        if (more == NULL) {
            err_set(EX_OSERR, "out of memory");
            return NULL;
        }
        c->held = more;
        c->room = room;
    }
    n = n ? n : 1;
    cudaError_t rc = host ? cudaMallocHost(&x, n * size)
                          : cudaMalloc(&x, n * size);
    if (card_check(rc, c->is.name))
        return NULL;
    c->held[c->n++] = (struct held){ x, host };
    return x;
}

void *card_get(struct card *c, size_t n, size_t size)
{
    return get(c, n, size, false);
}

void *card_get_host(struct card *c, size_t n, size_t size)
{
    return get(c, n, size, true);
}

int card_put(struct card *c, void *to, const void *from, size_t bytes)
{
    return card_check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice,
                                      c->stream), c->is.name);
}

int card_take(struct card *c, void *to, const void *from, size_t bytes)
{
    return card_check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost,
                                      c->stream), c->is.name);
}

void *card_copy(struct card *c, const void *from, size_t n, size_t size)
{
    void *to = card_get(c, n, size);

    return to && card_put(c, to, from, n * size) == 0 ? to : NULL;
}

int card_wait(struct card *c)
{
    return card_check(cudaStreamSynchronize(c->stream), c->is.name);
}

/* ---- models ---- */

const struct card_arch *const card_archs[] = {
    &card_gru, &card_lstm, &card_transformer, NULL
};

static_assert((int)CARD_PARAMS == ARCH_PARAMS, "parameters of a model");

int card_model_open(struct card_model *x, const struct model *m,
                    struct card *c)
{
    size_t tables = m->arch->tables(m);

    *x = (struct card_model){ .net = { .P = m->P, .C = m->C, .V = m->V } };
    memcpy(x->net.at, m->at, sizeof x->net.at);
    for (int i = 0; card_archs[i]; i++)
        if (strcmp(card_archs[i]->name, m->arch->name) == 0)
            x->arch = card_archs[i];
    if (x->arch == NULL)
        return err_set(EX_UNAVAILABLE, "a %s does not run on a card; %s",
                       m->arch->name, hint);
    if (!(x->net.w = card_get(c, m->P, sizeof(float))) ||
        !(x->net.table = card_get(c, tables, sizeof(float))))
        return -1;
    return card_model_put(x, m, c);
}

int card_model_put(struct card_model *x, const struct model *m,
                   struct card *c)
{
    size_t tables = m->arch->tables(m);

    return card_put(c, x->net.w, m->w, m->P * sizeof(float)) ||
           card_put(c, x->net.table, m->table, tables * sizeof(float)) ? -1 : 0;
}

void card_workspace_add(struct workspace *w, const struct card_model *x,
                        int rows, int T, bool trains)
{
    size_t size = x->arch->room(&x->net, rows, T, trains);
    size_t scratch = x->arch->scratch(&x->net, rows);

    w->size = size > w->size ? size : w->size;
    w->scratch = scratch > w->scratch ? scratch : w->scratch;
}

int card_workspace_get(struct workspace *w, struct card *c)
{
    size_t most = (size_t)c->shared / sizeof(float) - BLOCK_SHARED;

    if (w->scratch > most)
        w->scratch = 0;
    w->blocks = card_blocks(c);
    w->slab = card_get(c, (size_t)w->blocks * w->size, sizeof *w->slab);
    return w->slab ? 0 : -1;
}
