// SPDX-License-Identifier: Apache-2.0
// Rules of operators that give elements another arrangement: Reshape, Transpose, Concat, ...
//
// Start at sl_infer_reshape(); those that take parts are in infer_part.c.
#include "onnx/infer_state.h"

#include <string.h>

// ---- Reshape ------------------------------------------------------------------------------------

typedef struct reshape {
  const sl_type *x;
  sl_dim dims[SL_INFER_RANK_MAX];
  bool is_copied[SL_INFER_RANK_MAX];
  int32_t rank, hole, holes;  // hole: the place whose size follows from the others
} reshape;

static sl_status read_target(sl_inference *i, reshape *r, const sl_onnx_number *numbers) {
  int allow_zero = sl_infer_int(i, "allowzero", 0) != 0;
  for (int32_t d = 0; d < r->rank; d++) {
    int is_zero = sl_number_is(numbers[d], 0) && !allow_zero;
    if (is_zero && r->x->rank >= 0 && d >= r->x->rank)
      return sl_infer_fail(i, "copies size %d of an input with %d", d, r->x->rank);
    r->is_copied[d] = is_zero && r->x->rank >= 0;
    r->dims[d] = is_zero ? SL_DIM_OPEN : sl_number_to_dim(numbers[d]);
    if (r->is_copied[d]) r->dims[d] = r->x->dims[d];
    if (r->is_copied[d] || sl_dim_is_known(r->dims[d])) continue;
    r->hole = d;
    r->holes++;
  }
  return SL_OK;
}

static sl_status fail_elements(sl_inference *i, const reshape *r) {
  sl_type target = {.rank = r->rank, .dims = r->dims};
  sl_infer_fail(i, "%s cannot become %s", strchr(sl_infer_shape_text(i, 0), '['),
                strchr(sl_type_text(i->scratch, &target), '['));
  return sl_hint(i->err, SL_E_MODEL,
                 "where one of them grows with the batch size N, the model was written for one "
                 "batch size only: bind the batch to that number");
}

// Elements go in and come out: what is not copied must be the same in number.
static sl_status fill_hole(sl_inference *i, reshape *r) {
  sl_dim in[SL_INFER_RANK_MAX], out[SL_INFER_RANK_MAX];
  int32_t in_count = 0, out_count = 0;
  for (int32_t d = 0; d < r->x->rank; d++)
    if (d >= r->rank || !r->is_copied[d]) in[in_count++] = r->x->dims[d];
  for (int32_t d = 0; d < r->rank; d++)
    if (!r->is_copied[d] && !(r->holes == 1 && d == r->hole)) out[out_count++] = r->dims[d];
  sl_dim before = sl_dim_product(in, in_count), after = sl_dim_product(out, out_count);
  if (r->holes == 0) return sl_dim_differs(before, after) ? fail_elements(i, r) : SL_OK;
  if (r->holes > 1 || sl_dim_is(after, 0)) return SL_OK;
  r->dims[r->hole] = sl_dim_quotient(in, in_count, out, out_count);
  int is_rest =
      sl_dim_is_fixed(before) && sl_dim_is_fixed(after) && before.fixed % after.fixed != 0;
  return is_rest ? fail_elements(i, r) : SL_OK;
}

sl_status sl_infer_reshape(sl_inference *i) {
  reshape r = {.x = sl_infer_type(i, 0)};
  const sl_type *shape = sl_infer_type(i, 1);
  int64_t count;
  const sl_onnx_number *numbers = sl_infer_numbers(i, 1, &count);
  if (numbers == NULL) {
    int is_ranked = shape->rank == 1 && sl_dim_is_fixed(shape->dims[0]) &&
                    shape->dims[0].fixed <= SL_INFER_RANK_MAX;
    r.rank = is_ranked ? (int32_t)shape->dims[0].fixed : -1;
    return sl_infer_set(i, 0, r.x->element, r.rank, sl_infer_dims(i, r.rank, NULL));
  }
  r.rank = (int32_t)count;
  SL_TRY(read_target(i, &r, numbers));
  if (r.x->rank >= 0 && r.x->rank <= SL_INFER_RANK_MAX) SL_TRY(fill_hole(i, &r));
  return sl_infer_set(i, 0, r.x->element, r.rank, r.dims);
}

sl_status sl_infer_flatten(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  sl_dim dims[] = {SL_DIM_OPEN, SL_DIM_OPEN};
  if (x->rank < 0) return sl_infer_set(i, 0, x->element, 2, dims);
  int64_t axis = sl_infer_int(i, "axis", 1);
  if (axis < -x->rank || axis > x->rank)
    return sl_infer_fail(i, "axis %lld is not among the %d of its input", (long long)axis, x->rank);
  int32_t at = (int32_t)(axis < 0 ? axis + x->rank : axis);
  dims[0] = sl_dim_product(x->dims, at);
  dims[1] = sl_dim_product(x->dims + at, x->rank - at);
  return sl_infer_set(i, 0, x->element, 2, dims);
}

// ---- axes of size 1 -----------------------------------------------------------------------------

// The list from its attribute (older operator sets) or input 1; -1 when it is not followed.
static int64_t read_axes(sl_inference *i, int64_t *axes) {
  int64_t count;
  const int64_t *list = sl_infer_list(i, "axes", &count);
  if (list == NULL) return sl_infer_ints(i, 1, axes, SL_INFER_RANK_MAX);
  if (count > SL_INFER_RANK_MAX) return -1;
  for (int64_t n = 0; n < count; n++) axes[n] = list[n];
  return count;
}

static sl_status squeeze_all(sl_inference *i, const sl_type *x) {
  sl_dim dims[SL_INFER_RANK_MAX];
  int32_t rank = 0;
  for (int32_t d = 0; d < x->rank; d++) {
    // Whether this one goes is not known, and so the rank is not.
    if (!sl_dim_is_known(x->dims[d]) ||
        (x->dims[d].per_batch != 0 && x->dims[d].fixed + x->dims[d].per_batch <= 1))
      return sl_infer_set(i, 0, x->element, -1, NULL);
    if (!sl_dim_is(x->dims[d], 1)) dims[rank++] = x->dims[d];
  }
  return sl_infer_set(i, 0, x->element, rank, dims);
}

sl_status sl_infer_squeeze(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  int64_t axes[SL_INFER_RANK_MAX], count = read_axes(i, axes), any;
  int is_all = !sl_infer_has(i, 1) && sl_infer_list(i, "axes", &any) == NULL;
  if (x->rank < 0 || x->rank > SL_INFER_RANK_MAX || (count < 0 && !is_all)) {
    const sl_type *list = sl_infer_type(i, 1);
    int is_ranked = !is_all && x->rank >= 0 && list->rank == 1 && sl_dim_is_fixed(list->dims[0]);
    int64_t rank = is_ranked ? x->rank - list->dims[0].fixed : -1;
    return sl_infer_set(i, 0, x->element, rank >= 0 ? (int32_t)rank : -1,
                        sl_infer_dims(i, rank > 0 ? (int32_t)rank : 0, NULL));
  }
  if (is_all) return squeeze_all(i, x);
  bool gone[SL_INFER_RANK_MAX];
  sl_dim dims[SL_INFER_RANK_MAX];
  int32_t rank = 0;
  SL_TRY(sl_infer_axes(i, axes, count, x->rank, gone));
  for (int32_t d = 0; d < x->rank; d++) {
    if (gone[d] && sl_dim_differs(x->dims[d], SL_DIM(1)))
      return sl_infer_fail(i, "axis %d of %s does not have size 1", d, sl_infer_shape_text(i, 0));
    if (!gone[d]) dims[rank++] = x->dims[d];
  }
  return sl_infer_set(i, 0, x->element, rank, dims);
}

sl_status sl_infer_unsqueeze(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  int64_t axes[SL_INFER_RANK_MAX], count = read_axes(i, axes);
  if (x->rank < 0 || count < 0 || x->rank + count > SL_INFER_RANK_MAX)
    return sl_infer_set(i, 0, x->element, -1, NULL);
  bool added[SL_INFER_RANK_MAX];
  sl_dim dims[SL_INFER_RANK_MAX];
  int32_t rank = x->rank + (int32_t)count, from = 0;
  SL_TRY(sl_infer_axes(i, axes, count, rank, added));
  for (int32_t d = 0; d < rank; d++) dims[d] = added[d] ? SL_DIM(1) : x->dims[from++];
  return sl_infer_set(i, 0, x->element, rank, dims);
}

// ---- order and repetition -----------------------------------------------------------------------

sl_status sl_infer_transpose(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  int64_t count;
  const int64_t *order = sl_infer_list(i, "perm", &count);
  int32_t rank = x->rank >= 0 ? x->rank : order != NULL ? (int32_t)count : -1;
  if (rank > SL_INFER_RANK_MAX) rank = -1;
  if (order != NULL && rank >= 0 && count != rank)
    return sl_infer_fail(i, "attribute \"perm\" has %lld axes, the input %d", (long long)count,
                         rank);
  sl_dim *dims = sl_infer_dims(i, rank, NULL);
  bool seen[SL_INFER_RANK_MAX];
  if (order != NULL && rank >= 0) SL_TRY(sl_infer_axes(i, order, count, rank, seen));
  for (int32_t d = 0; d < x->rank && rank >= 0; d++) {
    int64_t from = order != NULL ? order[d] : rank - 1 - d;
    dims[d] = x->dims[from < 0 ? from + rank : from];
  }
  return sl_infer_set(i, 0, x->element, rank, dims);
}

// Sizes that a value holds, as dims; *rank -1 when even their number is unknown.
static const sl_dim *dims_of_content(sl_inference *i, int32_t slot, int32_t *rank) {
  int64_t count;
  const sl_onnx_number *numbers = sl_infer_numbers(i, slot, &count);
  const sl_type *type = sl_infer_type(i, slot);
  *rank = -1;
  if (numbers == NULL && type->rank == 1 && sl_dim_is_fixed(type->dims[0]) &&
      type->dims[0].fixed <= SL_INFER_RANK_MAX)
    *rank = (int32_t)type->dims[0].fixed;
  if (numbers != NULL) *rank = (int32_t)count;
  sl_dim *dims = sl_infer_dims(i, *rank, NULL);
  for (int64_t d = 0; d < count; d++) dims[d] = sl_number_to_dim(numbers[d]);
  return dims;
}

sl_status sl_infer_expand(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  int32_t target_rank, rank;
  const sl_dim *target = dims_of_content(i, 1, &target_rank);
  sl_dim dims[SL_INFER_RANK_MAX];
  SL_TRY(sl_infer_broadcast(i, x->rank, x->dims, target_rank, target, &rank, dims));
  return sl_infer_set(i, 0, x->element, rank, dims);
}

sl_status sl_infer_constant_of_shape(sl_inference *i) {
  const sl_attribute *value = sl_node_attribute(i->node, "value");
  int is_tensor = value != NULL && value->kind == SL_ATTRIBUTE_TENSOR;
  int32_t rank;
  const sl_dim *dims = dims_of_content(i, 0, &rank);
  return sl_infer_set(i, 0, is_tensor ? value->tensors->element : SL_ELEMENT_F32, rank, dims);
}

sl_status sl_infer_tile(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  int64_t count;
  const sl_onnx_number *repeats = sl_infer_numbers(i, 1, &count);
  if (repeats != NULL && x->rank >= 0 && count != x->rank)
    return sl_infer_fail(i, "has %lld repeats for %d axes", (long long)count, x->rank);
  sl_dim *dims = sl_infer_dims(i, x->rank, NULL);
  for (int32_t d = 0; d < x->rank && repeats != NULL; d++)
    dims[d] = sl_number_to_dim(sl_number_mul(sl_number_from_dim(x->dims[d]), repeats[d]));
  return sl_infer_set(i, 0, x->element, x->rank, dims);
}

// ---- Concat -------------------------------------------------------------------------------------

static sl_status concat_one(sl_inference *i, int32_t slot, int32_t axis, int32_t rank,
                            sl_dim *dims) {
  const sl_type *x = sl_infer_type(i, slot);
  if (x->rank < 0) {
    dims[axis] = SL_DIM_OPEN;
    return SL_OK;
  }
  if (x->rank != rank)
    return sl_infer_fail(i, "input %d has rank %d, another one %d", slot, x->rank, rank);
  for (int32_t d = 0; d < rank; d++) {
    if (d == axis)
      dims[d] = slot == 0 ? x->dims[d] : sl_dim_add(dims[d], x->dims[d]);
    else
      SL_TRY(
          sl_infer_same_dim(i, dims[d], x->dims[d], "another axis than that of Concat", &dims[d]));
  }
  return SL_OK;
}

sl_status sl_infer_concat(sl_inference *i) {
  int32_t rank = -1, axis, element = SL_ELEMENT_NONE;
  for (int32_t slot = 0; slot < i->node->input_count; slot++) {
    if (sl_infer_type(i, slot)->rank > rank) rank = sl_infer_type(i, slot)->rank;
    if (element == SL_ELEMENT_NONE) element = sl_infer_type(i, slot)->element;
  }
  if (rank < 0 || rank > SL_INFER_RANK_MAX) return sl_infer_set(i, 0, element, -1, NULL);
  SL_TRY(sl_infer_axis(i, sl_infer_int(i, "axis", 1), rank, &axis));
  sl_dim *dims = sl_infer_dims(i, rank, NULL);
  for (int32_t slot = 0; slot < i->node->input_count; slot++)
    SL_TRY(concat_one(i, slot, axis, rank, dims));
  return sl_infer_set(i, 0, element, rank, dims);
}

// ---- blocks -------------------------------------------------------------------------------------

static sl_status blocks(sl_inference *i, int is_to_space) {
  const sl_type *x = sl_infer_type(i, 0);
  int64_t size = sl_infer_int(i, "blocksize", 0);
  if (size <= 0 || size > INT32_MAX) return sl_infer_fail(i, "block size %lld", (long long)size);
  sl_dim dims[] = {SL_DIM_OPEN, SL_DIM_OPEN, SL_DIM_OPEN, SL_DIM_OPEN};
  if (x->rank >= 0 && x->rank != 4)
    return sl_infer_fail(i, "needs an input of rank 4, not %s", sl_infer_shape_text(i, 0));
  for (int32_t d = 0; d < x->rank; d++) {
    sl_dim factor = SL_DIM(d == 0 ? 1 : d == 1 ? size * size : size);
    int is_more = (d == 1) != is_to_space;
    dims[d] = is_more ? sl_dim_mul(x->dims[d], factor) : sl_dim_div(x->dims[d], factor);
  }
  return sl_infer_set(i, 0, x->element, 4, dims);
}

sl_status sl_infer_depth_to_space(sl_inference *i) { return blocks(i, 1); }

sl_status sl_infer_space_to_depth(sl_inference *i) { return blocks(i, 0); }

sl_status sl_infer_col2im(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  int32_t axes, block_axes;
  const sl_dim *image = dims_of_content(i, 1, &axes), *block = dims_of_content(i, 2, &block_axes);
  if (axes < 0 || axes + 2 > SL_INFER_RANK_MAX) return sl_infer_set(i, 0, x->element, -1, NULL);
  sl_dim *dims = sl_infer_dims(i, axes + 2, NULL);
  if (x->rank == 3) dims[0] = x->dims[0];
  if (x->rank == 3 && block_axes == axes)
    dims[1] = sl_dim_div(x->dims[1], sl_dim_product(block, block_axes));
  for (int32_t d = 0; d < axes; d++) dims[d + 2] = image[d];
  return sl_infer_set(i, 0, x->element, axes + 2, dims);
}
