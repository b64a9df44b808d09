// SPDX-License-Identifier: Apache-2.0
// Pieces of graph that several families of rules emit.
//
// Invariant: each piece states the types of what it emits. Start at sl_rule_unary().
#include "grad/grad_parts.h"

#include <math.h>
#include <string.h>

static const double STEEP = 0x1p100;
enum { BLOCK = 16 };  // channels of the runtime's blocked layout come in multiples of it

int sl_rule_is_float(const sl_sweep *sweep, sl_value_id value) {
  return value != 0 && sl_element_is_float(sl_type_of(sweep, value)->element);
}

int sl_rule_wants(const sl_sweep *sweep, const sl_node *node, int32_t slot) {
  sl_value_id value = sl_node_input(node, slot);
  return sl_sweep_wants(sweep, value);
}

sl_status sl_rule_unary(sl_sweep *sweep, sl_node_id node, sl_unary_gradient gradient) {
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, sl_rule_y(&at));
  if (g != 0 && sl_rule_wants(sweep, &at, 0))
    sl_sweep_add(sweep, sl_rule_x(&at), gradient(sweep, &at, g));
  return SL_OK;
}

// ---- masks --------------------------------------------------------------------------------------

static sl_value_id step(sl_sweep *sweep, sl_value_id y, double bound, const char *type,
                        double slope) {
  if (sl_type_of(sweep, y)->element != SL_ELEMENT_F32) {
    sl_value_id test = sl_rule_compare(sweep, type, y, sl_emit_number(sweep, y, bound));
    return sl_emit_cast(sweep, test, sl_type_of(sweep, y)->element);
  }
  sl_value_id mask = sl_emit1(sweep, "HardSigmoid", y);
  sl_graph_set_float(sweep->graph, sl_emitted(sweep), "alpha", slope);
  sl_graph_set_float(sweep->graph, sl_emitted(sweep), "beta", -slope * (double)(float)bound);
  sl_emit_type_of(sweep, mask, y);
  return mask;
}

sl_value_id sl_rule_above(sl_sweep *sweep, sl_value_id y, double bound) {
  return step(sweep, y, bound, "Greater", STEEP);
}

sl_value_id sl_rule_below(sl_sweep *sweep, sl_value_id y, double bound) {
  return step(sweep, y, bound, "Less", -STEEP);
}

// w * x + b for every element, as a channel-wise convolution: the runtime applies it, and the
// activation behind it, in its blocked layout, which a lone HardSigmoid leaves.
static sl_value_id blocked_affine(sl_sweep *sweep, sl_value_id x, double w, double b) {
  int64_t channels = sl_type_of(sweep, x)->dims[1].fixed, dims[4] = {channels, 1, 1, 1};
  double *weights = SL_NEW_ARRAY(sweep->scratch, double, 2 * channels);
  for (int64_t i = 0; i < channels; i++) {
    weights[i] = w;
    weights[channels + i] = b;
  }
  sl_value_id weight = sl_emit_numbers(sweep, SL_ELEMENT_F32, 4, dims, weights);
  sl_value_id bias = sl_emit_numbers(sweep, SL_ELEMENT_F32, 1, dims, weights + channels);
  sl_value_id y = sl_emit3(sweep, "Conv", x, weight, bias);
  sl_graph_set_ints(sweep->graph, sl_emitted(sweep), "kernel_shape", dims + 1, 2);
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "group", channels);
  sl_emit_type_of(sweep, y, x);
  return y;
}

// Whether x has the form that the runtime's blocked layout serves.
static bool is_blocked(const sl_sweep *sweep, sl_value_id x) {
  const sl_type *type = sl_type_of(sweep, x);
  if (type->element != SL_ELEMENT_F32 || type->rank != 4 || type->dims[1].per_batch != 0)
    return false;
  return type->dims[1].fixed >= BLOCK && type->dims[1].fixed % BLOCK == 0;
}

sl_value_id sl_rule_inside(sl_sweep *sweep, sl_value_id y, double top) {
  if (!is_blocked(sweep, y) || top < 0x1p-20 || top > 0x1p20) {
    sl_value_id above = sl_rule_above(sweep, y, 0), below = sl_rule_below(sweep, y, top);
    return sl_emit_mul(sweep, above, below);
  }
  // 0 becomes -1/STEEP and that `top`; what is above 1/STEEP stays as it is.
  sl_value_id bent = blocked_affine(sweep, y, 1, -1 / STEEP);
  sl_value_id folded = sl_emit1(sweep, "LeakyRelu", bent);
  sl_graph_set_float(sweep->graph, sl_emitted(sweep), "alpha", -STEEP * (double)(float)top);
  sl_emit_type_of(sweep, folded, y);
  sl_value_id below = blocked_affine(sweep, folded, -STEEP, STEEP * (double)(float)top);
  sl_value_id zero = sl_emit_number(sweep, y, 0), most = sl_emit_number(sweep, y, 1);
  sl_value_id mask = sl_emit3(sweep, "Clip", below, zero, most);
  sl_emit_type_of(sweep, mask, y);
  return mask;
}

// Whether `small` is [N, C, 1, 1] beside `like` of [N, C, H, W] in the blocked layout.
static bool is_per_channel(const sl_sweep *sweep, sl_value_id small, sl_value_id like) {
  const sl_type *a = sl_type_of(sweep, small), *b = sl_type_of(sweep, like);
  if (!is_blocked(sweep, small) || !is_blocked(sweep, like)) return false;
  for (int32_t i = 0; i < 2; i++)
    if (!sl_dim_equal(a->dims[i], b->dims[i]) || a->dims[i].fixed == SL_DIM_UNKNOWN) return false;
  for (int32_t i = 2; i < 4; i++)
    if (!sl_dim_is(a->dims[i], 1) || sl_rule_fixed(b, i) < 1) return false;
  return true;
}

sl_value_id sl_rule_widened(sl_sweep *sweep, sl_value_id x, sl_value_id like) {
  if (!is_per_channel(sweep, x, like)) return x;
  const sl_dim *dims = sl_type_of(sweep, like)->dims;
  double scales[4] = {1, 1, (double)dims[2].fixed, (double)dims[3].fixed};
  sl_value_id factors = sl_emit_numbers(sweep, SL_ELEMENT_F32, 1, (const int64_t[]){4}, scales);
  sl_value_id wide = sl_emit3(sweep, "Resize", x, 0, factors);
  sl_node_id node = sl_emitted(sweep);
  sl_graph_set_string(sweep->graph, node, "mode", "nearest");
  sl_graph_set_string(sweep->graph, node, "nearest_mode", "floor");
  sl_graph_set_string(sweep->graph, node, "coordinate_transformation_mode", "asymmetric");
  sl_emit_type_of(sweep, wide, like);
  return wide;
}

sl_value_id sl_rule_narrowed(sl_sweep *sweep, sl_value_id x, sl_value_id like) {
  if (!is_per_channel(sweep, like, x)) return sl_emit_unbroadcast(sweep, x, like);
  const sl_dim *dims = sl_type_of(sweep, x)->dims;
  double places = (double)(dims[2].fixed * dims[3].fixed);
  sl_value_id mean = sl_emit1(sweep, "GlobalAveragePool", x);
  sl_emit_type_of(sweep, mean, like);
  return sl_emit_scale(sweep, mean, places);
}

sl_value_id sl_rule_complement(sl_sweep *sweep, sl_value_id unit) {
  if (is_blocked(sweep, unit)) return blocked_affine(sweep, unit, -1, 1);
  return sl_emit_sub(sweep, sl_emit_number(sweep, unit, 1), unit);
}

sl_value_id sl_rule_affine_unit(sl_sweep *sweep, sl_value_id unit, double scale, double shift) {
  bool inside = shift >= 0 && shift <= 1 && shift + scale >= 0 && shift + scale <= 1;
  if (!inside || sl_type_of(sweep, unit)->element != SL_ELEMENT_F32)
    return sl_emit_shift(sweep, sl_emit_scale(sweep, unit, scale), shift);
  sl_value_id mapped = sl_emit1(sweep, "HardSigmoid", unit);
  sl_graph_set_float(sweep->graph, sl_emitted(sweep), "alpha", scale);
  sl_graph_set_float(sweep->graph, sl_emitted(sweep), "beta", shift);
  sl_emit_type_of(sweep, mapped, unit);
  return mapped;
}

sl_value_id sl_rule_compare(sl_sweep *sweep, const char *type, sl_value_id x, sl_value_id y) {
  sl_value_id test = sl_emit2(sweep, type, x, y);
  const sl_type *like = sl_type_of(sweep, x);
  sl_emit_type(sweep, test, SL_ELEMENT_BOOL, like->rank, like->dims);
  return test;
}

sl_value_id sl_rule_where(sl_sweep *sweep, sl_value_id condition, sl_value_id x, sl_value_id y,
                          sl_value_id like) {
  sl_value_id chosen = sl_emit3(sweep, "Where", condition, x, y);
  sl_emit_type_of(sweep, chosen, like);
  return chosen;
}

// ---- numbers ------------------------------------------------------------------------------------

int sl_rule_scalar(const sl_sweep *sweep, sl_value_id value, double *out) {
  const sl_constant *constant = value == 0 ? NULL : sl_graph_constant(sweep->graph, value);
  if (constant == NULL || constant->count != 1 || constant->data.size == 0) return 0;
  *out = sl_constant_number(constant, 0);
  return 1;
}

int32_t sl_rule_axis(int64_t axis, int32_t rank) {
  if (axis < -(int64_t)rank || axis >= rank) return -1;
  return (int32_t)(axis < 0 ? axis + rank : axis);
}

int64_t sl_rule_fixed(const sl_type *type, int32_t axis) {
  if (type->rank <= axis || axis < 0 || type->dims[axis].per_batch != 0) return -1;
  return type->dims[axis].fixed;  // SL_DIM_UNKNOWN is -1
}

// ---- moving elements ----------------------------------------------------------------------------

static sl_value_id emit_as(sl_sweep *sweep, const char *type, const sl_value_id *inputs,
                           int32_t count, int32_t element, int32_t rank, const sl_dim *dims) {
  sl_value_id value = sl_emit(sweep, type, inputs, count);
  sl_emit_type(sweep, value, element, rank, dims);
  return value;
}

static sl_value_id positions_of(sl_sweep *sweep, sl_value_id x, sl_value_id shape) {
  const sl_type type = *sl_type_of(sweep, x);
  sl_dim total = sl_type_elements(&type);
  sl_value_id size = emit_as(sweep, "Size", &x, 1, SL_ELEMENT_I64, 0, NULL);
  int64_t bounds[2] = {0, 1};
  sl_value_id zero = sl_emit_constant(sweep, SL_ELEMENT_I64, 0, NULL, &bounds[0]);
  sl_value_id one = sl_emit_constant(sweep, SL_ELEMENT_I64, 0, NULL, &bounds[1]);
  sl_value_id range =
      emit_as(sweep, "Range", (sl_value_id[]){zero, size, one}, 3, SL_ELEMENT_I64, 1, &total);
  return emit_as(sweep, "Reshape", (sl_value_id[]){range, shape}, 2, SL_ELEMENT_I64, type.rank,
                 type.dims);
}

static sl_value_id flat(sl_sweep *sweep, sl_value_id x) {
  const sl_type type = *sl_type_of(sweep, x);
  sl_dim total = sl_type_elements(&type);
  sl_value_id all = sl_emit_ints(sweep, (const int64_t[]){-1}, 1);
  return emit_as(sweep, "Reshape", (sl_value_id[]){x, all}, 2, type.element, 1, &total);
}

sl_value_id sl_rule_scatter_back(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  sl_value_id x = node->inputs[0];
  const sl_type type = *sl_type_of(sweep, x), moved_type = *sl_type_of(sweep, node->outputs[0]);
  sl_value_id shape = sl_emit_shape_of(sweep, x);
  sl_value_id *inputs = SL_NEW_ARRAY(sweep->scratch, sl_value_id, node->input_count);
  memcpy(inputs, node->inputs, (size_t)node->input_count * sizeof *inputs);
  inputs[0] = positions_of(sweep, x, shape);
  sl_value_id moved = sl_emit(sweep, node->type, inputs, node->input_count);
  for (int32_t i = 0; i < node->attribute_count; i++)
    sl_graph_set_attribute(sweep->graph, sl_emitted(sweep), &node->attributes[i]);
  sl_emit_type(sweep, moved, SL_ELEMENT_I64, moved_type.rank, moved_type.dims);
  sl_value_id zero = sl_emit_expand_like(sweep, sl_emit_number(sweep, g, 0), x);
  sl_value_id zeros = flat(sweep, zero);
  sl_value_id sums = sl_emit3(sweep, "ScatterElements", zeros, flat(sweep, moved), flat(sweep, g));
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "axis", 0);
  sl_graph_set_string(sweep->graph, sl_emitted(sweep), "reduction", "add");
  sl_emit_type_of(sweep, sums, zeros);
  return emit_as(sweep, "Reshape", (sl_value_id[]){sums, shape}, 2, sl_type_of(sweep, g)->element,
                 type.rank, type.dims);
}

static sl_value_id pad_axis(sl_sweep *sweep, sl_value_id x, int32_t axis, int64_t before,
                            int64_t after) {
  int32_t rank = sl_type_of(sweep, x)->rank;
  int64_t *pads = SL_NEW_ARRAY(sweep->scratch, int64_t, 2 * rank);
  pads[axis] = before;
  pads[rank + axis] = after;
  return sl_emit_pad(sweep, x, pads);
}

// Where each entry of the result comes from: an index into g, or `count` for zero. 0 when several
// entries of g meet in one.
static int inverse_of(const int64_t *indices, int64_t count, int64_t size, int64_t *inverse) {
  for (int64_t i = 0; i < size; i++) inverse[i] = count;
  for (int64_t k = 0; k < count; k++) {
    if (inverse[indices[k]] != count) return 0;
    inverse[indices[k]] = k;
  }
  return 1;
}

static sl_value_id add_by_matrix(sl_sweep *sweep, sl_value_id g, int32_t axis,
                                 const int64_t *indices, int64_t count, int64_t size) {
  double *matrix = SL_NEW_ARRAY(sweep->scratch, double, size *count);
  for (int64_t k = 0; k < count; k++) matrix[indices[k] * count + k] += 1;
  return sl_rule_axis_matrix(sweep, g, axis, matrix, size, count);
}

sl_value_id sl_rule_axis_scatter(sl_sweep *sweep, sl_value_id g, int32_t axis,
                                 const int64_t *indices, int64_t count, int64_t size) {
  bool contiguous = true;
  for (int64_t k = 1; k < count; k++)
    if (indices[k] != indices[0] + k) contiguous = false;
  if (contiguous && count > 0)
    return pad_axis(sweep, g, axis, indices[0], size - indices[0] - count);
  int64_t *inverse = SL_NEW_ARRAY(sweep->scratch, int64_t, size + 1);
  if (!inverse_of(indices, count, size, inverse))
    return add_by_matrix(sweep, g, axis, indices, count, size);
  const sl_type type = *sl_type_of(sweep, g);
  sl_value_id padded = count == size ? g : pad_axis(sweep, g, axis, 0, 1);
  sl_value_id at = sl_emit_ints(sweep, inverse, size);
  sl_value_id result = sl_emit2(sweep, "Gather", padded, at);
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "axis", axis);
  sl_dim *dims = SL_NEW_ARRAY(sweep->scratch, sl_dim, type.rank);
  memcpy(dims, type.dims, (size_t)type.rank * sizeof *dims);
  dims[axis] = SL_DIM(size);
  sl_emit_type(sweep, result, type.element, type.rank, dims);
  return result;
}

// ---- matrices along an axis ---------------------------------------------------------------------

static sl_dim product_of(const sl_dim *dims, int32_t count) {
  return sl_type_elements(&(sl_type){.element = SL_ELEMENT_F32, .rank = count, .dims = dims});
}

sl_value_id sl_rule_axis_product(sl_sweep *sweep, sl_value_id x, int32_t axis, sl_value_id matrix,
                                 int64_t rows) {
  const sl_type type = *sl_type_of(sweep, x);
  sl_dim *dims = SL_NEW_ARRAY(sweep->scratch, sl_dim, type.rank);
  memcpy(dims, type.dims, (size_t)type.rank * sizeof *dims);
  dims[axis] = SL_DIM(rows);
  if (type.rank == 1) {
    sl_dim row[2] = {SL_DIM(1), type.dims[0]};
    x = sl_emit_matmul(sweep, sl_emit_reshape(sweep, x, row, 2), matrix);
    return sl_emit_reshape(sweep, x, dims, 1);
  }
  if (axis == type.rank - 1) return sl_emit_matmul(sweep, x, matrix);
  if (axis == type.rank - 2) return sl_emit_matmul(sweep, matrix, x);
  sl_dim *merged = SL_NEW_ARRAY(sweep->scratch, sl_dim, axis + 2);
  memcpy(merged, type.dims, (size_t)(axis + 1) * sizeof *merged);
  merged[axis + 1] = product_of(type.dims + axis + 1, type.rank - axis - 1);
  sl_value_id wide = sl_emit_reshape(sweep, x, merged, axis + 2);
  return sl_emit_reshape(sweep, sl_emit_matmul(sweep, matrix, wide), dims, type.rank);
}

sl_value_id sl_rule_axis_matrix(sl_sweep *sweep, sl_value_id x, int32_t axis, const double *matrix,
                                int64_t rows, int64_t columns) {
  const sl_type type = *sl_type_of(sweep, x);
  bool last = axis == type.rank - 1;
  double *turned = SL_NEW_ARRAY(sweep->scratch, double, rows *columns + 1);
  for (int64_t i = 0; last && i < rows; i++)
    for (int64_t j = 0; j < columns; j++) turned[j * rows + i] = matrix[i * columns + j];
  int64_t dims[2] = {last ? columns : rows, last ? rows : columns};
  sl_value_id value = sl_emit_numbers(sweep, type.element, 2, dims, last ? turned : matrix);
  return sl_rule_axis_product(sweep, x, axis, value, rows);
}
