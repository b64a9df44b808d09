// SPDX-License-Identifier: Apache-2.0
// Inputs and outputs of a graph: name, element type and shape.
#include "onnx/scan_state.h"

static sl_status scan_dim(sl_scan *scan, sl_wire wire, sl_onnx_dim *out, sl_error *err) {
  *out = (sl_onnx_dim){-1, ""};
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
    if (!more) break;
    if (field.number == 1 && field.type == SL_WIRE_VARINT) out->size = (int64_t)field.value;
    if (field.number == 2 && field.type == SL_WIRE_BYTES)
      SL_TRY(sl_scan_text(scan, &field, &out->symbol, err));
  }
  // Some exporters write 0 or a negative number for a free axis.
  if (out->size <= 0) out->size = -1;
  return SL_OK;
}

static sl_status scan_shape(sl_scan *scan, sl_wire wire, sl_onnx_value *out, sl_error *err) {
  sl_scan_list dims = {0};
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
    if (!more || field.number != 1 || field.type != SL_WIRE_BYTES) continue;
    void *at;
    SL_TRY(sl_scan_push(scan, &dims, sizeof(sl_onnx_dim), &at, err));
    SL_TRY(scan_dim(scan, field.bytes, at, err));
  }
  out->rank = (int32_t)dims.count;
  out->dims = dims.at;
  return SL_OK;
}

static sl_status scan_tensor_type(sl_scan *scan, sl_wire wire, sl_onnx_value *out, sl_error *err) {
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
    if (!more) break;
    if (field.number == 1 && field.type == SL_WIRE_VARINT) {
      out->type = sl_onnx_type_name((int64_t)field.value);
      out->dtype = sl_onnx_dtype((int64_t)field.value);
    }
    if (field.number == 2 && field.type == SL_WIRE_BYTES)
      SL_TRY(scan_shape(scan, field.bytes, out, err));
  }
  return SL_OK;
}

// The message inside field `number` of `wire`, or an empty slice.
static sl_status inner(sl_scan *scan, sl_wire wire, uint32_t number, sl_wire *out, sl_error *err) {
  sl_wire_field field;
  *out = (sl_wire){0};
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
    if (more && field.number == number && field.type == SL_WIRE_BYTES) *out = field.bytes;
  }
  return SL_OK;
}

// Types nest (sequence of sequence of ...); each turn of the loop goes one level down.
sl_status sl_scan_type(sl_scan *scan, sl_wire wire, sl_onnx_value *out, sl_error *err) {
  static const char *const names[] = {
      [4] = "sequence", [5] = "map", [8] = "sparse tensor", [9] = "optional"};
  for (int32_t depth = 1; wire.at != NULL; depth++) {
    if (depth > scan->limits.depth_max)
      return sl_fail(err, SL_E_LIMIT, "model \"%s\" is nested more than %d levels deep", scan->name,
                     scan->limits.depth_max);
    sl_wire next = {0};
    sl_wire_field field;
    for (int more = 1; more;) {
      SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
      if (!more || field.type != SL_WIRE_BYTES || field.number > 9) continue;
      if (field.number == 1 && depth == 1) SL_TRY(scan_tensor_type(scan, field.bytes, out, err));
      if (names[field.number] == NULL) continue;
      if (depth == 1) out->type = names[field.number];
      if (field.number != 8)
        SL_TRY(inner(scan, field.bytes, field.number == 5 ? 2 : 1, &next, err));
    }
    wire = next;
  }
  return SL_OK;
}

sl_status sl_scan_value(sl_scan *scan, sl_wire wire, sl_onnx_value *out, sl_error *err) {
  *out = (sl_onnx_value){.name = "", .type = "unknown", .rank = -1};
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(scan, &wire, &field, &more, err));
    if (!more || field.type != SL_WIRE_BYTES) continue;
    if (field.number == 1) SL_TRY(sl_scan_text(scan, &field, &out->name, err));
    if (field.number == 2) SL_TRY(sl_scan_type(scan, field.bytes, out, err));
  }
  return SL_OK;
}
