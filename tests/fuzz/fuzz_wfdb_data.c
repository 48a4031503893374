/* fuzz_wfdb_data.c - a whole WFDB record: a header (r.hea, up to the first NUL byte) and its
 * samples (r.dat), opened, verified and read to its end. */
#include "sim/wfdb.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FRAMES = 64, FRAMES_MOST = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char *folder(void) {
    static char path[64];
    if (path[0])
        return path;
    snprintf(path, sizeof path,
             "/dev/shm/hemo-fuzz-XX"
             "XX"
             "XX");
    if (!mkdtemp(path))
        abort();
    return path;
}

static void put(const char *name, const void *bytes, size_t length) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder(), name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || write(file, bytes, length) != (ssize_t)length)
        abort();
    close(file);
}

static void read_all(struct wfdb *record, struct failure *failure) {
    uint32_t width = wfdb_frame_samples(record);
    int16_t *samples = malloc(sizeof *samples * (width ? width : 1) * FRAMES);
    uint64_t frames = 0;
    int got = 0;
    if (!samples)
        abort();
    do {
        got = wfdb_read(record, FRAMES, samples, failure);
        frames += got > 0 ? (uint64_t)got : 0;
    } while (got > 0 && frames < FRAMES_MOST);
    if (got == 0 && frames != wfdb_header(record)->frames)
        abort(); /* a record that ends has given all its frames */
    if (got < 0 && failure->text[0] == 0)
        abort();
    free(samples);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct wfdb *record = NULL;
    struct failure failure = {HEMO_OK, ""};
    char path[128];
    const uint8_t *end = memchr(bytes, 0, length);
    size_t head = end ? (size_t)(end - bytes) : length;
    put("r.hea", bytes, head);
    put("r.dat", end ? end + 1 : bytes, end ? length - head - 1 : 0);
    snprintf(path, sizeof path, "%s/r", folder());
    if (wfdb_open(&record, path, &failure) != HEMO_OK) {
        if (failure.text[0] == 0 || strchr(failure.text, '\n'))
            abort();
        return 0;
    }
    if (wfdb_header(record)->frames < FRAMES_MOST)
        wfdb_verify(record, &failure);
    wfdb_seek(record, 0);
    read_all(record, &failure);
    wfdb_close(record);
    return 0;
}
