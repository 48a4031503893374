/* desk.c - what worklistd and its people do: events into a database with their position, commands
 * out of an outbox, patients that come and go. The database is durable; commits fail, or fail to
 * say that they did not. As in worklist/forward_link.c, nothing is acknowledged before the commit
 * and no command forgotten before hemod's Ack. */
#include "proto/crc32c.h"
#include "tests/sim/world.h"
#include <stdlib.h>

enum { CREDIT = 256, ASK_MS = 1000, LEAST_S = 2, MOST_S = 40 };

static void *grown(void *at, uint64_t count, uint64_t *room, size_t size) {
    if (count < *room)
        return at;
    *room = *room ? 2 * *room : 1024;
    at = realloc(at, *room * size);
    if (!at)
        abort();
    return at;
}

void desk_open(void) {
    world.desk = (struct desk){0};
    for (uint32_t i = 0; i < FEEDS; i++)
        world.beds[i].act_ns = (1 + roll(MOST_S)) * SECOND;
}

void desk_close(void) {
    free(world.desk.commands);
    free(world.desk.sums);
    free(world.desk.patients_of_case);
}

static void detach(void) {
    struct desk *d = &world.desk;
    d->attached = false;
    d->sender.welcomed = false;
    d->batch_count = 0;
    d->asked_ns = 0;
}

static void order(struct bed *b, enum wire_kind kind) {
    struct desk *d = &world.desk;
    uint64_t room = d->commands_room;
    d->commands = grown(d->commands, d->commands_count, &d->commands_room, sizeof *d->commands);
    if (d->commands_room != room)
        d->patients_of_case = realloc(d->patients_of_case,
                                      (d->commands_room + 1) * sizeof *d->patients_of_case);
    if (!d->patients_of_case)
        abort();
    if (kind == WIRE_CASE_OPEN) {
        b->case_number = ++d->cases;
        d->patients_of_case[d->cases] = b->patient;
    }
    d->commands[d->commands_count++] =
        (struct command){kind, (uint32_t)(b - world.beds), b->case_number};
    b->command = d->commands_count;
}

/* A case is opened for who lies there, and closed; only when the desk has hemod's word that it is
 * closed, the next patient comes in. */
static void people(struct bed *b) {
    if (b->command > world.desk.done || b->act_ns > world.now_ns)
        return;
    if (b->leaves && !b->in_case) {
        b->patient++;
        b->leaves = false;
    } else if (!world.calm) {
        order(b, b->in_case ? WIRE_CASE_CLOSE : WIRE_CASE_OPEN);
        b->in_case = !b->in_case;
        b->leaves = !b->in_case && roll(3);
    }
    b->act_ns = world.now_ns + (LEAST_S + roll(MOST_S)) * SECOND;
}

static void ask(void) {
    struct desk *d = &world.desk;
    if ((d->attached && d->sender.welcomed) ||
        (d->asked_ns && world.now_ns - d->asked_ns < ASK_MS * MS))
        return;
    d->asked_ns = world.now_ns;
    if (!d->attached) {
        wire_begin(&world.out, WIRE_ATTACH);
        memcpy(world.out.body.attach.device, "DESK", sizeof "DESK");
        net_send(CLIENT, &world.out);
    }
    if (d->sender.welcomed)
        return;
    link_sender_init(&d->sender); /* as the database has it */
    d->sender.epoch = d->epoch;
    d->sender.first_held = d->sender.sent_next = d->done - d->base;
    d->sender.next_sequence = d->commands_count - d->base;
    link_sender_hello(&d->sender, &world.out, d->stream, "DESK", 0);
    net_send(CLIENT, &world.out);
}

static void on_hello(void) {
    struct desk *d = &world.desk;
    if (d->position > world.frame.body.hello.next_sequence) {
        world.tally.rows++; /* it told us of events that it no longer has */
        return;
    }
    d->batch_count = 0;
    link_receiver_init(&d->receiver, world.frame.epoch, 0, d->position, CREDIT);
    link_receiver_welcome(&d->receiver, &world.out, 0, WHY_RESUMED);
    net_send(CLIENT, &world.out);
    d->attached = true;
}

static void on_record(void) {
    struct desk *d = &world.desk;
    size_t length;
    const uint8_t *bytes = net_bytes(&length);
    if (!d->attached || d->batch_count == QUEUE)
        return;
    world.frame.case_number = 0;
    uint64_t expected = d->receiver.next_sequence;
    enum hemo_error error = link_receiver_record(&d->receiver, &world.frame);
    if (error == HEMO_OK)
        d->batch[d->batch_count++] = crc32c(0, bytes, length);
    else if (error != HEMO_BAD_SEQUENCE || world.frame.sequence >= expected)
        detach();
}

static void on_welcome(void) {
    struct desk *d = &world.desk;
    d->stream = world.frame.stream;
    switch (link_sender_welcome(&d->sender, &world.frame)) {
    case LINK_RESUMED: /* taken is not durable: the Ack says what is */
        break;
    case LINK_NEW_EPOCH:
        d->base = d->done;
        d->epoch = d->sender.epoch;
        link_sender_renumber(&d->sender, d->commands_count - d->base);
        break;
    case LINK_WELCOME_BAD:
        detach();
        break;
    }
}

static void hear(void) {
    while (net_take(CLIENT, &world.frame)) {
        switch (world.frame.kind) {
        case WIRE_HELLO:
            on_hello();
            break;
        case WIRE_EVENT:
        case WIRE_EPOCH_BEGIN:
            on_record();
            break;
        case WIRE_WELCOME:
            on_welcome();
            break;
        case WIRE_ACK:
            world.desk.done += link_sender_ack(&world.desk.sender, &world.frame);
            break;
        case WIRE_REFUSE:
            world.desk.sender.welcomed = false;
            break;
        default:
            abort();
        }
    }
}

/* One transaction: the rows and the position. */
static void commit(void) {
    struct desk *d = &world.desk;
    uint64_t fate = world.calm ? 99 : roll(100);
    if (!d->batch_count)
        return;
    for (uint32_t i = 0; i < d->batch_count && fate != 0; i++) {
        d->sums = grown(d->sums, d->position, &d->sums_room, sizeof *d->sums);
        d->sums[d->position++] = d->batch[i];
    }
    if (fate <= 1) { /* 0: rolled back; 1: done, but the answer never came */
        detach();
        return;
    }
    d->batch_count = 0;
    link_receiver_durable(&d->receiver, d->position);
    link_receiver_ack(&d->receiver, &world.out, 0);
    net_send(CLIENT, &world.out);
}

static void send_commands(void) {
    struct desk *d = &world.desk;
    uint64_t sequence;
    if (!d->sender.welcomed)
        return;
    while (d->sender.next_sequence < d->commands_count - d->base)
        link_sender_add(&d->sender);
    while (net_room(CLIENT) && link_sender_next(&d->sender, &sequence)) {
        const struct command *c = &d->commands[d->base + sequence];
        wire_begin(&world.out, c->kind);
        world.out.stream = d->stream;
        world.out.epoch = d->epoch;
        world.out.sequence = sequence;
        world.out.body.case_change = (struct wire_case){c->bed + 1, c->number};
        net_send(CLIENT, &world.out);
    }
}

void desk_step(void) {
    struct desk *d = &world.desk;
    if (d->dies) { /* a new process: it knows what the database knows */
        d->dies = false;
        net_half(CLIENT, world.now_ns + roll(SECOND));
        d->back_ns = world.now_ns + roll(2 * SECOND);
    }
    for (uint32_t i = 0; i < FEEDS; i++)
        people(&world.beds[i]);
    if (!net_connected(CLIENT)) {
        detach();
        if (!world.up || d->back_ns > world.now_ns)
            return;
        d->back_ns = world.now_ns + SECOND / 2;
        net_connect(CLIENT);
    }
    ask();
    hear();
    commit();
    send_commands();
}

bool desk_done(void) {
    return world.desk.done == world.desk.commands_count && world.desk.attached &&
           world.desk.position == atomic_load(&world.hemod->writer.durable_events);
}
