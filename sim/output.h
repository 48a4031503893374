/* output.h - a result file that appears whole or not at all.
 *
 *     if ((error = output_open(&output, "beats.csv", &failure))) return error;
 *     fprintf(output.file, ...);
 *     error = output_commit(&output, &failure);       // or output_abort(&output)
 *
 * Written beside its place as NAME.part and renamed when it is complete and on disk. "-" is stdout;
 * a path that is not a plain file (a pipe, /dev/stdout) is written directly. A zeroed struct output
 * is closed, and abort does nothing with it. */
#pragma once
#include "sim/failure.h"
#include <stdbool.h>
#include <stdio.h>

enum { OUTPUT_PATH_MAX = 1024 };

struct output {
    FILE *file;
    bool direct;
    char path[OUTPUT_PATH_MAX + 1], part[OUTPUT_PATH_MAX + 8];
};

enum hemo_error output_open(struct output *output, const char *path, struct failure *failure);
enum hemo_error output_commit(struct output *output, struct failure *failure);
void output_abort(struct output *output);
