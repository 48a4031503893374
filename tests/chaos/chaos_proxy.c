/* chaos_proxy - stands between two processes and does to their connections what networks do.
 *
 *     chaos_proxy LISTEN_PORT TARGET_PORT < commands        both on 127.0.0.1
 *
 * Commands, one a line: "cut" closes all connections at once with a reset; "hold" passes nothing
 * on any more while the connections stay (half open, no FIN); "go" ends that; "delay MS" passes
 * each piece on that much later; "refuse" cuts and accepts nobody until "go"; end of input ends it.
 * Says "ready" when it listens, and counts what it did when it ends. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LINKS = 64, PIECE = 65536, NEVER_MS = 50 };

struct way { /* one direction of a connection */
    uint8_t bytes[PIECE];
    size_t from, filled;
    uint64_t due_ms;
};

struct link {
    int client, server; /* -1: free */
    struct way to_server, to_client;
};

static struct proxy {
    int listener;
    uint16_t target;
    bool held, refusing;
    uint64_t delay_ms, cuts, accepted;
    struct link links[LINKS];
} proxy;

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static struct sockaddr_in loopback(uint16_t port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

static void drop(struct link *link) {
    struct linger reset = {1, 0};
    if (link->client < 0)
        return;
    setsockopt(link->client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    setsockopt(link->server, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(link->client);
    close(link->server);
    link->client = link->server = -1;
}

static void cut_all(void) {
    for (int i = 0; i < LINKS; i++) {
        proxy.cuts += proxy.links[i].client >= 0;
        drop(&proxy.links[i]);
    }
}

static void take_one(void) {
    struct sockaddr_in target = loopback(proxy.target);
    int client = accept4(proxy.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct link *link = proxy.links;
    while (link < proxy.links + LINKS && link->client >= 0)
        link++;
    if (client < 0 || server < 0 || proxy.refusing || link == proxy.links + LINKS ||
        connect(server, (struct sockaddr *)&target, sizeof target) != 0) {
        if (client >= 0)
            close(client);
        if (server >= 0)
            close(server);
        return;
    }
    fcntl(server, F_SETFL, O_NONBLOCK);
    proxy.accepted++;
    link->client = client;
    link->server = server;
    link->to_client.from = link->to_client.filled = 0;
    link->to_server.from = link->to_server.filled = 0;
}

/* False: the connection is at its end. */
static bool pass(struct way *way, int from, int to, short ready) {
    if (way->from == way->filled && ready & (POLLIN | POLLHUP | POLLERR)) {
        ssize_t got = recv(from, way->bytes, PIECE, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            return false;
        way->from = 0;
        way->filled = got > 0 ? (size_t)got : 0;
        way->due_ms = now_ms() + proxy.delay_ms;
    }
    if (way->from == way->filled || now_ms() < way->due_ms)
        return true;
    ssize_t put = send(to, way->bytes + way->from, way->filled - way->from, MSG_NOSIGNAL);
    if (put < 0)
        return errno == EAGAIN;
    way->from += (size_t)put;
    return true;
}

/* False: no more commands. */
static bool obey(void) {
    char line[64];
    if (!fgets(line, sizeof line, stdin))
        return false;
    if (strcmp(line, "cut\n") == 0)
        cut_all();
    if (strcmp(line, "refuse\n") == 0) {
        cut_all();
        proxy.refusing = true;
    }
    if (strcmp(line, "hold\n") == 0)
        proxy.held = true;
    if (strcmp(line, "go\n") == 0)
        proxy.held = proxy.refusing = false;
    if (strncmp(line, "delay ", 6) == 0)
        proxy.delay_ms = strtoul(line + 6, NULL, 10);
    return true;
}

static int fill(struct pollfd *set) {
    int count = 2;
    set[0] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
    set[1] = (struct pollfd){proxy.held ? -1 : proxy.listener, POLLIN, 0};
    for (int i = 0; i < LINKS; i++) {
        const struct link *link = &proxy.links[i];
        bool waits_in = link->to_server.from < link->to_server.filled;
        bool waits_out = link->to_client.from < link->to_client.filled;
        int off = proxy.held ? -1 : 0;
        set[count++] = (struct pollfd){off ? off : link->client, waits_in ? 0 : POLLIN, 0};
        set[count++] = (struct pollfd){off ? off : link->server, waits_out ? 0 : POLLIN, 0};
    }
    return count;
}

static void pass_all(const struct pollfd *set) {
    for (int i = 0; i < LINKS; i++) {
        struct link *link = &proxy.links[i];
        if (link->client < 0 || set[2 + 2 * i].fd != link->client)
            continue;
        if (!pass(&link->to_server, link->client, link->server, set[2 + 2 * i].revents) ||
            !pass(&link->to_client, link->server, link->client, set[3 + 2 * i].revents))
            drop(link);
    }
}

static int ready(const char *listen_port) {
    struct sockaddr_in at = loopback((uint16_t)strtoul(listen_port, NULL, 10));
    int one = 1;
    proxy.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(proxy.listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(proxy.listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(proxy.listener, LINKS) != 0) {
        fprintf(stderr, "chaos_proxy: port %s: %s\n", listen_port, strerrordesc_np(errno));
        return 1;
    }
    puts("ready");
    fflush(stdout);
    return 0;
}

int main(int argc, char **argv) {
    struct pollfd set[2 + 2 * LINKS];
    if (argc != 3) {
        fprintf(stderr, "usage: chaos_proxy LISTEN_PORT TARGET_PORT < commands\n");
        return 2;
    }
    setvbuf(stdin, NULL, _IONBF, 0);
    proxy.target = (uint16_t)strtoul(argv[2], NULL, 10);
    for (int i = 0; i < LINKS; i++)
        proxy.links[i].client = proxy.links[i].server = -1;
    if (ready(argv[1]) != 0)
        return 1;
    for (;;) {
        bool waits = false;
        for (int i = 0; i < LINKS; i++)
            waits = waits || (proxy.links[i].client >= 0 &&
                              (proxy.links[i].to_server.from < proxy.links[i].to_server.filled ||
                               proxy.links[i].to_client.from < proxy.links[i].to_client.filled));
        int count = fill(set);
        poll(set, (nfds_t)count, waits && !proxy.held ? 2 : NEVER_MS);
        if (!proxy.held)
            pass_all(set);
        if (set[1].revents & POLLIN)
            take_one();
        if (set[0].revents && !obey())
            break;
    }
    printf("cut %llu of %llu connections\n", (unsigned long long)proxy.cuts,
           (unsigned long long)proxy.accepted);
    return 0;
}
