// SPDX-License-Identifier: Apache-2.0
// Gradients of operators that rearrange elements: shape, order, repetition, cutting, padding.
//
// Invariant: each rule is the transposed of its operator; elements are moved or added, never
// weighted. What is fixed becomes pads and slices; what depends on the batch or on data goes
// through sl_rule_scatter_back(). Start at sl_grad_Reshape().
#include <string.h>

#include "grad/grad_parts.h"

static const int64_t WHOLE = INT64_MAX;  // as an end of Slice: to the end of the axis

static sl_value_id reshape_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_emit_reshape_like(sweep, g, sl_rule_x(node));
}

static sl_value_id same_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  (void)sweep;
  (void)node;
  return g;
}

static sl_value_id transpose_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  int32_t rank = sl_type_of(sweep, g)->rank;
  int64_t count, *inverse = SL_NEW_ARRAY(sweep->scratch, int64_t, rank + 1);
  const int64_t *perm = sl_node_ints(node, "perm", &count);
  for (int32_t i = 0; i < rank; i++) inverse[perm != NULL ? perm[i] : rank - 1 - i] = i;
  return sl_emit_transpose(sweep, g, inverse, rank);
}

static sl_value_id expand_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_emit_unbroadcast(sweep, g, sl_rule_x(node));
}

// From the integers of a quantised model the gradient stays as it is; to integers there is none.
static sl_value_id cast_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  if (!sl_rule_is_float(sweep, sl_rule_x(node))) return g;
  return sl_emit_cast(sweep, g, sl_type_of(sweep, sl_rule_x(node))->element);
}

// CRD takes the blocks the other way round than SpaceToDepth puts them back.
static sl_value_id depth_to_space_crd(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  const sl_type type = *sl_type_of(sweep, sl_rule_x(node));
  int64_t block = sl_node_int(node, "blocksize", 1);
  sl_dim channels = SL_DIM(type.dims[1].fixed / (block * block)), side = SL_DIM(block);
  sl_dim split[6] = {type.dims[0], channels, type.dims[2], side, type.dims[3], side};
  sl_value_id parts = sl_emit_reshape(sweep, g, split, 6);
  parts = sl_emit_transpose(sweep, parts, (const int64_t[]){0, 1, 3, 5, 2, 4}, 6);
  return sl_emit_reshape(sweep, parts, type.dims, 4);
}

static sl_value_id shuffle(sl_sweep *sweep, const sl_node *node, sl_value_id g, const char *type) {
  sl_value_id back = sl_emit1(sweep, type, g);
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "blocksize", sl_node_int(node, "blocksize", 1));
  sl_emit_type_of(sweep, back, sl_rule_x(node));
  return back;
}

static sl_value_id depth_to_space_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  const char *mode = sl_node_string(sweep->scratch, node, "mode", "DCR");
  if (strcmp(mode, "CRD") == 0) return depth_to_space_crd(sweep, node, g);
  return shuffle(sweep, node, g, "SpaceToDepth");
}

static sl_value_id space_to_depth_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return shuffle(sweep, node, g, "DepthToSpace");
}

// The operator itself, applied to g: a mask (Trilu) or a permutation that undoes itself.
static sl_value_id again_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  sl_value_id inputs[2] = {g, sl_node_input(node, 1)};
  sl_value_id back = sl_emit(sweep, node->type, inputs, inputs[1] != 0 ? 2 : 1);
  for (int32_t i = 0; i < node->attribute_count; i++)
    sl_graph_set_attribute(sweep->graph, sl_emitted(sweep), &node->attributes[i]);
  sl_emit_type_of(sweep, back, g);
  return back;
}

#define UNARY(type, gradient)                                                 \
  sl_status sl_grad_##type(sl_sweep *sweep, sl_node_id node, sl_error *err) { \
    (void)err;                                                                \
    return sl_rule_unary(sweep, node, gradient);                              \
  }
UNARY(Cast, cast_gradient)
UNARY(CastLike, cast_gradient)
UNARY(DepthToSpace, depth_to_space_gradient)
UNARY(Expand, expand_gradient)
UNARY(Flatten, reshape_gradient)
UNARY(Identity, same_gradient)
UNARY(Reshape, reshape_gradient)
UNARY(ReverseSequence, again_gradient)
UNARY(SpaceToDepth, space_to_depth_gradient)
UNARY(Squeeze, reshape_gradient)
UNARY(Transpose, transpose_gradient)
UNARY(Trilu, again_gradient)
UNARY(Unsqueeze, reshape_gradient)
#undef UNARY

// Deployed models have it switched off; switched on it draws at random.
sl_status sl_grad_Dropout(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  double training = 0;
  sl_value_id mode = sl_node_input(&at, 2);
  if (mode != 0 && (!sl_rule_scalar(sweep, mode, &training) || training != 0))
    return sl_sweep_refuse(sweep, node, err, "it is in training mode and draws at random");
  return sl_rule_unary(sweep, node, same_gradient);
}

// ---- Tile ---------------------------------------------------------------------------------------

// [r0 d0, r1 d1, ...] as [r0, d0, r1, d1, ...], summed over the r.
sl_status sl_grad_Tile(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]);
  if (g == 0 || !sl_rule_wants(sweep, &at, 0)) return SL_OK;
  const sl_type type = *sl_type_of(sweep, at.inputs[0]);
  int64_t repeats[SL_RULE_RANK_MAX], axes[SL_RULE_RANK_MAX];
  sl_dim split[2 * SL_RULE_RANK_MAX];
  int64_t count = sl_graph_constant_ints(sweep->graph, at.inputs[1], repeats, SL_RULE_RANK_MAX);
  if (count != type.rank) {
    sl_sweep_add(sweep, at.inputs[0], sl_rule_scatter_back(sweep, &at, g));
    return SL_OK;
  }
  (void)err;
  int32_t rank = 0, axis_count = 0;
  for (int32_t i = 0; i < type.rank; i++) {
    if (repeats[i] != 1) {
      axes[axis_count++] = rank;
      split[rank++] = SL_DIM(repeats[i]);
    }
    split[rank++] = type.dims[i];
  }
  sl_value_id sums = sl_emit_reshape(sweep, g, split, rank);
  if (axis_count > 0) sums = sl_emit_reduce_sum(sweep, sums, axes, axis_count, 0);
  sl_sweep_add(sweep, at.inputs[0], sums);
  return SL_OK;
}

// ---- Concat and Split ---------------------------------------------------------------------------

static void give_pieces(sl_sweep *sweep, const sl_node *node, sl_value_id g, int64_t axis) {
  int64_t start = 0;
  for (int32_t i = 0; i < node->input_count; i++) {
    int64_t size = sl_rule_fixed(sl_type_of(sweep, node->inputs[i]), (int32_t)axis);
    int64_t end = start + size;
    if (sl_rule_wants(sweep, node, i))
      sl_sweep_add(sweep, node->inputs[i], sl_emit_slice(sweep, g, &start, &end, &axis, 1));
    start = end;
  }
}

// Sizes that are known only when the model runs.
static void give_split(sl_sweep *sweep, const sl_node *node, sl_value_id g, int64_t axis) {
  int32_t count = node->input_count;
  sl_value_id *sizes = SL_NEW_ARRAY(sweep->scratch, sl_value_id, count);
  for (int32_t i = 0; i < count; i++) {
    sizes[i] = sl_emit1(sweep, "Shape", node->inputs[i]);
    sl_graph_set_int(sweep->graph, sl_emitted(sweep), "start", axis);
    sl_graph_set_int(sweep->graph, sl_emitted(sweep), "end", axis + 1);
    sl_emit_type(sweep, sizes[i], SL_ELEMENT_I64, 1, &SL_DIM(1));
  }
  sl_value_id lengths = sl_emit_concat(sweep, sizes, count, 0);
  sl_value_id inputs[2] = {g, lengths};
  sl_value_id first = sl_graph_apply(sweep->graph, "Split", sl_arena_printf(sweep->scratch, "grad"),
                                     sweep->origin, inputs, 2, count);
  sl_graph_set_int(sweep->graph, sweep->graph->values[first].maker, "axis", axis);
  for (int32_t i = 0; i < count; i++) {
    sl_emit_type_of(sweep, first + i, node->inputs[i]);
    if (sl_rule_wants(sweep, node, i)) sl_sweep_add(sweep, node->inputs[i], first + i);
  }
}

sl_status sl_grad_Concat(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]);
  if (g == 0) return SL_OK;
  int32_t axis = sl_rule_axis(sl_node_int(&at, "axis", 0), sl_type_of(sweep, g)->rank);
  bool fixed = true;
  for (int32_t i = 0; i < at.input_count; i++)
    if (sl_rule_fixed(sl_type_of(sweep, at.inputs[i]), axis) < 0) fixed = false;
  if (fixed)
    give_pieces(sweep, &at, g, axis);
  else
    give_split(sweep, &at, g, axis);
  return SL_OK;
}

// The one piece with a gradient, between zeros; 0 when there is another or sizes are not fixed.
static sl_value_id padded_piece(sl_sweep *sweep, const sl_node *node, int32_t axis) {
  int32_t rank = sl_type_of(sweep, node->inputs[0])->rank;
  int64_t *pads = SL_NEW_ARRAY(sweep->scratch, int64_t, 2 * rank);
  sl_value_id piece = 0;
  for (int32_t i = 0; i < node->output_count; i++) {
    sl_value_id g = sl_sweep_grad(sweep, node->outputs[i]);
    int64_t size = sl_rule_fixed(sl_type_of(sweep, node->outputs[i]), axis);
    if (size < 0 || (g != 0 && piece != 0)) return 0;
    if (g != 0)
      piece = g;
    else
      pads[piece == 0 ? axis : rank + axis] += size;
  }
  return piece == 0 ? 0 : sl_emit_pad(sweep, piece, pads);
}

sl_status sl_grad_Split(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node at = sweep->graph->nodes[node];
  if (!sl_rule_wants(sweep, &at, 0)) return SL_OK;
  const sl_type type = *sl_type_of(sweep, at.inputs[0]);
  int32_t axis = sl_rule_axis(sl_node_int(&at, "axis", 0), type.rank);
  sl_value_id whole = padded_piece(sweep, &at, axis);
  if (whole == 0) {
    sl_value_id *parts = SL_NEW_ARRAY(sweep->scratch, sl_value_id, at.output_count);
    int32_t element = type.element;
    for (int32_t i = 0; i < at.output_count; i++) {
      parts[i] = sl_sweep_grad(sweep, at.outputs[i]);
      if (parts[i] != 0) element = sl_type_of(sweep, parts[i])->element;
    }
    for (int32_t i = 0; i < at.output_count; i++)
      if (parts[i] == 0)
        parts[i] = sl_emit_cast(sweep, sl_emit_zeros_like(sweep, at.outputs[i]), element);
    whole = sl_emit_concat(sweep, parts, at.output_count, axis);
  }
  sl_sweep_add(sweep, at.inputs[0], whole);
  return SL_OK;
}

// ---- Slice --------------------------------------------------------------------------------------

typedef struct cut {
  int32_t axis;
  int64_t start, end, step;
} cut;

// The cuts of a Slice whose numbers are all constant; -1 otherwise.
static int32_t read_cuts(const sl_sweep *sweep, const sl_node *node, cut *cuts) {
  int64_t numbers[4][SL_RULE_RANK_MAX], counts[4] = {0};
  int32_t rank = sl_type_of(sweep, node->inputs[0])->rank;
  for (int32_t i = 0; i < 4; i++) {
    sl_value_id value = sl_node_input(node, i + 1);
    if (value == 0) continue;
    counts[i] = sl_graph_constant_ints(sweep->graph, value, numbers[i], SL_RULE_RANK_MAX);
    if (counts[i] < 0) return -1;
  }
  for (int32_t i = 0; i < counts[0]; i++) {
    int64_t axis = counts[2] > i ? numbers[2][i] : i;
    cuts[i] = (cut){.axis = sl_rule_axis(axis, rank),
                    .start = numbers[0][i],
                    .end = numbers[1][i],
                    .step = counts[3] > i ? numbers[3][i] : 1};
    if (cuts[i].axis < 0) return -1;
  }
  return (int32_t)counts[0];
}

// Undoes one cut on an axis of `size`: `count` entries of g were start, start + step, ...
static sl_value_id undo_cut(sl_sweep *sweep, sl_value_id g, const cut *c, int64_t size,
                            int64_t count) {
  int64_t start = c->start < 0 && c->start >= -size ? c->start + size : c->start;
  start = c->step > 0 ? sl_rule_clamp(start, 0, size) : sl_rule_clamp(start, 0, size - 1);
  int64_t *places = SL_NEW_ARRAY(sweep->scratch, int64_t, count + 1);
  for (int64_t k = 0; k < count; k++) places[k] = start + k * c->step;
  return sl_rule_axis_scatter(sweep, g, c->axis, places, count, size);
}

static int is_whole(const cut *c) { return c->start == 0 && c->step == 1 && c->end >= INT32_MAX; }

// Whether every cut has fixed sizes on both sides, or leaves its axis whole.
static int cuts_are_fixed(const sl_sweep *sweep, const sl_node *node, const cut *cuts,
                          int32_t count) {
  const sl_type *from = sl_type_of(sweep, node->inputs[0]);
  const sl_type *to = sl_type_of(sweep, node->outputs[0]);
  for (int32_t i = 0; i < count; i++) {
    int64_t size = sl_rule_fixed(from, cuts[i].axis), kept = sl_rule_fixed(to, cuts[i].axis);
    if (!is_whole(&cuts[i]) && (size <= 0 || kept <= 0)) return 0;
  }
  return 1;
}

sl_status sl_grad_Slice(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]);
  if (g == 0 || !sl_rule_wants(sweep, &at, 0)) return SL_OK;
  cut cuts[SL_RULE_RANK_MAX];
  int32_t count = read_cuts(sweep, &at, cuts);
  if (count < 0 || !cuts_are_fixed(sweep, &at, cuts, count)) {
    sl_sweep_add(sweep, at.inputs[0], sl_rule_scatter_back(sweep, &at, g));
    return SL_OK;
  }
  const sl_type from = *sl_type_of(sweep, at.inputs[0]), to = *sl_type_of(sweep, at.outputs[0]);
  for (int32_t i = 0; i < count; i++) {
    if (is_whole(&cuts[i])) continue;
    g = undo_cut(sweep, g, &cuts[i], sl_rule_fixed(&from, cuts[i].axis),
                 sl_rule_fixed(&to, cuts[i].axis));
  }
  sl_sweep_add(sweep, at.inputs[0], g);
  return SL_OK;
}

// ---- Pad ----------------------------------------------------------------------------------------

// Pads of all axes as [2 * rank]; 0 when they are not constant.
static int read_pads(const sl_sweep *sweep, const sl_node *node, int64_t *pads) {
  int32_t rank = sl_type_of(sweep, node->inputs[0])->rank;
  int64_t listed[2 * SL_RULE_RANK_MAX], axes[SL_RULE_RANK_MAX];
  int64_t count =
      sl_graph_constant_ints(sweep->graph, node->inputs[1], listed, 2 * SL_RULE_RANK_MAX);
  int64_t axis_count = rank;
  for (int32_t i = 0; i < rank; i++) axes[i] = i;
  if (sl_node_input(node, 3) != 0)
    axis_count = sl_graph_constant_ints(sweep->graph, node->inputs[3], axes, SL_RULE_RANK_MAX);
  if (count < 0 || count != 2 * axis_count) return 0;
  memset(pads, 0, 2 * (size_t)rank * sizeof *pads);
  for (int64_t i = 0; i < axis_count; i++) {
    int32_t axis = sl_rule_axis(axes[i], rank);
    if (axis < 0) return 0;
    pads[axis] = listed[i];
    pads[rank + axis] = listed[axis_count + i];
  }
  return 1;
}

// Cuts off what was added, and puts zeros where negative pads cut something off.
static sl_value_id unpad(sl_sweep *sweep, sl_value_id g, const int64_t *pads) {
  int32_t rank = sl_type_of(sweep, g)->rank, count = 0;
  int64_t starts[SL_RULE_RANK_MAX], ends[SL_RULE_RANK_MAX], axes[SL_RULE_RANK_MAX];
  int64_t zeros[2 * SL_RULE_RANK_MAX];
  bool lost = false;
  for (int32_t i = 0; i < 2 * rank; i++) {
    zeros[i] = pads[i] < 0 ? -pads[i] : 0;
    if (zeros[i] > 0) lost = true;
  }
  for (int32_t i = 0; i < rank; i++) {
    if (pads[i] <= 0 && pads[rank + i] <= 0) continue;
    starts[count] = sl_rule_clamp(pads[i], 0, WHOLE);
    ends[count] = pads[rank + i] > 0 ? -pads[rank + i] : WHOLE;
    axes[count++] = i;
  }
  if (count > 0) g = sl_emit_slice(sweep, g, starts, ends, axes, count);
  return lost ? sl_emit_pad(sweep, g, zeros) : g;
}

// Where entry `at` of a padded axis comes from.
static int64_t source_of(const char *mode, int64_t at, int64_t size) {
  if (at >= 0 && at < size) return at;
  if (strcmp(mode, "edge") == 0 || size == 1) return sl_rule_clamp(at, 0, size - 1);
  if (strcmp(mode, "wrap") == 0) return ((at % size) + size) % size;
  int64_t period = 2 * (size - 1), folded = ((at % period) + period) % period;
  return folded < size ? folded : period - folded;
}

// One axis of reflect, edge or wrap: a matrix that adds the copies.
static sl_value_id unpad_axis(sl_sweep *sweep, sl_value_id g, int32_t axis, const char *mode,
                              int64_t before, int64_t after, int64_t size) {
  int64_t count = before + size + after;
  int64_t *places = SL_NEW_ARRAY(sweep->scratch, int64_t, count);
  for (int64_t k = 0; k < count; k++) places[k] = source_of(mode, k - before, size);
  return sl_rule_axis_scatter(sweep, g, axis, places, count, size);
}

enum { PAD_MATRIX_MAX = 1024 };  // longer axes: scattering costs less than a matrix

static sl_value_id unpad_copies(sl_sweep *sweep, const sl_node *node, sl_value_id g,
                                const char *mode, const int64_t *pads) {
  const sl_type type = *sl_type_of(sweep, node->inputs[0]);
  for (int32_t i = 0; i < type.rank; i++) {
    int64_t size = sl_rule_fixed(&type, i);
    bool padded = pads[i] != 0 || pads[type.rank + i] != 0;
    if (padded && (size <= 0 || size > PAD_MATRIX_MAX || pads[i] < 0 || pads[type.rank + i] < 0))
      return sl_rule_scatter_back(sweep, node, g);
  }
  for (int32_t i = 0; i < type.rank; i++)
    if (pads[i] != 0 || pads[type.rank + i] != 0)
      g = unpad_axis(sweep, g, i, mode, pads[i], pads[type.rank + i], sl_rule_fixed(&type, i));
  return g;
}

static sl_value_id sum_all(sl_sweep *sweep, sl_value_id x) {
  int64_t axes[SL_RULE_RANK_MAX];
  int32_t rank = sl_type_of(sweep, x)->rank;
  for (int32_t i = 0; i < rank; i++) axes[i] = i;
  return sl_emit_reduce_sum(sweep, x, axes, rank, 0);
}

sl_status sl_grad_Pad(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]);
  if (g == 0) return SL_OK;
  const char *mode = sl_node_string(sweep->scratch, &at, "mode", "constant");
  int64_t pads[2 * SL_RULE_RANK_MAX];
  bool known = read_pads(sweep, &at, pads), is_constant = strcmp(mode, "constant") == 0;
  if (!known && is_constant)
    return sl_sweep_refuse(sweep, node, err, "how much it adds is not constant");
  sl_value_id inner;
  if (is_constant)
    inner = unpad(sweep, g, pads);
  else
    inner = known ? unpad_copies(sweep, &at, g, mode, pads) : sl_rule_scatter_back(sweep, &at, g);
  if (sl_rule_wants(sweep, &at, 0)) sl_sweep_add(sweep, at.inputs[0], inner);
  if (is_constant && sl_rule_wants(sweep, &at, 2)) {
    sl_value_id rest = sl_emit_sub(sweep, sum_all(sweep, g), sum_all(sweep, inner));
    sl_sweep_add(sweep, at.inputs[2], sl_emit_reshape_like(sweep, rest, at.inputs[2]));
  }
  return SL_OK;
}

// Around the centre, half of the difference before and the larger half behind when it is odd.
sl_status sl_grad_CenterCropPad(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]);
  if (g == 0 || !sl_rule_wants(sweep, &at, 0)) return SL_OK;
  const sl_type from = *sl_type_of(sweep, at.inputs[0]), to = *sl_type_of(sweep, at.outputs[0]);
  int64_t pads[2 * SL_RULE_RANK_MAX] = {0};
  for (int32_t i = 0; i < from.rank; i++) {
    if (sl_dim_equal(from.dims[i], to.dims[i])) continue;
    int64_t before = sl_rule_fixed(&from, i), after = sl_rule_fixed(&to, i);
    if (before < 0 || after < 0)
      return sl_sweep_refuse(sweep, node, err, "how much it adds is not constant");
    int64_t change = after - before;
    pads[i] = change >= 0 ? change / 2 : -((-change) / 2);
    pads[from.rank + i] = change - pads[i];
  }
  sl_sweep_add(sweep, at.inputs[0], unpad(sweep, g, pads));
  return SL_OK;
}
