#include "sim/results.h"
#include "proto/quantity.h"
#include "proto/site.h"
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BEAT_VALUES = 7, TEXT_CHARS = 256 };

/* The value columns of the beats CSV, in order. */
static const uint32_t beat_quantities[BEAT_VALUES] = {
    QUANTITY_SYSTOLIC, QUANTITY_DIASTOLIC, QUANTITY_MEAN, QUANTITY_EDP,
    QUANTITY_A_WAVE,   QUANTITY_V_WAVE,    QUANTITY_RATE,
};

static const char *const severity_names[] = {"info", "notice", "warn", "urgent", "critical"};

void results_init(struct results *results, const struct results_config *config) {
    *results = (struct results){.config = *config, .digest = 0xcbf29ce484222325u};
    results->base_rate_hz = stream_base_rate_hz(&config->info);
    if (config->events)
        fputs("time_s,room,event,site,text,from,to\n", config->events);
}

void results_stream(struct results *results, const struct stream_info *info) {
    results->config.info = *info;
    results->base_rate_hz = stream_base_rate_hz(info);
}

void results_free(struct results *results) {
    free(results->beats);
    results->beats = NULL;
    results->beats_count = results->beats_room = 0;
}

static const char *site_name(uint32_t site) {
    const struct site_row *row = site_row(site);
    return row ? row->name : "";
}

static double seconds(const struct results *r, uint64_t tick) {
    return (double)tick / r->base_rate_hz;
}

/* FNV-1a: order, ids, states and values; two runs that said the same have the same. */
static void mix(struct results *r, const void *bytes, size_t length) {
    const uint8_t *at = bytes;
    for (size_t i = 0; i < length; i++)
        r->digest = (r->digest ^ at[i]) * 0x100000001b3u;
}

static void mix_event(struct results *r, const struct event *e) {
    mix(r, e->id.bytes, sizeof e->id.bytes);
    mix(r, &e->state, sizeof e->state);
    mix(r, &e->from_value, sizeof e->from_value);
    mix(r, &e->to_value, sizeof e->to_value);
    for (uint32_t i = 0; i < e->values_count; i++) {
        mix(r, &e->values[i].quantity, sizeof e->values[i].quantity);
        mix(r, &e->values[i].value, sizeof e->values[i].value);
    }
}

static void keep_beat(struct results *r, const struct event *e) {
    if (r->beats_count == r->beats_room) {
        size_t room = r->beats_room ? 2 * r->beats_room : 1024;
        struct results_beat *grown = realloc(r->beats, room * sizeof *grown);
        if (!grown) {
            r->out_of_memory = true;
            return;
        }
        r->beats = grown;
        r->beats_room = room;
    }
    struct results_beat *beat = &r->beats[r->beats_count++];
    *beat = (struct results_beat){.tick = e->tick,
                                  .emitted_tick = e->emitted_tick,
                                  .channel = e->channel,
                                  .site = e->site,
                                  .quality = (float)e->quality};
    for (int i = 0; i < BEAT_VALUES; i++) {
        double value;
        beat->values[i] = event_value(e, beat_quantities[i], &value) ? (float)value : NAN;
    }
}

/* Beats lie close to the end: an event withdraws what was given seconds ago. */
static void withdraw(struct results *r, const struct event *e) {
    for (size_t i = r->beats_count; i-- > 0;) {
        struct results_beat *beat = &r->beats[i];
        if (beat->channel != e->channel || beat->withdrawn)
            continue;
        if (beat->tick < e->from_tick)
            break;
        if (beat->tick < e->to_tick) {
            beat->withdrawn = true;
            r->withdrawn++;
        }
    }
}

static void csv_text(FILE *out, const char *text) {
    if (!strpbrk(text, ",\"\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void json_text(FILE *out, const char *key, const char *text) {
    fprintf(out, ",\"%s\":\"", key);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void json_number(FILE *out, const char *key, double value) {
    if (isfinite(value))
        fprintf(out, ",\"%s\":%.10g", key, value);
    else
        fprintf(out, ",\"%s\":null", key);
}

/* Words for the CSV and the terminal: a state also says whether it began or ended. */
static void words(const struct results *r, const struct event *e, char out[TEXT_CHARS]) {
    char text[TEXT_CHARS - 20];
    event_text(e, r->base_rate_hz, text, sizeof text);
    bool state = e->kind < 200;
    snprintf(out, TEXT_CHARS, "%s%s%s", text, state ? " " : "",
             state ? event_state_text(e->state) : "");
}

static bool is_finding(uint32_t kind) {
    return kind >= 300 && kind < 400;
}

static void event_row_csv(const struct results *r, const struct event *e) {
    char text[TEXT_CHARS];
    FILE *out = r->config.events;
    words(r, e, text);
    fprintf(out, "%.4f,%u,%s,%s,", seconds(r, e->tick), e->room, event_row(e->kind)->name,
            site_name(e->site));
    csv_text(out, text);
    if (is_finding(e->kind))
        fprintf(out, ",%.2f,%.2f\n", e->from_value, e->to_value);
    else
        fputs(",,\n", out);
}

/* What every line says about its event. */
static void json_common(const struct results *r, const struct event *e) {
    FILE *out = r->config.lines;
    char id[EVENT_ID_TEXT], text[TEXT_CHARS];
    id_text(e->id, id);
    words(r, e, text);
    json_text(out, "channel", r->config.info.channels[e->channel].label);
    json_number(out, "time_s", seconds(r, e->tick));
    json_number(out, "emitted_s", seconds(r, e->emitted_tick));
    json_number(out, "room", e->room);
    json_text(out, "text", text);
    json_text(out, "id", id);
    fputs("}\n", out);
}

static void json_window(const struct results *r, const struct event *e) {
    json_number(r->config.lines, "from_s", seconds(r, e->from_tick));
    json_number(r->config.lines, "to_s", seconds(r, e->to_tick));
}

static void json_measurement(const struct results *r, const struct event *e) {
    FILE *out = r->config.lines;
    for (uint32_t i = 0; i < e->values_count; i++) {
        const struct quantity_row *row = quantity_row(e->values[i].quantity);
        fputs("{\"type\":\"measurement\"", out);
        json_text(out, "quantity", row ? row->id : "");
        json_text(out, "site", site_name(e->site));
        json_text(out, "phase", phase_text(e->phase));
        json_number(out, "value", e->values[i].value);
        json_text(out, "unit", row ? row->unit : "");
        json_window(r, e);
        json_number(out, "beats", e->beats_count);
        json_number(out, "quality", e->quality);
        json_text(out, "method", method_text(e->method));
        json_number(out, "spread", e->values[i].spread);
        json_number(out, "left_out", e->left_out_count);
        json_common(r, e);
    }
}

static void json_finding(const struct results *r, const struct event *e) {
    FILE *out = r->config.lines;
    fputs("{\"type\":\"finding\"", out);
    json_text(out, "event", event_row(e->kind)->name);
    json_text(out, "state", event_state_text(e->state));
    json_text(out, "severity", severity_names[event_row(e->kind)->severity]);
    json_text(out, "site", site_name(e->site));
    json_text(out, "phase", phase_text(e->phase));
    json_number(out, "from", e->from_value);
    json_number(out, "to", e->to_value);
    json_window(r, e);
    json_number(out, "quality", e->quality);
    json_number(out, "rule_version", e->rule_version);
    char clears[TEXT_CHARS];
    event_clears(e, clears, sizeof clears);
    if (clears[0] != '\0')
        json_text(out, "clears", clears);
    json_common(r, e);
}

/* States of a line, withdrawn beats and what the stream says about itself. */
static void json_other(const struct results *r, const struct event *e, const char *type) {
    FILE *out = r->config.lines;
    fprintf(out, "{\"type\":\"%s\"", type);
    json_text(out, "event", event_row(e->kind)->name);
    json_text(out, "state", event_state_text(e->state));
    json_text(out, "site", site_name(e->site));
    json_window(r, e);
    json_common(r, e);
}

static void write_line(struct results *r, const struct event *e) {
    char text[TEXT_CHARS];
    bool finding = is_finding(e->kind);
    if (r->config.json && e->kind == EVENT_MEASUREMENT)
        json_measurement(r, e);
    else if (r->config.json && finding)
        json_finding(r, e);
    else if (r->config.json)
        json_other(r, e,
                   e->kind < 200                ? "state"
                   : e->kind == EVENT_WITHDRAWN ? "withdrawn"
                                                : "stream");
    else if (finding || e->kind == EVENT_MEASUREMENT) {
        words(r, e, text);
        fprintf(r->config.lines, "%9.1f s  %-10s %s\n", seconds(r, e->tick),
                finding ? severity_names[event_row(e->kind)->severity] : "suggested", text);
    }
}

void results_event(void *results, const struct event *event) {
    struct results *r = results;
    assert(event_row(event->kind));
    mix_event(r, event);
    switch (event->kind) {
    case EVENT_BEAT:
        keep_beat(r, event);
        return;
    case EVENT_READING:
    case EVENT_BREATH:
    case EVENT_SYSTOLE:
        return; /* shown live; here they would only repeat the beats */
    case EVENT_WITHDRAWN:
        withdraw(r, event);
        break;
    case EVENT_MEASUREMENT:
        r->measurements++;
        break;
    default:
        break;
    }
    r->findings += is_finding(event->kind);
    r->states += event->kind < 200;
    if (r->config.events)
        event_row_csv(r, event);
    if (r->config.lines)
        write_line(r, event);
}

uint64_t results_beats_kept(const struct results *results) {
    return results->beats_count - results->withdrawn;
}

void results_beats(const struct results *results, FILE *out) {
    const struct results *r = results;
    fputs("time_s,site,systolic,diastolic,mean,edp,a,v,rate,quality,channel,emitted_s\n", out);
    for (size_t i = 0; i < r->beats_count; i++) {
        const struct results_beat *beat = &r->beats[i];
        if (beat->withdrawn)
            continue;
        fprintf(out, "%.4f,%s", seconds(r, beat->tick), site_name(beat->site));
        for (int v = 0; v < BEAT_VALUES; v++) {
            fputc(',', out);
            if (isfinite(beat->values[v]))
                fprintf(out, "%.2f", (double)beat->values[v]);
        }
        fprintf(out, ",%.2f,", isfinite(beat->quality) ? (double)beat->quality : 0);
        csv_text(out, r->config.info.channels[beat->channel].label);
        fprintf(out, ",%.4f\n", seconds(r, beat->emitted_tick));
    }
}

void results_summary(const struct results *results, const struct room_counts *counts, FILE *out) {
    fprintf(out,
            "{\"type\":\"summary\",\"samples\":%" PRIu64 ",\"channels\":%u,\"beats\":%" PRIu64
            ",\"withdrawn\":%" PRIu64 ",\"measurements\":%" PRIu64 ",\"findings\":%" PRIu64
            ",\"events\":%" PRIu64 ",\"received\":%" PRIu64 ",\"used\":%" PRIu64
            ",\"missing\":%" PRIu64 ",\"gap\":%" PRIu64 ",\"refused\":%" PRIu64
            ",\"digest\":\"%016" PRIx64 "\"}\n",
            counts->received, results->config.info.channels_count, results_beats_kept(results),
            results->withdrawn, results->measurements, results->findings, counts->events,
            counts->received, counts->used, counts->missing, counts->gap, counts->refused,
            results->digest);
}
