// SPDX-License-Identifier: Apache-2.0
// Reading protobuf fields. Start at sl_wire_next().
#include "onnx/wire.h"

#include <string.h>

// 1 when read, 0 when the bytes end inside, -1 when it is longer than 10 bytes.
static int read_varint(sl_wire *wire, uint64_t *out) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (wire->at == wire->end) return 0;
    uint8_t byte = *wire->at++;
    if (shift < 64) value |= (uint64_t)(byte & 0x7f) << shift;
    if (byte < 0x80) {
      *out = value;
      return 1;
    }
  }
  return -1;
}

static int read_fixed(sl_wire *wire, size_t size, uint64_t *out) {
  if ((size_t)(wire->end - wire->at) < size) return 0;
  *out = 0;
  for (size_t i = 0; i < size; i++) *out |= (uint64_t)wire->at[i] << (8 * i);
  wire->at += size;
  return 1;
}

static int read_bytes(sl_wire *wire, sl_wire *out) {
  uint64_t length;
  int got = read_varint(wire, &length);
  if (got <= 0) return got;
  if (length > (uint64_t)(wire->end - wire->at)) return 0;
  *out = (sl_wire){wire->at, wire->at + length};
  wire->at += length;
  return 1;
}

static int read_payload(sl_wire *wire, sl_wire_field *field) {
  switch (field->type) {
    case SL_WIRE_VARINT:
      return read_varint(wire, &field->value);
    case SL_WIRE_FIXED64:
      return read_fixed(wire, 8, &field->value);
    case SL_WIRE_FIXED32:
      return read_fixed(wire, 4, &field->value);
    case SL_WIRE_BYTES:
      return read_bytes(wire, &field->bytes);
    default:
      return -1;
  }
}

sl_wire_result sl_wire_next(sl_wire *wire, sl_wire_field *field) {
  if (wire->at == wire->end) return SL_WIRE_END;
  sl_wire start = *wire;
  uint64_t tag = 0;
  memset(field, 0, sizeof *field);
  int got = read_varint(wire, &tag);
  if (got > 0 && (tag >> 3 == 0 || tag >> 3 > 0x1fffffff)) got = -1;
  field->number = (uint32_t)(tag >> 3);
  field->type = (sl_wire_type)(tag & 7);
  if (got > 0) got = read_payload(wire, field);
  if (got > 0) return SL_WIRE_FIELD;
  *wire = start;
  return got == 0 ? SL_WIRE_TRUNCATED : SL_WIRE_BROKEN;
}

int sl_wire_number(sl_wire *slice, sl_wire_type packed, uint64_t *out) {
  if (packed == SL_WIRE_VARINT) return read_varint(slice, out) > 0;
  return read_fixed(slice, packed == SL_WIRE_FIXED64 ? 8 : 4, out);
}

int sl_wire_numbers_next(sl_wire_numbers *numbers, uint64_t *out) {
  for (;;) {
    if (numbers->slice.at != numbers->slice.end) {
      if (sl_wire_number(&numbers->slice, numbers->packed, out)) return 1;
      numbers->is_broken = 1;
      return 0;
    }
    sl_wire_field field;
    if (sl_wire_next(&numbers->message, &field) != SL_WIRE_FIELD) return 0;
    if (field.number != numbers->number) continue;
    if (field.type == SL_WIRE_BYTES) numbers->slice = field.bytes;
    if (field.type != numbers->packed) continue;
    *out = field.value;
    return 1;
  }
}

int64_t sl_wire_numbers_count(sl_wire_numbers numbers) {
  int64_t count = 0;
  uint64_t ignored;
  while (sl_wire_numbers_next(&numbers, &ignored)) count++;
  return numbers.is_broken ? -1 : count;
}
