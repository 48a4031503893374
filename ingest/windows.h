/* windows.h - stretches of stored signal, read back from the journal in bounded steps.
 *
 *     error = windows_ask(&windows, slot, &ask);          // HEMO_NO_ROOM: too many wait
 *     switch (windows_step(&windows, durable)) ...        // WINDOWS_SEND: windows.out is for
 * windows.slot
 *
 * A question is answered with Window frames in order of tick, each without a hole inside, and
 * `last` in the final one, which is empty where nothing is stored. Each step reads at most
 * WINDOWS_RECORDS records. */
#pragma once
#include "ingest/index.h"
#include "ingest/reader.h"

enum { WINDOWS_QUEUE = 32, WINDOWS_RECORDS = 512, WINDOWS_SAMPLES = 16384, WINDOWS_SPAN_S = 900 };

enum windows_step { WINDOWS_IDLE, WINDOWS_MORE, WINDOWS_SEND };

struct windows_question {
    uint32_t slot;
    struct wire_window_ask ask;
};

struct windows {
    const struct index *index;
    struct reader reader;
    struct windows_question queue[WINDOWS_QUEUE];
    uint32_t head, count;
    /* of the question being answered */
    bool active, have_channel, ended;
    uint32_t slot;
    struct wire_window_ask ask;
    struct place stop;
    struct stream_channel channel;
    uint32_t row; /* of the channel in its group */
    uint64_t first_tick;
    uint32_t samples_count;
    int16_t samples[WINDOWS_SAMPLES];
    struct wire_frame frame, out;
};

enum hemo_error windows_init(struct windows *w, const struct index *index, int folder);
void windows_close(struct windows *w);
enum hemo_error windows_ask(struct windows *w, uint32_t slot, const struct wire_window_ask *ask);
enum windows_step windows_step(struct windows *w, struct place durable);
