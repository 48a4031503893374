/* fuzz_json.c - libFuzzer against the bodies of requests. */
#include "worklist/json.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static const struct field fields[] = {{"version", FIELD_INTEGER, true, 1, 1e9},
                                          {"reason", FIELD_TEXT, true, 1, 64},
                                          {"level", FIELD_NUMBER, true, -1, 1},
                                          {"pinned", FIELD_BOOL, true, 0, 0},
                                          {"values", FIELD_OBJECT, true, 0, 0},
                                          {"request_id", FIELD_REQUEST_ID, true, 8, 64},
                                          {0}};
    char why[JSON_WHY] = "";
    json_t *body = json_body((const char *)bytes, length, fields, why);
    if (!body && !why[0])
        abort(); /* a refusal says why */
    json_decref(body);
    return 0;
}
