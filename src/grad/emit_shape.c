// SPDX-License-Identifier: Apache-2.0
// Emitting what changes shapes: reductions, reshapes, repeats, transposes, slices, pads, MatMul.
//
// Invariant: a size that grows with the batch is never written into a constant; it is -1 in a
// Reshape, or comes from Shape. Start at sl_emit_unbroadcast() and sl_emit_reshape_like().
#include <stdlib.h>
#include <string.h>

#include "grad/emit_fold.h"
#include "grad/rule.h"

static int64_t from_end(int64_t axis, int32_t rank) { return axis < 0 ? axis + rank : axis; }

static int is_fixed(const sl_type *type) {
  for (int32_t i = 0; i < type->rank; i++)
    if (type->dims[i].fixed == SL_DIM_UNKNOWN || type->dims[i].per_batch != 0) return 0;
  return type->rank >= 0;
}

static int same_shape(const sl_type *a, const sl_type *b) {
  if (a->rank < 0 || a->rank != b->rank) return 0;
  for (int32_t i = 0; i < a->rank; i++)
    if (!sl_dim_equal(a->dims[i], b->dims[i])) return 0;
  return 1;
}

// ---- reductions ---------------------------------------------------------------------------------

static void type_reduced(sl_sweep *sweep, sl_value_id value, const sl_type *x, const uint8_t *is_in,
                         int keep_dims) {
  sl_dim *dims = SL_NEW_ARRAY(sweep->scratch, sl_dim, x->rank + 1);
  int32_t rank = 0;
  for (int32_t i = 0; i < x->rank; i++) {
    if (is_in[i] && !keep_dims) continue;
    dims[rank++] = is_in[i] ? SL_DIM(1) : x->dims[i];
  }
  sl_emit_type(sweep, value, x->element, rank, dims);
}

static sl_value_id reduce(sl_sweep *sweep, const char *type, sl_value_id x, const int64_t *axes,
                          int32_t count, int keep_dims) {
  if (count == 0) return x;
  sl_type t = *sl_type_of(sweep, x);
  uint8_t *is_in = SL_NEW_ARRAY(sweep->scratch, uint8_t, t.rank + 1);
  int all_one = 1;
  for (int32_t i = 0; i < count; i++) {
    int64_t axis = from_end(axes[i], t.rank);
    is_in[axis] = 1;
    all_one &= sl_dim_is(t.dims[axis], 1);
  }
  if (all_one && keep_dims) return x;
  sl_value_id value;
  if (all_one) {
    value = sl_emit2(sweep, "Squeeze", x, sl_emit_ints(sweep, axes, count));
  } else if (strcmp(type, "ReduceSum") == 0 || sweep->opset >= 18) {
    value = sl_emit2(sweep, type, x, sl_emit_ints(sweep, axes, count));
    sl_graph_set_int(sweep->graph, sl_emitted(sweep), "keepdims", keep_dims);
  } else {
    value = sl_emit1(sweep, type, x);
    sl_graph_set_ints(sweep->graph, sl_emitted(sweep), "axes", axes, count);
    sl_graph_set_int(sweep->graph, sl_emitted(sweep), "keepdims", keep_dims);
  }
  type_reduced(sweep, value, &t, is_in, keep_dims);
  return value;
}

sl_value_id sl_emit_reduce_sum(sl_sweep *sweep, sl_value_id x, const int64_t *axes, int32_t count,
                               int keep_dims) {
  return reduce(sweep, "ReduceSum", x, axes, count, keep_dims);
}

sl_value_id sl_emit_reduce_mean(sl_sweep *sweep, sl_value_id x, const int64_t *axes, int32_t count,
                                int keep_dims) {
  return reduce(sweep, "ReduceMean", x, axes, count, keep_dims);
}

sl_value_id sl_emit_unbroadcast(sl_sweep *sweep, sl_value_id x, sl_value_id like) {
  sl_type from = *sl_type_of(sweep, x), to = *sl_type_of(sweep, like);
  if (from.rank < to.rank || same_shape(&from, &to)) return x;
  int64_t *axes = SL_NEW_ARRAY(sweep->scratch, int64_t, from.rank + 1);
  int32_t count = 0, leading = from.rank - to.rank;
  for (int32_t i = 0; i < from.rank; i++)
    if (i < leading || (sl_dim_is(to.dims[i - leading], 1) && !sl_dim_is(from.dims[i], 1)))
      axes[count++] = i;
  if (count == leading) return sl_emit_reduce_sum(sweep, x, axes, count, 0);
  sl_value_id sum = sl_emit_reduce_sum(sweep, x, axes, count, 1);
  return leading > 0 ? sl_emit_reshape_like(sweep, sum, like) : sum;
}

// ---- shapes -------------------------------------------------------------------------------------

sl_value_id sl_emit_shape_of(sl_sweep *sweep, sl_value_id like) {
  sl_type type = *sl_type_of(sweep, like);
  if (!is_fixed(&type)) {
    sl_value_id shape = sl_emit1(sweep, "Shape", like);
    sl_emit_type(sweep, shape, SL_ELEMENT_I64, 1,
                 &SL_DIM(type.rank < 0 ? SL_DIM_UNKNOWN : type.rank));
    return shape;
  }
  int64_t *sizes = SL_NEW_ARRAY(sweep->scratch, int64_t, type.rank + 1);
  for (int32_t i = 0; i < type.rank; i++) sizes[i] = type.dims[i].fixed;
  return sl_emit_ints(sweep, sizes, type.rank);
}

// Sizes for Reshape when at most one is not fixed; NULL otherwise.
static sl_value_id reshape_sizes(sl_sweep *sweep, const sl_dim *dims, int32_t rank) {
  int64_t *sizes = SL_NEW_ARRAY(sweep->scratch, int64_t, rank + 1);
  int32_t open = 0;
  for (int32_t i = 0; i < rank; i++) {
    int is_open = dims[i].fixed == SL_DIM_UNKNOWN || dims[i].per_batch != 0;
    sizes[i] = is_open ? -1 : dims[i].fixed;
    open += is_open;
  }
  return open <= 1 ? sl_emit_ints(sweep, sizes, rank) : 0;
}

static sl_value_id reshape_to(sl_sweep *sweep, sl_value_id x, sl_value_id sizes, int32_t rank,
                              const sl_dim *dims) {
  int32_t element = sl_type_of(sweep, x)->element;
  sl_value_id value = sl_emit2(sweep, "Reshape", x, sizes);
  sl_emit_type(sweep, value, element, rank, dims);
  return value;
}

static sl_value_id reshaped_constant(sl_sweep *sweep, sl_value_id x, const sl_dim *dims,
                                     int32_t rank) {
  const sl_constant *constant = sl_graph_constant(sweep->graph, x);
  if (constant == NULL || constant->data.size == 0 || constant->is_sparse) return 0;
  sl_constant same = *constant;
  int64_t *sizes = SL_NEW_ARRAY(sweep->graph->arena, int64_t, rank + 1), count = 1;
  for (int32_t i = 0; i < rank; i++) {
    if (dims[i].fixed == SL_DIM_UNKNOWN || dims[i].per_batch != 0) return 0;
    count *= sizes[i] = dims[i].fixed;
  }
  SL_ASSERT(count == same.count);
  same.dims = sizes;
  same.rank = rank;
  same.message = (sl_bytes){0};
  same.location = NULL;
  const char *hint = sl_arena_printf(sweep->scratch, "%s/reshaped", sweep->origin);
  return sl_graph_borrow_constant(sweep->graph, hint, &same);
}

// The size vector piece by piece, for shapes with several growing sizes: each is taken from an axis
// of x that grows the same way.
static sl_value_id computed_sizes(sl_sweep *sweep, sl_value_id x, const sl_dim *dims,
                                  int32_t rank) {
  sl_type from = *sl_type_of(sweep, x);
  sl_value_id shape = sl_emit_shape_of(sweep, x);
  sl_value_id *parts = SL_NEW_ARRAY(sweep->scratch, sl_value_id, rank + 1);
  int64_t open = 0;
  for (int32_t i = 0; i < rank; i++) {
    int64_t size = dims[i].fixed, axis = 0;
    if (dims[i].per_batch != 0 || size == SL_DIM_UNKNOWN) {
      while (axis < from.rank && !sl_dim_equal(from.dims[axis], dims[i])) axis++;
      size = -1;
      open += axis == from.rank;
    } else {
      axis = from.rank;
    }
    parts[i] = axis == from.rank
                   ? sl_emit_ints(sweep, &size, 1)
                   : sl_emit_slice(sweep, shape, &axis, &(int64_t){axis + 1}, &(int64_t){0}, 1);
  }
  return open <= 1 ? sl_emit_concat(sweep, parts, rank, 0) : 0;
}

sl_value_id sl_emit_reshape(sl_sweep *sweep, sl_value_id x, const sl_dim *dims, int32_t rank) {
  sl_type to = {.rank = rank, .dims = dims};
  if (same_shape(sl_type_of(sweep, x), &to)) return x;
  sl_value_id constant = reshaped_constant(sweep, x, dims, rank);
  if (constant != 0) return constant;
  sl_value_id sizes = reshape_sizes(sweep, dims, rank);
  if (sizes == 0) sizes = computed_sizes(sweep, x, dims, rank);
  SL_ASSERT(sizes != 0);
  return reshape_to(sweep, x, sizes, rank, dims);
}

sl_value_id sl_emit_reshape_like(sl_sweep *sweep, sl_value_id x, sl_value_id like) {
  sl_type from = *sl_type_of(sweep, x), to = *sl_type_of(sweep, like);
  if (same_shape(&from, &to)) return x;
  if (to.rank >= 0 && is_fixed(&to)) return sl_emit_reshape(sweep, x, to.dims, to.rank);
  sl_value_id sizes = to.rank >= 0 ? reshape_sizes(sweep, to.dims, to.rank) : 0;
  if (sizes == 0) sizes = sl_emit_shape_of(sweep, like);
  return reshape_to(sweep, x, sizes, to.rank, to.dims);
}

sl_value_id sl_emit_expand_like(sl_sweep *sweep, sl_value_id x, sl_value_id like) {
  sl_type to = *sl_type_of(sweep, like);
  int32_t element = sl_type_of(sweep, x)->element;
  if (same_shape(sl_type_of(sweep, x), &to)) return x;
  sl_value_id value = sl_emit2(sweep, "Expand", x, sl_emit_shape_of(sweep, like));
  sl_emit_type(sweep, value, element, to.rank, to.dims);
  return value;
}

sl_value_id sl_emit_zeros_like(sl_sweep *sweep, sl_value_id like) {
  return sl_emit_expand_like(sweep, sl_emit_number(sweep, like, 0), like);
}

// ---- transposes ---------------------------------------------------------------------------------

static sl_value_id transposed_constant(sl_sweep *sweep, const sl_constant *constant,
                                       const int64_t *perm, int32_t rank) {
  sl_emit_walk walk = {.rank = rank};
  for (int32_t i = 0; i < rank; i++) {
    walk.dims[i] = constant->dims[perm[i]];
    walk.strides[i] = 1;
    for (int32_t j = (int32_t)perm[i] + 1; j < rank; j++) walk.strides[i] *= constant->dims[j];
  }
  return sl_emit_walked(sweep, constant, &walk, rank, walk.dims);
}

sl_value_id sl_emit_transpose(sl_sweep *sweep, sl_value_id x, const int64_t *perm, int32_t rank) {
  int moves = 0;
  for (int32_t i = 0; i < rank; i++) moves |= perm[i] != i;
  if (!moves) return x;
  sl_type type = *sl_type_of(sweep, x);
  const sl_constant *constant = sl_graph_constant(sweep->graph, x);
  if (constant != NULL && constant->data.size > 0 && rank <= 16 && !constant->is_sparse &&
      sl_element_bits(constant->element) >= 8)
    return transposed_constant(sweep, constant, perm, rank);
  sl_value_id value = sl_emit1(sweep, "Transpose", x);
  sl_graph_set_ints(sweep->graph, sl_emitted(sweep), "perm", perm, rank);
  sl_dim *dims = SL_NEW_ARRAY(sweep->scratch, sl_dim, rank + 1);
  for (int32_t i = 0; i < rank; i++) dims[i] = type.dims[perm[i]];
  sl_emit_type(sweep, value, type.element, rank, dims);
  return value;
}

// ---- slices, pads, concatenation ----------------------------------------------------------------

static int64_t clamped(int64_t position, int64_t size) {
  if (position < 0) position += size;
  return position < 0 ? 0 : position > size ? size : position;
}

sl_value_id sl_emit_slice(sl_sweep *sweep, sl_value_id x, const int64_t *starts,
                          const int64_t *ends, const int64_t *axes, int32_t count) {
  sl_type type = *sl_type_of(sweep, x);
  sl_dim *dims = SL_NEW_ARRAY(sweep->scratch, sl_dim, type.rank + 1);
  memcpy(dims, type.dims, (size_t)type.rank * sizeof *dims);
  int changes = 0;
  for (int32_t i = 0; i < count; i++) {
    sl_dim *dim = &dims[from_end(axes[i], type.rank)];
    if (dim->fixed == SL_DIM_UNKNOWN || dim->per_batch != 0) {
      changes |= starts[i] != 0 || ends[i] != INT64_MAX;
      if (changes) *dim = SL_DIM(SL_DIM_UNKNOWN);
      continue;
    }
    int64_t first = clamped(starts[i], dim->fixed), end = clamped(ends[i], dim->fixed);
    changes |= end - first != dim->fixed;
    *dim = SL_DIM(end > first ? end - first : 0);
  }
  if (!changes) return x;
  sl_value_id inputs[] = {x, sl_emit_ints(sweep, starts, count), sl_emit_ints(sweep, ends, count),
                          sl_emit_ints(sweep, axes, count)};
  sl_value_id value = sl_emit(sweep, "Slice", inputs, 4);
  sl_emit_type(sweep, value, type.element, type.rank, dims);
  return value;
}

sl_value_id sl_emit_pad(sl_sweep *sweep, sl_value_id x, const int64_t *pads) {
  sl_type type = *sl_type_of(sweep, x);
  sl_dim *dims = SL_NEW_ARRAY(sweep->scratch, sl_dim, type.rank + 1);
  int pads_any = 0;
  for (int32_t i = 0; i < type.rank; i++) {
    dims[i] = type.dims[i];
    int64_t more = pads[i] + pads[type.rank + i];
    if (dims[i].fixed != SL_DIM_UNKNOWN) dims[i].fixed += more;
    pads_any |= pads[i] != 0 || pads[type.rank + i] != 0;
  }
  if (!pads_any) return x;
  sl_value_id value = sl_emit2(sweep, "Pad", x, sl_emit_ints(sweep, pads, 2 * (int64_t)type.rank));
  sl_emit_type(sweep, value, type.element, type.rank, dims);
  return value;
}

sl_value_id sl_emit_concat(sl_sweep *sweep, const sl_value_id *parts, int32_t count, int64_t axis) {
  if (count == 1) return parts[0];
  sl_type type = *sl_type_of(sweep, parts[0]);
  axis = from_end(axis, type.rank);
  sl_dim *dims = SL_NEW_ARRAY(sweep->scratch, sl_dim, type.rank + 1);
  memcpy(dims, type.dims, (size_t)type.rank * sizeof *dims);
  for (int32_t i = 1; i < count; i++) {
    sl_dim more = sl_type_of(sweep, parts[i])->dims[axis];
    int is_known = dims[axis].fixed != SL_DIM_UNKNOWN && more.fixed != SL_DIM_UNKNOWN;
    dims[axis].fixed = is_known ? dims[axis].fixed + more.fixed : SL_DIM_UNKNOWN;
    dims[axis].per_batch += more.per_batch;
  }
  sl_value_id value = sl_emit(sweep, "Concat", parts, count);
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "axis", axis);
  sl_emit_type(sweep, value, type.element, type.rank, dims);
  return value;
}

// ---- products -----------------------------------------------------------------------------------

static sl_dim wider(sl_dim a, sl_dim b) { return sl_dim_is(a, 1) ? b : a; }

sl_value_id sl_emit_matmul(sl_sweep *sweep, sl_value_id x, sl_value_id y) {
  sl_type a = *sl_type_of(sweep, x), b = *sl_type_of(sweep, y);
  SL_ASSERT(a.rank >= 2 && b.rank >= 2);
  sl_value_id value = sl_emit2(sweep, "MatMul", x, y);
  int32_t rank = a.rank > b.rank ? a.rank : b.rank;
  sl_dim *dims = SL_NEW_ARRAY(sweep->scratch, sl_dim, rank);
  for (int32_t i = 0; i < rank - 2; i++) {
    int32_t at_a = i - (rank - a.rank), at_b = i - (rank - b.rank);
    dims[i] = wider(at_a < 0 ? SL_DIM(1) : a.dims[at_a], at_b < 0 ? SL_DIM(1) : b.dims[at_b]);
  }
  dims[rank - 2] = a.dims[a.rank - 2];
  dims[rank - 1] = b.dims[b.rank - 1];
  sl_emit_type(sweep, value, a.element, rank, dims);
  return value;
}
