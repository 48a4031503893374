/* events_server.c - see events_server.h. */
#include "ingest/events_server.h"
#include "ingest/commands.h"
#include <assert.h>
#include <string.h>

enum { IDLE_MS = 200, BUSY_MS = 2, BATCH = 256, ASK_AGAIN_NS = 300000000 };

enum hemo_error events_server_init(struct events_server *s) {
    enum hemo_error error = reader_init(&s->follower, s->folder);
    if (error == HEMO_OK)
        error = windows_init(&s->windows, &s->lab->index, s->folder);
    for (uint32_t i = 0; i < s->lab->config->devices_count && error == HEMO_OK; i++) {
        if (s->lab->config->devices[i].role != ROLE_CLIENT)
            continue;
        s->clients[i].used = true;
        error = reader_init(&s->clients[i].reader, s->folder);
    }
    reader_seek(&s->follower, s->end);
    return error;
}

void events_server_close(struct events_server *s) {
    for (uint32_t i = 0; i < CONFIG_DEVICES_MAX; i++)
        if (s->clients[i].used)
            reader_close(&s->clients[i].reader);
    reader_close(&s->follower);
    windows_close(&s->windows);
}

static struct place durable(const struct events_server *s) {
    return place_unpack(atomic_load(s->durable));
}

static void detach(struct events_server *s, uint32_t slot) {
    struct client *c = &s->clients[slot];
    if (c->welcomed)
        atomic_fetch_sub(&s->metrics->clients, 1);
    c->peer.length = 0;
    c->welcomed = false;
}

static enum hemo_error send_to(struct events_server *s, uint32_t slot,
                               const struct wire_frame *frame) {
    enum hemo_error error = socket_send_frame(s->socket, &s->clients[slot].peer, frame, s->buffer);
    if (error == HEMO_PEER_LOST)
        detach(s, slot);
    return error;
}

static void refuse(struct events_server *s, uint32_t slot, const struct socket_peer *peer,
                   enum hemo_error error, const char *what) {
    const struct config_device *device =
        slot < s->lab->config->devices_count ? &s->lab->config->devices[slot] : NULL;
    struct log_brake *brake = device ? &s->clients[slot].brake : &s->stranger;
    uint64_t skipped, sequence = device && wire_is_record(s->frame.kind) ? s->frame.sequence : 0;
    if (!device)
        atomic_fetch_add(&s->metrics->refused_unknown, 1);
    if (log_brake_open(brake, log_now_ns(), &skipped))
        log_line("events: %s: refused %s: %s; %llu more since the last line",
                 device ? device->name : "a peer that is no client", what, hemo_error_text(error),
                 (unsigned long long)skipped);
    wire_begin(&s->reply, WIRE_REFUSE);
    s->reply.stream = device ? device->stream : 0;
    s->reply.body.refuse.sequence = sequence;
    s->reply.body.refuse.error = error;
    memcpy(s->reply.body.refuse.text, what, strlen(what) + 1);
    socket_send_frame(s->socket, peer, &s->reply, s->buffer);
}

static void on_attach(struct events_server *s, uint32_t slot) {
    struct client *c = &s->clients[slot];
    if (strcmp(s->frame.body.attach.device, s->lab->config->devices[slot].name) != 0) {
        refuse(s, slot, &c->peer, HEMO_WRONG_STREAM, "an Attach under another name");
        return;
    }
    if (c->welcomed)
        atomic_fetch_sub(&s->metrics->clients, 1);
    c->welcomed = false;
    wire_begin(&s->reply, WIRE_HELLO);
    s->reply.epoch = s->lab->journal_id;
    memcpy(s->reply.body.hello.device, "HEMOD", sizeof "HEMOD");
    s->reply.body.hello.next_sequence = atomic_load(s->durable_events);
    send_to(s, slot, &s->reply);
}

static void on_welcome(struct events_server *s, uint32_t slot) {
    struct client *c = &s->clients[slot];
    const struct wire_welcome *welcome = &s->frame.body.welcome;
    bool fits = s->frame.epoch == s->lab->journal_id &&
                welcome->next_sequence <= atomic_load(s->durable_events);
    if (!fits) {
        refuse(s, slot, &c->peer, HEMO_CONFLICT, "a position that this journal does not have");
        return;
    }
    if (!c->welcomed)
        atomic_fetch_add(&s->metrics->clients, 1);
    c->welcomed = true;
    c->next = c->acked = welcome->next_sequence;
    c->credit = welcome->credit;
    reader_seek(&c->reader, index_event(&s->lab->index, c->next));
}

static void on_ack(struct events_server *s, uint32_t slot) {
    struct client *c = &s->clients[slot];
    const struct wire_ack *ack = &s->frame.body.ack;
    bool ours = s->frame.stream == 0 && s->frame.epoch == s->lab->journal_id;
    if (!c->welcomed || !ours || ack->next_sequence > c->next)
        return;
    if (ack->next_sequence > c->acked)
        c->acked = ack->next_sequence;
    c->credit = ack->credit;
}

static void on_hello(struct events_server *s, uint32_t slot) {
    const struct config_device *device = &s->lab->config->devices[slot];
    const struct wire_hello *hello = &s->frame.body.hello;
    if (strcmp(hello->device, device->name) != 0 || hello->room != 0 ||
        (s->frame.stream && s->frame.stream != device->stream)) {
        refuse(s, slot, &s->clients[slot].peer, HEMO_WRONG_STREAM,
               "a Hello for another device or stream");
        return;
    }
    commands_hello(s, slot);
    send_to(s, slot, &s->reply);
    s->clients[slot].ack_due = true; /* the last one may have been lost with the old connection */
}

static void on_command(struct events_server *s, uint32_t slot) {
    struct client *c = &s->clients[slot];
    struct link_receiver *link = &s->lab->commands[slot];
    bool hole, taken;
    enum hemo_error error = commands_record(s, slot, &hole, &taken);
    if (error == HEMO_OK)
        return;
    if (hole) {
        bool again = c->asked_ns && c->asked_next == link->next_sequence;
        if (again && log_now_ns() - c->asked_ns < ASK_AGAIN_NS)
            return;
        link_receiver_welcome(link, &s->reply, s->lab->config->devices[slot].stream, WHY_RESUMED);
        send_to(s, slot, &s->reply);
        c->asked_next = link->next_sequence;
        c->asked_ns = log_now_ns();
    } else if (error == HEMO_BAD_SEQUENCE) {
        c->ack_due = true;
    } else {
        refuse(s, slot, &c->peer, error, taken ? "a command: it has no effect" : "a command");
    }
}

static void on_window_ask(struct events_server *s, uint32_t slot) {
    enum hemo_error error = windows_ask(&s->windows, slot, &s->frame.body.window_ask);
    if (error != HEMO_OK)
        refuse(s, slot, &s->clients[slot].peer, error, "a WindowAsk: too many wait");
    else
        atomic_fetch_add_explicit(&s->metrics->windows, 1, memory_order_relaxed);
}

/* The client behind a message: by its key; without CURVE by what it says, then by its connection.
 */
static uint32_t slot_of(const struct events_server *s, const struct socket_message *message) {
    const struct config *c = s->lab->config;
    const char *name = s->insecure ? NULL : message->user;
    if (s->insecure && s->frame.kind == WIRE_HELLO)
        name = s->frame.body.hello.device;
    if (s->insecure && s->frame.kind == WIRE_ATTACH)
        name = s->frame.body.attach.device;
    for (uint32_t i = 0; i < c->devices_count; i++) {
        bool same = name ? strcmp(c->devices[i].name, name) == 0
                         : s->insecure && socket_peer_equal(&s->clients[i].peer, &message->peer);
        if (same)
            return s->clients[i].used ? i : NO_SLOT;
    }
    return NO_SLOT;
}

static void dispatch(struct events_server *s, uint32_t slot) {
    switch (s->frame.kind) {
    case WIRE_ATTACH:
        on_attach(s, slot);
        break;
    case WIRE_WELCOME:
        on_welcome(s, slot);
        break;
    case WIRE_ACK:
        on_ack(s, slot);
        break;
    case WIRE_HELLO:
        on_hello(s, slot);
        break;
    case WIRE_WINDOW_ASK:
        on_window_ask(s, slot);
        break;
    case WIRE_CASE_OPEN:
    case WIRE_CASE_CLOSE:
    case WIRE_MARK:
    case WIRE_CAPTURE:
    case WIRE_RULES:
        on_command(s, slot);
        break;
    case WIRE_REFUSE:
        break; /* nothing that we sent can be sent better */
    default:
        refuse(s, slot, &s->clients[slot].peer, HEMO_NOT_ALLOWED,
               "a kind of message that no client sends");
    }
}

static void on_message(struct events_server *s, const struct socket_message *message) {
    zmq_msg_t *body = (zmq_msg_t *)&message->body;
    enum hemo_error error = wire_parse(&s->frame, zmq_msg_data(body), zmq_msg_size(body));
    if (error != HEMO_OK)
        s->frame.kind = WIRE_REFUSE;
    uint32_t slot = slot_of(s, message);
    if (error == HEMO_OK && slot == NO_SLOT)
        error = HEMO_NOT_ALLOWED;
    if (error != HEMO_OK) {
        refuse(s, slot, &message->peer, error, "a message");
        return;
    }
    if (!socket_peer_equal(&s->clients[slot].peer, &message->peer)) {
        detach(s, slot); /* a new connection: it attaches again */
        s->clients[slot].peer = message->peer;
    }
    dispatch(s, slot);
}

static bool drain(struct events_server *s) {
    struct socket_message message;
    for (int i = 0; i < BATCH; i++) {
        if (!commands_have_room(s))
            return true;
        enum hemo_error error = socket_receive(s->socket, &message);
        if (error == HEMO_NOT_FOUND)
            return false;
        if (error != HEMO_OK)
            continue;
        on_message(s, &message);
        socket_message_close(&message);
    }
    return true;
}

/* Sees each durable record once: the index, and commands that are durable now. */
static bool follow(struct events_server *s) {
    struct place limit = durable(s);
    struct record record;
    struct peek peek;
    for (int i = 0; i < EVENTS_RECORDS; i++) {
        enum hemo_error error = reader_next(&s->follower, limit, &record);
        if (error == HEMO_NOT_FOUND)
            return false;
        assert(error == HEMO_OK); /* what was synced a moment ago reads back */
        bool is = peek_frame(record.payload, record.length, &peek);
        assert(is);
        (void)is;
        index_record(&s->lab->index, s->follower.last, &peek);
        uint32_t slot = lab_slot(s->lab, peek.stream);
        if (record.type != RECORD_COMMAND || slot == LAB_NO_SLOT)
            continue;
        struct link_receiver *link = &s->lab->commands[slot];
        if (link->epoch != peek.epoch)
            continue;
        link_receiver_durable(link, peek.sequence + 1);
        s->clients[slot].ack_due = true;
    }
    return true;
}

static void send_ack(struct events_server *s, uint32_t slot) {
    s->clients[slot].ack_due = false;
    if (!s->clients[slot].peer.length)
        return;
    link_receiver_ack(&s->lab->commands[slot], &s->reply, s->lab->config->devices[slot].stream);
    if (send_to(s, slot, &s->reply) == HEMO_NO_ROOM)
        s->clients[slot].ack_due = true;
}

/* Events from the client's position on. True: there is more to send. */
static bool pump(struct events_server *s, uint32_t slot) {
    struct client *c = &s->clients[slot];
    uint64_t events = atomic_load(s->durable_events);
    struct place limit = durable(s);
    struct record record;
    struct peek peek;
    int sends = 0;
    if (!c->welcomed)
        return false;
    for (int i = 0; i < EVENTS_RECORDS && sends < EVENTS_SENDS; i++) {
        if (c->next >= events || c->next >= c->acked + c->credit)
            return false;
        if (reader_next(&c->reader, limit, &record) != HEMO_OK)
            return false;
        if (record.type != RECORD_EVENT && record.type != RECORD_EPOCH)
            continue;
        if (!peek_frame(record.payload, record.length, &peek) || peek.sequence < c->next)
            continue;
        assert(peek.sequence == c->next);
        enum hemo_error error = socket_send(s->socket, &c->peer, record.payload, record.length);
        if (error == HEMO_OK) {
            c->next++;
            sends++;
            continue;
        }
        reader_seek(&c->reader, c->reader.last);
        if (error == HEMO_PEER_LOST)
            detach(s, slot);
        return false;
    }
    return true;
}

static bool answer_windows(struct events_server *s) {
    if (!s->window_waits) {
        enum windows_step step = windows_step(&s->windows, durable(s));
        if (step != WINDOWS_SEND)
            return step == WINDOWS_MORE;
    }
    s->window_waits = send_to(s, s->windows.slot, &s->windows.out) == HEMO_NO_ROOM;
    return !s->window_waits;
}

static void read_monitor(struct events_server *s) {
    uint64_t skipped;
    while (s->monitor && socket_handshake_failed(s->monitor)) {
        atomic_fetch_add(&s->metrics->refused_handshakes, 1);
        if (log_brake_open(&s->handshake, log_now_ns(), &skipped))
            log_line("events: a connection failed its handshake (want CURVE with a known key); "
                     "%llu more since the last line",
                     (unsigned long long)skipped);
    }
}

static void sleep_until_work(struct events_server *s, bool room) {
    zmq_pollitem_t items[3] = {{NULL, s->wake.fd, ZMQ_POLLIN, 0},
                               {s->monitor ? s->monitor : s->socket, 0, ZMQ_POLLIN, 0},
                               {s->socket, 0, ZMQ_POLLIN, 0}};
    wake_prepare(&s->wake);
    bool fresh = place_before(s->follower.at, durable(s));
    if (!fresh && !atomic_load(&s->stop))
        zmq_poll(items, room ? 3 : 1, room ? IDLE_MS : BUSY_MS);
    wake_drain(&s->wake);
}

bool events_server_step(struct events_server *s) {
    bool more = drain(s);
    more = follow(s) || more;
    for (uint32_t i = 0; i < s->lab->config->devices_count; i++) {
        if (!s->clients[i].used)
            continue;
        if (s->clients[i].ack_due)
            send_ack(s, i);
        more = pump(s, i) || more;
    }
    more = answer_windows(s) || more;
    read_monitor(s);
    return more && !s->window_waits && commands_have_room(s);
}

void *events_server_run(void *server) {
    struct events_server *s = server;
    while (!atomic_load(&s->stop))
        if (!events_server_step(s))
            sleep_until_work(s, !s->window_waits && commands_have_room(s));
    return NULL;
}
