#include "dsp/line_state.h"
#include "dsp/line_rules.h"
#include "proto/event.h"
#include <assert.h>
#include <math.h>

/* Tenths of a second. */
enum { CLEAN_STEPS = 20, CLEAN_WINDOW = 30, REFERENCE_EVERY = 5 };
enum { RELEARN = 60, RELEARN_DAMPED = 3000, REBASE = 200 };
enum { QUIET_STEPS = 5, OVERWEDGE_PAST = 100 };
enum { SMALL_PULSE = 200, SITE_TOLD = 30, SITE_TOLD_STEP = 5, LONG_AGO = 1 << 20 };
enum { REBASE_ENTRIES = 6, MATURE_ENTRIES = 16 }; /* of the reference */

_Static_assert(LINE_STEPS > 100, "remembers ten seconds");

static enum line_kind kind_of(uint32_t label) {
    const struct site_row *row = site_row(label);
    assert(row);
    if (row->shape == SHAPE_ATRIUM)
        return LINE_ATRIAL;
    return label == SITE_PA || label == SITE_RV ? LINE_PULMONARY : LINE_ARTERIAL;
}

static struct reference_levels assumed(enum line_kind kind, uint32_t label) {
    if (kind == LINE_ATRIAL)
        return (struct reference_levels){0, 25, 8, 8, 60, -60};
    if (kind == LINE_PULMONARY)
        return (struct reference_levels){0, 60, 20, 20, 200, -150};
    float low = label == SITE_LV ? 0 : 40;
    return (struct reference_levels){low, 200, 60, 90, 600, -300};
}

void line_state_init(struct line_state *l, uint32_t label) {
    enum line_kind kind = kind_of(label);
    struct reference_levels start = assumed(kind, label);
    *l = (struct line_state){.label = label, .kind = kind, .state = EVENT_LEARNING};
    reference_init(&l->reference, &start);
    chamber_init(&l->chamber, label);
    l->since_overwedge = l->since_no_pulse = LONG_AGO;
}

void line_state_reset(struct line_state *l) {
    line_state_init(l, l->label);
}

static bool undisturbed(const struct line_state *l) {
    return l->state == EVENT_NONE || l->state == EVENT_LEARNING;
}

static uint32_t in_order(const struct line_state *l) {
    return l->reference.valid ? EVENT_NONE : EVENT_LEARNING;
}

static struct line_view view_of(const struct line_state *l, const struct features_look *look) {
    bool artery = l->chamber.verdict == SITE_PA ||
                  (l->chamber.verdict == SITE_NONE && l->label == SITE_PA);
    return (struct line_view){
        .look = look, .before = &l->reference.now, .kind = l->kind,
        .referenced = l->reference.valid, .state = l->state,
        .mature = l->reference.count >= MATURE_ENTRIES,
        .pulmonary_artery = l->kind == LINE_PULMONARY && artery,
        .marked_wedge = l->marked == EVENT_WEDGE,
        .since_upstroke = l->since_upstroke, .since_overwedge = l->since_overwedge,
        .since_no_pulse = l->since_no_pulse};
}

static void count(int32_t *since, bool now) {
    *since = now ? 0 : *since + (*since < LONG_AGO);
}

static void count_since(struct line_state *l, const struct features_look *look) {
    bool upstroke = look->steepest > 0.35f * l->reference.now.up;
    count(&l->since_upstroke, upstroke || look->missing > 0);
    count(&l->since_overwedge, l->state == EVENT_OVERWEDGED);
    count(&l->since_no_pulse, l->state == EVENT_NO_PULSE);
    count(&l->clean, !undisturbed(l));
    count(&l->in_state, false);
    l->steps++;
}

/* Counts how long each rule has held, and returns the first that has held long enough, or -1. */
static int first_rule(struct line_state *l, const struct line_view *view) {
    for (int i = 0; i < line_rules_count; i++) {
        if (l->marked == EVENT_WEDGE && !line_rules[i].instant)
            continue; /* a person knows better than the slow rules */
        l->holds[i] = line_rules[i].holds(view) ? l->holds[i] + 1 : 0;
        if (l->holds[i] < line_rules[i].enter && line_rules[i].state != l->state)
            continue;
        if (l->holds[i] == 0)
            continue;
        for (int k = i + 1; line_rules[i].instant && k < line_rules_count; k++)
            l->holds[k] = 0;
        return i;
    }
    return -1;
}

static int rule_of(uint32_t state) {
    for (int i = 0; i < line_rules_count; i++)
        if (line_rules[i].state == state)
            return i;
    return -1;
}

/* Which rule brought a state on; two may name the same. */
static int cause_of(const struct line_state *l, uint32_t state) {
    for (int i = 0; i < line_rules_count; i++)
        if (line_rules[i].state == state && l->holds[i] > 0)
            return i;
    return -1;
}

/* The state that follows: a rule at once if it stands before the present one, else after the
 * present one has left. */
static uint32_t next_state(struct line_state *l, int first) {
    int present = rule_of(l->state);
    if (l->marked != EVENT_NONE && l->state == l->marked)
        present = -1;
    if (first >= 0 && (present < 0 || first <= present)) {
        l->quiet = 0;
        return line_rules[first].state;
    }
    if (present >= 0 && ++l->quiet < line_rules[present].leave)
        return l->state;
    if (first >= 0)
        return line_rules[first].state;
    return l->marked != EVENT_NONE ? l->marked : in_order(l);
}

/* Through these the pulse can still be seen. */
static bool pulses_seen(uint32_t state) {
    return state == EVENT_MOTION || state == EVENT_LEARNING || state == EVENT_DAMPED;
}

static unsigned flags_of(const struct line_state *l) {
    if (l->state == EVENT_NONE)
        return 0;
    if (l->state == EVENT_NO_PULSE)
        return LINE_PULSELESS;
    if (l->state == EVENT_WEDGE && l->marked == EVENT_WEDGE)
        return LINE_MARKED_WEDGE;
    return pulses_seen(l->state) ? LINE_WITHHELD : LINE_WITHHELD | LINE_DARK;
}

static void flag(struct line_state *l, int32_t from) {
    int32_t oldest = l->steps - LINE_STEPS + 1;
    for (int32_t i = from > oldest ? from : oldest; i < l->steps; i++)
        l->flags[(uint32_t)i % LINE_STEPS] |= (uint8_t)flags_of(l);
}

static void enter(struct line_state *l, uint32_t state, struct line_change *change) {
    if (state == l->state)
        return;
    int rule = state == l->marked ? -1 : cause_of(l, state);
    change->ended = l->state;
    change->began = state;
    change->began_step = l->steps - (rule >= 0 ? line_rules[rule].window : 1);
    if (change->began_step < 0)
        change->began_step = 0;
    if (l->state == EVENT_LEARNING && state != EVENT_NONE)
        reference_reset(&l->reference); /* learnt at the edge of a disturbance */
    l->state = state;
    l->in_state = l->quiet = l->fresh_pulse = 0;
}

/* The first levels behind a disturbance come from a window that holds nothing of it: of a rail in
 * them every pulse that follows would seem lost. */
static int32_t clean_wanted(const struct line_state *l) {
    bool disturbed_before = l->clean < l->steps;
    return l->state == EVENT_LEARNING && disturbed_before ? CLEAN_WINDOW : CLEAN_STEPS;
}

static void learn(struct line_state *l, const struct features_look *look) {
    bool due = l->steps % REFERENCE_EVERY == 0 && l->clean >= clean_wanted(l) && undisturbed(l);
    float least = line_rules_least_pulse(l->chamber.verdict == SITE_RA ? LINE_ATRIAL : l->kind);
    if (l->state == EVENT_LEARNING && l->clean >= SMALL_PULSE)
        least *= 0.3f; /* a failing heart or a pump may have no more */
    if (due && look->lasting.pulse >= least)
        reference_push(&l->reference, &look->lasting);
}

/* One step of level must not withhold for ever. A collapse never has to learn again: its
 * reference follows at once. */
static uint32_t relearn(struct line_state *l, const struct line_view *view) {
    bool held_long = false;
    switch (l->state) {
    case EVENT_CLIPPED: case EVENT_FLUSHED: case EVENT_DISCONNECTED:
    case EVENT_ZEROING: case EVENT_FLAT: case EVENT_MOTION:
        held_long = l->in_state > RELEARN;
        break;
    case EVENT_DAMPED:
        held_long = l->in_state > RELEARN_DAMPED;
        break;
    case EVENT_NO_PULSE:
        l->fresh_pulse = line_rules_new_level(view) ? l->fresh_pulse + 1 : 0;
        if (l->fresh_pulse < REBASE)
            return l->state;
        for (int i = 0; i < REBASE_ENTRIES; i++)
            reference_push(&l->reference, &view->look->lasting);
        reference_keep(&l->reference, REBASE_ENTRIES);
        return EVENT_NONE;
    default:
        break;
    }
    if (!held_long || !line_rules_new_level(view))
        return l->state;
    reference_reset(&l->reference);
    return EVENT_LEARNING;
}

static void judge_site(struct line_state *l, const struct features_look *look,
                       struct line_change *change) {
    if (l->label != SITE_PA && l->label != SITE_RV && l->label != SITE_RA)
        return;
    int needed = l->chamber.since_rv < 1200 ? CLEAN_STEPS / 2 : CLEAN_STEPS;
    struct chamber_view view = {
        .look = look, .before = &l->reference.now,
        .clean = l->state == EVENT_NONE && l->clean >= needed,
        .quiet = l->state == EVENT_NONE && l->clean >= QUIET_STEPS &&
                 l->since_overwedge >= OVERWEDGE_PAST,
        .disturbed = l->state == EVENT_MOTION};
    enum chamber_change levels = chamber_push(&l->chamber, &view);
    if (levels != CHAMBER_SAME)
        reference_keep(&l->reference, levels == CHAMBER_OTHER_LEVELS ? 2 : 0);
    uint32_t seen = l->chamber.verdict;
    uint32_t differs = seen == SITE_NONE || seen == l->label ? SITE_NONE : seen;
    l->site_differs = differs == l->told_site ? 0 : l->site_differs + 1;
    int32_t told = l->chamber.by_step ? SITE_TOLD_STEP : SITE_TOLD;
    if (l->site_differs < (differs == SITE_NONE ? 1 : told))
        return;
    change->site_changed = true;
    change->site = l->told_site = differs;
    change->site_step = l->steps - l->site_differs;
    l->site_differs = 0;
}

bool line_state_push(struct line_state *l, const struct features_look *look,
                     struct line_change *change) {
    *change = (struct line_change){0};
    l->flags[(uint32_t)l->steps % LINE_STEPS] = 0;
    count_since(l, look);
    if (l->marked == EVENT_NONE || l->marked == EVENT_WEDGE) {
        struct line_view view = view_of(l, look);
        uint32_t next = next_state(l, first_rule(l, &view));
        if (next == l->state)
            next = relearn(l, &view);
        learn(l, look);
        if (next == EVENT_LEARNING || next == EVENT_NONE)
            next = l->marked != EVENT_NONE ? l->marked : in_order(l);
        enter(l, next, change);
        judge_site(l, look, change);
    }
    bool entered = change->began != change->ended;
    flag(l, entered && l->state != EVENT_LEARNING ? change->began_step : l->steps - 1);
    return entered || change->site_changed;
}

struct line_change line_state_mark(struct line_state *l, uint32_t kind, bool begins) {
    assert(kind == EVENT_ZEROING || kind == EVENT_FLUSHED || kind == EVENT_WEDGE);
    struct line_change change = {0};
    if (!begins && l->marked != kind)
        return change;
    l->marked = begins ? kind : EVENT_NONE;
    for (int i = 0; i < LINE_RULES_MAX; i++)
        l->holds[i] = 0;
    enter(l, begins ? kind : in_order(l), &change);
    change.began_step = l->steps;
    return change;
}

unsigned line_state_flags(const struct line_state *l, int32_t from, int32_t to) {
    unsigned flags = 0;
    if (from < l->steps - LINE_STEPS + 1)
        from = l->steps - LINE_STEPS + 1;
    for (int32_t i = from < 0 ? 0 : from; i <= to && i < l->steps; i++)
        flags |= l->flags[(uint32_t)i % LINE_STEPS];
    return flags;
}

bool line_state_in_marked_wedge(const struct line_state *l, int32_t from, int32_t to) {
    for (int32_t i = from < 0 ? 0 : from; i <= to && i < l->steps; i++)
        if (l->flags[(uint32_t)i % LINE_STEPS] != LINE_MARKED_WEDGE)
            return false;
    return true;
}

bool line_state_withholds(const struct line_state *l) {
    return l->state != EVENT_NONE && l->state != EVENT_NO_PULSE;
}
