/* lab.c - see lab.h. */
#include "ingest/lab.h"
#include "proto/crc32c.h"
#include <assert.h>
#include <string.h>
#include <sys/random.h>

uint64_t lab_rules_hash(const char *text, size_t length) {
    return (uint64_t)length << 32 | crc32c(0, text, length);
}

enum hemo_error lab_init(struct lab *lab, const struct config *config) {
    memset(lab, 0, sizeof *lab);
    lab->config = config;
    memset(lab->slot_of_stream, LAB_NO_SLOT, sizeof lab->slot_of_stream);
    lab->rules = rules_default();
    if (!spectrum_init(&lab->spectrum))
        return HEMO_NO_ROOM;
    enum hemo_error error = index_init(&lab->index);
    for (uint32_t i = 0; i < config->devices_count && error == HEMO_OK; i++) {
        const struct config_device *device = &config->devices[i];
        assert(device->stream < LAB_STREAMS);
        lab->slot_of_stream[device->stream] = (uint8_t)i;
        if (device->role != ROLE_FEED)
            continue;
        feed_init(&lab->feeds[i], device->stream, device->room, LAB_FEED_CREDIT);
        error = station_init(&lab->stations[i], device->stream, device->room, &lab->rules,
                             &lab->spectrum);
        if (error == HEMO_OK)
            error = index_add_stream(&lab->index, i, device->stream);
    }
    return error;
}

void lab_close(struct lab *lab) {
    for (uint32_t i = 0; i < CONFIG_DEVICES_MAX; i++)
        station_close(&lab->stations[i]);
    if (lab->spectrum.plan)
        spectrum_close(&lab->spectrum);
    index_close(&lab->index);
}

uint32_t lab_slot(const struct lab *lab, uint32_t stream) {
    return stream < LAB_STREAMS ? lab->slot_of_stream[stream] : LAB_NO_SLOT;
}

uint32_t lab_target(const struct lab *lab, const struct wire_frame *command) {
    uint32_t stream = 0;
    switch (command->kind) {
    case WIRE_CASE_OPEN:
    case WIRE_CASE_CLOSE:
        stream = command->body.case_change.target_stream;
        break;
    case WIRE_CAPTURE:
        stream = command->body.capture.target_stream;
        break;
    case WIRE_MARK:
        stream = command->body.mark.target_stream;
        break;
    default:
        return LAB_NO_SLOT;
    }
    uint32_t slot = lab_slot(lab, stream);
    bool feed = slot != LAB_NO_SLOT && lab->config->devices[slot].role == ROLE_FEED;
    return feed ? slot : LAB_NO_SLOT;
}

uint64_t lab_fresh_epoch(const struct lab *lab) {
    uint32_t random = 0;
    ssize_t got = getrandom(&random, sizeof random, 0);
    assert(got == sizeof random); /* cannot fail for so few bytes once the machine is up */
    (void)got;
    uint64_t counter = (uint64_t)atomic_load(&lab->epochs) + 1;
    assert(counter < 1u << 21); /* numbers stay below 2^53 */
    return counter << 32 | random;
}

void lab_epoch_used(struct lab *lab, uint64_t epoch) {
    uint32_t counter = (uint32_t)(epoch >> 32), before = atomic_load(&lab->epochs);
    while (before < counter && !atomic_compare_exchange_weak(&lab->epochs, &before, counter)) {
    }
}
