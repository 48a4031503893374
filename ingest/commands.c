/* commands.c - see commands.h. A command that means nothing (a stream that is not there, rules that
 * do not parse) is refused to the client, but keeps its number and its place in the journal: the
 * stream goes on behind it, and recovery comes to the same "of no effect". */
#include "ingest/commands.h"
#include <assert.h>
#include <string.h>

bool commands_have_room(struct events_server *s) {
    return ring_fits(s->commands, WIRE_BYTES_MAX + sizeof(struct command_item));
}

void commands_hello(struct events_server *s, uint32_t slot) {
    struct link_receiver *link = &s->lab->commands[slot];
    enum welcome_why why = WHY_RESUMED;
    if (!link_receiver_resumes(link, &s->frame)) {
        why = link->epoch ? WHY_NO_CONTINUITY : WHY_FIRST;
        uint64_t epoch = lab_fresh_epoch(s->lab);
        link_receiver_init(link, epoch, 0, 0, LAB_COMMAND_CREDIT);
        lab_epoch_used(s->lab, epoch);
    }
    link_receiver_welcome(link, &s->reply, s->lab->config->devices[slot].stream, why);
}

/* A Mark may name its stream in the frame; in the journal it stands in the Mark, the frame is the
 * client's. */
static void name_target(struct events_server *s, uint32_t slot) {
    struct stream_mark *mark = &s->frame.body.mark;
    uint32_t own = s->lab->config->devices[slot].stream;
    if (s->frame.kind == WIRE_MARK && !mark->target_stream && s->frame.stream != own)
        mark->target_stream = s->frame.stream;
    s->frame.stream = own;
}

static enum hemo_error check_meaning(const struct events_server *s, uint32_t *target) {
    struct rules rules;
    int line;
    const struct wire_rules *text = &s->frame.body.rules;
    *target = NO_SLOT;
    if (s->frame.kind == WIRE_RULES)
        return rules_parse(text->text, text->length, &rules, &line);
    if (s->frame.kind == WIRE_MARK && s->frame.body.mark.kind >= MARK_PACE)
        return HEMO_NOT_ALLOWED; /* hemod's own */
    uint32_t slot = lab_target(s->lab, &s->frame);
    if (slot == LAB_NO_SLOT)
        return HEMO_WRONG_STREAM;
    *target = slot;
    return HEMO_OK;
}

static void hand_over(struct events_server *s, uint32_t slot, uint32_t target) {
    struct command_item item = {.arrived_ns = log_now_ns(), .slot = slot, .target = target};
    size_t length;
    enum hemo_error error = wire_pack(&s->frame, s->buffer, sizeof s->buffer, &length);
    assert(error == HEMO_OK); /* it was parsed, and only numbers changed */
    (void)error;
    item.length = (uint32_t)length;
    uint8_t *out = ring_reserve(s->commands, (uint32_t)sizeof item + item.length);
    assert(out); /* commands_have_room() */
    memcpy(out, &item, sizeof item);
    memcpy(out + sizeof item, s->buffer, length);
    ring_publish(s->commands);
    wake_signal(s->receiver);
}

enum hemo_error commands_record(struct events_server *s, uint32_t slot, bool *hole, bool *taken) {
    struct link_receiver *link = &s->lab->commands[slot];
    uint32_t target;
    *hole = *taken = false;
    if (s->frame.sequence >= link->durable_next + link->credit && s->frame.epoch == link->epoch)
        return HEMO_NO_ROOM;
    s->frame.case_number = link->case_number; /* a client's stream belongs to no case */
    enum hemo_error error = link_receiver_record(link, &s->frame);
    *hole = error == HEMO_BAD_SEQUENCE && s->frame.sequence > link->next_sequence;
    if (error != HEMO_OK)
        return error;
    *taken = true;
    name_target(s, slot);
    error = check_meaning(s, &target);
    hand_over(s, slot, target);
    return error;
}
