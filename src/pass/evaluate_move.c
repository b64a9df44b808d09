// SPDX-License-Identifier: Apache-2.0
// Evaluators that move data: any element type of whole bytes. Start at `movers`.
#include <string.h>

#include "onnx/number.h"
#include "onnx/operator.h"
#include "pass/evaluate.h"

enum { RANK = SL_EVALUATE_RANK_MAX };
static const int64_t STEP_MAX = (int64_t)1 << 40;  // longer than any axis

static int64_t wrap(int64_t index, int64_t size) { return index < 0 ? index + size : index; }

// Output 0 of `dims`, each position read from `x` at start + sum of position * stride.
static int copy_strided(sl_evaluation *e, const sl_constant *x, int32_t rank, const int64_t *dims,
                        const int64_t *strides, int64_t start) {
  uint8_t *to = sl_evaluate_output(e, 0, x->element, rank, dims);
  if (to == NULL) return 0;
  size_t size = sl_evaluate_size(x->element);
  sl_odometer o = {.rank = rank, .operands = 1, .dims = dims, .offset = {start}};
  for (int32_t d = 0; d < rank; d++) o.strides[0][d] = strides[d];
  for (int64_t i = 0; i < e->outputs[0].count; i++) {
    memcpy(to + (size_t)i * size, x->data.at + (size_t)o.offset[0] * size, size);
    sl_odometer_next(&o);
  }
  return 1;
}

// ---- other sizes, same data ---------------------------------------------------------------------

static int move_identity(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  return x != NULL && sl_evaluate_alias(e, x, x->rank, x->dims);
}

static int move_reshape(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  const int64_t *target;
  int64_t rank = sl_evaluate_ints(e, 1, &target), known = 1, dims[RANK], free_at = -1;
  if (x == NULL || rank < 0 || rank > RANK) return 0;
  int copies_zero = sl_node_int(e->node, "allowzero", 0) == 0;
  for (int64_t d = 0; d < rank; d++) {
    dims[d] = target[d];
    if (dims[d] == 0 && copies_zero) {
      if (d >= x->rank) return 0;
      dims[d] = x->dims[d];
    }
    if (dims[d] == -1) free_at = d;
    if (dims[d] != -1) known *= dims[d];
  }
  if (free_at >= 0) {
    if (known == 0) return 0;
    dims[free_at] = x->count / known;
  }
  return sl_evaluate_alias(e, x, (int32_t)rank, dims);
}

static int move_flatten(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  if (x == NULL) return 0;
  int64_t axis = wrap(sl_node_int(e->node, "axis", 1), x->rank), dims[2] = {1, 1};
  if (axis < 0 || axis > x->rank) return 0;
  for (int32_t d = 0; d < x->rank; d++) dims[d >= axis] *= x->dims[d];
  return sl_evaluate_alias(e, x, 2, dims);
}

// 1 where an axis is among the axes (all when there are none and `empty_is_all`); 0 on a bad one.
static int mark_axes(const sl_evaluation *e, int32_t rank, int empty_is_all, uint8_t *marks) {
  const int64_t *axes;
  int64_t count = sl_evaluate_ints(e, 1, &axes);
  memset(marks, count < 0 && empty_is_all, RANK);
  if (count < 0) return empty_is_all && sl_evaluate_input(e, 1) == NULL;
  for (int64_t i = 0; i < count; i++) {
    int64_t axis = wrap(axes[i], rank);
    if (axis < 0 || axis >= rank || marks[axis]) return 0;
    marks[axis] = 1;
  }
  return 1;
}

static int move_squeeze(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  uint8_t marks[RANK];
  int64_t dims[RANK];
  int32_t rank = 0;
  if (x == NULL || !mark_axes(e, x->rank, 1, marks)) return 0;
  int takes_all = sl_evaluate_input(e, 1) == NULL;
  for (int32_t d = 0; d < x->rank; d++) {
    if (marks[d] && x->dims[d] != 1 && !takes_all) return 0;
    if (!marks[d] || x->dims[d] != 1) dims[rank++] = x->dims[d];
  }
  return sl_evaluate_alias(e, x, rank, dims);
}

static int move_unsqueeze(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0), *axes = sl_evaluate_input(e, 1);
  uint8_t marks[RANK];
  int64_t dims[RANK];
  if (x == NULL || axes == NULL || x->rank + axes->count > RANK) return 0;
  int32_t rank = x->rank + (int32_t)axes->count, from = 0;
  if (!mark_axes(e, rank, 0, marks)) return 0;
  for (int32_t d = 0; d < rank; d++) dims[d] = marks[d] ? 1 : x->dims[from++];
  return sl_evaluate_alias(e, x, rank, dims);
}

// ---- strided ------------------------------------------------------------------------------------

static int move_transpose(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  int64_t count, from[RANK], dims[RANK], strides[RANK];
  if (x == NULL) return 0;
  const int64_t *perm = sl_node_ints(e->node, "perm", &count);
  if (perm != NULL && count != x->rank) return 0;
  sl_evaluate_strides(x, x->rank, x->dims, from);
  for (int32_t d = 0; d < x->rank; d++) {
    int64_t source = perm != NULL ? perm[d] : x->rank - 1 - d;
    if (source < 0 || source >= x->rank) return 0;
    dims[d] = x->dims[source];
    strides[d] = from[source];
  }
  return copy_strided(e, x, x->rank, dims, strides, 0);
}

static int move_slice(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  const int64_t *starts, *ends, *axes = NULL, *steps = NULL;
  int64_t count = sl_evaluate_ints(e, 1, &starts), dims[RANK], strides[RANK], offset = 0;
  if (x == NULL || count < 0 || sl_evaluate_ints(e, 2, &ends) != count) return 0;
  if (sl_evaluate_input(e, 3) != NULL && sl_evaluate_ints(e, 3, &axes) != count) return 0;
  if (sl_evaluate_input(e, 4) != NULL && sl_evaluate_ints(e, 4, &steps) != count) return 0;
  sl_evaluate_strides(x, x->rank, x->dims, strides);
  if (x->rank > 0) memcpy(dims, x->dims, (size_t)x->rank * sizeof *dims);
  for (int64_t i = 0; i < count; i++) {
    int64_t axis = axes != NULL ? wrap(axes[i], x->rank) : i, step = steps != NULL ? steps[i] : 1;
    if (axis < 0 || axis >= x->rank || step == 0) return 0;
    step = step > STEP_MAX ? STEP_MAX : step < -STEP_MAX ? -STEP_MAX : step;
    sl_onnx_number first, length;
    if (!sl_number_slice(SL_DIM(x->dims[axis]), sl_number_of(starts[i]), sl_number_of(ends[i]),
                         step, &first, &length))
      return 0;
    dims[axis] = length.fixed;
    offset += first.fixed * strides[axis];
    strides[axis] *= step;
  }
  return copy_strided(e, x, x->rank, dims, strides, offset);
}

static int move_expand(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  const int64_t *shape;
  int64_t count = sl_evaluate_ints(e, 1, &shape), dims[RANK], strides[RANK];
  if (x == NULL || count < 0 || count > RANK) return 0;
  int32_t rank = (int32_t)count;
  if (count > 0) memcpy(dims, shape, (size_t)count * sizeof *dims);
  if (!sl_evaluate_broadcast(&rank, dims, x)) return 0;
  sl_evaluate_strides(x, rank, dims, strides);
  return copy_strided(e, x, rank, dims, strides, 0);
}

// Every axis becomes two, repeat and size; then the pairs are joined.
static int move_tile(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  const int64_t *repeats;
  int64_t count = sl_evaluate_ints(e, 1, &repeats), from[RANK], dims[RANK], strides[RANK];
  int64_t joined[RANK];
  if (x == NULL || count != x->rank || count > RANK / 2) return 0;
  sl_evaluate_strides(x, x->rank, x->dims, from);
  for (int64_t d = 0; d < count; d++) {
    dims[2 * d] = repeats[d];
    strides[2 * d] = 0;
    dims[2 * d + 1] = x->dims[d];
    strides[2 * d + 1] = from[d];
    joined[d] = repeats[d] * x->dims[d];
  }
  if (!copy_strided(e, x, 2 * x->rank, dims, strides, 0)) return 0;
  sl_constant tiled = e->outputs[0];
  return sl_evaluate_alias(e, &tiled, x->rank, joined);
}

// ---- several parts ------------------------------------------------------------------------------

static int64_t product(const int64_t *dims, int32_t from, int32_t to) {
  int64_t total = 1;
  for (int32_t d = from; d < to; d++) total *= dims[d];
  return total;
}

static int move_concat(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  if (x == NULL) return 0;
  int64_t axis = wrap(sl_node_int(e->node, "axis", 0), x->rank), dims[RANK], done = 0;
  if (axis < 0 || axis >= x->rank) return 0;
  memcpy(dims, x->dims, (size_t)x->rank * sizeof *dims);
  dims[axis] = 0;
  for (int32_t i = 0; i < e->input_count; i++) {
    const sl_constant *part = e->inputs[i];
    if (part == NULL || part->rank != x->rank || part->element != x->element) return 0;
    for (int32_t d = 0; d < x->rank; d++)
      if (d != axis && part->dims[d] != x->dims[d]) return 0;
    dims[axis] += part->dims[axis];
  }
  uint8_t *to = sl_evaluate_output(e, 0, x->element, x->rank, dims);
  if (to == NULL) return 0;
  size_t size = sl_evaluate_size(x->element);
  int64_t outer = product(dims, 0, (int32_t)axis);
  int64_t row = product(dims, (int32_t)axis, x->rank);
  for (int32_t i = 0; i < e->input_count; i++) {
    const sl_constant *part = e->inputs[i];
    int64_t length = product(part->dims, (int32_t)axis, part->rank);
    for (int64_t o = 0; length > 0 && o < outer; o++)
      memcpy(to + (size_t)(o * row + done) * size, part->data.at + (size_t)(o * length) * size,
             (size_t)length * size);
    done += length;
  }
  return 1;
}

static int move_split(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  if (x == NULL || e->output_count < 1) return 0;
  int64_t axis = wrap(sl_node_int(e->node, "axis", 0), x->rank), dims[RANK], done = 0;
  if (axis < 0 || axis >= x->rank || x->dims[axis] == 0) return 0;
  const int64_t *sizes = NULL;
  int64_t count = sl_evaluate_ints(e, 1, &sizes);
  if (sl_evaluate_input(e, 1) != NULL && count != e->output_count) return 0;
  int64_t each = (x->dims[axis] + e->output_count - 1) / e->output_count;
  size_t size = sl_evaluate_size(x->element);
  int64_t outer = product(x->dims, 0, (int32_t)axis);
  int64_t row = product(x->dims, (int32_t)axis, x->rank);
  memcpy(dims, x->dims, (size_t)x->rank * sizeof *dims);
  for (int32_t i = 0; i < e->output_count; i++) {
    int64_t left = x->dims[axis] - done, wanted = sizes != NULL ? sizes[i] : each;
    if (wanted > left) wanted = sizes != NULL ? -1 : left;
    dims[axis] = wanted;
    uint8_t *to = sl_evaluate_output(e, i, x->element, x->rank, dims);
    if (to == NULL) return 0;
    int64_t length = product(dims, (int32_t)axis, x->rank), inner = row / x->dims[axis];
    for (int64_t o = 0; length > 0 && o < outer; o++)
      memcpy(to + (size_t)(o * length) * size, x->data.at + (size_t)(o * row + done * inner) * size,
             (size_t)length * size);
    done += wanted;
  }
  return 1;
}

// ---- by index -----------------------------------------------------------------------------------

static int move_gather(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0), *index = sl_evaluate_input(e, 1);
  const int64_t *at;
  int64_t count = sl_evaluate_ints(e, 1, &at), dims[2 * RANK];
  if (x == NULL || count < 0 || x->rank + index->rank - 1 > RANK) return 0;
  int64_t axis = wrap(sl_node_int(e->node, "axis", 0), x->rank);
  if (axis < 0 || axis >= x->rank) return 0;
  int32_t rank = 0;
  for (int32_t d = 0; d < axis; d++) dims[rank++] = x->dims[d];
  for (int32_t d = 0; d < index->rank; d++) dims[rank++] = index->dims[d];
  for (int32_t d = (int32_t)axis + 1; d < x->rank; d++) dims[rank++] = x->dims[d];
  uint8_t *to = sl_evaluate_output(e, 0, x->element, rank, dims);
  if (to == NULL) return 0;
  int64_t outer = product(x->dims, 0, (int32_t)axis), size = x->dims[axis];
  int64_t inner = product(x->dims, (int32_t)axis + 1, x->rank);
  size_t bytes = (size_t)inner * sl_evaluate_size(x->element);
  for (int64_t o = 0; o < outer; o++)
    for (int64_t i = 0; i < count; i++) {
      int64_t row = wrap(at[i], size);
      if (row < 0 || row >= size) return 0;
      memcpy(to + (size_t)(o * count + i) * bytes, x->data.at + (size_t)(o * size + row) * bytes,
             bytes);
    }
  return 1;
}

// The offset (in elements) that the row `at` of `depth` indices means; -1 when it is outside.
static int64_t offset_of(const sl_constant *x, const int64_t *at, int64_t depth) {
  int64_t offset = 0;
  for (int64_t d = 0; d < depth; d++) {
    int64_t index = wrap(at[d], x->dims[d]);
    if (index < 0 || index >= x->dims[d]) return -1;
    offset = offset * x->dims[d] + index;
  }
  return offset * product(x->dims, (int32_t)depth, x->rank);
}

static int move_gather_nd(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0), *index = sl_evaluate_input(e, 1);
  const int64_t *at;
  int64_t dims[2 * RANK];
  if (x == NULL || sl_evaluate_ints(e, 1, &at) < 0 || index->rank < 1) return 0;
  int64_t depth = index->dims[index->rank - 1];
  if (depth < 1 || depth > x->rank || sl_node_int(e->node, "batch_dims", 0) != 0) return 0;
  int32_t rank = 0;
  for (int32_t d = 0; d < index->rank - 1; d++) dims[rank++] = index->dims[d];
  for (int32_t d = (int32_t)depth; d < x->rank; d++) dims[rank++] = x->dims[d];
  uint8_t *to = sl_evaluate_output(e, 0, x->element, rank, dims);
  if (to == NULL) return 0;
  size_t size = sl_evaluate_size(x->element);
  size_t bytes = (size_t)product(x->dims, (int32_t)depth, x->rank) * size;
  for (int64_t i = 0; i < index->count / depth; i++) {
    int64_t offset = offset_of(x, at + i * depth, depth);
    if (offset < 0) return 0;
    memcpy(to + (size_t)i * bytes, x->data.at + (size_t)offset * size, bytes);
  }
  return 1;
}

static int move_scatter_nd(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0), *index = sl_evaluate_input(e, 1);
  const sl_constant *updates = sl_evaluate_input(e, 2);
  const int64_t *at;
  const sl_attribute *reduction = sl_node_attribute(e->node, "reduction");
  if (x == NULL || updates == NULL || sl_evaluate_ints(e, 1, &at) < 0 || index->rank < 1) return 0;
  if (reduction != NULL &&
      (reduction->kind != SL_ATTRIBUTE_STRING || reduction->strings[0].size != 4 ||
       memcmp(reduction->strings[0].at, "none", 4) != 0))
    return 0;
  int64_t depth = index->dims[index->rank - 1];
  if (depth < 1 || depth > x->rank || updates->element != x->element) return 0;
  int64_t row = product(x->dims, (int32_t)depth, x->rank);
  if (updates->count != index->count / depth * row) return 0;
  uint8_t *to = sl_evaluate_output(e, 0, x->element, x->rank, x->dims);
  if (to == NULL) return 0;
  size_t size = sl_evaluate_size(x->element);
  if (x->count > 0) memcpy(to, x->data.at, (size_t)x->count * size);
  for (int64_t i = 0; i < index->count / depth; i++) {
    int64_t offset = offset_of(x, at + i * depth, depth);
    if (offset < 0) return 0;
    memcpy(to + (size_t)offset * size, updates->data.at + (size_t)(i * row) * size,
           (size_t)row * size);
  }
  return 1;
}

// ---- made from sizes ----------------------------------------------------------------------------

static int move_shape(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  if (x == NULL) return 0;
  int32_t start, end;
  sl_operator_shape_range(e->node, x->rank, &start, &end);
  int64_t count = end - start;
  uint8_t *to = sl_evaluate_output(e, 0, SL_ELEMENT_I64, 1, &count);
  if (to != NULL && count > 0) memcpy(to, x->dims + start, (size_t)count * sizeof *x->dims);
  return to != NULL;
}

static int move_size(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  uint8_t *to = x != NULL ? sl_evaluate_output(e, 0, SL_ELEMENT_I64, 0, NULL) : NULL;
  if (to != NULL) memcpy(to, &x->count, sizeof x->count);
  return to != NULL;
}

static int move_constant_of_shape(sl_evaluation *e) {
  const int64_t *dims;
  int64_t rank = sl_evaluate_ints(e, 0, &dims);
  if (rank < 0 || rank > RANK) return 0;
  const sl_attribute *value = sl_node_attribute(e->node, "value");
  const sl_constant *fill =
      value != NULL && value->kind == SL_ATTRIBUTE_TENSOR ? value->tensors : NULL;
  int32_t element = fill != NULL ? fill->element : SL_ELEMENT_F32;
  size_t size = sl_evaluate_size(element);
  if (fill != NULL && (size == 0 || fill->data.size < size)) return 0;
  uint8_t *to = sl_evaluate_output(e, 0, element, (int32_t)rank, dims);
  for (int64_t i = 0; fill != NULL && to != NULL && i < e->outputs[0].count; i++)
    memcpy(to + (size_t)i * size, fill->data.at, size);
  return to != NULL;
}

static int move_where(sl_evaluation *e) {
  const sl_constant *c = sl_evaluate_input(e, 0), *x = sl_evaluate_input(e, 1);
  const sl_constant *y = sl_evaluate_input(e, 2);
  if (c == NULL || x == NULL || y == NULL || x->element != y->element) return 0;
  int64_t dims[RANK];
  int32_t rank = 0;
  if (!sl_evaluate_broadcast(&rank, dims, c) || !sl_evaluate_broadcast(&rank, dims, x) ||
      !sl_evaluate_broadcast(&rank, dims, y))
    return 0;
  uint8_t *to = sl_evaluate_output(e, 0, x->element, rank, dims);
  if (to == NULL) return 0;
  sl_odometer o = {.rank = rank, .operands = 3, .dims = dims};
  sl_evaluate_strides(c, rank, dims, o.strides[0]);
  sl_evaluate_strides(x, rank, dims, o.strides[1]);
  sl_evaluate_strides(y, rank, dims, o.strides[2]);
  size_t size = sl_evaluate_size(x->element);
  for (int64_t i = 0; i < e->outputs[0].count; i++) {
    const uint8_t *from = c->data.at[o.offset[0]] ? x->data.at + (size_t)o.offset[1] * size
                                                  : y->data.at + (size_t)o.offset[2] * size;
    memcpy(to + (size_t)i * size, from, size);
    sl_odometer_next(&o);
  }
  return 1;
}

// Constant pads only: the output is filled, then the input is laid into it.
static int move_pad(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0), *fill = sl_evaluate_input(e, 2);
  const int64_t *pads;
  int64_t dims[RANK], to_strides[RANK], start = 0;
  if (x == NULL || sl_evaluate_ints(e, 1, &pads) != 2 * x->rank) return 0;
  const char *mode = sl_node_string(e->arena, e->node, "mode", "constant");
  if (strcmp(mode, "constant") != 0 || sl_evaluate_input(e, 3) != NULL) return 0;
  for (int32_t d = 0; d < x->rank; d++) {
    if (pads[d] < 0 || pads[d + x->rank] < 0) return 0;
    dims[d] = x->dims[d] + pads[d] + pads[d + x->rank];
  }
  uint8_t *to = sl_evaluate_output(e, 0, x->element, x->rank, dims);
  if (to == NULL || (fill != NULL && fill->element != x->element)) return 0;
  size_t size = sl_evaluate_size(x->element);
  for (int64_t i = 0; fill != NULL && fill->count == 1 && i < e->outputs[0].count; i++)
    memcpy(to + (size_t)i * size, fill->data.at, size);
  sl_evaluate_strides(&e->outputs[0], x->rank, dims, to_strides);
  for (int32_t d = 0; d < x->rank; d++) start += pads[d] * to_strides[d];
  sl_odometer o = {.rank = x->rank, .operands = 1, .dims = x->dims, .offset = {start}};
  memcpy(o.strides[0], to_strides, (size_t)x->rank * sizeof *to_strides);
  for (int64_t i = 0; i < x->count; i++) {
    memcpy(to + (size_t)o.offset[0] * size, x->data.at + (size_t)i * size, size);
    sl_odometer_next(&o);
  }
  return 1;
}

static const struct {
  const char *type;
  sl_evaluator run;
} movers[] = {
    {"Concat", move_concat},       {"ConstantOfShape", move_constant_of_shape},
    {"Expand", move_expand},       {"Flatten", move_flatten},
    {"Gather", move_gather},       {"GatherND", move_gather_nd},
    {"Identity", move_identity},   {"Pad", move_pad},
    {"Reshape", move_reshape},     {"ScatterND", move_scatter_nd},
    {"Shape", move_shape},         {"Size", move_size},
    {"Slice", move_slice},         {"Split", move_split},
    {"Squeeze", move_squeeze},     {"Tile", move_tile},
    {"Transpose", move_transpose}, {"Unsqueeze", move_unsqueeze},
    {"Where", move_where},
};

sl_evaluator sl_evaluate_move(const char *type) {
  for (size_t i = 0; i < sizeof movers / sizeof *movers; i++)
    if (strcmp(movers[i].type, type) == 0) return movers[i].run;
  return NULL;
}
