#include "sim/rule_change.h"
#include "proto/site.h"
#include <math.h>

enum fate { FATE_SAME, FATE_EARLIER, FATE_LATER, FATE_ADDED, FATE_LOST, FATES };
static const char *const fate_names[FATES] = {"same", "earlier", "later", "added", "lost"};

static bool is_finding(uint32_t kind) {
    return kind > 300 && kind < 400;
}

static void end(struct rule_findings *f, const struct event *event) {
    for (uint32_t i = f->count; i > 0; i--) {
        struct rule_finding *last = &f->list[i - 1];
        if (last->kind != event->kind || last->channel != event->channel)
            continue;
        last->over_tick = event->emitted_tick;
        return;
    }
}

void rule_change_hear(struct rule_findings *findings, const struct event *event) {
    struct rule_findings *f = findings;
    f->held += event->kind == EVENT_HELD_BACK ? 1 : 0;
    if (!is_finding(event->kind))
        return;
    if (event->state == EVENT_RECOVERED || event->state == EVENT_RETRACTED)
        end(f, event);
    if (event->state != EVENT_RAISED)
        return;
    if (f->count == RULE_FINDINGS_MAX) {
        f->beyond++;
        return;
    }
    f->list[f->count++] = (struct rule_finding){event->kind,         event->channel, event->site,
                                                event->emitted_tick, UINT64_MAX,     false};
}

static struct rule_finding *partner(struct rule_findings *f, const struct rule_finding *of) {
    for (uint32_t i = 0; i < f->count; i++) {
        struct rule_finding *p = &f->list[i];
        if (!p->paired && p->kind == of->kind && p->channel == of->channel &&
            p->raised_tick <= of->over_tick && of->raised_tick <= p->over_tick)
            return p;
    }
    return NULL;
}

static double at_s(const struct rule_change *c, uint64_t tick) {
    return (double)(tick - c->first_tick) / c->base_rate_hz;
}

struct page {
    const struct rule_change *change;
    FILE *out;
    bool json;
};

static void write_one(const struct page *page, enum fate fate, const struct rule_finding *standing,
                      const struct rule_finding *changed) {
    const struct rule_change *c = page->change;
    FILE *out = page->out;
    bool json = page->json;
    const struct rule_finding *any = standing ? standing : changed;
    const struct event_row *row = event_row(any->kind);
    const struct site_row *site = site_row(any->site);
    const char *name = row ? row->name : "?", *label = site ? site->label : "?";
    if (json)
        fprintf(out,
                "{\"type\":\"rule_change\",\"event\":\"%s\",\"site\":\"%s\",\"change\":\"%s\"",
                name, label, fate_names[fate]);
    else
        fprintf(out, "rules: %s %s %s", name, label, fate_names[fate]);
    if (json && standing)
        fprintf(out, ",\"standing_s\":%.1f", at_s(c, standing->raised_tick));
    if (json && changed)
        fprintf(out, ",\"changed_s\":%.1f", at_s(c, changed->raised_tick));
    if (!json && standing && changed)
        fprintf(out, " by %.1f s:",
                fabs(at_s(c, changed->raised_tick) - at_s(c, standing->raised_tick)));
    if (!json)
        fprintf(out, " at %.1f s", at_s(c, any->raised_tick));
    if (!json && standing && changed)
        fprintf(out, " -> %.1f s", at_s(c, changed->raised_tick));
    fputs(json ? "}\n" : "\n", out);
}

static enum fate fate_of(const struct rule_change *c, const struct rule_finding *standing,
                         const struct rule_finding *changed) {
    double later_s = at_s(c, changed->raised_tick) - at_s(c, standing->raised_tick);
    return fabs(later_s) < 0.05 ? FATE_SAME : later_s < 0 ? FATE_EARLIER : FATE_LATER;
}

static void write_counts(const struct rule_change *c, FILE *out, bool json,
                         const uint32_t counts[FATES]) {
    if (json)
        fprintf(out, "{\"type\":\"rule_changes\",\"standing\":%u,\"changed\":%u",
                c->standing.version, c->changed.version);
    else
        fprintf(out, "rules %u against the standing %u:", c->changed.version, c->standing.version);
    for (int i = 0; i < FATES; i++)
        fprintf(out, json ? ",\"%s\":%u" : " %s %u,", fate_names[i], counts[i]);
    fprintf(out,
            json ? ",\"held_standing\":%u,\"held_changed\":%u,\"beyond\":%u}\n"
                 : " held back %u -> %u, not compared %u\n",
            c->standing.held, c->changed.held, c->standing.beyond + c->changed.beyond);
}

void rule_change_write(struct rule_change *change, FILE *out, bool json) {
    uint32_t counts[FATES] = {0};
    struct page page = {change, out, json};
    for (uint32_t i = 0; i < change->standing.count; i++) {
        struct rule_finding *standing = &change->standing.list[i];
        struct rule_finding *changed = partner(&change->changed, standing);
        enum fate fate = changed ? fate_of(change, standing, changed) : FATE_LOST;
        if (changed)
            changed->paired = true;
        counts[fate]++;
        if (fate != FATE_SAME)
            write_one(&page, fate, standing, changed);
    }
    for (uint32_t i = 0; i < change->changed.count; i++) {
        const struct rule_finding *changed = &change->changed.list[i];
        counts[FATE_ADDED] += changed->paired ? 0 : 1;
        if (!changed->paired)
            write_one(&page, FATE_ADDED, NULL, changed);
    }
    write_counts(change, out, json, counts);
}
