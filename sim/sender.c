#include "sim/sender.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum hemo_error sender_init(struct sender *sender, const struct sender_config *config,
                            struct failure *failure) {
    *sender = (struct sender){.config = *config};
    assert(config->records >= 2 * SENDER_RESERVE && config->block_samples);
    if (!wire_device_ok(config->device))
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "device \"%.64s\" (want 1..64 of A-Z, 0-9, '.', '-')", config->device);
    if (stream_check(&config->info))
        return failure_set(failure, HEMO_BAD_CONFIG, "stream: %s",
                           hemo_error_text(stream_check(&config->info)));
    link_sender_init(&sender->link);
    sender->slots = calloc(config->records, sizeof sender->slots[0]);
    sender->samples = calloc((size_t)config->records * config->block_samples, sizeof(int16_t));
    if (sender->slots && sender->samples)
        return HEMO_OK;
    sender_free(sender);
    return failure_set(failure, HEMO_NO_ROOM, "no memory to hold %u records", config->records);
}

void sender_free(struct sender *sender) {
    free(sender->slots);
    free(sender->samples);
    sender->slots = NULL;
    sender->samples = NULL;
}

static uint32_t slot_at(const struct sender *s, uint32_t place) {
    return (s->first + place) % s->config.records;
}

static int16_t *slot_samples(const struct sender *s, uint32_t slot) {
    return s->samples + (size_t)slot * s->config.block_samples;
}

bool sender_has_room(const struct sender *sender) {
    return sender->count + SENDER_RESERVE < sender->config.records;
}

uint64_t sender_held(const struct sender *sender) {
    return sender->count + sender->info_held;
}

/* Adds a slot; before the first Welcome there is no epoch and no number yet. */
static struct sender_slot *add_slot(struct sender *s, enum wire_kind kind) {
    assert(s->count < s->config.records);
    struct sender_slot *slot = &s->slots[slot_at(s, s->count++)];
    slot->kind = kind;
    if (s->link.epoch)
        link_sender_add(&s->link);
    return slot;
}

/* The samples of one group that found no place grow into one Gap. */
static void lose(struct sender *s, const struct sample_block *block, uint64_t next_tick) {
    struct stream_gap *lost = &s->lost[block->group];
    if (!lost->next_tick)
        *lost = (struct stream_gap){
            .first_tick = block->first_tick, .group = block->group, .reason = GAP_NOT_HELD};
    lost->next_tick = next_tick;
    s->lost_samples += (uint64_t)block->channels * block->count;
}

static bool declare_group(struct sender *s, uint32_t group) {
    if (!s->lost[group].next_tick)
        return true;
    if (s->count == s->config.records)
        return false;
    add_slot(s, WIRE_GAP)->body.gap = s->lost[group];
    s->lost[group].next_tick = 0;
    s->gaps++;
    return true;
}

bool sender_declare(struct sender *sender) {
    bool all = true;
    for (uint32_t group = 0; group < STREAM_GROUPS_MAX; group++)
        all = declare_group(sender, group) && all;
    return all;
}

static uint32_t ticks_of_group(const struct stream_info *info, uint32_t group) {
    for (uint32_t c = 0; c < info->channels_count; c++)
        if (info->channels[c].group == group)
            return info->channels[c].ticks_per_sample;
    assert(info->channels_count == 0); /* our bug: a block of a group that the stream lacks */
    return 1;
}

void sender_samples(struct sender *sender, const struct sample_block *block) {
    struct sender *s = sender;
    size_t samples = (size_t)block->channels * block->count;
    assert(samples && samples <= s->config.block_samples && block->group < STREAM_GROUPS_MAX);
    uint64_t ticks = (uint64_t)block->count * ticks_of_group(&s->config.info, block->group);
    if (!sender_has_room(s) || !declare_group(s, block->group)) {
        lose(s, block, block->first_tick + ticks);
        return;
    }
    uint32_t index = slot_at(s, s->count);
    add_slot(s, WIRE_SAMPLES)->body.samples = *block;
    memcpy(slot_samples(s, index), block->samples, samples * sizeof(int16_t));
}

bool sender_mark(struct sender *sender, const struct stream_mark *mark) {
    if (sender->count == sender->config.records)
        return false;
    add_slot(sender, WIRE_MARK)->body.mark = *mark;
    return true;
}

bool sender_gap(struct sender *sender, const struct stream_gap *gap) {
    if (sender->count == sender->config.records || !declare_group(sender, gap->group) ||
        sender->count == sender->config.records)
        return false;
    add_slot(sender, WIRE_GAP)->body.gap = *gap;
    sender->gaps++;
    return true;
}

void sender_hello(struct sender *sender, struct wire_frame *out) {
    link_sender_hello(&sender->link, out, sender->stream, sender->config.device,
                      sender->config.room);
}

/* A record is durable. What it said about the catheter's place must outlive it: a later epoch
 * begins with that. */
static void forget_first(struct sender *s) {
    const struct sender_slot *slot = &s->slots[s->first];
    assert(s->count);
    if (slot->kind == WIRE_MARK && slot->body.mark.kind == MARK_SITE)
        s->config.info.channels[slot->body.mark.channel].site = slot->body.mark.site;
    s->first = slot_at(s, 1);
    s->count--;
}

static void heard_ack(struct sender *s, const struct wire_frame *frame) {
    uint64_t durable = link_sender_ack(&s->link, frame);
    assert(durable <= sender_held(s));
    if (durable && s->info_held) {
        s->info_held = false;
        durable--;
    }
    while (durable--)
        forget_first(s);
}

static enum sender_heard heard_welcome(struct sender *s, const struct wire_frame *frame) {
    enum link_welcome what = link_sender_welcome(&s->link, frame);
    if (what == LINK_WELCOME_BAD)
        return SENDER_HELLO_AGAIN;
    s->stream = frame->stream;
    if (what == LINK_NEW_EPOCH) {
        s->info_held = true;
        s->epochs++;
        link_sender_renumber(&s->link, sender_held(s));
    }
    return frame->body.welcome.why == WHY_BEFORE_CASE ? SENDER_SAY_HELLO : SENDER_WELCOMED;
}

static enum sender_heard heard_refuse(const struct wire_refuse *refuse, struct failure *failure) {
    switch (refuse->error) {
    case HEMO_OLD_EPOCH: /* still on the way when the epoch ended: held here */
    case HEMO_IN_USE:    /* hemod still believes in another connection: Hello again, later */
        return SENDER_GO_ON;
    case HEMO_BAD_SEQUENCE:
    case HEMO_WRONG_CASE:
    case HEMO_NO_STREAM_INFO:
        return SENDER_HELLO_AGAIN;
    default:
        break;
    }
    failure_set(failure, HEMO_NOT_ALLOWED, "refused by the peer: %s (%s)", refuse->text,
                hemo_error_text(refuse->error));
    return SENDER_TURNED_AWAY;
}

enum sender_heard sender_heard(struct sender *sender, const struct wire_frame *frame,
                               struct failure *failure) {
    switch (frame->kind) {
    case WIRE_WELCOME:
        return heard_welcome(sender, frame);
    case WIRE_ACK:
        heard_ack(sender, frame);
        return SENDER_GO_ON;
    case WIRE_REFUSE:
        return heard_refuse(&frame->body.refuse, failure);
    default:
        return SENDER_GO_ON; /* not for a feed */
    }
}

static void fill(struct sender *s, uint64_t place, struct wire_frame *out) {
    if (s->info_held && !place) {
        wire_begin(out, WIRE_STREAM_INFO);
        out->body.stream_info = s->config.info;
        return;
    }
    uint32_t index = slot_at(s, (uint32_t)(place - s->info_held));
    const struct sender_slot *slot = &s->slots[index];
    wire_begin(out, slot->kind);
    if (slot->kind == WIRE_MARK)
        out->body.mark = slot->body.mark;
    else if (slot->kind == WIRE_GAP)
        out->body.gap = slot->body.gap;
    else {
        out->body.samples = slot->body.samples;
        out->body.samples.samples = slot_samples(s, index);
    }
}

bool sender_next(struct sender *sender, struct wire_frame *out) {
    uint64_t sequence;
    if (!link_sender_next(&sender->link, &sequence))
        return false;
    fill(sender, sequence - sender->link.first_held, out);
    out->stream = sender->stream;
    out->epoch = sender->link.epoch;
    out->case_number = sender->link.case_number;
    out->sequence = sequence;
    return true;
}
