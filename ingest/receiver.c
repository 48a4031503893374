/* receiver.c - see receiver.h. */
#include "ingest/receiver.h"
#include "ingest/intake.h"
#include "ingest/live.h"
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { BATCH = 512, IDLE_MS = 200, FULL_MS = 2, ASK_AGAIN_NS = 300000000 };
enum { FEW_FEEDS = 8, MANY_FEEDS = 64, GATHER_NS = 1000000 }; /* twice as long for many */
/* Unheard for so long, a connection may be replaced: one that lives says Hello after 2 s. */
static const uint64_t silence_ns = 3000000000, probe_ns = 50000000;
static const uint64_t watch_every_ns = 100000000; /* from one look at disk and clocks to the next */
static const uint64_t under_way_ns = 2000000000; /* records of an ended epoch are no surprise */

static void add(_Atomic uint64_t *counter, uint64_t value) {
    atomic_fetch_add_explicit(counter, value, memory_order_relaxed);
}

static uint64_t samples_in(const struct wire_frame *frame) {
    if (frame->kind != WIRE_SAMPLES)
        return 0;
    return (uint64_t)frame->body.samples.channels * frame->body.samples.count;
}

static void send_reply(struct receiver *r, uint32_t slot) {
    struct receiver_peer *p = &r->peers[slot];
    if (!p->peer.length)
        return;
    enum hemo_error error = socket_send_frame(r->socket, &p->peer, &r->reply, r->buffer);
    if (error == HEMO_PEER_LOST) {
        p->peer.length = 0;
        atomic_store_explicit(&r->metrics->streams[slot].connected, 0, memory_order_relaxed);
    }
    if (error == HEMO_NO_ROOM && r->reply.kind == WIRE_ACK)
        p->ack_due = true;
}

static void send_welcome(struct receiver *r, uint32_t slot, enum welcome_why why) {
    struct feed *feed = &r->lab->feeds[slot];
    link_receiver_welcome(&feed->link, &r->reply, feed->stream, why);
    send_reply(r, slot);
    r->peers[slot].asked_next = feed->link.next_sequence;
    r->peers[slot].asked_ns = log_now_ns();
}

static void send_answer(struct receiver *r, uint32_t slot, const struct feed_answer *answer) {
    struct feed *feed = &r->lab->feeds[slot];
    if (answer->ack) {
        struct link_receiver previous = feed->link;
        previous.epoch = answer->ack_epoch;
        previous.durable_next = answer->ack_next;
        link_receiver_ack(&previous, &r->reply, feed->stream);
        send_reply(r, slot);
    }
    if (answer->welcome)
        send_welcome(r, slot, answer->why);
    if (answer->welcome && answer->why != WHY_RESUMED)
        r->peers[slot].opened_ns = log_now_ns();
}

static void reopen_closed(struct receiver *r, uint32_t slot) {
    struct feed *feed = &r->lab->feeds[slot];
    struct feed_answer answer;
    if (!feed_closed(feed))
        return;
    uint64_t fresh = lab_fresh_epoch(r->lab);
    if (feed_reopen(feed, r->peers[slot].peer.length != 0, fresh, &answer))
        lab_epoch_used(r->lab, fresh);
    send_answer(r, slot, &answer);
}

static void take_acks(struct receiver *r) {
    uint32_t size;
    struct ack_item ack;
    const void *bytes;
    while ((bytes = ring_next(r->acks, &size)) != NULL) {
        memcpy(&ack, bytes, sizeof ack);
        assert(size == sizeof ack && ack.slot < r->lab->config->devices_count);
        feed_durable(&r->lab->feeds[ack.slot], ack.epoch, ack.next_sequence);
        r->peers[ack.slot].ack_due = true;
        reopen_closed(r, ack.slot);
    }
    ring_release(r->acks);
}

static void send_acks(struct receiver *r) {
    for (uint32_t i = 0; i < r->lab->config->devices_count; i++) {
        struct feed *feed = &r->lab->feeds[i];
        if (!r->peers[i].ack_due)
            continue;
        r->peers[i].ack_due = false;
        if (feed->phase == FEED_IDLE || !feed_acknowledges(feed))
            continue;
        link_receiver_ack(&feed->link, &r->reply, feed->stream);
        send_reply(r, i);
    }
}

/* An event that cannot be journalled, for the journal is what it is about. */
static void say_live(struct receiver *r, uint32_t slot, enum event_kind kind) {
    const struct feed *feed = &r->lab->feeds[slot];
    size_t length;
    wire_begin(&r->reply, WIRE_EVENT);
    r->reply.epoch = r->lab->journal_id;
    r->reply.case_number = feed->link.case_number;
    r->reply.body.event = (struct event){
        .id = id_make(feed->stream, feed->link.epoch, feed->tick, kind, 0),
        .kind = kind,
        .stream = feed->stream,
        .room = feed->room,
        .epoch = feed->link.epoch,
        .case_number = feed->link.case_number,
        .tick = feed->tick,
        .emitted_tick = feed->tick,
        .from_tick = r->peers[slot].late_tick < feed->tick ? r->peers[slot].late_tick : feed->tick,
        .to_tick = feed->tick,
        .at_ns = stream_tick_at_ns(&feed->info, feed->tick)};
    if (wire_pack(&r->reply, r->buffer, sizeof r->buffer, &length) == HEMO_OK)
        live_publish(r->live, feed->stream, r->buffer, length);
}

static void watch_stream(struct receiver *r, uint32_t slot, uint64_t now_ns) {
    const struct feed *feed = &r->lab->feeds[slot];
    struct receiver_peer *p = &r->peers[slot];
    _Atomic uint64_t *gauge = &r->metrics->streams[slot].not_saved;
    bool late = p->saving.late;
    switch (saving_step(&p->saving, feed->link.epoch, feed->link.durable_next,
                        feed->link.next_sequence, now_ns)) {
    case SAVING_NOTHING:
        break;
    case SAVING_NOT:
        if (!late)
            log_line("feeds: %s: not saved: records wait for the disk (want one that writes)",
                     r->lab->config->devices[slot].name);
        say_live(r, slot, EVENT_NOT_SAVED);
        break;
    case SAVING_AGAIN:
        log_line("feeds: %s: saved again", r->lab->config->devices[slot].name);
        say_live(r, slot, EVENT_SAVED_AGAIN);
        break;
    }
    if (p->saving.mark_ns == now_ns)
        p->late_tick = feed->tick;
    atomic_store_explicit(gauge, p->saving.late, memory_order_relaxed);
}

/* What the feed's clock does, as an input of its room. */
static void watch_pace(struct receiver *r, uint32_t slot) {
    const struct feed *feed = &r->lab->feeds[slot];
    struct pace *pace = &r->peers[slot].pace;
    const char *name = r->lab->config->devices[slot].name;
    double value;
    if (!feed->begun || feed->phase != FEED_OPEN || pace->epoch != feed->link.epoch)
        return;
    switch (intake_has_room(r) ? pace_step(pace, &value) : PACE_NOTHING) {
    case PACE_NOTHING:
        break;
    case PACE_IS:
        log_line("feeds: %s: its clock runs %.4f times as fast as this one", name, value);
        intake_mark(r, slot, MARK_PACE, value);
        break;
    case PACE_LEAPT:
        log_line("feeds: %s: its clock leapt ahead by %.3f s", name, value);
        intake_mark(r, slot, MARK_LEAP, value);
        break;
    }
}

static void watch(struct receiver *r) {
    uint64_t now_ns = log_now_ns();
    if (now_ns - r->watch_ns < watch_every_ns)
        return;
    r->watch_ns = now_ns;
    for (uint32_t i = 0; i < r->lab->config->devices_count; i++)
        if (r->lab->feeds[i].stream && r->lab->feeds[i].have_info) {
            watch_stream(r, i, now_ns);
            watch_pace(r, i);
        }
}

static void take_commands(struct receiver *r) {
    uint32_t size;
    struct command_item item;
    const uint8_t *bytes;
    while (intake_has_room(r) && (bytes = ring_next(r->commands, &size)) != NULL) {
        memcpy(&item, bytes, sizeof item);
        assert(size == sizeof item + item.length);
        if (intake_command(r, &item, bytes + sizeof item))
            reopen_closed(r, item.target);
    }
    ring_release(r->commands);
}

/* The record that is refused, and what would have been right: one line for a person. */
static void name_refused(struct receiver *r, const struct config_device *device, const char *what) {
    const struct wire_frame *f = &r->frame;
    struct wire_refuse *out = &r->reply.body.refuse;
    if (!wire_is_record(f->kind) || !device) {
        snprintf(out->text, sizeof out->text, "%s", what);
        return;
    }
    const struct feed *feed = &r->lab->feeds[device - r->lab->config->devices];
    r->reply.epoch = f->epoch;
    r->reply.case_number = f->case_number;
    out->sequence = f->sequence;
    snprintf(out->text, sizeof out->text,
             "%s %llu of epoch %llu, case %llu; the stream is in epoch %llu, case %llu, and wants "
             "record %llu",
             what, (unsigned long long)f->sequence, (unsigned long long)f->epoch,
             (unsigned long long)f->case_number, (unsigned long long)feed->link.epoch,
             (unsigned long long)feed->link.case_number,
             (unsigned long long)feed->link.next_sequence);
}

/* Refused: counted, said once a second at most, answered. r->frame is what was refused; of a
 * message that is no frame, its kind is 0. */
static void refuse(struct receiver *r, uint32_t slot, const struct socket_peer *peer,
                   enum hemo_error error, const char *what) {
    const struct config_device *device =
        slot < r->lab->config->devices_count ? &r->lab->config->devices[slot] : NULL;
    struct log_brake *brake = device ? &r->peers[slot].brake : &r->stranger;
    uint64_t skipped, now_ns = log_now_ns();
    if (device)
        add(&r->metrics->streams[slot].records_refused[-error], 1);
    else
        add(&r->metrics->refused_unknown, 1);
    if (!log_brake_open(brake, now_ns, &skipped))
        return;
    wire_begin(&r->reply, WIRE_REFUSE);
    r->reply.stream = device ? device->stream : 0;
    r->reply.body.refuse.error = error;
    name_refused(r, device, what);
    bool changes = device && (r->lab->feeds[slot].phase == FEED_CLOSING ||
                              now_ns - r->peers[slot].opened_ns < under_way_ns);
    bool under_way = changes && error == HEMO_OLD_EPOCH;
    if (!under_way)
        log_line("feeds: %s: refused %s: %s; %llu more since the last line",
                 device ? device->name : "a peer that is no feed", r->reply.body.refuse.text,
                 hemo_error_text(error), (unsigned long long)skipped);
    socket_send_frame(r->socket, peer, &r->reply, r->buffer);
}

static void adopt(struct receiver *r, uint32_t slot, const struct socket_peer *peer) {
    if (socket_peer_equal(&r->peers[slot].peer, peer))
        return;
    r->peers[slot].peer = *peer;
    r->peers[slot].asked_ns = 0;
    atomic_store_explicit(&r->metrics->streams[slot].connected, 1, memory_order_relaxed);
}

/* True while another connection has the stream and lives: it was heard, and takes an Ack. Two
 * processes with one key would else take the stream from each other in turn, and of their records
 * of one number the second would count as a repeat, and be lost. */
static bool intrudes(struct receiver *r, uint32_t slot, const struct socket_peer *peer) {
    struct receiver_peer *p = &r->peers[slot];
    uint64_t now_ns = log_now_ns();
    bool other = p->peer.length && !socket_peer_equal(&p->peer, peer);
    if (other && now_ns - p->heard_ns < silence_ns && now_ns - p->probed_ns >= probe_ns) {
        p->probed_ns = now_ns;
        link_receiver_ack(&r->lab->feeds[slot].link, &r->reply, r->lab->feeds[slot].stream);
        if (r->reply.epoch)
            send_reply(r, slot); /* forgets the peer where its connection is gone */
    }
    if (other && p->peer.length && now_ns - p->heard_ns < silence_ns)
        return true;
    p->heard_ns = now_ns;
    return false;
}

static void on_hello(struct receiver *r, uint32_t slot, const struct socket_peer *peer) {
    const struct config_device *device = &r->lab->config->devices[slot];
    const struct wire_hello *hello = &r->frame.body.hello;
    struct feed_answer answer;
    bool right = strcmp(hello->device, device->name) == 0 && hello->room == device->room &&
                 (!r->frame.stream || r->frame.stream == device->stream);
    if (!right) {
        refuse(r, slot, peer, HEMO_WRONG_STREAM, "a Hello for another device, room or stream");
        return;
    }
    if (intrudes(r, slot, peer)) {
        refuse(r, slot, peer, HEMO_IN_USE, "a Hello: another connection has this stream");
        return;
    }
    adopt(r, slot, peer);
    uint64_t fresh = lab_fresh_epoch(r->lab);
    if (feed_hello(&r->lab->feeds[slot], &r->frame, fresh, &answer))
        lab_epoch_used(r->lab, fresh);
    bool resumed = answer.welcome && answer.why == WHY_RESUMED;
    pace_hello(&r->peers[slot].pace, resumed ? hello->next_sequence
                                             : hello->next_sequence - hello->first_held + 1,
               log_now_ns());
    send_answer(r, slot, &answer);
    r->peers[slot].ack_due = true; /* the last one may have been lost with the old connection */
}

/* A hole: ask once for where we are, again only when that did not help for a while. */
static void ask_again(struct receiver *r, uint32_t slot) {
    struct receiver_peer *p = &r->peers[slot];
    uint64_t next = r->lab->feeds[slot].link.next_sequence;
    if (p->asked_ns && p->asked_next == next && log_now_ns() - p->asked_ns < ASK_AGAIN_NS)
        return;
    send_welcome(r, slot, WHY_RESUMED);
}

static void count_refused(struct receiver *r, uint32_t slot, enum hemo_error error) {
    add(&r->metrics->streams[slot].samples_refused[-error], samples_in(&r->frame));
}

/* A feed that claims real time is held to it; not while this machine keeps it waiting. */
static void keep_pace(struct receiver *r, uint32_t slot) {
    const struct feed *feed = &r->lab->feeds[slot];
    struct receiver_peer *p = &r->peers[slot];
    if (r->frame.kind != WIRE_SAMPLES)
        return;
    if ((feed->info.speed_percent != 100 && feed->info.origin != ORIGIN_LIVE) || p->saving.late)
        pace_forget(&p->pace);
    else
        pace_record(&p->pace, feed->link.epoch, r->frame.sequence,
                    (double)feed->tick / stream_base_rate_hz(&feed->info), log_now_ns());
}

static void on_record(struct receiver *r, uint32_t slot, const struct socket_message *message) {
    struct feed *feed = &r->lab->feeds[slot];
    struct wire_epoch_begin begin;
    enum hemo_error error;
    zmq_msg_t *body = (zmq_msg_t *)&message->body;
    add(&r->metrics->streams[slot].samples_arrived, samples_in(&r->frame));
    if (intrudes(r, slot, &message->peer)) {
        count_refused(r, slot, HEMO_IN_USE);
        refuse(r, slot, &message->peer, HEMO_IN_USE, "of a second connection, record");
        return;
    }
    switch (feed_record(feed, &r->frame, &begin, &error)) {
    case FEED_TAKE:
        adopt(r, slot, &message->peer);
        intake_record(r, slot, zmq_msg_data(body), (uint32_t)zmq_msg_size(body), &begin);
        keep_pace(r, slot);
        if (r->frame.kind == WIRE_SAMPLES)
            live_publish(r->live, feed->stream, zmq_msg_data(body), zmq_msg_size(body));
        break;
    case FEED_DUPLICATE:
        count_refused(r, slot, HEMO_BAD_SEQUENCE);
        adopt(r, slot, &message->peer);
        r->peers[slot].ack_due = true;
        break;
    case FEED_HOLE:
        count_refused(r, slot, HEMO_BAD_SEQUENCE);
        adopt(r, slot, &message->peer);
        ask_again(r, slot);
        break;
    case FEED_BREAK:
        count_refused(r, slot, error);
        log_line("feeds: %s: its sample counter broke: a new epoch begins",
                 r->lab->config->devices[slot].name);
        reopen_closed(r, slot);
        break;
    case FEED_REFUSE:
        count_refused(r, slot, error);
        refuse(r, slot, &message->peer, error, "record");
        break;
    }
}

/* The device behind a message: by its key; without CURVE by what it says of itself. */
static uint32_t slot_of(const struct receiver *r, const struct socket_message *message,
                        bool parsed) {
    const struct config *c = r->lab->config;
    const char *name = r->insecure ? NULL : message->user;
    if (r->insecure && parsed && r->frame.kind == WIRE_HELLO)
        name = r->frame.body.hello.device;
    else if (r->insecure && parsed) {
        uint32_t slot = lab_slot(r->lab, r->frame.stream);
        return slot != LAB_NO_SLOT && c->devices[slot].role == ROLE_FEED ? slot : NO_SLOT;
    }
    for (uint32_t i = 0; name && i < c->devices_count; i++)
        if (strcmp(c->devices[i].name, name) == 0)
            return c->devices[i].role == ROLE_FEED ? i : NO_SLOT;
    return NO_SLOT;
}

static void on_message(struct receiver *r, const struct socket_message *message) {
    zmq_msg_t *body = (zmq_msg_t *)&message->body;
    enum hemo_error error = wire_parse(&r->frame, zmq_msg_data(body), zmq_msg_size(body));
    uint32_t slot = slot_of(r, message, error == HEMO_OK);
    if (error != HEMO_OK) {
        r->frame.kind = 0;
        refuse(r, slot, &message->peer, error, "a message");
    } else if (slot == NO_SLOT) {
        refuse(r, slot, &message->peer, HEMO_NOT_ALLOWED, "a message");
    } else if (r->frame.kind == WIRE_HELLO) {
        on_hello(r, slot, &message->peer);
    } else if (r->frame.kind >= WIRE_STREAM_INFO && r->frame.kind <= WIRE_GAP) {
        on_record(r, slot, message);
    } else {
        refuse(r, slot, &message->peer, HEMO_NOT_ALLOWED, "a kind of message that no feed sends");
    }
}

/* False: nothing waits, or there is no room for it. */
static bool drain(struct receiver *r) {
    struct socket_message message;
    for (int i = 0; i < BATCH; i++) {
        if (!intake_has_room(r)) {
            for (uint32_t k = 0; k < r->lab->config->devices_count; k++)
                pace_forget(&r->peers[k].pace);
            return false;
        }
        enum hemo_error error = socket_receive(r->socket, &message);
        if (error == HEMO_NOT_FOUND)
            return false;
        if (error != HEMO_OK) {
            r->frame.kind = 0;
            refuse(r, NO_SLOT, &message.peer, HEMO_BAD_FORMAT, "a message of more than one part");
            continue;
        }
        on_message(r, &message);
        socket_message_close(&message);
    }
    return true;
}

static void read_monitor(struct receiver *r) {
    uint64_t skipped;
    while (r->monitor && socket_handshake_failed(r->monitor)) {
        add(&r->metrics->refused_handshakes, 1);
        if (log_brake_open(&r->handshake, log_now_ns(), &skipped))
            log_line("feeds: a connection failed its handshake (want CURVE with a known key); "
                     "%llu more since the last line",
                     (unsigned long long)skipped);
    }
}

static void sleep_until_work(struct receiver *r) {
    bool room = intake_has_room(r);
    zmq_pollitem_t items[3] = {{NULL, r->wake.fd, ZMQ_POLLIN, 0},
                               {r->monitor ? r->monitor : r->socket, 0, ZMQ_POLLIN, 0},
                               {r->socket, 0, ZMQ_POLLIN, 0}};
    wake_prepare(&r->wake);
    if (ring_empty(r->acks) && (ring_empty(r->commands) || !room) && !atomic_load(&r->stop))
        zmq_poll(items, room ? 3 : r->monitor ? 2 : 1, room ? IDLE_MS : FULL_MS);
    wake_drain(&r->wake);
}

/* With many feeds, work comes so often that waking for each piece costs far more than the piece:
 * then records and acks gather for a moment, and what follows is woken once for all of them. */
static void gather(const struct receiver *r) {
    uint32_t feeds = 0;
    for (uint32_t i = 0; i < r->lab->config->devices_count; i++)
        feeds += r->peers[i].peer.length != 0;
    int ticks = (feeds >= FEW_FEEDS) + (feeds >= MANY_FEEDS);
    if (ticks)
        nanosleep(&(struct timespec){.tv_nsec = ticks * GATHER_NS}, NULL);
}

bool receiver_step(struct receiver *r) {
    take_acks(r);
    take_commands(r);
    bool more = drain(r);
    watch(r);
    intake_publish(r);
    send_acks(r);
    read_monitor(r);
    return more;
}

/* An epoch goes on that another run of hemod began: what that one said of its clock is unknown. */
static void pace_recovered(struct receiver *r) {
    for (uint32_t i = 0; i < r->lab->config->devices_count; i++)
        if (r->lab->feeds[i].phase == FEED_OPEN) {
            r->peers[i].pace.epoch = r->lab->feeds[i].link.epoch;
            r->peers[i].pace.said = NAN;
            r->peers[i].pace.held_lead_s = -HUGE_VAL;
        }
}

void *receiver_run(void *receiver) {
    struct receiver *r = receiver;
    pace_recovered(r);
    while (!atomic_load(&r->stop)) {
        if (receiver_step(r))
            continue;
        sleep_until_work(r);
        gather(r);
    }
    intake_publish(r);
    return NULL;
}

void receiver_finish(struct receiver *r) {
    take_acks(r);
    send_acks(r);
}
