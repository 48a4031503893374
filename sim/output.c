#include "sim/output.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    int number;
    enum hemo_error error;
    const char *what;
} causes[] = {
    {ENOSPC, HEMO_DISK_FULL, "no space left; nothing was written (want a disk with room)"},
    {EDQUOT, HEMO_DISK_FULL, "quota used up; nothing was written (want a disk with room)"},
    {EFBIG, HEMO_DISK_FULL, "larger than a file may be here; nothing was written (see ulimit -f)"},
    {EACCES, HEMO_IO, "no permission (want a folder that can be written)"},
    {EPERM, HEMO_IO, "no permission (want a folder that can be written)"},
    {EROFS, HEMO_IO, "read-only disk (want a folder that can be written)"},
    {ENOENT, HEMO_IO, "no such folder (want one that exists)"},
    {ENOTDIR, HEMO_IO, "no such folder (want one that exists)"},
    {EISDIR, HEMO_IO, "is a folder (want a file name)"},
};

/* A result that cannot be written is a failure while running (1), not a bad input. */
static enum hemo_error failed(const struct output *o, int number, struct failure *failure) {
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
        if (causes[i].number == number)
            return failure_set(failure, causes[i].error, "%.200s: %s", o->path, causes[i].what);
    return failure_set(failure, HEMO_IO, "%.200s: cannot be written (error %d)", o->path, number);
}

static bool plain_or_new(const char *path) {
    struct stat status;
    return stat(path, &status) ? errno == ENOENT : S_ISREG(status.st_mode);
}

enum hemo_error output_open(struct output *output, const char *path, struct failure *failure) {
    *output = (struct output){0};
    if (strlen(path) > OUTPUT_PATH_MAX)
        return failure_set(failure, HEMO_BAD_CONFIG, "%.40s...: name too long", path);
    memcpy(output->path, path, strlen(path) + 1);
    if (!strcmp(path, "-")) {
        output->direct = true;
        output->file = stdout;
        return HEMO_OK;
    }
    output->direct = !plain_or_new(path);
    snprintf(output->part, sizeof output->part, "%s.part", path);
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | (output->direct ? 0 : O_NOFOLLOW);
    int fd = open(output->direct ? output->path : output->part, flags, 0666);
    output->file = fd < 0 ? NULL : fdopen(fd, "w");
    return output->file ? HEMO_OK : failed(output, errno, failure);
}

enum hemo_error output_commit(struct output *output, struct failure *failure) {
    assert(output->file);
    int number = 0;
    errno = 0; /* what failed earlier is tried again by fflush(), and fails again */
    if (fflush(output->file) || ferror(output->file))
        number = errno ? errno : EIO;
    if (!number && !output->direct && fsync(fileno(output->file)))
        number = errno;
    if (output->file != stdout && fclose(output->file) && !number)
        number = errno;
    output->file = NULL;
    if (!number && !output->direct && rename(output->part, output->path))
        number = errno;
    if (number && !output->direct)
        unlink(output->part);
    return number ? failed(output, number, failure) : HEMO_OK;
}

void output_abort(struct output *output) {
    if (!output->file)
        return;
    if (output->file != stdout)
        fclose(output->file);
    output->file = NULL;
    if (!output->direct)
        unlink(output->part);
}
