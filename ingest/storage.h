/* storage.h - the journal of this process: folder, lock, recovery, and the events that a crash left
 * behind. */
#pragma once
#include "ingest/hemod.h"

/* Opens the folder (made where it is missing), locks it, recovers, makes or continues the journal.
 */
enum hemo_error storage_open(struct hemod *h, char why[HEMOD_WHY]);
/* Writes the missing events and the rules of the file, through the writer, before any thread runs.
 */
enum hemo_error storage_complete(struct hemod *h, char why[HEMOD_WHY]);
void storage_close(struct hemod *h);
