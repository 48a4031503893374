#include "sim/output.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum hemo_error failed(const struct output *o, int number, struct failure *failure) {
    const char *what = number == ENOSPC || number == EDQUOT ? "no space left; nothing was written"
                       : number == EACCES || number == EPERM || number == EROFS
                           ? "no permission (want a folder that can be written)"
                       : number == ENOENT || number == ENOTDIR
                           ? "no such folder (want one that exists)"
                           : "cannot be written";
    /* A result that cannot be written is a failure while running (1), not a bad input. */
    enum hemo_error error = number == ENOSPC || number == EDQUOT ? HEMO_DISK_FULL : HEMO_IO;
    return failure_set(failure, error, "%.200s: %s", o->path, what);
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
