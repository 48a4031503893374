/* t_hemod_cage - what a caged process cannot do any more, and that hemod runs in the cage. */
#include "ingest/cage.h"
#include "tests/hemod_peers.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <cmocka.h>

static int folder;

static bool opens(int where, const char *path, int flags) {
    int file = openat(where, path, flags | O_CLOEXEC, 0600);
    if (file >= 0)
        close(file);
    return file >= 0;
}

/* What went wrong, by number; 0: the cage holds. */
static int look_around(void) {
    const char *argv[] = {"/bin/true", NULL};
    if (!opens(folder, "inside", O_RDWR | O_CREAT) || unlinkat(folder, "inside", 0) != 0)
        return 1;
    if (opens(AT_FDCWD, "/etc/passwd", O_RDONLY) || opens(AT_FDCWD, "/proc/1/environ", O_RDONLY))
        return 2;
    if (opens(folder, "../outside", O_RDWR | O_CREAT))
        return 3;
    if (execv(argv[0], (char *const *)argv) == 0 || errno != EPERM)
        return 4;
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 || mount("x", "/tmp", "tmpfs", 0, NULL) == 0)
        return 5;
    return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : 6;
}

static void *in_a_thread(void *wrong) {
    *(int *)wrong = look_around();
    return NULL;
}

static int in_the_cage(void) {
    bool files = false;
    int wrong = 0;
    pthread_t thread;
    if (cage(folder, &files) != HEMO_OK)
        return 10;
    if (!files)
        return 77; /* a kernel without Landlock */
    if ((wrong = look_around()) != 0)
        return wrong;
    if (pthread_create(&thread, NULL, in_a_thread, &wrong) != 0)
        return 11;
    pthread_join(thread, NULL);
    return wrong ? 20 + wrong : 0;
}

static void what_a_caged_process_cannot_do(void **state) {
    struct process p;
    int status = 0;
    (void)state;
    if (CAGE_OPEN)
        skip();
    process_folder(&p, true);
    folder = open(p.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    pid_t pid = fork();
    if (pid == 0)
        _exit(in_the_cage());
    waitpid(pid, &status, 0);
    close(folder);
    process_remove(&p);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* The kernel's word on each thread of a hemod that runs. */
static void hemod_is_caged(void **state) {
    struct process p;
    char text[1024], path[64], status[8192];
    (void)state;
    if (CAGE_OPEN)
        skip();
    process_folder(&p, true);
    snprintf(text, sizeof text,
             "[hemod]\njournal = %s/journal\nfeeds = tcp://127.0.0.1:*\n"
             "events = tcp://127.0.0.1:*\nlive = tcp://127.0.0.1:*\nmetrics = 127.0.0.1:*\n"
             "segment_mib = 1\n[device LAB1]\nrole = feed\nroom = 1\nstream = 1\n",
             p.folder);
    process_write(p.config, text, 0600);
    assert_true(process_start(&p));
    snprintf(path, sizeof path, "/proc/%d/status", (int)p.pid);
    process_read(path, status, sizeof status);
    assert_non_null(strstr(status, "NoNewPrivs:\t1"));
    assert_non_null(strstr(status, "Seccomp:\t2"));
    assert_int_equal(process_stop(&p, SIGTERM), 0);
    process_remove(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_caged_process_cannot_do),
        cmocka_unit_test(hemod_is_caged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
