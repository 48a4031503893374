/* fuzz_options.c - command lines of hemosim, one argument a line: taken, or refused in one line. */
#include "sim/options.h"
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    char *text = malloc(length + 1), *argv[ARGUMENTS + 2] = {"hemosim"};
    int argc = 1;
    struct options options;
    struct failure failure = {HEMO_OK, ""};
    if (!text)
        abort();
    memcpy(text, bytes, length);
    text[length] = 0;
    for (char *at = text, *end; at && argc <= ARGUMENTS; at = end) {
        argv[argc++] = at;
        end = strchr(at, '\n');
        if (end)
            *end++ = 0;
    }
    enum hemo_error error = options_parse(&options, argc, argv, &failure);
    if (error != HEMO_OK && (failure.text[0] == 0 || strchr(failure.text, '\n')))
        abort();
    if (error == HEMO_OK && !(options.help || options.version) && options.command == COMMAND_NONE)
        abort(); /* what is taken says what to do */
    free(text);
    return 0;
}
