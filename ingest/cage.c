/* cage.c - see cage.h. Landlock has no wrappers in glibc, and a filter of so few lines needs no
 * library. */
#include "ingest/cage.h"
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined __x86_64__
#define CAGE_MACHINE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define CAGE_MACHINE AUDIT_ARCH_AARCH64
#endif

/* Everything that the first version of Landlock knows. */
static const uint64_t all_files =
    LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
    LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
    LANDLOCK_ACCESS_FS_MAKE_SYM;
static const uint64_t of_a_journal =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG;

static bool only_folder(int folder) {
    struct landlock_ruleset_attr wanted = {.handled_access_fs = all_files};
    struct landlock_path_beneath_attr beneath = {.allowed_access = of_a_journal,
                                                 .parent_fd = folder};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &wanted, sizeof wanted, 0);
    if (rules < 0)
        return false;
    bool done =
        syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0 &&
        syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    close(rules);
    return done;
}

#define REFUSED(name)                                                                             \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)SYS_##name, 0, 1),                              \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

static bool fewer_calls(void) {
#ifdef CAGE_MACHINE
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CAGE_MACHINE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REFUSED(execve), REFUSED(execveat), REFUSED(ptrace), REFUSED(process_vm_readv),
        REFUSED(process_vm_writev), REFUSED(mount), REFUSED(umount2), REFUSED(pivot_root),
        REFUSED(chroot), REFUSED(init_module), REFUSED(finit_module), REFUSED(delete_module),
        REFUSED(kexec_load), REFUSED(reboot), REFUSED(swapon), REFUSED(swapoff), REFUSED(bpf),
        REFUSED(perf_event_open), REFUSED(userfaultfd), REFUSED(add_key), REFUSED(request_key),
        REFUSED(keyctl), REFUSED(unshare), REFUSED(setns), REFUSED(settimeofday),
        REFUSED(clock_settime), REFUSED(adjtimex), REFUSED(clock_adjtime), REFUSED(acct),
        REFUSED(quotactl), REFUSED(sethostname), REFUSED(setdomainname),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
#else
    return false; /* a machine that nobody has tried */
#endif
}

enum hemo_error cage(int folder, bool *files) {
    *files = CAGE_OPEN;
    if (CAGE_OPEN)
        return HEMO_OK;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return HEMO_NOT_ALLOWED;
    *files = only_folder(folder);
    return fewer_calls() ? HEMO_OK : HEMO_NOT_ALLOWED;
}
