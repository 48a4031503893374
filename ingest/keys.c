/* keys.c - see keys.h. */
#include "ingest/keys.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

static enum hemo_error read_line(struct keys *keys, int fd, const char **problem) {
    struct stat status;
    char text[64] = {0};
    uint8_t binary[32];
    if (fstat(fd, &status) != 0 || (status.st_mode & 077)) {
        *problem = "others may read this secret key (want mode 0600: chmod 600 it)";
        return HEMO_NO_PERMISSION;
    }
    ssize_t length = read(fd, text, sizeof text - 1);
    if (length == KEYS_TEXT && text[KEYS_TEXT - 1] == '\n')
        text[--length] = 0;
    *problem = "not a key (want one line of 40 Z85 characters; hemoctl keys makes one)";
    if (length != KEYS_TEXT - 1 || strlen(text) != KEYS_TEXT - 1)
        return HEMO_BAD_FORMAT;
    if (!zmq_z85_decode(binary, text))
        return HEMO_BAD_FORMAT;
    memcpy(keys->secret, text, KEYS_TEXT);
    return zmq_curve_public(keys->public, keys->secret) == 0 ? HEMO_OK : HEMO_BAD_FORMAT;
}

enum hemo_error keys_read(struct keys *keys, const char *path, char why[KEYS_WHY]) {
    const char *problem = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int error = errno;
        snprintf(why, KEYS_WHY, "%s: %s (want a readable secret key)", path,
                 strerrordesc_np(error));
        return error == EACCES ? HEMO_NO_PERMISSION : HEMO_NOT_FOUND;
    }
    enum hemo_error error = read_line(keys, fd, &problem);
    close(fd);
    if (error != HEMO_OK)
        snprintf(why, KEYS_WHY, "%s: %s", path, problem);
    return error;
}
