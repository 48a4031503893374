/* The trace behind a number: asked from hemod's journal by the forwarder, put together here. */
#include "worklist/api.h"
#include "proto/site.h"
#include "worklist/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRIP_TIMEOUT_MS = 4000, STRIP_MARGIN_S = 2, STRIP_LONGEST_S = 60 };

static const struct api_problem no_measurement = {404, "NOT_FOUND", "There is no such measurement.",
                                                  "Nothing was changed.", "Reload the list."},
                                no_trace = {503, "PEER_LOST", "hemod does not send the trace now.",
                                            "The value and its beats are kept.",
                                            "Try again; see that hemod runs."};

struct stretch {
    uint32_t stream, channel;
    uint64_t epoch, from, to;
    struct wire_epoch_begin begin;
};

static bool find_stretch(struct api_call *call, struct stretch *s) {
    PGresult *r =
        db_query(call->db,
                 "select stream, epoch, channel, from_tick, to_tick from measurement where id = "
                 "decode($1, 'hex')",
                 DB(call->id));
    if (!r || PQntuples(r) != 1) {
        if (r)
            api_error(call, &no_measurement);
        else
            api_database_error(call);
        PQclear(r);
        return false;
    }
    *s = (struct stretch){.stream = (uint32_t)db_number(r, 0, 0),
                          .epoch = (uint64_t)db_number(r, 0, 1),
                          .channel = (uint32_t)db_number(r, 0, 2),
                          .from = (uint64_t)db_number(r, 0, 3),
                          .to = (uint64_t)db_number(r, 0, 4)};
    PQclear(r);
    if (!store_epoch(call->db, call->api->epochs, s->stream, s->epoch, &s->begin)) {
        api_error(call, &no_trace);
        return false;
    }
    double rate_hz = stream_base_rate_hz(&s->begin.info);
    uint64_t margin = (uint64_t)(STRIP_MARGIN_S * rate_hz),
             longest = (uint64_t)(STRIP_LONGEST_S * rate_hz);
    s->from = s->from > margin ? s->from - margin : 0;
    s->to += margin;
    if (s->to <= s->from || s->to - s->from > longest)
        s->to = s->from + longest;
    return true;
}

static json_t *samples_json(const struct window *w) {
    json_t *samples = json_array();
    for (uint32_t i = 0; i < w->count; i++)
        json_array_append_new(
            samples, w->samples[i] == SAMPLE_MISSING ? json_null() : json_integer(w->samples[i]));
    return samples;
}

static bool add_channel(struct api_call *call, const struct stretch *s, uint32_t channel,
                        json_t *out) {
    struct window w;
    const struct wire_window_ask ask = {.target_stream = s->stream,
                                        .channel = channel,
                                        .target_epoch = s->epoch,
                                        .from_tick = s->from,
                                        .to_tick = s->to};
    if (!strips_ask(call->api->strips, &ask, STRIP_TIMEOUT_MS, &w))
        return false;
    const struct site_row *site = site_row(s->begin.info.channels[channel].site);
    json_array_append_new(out, json_pack("{s:i, s:s, s:I, s:i, s:f, s:i, s:o}", "channel",
                                         (int)channel, "site", site ? site->label : "",
                                         "first_tick", (json_int_t)w.first_tick, "ticks_per_sample",
                                         (int)w.ticks_per_sample, "scale", w.scale, "offset",
                                         (int)w.offset, "samples", samples_json(&w)));
    free(w.samples);
    return true;
}

static json_t *beats_json(struct api_call *call, const struct stretch *s) {
    json_t *beats = json_array();
    PGresult *r = db_query(
        call->db,
        "select tick from event where stream = $1 and epoch = $2 and kind = 201 and channel = $3 "
        "and tick between $4 and $5 order by tick",
        DB(db_int(s->stream).text, db_int((int64_t)s->epoch).text, db_int(s->channel).text,
           db_int((int64_t)s->from).text, db_int((int64_t)s->to).text));
    for (int i = 0; r && i < PQntuples(r); i++)
        json_array_append_new(beats, json_integer(db_number(r, i, 0)));
    PQclear(r);
    return beats;
}

void api_strip(struct api_call *call) {
    struct stretch s;
    if (!find_stretch(call, &s))
        return;
    json_t *channels = json_array();
    bool ok = s.channel < s.begin.info.channels_count && add_channel(call, &s, s.channel, channels);
    for (uint32_t i = 0; ok && i < s.begin.info.channels_count; i++) {
        if (i == s.channel || s.begin.info.channels[i].site != SITE_ECG)
            continue;
        ok = add_channel(call, &s, i, channels);
        break;
    }
    if (!ok) {
        json_decref(channels);
        api_error(call, &no_trace);
        return;
    }
    api_ok_json(call,
                json_pack("{s:f, s:o, s:o}", "base_rate_hz", stream_base_rate_hz(&s.begin.info),
                          "channels", channels, "beats", beats_json(call, &s)));
}
