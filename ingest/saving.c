/* saving.c - see saving.h. */
#include "ingest/saving.h"
#include <assert.h>

enum saving_news saving_step(struct saving *s, uint64_t epoch, uint64_t durable_next,
                             uint64_t next_sequence, uint64_t now_ns) {
    assert(durable_next <= next_sequence);
    if (epoch != s->epoch || durable_next >= s->mark_next) { /* an epoch ends when it is durable */
        enum saving_news news = s->late ? SAVING_AGAIN : SAVING_NOTHING;
        *s = (struct saving){.epoch = epoch, .mark_next = next_sequence, .mark_ns = now_ns};
        return news;
    }
    if (now_ns - s->mark_ns < SAVING_LATE_NS || (s->late && now_ns - s->said_ns < SAVING_LATE_NS))
        return SAVING_NOTHING;
    s->late = true;
    s->said_ns = now_ns;
    return SAVING_NOT;
}
