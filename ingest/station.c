/* station.c - see station.h. */
#include "ingest/station.h"
#include <stdlib.h>

enum hemo_error station_init(struct station *s, uint32_t stream, uint32_t room,
                             const struct rules *rules, const struct spectrum *spectrum) {
    station_over(s, calloc(1, room_size()), stream, room);
    if (!s->room)
        return HEMO_NO_ROOM;
    enum hemo_error error = room_init(s->room, rules);
    room_spectrum(s->room, spectrum);
    return error;
}

void station_close(struct station *s) {
    free(s->room);
    s->room = NULL;
}
