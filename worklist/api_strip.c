/* The trace behind a number: asked from hemod's journal by the forwarder, put together here. And
 * the number computed again, from beats and markers that a person chose on that trace. */
#include "worklist/api.h"
#include "proto/site.h"
#include "proto/quantity.h"
#include "worklist/by_hand.h"
#include "worklist/store.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRIP_TIMEOUT_MS = 4000, STRIP_MARGIN_S = 2, STRIP_LONGEST_S = 60, MARKERS_MAX = 32 };
static const double marker_s = 0.024; /* a marker reads the mean of so much around it */

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

/* The beats that hemod gave on the stretch, with their values. */
static size_t load_pulses(struct api_call *call, const struct stretch *s,
                          struct by_hand_pulse pulses[BY_HAND_PULSES]) {
    PGresult *r = db_query(
        call->db,
        "select encode(frame, 'hex') from event where stream = $1 and epoch = $2 and kind = 201 "
        "and channel = $3 and tick between $4 and $5 order by tick limit $6",
        DB(db_int(s->stream).text, db_int((int64_t)s->epoch).text, db_int(s->channel).text,
           db_int((int64_t)s->from).text, db_int((int64_t)s->to).text,
           db_int(BY_HAND_PULSES).text));
    struct wire_frame *frame = malloc(sizeof *frame);
    size_t count = 0;
    for (int i = 0; r && frame && i < PQntuples(r) && count < BY_HAND_PULSES; i++) {
        if (!store_frame(db_text(r, i, 0), WIRE_EVENT, frame))
            continue;
        const struct event *e = &frame->body.event;
        pulses[count] = (struct by_hand_pulse){.tick = e->tick, .values_count = e->values_count};
        memcpy(pulses[count++].values, e->values, e->values_count * sizeof e->values[0]);
    }
    free(frame);
    PQclear(r);
    return count;
}

static json_t *pulse_json(const struct by_hand_pulse *pulse) {
    json_t *values = json_object();
    for (uint32_t i = 0; i < pulse->values_count; i++) {
        const struct quantity_row *row = quantity_row(pulse->values[i].quantity);
        if (row && isfinite(pulse->values[i].value))
            json_object_set_new(values, row->id,
                                json_real(round(pulse->values[i].value * 1000) / 1000));
    }
    return json_pack("{s:I, s:o}", "tick", (json_int_t)pulse->tick, "values", values);
}

static void add_pulses(struct api_call *call, const struct stretch *s, json_t *out) {
    static _Thread_local struct by_hand_pulse pulses[BY_HAND_PULSES];
    size_t count = load_pulses(call, s, pulses);
    json_t *beats = json_array(), *all = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(beats, json_integer((json_int_t)pulses[i].tick));
        json_array_append_new(all, pulse_json(&pulses[i]));
    }
    json_object_set_new(out, "beats", beats);
    json_object_set_new(out, "pulses", all);
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
    json_t *strip = json_pack("{s:f, s:o}", "base_rate_hz", stream_base_rate_hz(&s.begin.info),
                              "channels", channels);
    add_pulses(call, &s, strip);
    api_ok_json(call, strip);
}

static void bad_hand(struct api_call *call, const char *what) {
    api_error(call, &(struct api_problem){400, "BAD_REQUEST", what, "Nothing was saved.",
                                          "Choose the beats on the strip again."});
}

static struct by_hand_pulse *pulse_at(struct by_hand_pulse *pulses, size_t count,
                                      const json_t *tick) {
    for (size_t i = 0; json_is_integer(tick) && i < count; i++)
        if ((json_int_t)pulses[i].tick == json_integer_value(tick))
            return &pulses[i];
    return NULL;
}

/* The pressure below a marker: the mean of 24 ms around it. NAN: no trace there. */
static double pressure_at(struct api_call *call, const struct stretch *s, uint64_t tick) {
    uint64_t half = (uint64_t)(marker_s / 2 * stream_base_rate_hz(&s->begin.info));
    struct window w;
    const struct wire_window_ask ask = {.target_stream = s->stream,
                                        .channel = s->channel,
                                        .target_epoch = s->epoch,
                                        .from_tick = tick > half ? tick - half : 0,
                                        .to_tick = tick + half + 1};
    if (!strips_ask(call->api->strips, &ask, STRIP_TIMEOUT_MS, &w))
        return NAN;
    double sum = 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < w.count; i++) {
        if (w.samples[i] == SAMPLE_MISSING)
            continue;
        sum += ((double)w.samples[i] - w.offset) * w.scale;
        n++;
    }
    free(w.samples);
    return n ? sum / n : NAN;
}

/* False: answered. */
static bool use_beats(struct api_call *call, const json_t *used, struct by_hand_pulse *pulses,
                      size_t count) {
    size_t i;
    json_t *tick;
    json_array_foreach(used, i, tick) {
        struct by_hand_pulse *pulse = pulse_at(pulses, count, tick);
        if (!pulse) {
            bad_hand(call, "One of the beats is none that was found on this strip.");
            return false;
        }
        pulse->used = true;
    }
    if (json_array_size(used) == 0)
        bad_hand(call, "At least one beat must be used.");
    return json_array_size(used) > 0;
}

static bool move_markers(struct api_call *call, const struct stretch *s, const json_t *markers,
                         struct by_hand_pulse *pulses, size_t count) {
    size_t i;
    json_t *marker;
    if (json_array_size(markers) > MARKERS_MAX) {
        bad_hand(call, "At most 32 markers can be moved at once.");
        return false;
    }
    json_array_foreach(markers, i, marker) {
        const char *id = json_get_text(marker, "quantity");
        const struct quantity_row *row = id ? quantity_from_id(id) : NULL;
        struct by_hand_pulse *pulse = pulse_at(pulses, count, json_object_get(marker, "beat"));
        json_int_t tick = json_get_int(marker, "tick", -1);
        if (!row || !pulse || tick < (json_int_t)s->from || tick >= (json_int_t)s->to) {
            bad_hand(call, "One of the markers has no such beat, value or place.");
            return false;
        }
        double mmhg = pressure_at(call, s, (uint64_t)tick);
        if (!isfinite(mmhg) || !by_hand_mark(pulse, row->quantity, mmhg)) {
            bad_hand(call, "There is no trace below one of the markers.");
            return false;
        }
    }
    return true;
}

static json_t *machine_values(struct api_call *call) {
    PGresult *r =
        db_query(call->db, "select machine_values from measurement where id = decode($1, 'hex')",
                 DB(call->id));
    json_t *values = r && PQntuples(r) == 1 ? json_loads(db_text(r, 0, 0), 0, NULL) : NULL;
    PQclear(r);
    return values;
}

/* "by hand: 5 beats of 8, 1 marker moved" */
static void how(const struct by_hand_pulse *pulses, size_t count, size_t markers, char *out,
                size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        used += pulses[i].used;
    snprintf(out, size, "by hand: %zu of %zu beats, %zu marker%s moved", used, count, markers,
             markers == 1 ? "" : "s");
}

void api_by_hand(struct api_call *call) {
    static _Thread_local struct by_hand_pulse pulses[BY_HAND_PULSES];
    struct stretch s;
    char words[100];
    const json_t *hand = json_object_get(call->body, "hand");
    if (!find_stretch(call, &s))
        return;
    size_t count = load_pulses(call, &s, pulses);
    if (!use_beats(call, json_object_get(hand, "used"), pulses, count) ||
        !move_markers(call, &s, json_object_get(hand, "markers"), pulses, count))
        return;
    json_t *machine = machine_values(call);
    json_t *values = by_hand_values(machine, pulses, count);
    how(pulses, count, json_array_size(json_object_get(hand, "markers")), words, sizeof words);
    api_adjust_to(call, values, words);
    json_decref(values);
    json_decref(machine);
}
