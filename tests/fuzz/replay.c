/* replay.c - a fuzz target without a fuzzer: the corpus, then mutations of it from fixed seeds. In
 * every build and under every sanitizer, so that what was once found stays found.
 *
 *     fuzz_NAME CORPUS... [-n MUTATIONS]
 *
 * Prints one line; a target that fails aborts, behind a line that says which input it was. */
#include "tests/frames.h"
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUTS = 1024, INPUT_MAX = 8192, MUTATIONS = 4000 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t length, size_t most);
/* Of a target that has its own. */
__attribute__((weak)) size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t most,
                                                     unsigned seed);

static struct {
    uint8_t bytes[INPUTS][INPUT_MAX];
    size_t length[INPUTS], count;
    struct dice dice;
    const char *name; /* of the input that runs */
    uint64_t number;
} replay;

static void on_abort(int signal_number) {
    (void)signal_number;
    fprintf(stderr, "fuzz: failed at input %s, mutation %llu\n", replay.name,
            (unsigned long long)replay.number);
}

static void take(const char *path) {
    struct stat status;
    if (replay.count == INPUTS || stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return;
    FILE *file = fopen(path, "rb");
    if (!file)
        return;
    replay.length[replay.count] = fread(replay.bytes[replay.count], 1, INPUT_MAX, file);
    replay.count++;
    fclose(file);
}

static void take_folder(const char *folder) {
    char path[1024];
    DIR *entries = opendir(folder);
    if (!entries) {
        fprintf(stderr, "fuzz: %s: cannot be read (want a folder of inputs)\n", folder);
        exit(3);
    }
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        take(path);
    }
    closedir(entries);
}

/* One change: a byte, a bit, a stretch taken out, doubled, or taken from another input. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t length, size_t most) {
    struct dice *d = &replay.dice;
    size_t at = length ? dice_roll(d) % length : 0, some = 1 + dice_roll(d) % 16;
    size_t rest = length - at, other = replay.count ? dice_roll(d) % replay.count : 0;
    switch (dice_roll(d) % 5) {
    case 0:
        if (length)
            bytes[at] = (uint8_t)dice_roll(d);
        break;
    case 1:
        if (length)
            bytes[at] ^= (uint8_t)(1u << dice_roll(d) % 8);
        break;
    case 2:
        some = some < rest ? some : rest;
        memmove(bytes + at, bytes + at + some, rest - some);
        length -= some;
        break;
    case 3:
        some = some < rest ? some : rest;
        if (length + some <= most) {
            memmove(bytes + at + some, bytes + at, rest);
            length += some;
        }
        break;
    default:
        if (replay.count && replay.length[other]) {
            size_t from = dice_roll(d) % replay.length[other];
            size_t copied = replay.length[other] - from;
            copied = copied < most - at ? copied : most - at;
            memcpy(bytes + at, replay.bytes[other] + from, copied);
            length = at + copied > length ? at + copied : length;
        }
    }
    return length;
}

static void mutate(uint64_t mutations) {
    static uint8_t bytes[INPUT_MAX];
    for (replay.number = 1; replay.number <= mutations; replay.number++) {
        replay.dice = dice_of(replay.number);
        size_t from = replay.count ? dice_roll(&replay.dice) % replay.count : 0;
        size_t length = replay.count ? replay.length[from] : 0;
        memcpy(bytes, replay.bytes[from], length);
        for (uint64_t n = 1 + dice_roll(&replay.dice) % 8; n > 0; n--)
            length = LLVMFuzzerCustomMutator
                         ? LLVMFuzzerCustomMutator(bytes, length, sizeof bytes,
                                                   (unsigned)dice_roll(&replay.dice))
                         : LLVMFuzzerMutate(bytes, length, sizeof bytes);
        LLVMFuzzerTestOneInput(bytes, length);
    }
}

int main(int argc, char **argv) {
    uint64_t mutations = MUTATIONS;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-n") == 0 && i + 1 < argc)
            mutations = strtoull(argv[++i], NULL, 10);
        else
            take_folder(argv[i]);
    }
    sigaction(SIGABRT, &(struct sigaction){.sa_handler = on_abort}, NULL);
    replay.name = "of the corpus";
    for (size_t i = 0; i < replay.count; i++, replay.number++)
        LLVMFuzzerTestOneInput(replay.bytes[i], replay.length[i]);
    replay.name = "made of the corpus";
    mutate(mutations);
    printf("%zu inputs and %llu mutations of them: nothing found\n", replay.count,
           (unsigned long long)mutations);
    return 0;
}
