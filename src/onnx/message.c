// SPDX-License-Identifier: Apache-2.0
// Writing protobuf messages as lists of parts. Start at append().
#include "onnx/message.h"

#include <string.h>

#include "onnx/wire.h"

enum { FIRST_CHUNK = 512, LARGEST_CHUNK = 1 << 16, BORROW_ABOVE = 256, VARINT_MAX = 10 };

static void reserve(sl_message *m, size_t size) {
  if (m->chunk_used + size <= m->chunk_size) return;
  m->chunk_size = m->chunk_size == 0 ? FIRST_CHUNK : m->chunk_size * 2;
  if (m->chunk_size > LARGEST_CHUNK) m->chunk_size = LARGEST_CHUNK;
  m->chunk = sl_arena_push(m->arena, m->chunk_size);
  m->chunk_used = 0;
}

static void add_part(sl_message *m, sl_bytes part) {
  if (m->part_count == m->part_capacity) {
    size_t capacity = m->part_capacity == 0 ? 16 : m->part_capacity * 2;
    sl_bytes *grown = SL_NEW_ARRAY(m->arena, sl_bytes, capacity);
    if (m->part_count > 0) memcpy(grown, m->parts, m->part_count * sizeof *grown);
    m->parts = grown;
    m->part_capacity = capacity;
  }
  m->parts[m->part_count++] = part;
}

// Small bytes are copied behind those before them, so that a part holds many.
static void append(sl_message *m, const void *bytes, size_t size) {
  reserve(m, size);
  uint8_t *to = m->chunk + m->chunk_used;
  memcpy(to, bytes, size);
  m->chunk_used += size;
  m->size += size;
  sl_bytes *last = m->part_count > 0 ? &m->parts[m->part_count - 1] : NULL;
  if (last != NULL && last->at + last->size == to)
    last->size += size;
  else
    add_part(m, (sl_bytes){to, size});
}

static size_t encode_varint(uint64_t value, uint8_t out[VARINT_MAX]) {
  size_t size = 0;
  for (; value >= 0x80; value >>= 7) out[size++] = (uint8_t)(value | 0x80);
  out[size++] = (uint8_t)value;
  return size;
}

static void append_varint(sl_message *m, uint64_t value) {
  uint8_t bytes[VARINT_MAX];
  append(m, bytes, encode_varint(value, bytes));
}

static void append_tag(sl_message *m, uint32_t field, sl_wire_type type) {
  append_varint(m, (uint64_t)field << 3 | (uint64_t)type);
}

void sl_message_int(sl_message *m, uint32_t field, int64_t value) {
  append_tag(m, field, SL_WIRE_VARINT);
  append_varint(m, (uint64_t)value);
}

void sl_message_float(sl_message *m, uint32_t field, float value) {
  append_tag(m, field, SL_WIRE_FIXED32);
  append(m, &value, sizeof value);
}

void sl_message_fields(sl_message *m, sl_bytes fields) {
  if (fields.size == 0) return;
  if (fields.size <= BORROW_ABOVE) {
    append(m, fields.at, fields.size);
    return;
  }
  add_part(m, fields);
  m->size += fields.size;
}

void sl_message_bytes(sl_message *m, uint32_t field, sl_bytes bytes) {
  append_tag(m, field, SL_WIRE_BYTES);
  append_varint(m, bytes.size);
  sl_message_fields(m, bytes);
}

void sl_message_text(sl_message *m, uint32_t field, const char *text) {
  sl_message_bytes(m, field, (sl_bytes){(const uint8_t *)text, strlen(text)});
}

// The length is not known yet: its place stays free behind the tag, outside any part.
sl_message_mark sl_message_begin(sl_message *m, uint32_t field) {
  reserve(m, 2 * VARINT_MAX);
  append_tag(m, field, SL_WIRE_BYTES);
  m->chunk_used += VARINT_MAX;
  return (sl_message_mark){.part = m->part_count - 1, .size = m->size};
}

void sl_message_end(sl_message *m, sl_message_mark mark) {
  sl_bytes *part = &m->parts[mark.part];
  uint8_t length[VARINT_MAX];
  size_t size = encode_varint(m->size - mark.size, length);
  memcpy((uint8_t *)(uintptr_t)part->at + part->size, length, size);
  part->size += size;
  m->size += size;
}

void sl_message_put(sl_message *m, uint32_t field, const sl_message *inner) {
  append_tag(m, field, SL_WIRE_BYTES);
  append_varint(m, inner->size);
  for (size_t i = 0; i < inner->part_count; i++) add_part(m, inner->parts[i]);
  m->size += inner->size;
}

sl_status sl_message_join(const sl_message *m, sl_arena *arena, size_t limit_bytes, sl_bytes *out,
                          sl_error *err) {
  void *bytes;
  SL_TRY(sl_arena_try_push(arena, m->size + 1, 1, limit_bytes, "a model", &bytes, err));
  uint8_t *to = bytes;
  for (size_t i = 0; i < m->part_count; i++) {
    memcpy(to, m->parts[i].at, m->parts[i].size);
    to += m->parts[i].size;
  }
  *out = (sl_bytes){.at = bytes, .size = m->size};
  return SL_OK;
}
