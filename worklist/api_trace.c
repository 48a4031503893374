/* Full disclosure: any moment of a case, from hemod's journal. What is drawn wide comes as samples,
 * what is drawn narrow as the least and the greatest of each second. */
#include "worklist/api.h"
#include "proto/stream.h"
#include "worklist/store.h"
#include <stdlib.h>
#include <string.h>

enum {
    TIMEOUT_MS = 4000,
    TRACE_LONGEST_S = 60,
    PIECE_SAMPLES = 60000, /* of a block, at once; strips.h takes 65536 */
    SETTLED_S = 5          /* this far behind the newest event a block changes no more */
};

static const struct api_problem no_epoch = {404, "NOT_FOUND",
                                            "The case has no such stream, epoch and channel.",
                                            "Nothing was changed.", "Reload the page."},
                                no_trace = {503, "PEER_LOST", "hemod does not send the trace now.",
                                            "All of it is kept in hemod's journal.",
                                            "Try again; see that hemod runs."};

/* A channel of an epoch of the call's case, as the query names it. */
struct target {
    uint32_t stream, channel;
    uint64_t epoch, newest_tick;
    double base_rate_hz;
};

#define NEWEST_TICK                                                                                \
    "greatest((select max(tick) from event v where v.stream = e.stream and v.epoch = e.epoch and " \
    "v.kind = 201), (select max(tick) from event v where v.stream = e.stream and v.epoch = "       \
    "e.epoch and v.kind = 202))"

static bool find_target(struct api_call *call, struct target *t) {
    *t = (struct target){.stream = (uint32_t)api_query(call, "stream", 0),
                         .channel = (uint32_t)api_query(call, "channel", 0),
                         .epoch = (uint64_t)api_query(call, "epoch", 0)};
    PGresult *r = db_query(
        call->db,
        "select base_rate_hz, coalesce(" NEWEST_TICK ", 0), json_array_length(channels::json) from "
        "epoch e where case_number = $1 and stream = $2 and epoch = $3",
        DB(db_int(call->number).text, db_int(t->stream).text, db_int((int64_t)t->epoch).text));
    bool found = r && PQntuples(r) == 1 && t->channel < db_number(r, 0, 2);
    if (found) {
        t->base_rate_hz = strtod(db_text(r, 0, 0), NULL);
        t->newest_tick = (uint64_t)db_number(r, 0, 1);
    } else if (r)
        api_error(call, &no_epoch);
    else
        api_database_error(call);
    PQclear(r);
    return found;
}

static bool ask(struct api_call *call, const struct target *t, uint64_t from, uint64_t to,
                struct window *out) {
    const struct wire_window_ask ask = {.target_stream = t->stream,
                                        .channel = t->channel,
                                        .target_epoch = t->epoch,
                                        .from_tick = from,
                                        .to_tick = to};
    if (strips_ask(call->api->strips, &ask, TIMEOUT_MS, out))
        return true;
    api_error(call, &no_trace);
    return false;
}

static json_t *numbers(const int16_t *samples, size_t count) {
    json_t *out = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(out, samples[i] == SAMPLE_MISSING ? json_null()
                                                                : json_integer(samples[i]));
    return out;
}

void api_trace(struct api_call *call) {
    struct target t;
    struct window w;
    if (!find_target(call, &t))
        return;
    int64_t from = api_query(call, "from", 0);
    int64_t to = api_query(call, "to", 0);
    int64_t longest = (int64_t)(TRACE_LONGEST_S * t.base_rate_hz);
    if (from < 0 || to <= from || to - from > longest) {
        api_error(call, &(struct api_problem){400, "BAD_REQUEST",
                                              "from and to must be at most 60 s apart.",
                                              "Nothing was changed.", "See worklist/API.md."});
        return;
    }
    if (!ask(call, &t, (uint64_t)from, (uint64_t)to, &w))
        return;
    api_ok_json(call, json_pack("{s:I, s:i, s:f, s:i, s:o}", "first_tick", (json_int_t)w.first_tick,
                                "ticks_per_sample", (int)w.ticks_per_sample, "scale", w.scale,
                                "offset", (int)w.offset, "samples", numbers(w.samples, w.count)));
    free(w.samples);
}

/* The block from the journal, a piece at a time. */
static bool read_block(struct api_call *call, const struct target *t, struct envelope *e) {
    uint64_t end = envelope_first_tick(e, ENVELOPE_BLOCK_S);
    uint64_t piece = (uint64_t)(60 * t->base_rate_hz);
    struct window w;
    if (piece > PIECE_SAMPLES)
        piece = PIECE_SAMPLES; /* a channel has at most a sample a tick */
    for (uint64_t at = envelope_first_tick(e, 0); at < end; at += piece) {
        if (at > t->newest_tick + (uint64_t)(TRACE_LONGEST_S * t->base_rate_hz))
            return true;
        if (!ask(call, t, at, at + piece < end ? at + piece : end, &w))
            return false;
        if (w.count > 0) {
            envelope_take(e, w.first_tick, w.ticks_per_sample, w.samples, w.count);
            e->scale = w.scale;
            e->offset = w.offset;
        }
        free(w.samples);
    }
    return true;
}

void api_envelope(struct api_call *call) {
    struct target t;
    struct envelope e;
    if (!find_target(call, &t))
        return;
    const struct envelope_key key = {t.stream, t.channel, t.epoch,
                                     (uint64_t)api_query(call, "block", 0) % (1U << 20)};
    bool kept = envelopes_find(&call->api->envelopes, &key, &e);
    if (!kept) {
        envelope_init(&e, &key, t.base_rate_hz);
        if (!read_block(call, &t, &e))
            return;
        uint64_t end = envelope_first_tick(&e, ENVELOPE_BLOCK_S);
        if (end + (uint64_t)(SETTLED_S * t.base_rate_hz) <= t.newest_tick)
            envelopes_keep(&call->api->envelopes, &e);
    }
    api_ok_json(call,
                json_pack("{s:i, s:f, s:i, s:o, s:o}", "seconds", ENVELOPE_BLOCK_S, "scale",
                          e.scale, "offset", (int)e.offset, "low", numbers(e.low, ENVELOPE_BLOCK_S),
                          "high", numbers(e.high, ENVELOPE_BLOCK_S)));
}

/* first_tick, whose time is began_at, stands in EpochBegin as hemod said it. */
static json_t *epoch_json(const char *body, const char *hex, struct wire_frame *frame) {
    json_t *out = json_loads(body, 0, NULL);
    if (out && store_frame(hex, WIRE_EPOCH_BEGIN, frame))
        json_object_set_new(out, "first_tick",
                            json_integer((json_int_t)frame->body.epoch_begin.first_tick));
    return out;
}

/* The case's epochs, oldest first. */
void api_epochs(struct api_call *call) {
    PGresult *r = db_query(
        call->db,
        "select json_build_object('stream', e.stream, 'epoch', e.epoch, 'room', e.room, "
        "'began_at', iso(e.began_at), 'base_rate_hz', e.base_rate_hz, 'origin', e.origin, "
        "'speed_percent', e.speed_percent, 'channels', e.channels::json, 'newest_tick', "
        "coalesce(" NEWEST_TICK ", 0)), encode(e.frame, 'hex') from epoch e where e.case_number = "
        "$1 order by e.began_at, e.stream",
        DB(db_int(call->number).text));
    struct wire_frame *frame = malloc(sizeof *frame);
    if (!r || !frame) {
        PQclear(r);
        free(frame);
        api_database_error(call);
        return;
    }
    json_t *epochs = json_array();
    for (int i = 0; i < PQntuples(r); i++)
        json_array_append_new(epochs, epoch_json(db_text(r, i, 0), db_text(r, i, 1), frame));
    PQclear(r);
    free(frame);
    api_ok_json(call, json_pack("{s:o}", "epochs", epochs));
}
