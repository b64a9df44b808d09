// SPDX-License-Identifier: Apache-2.0
// Rules of operators that keep or broadcast the shapes of their inputs.
//
// Start at sl_infer_broadcast() in infer_value.c.
#include "onnx/infer_state.h"

sl_status sl_infer_like(sl_inference *i) {
  return sl_infer_set_like(i, 0, sl_infer_type(i, 0)->element, 0);
}

sl_status sl_infer_like_bool(sl_inference *i) {
  return sl_infer_set_like(i, 0, SL_ELEMENT_BOOL, 0);
}

sl_status sl_infer_dropout(sl_inference *i) {
  int32_t element = sl_infer_type(i, 0)->element;
  SL_TRY(sl_infer_set_like(i, 0, element, 0));
  return sl_infer_set_like(i, 1, i->opset >= 10 ? SL_ELEMENT_BOOL : element, 0);
}

// ---- broadcasting -------------------------------------------------------------------------------

static sl_status broadcast_all(sl_inference *i, int32_t element) {
  const sl_type *first = sl_infer_type(i, 0);
  int32_t rank = first->rank;
  if (rank > SL_INFER_RANK_MAX) rank = -1;
  sl_dim dims[SL_INFER_RANK_MAX];
  for (int32_t d = 0; d < rank; d++) dims[d] = first->dims[d];
  for (int32_t slot = 1; slot < i->node->input_count; slot++) {
    const sl_type *type = sl_infer_type(i, slot);
    sl_dim before[SL_INFER_RANK_MAX];
    for (int32_t d = 0; d < rank; d++) before[d] = dims[d];
    SL_TRY(sl_infer_broadcast(i, rank, before, type->rank, type->dims, &rank, dims));
  }
  return sl_infer_set(i, 0, element, rank, dims);
}

static int32_t first_element(const sl_inference *i, int32_t from) {
  for (int32_t slot = from; slot < i->node->input_count; slot++)
    if (sl_infer_type(i, slot)->element != SL_ELEMENT_NONE) return sl_infer_type(i, slot)->element;
  return SL_ELEMENT_NONE;
}

sl_status sl_infer_elementwise(sl_inference *i) { return broadcast_all(i, first_element(i, 0)); }

sl_status sl_infer_power(sl_inference *i) { return broadcast_all(i, sl_infer_type(i, 0)->element); }

sl_status sl_infer_compare(sl_inference *i) { return broadcast_all(i, SL_ELEMENT_BOOL); }

sl_status sl_infer_where(sl_inference *i) { return broadcast_all(i, first_element(i, 1)); }

// ---- element types ------------------------------------------------------------------------------

sl_status sl_infer_cast(sl_inference *i) {
  return sl_infer_set_like(i, 0, (int32_t)sl_infer_int(i, "to", SL_ELEMENT_NONE), 0);
}

sl_status sl_infer_cast_like(sl_inference *i) {
  return sl_infer_set_like(i, 0, sl_infer_type(i, 1)->element, 0);
}

sl_status sl_infer_quantize(sl_inference *i) {
  int32_t element = (int32_t)sl_infer_int(i, "output_dtype", 0);
  if (sl_infer_has(i, 2))
    element = sl_infer_type(i, 2)->element;
  else if (element == 0)
    element = SL_ELEMENT_U8;
  return sl_infer_set_like(i, 0, element, 0);
}

sl_status sl_infer_dequantize(sl_inference *i) {
  int32_t element = (int32_t)sl_infer_int(i, "output_dtype", 0);
  return sl_infer_set_like(i, 0, element != 0 ? element : sl_infer_type(i, 1)->element, 0);
}

sl_status sl_infer_quantize_dynamic(sl_inference *i) {
  SL_TRY(sl_infer_set_like(i, 0, SL_ELEMENT_U8, 0));
  SL_TRY(sl_infer_set_scalar(i, 1, SL_ELEMENT_F32));
  return sl_infer_set_scalar(i, 2, SL_ELEMENT_U8);
}

// ---- normalisation ------------------------------------------------------------------------------

// Outputs after the first are statistics per channel, in training.
sl_status sl_infer_batch_norm(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  SL_TRY(sl_infer_like(i));
  sl_dim channels = x->rank >= 2 ? x->dims[1] : SL_DIM_OPEN;
  int32_t element = sl_infer_type(i, 3)->element;
  for (int32_t slot = 1; slot < i->node->output_count; slot++)
    SL_TRY(sl_infer_set_vector(i, slot, element, channels));
  return SL_OK;
}

// Outputs after the first are statistics, with size 1 from the first normalised axis on.
sl_status sl_infer_layer_norm(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  SL_TRY(sl_infer_like(i));
  int32_t element = (int32_t)sl_infer_int(i, "stash_type", SL_ELEMENT_F32), axis, rank = x->rank;
  sl_dim *dims = sl_infer_dims(i, rank, x);
  if (rank >= 0) SL_TRY(sl_infer_axis(i, sl_infer_int(i, "axis", -1), rank, &axis));
  for (int32_t d = rank >= 0 ? axis : 0; d < rank; d++) dims[d] = SL_DIM(1);
  SL_TRY(sl_infer_set(i, 1, element, rank, dims));
  return sl_infer_set(i, 2, element, rank, dims);
}
