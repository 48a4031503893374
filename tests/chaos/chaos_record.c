/* chaos_record - writes the recording of one run: a pressure that lies in this run's band and in no
 * neighbour's, and beside it the run's number at each tick, so that whose a sample is can be read
 * from the sample.
 *
 *     chaos_record FOLDER RUN SECONDS      makes FOLDER/run-RUN.hea and .dat */
#include "tests/chaos/canary.h"
#include <stdio.h>
#include <stdlib.h>

static FILE *create(const char *folder, uint32_t run, const char *suffix) {
    char path[512];
    snprintf(path, sizeof path, "%s/run-%u.%s", folder, run, suffix);
    FILE *file = fopen(path, "wb");
    if (!file) {
        fprintf(stderr, "chaos_record: %s: cannot write (want a folder)\n", path);
        exit(1);
    }
    return file;
}

static void put(FILE *file, int16_t value) {
    fputc((uint16_t)value & 0xff, file);
    fputc((uint16_t)value >> 8, file);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: chaos_record FOLDER RUN SECONDS\n");
        return 2;
    }
    uint32_t run = (uint32_t)strtoul(argv[2], NULL, 10);
    uint64_t ticks = strtoull(argv[3], NULL, 10) * CANARY_HZ;
    FILE *header = create(argv[1], run, "hea"), *data = create(argv[1], run, "dat");
    fprintf(header, "run-%u 2 %d %llu\n", run, CANARY_HZ, (unsigned long long)ticks);
    fprintf(header, "run-%u.dat 16 %d(0)/mmHg 16 0 0 0 0 ART\n", run, CANARY_GAIN);
    fprintf(header, "run-%u.dat 16 1(0)/NU 16 0 0 0 0 AUX\n", run);
    for (uint64_t tick = 0; tick < ticks; tick++) {
        put(data, canary_pressure(run, tick));
        put(data, (int16_t)run);
    }
    return fclose(header) != 0 || fclose(data) != 0;
}
