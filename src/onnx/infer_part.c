// SPDX-License-Identifier: Apache-2.0
// Rules of operators that take parts of a tensor or add to it: Slice, Split, Pad, Gather, TopK, ...
//
// Start at sl_infer_slice().
#include "onnx/infer_state.h"

#include <math.h>
#include <string.h>

// ---- Slice --------------------------------------------------------------------------------------

// Lists of Slice: attributes in older operator sets, inputs since 10.
typedef struct slice_lists {
  sl_onnx_number starts[SL_INFER_RANK_MAX], ends[SL_INFER_RANK_MAX];
  int64_t axes[SL_INFER_RANK_MAX], steps[SL_INFER_RANK_MAX];
  int64_t count;
  bool has_axes;  // known, given or left out
} slice_lists;

static int64_t read_bounds(sl_inference *i, const char *name, int32_t slot, sl_onnx_number *out) {
  int64_t count;
  const int64_t *list = sl_infer_list(i, name, &count);
  if (list != NULL) {
    for (int64_t n = 0; n < count && n < SL_INFER_RANK_MAX; n++) out[n] = sl_number_of(list[n]);
    return count;
  }
  const sl_onnx_number *numbers = sl_infer_numbers(i, slot, &count);
  if (numbers == NULL) {
    const sl_type *type = sl_infer_type(i, slot);
    int is_counted = type->rank == 1 && sl_dim_is_fixed(type->dims[0]);
    count = is_counted ? type->dims[0].fixed : -1;
  }
  for (int64_t n = 0; n < count && n < SL_INFER_RANK_MAX; n++)
    out[n] = numbers != NULL ? numbers[n] : sl_number_unknown();
  return count;
}

static int read_slice(sl_inference *i, slice_lists *s) {
  int64_t count;
  s->count = read_bounds(i, "starts", 1, s->starts);
  if (s->count > SL_INFER_RANK_MAX || read_bounds(i, "ends", 2, s->ends) != s->count) return 0;
  const int64_t *axes = sl_infer_list(i, "axes", &count);
  for (int64_t n = 0; n < s->count; n++) {
    s->axes[n] = axes != NULL && n < count ? axes[n] : n;
    s->steps[n] = 1;
  }
  if (s->count < 0) return 0;
  if (axes != NULL && count != s->count) return 0;
  if (sl_infer_has(i, 3) && sl_infer_ints(i, 3, s->axes, SL_INFER_RANK_MAX) != s->count) return 0;
  if (!sl_infer_has(i, 4)) return 1;
  if (sl_infer_ints(i, 4, s->steps, SL_INFER_RANK_MAX) == s->count) return 1;
  memset(s->steps, 0, sizeof s->steps);
  return 1;
}

int sl_slice_steps(sl_inference *i, int64_t *first, int64_t *steps) {
  const sl_type *x = sl_infer_type(i, 0);
  slice_lists s = {0};
  if (x->rank < 0 || x->rank > SL_INFER_RANK_MAX || !read_slice(i, &s)) return 0;
  for (int32_t d = 0; d < x->rank; d++) {
    first[d] = 0;
    steps[d] = 1;
  }
  for (int64_t n = 0; n < s.count; n++) {
    int64_t axis = s.axes[n] < 0 ? s.axes[n] + x->rank : s.axes[n];
    sl_onnx_number start, count;
    if (axis < 0 || axis >= x->rank ||
        !sl_number_slice(x->dims[axis], s.starts[n], s.ends[n], s.steps[n], &start, &count) ||
        start.per_batch != 0)
      return 0;
    first[axis] = start.fixed;
    steps[axis] = s.steps[n];
  }
  return 1;
}

sl_status sl_infer_slice(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  slice_lists s = {0};
  if (x->rank < 0 || x->rank > SL_INFER_RANK_MAX) return sl_infer_set(i, 0, x->element, -1, NULL);
  if (!read_slice(i, &s))
    return sl_infer_set(i, 0, x->element, x->rank, sl_infer_dims(i, x->rank, NULL));
  sl_dim *dims = sl_infer_dims(i, x->rank, x);
  bool seen[SL_INFER_RANK_MAX];
  SL_TRY(sl_infer_axes(i, s.axes, s.count, x->rank, seen));
  for (int64_t n = 0; n < s.count; n++) {
    int64_t axis = s.axes[n] < 0 ? s.axes[n] + x->rank : s.axes[n];
    sl_onnx_number first, count;
    int is_known = sl_number_slice(dims[axis], s.starts[n], s.ends[n], s.steps[n], &first, &count);
    dims[axis] = is_known ? sl_number_to_dim(count) : SL_DIM_OPEN;
  }
  return sl_infer_set(i, 0, x->element, x->rank, dims);
}

// ---- Split --------------------------------------------------------------------------------------

// Equal parts; a rest makes the last one smaller.
static sl_dim part_size(sl_dim size, int64_t parts, int64_t index) {
  sl_dim even = sl_dim_div(size, SL_DIM(parts));
  if (sl_dim_is_known(even) || !sl_dim_is_fixed(size)) return even;
  int64_t each = size.fixed / parts + 1;
  sl_onnx_number before = sl_number_mul(sl_number_of(each), sl_number_of(index));
  sl_onnx_number left = sl_number_sub(sl_number_of(size.fixed), before);
  left = sl_number_max(left, sl_number_of(0));
  return sl_number_to_dim(sl_number_min(left, sl_number_of(each)));
}

sl_status sl_infer_split(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  int32_t axis = 0, element = x->element, rank = x->rank <= SL_INFER_RANK_MAX ? x->rank : -1;
  sl_onnx_number sizes[SL_INFER_RANK_MAX];
  int has_sizes = sl_infer_has(i, 1) || sl_node_attribute(i->node, "split") != NULL;
  int64_t count = has_sizes ? read_bounds(i, "split", 1, sizes) : -1;
  int64_t parts = sl_infer_int(i, "num_outputs", i->node->output_count);
  if (parts <= 0 || parts > INT32_MAX)
    return sl_infer_fail(i, "cannot make %lld parts", (long long)parts);
  if (rank >= 0) SL_TRY(sl_infer_axis(i, sl_infer_int(i, "axis", 0), rank, &axis));
  if (count >= 0 && count != i->node->output_count)
    return sl_infer_fail(i, "has %d outputs for %lld sizes", i->node->output_count,
                         (long long)count);
  sl_dim whole = rank >= 0 ? x->dims[axis] : SL_DIM_OPEN;
  sl_dim *dims = sl_infer_dims(i, rank, x);
  for (int32_t slot = 0; slot < i->node->output_count; slot++) {
    int is_given = count >= 0 && count <= SL_INFER_RANK_MAX;
    sl_dim part = has_sizes ? is_given ? sl_number_to_dim(sizes[slot]) : SL_DIM_OPEN
                            : part_size(whole, parts, slot);
    if (rank >= 0) dims[axis] = part;
    SL_TRY(sl_infer_set(i, slot, element, rank, dims));
  }
  return SL_OK;
}

// ---- Pad and crop -------------------------------------------------------------------------------

sl_status sl_infer_pad(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  int32_t rank = x->rank;
  int64_t axes[SL_INFER_RANK_MAX], count = rank;
  sl_onnx_number pads[2 * SL_INFER_RANK_MAX];
  if (rank < 0 || rank > SL_INFER_RANK_MAX) return sl_infer_set(i, 0, x->element, -1, NULL);
  for (int32_t d = 0; d < rank; d++) axes[d] = d;
  if (sl_infer_has(i, 3)) count = sl_infer_ints(i, 3, axes, rank);
  int64_t given;
  const int64_t *list = sl_infer_list(i, "pads", &given);
  const sl_onnx_number *numbers = list == NULL ? sl_infer_numbers(i, 1, &given) : NULL;
  sl_dim *dims = sl_infer_dims(i, rank, NULL);
  if (count < 0 || (list == NULL && numbers == NULL))
    return sl_infer_set(i, 0, x->element, rank, dims);
  if (given != 2 * count)
    return sl_infer_fail(i, "has %lld pads for %lld axes", (long long)given, (long long)count);
  for (int64_t n = 0; n < given; n++) pads[n] = list != NULL ? sl_number_of(list[n]) : numbers[n];
  memcpy(dims, x->dims, (size_t)rank * sizeof *dims);
  for (int64_t n = 0; n < count; n++) {
    int32_t axis;
    SL_TRY(sl_infer_axis(i, axes[n], rank, &axis));
    sl_onnx_number size = sl_number_add(sl_number_from_dim(dims[axis]), pads[n]);
    dims[axis] = sl_number_to_dim(sl_number_add(size, pads[n + count]));
  }
  return sl_infer_set(i, 0, x->element, rank, dims);
}

sl_status sl_infer_center_crop_pad(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  int64_t count, sizes;
  const int64_t *axes = sl_infer_list(i, "axes", &count);
  const sl_onnx_number *numbers = sl_infer_numbers(i, 1, &sizes);
  if (x->rank < 0) return sl_infer_set(i, 0, x->element, -1, NULL);
  sl_dim *dims = sl_infer_dims(i, x->rank, x);
  if (axes == NULL) count = x->rank;
  for (int64_t n = 0; n < count; n++) {
    int32_t axis;
    SL_TRY(sl_infer_axis(i, axes != NULL ? axes[n] : n, x->rank, &axis));
    dims[axis] = numbers != NULL && n < sizes ? sl_number_to_dim(numbers[n]) : SL_DIM_OPEN;
  }
  return sl_infer_set(i, 0, x->element, x->rank, dims);
}

// ---- Gather -------------------------------------------------------------------------------------

// Sets an output to before + middle + after.
static sl_status set_joined(sl_inference *i, int32_t element, const sl_dim *before, int32_t b,
                            const sl_dim *middle, int32_t m, const sl_dim *after, int32_t a) {
  if (b + m + a > SL_INFER_RANK_MAX) return sl_infer_set(i, 0, element, -1, NULL);
  sl_dim dims[SL_INFER_RANK_MAX];
  for (int32_t d = 0; d < b; d++) dims[d] = before[d];
  for (int32_t d = 0; d < m; d++) dims[b + d] = middle[d];
  for (int32_t d = 0; d < a; d++) dims[b + m + d] = after[d];
  return sl_infer_set(i, 0, element, b + m + a, dims);
}

sl_status sl_infer_gather(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0), *at = sl_infer_type(i, 1);
  if (x->rank < 0 || at->rank < 0) return sl_infer_set(i, 0, x->element, -1, NULL);
  int32_t axis;
  SL_TRY(sl_infer_axis(i, sl_infer_int(i, "axis", 0), x->rank, &axis));
  return set_joined(i, x->element, x->dims, axis, at->dims, at->rank, x->dims + axis + 1,
                    x->rank - axis - 1);
}

sl_status sl_infer_gather_elements(sl_inference *i) {
  return sl_infer_set_like(i, 0, sl_infer_type(i, 0)->element, 1);
}

sl_status sl_infer_gather_nd(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0), *at = sl_infer_type(i, 1);
  int64_t batch = sl_infer_int(i, "batch_dims", 0);
  if (x->rank < 0 || at->rank < 1 || !sl_dim_is_fixed(at->dims[at->rank - 1]))
    return sl_infer_set(i, 0, x->element, -1, NULL);
  int64_t depth = at->dims[at->rank - 1].fixed;
  if (batch < 0 || batch >= at->rank || batch > x->rank || depth > x->rank - batch)
    return sl_infer_fail(i, "indices %s do not fit %s", sl_infer_shape_text(i, 1),
                         sl_infer_shape_text(i, 0));
  return set_joined(i, x->element, at->dims, at->rank - 1, NULL, 0, x->dims + depth + batch,
                    x->rank - (int32_t)(depth + batch));
}

sl_status sl_infer_compress(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  int32_t axis;
  if (sl_node_attribute(i->node, "axis") == NULL)
    return sl_infer_set_vector(i, 0, x->element, SL_DIM_OPEN);
  if (x->rank < 0) return sl_infer_set(i, 0, x->element, -1, NULL);
  SL_TRY(sl_infer_axis(i, sl_infer_int(i, "axis", 0), x->rank, &axis));
  sl_dim *dims = sl_infer_dims(i, x->rank, x);
  dims[axis] = SL_DIM_OPEN;
  return sl_infer_set(i, 0, x->element, x->rank, dims);
}

// ---- choices ------------------------------------------------------------------------------------

sl_status sl_infer_one_hot(sl_inference *i) {
  const sl_type *at = sl_infer_type(i, 0);
  int32_t element = sl_infer_type(i, 2)->element, axis;
  if (at->rank < 0) return sl_infer_set(i, 0, element, -1, NULL);
  SL_TRY(sl_infer_axis(i, sl_infer_int(i, "axis", -1), at->rank + 1, &axis));
  sl_onnx_number depth = sl_infer_scalar(i, 1);
  if (sl_element_is_float(sl_infer_type(i, 1)->element) && depth.is_known)
    depth = fabs(depth.real) < 1e9 ? sl_number_of((int64_t)depth.real) : sl_number_unknown();
  sl_dim size = sl_number_to_dim(depth);
  return set_joined(i, element, at->dims, axis, &size, 1, at->dims + axis, at->rank - axis);
}

sl_status sl_infer_non_zero(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  sl_dim dims[] = {x->rank >= 0 ? SL_DIM(x->rank) : SL_DIM_OPEN, SL_DIM_OPEN};
  return sl_infer_set(i, 0, SL_ELEMENT_I64, 2, dims);
}

sl_status sl_infer_suppress(sl_inference *i) {
  sl_dim dims[] = {SL_DIM_OPEN, SL_DIM(3)};
  return sl_infer_set(i, 0, SL_ELEMENT_I64, 2, dims);
}

sl_status sl_infer_top_k(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  int32_t axis, element = x->element, rank = x->rank;
  sl_dim *dims = sl_infer_dims(i, rank, x);
  if (rank >= 0) {
    SL_TRY(sl_infer_axis(i, sl_infer_int(i, "axis", -1), rank, &axis));
    int64_t k = sl_node_int(i->node, "k", -1);
    dims[axis] = k >= 0 ? SL_DIM(k) : sl_number_to_dim(sl_infer_scalar(i, 1));
  }
  SL_TRY(sl_infer_set(i, 0, element, rank, dims));
  return sl_infer_set(i, 1, SL_ELEMENT_I64, rank, dims);
}

sl_status sl_infer_unique(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  int32_t axis = 0, rank = 1, element = x->element;
  sl_dim *dims = sl_infer_dims(i, x->rank > 0 ? x->rank : 1, x->rank > 0 ? x : NULL);
  if (sl_node_attribute(i->node, "axis") != NULL) rank = x->rank;
  if (sl_node_attribute(i->node, "axis") != NULL && x->rank >= 0)
    SL_TRY(sl_infer_axis(i, sl_infer_int(i, "axis", 0), x->rank, &axis));
  sl_dim whole = x->rank > 0 ? x->dims[axis] : SL_DIM_OPEN;
  if (sl_node_attribute(i->node, "axis") == NULL && x->rank >= 0)
    whole = sl_dim_product(x->dims, x->rank);
  dims[axis] = SL_DIM_OPEN;
  SL_TRY(sl_infer_set(i, 0, element, rank, dims));
  SL_TRY(sl_infer_set_vector(i, 1, SL_ELEMENT_I64, SL_DIM_OPEN));
  SL_TRY(sl_infer_set_vector(i, 2, SL_ELEMENT_I64, whole));  // where each one went
  return sl_infer_set_vector(i, 3, SL_ELEMENT_I64, SL_DIM_OPEN);
}
