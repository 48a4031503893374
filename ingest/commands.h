/* commands.h - a client's own stream: its records checked, numbered, handed to the receiver. */
#pragma once
#include "ingest/events_server.h"

/* True while one more command fits the ring to the receiver. */
bool commands_have_room(struct events_server *s);
/* s->frame is the client's Hello: s->reply is the Welcome. */
void commands_hello(struct events_server *s, uint32_t slot);
/* s->frame is a record of the client. HEMO_OK: taken. HEMO_BAD_SEQUENCE: an old one, or (*hole) one
 * too far. Other errors: refused; *taken says that its number is used up all the same. */
enum hemo_error commands_record(struct events_server *s, uint32_t slot, bool *hole, bool *taken);
