#include "worklist/forward.h"
#include "worklist/cases.h"
#include "worklist/say.h"
#include "worklist/when.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { CREDIT = 1024, ASK_AGAIN_MS = 1000, COMMANDS_MAX = 16 };

static bool send_frame(struct forward *f, const struct wire_frame *frame) {
    uint8_t bytes[OUTBOX_BYTES];
    size_t length = 0;
    enum hemo_error error = wire_pack(frame, bytes, sizeof bytes, &length);
    if (error != HEMO_OK) {
        forward_complain(f, "command not sent", hemo_error_text(error));
        return false;
    }
    return zmq_send(f->socket, bytes, length, ZMQ_DONTWAIT) >= 0;
}

void forward_detached(struct forward *f) {
    f->attached = false;
    f->sender.welcomed = false;
    f->asked_ms = 0;
    store_clear(f->batch); /* not committed, not acknowledged: hemod sends it again */
    counters_set(f->counters, COUNTER_HEMOD_UP, 0);
}

/* The command stream's place, as the database has it. */
static bool load_sender(struct forward *f) {
    uint64_t first = 0;
    if (!outbox_link_load(&f->db, &f->link) || !outbox_first(&f->db, &f->link, &first))
        return false;
    link_sender_init(&f->sender);
    f->sender.epoch = f->link.epoch;
    f->sender.first_held = first;
    f->sender.next_sequence = f->link.next_sequence;
    f->sender.sent_next = first;
    return true;
}

void forward_attach(struct forward *f) {
    int64_t now_ms = when_steady_ms();
    if (!f->connected || (f->attached && f->sender.welcomed) ||
        (f->asked_ms != 0 && now_ms - f->asked_ms < ASK_AGAIN_MS))
        return;
    f->asked_ms = now_ms;
    if (!f->attached) {
        wire_begin(f->out, WIRE_ATTACH);
        snprintf(f->out->body.attach.device, sizeof f->out->body.attach.device, "%.64s",
                 f->settings->device);
        send_frame(f, f->out);
    }
    if (!f->sender.welcomed && load_sender(f)) {
        link_sender_hello(&f->sender, f->out, f->stream, f->settings->device, 0);
        send_frame(f, f->out);
    }
}

/* hemod says what it holds; we say from where on. */
static void on_hello(struct forward *f) {
    const struct wire_hello *hello = &f->frame->body.hello;
    uint64_t journal = f->frame->epoch, next = 0;
    char what[200];
    bool known = false;
    if (f->frame->stream != 0 || !store_position(&f->db, journal, &next, &known))
        return;
    if (next > hello->next_sequence) {
        snprintf(what, sizeof what,
                 "hemod's journal ends at %" PRIu64 ", %" PRIu64
                 " are committed here (want the journal that was "
                 "acknowledged); nothing is read",
                 hello->next_sequence, next);
        forward_complain(f, f->settings->events, what);
        return;
    }
    if (next < hello->first_held) {
        snprintf(what, sizeof what,
                 "events %" PRIu64 " to %" PRIu64
                 " are no longer held by hemod: they are missing here",
                 next, hello->first_held - 1);
        forward_complain(f, f->settings->events, what);
        next = hello->first_held;
        if (known && !store_skip(&f->db, journal, next))
            return;
    }
    store_clear(f->batch);
    link_receiver_init(&f->receiver, journal, 0, next, CREDIT);
    link_receiver_welcome(&f->receiver, f->out, 0, WHY_RESUMED);
    if (!send_frame(f, f->out))
        return;
    f->attached = true;
    f->complained_ms = 0;
    counters_set(f->counters, COUNTER_HEMOD_UP, 1);
    counters_set(f->counters, COUNTER_POSITION, next);
    fprintf(stderr,
            "worklistd: hemod: journal %" PRIu64 ", from event %" PRIu64 " of %" PRIu64 "\n",
            journal, next, hello->next_sequence);
}

static void on_record(struct forward *f, const uint8_t *bytes, size_t length) {
    struct link_receiver *r = &f->receiver;
    uint64_t case_number = f->frame->case_number, expected = r->next_sequence;
    if (!f->attached || f->frame->stream != 0 || f->batch->count == STORE_BATCH)
        return;
    f->frame->case_number =
        r->case_number; /* hemod's own stream belongs to no case; its events do */
    enum hemo_error error = link_receiver_record(r, f->frame);
    f->frame->case_number = case_number;
    if (error != HEMO_OK) {
        if (error == HEMO_BAD_SEQUENCE && f->frame->sequence < expected)
            return;          /* sent twice */
        forward_detached(f); /* a hole, or another journal: ask again */
        return;
    }
    struct store_item *item = &f->batch->item[f->batch->count++];
    *item = (struct store_item){.kind = f->frame->kind,
                                .sequence = f->frame->sequence,
                                .received_us = when_steady_us(),
                                .length = length};
    item->bytes = malloc(length);
    if (!item->bytes)
        abort();
    memcpy(item->bytes, bytes, length);
    if (item->kind == WIRE_EVENT)
        item->body.event = f->frame->body.event;
    else
        item->body.begin = f->frame->body.epoch_begin;
}

/* hemod holds them for good: their rooms have less that waits. */
static void acked(struct forward *f, uint64_t next) {
    int64_t rooms[OUTBOX_ROOMS];
    int n = outbox_acked(&f->db, f->sender.epoch, next, rooms);
    counters_set(f->counters, COUNTER_COMMANDS_ACKED, next);
    for (int i = 0; i < n; i++)
        cases_publish(&f->db, f->hub, rooms[i]);
}

/* The command stream goes on, or begins anew in hemod's epoch. What a Welcome says to have been
 * taken need not be durable yet: hemod may still lose it. The Ack that follows says what is. */
static void on_welcome(struct forward *f) {
    f->stream = f->frame->stream;
    switch (link_sender_welcome(&f->sender, f->frame)) {
    case LINK_RESUMED:
        return;
    case LINK_NEW_EPOCH:
        if (outbox_renumber(&f->db, f->sender.epoch, &f->link))
            link_sender_renumber(&f->sender, f->link.next_sequence);
        else
            forward_detached(f);
        return;
    case LINK_WELCOME_BAD:
        forward_detached(f);
        return;
    }
}

static void on_ack(struct forward *f) {
    if (link_sender_ack(&f->sender, f->frame) == 0)
        return;
    acked(f, f->sender.first_held);
}

/* A person was told 200: the page and the audit must hear that it came to nothing. */
static void say_refused(struct forward *f, const char *why) {
    char what[32], text[400], object[40];
    int64_t room =
        outbox_refused(&f->db, f->sender.epoch, f->frame->body.refuse.sequence, why, what);
    if (room < 0)
        return;
    snprintf(object, sizeof object, "room %lld", (long long)room);
    snprintf(text, sizeof text, "%s: hemod refused it: %s", what, why);
    bool ok = db_do(&f->db, "begin") &&
              audit_append(&f->db, &(struct audit_entry){"hemod", "command refused", object, "",
                                                         text, "feed"}) &&
              db_do(&f->db, "commit");
    if (!ok)
        db_do(&f->db, "rollback");
    hub_publish(f->hub, 0, false, say_notice_text("REFUSED", room, text));
}

static void on_refuse(struct forward *f) {
    char what[300];
    snprintf(what, sizeof what, "%s: %s", hemo_error_text(f->frame->body.refuse.error),
             f->frame->body.refuse.text);
    forward_complain(f, "hemod refused", what);
    if (f->sender.welcomed)
        say_refused(f, what);
    if (f->frame->body.refuse.error == HEMO_OLD_EPOCH ||
        f->frame->body.refuse.error == HEMO_BAD_SEQUENCE)
        f->sender.welcomed = false;
}

void forward_message(struct forward *f, const uint8_t *bytes, size_t length) {
    enum hemo_error error = wire_parse(f->frame, bytes, length);
    if (error != HEMO_OK) {
        counters_add(f->counters, COUNTER_WIRE_ERRORS, 1);
        forward_complain(f, "a message of hemod is not valid", hemo_error_text(error));
        return;
    }
    switch (f->frame->kind) {
    case WIRE_HELLO:
        on_hello(f);
        return;
    case WIRE_EVENT:
    case WIRE_EPOCH_BEGIN:
        on_record(f, bytes, length);
        return;
    case WIRE_WELCOME:
        on_welcome(f);
        return;
    case WIRE_ACK:
        on_ack(f);
        return;
    case WIRE_REFUSE:
        on_refuse(f);
        return;
    case WIRE_WINDOW:
        strips_answer(f->strips, &f->frame->body.window);
        return;
    default:
        counters_add(f->counters, COUNTER_WIRE_ERRORS, 1);
        return;
    }
}

static void count_batch(struct forward *f, int64_t began_ms) {
    for (size_t i = 0; i < f->batch->count; i++)
        counters_order(f->counters, (uint64_t)(when_steady_us() - f->batch->item[i].received_us));
    counters_add(f->counters, COUNTER_EVENTS, f->batch->count);
    counters_add(f->counters, COUNTER_BATCHES, 1);
    counters_add(f->counters, COUNTER_COMMIT_MS, (uint64_t)(when_steady_ms() - began_ms));
    counters_add(f->counters, COUNTER_QUARANTINED, f->batch->quarantined);
    counters_add(f->counters, COUNTER_MOVES, f->batch->moves);
    counters_set(f->counters, COUNTER_POSITION, f->batch->next_after);
}

bool forward_commit(struct forward *f) {
    int64_t began_ms = when_steady_ms();
    f->batch->journal = f->receiver.epoch;
    f->batch->next_before = f->receiver.durable_next;
    f->batch->next_after = f->receiver.next_sequence;
    if (!store_commit(&f->db, f->epochs, f->batch)) {
        forward_complain(f, "database: a batch was not stored", f->db.error);
        forward_detached(f);
        f->checked_ms = 0; /* look at the database at once */
        zmq_poll(NULL, 0, 100);
        return false;
    }
    link_receiver_durable(&f->receiver, f->batch->next_after);
    link_receiver_ack(&f->receiver, f->out, 0);
    send_frame(f, f->out);
    count_batch(f, began_ms);
    say_batch(f->hub, &f->db, f->batch);
    store_clear(f->batch);
    return true;
}

static bool send_command(struct forward *f, const struct outbox_command *command) {
    if (wire_parse(f->out, command->bytes, command->length) != HEMO_OK) {
        forward_complain(f, "outbox", "a command cannot be read");
        return false;
    }
    f->out->stream = f->stream;
    f->out->epoch = f->sender.epoch;
    f->out->case_number = f->sender.case_number;
    f->out->sequence = command->sequence;
    counters_add(f->counters, COUNTER_COMMANDS_SENT, 1);
    return send_frame(f, f->out);
}

static void send_waiting(struct forward *f) {
    struct outbox_command commands[COMMANDS_MAX];
    uint64_t sequence = 0;
    int n = outbox_waiting(&f->db, &f->link, f->sender.sent_next, commands, COMMANDS_MAX);
    for (int i = 0; i < n && link_sender_next(&f->sender, &sequence); i++) {
        if (commands[i].sequence == sequence && send_command(f, &commands[i]))
            continue;
        f->sender.welcomed = false; /* start over from what the database holds */
        return;
    }
}

void forward_commands(struct forward *f) {
    struct wire_window_ask ask;
    if (!f->sender.welcomed)
        return;
    if (!outbox_number(&f->db, &f->link))
        return;
    while (f->sender.next_sequence < f->link.next_sequence)
        link_sender_add(&f->sender);
    if (f->sender.sent_next < f->sender.next_sequence)
        send_waiting(f);
    while (f->attached && strips_next(f->strips, &ask)) {
        wire_begin(f->out, WIRE_WINDOW_ASK);
        f->out->stream = f->stream;
        f->out->body.window_ask = ask;
        send_frame(f, f->out);
    }
}
