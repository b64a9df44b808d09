// SPDX-License-Identifier: Apache-2.0
// Types of values in a model file.
//
// Invariant: what sl_type has no words for stays as bytes, so that it is written as it was read.
// Start at sl_reader_type().
#include "onnx/model_reader.h"

static sl_status read_dim(sl_reader *r, sl_wire message, sl_dim *out, int *is_whole,
                          sl_error *err) {
  *out = SL_DIM(SL_DIM_UNKNOWN);
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&r->scan, &message, &field, &more, err));
    if (!more) break;
    if (field.number == 1 && field.type == SL_WIRE_VARINT) {
      // Some exporters write a negative size for a free axis.
      if ((int64_t)field.value < 0) *is_whole = 0;
      out->fixed = (int64_t)field.value < 0 ? SL_DIM_UNKNOWN : (int64_t)field.value;
    } else if (field.number == 2 && field.type == SL_WIRE_BYTES) {
      out->fixed = SL_DIM_UNKNOWN;
      SL_TRY(sl_scan_text(&r->scan, &field, &out->symbol, err));
    } else {
      *is_whole = 0;
    }
  }
  if (out->fixed >= 0 || (out->symbol != NULL && out->symbol[0] == '\0')) out->symbol = NULL;
  return SL_OK;
}

static sl_status read_shape(sl_reader *r, sl_wire message, sl_type *out, int *is_whole,
                            sl_error *err) {
  int64_t rank = sl_reader_count(message, 1), at = 0;
  void *memory;
  SL_TRY(sl_reader_new(r, rank, sizeof(sl_dim), &memory, err));
  sl_dim *dims = memory;
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&r->scan, &message, &field, &more, err));
    if (!more) break;
    if (field.number == 1 && field.type == SL_WIRE_BYTES)
      SL_TRY(read_dim(r, field.bytes, &dims[at++], is_whole, err));
    else
      *is_whole = 0;
  }
  out->rank = (int32_t)at;
  out->dims = dims;
  return SL_OK;
}

static sl_status read_tensor_type(sl_reader *r, sl_wire message, sl_type *out, int *is_whole,
                                  sl_error *err) {
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&r->scan, &message, &field, &more, err));
    if (!more) break;
    if (field.number == 1 && field.type == SL_WIRE_VARINT)
      out->element = field.value < SL_ELEMENT_COUNT ? (int32_t)field.value : SL_ELEMENT_NONE;
    else if (field.number == 2 && field.type == SL_WIRE_BYTES)
      SL_TRY(read_shape(r, field.bytes, out, is_whole, err));
    else
      *is_whole = 0;
  }
  if (out->element == SL_ELEMENT_NONE) *is_whole = 0;
  return SL_OK;
}

sl_status sl_reader_type(sl_reader *r, sl_wire message, sl_type *out, sl_error *err) {
  sl_wire_field field;
  int is_whole = 1;
  *out = (sl_type){.rank = -1, .raw = {message.at, (size_t)(message.end - message.at)}};
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&r->scan, &message, &field, &more, err));
    if (!more) break;
    if (field.number == 1 && field.type == SL_WIRE_BYTES)
      SL_TRY(read_tensor_type(r, field.bytes, out, &is_whole, err));
    else
      is_whole = 0;
  }
  if (is_whole) {
    out->raw = (sl_bytes){0};
    return SL_OK;
  }
  // Types nest as deep as the file says; the scanner counts the levels.
  sl_onnx_value ignored = {.rank = -1};
  return sl_scan_type(&r->scan, (sl_wire){out->raw.at, out->raw.at + out->raw.size}, &ignored, err);
}
