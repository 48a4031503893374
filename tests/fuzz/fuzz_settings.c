/* fuzz_settings.c - worklistd.ini: any bytes are read or refused in one line. */
#include "worklist/settings.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static struct settings settings;
    static int file = -1;
    char path[64], why[1400] = "";
    if (file < 0)
        file = memfd_create("worklistd.ini", 0);
    if (ftruncate(file, 0) != 0 || pwrite(file, bytes, length, 0) != (ssize_t)length)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    enum hemo_error error = settings_read(&settings, path, why, sizeof why);
    if (error != HEMO_OK && (why[0] == 0 || strchr(why, '\n')))
        abort(); /* a refusal says what, in one line */
    return 0;
}
