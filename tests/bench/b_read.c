/* b_read FILE... - the baseline of `hemosim analyze`: reads the same bytes in 1 MiB pieces and
 * checksums them, nothing else. Prints bytes, seconds of CPU and the checksum, so that the reading
 * cannot be optimised away. */
#include "proto/crc32c.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PIECE_BYTES = 1 << 20 };

static double cpu_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int read_file(const char *path, uint8_t *piece, uint64_t *bytes, uint32_t *crc) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 3;
    }
    for (size_t n; (n = fread(piece, 1, PIECE_BYTES, file)) > 0; *bytes += n)
        *crc = crc32c(*crc, piece, n);
    fclose(file);
    return 0;
}

int main(int argc, char **argv) {
    uint8_t *piece = malloc(PIECE_BYTES);
    uint64_t bytes = 0;
    uint32_t crc = 0;
    const double begin_s = cpu_s();
    int error = piece == NULL;
    for (int i = 1; i < argc && !error; i++)
        error = read_file(argv[i], piece, &bytes, &crc);
    if (!error)
        printf("bytes %" PRIu64 " cpu_s %.6f crc %08" PRIx32 "\n", bytes, cpu_s() - begin_s, crc);
    free(piece);
    return error;
}
