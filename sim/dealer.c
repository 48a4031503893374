#include "sim/dealer.h"
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

enum {
    KEY_CHARS = 40,
    QUEUE_MESSAGES = 2000,
    RECONNECT_MS = 100,
    HEARTBEAT_MS = 1000,
    DEAD_MS = 3000
};

/* A key file is one line of 40 Z85 characters; a secret one is nobody else's business. */
static enum hemo_error load_key(const char *path, bool secret, char out[DEALER_KEY_TEXT],
                                struct failure *failure) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return failure_set(failure, failure_from_errno(errno),
                           "%s: %s (want a key file, made by hemoctl keys)", path,
                           errno == ENOENT ? "no such file" : "cannot be read");
    struct stat status;
    char text[KEY_CHARS + 3];
    bool open_to_others = secret && (fstat(fd, &status) || status.st_mode & 077);
    ssize_t length = read(fd, text, sizeof text);
    close(fd);
    if (open_to_others)
        return failure_set(failure, HEMO_BAD_FORMAT,
                           "%s: others can read this secret key (want mode 0600)", path);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    uint8_t bytes[32];
    if (length == KEY_CHARS) {
        memcpy(out, text, KEY_CHARS);
        out[KEY_CHARS] = 0;
    }
    if (length != KEY_CHARS || strlen(out) != KEY_CHARS || !zmq_z85_decode(bytes, out))
        return failure_set(failure, HEMO_BAD_FORMAT, "%s: not a key (want 40 Z85 characters)",
                           path);
    return HEMO_OK;
}

static bool is_loopback(const char *address) {
    return !strncmp(address, "tcp://127.0.0.1:", 16) || !strncmp(address, "tcp://[::1]:", 12) ||
           !strncmp(address, "ipc://", 6);
}

static bool open_socket(struct dealer *d) {
    int queue = QUEUE_MESSAGES, zero = 0, one = 1, beat = HEARTBEAT_MS, dead = DEAD_MS;
    int64_t most = 65536;
    d->up = false;
    d->socket = zmq_socket(d->context, ZMQ_DEALER);
    if (!d->socket)
        return false;
    zmq_setsockopt(d->socket, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt(d->socket, ZMQ_SNDHWM, &queue, sizeof queue);
    zmq_setsockopt(d->socket, ZMQ_IMMEDIATE, &one, sizeof one);
    zmq_setsockopt(d->socket, ZMQ_MAXMSGSIZE, &most, sizeof most);
    zmq_setsockopt(d->socket, ZMQ_HEARTBEAT_IVL, &beat, sizeof beat);
    zmq_setsockopt(d->socket, ZMQ_HEARTBEAT_TIMEOUT, &dead, sizeof dead);
    if (d->curve) {
        zmq_setsockopt(d->socket, ZMQ_CURVE_SERVERKEY, d->server, DEALER_KEY_TEXT);
        zmq_setsockopt(d->socket, ZMQ_CURVE_PUBLICKEY, d->public, DEALER_KEY_TEXT);
        zmq_setsockopt(d->socket, ZMQ_CURVE_SECRETKEY, d->secret, DEALER_KEY_TEXT);
    }
    char name[48];
    snprintf(name, sizeof name, "inproc://monitor-%p", d->socket);
    int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                 ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_DISCONNECTED;
    if (zmq_socket_monitor(d->socket, name, events))
        return false;
    d->monitor = zmq_socket(d->context, ZMQ_PAIR);
    if (!d->monitor || zmq_connect(d->monitor, name))
        return false;
    zmq_setsockopt(d->monitor, ZMQ_LINGER, &zero, sizeof zero);
    return zmq_connect(d->socket, d->address) == 0;
}

static void close_socket(struct dealer *d) {
    if (d->socket)
        zmq_socket_monitor(d->socket, NULL, 0);
    if (d->monitor)
        zmq_close(d->monitor);
    if (d->socket)
        zmq_close(d->socket);
    d->socket = d->monitor = NULL;
    d->up = false;
}

enum hemo_error dealer_open(struct dealer *dealer, const struct dealer_config *config,
                            struct failure *failure) {
    *dealer = (struct dealer){.address = config->address, .curve = config->key};
    enum hemo_error error;
    if (!config->key && !is_loopback(config->address))
        return failure_set(failure, HEMO_BAD_CONFIG,
                           "--insecure to %.100s (want tcp://127.0.0.1:PORT, or keys)",
                           config->address);
    if (config->key && ((error = load_key(config->key, true, dealer->secret, failure)) ||
                        (error = load_key(config->server_key, false, dealer->server, failure))))
        return error;
    if (config->key && zmq_curve_public(dealer->public, dealer->secret))
        return failure_set(failure, HEMO_BAD_FORMAT, "%s: not a secret key", config->key);
    dealer->context = zmq_ctx_new();
    if (dealer->context && open_socket(dealer))
        return HEMO_OK;
    int number = errno;
    dealer_close(dealer);
    return failure_set(failure, HEMO_BAD_CONFIG,
                       "--send %.100s: %s (want an address such as tcp://127.0.0.1:7400)",
                       config->address, zmq_strerror(number));
}

void dealer_close(struct dealer *dealer) {
    close_socket(dealer);
    if (dealer->context)
        zmq_ctx_term(dealer->context);
    dealer->context = NULL;
}

void dealer_again(struct dealer *dealer) {
    close_socket(dealer);
    /* The address was good before, so this fails only for want of sockets; dealer_wait() tries
     * again. */
    if (!open_socket(dealer))
        close_socket(dealer);
}

/* One message of the monitor: the event's number, then the address. */
static enum dealer_news take_event(struct dealer *d) {
    uint8_t event[6] = {0};
    char address[256];
    if (zmq_recv(d->monitor, event, sizeof event, ZMQ_DONTWAIT) < 0)
        return DEALER_NOTHING;
    zmq_recv(d->monitor, address, sizeof address, ZMQ_DONTWAIT);
    uint16_t number;
    memcpy(&number, event, sizeof number);
    switch (number) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        d->up = true;
        return DEALER_UP;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        return DEALER_DENIED;
    /* Before the handshake a lost connection is nobody listening: zmq goes on trying by itself. */
    case ZMQ_EVENT_DISCONNECTED:
        return d->up ? DEALER_DOWN : DEALER_NOTHING;
    default:
        return DEALER_NOTHING;
    }
}

enum dealer_news dealer_wait(struct dealer *dealer, int timeout_ms) {
    struct dealer *d = dealer;
    if (!d->socket) {
        zmq_poll(NULL, 0, RECONNECT_MS);
        dealer_again(d);
        return DEALER_NOTHING;
    }
    zmq_pollitem_t items[] = {{.socket = d->monitor, .events = ZMQ_POLLIN},
                              {.socket = d->socket, .events = ZMQ_POLLIN}};
    if (zmq_poll(items, 2, timeout_ms) <= 0)
        return DEALER_NOTHING;
    /* What the peer said before it went away is heard first. */
    if (items[1].revents)
        return DEALER_INPUT;
    enum dealer_news news = take_event(d);
    if (news == DEALER_DOWN)
        dealer_again(d);
    return news;
}

size_t dealer_receive(struct dealer *dealer, uint8_t *bytes, size_t size) {
    if (!dealer->socket)
        return 0;
    int length = zmq_recv(dealer->socket, bytes, size, ZMQ_DONTWAIT);
    return length > 0 ? (size_t)length : 0;
}

bool dealer_send(struct dealer *dealer, const uint8_t *bytes, size_t length) {
    return dealer->up && zmq_send(dealer->socket, bytes, length, ZMQ_DONTWAIT) >= 0;
}
