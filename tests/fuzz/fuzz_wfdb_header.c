/* fuzz_wfdb_header.c - libFuzzer against the reader of WFDB headers.
 *
 *     clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
 *         -D_GNU_SOURCE -I. tests/fuzz/fuzz_wfdb_header.c sim/wfdb_header.c sim/failure.c \
 *         proto/[a-z]*.c -isystem build/release/gen build/release/gen/hemo.pb-c.c -lprotobuf-c \
 *         -lm -o /tmp/fuzz_wfdb_header
 *     /tmp/fuzz_wfdb_header -max_total_time=60 -max_len=4096 CORPUS \
 *         tests/fuzz/corpus/wfdb_header */
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
