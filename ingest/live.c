/* live.c - see live.h. Called by the receiver's thread, which owns the socket. */
#include "ingest/live.h"
#include <zmq.h>

void live_publish(void *publisher, uint32_t stream, const uint8_t *bytes, size_t length) {
    uint8_t topic[LIVE_TOPIC];
    for (int i = 0; i < LIVE_TOPIC; i++)
        topic[i] = (uint8_t)(stream >> (8 * i));
    if (zmq_send(publisher, topic, sizeof topic, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0)
        zmq_send(publisher, bytes, length, ZMQ_DONTWAIT);
}
