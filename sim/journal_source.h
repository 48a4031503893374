/* journal_source.h - a stream of a journal as a feed again: what a device sent once, in its order.
 *
 *     error = journal_source_open(&source, "var/journal", 0, &failure);
 *
 * From the stream's first epoch on, over changes of case, until its channels change or its counter
 * goes back: a note says so then. Marks of the device and of clients come along; cases, captures
 * and rules are the lab's and do not. */
#pragma once
#include "sim/source.h"

enum hemo_error journal_source_open(struct source *source, const char *path, uint32_t stream,
                                    struct failure *failure);
/* "" or one line. */
const char *journal_source_note(const struct source *source);
