/* net.c - connections that lose nothing silently: slow, held, cut, or dead at one end only. */
#include "tests/sim/world.h"
#include <stdlib.h>

enum { HIGH_WATER = 256 };

static struct packet taken;

static void empty(struct pipe *p) {
    for (; p->count; p->count--, p->head = (p->head + 1) % QUEUE)
        free(p->packets[p->head].bytes);
    p->due_ns = 0;
}

static void close_line(struct line *l) {
    empty(&l->up);
    empty(&l->down);
    l->number = 0;
    l->here = l->there = false;
}

static struct line *line_of(uint32_t actor) {
    for (uint32_t i = 0; i < LINES; i++)
        if (world.lines[actor][i].there)
            return &world.lines[actor][i];
    return NULL;
}

bool net_connected(uint32_t actor) {
    return line_of(actor) != NULL;
}

void net_connect(uint32_t actor) {
    struct line *oldest = &world.lines[actor][0];
    for (uint32_t i = 1; i < LINES; i++)
        if (world.lines[actor][i].number < oldest->number)
            oldest = &world.lines[actor][i];
    close_line(oldest);
    oldest->number = ++world.lines_made;
    oldest->here = oldest->there = true;
    oldest->breaks_ns = UINT64_MAX;
    oldest->held_ns = 0;
}

void net_cut(uint32_t actor) {
    struct line *l = line_of(actor);
    if (l)
        close_line(l);
}

void net_half(uint32_t actor, uint64_t breaks_ns) {
    struct line *l = line_of(actor);
    if (!l)
        return;
    l->there = false;
    l->breaks_ns = breaks_ns;
    empty(&l->down);
}

void net_hold(uint32_t actor, uint64_t until_ns) {
    struct line *l = line_of(actor);
    if (l)
        l->held_ns = until_ns;
}

void net_restart(void) {
    for (uint32_t a = 0; a < ACTORS; a++)
        for (uint32_t i = 0; i < LINES; i++)
            close_line(&world.lines[a][i]);
}

void net_step(void) {
    for (uint32_t a = 0; a < ACTORS; a++)
        for (uint32_t i = 0; i < LINES; i++)
            if (world.lines[a][i].number && world.lines[a][i].breaks_ns <= world.now_ns)
                close_line(&world.lines[a][i]);
}

static void put(struct line *l, struct pipe *p, const uint8_t *bytes, size_t length) {
    struct packet *packet = &p->packets[(p->head + p->count++) % QUEUE];
    uint64_t due_ns = world.now_ns + roll(20 * MS);
    if (due_ns < l->held_ns)
        due_ns = l->held_ns;
    if (due_ns < p->due_ns)
        due_ns = p->due_ns;
    p->due_ns = due_ns;
    *packet = (struct packet){malloc(length), length, due_ns};
    if (!packet->bytes)
        abort();
    memcpy(packet->bytes, bytes, length);
}

static bool get(const struct line *l, struct pipe *p, struct packet *out) {
    if (!p->count || p->packets[p->head].due_ns > world.now_ns || l->held_ns > world.now_ns)
        return false;
    *out = p->packets[p->head];
    p->head = (p->head + 1) % QUEUE;
    p->count--;
    return true;
}

bool net_room(uint32_t actor) {
    struct line *l = line_of(actor);
    return l && l->up.count < HIGH_WATER;
}

void net_send(uint32_t actor, const struct wire_frame *frame) {
    struct line *l = line_of(actor);
    size_t length = 0;
    if (!l || l->up.count == QUEUE)
        return;
    if (wire_pack(frame, world.bytes, sizeof world.bytes, &length) != HEMO_OK)
        abort();
    put(l, &l->up, world.bytes, length);
}

bool net_take(uint32_t actor, struct wire_frame *frame) {
    struct line *l = line_of(actor);
    struct packet next;
    if (!l || !get(l, &l->down, &next))
        return false;
    free(taken.bytes); /* the frame's samples and texts lie there until the next one */
    taken = next;
    if (wire_parse(frame, taken.bytes, taken.length) != HEMO_OK)
        abort(); /* hemod's own words */
    return true;
}

const uint8_t *net_bytes(size_t *length) {
    *length = taken.length;
    return taken.bytes;
}

/* hemod's side, for socket.h. A router is its first actor's row of lines. */

static uint32_t actors_of(void *router, uint32_t *count) {
    bool clients = router == world.lines[CLIENT];
    *count = clients ? 1 : FEEDS;
    return clients ? CLIENT : 0;
}

bool socket_peer_equal(const struct socket_peer *a, const struct socket_peer *b) {
    return a->length == b->length && memcmp(a->id, b->id, a->length) == 0;
}

bool socket_handshake_failed(void *monitor) {
    (void)monitor;
    return false;
}

enum hemo_error socket_send(void *router, const struct socket_peer *peer, const uint8_t *bytes,
                            size_t length) {
    uint32_t number, count, first = actors_of(router, &count);
    if (peer->length != sizeof number)
        return HEMO_PEER_LOST;
    memcpy(&number, peer->id, sizeof number);
    for (uint32_t a = first; a < first + count; a++) {
        for (uint32_t i = 0; i < LINES; i++) {
            struct line *l = &world.lines[a][i];
            if (l->number != number || !l->here)
                continue;
            if (l->down.count >= HIGH_WATER)
                return HEMO_NO_ROOM;
            put(l, &l->down, bytes, length); /* of a dead peer: into the void, and full at last */
            return HEMO_OK;
        }
    }
    return HEMO_PEER_LOST;
}

enum hemo_error socket_send_frame(void *router, const struct socket_peer *peer,
                                  const struct wire_frame *frame, uint8_t *buffer) {
    size_t length;
    if (wire_pack(frame, buffer, WIRE_BYTES_MAX, &length) != HEMO_OK)
        abort();
    return socket_send(router, peer, buffer, length);
}

enum hemo_error socket_receive(void *router, struct socket_message *message) {
    uint32_t count, first = actors_of(router, &count);
    uint64_t turn = roll(LINES * count);
    for (uint64_t k = 0; k < LINES * count; k++) {
        uint64_t at = (turn + k) % (LINES * count);
        struct line *l = &world.lines[first + at / LINES][at % LINES];
        struct packet packet;
        if (!l->number || !get(l, &l->up, &packet))
            continue;
        message->peer.length = sizeof l->number;
        memcpy(message->peer.id, &l->number, sizeof l->number);
        message->user = NULL;
        if (zmq_msg_init_size(&message->body, packet.length) != 0)
            abort();
        memcpy(zmq_msg_data(&message->body), packet.bytes, packet.length);
        free(packet.bytes);
        return HEMO_OK;
    }
    return HEMO_NOT_FOUND;
}

void socket_message_close(struct socket_message *message) {
    zmq_msg_close(&message->body);
}
