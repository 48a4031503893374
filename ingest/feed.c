/* feed.c - see feed.h. */
#include "ingest/feed.h"
#include <assert.h>
#include <string.h>

enum { CONTINUE_S_MAX = 10, JUMP_S_MAX = 24 * 3600 };
static const double age_s_max = 50.0 * 365.25 * 24 * 3600;

void feed_init(struct feed *f, uint32_t stream, uint32_t room, uint32_t credit) {
    assert(stream && room && credit);
    *f = (struct feed){.stream = stream, .room = room, .credit = credit, .why = WHY_FIRST};
}

/* Under the case if what the feed holds is known to be of it, else without one. */
static void open_epoch(struct feed *f, uint64_t epoch) {
    uint64_t case_number = f->vetted_epoch ? f->case_number : 0;
    link_receiver_init(&f->link, epoch, case_number, 0, f->credit);
    f->phase = FEED_OPEN;
    f->held_next = 0;
    f->have_info = f->begun = false;
    f->groups_seen = 0;
    f->tick = 0;
}

static bool before_case(const struct feed *f) {
    return f->phase == FEED_OPEN && f->link.case_number != f->case_number;
}

static enum welcome_why why_of(const struct feed *f) {
    return before_case(f) ? WHY_BEFORE_CASE : f->why;
}

bool feed_acknowledges(const struct feed *f) {
    return !before_case(f) || f->held_next;
}

static void close_epoch(struct feed *f, enum welcome_why why) {
    assert(f->phase == FEED_OPEN);
    f->phase = FEED_CLOSING;
    f->vetted_epoch = 0;
    f->why = why;
    f->continues = (f->groups_seen || f->continues) && why != WHY_COUNTER_BROKEN;
    if (!f->groups_seen)
        return; /* an epoch without a sample: the one before it is continued */
    f->continue_tick = UINT64_MAX;
    for (uint32_t i = 0; i < STREAM_GROUPS_MAX; i++)
        if ((f->groups_seen >> i & 1) && f->next_tick[i] < f->continue_tick)
            f->continue_tick = f->next_tick[i];
}

/* Before a case: all that was held at its Hello is taken, so the case's epoch may begin. Record 0
 * is the StreamInfo, which a feed makes anew in each epoch. */
static bool vetted(struct feed *f) {
    bool all = before_case(f) && f->held_next &&
               (f->link.next_sequence >= f->held_next || f->held_next == 1);
    if (!all)
        return false;
    close_epoch(f, f->why);
    f->vetted_epoch = f->link.epoch;
    return true;
}

/* The closing epoch is durable to its end: remember where that was. */
static void leave_epoch(struct feed *f) {
    assert(feed_closed(f));
    if (f->link.next_sequence) { /* else the feed may still be in the epoch before that one */
        f->previous_epoch = f->link.epoch;
        f->previous_next = f->link.next_sequence;
    }
    f->phase = FEED_IDLE;
}

static void answer_previous(const struct feed *f, struct feed_answer *answer) {
    answer->ack = f->previous_epoch != 0;
    answer->ack_epoch = f->previous_epoch;
    answer->ack_next = f->previous_next;
}

/* An epoch is open. False: it stays so, *answer says what to say; else it is closing. */
static bool hello_in_epoch(struct feed *f, const struct wire_frame *hello,
                           struct feed_answer *answer) {
    bool resumes = link_receiver_resumes(&f->link, hello);
    bool unused = f->link.next_sequence == 0;
    if (resumes && before_case(f) && !f->held_next) {
        uint64_t next = hello->body.hello.next_sequence;
        f->held_next = next ? next : 1; /* 0: not even its StreamInfo */
    }
    if (vetted(f))
        return true;
    /* What another Hello than the vetted one holds may be older than the case. */
    bool same_feed = !f->vetted_epoch || hello->epoch == f->vetted_epoch;
    if (!resumes && !(unused && same_feed)) {
        close_epoch(f, unused ? f->why : WHY_NO_CONTINUITY);
        return true;
    }
    if (!resumes)
        answer_previous(f, answer);
    answer->welcome = true;
    answer->why = resumes ? WHY_RESUMED : why_of(f);
    return false;
}

bool feed_hello(struct feed *f, const struct wire_frame *hello, uint64_t fresh,
                struct feed_answer *answer) {
    *answer = (struct feed_answer){0};
    if (f->phase == FEED_OPEN && !hello_in_epoch(f, hello, answer))
        return false;
    if (f->phase == FEED_CLOSING) {
        f->waiting = true;
        if (hello->epoch != f->vetted_epoch)
            f->vetted_epoch = 0; /* of another feed than the one that was vetted */
        if (!feed_closed(f))
            return false;
        return feed_reopen(f, true, fresh, answer);
    }
    open_epoch(f, fresh);
    answer_previous(f, answer);
    answer->welcome = true;
    answer->why = why_of(f);
    return true;
}

bool feed_closed(const struct feed *f) {
    return f->phase == FEED_CLOSING && f->link.durable_next == f->link.next_sequence;
}

bool feed_reopen(struct feed *f, bool connected, uint64_t fresh, struct feed_answer *answer) {
    *answer = (struct feed_answer){0};
    leave_epoch(f);
    f->waiting = false;
    if (!connected) {
        f->vetted_epoch = 0;
        return false;
    }
    open_epoch(f, fresh);
    answer_previous(f, answer);
    answer->welcome = true;
    answer->why = why_of(f);
    return true;
}

void feed_durable(struct feed *f, uint64_t epoch, uint64_t next) {
    if (f->phase == FEED_IDLE || epoch != f->link.epoch)
        return;
    link_receiver_durable(&f->link, next);
}

uint64_t feed_case_after(uint64_t case_number, const struct wire_frame *command) {
    const struct wire_case *change = &command->body.case_change;
    if (command->kind == WIRE_CASE_OPEN)
        return change->number;
    assert(command->kind == WIRE_CASE_CLOSE);
    return change->number == case_number ? 0
                                         : case_number; /* closing another case changes nothing */
}

void feed_change_case(struct feed *f, uint64_t case_number) {
    assert(case_number != f->case_number);
    f->case_number = case_number;
    f->vetted_epoch = 0;
    if (f->phase == FEED_OPEN)
        close_epoch(f, WHY_CASE_CHANGED);
    else
        f->why = f->link.epoch ? WHY_CASE_CHANGED : WHY_FIRST;
}

/* The tick at which a record begins; false for one without. */
static bool first_tick_of(const struct wire_frame *record, uint64_t *tick) {
    switch (record->kind) {
    case WIRE_SAMPLES:
        *tick = record->body.samples.first_tick;
        return true;
    case WIRE_GAP:
        *tick = record->body.gap.first_tick;
        return true;
    case WIRE_MARK:
        *tick = record->body.mark.tick;
        return true;
    default:
        return false;
    }
}

static uint32_t ticks_of_group(const struct stream_info *info, uint32_t group) {
    for (uint32_t i = 0; i < info->channels_count; i++)
        if (info->channels[i].group == group)
            return info->channels[i].ticks_per_sample;
    return 0;
}

static double seconds(const struct feed *f, uint64_t ticks) {
    return (double)ticks / stream_base_rate_hz(&f->info);
}

/* True when a group's counter went back, or leapt: the device began to count anew. */
static bool counter_broke(const struct feed *f, const struct wire_frame *record) {
    uint64_t tick;
    if (record->kind == WIRE_MARK || !f->begun || !first_tick_of(record, &tick))
        return false;
    if (tick > f->tick && seconds(f, tick - f->tick) > JUMP_S_MAX)
        return true;
    if (record->kind != WIRE_SAMPLES)
        return false;
    uint32_t group = record->body.samples.group;
    if (f->groups_seen >> group & 1)
        return tick < f->next_tick[group];
    return tick < f->tick && seconds(f, f->tick - tick) > CONTINUE_S_MAX;
}

/* Numbers that no device counts to. */
static enum hemo_error check_ticks(const struct feed *f, const struct wire_frame *record) {
    uint64_t tick;
    if (!first_tick_of(record, &tick))
        return HEMO_OK;
    if (record->kind == WIRE_MARK && record->body.mark.kind >= MARK_PACE)
        return HEMO_NOT_ALLOWED; /* hemod's own */
    if (record->kind == WIRE_GAP) {
        tick = record->body.gap.next_tick;
        if (seconds(f, tick - record->body.gap.first_tick) > JUMP_S_MAX)
            return HEMO_BAD_NUMBER;
    }
    return seconds(f, tick) > age_s_max ? HEMO_BAD_NUMBER : HEMO_OK;
}

static void advance(struct feed *f, const struct wire_frame *record) {
    uint64_t end = 0;
    uint32_t group = 0;
    if (record->kind == WIRE_SAMPLES) {
        const struct sample_block *block = &record->body.samples;
        group = block->group;
        end = block->first_tick + (uint64_t)block->count * ticks_of_group(&f->info, group);
    } else if (record->kind == WIRE_GAP) {
        group = record->body.gap.group;
        end = record->body.gap.next_tick;
    } else {
        return;
    }
    assert(group < STREAM_GROUPS_MAX);
    if (!(f->groups_seen >> group & 1) || end > f->next_tick[group])
        f->next_tick[group] = end;
    f->groups_seen |= 1u << group;
    if (end > f->tick)
        f->tick = end;
}

/* Groups travel in blocks of different length: the first record of an epoch that goes on need not
 * be the one that begins first. */
static uint64_t begin_tick(const struct feed *f, uint64_t tick) {
    double near_ticks = CONTINUE_S_MAX * stream_base_rate_hz(&f->info);
    bool near =
        f->continues && f->continue_tick <= tick && (double)(tick - f->continue_tick) <= near_ticks;
    return near ? f->continue_tick : tick;
}

static void begin_epoch(struct feed *f, uint64_t tick, struct wire_epoch_begin *begin) {
    *begin = (struct wire_epoch_begin){.stream = f->stream,
                                       .room = f->room,
                                       .why = why_of(f),
                                       .epoch = f->link.epoch,
                                       .case_number = f->link.case_number,
                                       .first_tick = begin_tick(f, tick),
                                       .info = f->info};
    f->begun = true;
    f->continues = false;
    f->tick = tick;
}

/* May it stand where it stands? HEMO_OK, or why not. */
static enum hemo_error check_place(const struct feed *f, const struct wire_frame *record) {
    if (record->stream != f->stream)
        return HEMO_WRONG_STREAM;
    if (f->phase != FEED_OPEN)
        return HEMO_OLD_EPOCH;
    if (record->epoch != f->link.epoch)
        return HEMO_OLD_EPOCH;
    if (record->case_number != f->link.case_number)
        return HEMO_WRONG_CASE;
    if (record->sequence >= f->link.durable_next + f->credit)
        return HEMO_NO_ROOM;
    if (record->sequence == f->link.next_sequence && !f->have_info &&
        record->kind != WIRE_STREAM_INFO)
        return HEMO_NO_STREAM_INFO;
    return HEMO_OK;
}

static bool same_info(const struct stream_info *a, const struct stream_info *b) {
    bool same = a->base_rate_numerator == b->base_rate_numerator &&
                a->base_rate_denominator == b->base_rate_denominator &&
                a->started_at_ns == b->started_at_ns && a->channels_count == b->channels_count;
    for (uint32_t i = 0; same && i < a->channels_count; i++) {
        const struct stream_channel *x = &a->channels[i], *y = &b->channels[i];
        same = x->site == y->site && x->ticks_per_sample == y->ticks_per_sample &&
               x->group == y->group && x->offset == y->offset && x->unit == y->unit &&
               memcmp(&x->scale, &y->scale, sizeof x->scale) == 0;
    }
    return same;
}

enum feed_verdict feed_record(struct feed *f, const struct wire_frame *record,
                              struct wire_epoch_begin *begin, enum hemo_error *error) {
    uint64_t tick;
    begin->stream = 0;
    *error = check_place(f, record);
    if (*error != HEMO_OK)
        return FEED_REFUSE;
    if (record->sequence < f->link.next_sequence)
        return FEED_DUPLICATE;
    if (record->sequence > f->link.next_sequence)
        return FEED_HOLE;
    *error = check_ticks(f, record);
    if (*error != HEMO_OK)
        return FEED_REFUSE;
    bool new_channels = record->kind == WIRE_STREAM_INFO && f->begun &&
                        !same_info(&f->info, &record->body.stream_info);
    if (new_channels || counter_broke(f, record)) {
        close_epoch(f, WHY_COUNTER_BROKEN);
        *error = HEMO_TIME_BACKWARD;
        return FEED_BREAK;
    }
    *error = link_receiver_record(&f->link, record);
    if (*error != HEMO_OK)
        return FEED_REFUSE;
    if (record->kind == WIRE_STREAM_INFO && !f->begun) {
        f->info = record->body.stream_info;
        f->have_info = true;
    }
    if (!f->begun && first_tick_of(record, &tick))
        begin_epoch(f, tick, begin);
    advance(f, record);
    vetted(f);
    return FEED_TAKE;
}

static void recovered_epoch(struct feed *f, const struct wire_frame *record) {
    if (f->phase == FEED_OPEN)
        close_epoch(f, WHY_NO_CONTINUITY);
    if (f->phase == FEED_CLOSING) /* in the journal all is durable */
        leave_epoch(f);
    open_epoch(f, record->epoch);
    f->link.case_number = record->case_number;
    f->info = record->body.stream_info;
    f->have_info = true;
}

void feed_recovered(struct feed *f, const struct wire_frame *record) {
    if (record->kind == WIRE_EPOCH_BEGIN) {
        if (record->body.epoch_begin.epoch != f->link.epoch)
            return;
        f->begun = true;
        f->continues = false;
        f->why = record->body.epoch_begin.why == WHY_BEFORE_CASE ? WHY_CASE_CHANGED
                                                                 : record->body.epoch_begin.why;
        return;
    }
    if (record->kind == WIRE_STREAM_INFO && record->sequence == 0)
        recovered_epoch(f, record);
    else if (record->epoch != f->link.epoch)
        return;
    f->link.next_sequence = record->sequence + 1;
    link_receiver_durable(&f->link, record->sequence + 1);
    advance(f, record);
}
