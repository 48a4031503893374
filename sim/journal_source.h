/* journal_source.h - a stream of a journal as a feed again: what a device sent once, in its order.
 *
 *     error = journal_source_open(&source, &choice, &failure); // choice: journal_stream.h
 *
 * From the stream's (or the chosen case's) first epoch on, over changes of case, until its channels
 * change or its counter goes back: a note says so then. Marks of the device and of clients come
 * along; cases, captures and rules are the lab's and do not. */
#pragma once
#include "sim/journal_stream.h"
#include "sim/source.h"

enum hemo_error journal_source_open(struct source *source, const struct journal_choice *choice,
                                    struct failure *failure);
/* "" or one line. */
const char *journal_source_note(const struct source *source);
