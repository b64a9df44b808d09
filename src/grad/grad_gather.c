// SPDX-License-Identifier: Apache-2.0
// Gradients of operators that pick elements by index, or put them at an index.
//
// Invariant: indices count as constant. Picking is undone by adding at the same places, putting by
// picking there. Start at sl_grad_Gather().
#include <string.h>

#include "grad/grad_parts.h"

// Adds g at the indices of ScatterElements or ScatterND, onto zeros of the shape of `like`.
static sl_value_id add_at(sl_sweep *sweep, const char *type, sl_value_id like, sl_value_id indices,
                          sl_value_id g) {
  sl_value_id sums = sl_emit3(sweep, type, sl_emit_zeros_like(sweep, like), indices, g);
  sl_graph_set_string(sweep->graph, sl_emitted(sweep), "reduction", "add");
  sl_emit_type_of(sweep, sums, like);
  return sums;
}

// ---- Gather -------------------------------------------------------------------------------------

enum { GATHER_MATRIX_MAX = 1 << 20 };  // entries of a matrix that adds repeated indices

// Constant indices within [0, size), in scratch; NULL when they are not.
static const int64_t *constant_indices(sl_sweep *sweep, sl_value_id value, int64_t size,
                                       int64_t *count) {
  const sl_constant *constant = sl_graph_constant(sweep->graph, value);
  if (constant == NULL || size <= 0 || constant->data.size == 0) return NULL;
  *count = constant->count;
  int64_t *indices = SL_NEW_ARRAY(sweep->scratch, int64_t, *count + 1);
  for (int64_t i = 0; i < *count; i++) {
    int64_t at = sl_constant_int(constant, i);
    indices[i] = at < 0 ? at + size : at;
    if (indices[i] < 0 || indices[i] >= size) return NULL;
  }
  return indices;
}

static int has_repeats(sl_sweep *sweep, const int64_t *indices, int64_t count, int64_t size) {
  uint8_t *seen = SL_NEW_ARRAY(sweep->scratch, uint8_t, size);
  for (int64_t i = 0; i < count; i++)
    if (seen[indices[i]]++ != 0) return 1;
  return 0;
}

// g with its index axes (none, one or several) as one axis.
static sl_value_id with_one_axis(sl_sweep *sweep, sl_value_id g, const sl_type *x, int32_t axis,
                                 int64_t count) {
  sl_dim *dims = SL_NEW_ARRAY(sweep->scratch, sl_dim, x->rank);
  memcpy(dims, x->dims, (size_t)x->rank * sizeof *dims);
  dims[axis] = SL_DIM(count);
  return sl_emit_reshape(sweep, g, dims, x->rank);
}

sl_status sl_grad_Gather(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]);
  if (g == 0 || !sl_rule_wants(sweep, &at, 0)) return SL_OK;
  const sl_type x = *sl_type_of(sweep, at.inputs[0]);
  int32_t axis = sl_rule_axis(sl_node_int(&at, "axis", 0), x.rank);
  int64_t count = 0, size = sl_rule_fixed(&x, axis);
  const int64_t *indices = constant_indices(sweep, at.inputs[1], size, &count);
  bool by_axis = indices != NULL && count > 0;
  if (by_axis && has_repeats(sweep, indices, count, size) && size * count > GATHER_MATRIX_MAX)
    by_axis = false;
  sl_value_id back;
  if (by_axis)
    back = sl_rule_axis_scatter(sweep, with_one_axis(sweep, g, &x, axis, count), axis, indices,
                                count, size);
  else
    back = sl_rule_scatter_back(sweep, &at, g);
  sl_sweep_add(sweep, at.inputs[0], back);
  return SL_OK;
}

static sl_value_id gather_elements_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  sl_value_id sums = sl_emit3(sweep, "ScatterElements", sl_emit_zeros_like(sweep, sl_rule_x(node)),
                              node->inputs[1], g);
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "axis", sl_node_int(node, "axis", 0));
  sl_graph_set_string(sweep->graph, sl_emitted(sweep), "reduction", "add");
  sl_emit_type_of(sweep, sums, sl_rule_x(node));
  return sums;
}

static sl_value_id gather_nd_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  if (sl_node_int(node, "batch_dims", 0) != 0) return sl_rule_scatter_back(sweep, node, g);
  return add_at(sweep, "ScatterND", sl_rule_x(node), node->inputs[1], g);
}

// Moves whole slices, so the positions move the same way whatever the condition is.
static sl_value_id compress_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_rule_scatter_back(sweep, node, g);
}

#define UNARY(type, gradient)                                                 \
  sl_status sl_grad_##type(sl_sweep *sweep, sl_node_id node, sl_error *err) { \
    (void)err;                                                                \
    return sl_rule_unary(sweep, node, gradient);                              \
  }
UNARY(Compress, compress_gradient)
UNARY(GatherElements, gather_elements_gradient)
UNARY(GatherND, gather_nd_gradient)
#undef UNARY

// ---- putting ------------------------------------------------------------------------------------

typedef struct scatter_kind {
  const char *scatter, *gather;
  bool has_axis;
} scatter_kind;

static void set_axis(sl_sweep *sweep, const scatter_kind *kind, const sl_node *node) {
  if (kind->has_axis)
    sl_graph_set_int(sweep->graph, sl_emitted(sweep), "axis", sl_node_int(node, "axis", 0));
}

// What was overwritten has no influence; what was added leaves the rest as it is.
static sl_status put(sl_sweep *sweep, sl_node_id node, const scatter_kind *kind, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]), indices = at.inputs[1];
  if (g == 0) return SL_OK;
  const char *reduction = sl_node_string(sweep->scratch, &at, "reduction", "none");
  bool adds = strcmp(reduction, "add") == 0;
  if (!adds && strcmp(reduction, "none") != 0)
    return sl_sweep_refuse(sweep, node, err, "it combines by \"%s\"; only add and none are known",
                           reduction);
  if (sl_rule_wants(sweep, &at, 0)) {
    sl_value_id rest = g;
    if (!adds) {
      sl_value_id zeros = sl_emit_zeros_like(sweep, at.inputs[2]);
      rest = sl_emit3(sweep, kind->scatter, g, indices, zeros);
      set_axis(sweep, kind, &at);
      sl_emit_type_of(sweep, rest, at.inputs[0]);
    }
    sl_sweep_add(sweep, at.inputs[0], rest);
  }
  if (!sl_rule_wants(sweep, &at, 2)) return SL_OK;
  sl_value_id picked = sl_emit2(sweep, kind->gather, g, indices);
  set_axis(sweep, kind, &at);
  sl_emit_type_of(sweep, picked, at.inputs[2]);
  sl_sweep_add(sweep, at.inputs[2], picked);
  return SL_OK;
}

static const scatter_kind by_element = {"ScatterElements", "GatherElements", true};
static const scatter_kind by_slice = {"ScatterND", "GatherND", false};

sl_status sl_grad_Scatter(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  return put(sweep, node, &by_element, err);
}

sl_status sl_grad_ScatterElements(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  return put(sweep, node, &by_element, err);
}

sl_status sl_grad_ScatterND(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  return put(sweep, node, &by_slice, err);
}

// ---- TopK ---------------------------------------------------------------------------------------

// The chosen places are distinct, so putting the gradients there is enough.
sl_status sl_grad_TopK(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]), x = at.inputs[0];
  if (g == 0 || !sl_rule_wants(sweep, &at, 0)) return SL_OK;
  sl_sweep_note(sweep, "TopK chooses places: the choice counts as constant");
  sl_value_id places = sl_node_output(&at, 1);
  if (places == 0)
    return sl_sweep_refuse(sweep, node, err, "the indices among its outputs were left out");
  sl_value_id back = sl_emit3(sweep, "ScatterElements", sl_emit_zeros_like(sweep, x), places, g);
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "axis", sl_node_int(&at, "axis", -1));
  sl_emit_type_of(sweep, back, x);
  sl_sweep_add(sweep, x, back);
  return SL_OK;
}

// ---- Col2Im -------------------------------------------------------------------------------------

typedef struct folding {
  int32_t rank;  // spatial axes
  int64_t image[SL_RULE_RANK_MAX], block[SL_RULE_RANK_MAX];
  int64_t stride[SL_RULE_RANK_MAX], dilation[SL_RULE_RANK_MAX], begin[SL_RULE_RANK_MAX];
  int64_t steps[SL_RULE_RANK_MAX];  // blocks along each axis
  int64_t pixels, places, blocks;   // products of image, block and steps
} folding;

static int read_folding(const sl_sweep *sweep, const sl_node *node, folding *f) {
  int64_t rank = sl_graph_constant_ints(sweep->graph, node->inputs[1], f->image, SL_RULE_RANK_MAX);
  int64_t block = sl_graph_constant_ints(sweep->graph, node->inputs[2], f->block, SL_RULE_RANK_MAX);
  if (rank < 1 || block != rank) return 0;
  f->rank = (int32_t)rank;
  f->pixels = f->places = f->blocks = 1;
  for (int32_t i = 0; i < f->rank; i++) {
    f->stride[i] = sl_node_int_at(node, "strides", i, 1);
    f->dilation[i] = sl_node_int_at(node, "dilations", i, 1);
    f->begin[i] = sl_node_int_at(node, "pads", i, 0);
    int64_t room = f->image[i] + f->begin[i] + sl_node_int_at(node, "pads", f->rank + i, 0);
    f->steps[i] = (room - f->dilation[i] * (f->block[i] - 1) - 1) / f->stride[i] + 1;
    f->pixels *= f->image[i];
    f->places *= f->block[i];
    f->blocks *= f->steps[i];
  }
  return 1;
}

// The pixel under place `place` of block `block`; `pixels`, the zero behind the last, when it lies
// in the padding.
static int64_t pixel_under(const folding *f, int64_t place, int64_t block) {
  int64_t pixel = 0, scale = 1;
  for (int32_t i = f->rank - 1; i >= 0; i--) {
    int64_t offset = place % f->block[i], step = block % f->steps[i];
    int64_t at = step * f->stride[i] + offset * f->dilation[i] - f->begin[i];
    if (at < 0 || at >= f->image[i]) return f->pixels;
    pixel += at * scale;
    scale *= f->image[i];
    place /= f->block[i];
    block /= f->steps[i];
  }
  return pixel;
}

// It adds blocks into an image, so its gradient cuts blocks out of one.
sl_status sl_grad_Col2Im(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]);
  if (g == 0 || !sl_rule_wants(sweep, &at, 0)) return SL_OK;
  const sl_type type = *sl_type_of(sweep, at.inputs[0]), out = *sl_type_of(sweep, g);
  folding f;
  if (!read_folding(sweep, &at, &f))
    return sl_sweep_refuse(sweep, node, err, "its sizes are not constant");
  int64_t *pixels = SL_NEW_ARRAY(sweep->scratch, int64_t, f.places * f.blocks + 1);
  for (int64_t p = 0; p < f.places; p++)
    for (int64_t b = 0; b < f.blocks; b++) pixels[p * f.blocks + b] = pixel_under(&f, p, b);
  sl_dim flat[3] = {out.dims[0], out.dims[1], SL_DIM(f.pixels)};
  sl_value_id image = sl_emit_reshape(sweep, g, flat, 3);
  image = sl_emit_pad(sweep, image, (const int64_t[]){0, 0, 0, 0, 0, 1});
  sl_value_id index = sl_emit_ints(sweep, pixels, f.places * f.blocks);
  sl_value_id columns = sl_emit2(sweep, "Gather", image, index);
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "axis", 2);
  flat[2] = SL_DIM(f.places * f.blocks);
  sl_emit_type(sweep, columns, type.element, 3, flat);
  sl_sweep_add(sweep, at.inputs[0], sl_emit_reshape(sweep, columns, type.dims, 3));
  return SL_OK;
}
