/* repack.h - a live block as the page reads it: the binary message "HMW1" of API.md. Pure. */
#pragma once
#include "proto/wire.h"

enum { REPACK_HEADER = 48, REPACK_MAGIC = 0x31574d48 };

/* Bytes written; 0: block and epoch disagree, or it does not fit. */
size_t repack(const struct wire_frame *frame, const struct wire_epoch_begin *begin, uint8_t *out,
              size_t size);
/* How many groups the stream's channels form. */
uint32_t repack_groups(const struct stream_info *info);
