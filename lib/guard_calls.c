#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "guard_priv.h"

/* What libhdf5, libc and the end of a process need. All else fails with EPERM:
 * a libc of another year may ask for more, and does without. */
static const char *const needed[] = {
    "read", "pread64", "readv", "preadv", "lseek", "close", "fstat",
    "newfstatat", "stat", "lstat", "statx", "access", "faccessat",
    "faccessat2", "readlink", "readlinkat", "getcwd", "brk", "munmap",
    "mremap", "madvise", "futex", "rt_sigreturn", "rt_sigprocmask",
    "rt_sigaction", "sigaltstack", "restart_syscall", "getpid", "gettid",
    "getrandom", "clock_gettime", "gettimeofday", "time", "getrusage",
    "getrlimit", "sched_yield", "sysinfo", "uname", "set_robust_list", "rseq",
    "seccomp", "exit", "exit_group"
};

/* What no reading of a file has ever asked for: the end. */
static const char *const fatal[] = {
    "execve", "execveat", "fork", "vfork", "clone", "clone3", "socket",
    "ptrace", "process_vm_writev", "kill", "unlink", "unlinkat", "rename",
    "renameat", "renameat2", "mount", "bpf"
};

static int add_names(scmp_filter_ctx filter, uint32_t action,
                     const char *const *name, size_t n)
{
    int rc = 0;

    for (size_t i = 0; i < n; i++) {
        int call = seccomp_syscall_resolve_name(name[i]);
        if (call != __NR_SCMP_ERROR)
            rc |= seccomp_rule_add_array(filter, action, call, 0, NULL);
    }
    return rc;
}

/* A call may pass where argument `arg`, masked, has that value. */
static int allow_if(scmp_filter_ctx filter, const char *name, unsigned arg,
                    uint64_t mask, uint64_t value)
{
    const struct scmp_arg_cmp is = { arg, SCMP_CMP_MASKED_EQ, mask, value };

    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
                                  seccomp_syscall_resolve_name(name), 1, &is);
}

static int load(scmp_filter_ctx filter, int rc)
{
    rc = rc || seccomp_load(filter) ? -1 : 0;
    seccomp_release(filter);
    return rc;
}

int guard_filter_reading(void)
{
    static const uint64_t all = ~UINT64_C(0);
    static const uint64_t writes = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND |
                                   (O_TMPFILE & ~O_DIRECTORY);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

    if (!filter)
        return -1;
    return load(filter,
        add_names(filter, SCMP_ACT_ALLOW, needed,
                  sizeof needed / sizeof *needed) ||
        add_names(filter, SCMP_ACT_KILL_PROCESS, fatal,
                  sizeof fatal / sizeof *fatal) ||
        allow_if(filter, "open", 1, writes, O_RDONLY) ||
        allow_if(filter, "openat", 2, writes, O_RDONLY) ||
        allow_if(filter, "mmap", 2, PROT_EXEC, 0) ||
        allow_if(filter, "mprotect", 2, PROT_EXEC, 0) ||
        allow_if(filter, "write", 0, all, STDERR_FILENO) ||
        allow_if(filter, "tgkill", 0, all, (uint64_t)getpid()) ||
        allow_if(filter, "prctl", 0, all, PR_SET_NO_NEW_PRIVS) ||
        allow_if(filter, "prlimit64", 2, all, 0));      /* asks, sets none */
}

int guard_filter_opening(void)
{
    static const char *const opens[] = { "open", "openat", "openat2" };
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    if (!filter)
        return -1;
    return load(filter, add_names(filter, SCMP_ACT_ERRNO(EACCES), opens,
                                  sizeof opens / sizeof *opens));
}
