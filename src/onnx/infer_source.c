// SPDX-License-Identifier: Apache-2.0
// Rules of operators whose outputs do not depend on the elements of a tensor: constants, shapes,
// ranges, random numbers.
//
// Start at sl_infer_constant().
#include "onnx/infer_state.h"

#include <math.h>

// ---- Constant -----------------------------------------------------------------------------------

static sl_status set_constant(sl_inference *i, const sl_constant *constant) {
  int32_t rank = constant->rank;
  sl_dim *dims = sl_infer_dims(i, rank, NULL);
  for (int32_t d = 0; d < rank; d++) dims[d] = SL_DIM(constant->dims[d]);
  return sl_infer_set(i, 0, constant->element, rank, dims);
}

static int32_t element_of_kind(sl_attribute_kind kind) {
  if (kind == SL_ATTRIBUTE_FLOAT || kind == SL_ATTRIBUTE_FLOATS) return SL_ELEMENT_F32;
  if (kind == SL_ATTRIBUTE_INT || kind == SL_ATTRIBUTE_INTS) return SL_ELEMENT_I64;
  return SL_ELEMENT_STRING;
}

sl_status sl_infer_constant(sl_inference *i) {
  if (i->node->attribute_count == 0) return SL_OK;
  const sl_attribute *value = &i->node->attributes[0];
  int32_t element = element_of_kind(value->kind);
  switch (value->kind) {
    case SL_ATTRIBUTE_TENSOR:
      return set_constant(i, value->tensors);
    case SL_ATTRIBUTE_SPARSE_TENSOR:
      return value->tensors != NULL ? set_constant(i, value->tensors) : SL_OK;
    case SL_ATTRIBUTE_FLOAT:
    case SL_ATTRIBUTE_INT:
    case SL_ATTRIBUTE_STRING:
      return sl_infer_set_scalar(i, 0, element);
    case SL_ATTRIBUTE_FLOATS:
    case SL_ATTRIBUTE_INTS:
    case SL_ATTRIBUTE_STRINGS:
      return sl_infer_set_vector(i, 0, element, SL_DIM(value->count));
    default:
      return SL_OK;
  }
}

// ---- shapes -------------------------------------------------------------------------------------

sl_status sl_infer_shape(sl_inference *i) {
  int32_t rank = sl_infer_type(i, 0)->rank, first, end;
  if (rank < 0) return sl_infer_set_vector(i, 0, SL_ELEMENT_I64, SL_DIM_OPEN);
  sl_operator_shape_range(i->node, rank, &first, &end);
  return sl_infer_set_vector(i, 0, SL_ELEMENT_I64, SL_DIM(end - first));
}

sl_status sl_infer_size(sl_inference *i) { return sl_infer_set_scalar(i, 0, SL_ELEMENT_I64); }

sl_status sl_infer_count_of(sl_inference *i) { return sl_infer_set_scalar(i, 0, SL_ELEMENT_I64); }

sl_status sl_infer_flag(sl_inference *i) { return sl_infer_set_scalar(i, 0, SL_ELEMENT_BOOL); }

static sl_dim range_of_ints(sl_onnx_number start, sl_onnx_number limit, sl_onnx_number delta) {
  if (!delta.is_known || delta.per_batch != 0 || delta.fixed == 0 || delta.fixed == INT64_MIN)
    return SL_DIM_OPEN;
  sl_onnx_number span = delta.fixed > 0 ? sl_number_sub(limit, start) : sl_number_sub(start, limit);
  int64_t step = delta.fixed > 0 ? delta.fixed : -delta.fixed;
  span = sl_number_max(span, sl_number_of(0));
  return sl_number_to_dim(sl_number_floor_div(sl_number_add(span, sl_number_of(step - 1)), step));
}

static sl_dim range_of_reals(sl_onnx_number start, sl_onnx_number limit, sl_onnx_number delta) {
  int is_known = start.is_known && limit.is_known && delta.is_known && delta.real != 0.0 &&
                 start.real_per_batch == 0.0 && limit.real_per_batch == 0.0 &&
                 delta.real_per_batch == 0.0;
  double count = is_known ? ceil((limit.real - start.real) / delta.real) : -1.0;
  if (!is_known || !(count < 1e15)) return SL_DIM_OPEN;
  return SL_DIM(count > 0.0 ? (int64_t)count : 0);
}

sl_status sl_infer_range(sl_inference *i) {
  int32_t element = sl_infer_type(i, 0)->element;
  sl_onnx_number start = sl_infer_scalar(i, 0), limit = sl_infer_scalar(i, 1),
                 delta = sl_infer_scalar(i, 2);
  return sl_infer_set_vector(i, 0, element,
                             sl_element_is_float(element) ? range_of_reals(start, limit, delta)
                                                          : range_of_ints(start, limit, delta));
}

// ---- matrices and random numbers ----------------------------------------------------------------

// The element type of attribute "dtype", or that of the input.
static int32_t element_or_like(sl_inference *i) {
  int64_t element = sl_node_int(i->node, "dtype", 0);
  return element != 0 ? (int32_t)element : sl_infer_type(i, 0)->element;
}

sl_status sl_infer_eye_like(sl_inference *i) {
  return sl_infer_set_like(i, 0, element_or_like(i), 0);
}

sl_status sl_infer_random_like(sl_inference *i) {
  return sl_infer_set_like(i, 0, element_or_like(i), 0);
}

sl_status sl_infer_random(sl_inference *i) {
  int64_t count;
  const int64_t *shape = sl_infer_list(i, "shape", &count);
  int32_t rank = count <= SL_INFER_RANK_MAX ? (int32_t)count : -1;
  sl_dim *dims = sl_infer_dims(i, rank, NULL);
  for (int32_t d = 0; d < rank; d++) dims[d] = shape[d] >= 0 ? SL_DIM(shape[d]) : SL_DIM_OPEN;
  return sl_infer_set(i, 0, (int32_t)sl_infer_int(i, "dtype", SL_ELEMENT_F32), rank, dims);
}

sl_status sl_infer_multinomial(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  sl_dim dims[] = {x->rank == 2 ? x->dims[0] : SL_DIM_OPEN,
                   SL_DIM(sl_infer_int(i, "sample_size", 1))};
  return sl_infer_set(i, 0, (int32_t)sl_infer_int(i, "dtype", SL_ELEMENT_I32), 2, dims);
}

sl_status sl_infer_window(sl_inference *i) {
  int32_t element = (int32_t)sl_infer_int(i, "output_datatype", SL_ELEMENT_F32);
  return sl_infer_set_vector(i, 0, element, sl_number_to_dim(sl_infer_scalar(i, 0)));
}

sl_status sl_infer_mel(sl_inference *i) {
  int32_t element = (int32_t)sl_infer_int(i, "output_datatype", SL_ELEMENT_F32);
  sl_onnx_number bins = sl_number_floor_div(sl_infer_scalar(i, 1), 2);
  sl_dim dims[] = {sl_number_to_dim(sl_number_add(bins, sl_number_of(1))),
                   sl_number_to_dim(sl_infer_scalar(i, 0))};
  return sl_infer_set(i, 0, element, 2, dims);
}
