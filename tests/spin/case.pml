/* case.pml - ingest/feed.c: a case changes while a partition holds back what was made before it.
 *
 * Samples bear the patient of whom they were made (the feed does not know that). hemod changes the
 * case at any moment; connections break and are made anew. Every epoch of a case is preceded by
 * one without, in which the feed's Hello says what it held then.
 *
 * Holds: what is taken under a case was made of its patient; each sample is taken once. */
#define SAMPLES 4
#define HELD 2
#ifndef BREAKS
#define BREAKS 1 /* s_spin --large: 2 */
#endif
#define SILENCES 1

mtype = { HELLO, SAMPLE, WELCOME, ACK };
chan up = [2] of { mtype, byte, byte, byte, byte }; /* HELLO epoch first next 0 / SAMPLE epoch number patient id */
chan down = [3] of { mtype, byte, byte, bool };     /* WELCOME epoch next before-case / ACK epoch next 0 */

byte patient = 1; /* on the table */
byte in_force;    /* the case; its number is its patient's */
byte kept[SAMPLES];

/* the feed */
byte feed_epoch, first, held, sent;
byte held_patient[HELD], held_id[HELD];
byte made;
/* hemod */
byte epoch = 1, epoch_case, next;
byte said_held;    /* before a case: one more than the Hello's next; 0: not heard */
byte vetted_epoch; /* in which the feed said what it held; 0: none */
byte previous_epoch, previous_next;
bool resumes;

#define BEFORE_CASE (epoch_case != in_force)

inline tell(kind, e, n, before) { /* a full queue loses it, as a stalled peer would */
    if
    :: nfull(down) -> down ! kind, e, n, before
    :: full(down) -> skip
    fi
}

inline answer_previous() { /* what was taken of the epoch before is on disk: the feed forgets it */
    if
    :: previous_epoch != 0 -> tell(ACK, previous_epoch, previous_next, false)
    :: else -> skip
    fi
}

inline begin_epoch() {
    if
    :: next > 0 -> previous_epoch = epoch; previous_next = next
    :: else -> skip
    fi;
    epoch++;
#ifdef PLANTED
    epoch_case = in_force; /* what is held is believed to be of the case */
#else
    epoch_case = (vetted_epoch != 0 -> in_force : 0);
#endif
    next = 0;
    said_held = 0;
    answer_previous();
    tell(WELCOME, epoch, 0, BEFORE_CASE)
}

inline begin_case_when_heard() {
    if
    :: BEFORE_CASE && said_held && next + 1 >= said_held -> vetted_epoch = epoch; begin_epoch()
    :: else -> skip
    fi
}

inline on_hello(e, f, n) {
    resumes = (e == epoch && f <= next && next <= n);
    if
    :: resumes && BEFORE_CASE && !said_held -> said_held = n + 1
    :: else -> skip
    fi;
    if
    :: BEFORE_CASE && said_held && next + 1 >= said_held -> vetted_epoch = epoch; begin_epoch()
    :: else ->
        if
        :: resumes -> tell(WELCOME, epoch, next, false)
        :: !resumes && next == 0 && (vetted_epoch == 0 || e == vetted_epoch) ->
            answer_previous();
            tell(WELCOME, epoch, 0, BEFORE_CASE)
        :: else -> vetted_epoch = 0; begin_epoch() /* may be older than the case */
        fi
    fi
}

inline on_sample(e, s, p, id) {
    if
    :: e == epoch && s == next ->
        assert(epoch_case == 0 || epoch_case == p);
        assert(kept[id] == 0);
        kept[id] = 1;
        next++;
        if
        :: !BEFORE_CASE || said_held -> tell(ACK, epoch, next, false)
        :: else -> skip
        fi;
        begin_case_when_heard()
    :: else -> skip
    fi
}

inline change_case(to) {
    in_force = to;
    vetted_epoch = 0;
    begin_epoch()
}

inline forget_below(n) {
    count = n - first;
    i = 0;
    do
    :: i + count < held ->
        held_patient[i] = held_patient[i + count];
        held_id[i] = held_id[i + count];
        i++
    :: else -> break
    od;
    held = held - count;
    first = first + count;
    sent = (sent > count -> sent - count : 0)
}

active proctype feed() {
    byte e, n, count, i;
    bool before;
end:
    do
    :: atomic { made < SAMPLES && held < HELD ->
        held_patient[held] = patient;
        held_id[held] = made;
        held++;
        made++ }
    :: atomic { feed_epoch > 0 && sent < held && nfull(up) ->
        up ! SAMPLE, feed_epoch, first + sent, held_patient[sent], held_id[sent];
        sent++ }
    :: atomic { down ? ACK, e, n, before ->
        if
        :: e == feed_epoch && n > first -> forget_below(n)
        :: else -> skip
        fi }
    :: atomic { down ? WELCOME, e, n, before ->
        if
        :: e == feed_epoch -> sent = (n > first -> n - first : 0)
        :: else -> feed_epoch = e; first = 0; sent = 0
        fi;
        if
        :: before && nfull(up) -> up ! HELLO, feed_epoch, first, first + held, 0
        :: !before || full(up) -> skip
        fi }
    od
}

active proctype hemod() {
    byte e, a, b, c;
end:
    do
    :: atomic { up ? HELLO, e, a, b, c -> on_hello(e, a, b) }
    :: atomic { up ? SAMPLE, e, a, b, c -> on_sample(e, a, b, c) }
    od
}

/* A case is opened when its patient lies on the table and closed before that one leaves. */
active proctype staff() {
    atomic { change_case(1) };
    atomic { change_case(0) };
    patient = 2;
    atomic { change_case(2) }
}

active proctype network() { /* a Hello also comes after silence, on the same connection */
    byte breaks = 0, silences = 0;
end:
    do
    :: atomic { breaks < BREAKS ->
        breaks++;
        do
        :: nempty(up) -> up ? _, _, _, _, _
        :: nempty(down) -> down ? _, _, _, _
        :: empty(up) && empty(down) -> break
        od;
        up ! HELLO, feed_epoch, first, first + held, 0 }
    :: atomic { silences < SILENCES && empty(up) && empty(down) ->
        silences++;
        up ! HELLO, feed_epoch, first, first + held, 0 }
    od
}
