/* fuzz_rules.c - libFuzzer against the reader of rule files, which also come over the wire. */
#include "detectors/rules.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct rules rules;
    int line = 0;
    enum hemo_error error = rules_parse((const char *)bytes, length, &rules, &line);
    if (error != HEMO_OK && line < 0)
        abort(); /* a refusal names its line */
    return 0;
}
