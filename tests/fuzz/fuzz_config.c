/* fuzz_config.c - libFuzzer against hemod.ini: any bytes are read or refused in one line. */
#include "ingest/config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static struct config config;
    static int file = -1;
    char path[64], why[CONFIG_WHY_MAX] = "";
    if (file < 0)
        file = memfd_create("hemod.ini", 0);
    if (ftruncate(file, 0) != 0 || pwrite(file, bytes, length, 0) != (ssize_t)length)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    enum hemo_error error = config_read(&config, path, why);
    if (error == HEMO_OK)
        error = config_check(&config, path, false, why);
    if (error != HEMO_OK && (why[0] == 0 || strchr(why, '\n')))
        abort(); /* a refusal says what, in one line */
    return 0;
}
