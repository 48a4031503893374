/* world.h - hemod's own parts, three feeds and a client in one process, under a clock, a network, a
 * disk and a fate of our own: one seed is one run, bit for bit.
 *
 * The parts are the real ones: receiver, workers, writer, events server, journal, recovery,
 * snapshots; of the feeds the store of hemosim. seams.c, net.c and disk.c stand in at link time for
 * log.h, live.h, socket.h, disk.h and getrandom(). desk.c does what worklistd and a nurse do. */
#pragma once
#include "ingest/hemod.h"
#include "sim/sender.h"
#include "tests/frames.h"
#include <setjmp.h>

enum { FEEDS = 3, CLIENT = FEEDS, ACTORS, WORKERS = 2, LINES = 4, QUEUE = 512, BANDS = 20 };
enum { RATE_HZ = 125, BLOCK = 25, PER_MMHG = 20, FLOOR_MMHG = 30, STEP_MMHG = 10, PULSE_MMHG = 7 };
#define MS UINT64_C(1000000)
#define SECOND (1000 * MS)

struct packet {
    uint8_t *bytes;
    size_t length;
    uint64_t due_ns;
};

struct pipe {
    struct packet packets[QUEUE];
    uint32_t head, count;
    uint64_t due_ns; /* of the last one: nothing overtakes */
};

struct line {         /* one connection */
    uint32_t number;  /* is hemod's name for the peer; 0: free */
    bool here, there; /* hemod's end, the peer's end is open */
    uint64_t breaks_ns, held_ns; /* a lost connection is noticed; nothing arrives before */
    struct pipe up, down;
};

struct bed { /* a room: its feed, and who lies there */
    struct sender sender;
    uint64_t block, next_ns, heard_ns, back_ns;
    uint32_t *patients; /* by block */
    uint64_t room;      /* of that array */
    uint32_t patient;
    uint64_t case_number; /* that the desk has asked for last */
    uint64_t act_ns;      /* when the next thing is done there */
    uint64_t command;     /* index of the command that is waited for, + 1; 0: none */
    bool in_case, leaves;
};

struct command {
    enum wire_kind kind;
    uint32_t bed;
    uint64_t number;
};

struct desk { /* durable, but for `attached` and the links */
    uint64_t *patients_of_case;
    struct command *commands;
    uint64_t commands_count, commands_room, done, base, cases;
    uint32_t *sums; /* of hemod's own records, by number: the database */
    uint64_t position, sums_room;
    uint64_t epoch; /* of the command stream */
    bool attached, dies;
    uint64_t asked_ns, back_ns;
    uint32_t stream;
    struct link_receiver receiver;
    struct link_sender sender;
    uint32_t batch[QUEUE];
    uint32_t batch_count;
};

struct tally {
    uint64_t faults, restarts, power_cuts, samples, gaps, events, values, cases, records;
    /* what must be 0; rows: the database differs; stuck: it does not come to rest */
    uint64_t lost, doubled, wrong, mixed, out_of_band, different, rows, stuck;
    uint64_t hash;
};

struct world {
    uint64_t seed, now_ns;
    struct dice dice, secrets; /* secrets: what hemod draws, from getrandom() */
    struct hemod *hemod;
    char folder[64];
    jmp_buf crash;
    bool up, wired, calm, power, lies, verbose;
    uint64_t start_ns;           /* hemod is started again then */
    uint64_t stall_ns, full_ns;  /* the disk does not answer, is full until then */
    uint32_t doom;               /* the process ends in that call to the disk from now; 0: none */
    uint32_t calls, only_call;   /* made by this run; --every-call: the one that is the last */
    bool sync_fails;
    struct line lines[ACTORS][LINES];
    uint32_t lines_made;
    struct bed beds[FEEDS];
    struct desk desk;
    struct tally tally;
    struct wire_frame frame, out;
    uint8_t bytes[WIRE_BYTES_MAX];
};

extern struct world world;

uint64_t roll(uint64_t sides);
void mix(uint64_t value); /* into the run's hash */
int16_t sample_of(uint32_t patient, uint64_t tick);

/* net.c */
bool net_connected(uint32_t actor);
void net_connect(uint32_t actor);
void net_cut(uint32_t actor);                       /* both ends know at once */
void net_half(uint32_t actor, uint64_t breaks_ns);  /* hemod's end knows then */
void net_hold(uint32_t actor, uint64_t until_ns);
void net_restart(void); /* hemod ended: all its connections with it */
void net_step(void);
bool net_room(uint32_t actor);
void net_send(uint32_t actor, const struct wire_frame *frame);
bool net_take(uint32_t actor, struct wire_frame *frame); /* the next that arrived; parsed */
const uint8_t *net_bytes(size_t *length);                /* of the frame taken last */

/* disk.c */
void disk_power_cut(void); /* a part of what was not synced is gone */
void disk_forget(void);    /* at a run's beginning: all that is there is durable */

/* beds.c, desk.c */
void beds_open(void);
void beds_close(void);
void beds_step(void);
void desk_open(void);
void desk_close(void);
void desk_step(void);
bool desk_done(void); /* all commands acknowledged, all events committed */

/* check.c: reads the journal of the ended run against all that is known. */
void check_journal(void);
