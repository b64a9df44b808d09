// SPDX-License-Identifier: Apache-2.0
// Constants as TensorProto.
//
// Invariant: a constant that is still what the file said is written with the file's own bytes; any
// other is written from its fields, as raw_data. Start at sl_writer_constant().
#include <string.h>

#include "onnx/model_writer.h"
#include "onnx/wire.h"

enum { DIMS = 1, TYPE = 2, STRINGS = 6, NAME = 8, RAW = 9, DOC = 12, EXTERNAL = 13, LOCATION = 14 };

static sl_wire wire_of(sl_bytes bytes) {
  return bytes.size > 0 ? (sl_wire){bytes.at, bytes.at + bytes.size} : (sl_wire){0};
}

static int is_inside(sl_bytes part, sl_bytes whole) {
  return part.at >= whole.at && part.at + part.size <= whole.at + whole.size;
}

static int has_same_dims(const sl_constant *constant, sl_wire message) {
  sl_wire_numbers dims = {.message = message, .number = DIMS, .packed = SL_WIRE_VARINT};
  uint64_t dim;
  int32_t rank = 0;
  for (; sl_wire_numbers_next(&dims, &dim); rank++)
    if (rank >= constant->rank || (int64_t)dim != constant->dims[rank]) return 0;
  return rank == constant->rank;
}

// Whether the message still says what the constant is.
static int is_as_read(const sl_constant *constant) {
  if (constant->message.size == 0) return 0;
  if (constant->is_sparse || constant->element == SL_ELEMENT_NONE) return 1;
  int64_t type = 0;
  sl_wire message = wire_of(constant->message), rest = message;
  sl_wire_field field;
  while (sl_wire_next(&rest, &field) == SL_WIRE_FIELD)
    if (field.number == TYPE) type = (int64_t)field.value;
  if (type != constant->element || !has_same_dims(constant, message)) return 0;
  // External data that nobody read: the message is all there is.
  if (constant->location != NULL) return constant->data.at == NULL;
  if (constant->count == 0) return 1;
  if (constant->element == SL_ELEMENT_STRING)
    return is_inside(constant->strings[0], constant->message);
  return is_inside(constant->data, constant->message);
}

// Fields of the message with the name replaced where it stands.
static void write_renamed(sl_message *out, sl_bytes message, const char *name) {
  sl_wire rest = wire_of(message);
  sl_wire_field field;
  int is_named = name[0] == '\0';
  for (const uint8_t *start = rest.at; sl_wire_next(&rest, &field) == SL_WIRE_FIELD;
       start = rest.at) {
    if (field.number != NAME) {
      sl_message_fields(out, (sl_bytes){start, (size_t)(rest.at - start)});
    } else if (!is_named) {
      sl_message_text(out, NAME, name);
      is_named = 1;
    }
  }
  if (!is_named) sl_message_text(out, NAME, name);
}

// The name of a sparse tensor is that of its values, field 1.
static void write_sparse(sl_message *out, sl_bytes message, const char *name) {
  sl_wire rest = wire_of(message);
  sl_wire_field field;
  for (const uint8_t *start = rest.at; sl_wire_next(&rest, &field) == SL_WIRE_FIELD;
       start = rest.at) {
    if (field.number != 1) {
      sl_message_fields(out, (sl_bytes){start, (size_t)(rest.at - start)});
      continue;
    }
    sl_message_mark mark = sl_message_begin(out, 1);
    size_t size = (size_t)(field.bytes.end - field.bytes.at);
    write_renamed(out, (sl_bytes){field.bytes.at, size}, name);
    sl_message_end(out, mark);
  }
}

// What the message has besides type, dims, name and data.
static void write_extra(sl_message *out, sl_bytes message) {
  sl_wire rest = wire_of(message);
  sl_wire_field field;
  for (const uint8_t *start = rest.at; sl_wire_next(&rest, &field) == SL_WIRE_FIELD;
       start = rest.at)
    if (field.number == DOC || field.number > LOCATION)
      sl_message_fields(out, (sl_bytes){start, (size_t)(rest.at - start)});
}

static void write_head(sl_message *out, const sl_constant *constant, const char *name) {
  for (int32_t i = 0; i < constant->rank; i++) sl_message_int(out, DIMS, constant->dims[i]);
  sl_message_int(out, TYPE, constant->element);
  if (name[0] != '\0') sl_message_text(out, NAME, name);
}

static void write_fields(sl_message *out, const sl_constant *constant, const char *name) {
  write_head(out, constant, name);
  if (constant->element == SL_ELEMENT_STRING)
    for (int64_t i = 0; i < constant->count; i++)
      sl_message_bytes(out, STRINGS, constant->strings[i]);
  else
    sl_message_bytes(out, RAW, constant->data);
  write_extra(out, constant->message);
}

void sl_writer_constant(sl_message *out, uint32_t field, const sl_constant *constant,
                        const char *name) {
  sl_message_mark mark = sl_message_begin(out, field);
  if (!is_as_read(constant))
    write_fields(out, constant, name);
  else if (constant->is_sparse)
    write_sparse(out, constant->message, name);
  else
    write_renamed(out, constant->message, name);
  sl_message_end(out, mark);
}

const char *sl_writer_own_name(sl_arena *arena, const sl_constant *constant) {
  sl_wire rest = wire_of(constant->message);
  sl_wire_field field;
  const char *name = "";
  while (sl_wire_next(&rest, &field) == SL_WIRE_FIELD)
    if (field.number == NAME && field.type == SL_WIRE_BYTES)
      name = sl_arena_copy_bytes(arena, field.bytes.at, (size_t)(field.bytes.end - field.bytes.at));
  return name;
}

static void write_entry(sl_message *out, const char *key, const char *value) {
  sl_message_mark mark = sl_message_begin(out, EXTERNAL);
  sl_message_text(out, 1, key);
  sl_message_text(out, 2, value);
  sl_message_end(out, mark);
}

void sl_writer_external(sl_message *out, uint32_t field, const sl_constant *constant,
                        const char *name, const char *location, int64_t offset) {
  sl_message_mark mark = sl_message_begin(out, field);
  write_head(out, constant, name);
  write_entry(out, "location", location);
  write_entry(out, "offset", sl_arena_printf(out->arena, "%lld", (long long)offset));
  write_entry(out, "length", sl_arena_printf(out->arena, "%zu", constant->data.size));
  sl_message_int(out, LOCATION, 1);
  write_extra(out, constant->message);
  sl_message_end(out, mark);
}
