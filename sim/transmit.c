#include "sim/transmit.h"
#include "proto/wire.h"
#include "sim/dealer.h"
#include "sim/sender.h"
#include "sim/wire_fault.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { HOLD_S = 60, RECORDS_MIN = 512, RECORDS_MAX = 200000, BATCH = 256 };
enum { STORE_BYTES_MAX = 256 << 20 };
static const double answer_s = 10, hello_again_s = 2, lost_s = 60, progress_tty_s = 0.25,
                    progress_plain_s = 10;

struct transmit {
    const struct options *options;
    struct source *source;
    struct sender sender;
    struct dealer dealer;
    struct source_item item; /* the next one; waiting says that it is not in the sender yet */
    bool waiting, ended;
    bool welcomed;  /* ever: the clock runs */
    double began_s; /* of the clock */
    double heard_s; /* when the peer last said something */
    double shown_s;
    double hello_s; /* when the last Hello was said */
    double base_rate_hz;
    uint64_t samples, records, digest, tick;
    double lag_s;
    char device[WIRE_DEVICE_MAX + 1];
    size_t packed; /* bytes of a record that the socket did not take yet */
    uint8_t bytes[WIRE_BYTES_MAX];
    struct fault_list faults;
    struct wire_faults broken;
    size_t behind; /* bytes of a record that goes out behind the next one */
    uint8_t behind_bytes[WIRE_BYTES_MAX];
    struct wire_frame frame;
};

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int64_t utc_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* When the stream has come to a tick; now, where it goes as fast as it can. */
static double due_s(const struct transmit *t, uint64_t tick) {
    if (!(t->options->speed > 0))
        return 0;
    double from_s = wire_fault_due_s(&t->faults, (double)t->source->first_tick / t->base_rate_hz);
    double at_s = wire_fault_due_s(&t->faults, (double)tick / t->base_rate_hz);
    return t->began_s + (at_s - from_s) / t->options->speed;
}

static void mix(struct transmit *t, const void *bytes, size_t length) {
    const uint8_t *at = bytes;
    for (size_t i = 0; i < length; i++)
        t->digest = (t->digest ^ at[i]) * 0x100000001b3u;
}

static void count_samples(struct transmit *t, const struct sample_block *block) {
    t->samples += (uint64_t)block->channels * block->count;
    mix(t, &block->first_tick, sizeof block->first_tick);
    mix(t, &block->group, sizeof block->group);
    mix(t, block->samples, (size_t)block->channels * block->count * sizeof block->samples[0]);
}

/* Hands the waiting item to the sender. False: it finds no place, and may wait. */
static bool hand_over(struct transmit *t) {
    const struct source_item *item = &t->item;
    bool patient = !(t->options->speed > 0);
    switch (item->kind) {
    case SOURCE_SAMPLES:
        if (patient && !sender_has_room(&t->sender))
            return false;
        count_samples(t, &item->body.samples);
        sender_samples(&t->sender, &item->body.samples);
        return true;
    case SOURCE_MARK:
        if (!sender_mark(&t->sender, &item->body.mark))
            return false;
        mix(t, &item->body.mark.tick, sizeof item->body.mark.tick);
        return true;
    case SOURCE_GAP:
        return sender_gap(&t->sender, &item->body.gap);
    default:
        return sender_declare(&t->sender);
    }
}

/* Everything that is due by now goes into the sender, at most a batch, so that the link is served
 * in between. */
static enum hemo_error feed_sender(struct transmit *t, struct failure *failure) {
    double now = now_s();
    for (int i = 0; i < BATCH && !t->ended; i++) {
        if (!t->waiting) {
            enum hemo_error error = t->source->next(t->source->state, &t->item, failure);
            if (error)
                return error;
            t->waiting = true;
        }
        if (due_s(t, t->item.next_tick) > now || !hand_over(t))
            break;
        t->waiting = false;
        t->tick = t->item.next_tick;
        t->ended = t->item.kind == SOURCE_END;
    }
    return HEMO_OK;
}

static void note_lag(struct transmit *t) {
    if (t->frame.kind != WIRE_SAMPLES || !(t->options->speed > 0))
        return;
    const struct sample_block *block = &t->frame.body.samples;
    uint64_t ticks_per_sample = 1;
    for (uint32_t c = 0; c < t->source->info.channels_count; c++)
        if (t->source->info.channels[c].group == block->group)
            ticks_per_sample = t->source->info.channels[c].ticks_per_sample;
    double due = due_s(t, block->first_tick + block->count * ticks_per_sample);
    t->lag_s = fmax(t->lag_s, now_s() - due);
}

/* Puts the packed record on the wire, or does to it what faults.def says. False: later; it is not
 * harmed again then. */
static bool put_record(struct transmit *t) {
    enum wire_fate fate = wire_fault_fate(&t->broken, &t->frame, now_s());
    if (fate == WIRE_LATE)
        return false;
    if (fate == WIRE_LOST)
        return true;
    if (fate == WIRE_REORDERED && !t->behind) {
        memcpy(t->behind_bytes, t->bytes, t->packed);
        t->behind = t->packed;
        return true;
    }
    if (!dealer_send(&t->dealer, t->bytes, fate == WIRE_CUT ? t->packed / 2 : t->packed))
        return false;
    if (fate == WIRE_DOUBLED)
        dealer_send(&t->dealer, t->bytes, t->packed);
    if (t->behind)
        dealer_send(&t->dealer, t->behind_bytes, t->behind);
    t->behind = 0;
    return true;
}

static enum hemo_error send_records(struct transmit *t, struct failure *failure) {
    for (int i = 0; i < BATCH; i++) {
        if (!t->packed && !sender_next(&t->sender, &t->frame))
            return HEMO_OK;
        if (!t->packed) {
            wire_fault_shift(&t->broken, &t->frame);
            enum hemo_error error = wire_pack(&t->frame, t->bytes, sizeof t->bytes, &t->packed);
            if (error)
                return failure_set(failure, error, "record of kind %d cannot be sent: %s",
                                   (int)t->frame.kind, hemo_error_text(error));
        }
        if (!put_record(t))
            return HEMO_OK;
        note_lag(t);
        t->records++;
        t->packed = 0;
    }
    return HEMO_OK;
}

static void say_hello(struct transmit *t) {
    size_t length;
    t->hello_s = now_s();
    t->packed = 0; /* a record of the connection before: the sender gives it again */
    t->behind = 0;
    sender_hello(&t->sender, &t->frame);
    if (wire_fault_any(&t->faults, FAULT_room))
        t->frame.body.hello.room = t->frame.body.hello.room % 999 + 1;
    if (!wire_pack(&t->frame, t->bytes, sizeof t->bytes, &length))
        dealer_send(&t->dealer, t->bytes, length);
}

static void start_clock(struct transmit *t) {
    if (t->welcomed)
        return;
    t->welcomed = true;
    t->began_s = now_s();
    double before_s = (double)t->source->first_tick / t->base_rate_hz;
    t->sender.config.info.started_at_ns = utc_ns() - (int64_t)(1e9 * before_s);
}

/* A record that was cut on its way is no reason to give up: the hole behind it brings it again. */
static bool expected(const struct transmit *t) {
    enum hemo_error why = t->frame.body.refuse.error;
    bool damaged = why == HEMO_BAD_ENCODING || why == HEMO_BAD_LENGTH || why == HEMO_BAD_FIELD ||
                   why == HEMO_BAD_COUNT;
    return t->frame.kind == WIRE_REFUSE && damaged && wire_fault_any(&t->faults, FAULT_cut);
}

static enum hemo_error heard(struct transmit *t, struct failure *failure) {
    uint8_t in[WIRE_BYTES_MAX];
    size_t length;
    while ((length = dealer_receive(&t->dealer, in, sizeof in)) > 0) {
        if (length > sizeof in || wire_parse(&t->frame, in, length))
            continue; /* not a frame: as if it had never come; the link recovers by its numbers */
        t->heard_s = now_s();
        if (expected(t))
            continue;
        switch (sender_heard(&t->sender, &t->frame, failure)) {
        case SENDER_WELCOMED:
            t->packed = 0;
            start_clock(t);
            break;
        case SENDER_SAY_HELLO:
            start_clock(t);
            say_hello(t);
            break;
        case SENDER_HELLO_AGAIN:
            dealer_again(&t->dealer);
            return HEMO_OK;
        case SENDER_TURNED_AWAY:
            return failure->error;
        case SENDER_GO_ON:
            break;
        }
    }
    return HEMO_OK;
}

/* How long to wait for the socket: until the next item is due. */
static int pause_ms(const struct transmit *t) {
    if (!t->welcomed || t->ended)
        return 50;
    if (!t->waiting)
        return 0;
    double left_s = due_s(t, t->item.next_tick) - now_s();
    if (left_s <= 0)
        return sender_has_room(&t->sender) ? 0 : 20;
    return (int)fmin(50, ceil(left_s * 1e3));
}

/* Nothing came: an answer may be missing, or the peer. */
static enum hemo_error check_silence(struct transmit *t, struct failure *failure) {
    double silent_s = now_s() - t->heard_s;
    if (t->dealer.up && !t->sender.link.welcomed && now_s() - t->hello_s > hello_again_s)
        say_hello(t);
    if (!t->welcomed && silent_s > answer_s)
        return failure_set(failure, HEMO_PEER_LOST,
                           "%s: no answer in %.0f s (is hemod running, with this address and key?)",
                           t->options->send, answer_s);
    if (silent_s > lost_s && sender_held(&t->sender))
        return failure_set(failure, HEMO_PEER_LOST,
                           "%s: silent for %.0f s, %" PRIu64 " records not acknowledged",
                           t->options->send, lost_s, sender_held(&t->sender));
    return HEMO_OK;
}

static enum hemo_error serve_link(struct transmit *t, struct failure *failure) {
    switch (dealer_wait(&t->dealer, pause_ms(t))) {
    case DEALER_UP:
        say_hello(t);
        return HEMO_OK;
    case DEALER_DOWN:
        if (!t->options->quiet)
            fprintf(stderr, "hemosim: connection to %s lost, %" PRIu64 " records held\n",
                    t->options->send, sender_held(&t->sender));
        return HEMO_OK;
    case DEALER_DENIED:
        return failure_set(failure, HEMO_NOT_ALLOWED,
                           "%s: this key is not on its list (want key=... of %s in hemod.ini)",
                           t->options->send, t->sender.config.device);
    case DEALER_INPUT:
        return heard(t, failure);
    case DEALER_NOTHING:
        break;
    }
    return check_silence(t, failure);
}

static double sent_s(const struct transmit *t) {
    return t->tick > t->source->first_tick
               ? (double)(t->tick - t->source->first_tick) / t->base_rate_hz
               : 0;
}

static void progress(struct transmit *t) {
    bool tty = isatty(STDERR_FILENO);
    double now = now_s();
    if (t->options->quiet || now - t->shown_s < (tty ? progress_tty_s : progress_plain_s))
        return;
    t->shown_s = now;
    fprintf(stderr, "%s%.1f of %.1f s, %" PRIu64 " records held, %" PRIu64 " gaps%s",
            tty ? "\r" : "hemosim: ", sent_s(t),
            (double)(t->source->end_tick - t->source->first_tick) / t->base_rate_hz,
            sender_held(&t->sender), t->sender.gaps, tty ? "   " : "\n");
}

static enum hemo_error run(struct transmit *t, const volatile sig_atomic_t *stop,
                           struct failure *failure) {
    while (!(t->ended && !sender_held(&t->sender))) {
        if (*stop)
            return failure_set(failure, HEMO_INTERRUPTED,
                               "interrupted, %" PRIu64 " records not acknowledged",
                               sender_held(&t->sender));
        enum hemo_error error = serve_link(t, failure);
        if (!error && t->welcomed)
            error = feed_sender(t, failure);
        if (!error && t->welcomed)
            error = send_records(t, failure);
        if (error)
            return error;
        progress(t);
    }
    return HEMO_OK;
}

static void summary(const struct transmit *t) {
    const struct sender *s = &t->sender;
    if (isatty(STDERR_FILENO) && !t->options->quiet)
        fputs("\r\033[K", stderr);
    if (t->options->json)
        printf("{\"type\":\"sent\",\"seconds\":%.3f,\"channels\":%u,\"samples\":%" PRIu64
               ",\"gaps\":%" PRIu64 ",\"max_lag_ms\":%.0f,\"digest\":\"%016" PRIx64
               "\",\"records\":%" PRIu64 ",\"lost_samples\":%" PRIu64 ",\"unacknowledged\":%" PRIu64
               ",\"epochs\":%" PRIu64 "}\n",
               sent_s(t), t->source->info.channels_count, t->samples, s->gaps, 1e3 * t->lag_s,
               t->digest, t->records, s->lost_samples, sender_held(s), s->epochs);
    else
        printf("sent %.1f s, %u ch, %" PRIu64 " samples, %" PRIu64
               " gaps, max lag %.0f ms, digest %016" PRIx64 "\n",
               sent_s(t), t->source->info.channels_count, t->samples, s->gaps, 1e3 * t->lag_s,
               t->digest);
    fflush(stdout);
}

/* Room for HOLD_S of wall time at this speed, in blocks of at least 20 ms. */
static uint32_t store_records(const struct transmit *t) {
    uint32_t groups = 0;
    for (uint32_t c = 0; c < t->source->info.channels_count; c++)
        if (t->source->info.channels[c].group >= groups)
            groups = t->source->info.channels[c].group + 1;
    double speed = t->options->speed > 1 ? t->options->speed : 1;
    double records = HOLD_S * speed / 0.02 * groups;
    double most = STORE_BYTES_MAX / (2.0 * t->source->block_samples + sizeof(struct sender_slot));
    return (uint32_t)fmax(RECORDS_MIN, fmin(fmin(RECORDS_MAX, most), records));
}

static enum hemo_error open_all(struct transmit *t, struct failure *failure) {
    const struct options *o = t->options;
    snprintf(t->device, sizeof t->device, "LAB%u-HEMO", o->room);
    t->base_rate_hz = stream_base_rate_hz(&t->source->info);
    enum hemo_error error = fault_list_parse(o->faults, o->faults_count, &t->faults, failure);
    if (error)
        return error;
    t->broken = (struct wire_faults){.list = &t->faults, .base_rate_hz = t->base_rate_hz};
    t->source->info.speed_percent = (uint32_t)lrint(100 * o->speed);
    struct sender_config config = {.info = t->source->info,
                                   .device = o->device ? o->device : t->device,
                                   .room = o->room,
                                   .records = store_records(t),
                                   .block_samples = t->source->block_samples};
    error = sender_init(&t->sender, &config, failure);
    if (error)
        return error;
    struct dealer_config link = {
        .address = o->send, .key = o->insecure ? NULL : o->key, .server_key = o->server_key};
    t->heard_s = t->shown_s = now_s();
    return dealer_open(&t->dealer, &link, failure);
}

enum hemo_error transmit_run(const struct options *options, struct source *source,
                             const volatile sig_atomic_t *stop, struct failure *failure) {
    struct transmit t = {.options = options, .source = source, .digest = 0xcbf29ce484222325u};
    enum hemo_error error = open_all(&t, failure);
    if (!error) {
        error = run(&t, stop, failure);
        summary(&t);
    }
    dealer_close(&t.dealer);
    sender_free(&t.sender);
    source->close(source->state);
    return error;
}
