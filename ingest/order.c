/* order.c - see order.h. */
#include "ingest/order.h"
#include <assert.h>

void order_init(struct order *o, uint64_t next_event, uint64_t next_position) {
    *o = (struct order){.next_event = next_event, .next_position = next_position};
}

uint64_t order_position(struct order *o) {
    return o->next_position++;
}

uint64_t order_input(struct order *o, uint64_t number) {
    assert(number == o->next_input);
    o->next_input++;
    return order_position(o);
}

uint64_t order_event(struct order *o) {
    return o->next_event++;
}

bool order_event_ready(const struct order *o, uint64_t cause) {
    return cause < o->next_input;
}

int order_pick(const struct order *o, const struct order_offer *offers, int workers) {
    int best = -1;
    assert(workers >= 0 && workers <= ORDER_WORKERS_MAX);
    for (int i = 0; i < workers; i++) {
        if (!offers[i].has || !order_event_ready(o, offers[i].cause))
            continue;
        if (best < 0 || offers[i].cause < offers[best].cause)
            best = i;
    }
    return best;
}
