#include "worklist/epochs.h"
#include "proto/site.h"
#include <jansson.h>

void epochs_init(struct epochs *e) {
    *e = (struct epochs){0};
    pthread_mutex_init(&e->lock, NULL);
}

static struct wire_epoch_begin *find(struct epochs *e, uint32_t stream, uint64_t epoch) {
    for (size_t i = 0; i < e->count; i++)
        if (e->entry[i].stream == stream && e->entry[i].epoch == epoch)
            return &e->entry[i];
    return NULL;
}

/* A free one, else the one that nobody looked for longest. */
static size_t place(struct epochs *e) {
    size_t oldest = 0;
    if (e->count < EPOCHS_MAX)
        return e->count++;
    for (size_t i = 1; i < EPOCHS_MAX; i++)
        if (e->last[i] < e->last[oldest])
            oldest = i;
    return oldest;
}

void epochs_put(struct epochs *e, const struct wire_epoch_begin *begin) {
    pthread_mutex_lock(&e->lock);
    if (!find(e, begin->stream, begin->epoch)) {
        size_t at = place(e);
        e->entry[at] = *begin;
        e->last[at] = ++e->looked;
    }
    pthread_mutex_unlock(&e->lock);
}

bool epochs_find(struct epochs *e, uint32_t stream, uint64_t epoch, struct wire_epoch_begin *out) {
    pthread_mutex_lock(&e->lock);
    const struct wire_epoch_begin *entry = find(e, stream, epoch);
    if (entry) {
        *out = *entry;
        e->last[entry - e->entry] = ++e->looked;
    }
    pthread_mutex_unlock(&e->lock);
    return entry != NULL;
}

static const char *unit_text(uint32_t unit) {
    switch (unit) {
    case UNIT_MMHG:
        return "mmHg";
    case UNIT_MV:
        return "mV";
    case UNIT_L_MIN:
        return "L/min";
    default:
        return "";
    }
}

char *epochs_channels_json(const struct stream_info *info) {
    json_t *channels = json_array();
    for (uint32_t i = 0; i < info->channels_count; i++) {
        const struct stream_channel *c = &info->channels[i];
        const struct site_row *site = site_row(c->site);
        json_array_append_new(channels, json_pack("{s:i, s:s, s:s, s:s, s:f}", "channel", (int)i,
                                                  "site", site ? site->label : "", "label",
                                                  c->label, "unit", unit_text(c->unit), "rate_hz",
                                                  stream_channel_rate_hz(info, i)));
    }
    char *text = json_dumps(channels, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(channels);
    return text;
}

const char *epochs_origin(uint32_t origin) {
    switch (origin) {
    case ORIGIN_LIVE:
        return "live";
    case ORIGIN_REPLAY:
        return "replay";
    default:
        return "simulated";
    }
}
