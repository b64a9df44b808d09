// SPDX-License-Identifier: Apache-2.0
// A protobuf message being written: a list of parts, most of them borrowed.
//
// Nothing is moved when a message is put into another, and weights are never copied: they are parts
// that point where they lie. Invariant: `size` is the sum of the parts; a message that was begun is
// ended before anything around it is. Start at sl_message_begin().
#ifndef SL_ONNX_MESSAGE_H
#define SL_ONNX_MESSAGE_H

#include "base/arena.h"
#include "base/file.h"

typedef struct sl_message {
  sl_arena *arena;
  sl_bytes *parts;
  size_t part_count, part_capacity;
  uint8_t *chunk;  // where small things are written
  size_t chunk_used, chunk_size;
  size_t size;  // of all parts
} sl_message;

// An inner message that was begun.
typedef struct sl_message_mark {
  size_t part;  // the one that ends in the place of the length
  size_t size;  // of the whole message before
} sl_message_mark;

// Fields with the value 0 or "" are written too; leave the call out where that is not wanted.
void sl_message_int(sl_message *message, uint32_t field, int64_t value);
void sl_message_float(sl_message *message, uint32_t field, float value);
void sl_message_text(sl_message *message, uint32_t field, const char *text);
// Long ones are borrowed until the message is read.
void sl_message_bytes(sl_message *message, uint32_t field, sl_bytes bytes);
// Fields that are encoded already, tags included; borrowed likewise.
void sl_message_fields(sl_message *message, sl_bytes fields);
sl_message_mark sl_message_begin(sl_message *message, uint32_t field);
void sl_message_end(sl_message *message, sl_message_mark mark);
// All of `inner` as one field; its parts stay shared.
void sl_message_put(sl_message *message, uint32_t field, const sl_message *inner);

// One run of bytes in `arena`. SL_E_LIMIT above `limit_bytes`.
SL_MUST_CHECK sl_status sl_message_join(const sl_message *message, sl_arena *arena,
                                        size_t limit_bytes, sl_bytes *out, sl_error *err);

#endif
