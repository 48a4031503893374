/* fuzz_wfdb_header.c - libFuzzer against the reader of WFDB headers. */
#include "sim/wfdb_header.h"
#include "sim/failure.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static struct wfdb_header header;
    struct failure failure = {HEMO_OK, ""};
    enum hemo_error error =
        wfdb_header_parse(&header, "fuzz.hea", (const char *)bytes, length, &failure);
    if (error != HEMO_OK && (failure.text[0] == 0 || strchr(failure.text, '\n')))
        abort(); /* a refusal says what, in one line */
    return 0;
}
