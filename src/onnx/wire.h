// SPDX-License-Identifier: Apache-2.0
// The protobuf wire format, one field at a time over borrowed bytes.
//
// Invariant: a reader never looks outside [at, end) and never recurses; a field's bytes are a slice
// of the input. Source: protobuf.dev, "Encoding".
#ifndef SL_ONNX_WIRE_H
#define SL_ONNX_WIRE_H

#include <stddef.h>
#include <stdint.h>

typedef enum sl_wire_type {
  SL_WIRE_VARINT = 0,
  SL_WIRE_FIXED64 = 1,
  SL_WIRE_BYTES = 2,
  SL_WIRE_FIXED32 = 5
} sl_wire_type;

typedef struct sl_wire {
  const uint8_t *at, *end;
} sl_wire;

typedef struct sl_wire_field {
  uint32_t number;
  sl_wire_type type;
  uint64_t value;  // of varint and fixed fields
  sl_wire bytes;   // of byte fields
} sl_wire_field;

typedef enum sl_wire_result {
  SL_WIRE_END = 0,    // no more fields
  SL_WIRE_FIELD,      // *field is filled
  SL_WIRE_TRUNCATED,  // the field reaches past the end; wire->at is where it begins
  SL_WIRE_BROKEN      // not a field; wire->at is where it would begin
} sl_wire_result;

sl_wire_result sl_wire_next(sl_wire *wire, sl_wire_field *field);

// One number of a packed or single field of that type; 0 when the slice ends. For SL_WIRE_BYTES
// fields the numbers are `packed`.
int sl_wire_number(sl_wire *slice, sl_wire_type packed, uint64_t *out);

// All numbers of the fields `number` of a message, packed and single ones alike.
typedef struct sl_wire_numbers {
  sl_wire message, slice;
  uint32_t number;
  sl_wire_type packed;
  int is_broken;  // a packed field ended inside a number
} sl_wire_numbers;
int sl_wire_numbers_next(sl_wire_numbers *numbers, uint64_t *out);  // 0 at the end
int64_t sl_wire_numbers_count(sl_wire_numbers numbers);             // -1 when broken

#endif
