/* wiring.h - who hands what to whom: hemod's parts get their rings, each other and what recovery
 * found. Apart from hemod.c so that a test can drive the same parts without threads and sockets. */
#pragma once
#include "ingest/hemod.h"

/* Before storage_complete(): recovery writes what is missing through the writer. */
void wire_writer(struct hemod *h);
/* Receiver, workers, events server; their sockets are open. */
enum hemo_error wire_rest(struct hemod *h);
