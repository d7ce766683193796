/* emulate.cc - blocks of threads on one processor. A block's threads are
 * contexts that take turns from barrier to barrier, in another order each time:
 * what depends on it is a race. (That threads wait at different barriers is not
 * seen.) Memory is NaN at first, and what is past its end ends the program. What
 * is queued is done as late as a card may.
 *
 * EMULATE_FAILURE=N in the environment: from the N-th call on all fail, for
 * want of memory where N is even. */
#include "cuda_runtime.h"

#include <assert.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <deque>
#include <vector>

enum { THREADS_MOST = 1024, STACK = 64 * 1024, SHARED = 227 * 1024 };
enum { BEYOND = SHARED };       /* so far past its end too                   */

dim3 threadIdx, blockIdx, blockDim, gridDim;
float shared[(SHARED + BEYOND) / sizeof(float)];

static struct {
    ucontext_t first;           /* how a thread begins; then it jumps        */
    jmp_buf home, thread[THREADS_MOST];
    char *stack;
    unsigned at, order[THREADS_MOST];
    bool begun[THREADS_MOST], done[THREADS_MOST];
    const std::function<void()> *call;
    uint32_t random;
} run;

static cudaError_t fails()
{
    static const char *text = getenv("EMULATE_FAILURE");
    static long at = text ? atol(text) : -1, calls;

    return at < 0 || calls++ < at ? cudaSuccess
         : at % 2 ? cudaErrorUnknown : cudaErrorMemoryAllocation;
}

void __syncthreads()
{
    if (!_setjmp(run.thread[run.at]))
        _longjmp(run.home, 1);
}

/* A thread, block after block. */
static void begin()
{
    for (;;) {
        (*run.call)();
        run.done[run.at] = true;
        __syncthreads();
    }
}

/* Let thread run.at run to its next barrier. */
static void go()
{
    if (_setjmp(run.home))
        return;
    if (run.begun[run.at])
        _longjmp(run.thread[run.at], 1);
    run.begun[run.at] = true;
    getcontext(&run.first);
    run.first.uc_stack.ss_sp = run.stack + (size_t)run.at * STACK;
    run.first.uc_stack.ss_size = STACK;
    run.first.uc_link = NULL;
    makecontext(&run.first, begin, 0);
    setcontext(&run.first);
}

static void shuffle(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        run.order[i] = i;
    for (unsigned i = n; i > 1; i--) {
        run.random = run.random * 1664525 + 1013904223;
        std::swap(run.order[i - 1], run.order[(run.random >> 8) % i]);
    }
}

/* All threads from one barrier to the next. True: all have ended. That some
 * have and others have not is a mistake. */
static bool turn(unsigned n)
{
    unsigned ended = 0;

    shuffle(n);
    for (unsigned i = 0; i < n; i++) {
        run.at = run.order[i];
        threadIdx = dim3(run.at);
        go();
        ended += run.done[run.at];
    }
    assert(ended == 0 || ended == n);
    return ended == n;
}

static void run_block(unsigned n, size_t bytes)
{
    memset(shared, 0xff, bytes);                /* NaN */
    memset(run.done, 0, sizeof run.done);
    while (!turn(n))
        ;
}

/* Has a block written to shared memory that it did not ask for? */
static bool wrote_beyond(size_t bytes)
{
    const unsigned char *x = (const unsigned char *)shared;

    for (size_t i = bytes; i < sizeof shared; i++)
        if (x[i] != 0xff)
            return true;
    return false;
}

static void run_grid(dim3 grid, dim3 block, size_t bytes,
                     const std::function<void()> &call)
{
    run.call = &call;
    gridDim = grid;
    blockDim = block;
    memset(shared, 0xff, sizeof shared);
    for (blockIdx.z = 0; blockIdx.z < grid.z; blockIdx.z++)
        for (blockIdx.y = 0; blockIdx.y < grid.y; blockIdx.y++)
            for (blockIdx.x = 0; blockIdx.x < grid.x; blockIdx.x++)
                run_block(block.x, bytes);
    assert(!wrote_beyond(bytes));
}

/* ---- the queue ---- */

static std::deque<std::function<void()>> queued;

static void wait()
{
    for (; !queued.empty(); queued.pop_front())
        queued.front()();
}

cudaError_t emulate(dim3 grid, dim3 block, size_t bytes,
                    std::function<void()> call)
{
    cudaError_t rc = fails();

    if (rc || block.x > THREADS_MOST || bytes > SHARED ||
        !grid.x || !grid.y || !grid.z)
        return rc ? rc : cudaErrorInvalidValue;
    if (!run.stack)
        run.stack = (char *)mmap(NULL, (size_t)THREADS_MOST * STACK,
                                 PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    queued.push_back([=] { run_grid(grid, block, bytes, call); });
    return cudaSuccess;
}

/* ---- the runtime ---- */

cudaError_t cudaGetDeviceCount(int *count)
{
    *count = 1;
    return fails();
}

cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *p, int)
{
    *p = (struct cudaDeviceProp){ "emulated", 9, 0 };
    return fails();
}

cudaError_t cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr what, int)
{
    *value = what == cudaDevAttrMultiProcessorCount ? 13
           : what == cudaDevAttrComputeCapabilityMajor ? 9 : SHARED;
    return fails();
}

/* Before what is handed out; behind it is a page that nobody may touch. */
struct piece {
    char *at;
    size_t size;
};
static const size_t PAGE = 4096, ASIDE = 16;

cudaError_t cudaMalloc(void **x, size_t bytes)
{
    cudaError_t rc = fails();
    size_t n = (bytes + ASIDE - 1) / ASIDE * ASIDE + ASIDE;
    struct piece p = { NULL, (n + PAGE - 1) / PAGE * PAGE + PAGE };
    void *map;

    *x = NULL;
    if (rc)
        return rc;
    map = mmap(NULL, p.size, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return cudaErrorMemoryAllocation;
    p.at = (char *)map;
    mprotect(p.at + p.size - PAGE, PAGE, PROT_NONE);
    *x = p.at + p.size - PAGE - n + ASIDE;
    memset(*x, 0xff, bytes);
    memcpy((char *)*x - ASIDE, &p, sizeof p);
    return cudaSuccess;
}

cudaError_t cudaFree(void *x)
{
    struct piece p;

    wait();
    if (x == NULL)
        return cudaSuccess;
    memcpy(&p, (char *)x - ASIDE, sizeof p);
    munmap(p.at, p.size);
    return cudaSuccess;
}

/* The host's memory that copies read and write themselves. */
static std::vector<std::pair<char *, size_t>> pinned;

static bool is_pinned(const void *x)
{
    for (auto &p : pinned)
        if (x >= p.first && x < p.first + p.second)
            return true;
    return false;
}

cudaError_t cudaMallocHost(void **x, size_t bytes)
{
    cudaError_t rc = cudaMalloc(x, bytes);

    if (!rc)
        pinned.push_back({ (char *)*x, bytes });
    return rc;
}

cudaError_t cudaFreeHost(void *x)
{
    cudaError_t rc = cudaFree(x);

    for (auto &p : pinned)
        if (p.first == x)
            p.second = 0;
    return rc;
}

/* Of other memory a copy is made before it is queued; what goes there is
 * waited for. */
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes,
                            enum cudaMemcpyKind kind, cudaStream_t)
{
    cudaError_t rc = fails();
    const char *x = (const char *)from;

    if (rc)
        return rc;
    if (kind == cudaMemcpyHostToDevice && !is_pinned(from)) {
        std::vector<char> held(x, x + bytes);
        queued.push_back([=] { memcpy(to, held.data(), bytes); });
        return cudaSuccess;
    }
    queued.push_back([=] { memcpy(to, from, bytes); });
    if (kind == cudaMemcpyDeviceToHost && !is_pinned(to))
        wait();
    return cudaSuccess;
}

cudaError_t cudaStreamCreate(cudaStream_t *stream)
{
    *stream = NULL;
    return fails();
}

cudaError_t cudaStreamDestroy(cudaStream_t)
{
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t)
{
    wait();
    return fails();
}

cudaError_t cudaFuncSetAttribute(const void *, enum cudaFuncAttribute,
                                 int value)
{
    return value <= SHARED ? fails() : cudaErrorInvalidValue;
}

const char *cudaGetErrorString(cudaError_t error)
{
    return error == cudaErrorMemoryAllocation ? "out of memory"
         : error == cudaErrorNoDevice ? "no CUDA-capable device is detected"
         : "unspecified error";
}
