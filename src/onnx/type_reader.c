// SPDX-License-Identifier: Apache-2.0
// Types of values in a model file.
//
// Invariant: what sl_type has no words for stays as bytes, so that it is written as it was read.
// Start at sl_reader_type().
#include "onnx/model_reader.h"

// What stands besides the dims of a type being read.
typedef struct extras {
  const char **denotations;
  int has_denotations;
  int is_whole;  // nothing but what sl_type holds
} extras;

static sl_status read_dim(sl_reader *r, sl_wire message, sl_dim *out, const char **denotation,
                          int *is_whole, sl_error *err) {
  *out = SL_DIM(SL_DIM_UNKNOWN);
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&r->scan, &message, &field, &more, err));
    if (!more) break;
    if (field.number == 1 && field.type == SL_WIRE_VARINT) {
      // Some exporters write a negative size for a free axis.
      out->fixed = (int64_t)field.value < 0 ? SL_DIM_UNKNOWN : (int64_t)field.value;
    } else if (field.number == 2 && field.type == SL_WIRE_BYTES) {
      out->fixed = SL_DIM_UNKNOWN;
      SL_TRY(sl_scan_text(&r->scan, &field, &out->symbol, err));
    } else if (field.number == 3 && field.type == SL_WIRE_BYTES) {
      SL_TRY(sl_scan_text(&r->scan, &field, denotation, err));
    } else {
      *is_whole = 0;
    }
  }
  if (out->fixed >= 0 || (out->symbol != NULL && out->symbol[0] == '\0')) out->symbol = NULL;
  return SL_OK;
}

static sl_status read_shape(sl_reader *r, sl_wire message, sl_type *out, extras *more_of,
                            sl_error *err) {
  int64_t rank = sl_reader_count(message, 1), at = 0;
  void *memory;
  SL_TRY(sl_reader_new(r, rank, sizeof(sl_dim), &memory, err));
  sl_dim *dims = memory;
  SL_TRY(sl_reader_new(r, rank, sizeof(char *), &memory, err));
  more_of->denotations = memory;
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&r->scan, &message, &field, &more, err));
    if (!more) break;
    if (field.number != 1 || field.type != SL_WIRE_BYTES) {
      more_of->is_whole = 0;
      continue;
    }
    const char **denotation = &more_of->denotations[at];
    SL_TRY(read_dim(r, field.bytes, &dims[at++], denotation, &more_of->is_whole, err));
    more_of->has_denotations |= *denotation != NULL;
  }
  out->rank = (int32_t)at;
  out->dims = dims;
  out->dim_denotations = more_of->has_denotations ? more_of->denotations : NULL;
  return SL_OK;
}

static sl_status read_tensor_type(sl_reader *r, sl_wire message, sl_type *out, extras *more_of,
                                  sl_error *err) {
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&r->scan, &message, &field, &more, err));
    if (!more) break;
    if (field.number == 1 && field.type == SL_WIRE_VARINT)
      out->element = field.value < SL_ELEMENT_COUNT ? (int32_t)field.value : SL_ELEMENT_NONE;
    else if (field.number == 2 && field.type == SL_WIRE_BYTES)
      SL_TRY(read_shape(r, field.bytes, out, more_of, err));
    else
      more_of->is_whole = 0;
  }
  if (out->element == SL_ELEMENT_NONE) more_of->is_whole = 0;
  return SL_OK;
}

sl_status sl_reader_type(sl_reader *r, sl_wire message, sl_type *out, sl_error *err) {
  sl_wire_field field;
  extras more_of = {.is_whole = 1};
  *out = (sl_type){.rank = -1, .raw = {message.at, (size_t)(message.end - message.at)}};
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&r->scan, &message, &field, &more, err));
    if (!more) break;
    if (field.number == 1 && field.type == SL_WIRE_BYTES)
      SL_TRY(read_tensor_type(r, field.bytes, out, &more_of, err));
    else if (field.number == 6 && field.type == SL_WIRE_BYTES)
      SL_TRY(sl_scan_text(&r->scan, &field, &out->denotation, err));
    else
      more_of.is_whole = 0;
  }
  if (more_of.is_whole && out->element != SL_ELEMENT_NONE) {
    out->raw = (sl_bytes){0};
    return SL_OK;
  }
  // Types nest as deep as the file says; the scanner counts the levels.
  sl_onnx_value ignored = {.rank = -1};
  return sl_scan_type(&r->scan, (sl_wire){out->raw.at, out->raw.at + out->raw.size}, &ignored, err);
}
