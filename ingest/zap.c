/* zap.c - see zap.h. A request is: version, request id, domain, address, routing id, mechanism,
 * key. */
#include "ingest/zap.h"
#include "ingest/log.h"
#include <assert.h>
#include <string.h>
#include <zmq.h>

enum { PARTS = 7, PART_MAX = 256, POLL_MS = 100 };

struct request {
    int parts;
    int lengths[PARTS];
    char bytes[PARTS][PART_MAX];
};

/* False: nothing came. Parts beyond the seventh are read and make the request invalid. */
static bool read_request(void *socket, struct request *request) {
    char rest[PART_MAX];
    int more = 1;
    size_t size = sizeof more;
    request->parts = 0;
    while (more) {
        bool keep = request->parts < PARTS;
        int got =
            zmq_recv(socket, keep ? request->bytes[request->parts] : rest, PART_MAX, ZMQ_DONTWAIT);
        if (got < 0)
            return false;
        if (keep)
            request->lengths[request->parts] = got < PART_MAX ? got : PART_MAX;
        request->parts++;
        zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size);
    }
    return true;
}

static bool part_is(const struct request *request, int part, const char *text) {
    return (size_t)request->lengths[part] == strlen(text) &&
           memcmp(request->bytes[part], text, strlen(text)) == 0;
}

static const struct config_device *device_of(const struct zap *zap, const struct request *request) {
    if (request->parts != PARTS || !part_is(request, 0, "1.0") || !part_is(request, 5, "CURVE"))
        return NULL;
    if (request->lengths[6] != 32)
        return NULL;
    for (uint32_t i = 0; i < zap->config->devices_count; i++)
        if (memcmp(zap->keys[i], request->bytes[6], 32) == 0)
            return &zap->config->devices[i];
    return NULL;
}

static void reply(struct zap *zap, const struct request *request) {
    const struct config_device *device = device_of(zap, request);
    const char *status = device ? "200" : "400", *text = device ? "OK" : "key not known";
    const char *name = device ? device->name : "";
    zmq_send(zap->socket, "1.0", 3, ZMQ_SNDMORE);
    zmq_send(zap->socket, request->bytes[1], (size_t)request->lengths[1], ZMQ_SNDMORE);
    zmq_send(zap->socket, status, 3, ZMQ_SNDMORE);
    zmq_send(zap->socket, text, strlen(text), ZMQ_SNDMORE);
    zmq_send(zap->socket, name, strlen(name), ZMQ_SNDMORE);
    zmq_send(zap->socket, "", 0, 0);
}

static void *run(void *context) {
    struct zap *zap = context;
    struct log_brake brake = {0};
    struct request request;
    uint64_t skipped;
    while (!atomic_load(&zap->stop)) {
        zmq_pollitem_t item = {zap->socket, 0, ZMQ_POLLIN, 0};
        if (zmq_poll(&item, 1, POLL_MS) <= 0 || !read_request(zap->socket, &request))
            continue;
        if (request.parts < 2)
            request.lengths[1] = 0;
        if (!device_of(zap, &request)) {
            atomic_fetch_add(&zap->metrics->refused_keys, 1);
            int length = request.parts > 3 ? request.lengths[3] : 0;
            if (log_brake_open(&brake, log_now_ns(), &skipped))
                log_line("connection from %.*s refused: key not known (want it under [device]); "
                         "%llu more since the last line",
                         length, request.bytes[3], (unsigned long long)skipped);
        }
        reply(zap, &request);
    }
    return NULL;
}

enum hemo_error zap_start(struct zap *zap, void *context, const struct config *config,
                          struct metrics *metrics) {
    int linger = 0;
    memset(zap, 0, sizeof *zap);
    zap->config = config;
    zap->metrics = metrics;
    for (uint32_t i = 0; i < config->devices_count; i++)
        if (!zmq_z85_decode(zap->keys[i], config->devices[i].key))
            return HEMO_BAD_CONFIG;
    zap->socket = zmq_socket(context, ZMQ_REP);
    if (!zap->socket || zmq_bind(zap->socket, "inproc://zeromq.zap.01") != 0)
        return HEMO_IO;
    zmq_setsockopt(zap->socket, ZMQ_LINGER, &linger, sizeof linger);
    return pthread_create(&zap->thread, NULL, run, zap) == 0 ? HEMO_OK : HEMO_IO;
}

void zap_stop(struct zap *zap) {
    atomic_store(&zap->stop, 1);
    pthread_join(zap->thread, NULL);
    zmq_close(zap->socket);
}
