/* event_text() - one line in the field's words, as page, log and demo show it. */
#include "proto/event.h"
#include "proto/quantity.h"
#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct line {
    char *out;
    size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line->out + line->used, line->size - line->used, format, arguments);
    va_end(arguments);
    if (n < 0)
        return;
    size_t room = line->size - line->used - 1;
    line->used += (size_t)n < room ? (size_t)n : room;
}

/* "-0" is no pressure. */
static double rounded(double value) {
    double whole = round(value);
    return whole == 0 ? 0 : whole;
}

static void add_site(struct line *line, const struct event *event) {
    const struct site_row *row = site_row(event->site);
    if (row != NULL)
        add(line, "%s ", row->label);
}

/* Seconds from from_tick to to_tick; 0 where the event has none. */
static double duration_s(const struct event *event, double base_rate_hz) {
    if (!(base_rate_hz > 0) || event->to_tick <= event->from_tick)
        return 0;
    return (double)(event->to_tick - event->from_tick) / base_rate_hz;
}

static void add_duration(struct line *line, const char *before, double s) {
    if (!(s > 0))
        return;
    if (s < 9.95)
        add(line, "%s%.1f s", before, s);
    else if (s < 119.5)
        add(line, "%s%.0f s", before, s);
    else if (s < 7170)
        add(line, "%s%.0f min", before, s / 60);
    else
        add(line, "%s%.1f h", before, s / 3600);
}

static void add_change_of(struct line *line, const char *what, const struct event *event,
                          double s) {
    add(line, "%s %.0f -> %.0f mmHg", what, rounded(event->from_value), rounded(event->to_value));
    add_duration(line, " in ", s);
}

static void add_change(struct line *line, const struct event *event, double s) {
    add_change_of(line, "mean", event, s);
}

/* A finding says how it stands, unless it was just raised. */
static void add_standing(struct line *line, const struct event *event) {
    if (event->state == EVENT_ONGOING || event->state == EVENT_RECOVERED ||
        event->state == EVENT_RETRACTED)
        add(line, ", %s", event_state_text(event->state));
}

static void add_unit(struct line *line, const struct quantity_row *row) {
    const char *unit = row->unit, *hg = strstr(unit, "[Hg]");
    if (strcmp(unit, "1") == 0)
        return;
    if (hg != NULL)
        add(line, " mmHg%s", hg + strlen("[Hg]"));
    else
        add(line, unit[0] == '/' ? "%s" : " %s", unit);
}

bool event_crosses(const struct event_value *v, double *limit) {
    static const struct { uint32_t quantity; double limit; } limits[] = {
        {QUANTITY_FFR, 0.80}, {QUANTITY_IFR_LIKE, 0.89}, {QUANTITY_RFR, 0.89},
        {QUANTITY_DPR, 0.89}, {QUANTITY_PD_PA, 0.91}};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        *limit = limits[i].limit;
        if (v->quantity == limits[i].quantity)
            return v->spread > 0 && fabs(v->value - *limit) <= v->spread;
    }
    return false;
}

static void add_class(struct line *line, const struct event_value *v) {
    double limit;
    if (event_crosses(v, &limit))
        add(line, " +-%.2f (crosses the threshold %.2f)", v->spread, limit);
}

/* The values that "118/72 mean 89 mmHg" has not named, each with its words and unit. */
static void add_others(struct line *line, const struct event *event, bool pair) {
    const char *between = "";
    for (uint32_t i = 0; i < event->values_count; i++) {
        const struct event_value *v = &event->values[i];
        const struct quantity_row *row = quantity_row(v->quantity);
        bool named = pair && (v->quantity == QUANTITY_SYSTOLIC ||
                              v->quantity == QUANTITY_DIASTOLIC || v->quantity == QUANTITY_MEAN);
        if (row == NULL || named)
            continue;
        add(line, "%s%s %.*f", pair || between[0] != '\0' ? ", " : "", row->words, row->decimals,
            row->decimals == 0 ? rounded(v->value) : v->value);
        add_unit(line, row);
        add_class(line, v);
        between = ", ";
    }
}

static void add_values(struct line *line, const struct event *event) {
    double systolic, diastolic, mean;
    bool pair = event_value(event, QUANTITY_SYSTOLIC, &systolic) &&
                event_value(event, QUANTITY_DIASTOLIC, &diastolic);
    if (pair) {
        add(line, "%.0f/%.0f", rounded(systolic), rounded(diastolic));
        if (event_value(event, QUANTITY_MEAN, &mean))
            add(line, " mean %.0f", rounded(mean));
        add(line, " mmHg");
    }
    add_others(line, event, pair);
    if (event->values_count == 0)
        add(line, "%s", event_row(event->kind)->text);
}

static void write_state(struct line *line, const struct event *event, double s) {
    add_site(line, event);
    add(line, "%s", event_row(event->kind)->text);
    add_duration(line, " ", s);
}

static void write_measurement(struct line *line, const struct event *event, double s) {
    (void)s;
    add_site(line, event);
    add_values(line, event);
    add(line, ", %s", phase_text(event->phase));
    if (event->beats_count > 0)
        add(line, ", %u beats", (unsigned)event->beats_count);
    if (event->method == METHOD_DERIVED)
        add(line, ", %s", method_text(event->method));
}

static void write_values(struct line *line, const struct event *event, double s) {
    (void)s;
    add_site(line, event);
    add_values(line, event);
}

static void write_withdrawn(struct line *line, const struct event *event, double s) {
    (void)s;
    add_site(line, event);
    if (event->beats_count > 0)
        add(line, "%u ", (unsigned)event->beats_count);
    add(line, "%s", event_row(event->kind)->text);
}

static void write_fall(struct line *line, const struct event *event, double s) {
    add_site(line, event);
    add_change(line, event, s);
    if (event->from_value > 0)
        add(line, " (%+.0f %%)",
            rounded(100 * (event->to_value - event->from_value) / event->from_value));
    add_standing(line, event);
}

static void write_wedge(struct line *line, const struct event *event, double s) {
    add_site(line, event);
    add_change(line, event, s);
    add_standing(line, event);
}

static void write_low(struct line *line, const struct event *event, double s) {
    add_site(line, event);
    add(line, "mean %.0f mmHg", rounded(event->to_value));
    add_duration(line, " for ", s);
    add(line, ": %s", event_row(event->kind)->text);
    add_standing(line, event);
}

static void write_pulse_lost(struct line *line, const struct event *event, double s) {
    add_site(line, event);
    add(line, "%s, ", event_row(event->kind)->text);
    add_change(line, event, s);
    add_standing(line, event);
}

static void write_edp(struct line *line, const struct event *event, double s) {
    add_site(line, event);
    add_change_of(line, "end-diastolic", event, s);
    add_standing(line, event);
}

static void write_high_wedge(struct line *line, const struct event *event, double s) {
    (void)s;
    add_site(line, event);
    add(line, "mean %.0f mmHg: %s", rounded(event->to_value), event_row(event->kind)->text);
    add_standing(line, event);
}

static void write_tamponade(struct line *line, const struct event *event, double s) {
    add(line, "%s: ", event_row(event->kind)->text);
    add_site(line, event);
    add_change(line, event, s);
    add_standing(line, event);
}

static void write_pulse(struct line *line, const struct event *event, double s) {
    add_site(line, event);
    add_change_of(line, "pulse pressure", event, s);
    add_standing(line, event);
}

static void write_v(struct line *line, const struct event *event, double s) {
    (void)s;
    add_site(line, event);
    add(line, "%s: %.0f over a mean of %.0f mmHg", event_row(event->kind)->text,
        rounded(event->to_value), rounded(event->from_value));
    add_standing(line, event);
}

/* from_value: the quantity; to_value: why. */
static void write_not_given(struct line *line, const struct event *event, double s) {
    (void)s;
    const struct quantity_row *row = quantity_row((uint32_t)fmax(0, event->from_value));
    const struct event_row *why = event_row((uint32_t)fmax(0, event->to_value));
    add_site(line, event);
    add(line, "%s not given", row != NULL ? row->words : "a value");
    if (why != NULL)
        add(line, ": %s", why->text);
}

/* from_value: the quantity; to_value: why; the values: what it is about. */
static void write_equivocal(struct line *line, const struct event *event, double s) {
    (void)s;
    const struct event_row *why = event_row((uint32_t)fmax(0, event->to_value));
    add_site(line, event);
    add_others(line, event, false);
    add(line, ": %s", event_row(event->kind)->text);
    if (why != NULL)
        add(line, ", %s", why->text);
}

/* from_value: the finding; to_value: the line state that speaks against it, 0 for none. */
static void write_held(struct line *line, const struct event *event, double s) {
    (void)s;
    const struct event_row *finding = event_row((uint32_t)fmax(0, event->from_value));
    const struct event_row *why = event_row((uint32_t)fmax(0, event->to_value));
    add_site(line, event);
    add(line, "held back: %s", finding != NULL ? finding->text : "a finding");
    if (why != NULL)
        add(line, " (%s)", why->text);
}

/* to_value: seconds of the device in one of hemod's; or by how many seconds it leapt. */
static void write_clock(struct line *line, const struct event *event, double s) {
    (void)s;
    add_site(line, event);
    if (event->kind == EVENT_CLOCK_JUMP)
        add(line, "the device's clock jumped ahead by %.1f s", event->to_value);
    else if (event->state == EVENT_BEGAN)
        add(line, "the device's clock drifts: %.4f of its seconds in one", event->to_value);
    else
        add(line, "the device's clock is right again");
}

static void write_lost(struct line *line, const struct event *event, double s) {
    write_state(line, event, s);
    add_standing(line, event);
}

/* to_value: 0 adequate, 1 underdamped, 2 overdamped. */
static void write_response(struct line *line, const struct event *event, double s) {
    static const char *const grades[] = {"adequate", "underdamped: systolic and dP/dt too high",
                                         "overdamped: systolic and dP/dt too low"};
    write_values(line, event, s);
    if (event->to_value >= 0 && event->to_value <= 2)
        add(line, ", %s", grades[(int)event->to_value]);
}

/* from_value: seconds withheld; to_value: the state that is why there is no value. */
static void write_minute(struct line *line, const struct event *event, double s) {
    (void)s;
    const struct event_row *why = event_row((uint32_t)fmax(0, event->to_value));
    add_site(line, event);
    add(line, "minute ");
    if (event->values_count > 0) {
        add_values(line, event);
        return;
    }
    add(line, "not given: %s", why != NULL ? why->text : "too few beats");
    add_duration(line, ", withheld for ", event->from_value);
}

/* Kinds that need other words than "site, text, duration"; a new event works without a row here. */
static const struct {
    enum event_kind kind;
    void (*say)(struct line *line, const struct event *event, double s);
} writers[] = {
    {EVENT_BEAT, write_values},         {EVENT_READING, write_values},
    {EVENT_BREATH, write_values},       {EVENT_SYSTOLE, write_values},
    {EVENT_FLUSH_RESPONSE, write_response}, {EVENT_MINUTE, write_minute},
    {EVENT_MEASUREMENT, write_measurement}, {EVENT_WITHDRAWN, write_withdrawn},
    {EVENT_FALLING_BP, write_fall},     {EVENT_RISING_WEDGE, write_wedge},
    {EVENT_LOW_BP, write_low},          {EVENT_PULSE_LOST, write_pulse_lost},
    {EVENT_LINE_LOST, write_lost},      {EVENT_RISING_EDP, write_edp},
    {EVENT_HIGH_WEDGE, write_high_wedge}, {EVENT_TAMPONADE, write_tamponade},
    {EVENT_FALLING_PULSE, write_pulse}, {EVENT_LARGE_V, write_v},
    {EVENT_HELD_BACK, write_held},      {EVENT_NOT_GIVEN, write_not_given},
    {EVENT_EQUIVOCAL, write_equivocal},
    {EVENT_CLOCK_DRIFT, write_clock},   {EVENT_CLOCK_JUMP, write_clock},
};

char *event_text(const struct event *event, double base_rate_hz, char *out, size_t size) {
    assert(size > 0);
    struct line line = {out, size, 0};
    double s = duration_s(event, base_rate_hz);
    out[0] = '\0';
    if (event_row(event->kind) == NULL) {
        add(&line, "unknown event %u", (unsigned)event->kind);
        return out;
    }
    for (size_t i = 0; i < sizeof writers / sizeof writers[0]; i++) {
        if (writers[i].kind == event->kind) {
            writers[i].say(&line, event, s);
            return out;
        }
    }
    write_state(&line, event, s);
    return out;
}

enum { NO_NUMBER = -1 };

/* What would clear each finding; the number is clears_value. A finding without a row here does not
 * say what would (tests/t_contract.c). */
static const struct {
    enum event_kind kind;
    int sense, decimals; /* of the number between the two texts; NO_NUMBER: none */
    const char *before, *after;
} clears[] = {
    {EVENT_FALLING_BP, 1, 0, "a minute's mean is over ", " mmHg"},
    {EVENT_RISING_WEDGE, -1, 0, "a wedge is below ", " mmHg"},
    {EVENT_LINE_LOST, 0, NO_NUMBER, "the signal is back", ""},
    {EVENT_LOW_BP, 1, 0, "the mean is over ", " mmHg"},
    {EVENT_PULSE_LOST, 0, 0, "", " beats have come"},
    {EVENT_RISING_EDP, -1, 0, "it is below ", " mmHg"},
    {EVENT_HIGH_WEDGE, -1, 0, "a wedge is at most ", " mmHg"},
    {EVENT_TAMPONADE, 0, 0, "the atrium is below ", " mmHg, or another sign is gone,"},
    {EVENT_FALLING_PULSE, 1, 0, "the pulse pressure is at least ", " mmHg"},
    {EVENT_LARGE_V, 0, 0, "the v wave is less than ", " mmHg over the mean"},
    {EVENT_FALLING_PD_PA, 1, 2, "the ratio is over ", ""},
    {EVENT_GUIDE_DAMPED, 0, NO_NUMBER, "the guide shows its pulse", ""},
    {EVENT_VENTRICULARISED, 1, 0, "the guide's diastolic is at least ", " mmHg"},
    {EVENT_WRONG_LABEL, 0, NO_NUMBER, "trace and label agree", ""},
    {EVENT_WHIPPING, 0, NO_NUMBER, "the oscillation is gone", ""},
    {EVENT_DAMPED_LINE, 0, NO_NUMBER, "the waveform is back", ""},
};
enum { CLEARS = sizeof clears / sizeof clears[0] };

int event_clears_sense(uint32_t kind) {
    for (int i = 0; i < CLEARS; i++)
        if ((uint32_t)clears[i].kind == kind)
            return clears[i].sense;
    return 0;
}

char *event_clears(const struct event *event, char *out, size_t size) {
    assert(size > 0);
    struct line line = {out, size, 0};
    out[0] = '\0';
    if (event->state != EVENT_RAISED && event->state != EVENT_ONGOING)
        return out;
    for (int i = 0; i < CLEARS; i++) {
        if ((uint32_t)clears[i].kind != event->kind)
            continue;
        add(&line, "clears when %s", clears[i].before);
        if (clears[i].decimals != NO_NUMBER)
            add(&line, "%.*f", clears[i].decimals, event->clears_value);
        add(&line, "%s", clears[i].after);
        add_duration(&line, " for ", event->clears_s);
    }
    return out;
}
