#include "proto/link.h"
#include <assert.h>
#include <string.h>

static uint64_t add_limited(uint64_t a, uint64_t b) {
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void link_sender_init(struct link_sender *s) { *s = (struct link_sender){0}; }

uint64_t link_sender_add(struct link_sender *s) {
    assert(s->next_sequence < INT64_MAX);
    return s->next_sequence++;
}

bool link_sender_next(struct link_sender *s, uint64_t *sequence) {
    assert(s->first_held <= s->next_sequence && s->sent_next <= s->next_sequence);
    if (!s->welcomed || s->sent_next == s->next_sequence || s->sent_next >= s->limit)
        return false;
    *sequence = s->sent_next++;
    if (s->sent_next > s->sent_most)
        s->sent_most = s->sent_next;
    return true;
}

void link_sender_hello(struct link_sender *s, struct wire_frame *out, uint32_t stream,
                       const char *device, uint32_t room) {
    assert(wire_device_ok(device));
    s->welcomed = false;
    wire_begin(out, WIRE_HELLO);
    out->stream = stream;
    out->epoch = s->epoch;
    out->case_number = s->case_number;
    memcpy(out->body.hello.device, device, strlen(device) + 1);
    out->body.hello.room = room;
    out->body.hello.first_held = s->first_held;
    out->body.hello.next_sequence = s->next_sequence;
}

static enum link_welcome begin_epoch(struct link_sender *s, const struct wire_frame *welcome) {
    if (welcome->body.welcome.next_sequence != 0 || welcome->body.welcome.why == WHY_RESUMED)
        return LINK_WELCOME_BAD;
    s->epoch = welcome->epoch;
    s->case_number = welcome->case_number;
    s->first_held = s->next_sequence = 0; /* until link_sender_renumber() */
    s->sent_next = s->sent_most = 0;
    return LINK_NEW_EPOCH;
}

enum link_welcome link_sender_welcome(struct link_sender *s, const struct wire_frame *welcome) {
    assert(welcome->kind == WIRE_WELCOME);
    enum link_welcome what = LINK_RESUMED;
    uint64_t next = welcome->body.welcome.next_sequence;
    if (welcome->epoch == 0)
        return LINK_WELCOME_BAD;
    if (welcome->epoch != s->epoch)
        what = begin_epoch(s, welcome);
    else if (welcome->case_number != s->case_number || next < s->first_held ||
             next > s->next_sequence)
        what = LINK_WELCOME_BAD;
    if (what == LINK_WELCOME_BAD)
        return what;
    s->sent_next = next;
    if (next > s->sent_most)
        s->sent_most = next; /* of before a restart of this sender */
    s->credit = welcome->body.welcome.credit;
    s->limit = add_limited(next, s->credit);
    s->welcomed = true;
    return what;
}

void link_sender_renumber(struct link_sender *s, uint64_t held_records) {
    assert(s->sent_next == 0 && s->first_held == 0); /* right after LINK_NEW_EPOCH */
    s->next_sequence = held_records;
}

uint64_t link_sender_ack(struct link_sender *s, const struct wire_frame *ack) {
    assert(ack->kind == WIRE_ACK);
    uint64_t next = ack->body.ack.next_sequence;
    /* Nobody can hold what was never sent: such an Ack is not this stream's. */
    if (ack->epoch == 0 || ack->epoch != s->epoch || next < s->first_held || next > s->sent_most)
        return 0;
    uint64_t durable = next - s->first_held;
    s->first_held = next;
    if (s->sent_next < next)
        s->sent_next = next; /* asked for again, but it had come meanwhile */
    s->credit = ack->body.ack.credit;
    s->limit = add_limited(next, s->credit);
    return durable;
}

void link_receiver_init(struct link_receiver *r, uint64_t epoch, uint64_t case_number,
                        uint64_t next_sequence, uint32_t credit) {
    *r = (struct link_receiver){.epoch = epoch, .case_number = case_number,
                                .next_sequence = next_sequence, .durable_next = next_sequence,
                                .credit = credit};
}

void link_receiver_begin(struct link_receiver *r, uint64_t epoch, uint64_t case_number) {
    assert(epoch != r->epoch && r->durable_next == r->next_sequence);
    /* An epoch without records has nothing to acknowledge: what ended before it still matters. */
    if (r->next_sequence > 0) {
        r->ended_epoch = r->epoch;
        r->ended_case = r->case_number;
        r->ended_next = r->next_sequence;
    }
    r->epoch = epoch;
    r->case_number = case_number;
    r->next_sequence = r->durable_next = 0;
}

static void fill_ack(struct wire_frame *out, uint32_t stream, uint64_t next, uint32_t credit) {
    out->stream = stream;
    out->body.ack.next_sequence = next;
    out->body.ack.credit = credit;
}

bool link_receiver_last_ack(const struct link_receiver *r, const struct wire_frame *hello,
                            struct wire_frame *out, uint32_t stream) {
    assert(hello->kind == WIRE_HELLO && hello != out);
    if (r->ended_epoch == 0 || hello->epoch != r->ended_epoch)
        return false;
    wire_begin(out, WIRE_ACK);
    out->epoch = r->ended_epoch;
    out->case_number = r->ended_case;
    fill_ack(out, stream, r->ended_next, 0); /* no credit: that epoch takes nothing more */
    return true;
}

bool link_receiver_resumes(const struct link_receiver *r, const struct wire_frame *hello) {
    assert(hello->kind == WIRE_HELLO);
    return hello->epoch != 0 && hello->epoch == r->epoch && hello->case_number == r->case_number &&
           hello->body.hello.first_held <= r->next_sequence &&
           r->next_sequence <= hello->body.hello.next_sequence;
}

void link_receiver_welcome(const struct link_receiver *r, struct wire_frame *out, uint32_t stream,
                           enum welcome_why why) {
    wire_begin(out, WIRE_WELCOME);
    out->stream = stream;
    out->epoch = r->epoch;
    out->case_number = r->case_number;
    out->body.welcome.next_sequence = r->next_sequence;
    /* The credit counts from what is durable, the Welcome from what was taken. */
    uint64_t limit = add_limited(r->durable_next, r->credit);
    uint64_t left = limit > r->next_sequence ? limit - r->next_sequence : 0;
    out->body.welcome.credit = (uint32_t)left;
    out->body.welcome.why = why;
}

enum hemo_error link_receiver_record(struct link_receiver *r, const struct wire_frame *record) {
    if (!wire_is_record(record->kind))
        return HEMO_BAD_FIELD;
    if (record->epoch != r->epoch)
        return HEMO_OLD_EPOCH;
    if (record->case_number != r->case_number)
        return HEMO_WRONG_CASE;
    if (record->sequence != r->next_sequence)
        return HEMO_BAD_SEQUENCE;
    r->next_sequence++;
    return HEMO_OK;
}

void link_receiver_durable(struct link_receiver *r, uint64_t next) {
    assert(next <= r->next_sequence);
    if (next > r->durable_next)
        r->durable_next = next;
}

void link_receiver_ack(const struct link_receiver *r, struct wire_frame *out, uint32_t stream) {
    wire_begin(out, WIRE_ACK);
    out->epoch = r->epoch;
    out->case_number = r->case_number;
    fill_ack(out, stream, r->durable_next, r->credit);
}
