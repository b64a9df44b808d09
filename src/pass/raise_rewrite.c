// SPDX-License-Identifier: Apache-2.0
// Rewrites of single nodes from an older spelling to a later one.
//
// Most move attributes to inputs; Softmax changed its meaning and gets a Flatten and a Reshape.
//
// Invariant: outputs keep their names. Start at attribute_to_input().
#include "pass/raise_rewrite.h"

#include <float.h>
#include <string.h>

static const sl_node *node_at(const sl_raise *raise, sl_node_id node) {
  return &raise->graph->nodes[node];
}

static const char *hint_of(sl_raise *raise, sl_node_id node, const char *what) {
  const sl_node *n = node_at(raise, node);
  sl_value_id output = sl_node_output(n, 0);
  return sl_arena_printf(raise->scratch, "%s_%s",
                         output != 0 ? raise->graph->values[output].name : n->type, what);
}

static sl_status refuse(sl_raise *raise, sl_node_id node, const char *why, sl_error *err) {
  sl_fail(err, SL_E_UNSUPPORTED, "node \"%s\" of operator set %lld cannot be raised to %lld: %s",
          sl_node_title(raise->scratch, raise->graph, node), (long long)raise->from,
          (long long)raise->to, why);
  return sl_hint(err, SL_E_UNSUPPORTED, "export the model with operator set 17 or later");
}

sl_status sl_raise_refuse(sl_raise *raise, sl_node_id node, sl_error *err) {
  return refuse(raise, node, "the operator changed its meaning", err);
}

// An attribute of integers becomes int64 input `slot`; absent ones stay left out.
static void ints_to_input(sl_raise *raise, sl_node_id node, const char *name, int32_t slot) {
  const sl_attribute *found = sl_node_attribute(node_at(raise, node), name);
  if (found == NULL || found->kind != SL_ATTRIBUTE_INTS) return;
  sl_value_id ints =
      sl_graph_add_ints(raise->graph, hint_of(raise, node, name), found->ints, found->count);
  sl_graph_set_input(raise->graph, node, slot, ints);
  sl_graph_unset(raise->graph, node, name);
}

// A number of the element type of input 0: a constant where the type is known, else CastLike.
static sl_value_id number_like_input(sl_raise *raise, sl_node_id node, const char *name,
                                     double number) {
  sl_graph *graph = raise->graph;
  sl_value_id x = sl_node_input(node_at(raise, node), 0);
  int32_t element = graph->values[x].type.element;
  const char *hint = hint_of(raise, node, name);
  sl_value_id made = sl_pass_scalar(graph, hint, element, number);
  if (made != 0) return made;
  sl_value_id both[2] = {sl_pass_scalar(graph, hint, SL_ELEMENT_F32, number), x};
  return sl_graph_apply(graph, "CastLike", hint, node_at(raise, node)->name, both, 2, 1);
}

// ---- up to operator set 6 -----------------------------------------------------------------------

// `count` axes of size 1 after those of input `slot`. Steps do not see new nodes: these are spelled
// as in 13.
static void append_axes(sl_raise *raise, sl_node_id node, int32_t slot, int32_t rank,
                        int64_t count) {
  sl_graph *graph = raise->graph;
  int64_t axes[16];
  for (int64_t i = 0; i < count; i++) axes[i] = rank + i;
  const char *hint = hint_of(raise, node, "aligned");
  sl_value_id both[2] = {node_at(raise, node)->inputs[slot],
                         sl_graph_add_ints(graph, hint, axes, count)};
  sl_value_id wide =
      sl_graph_apply(graph, "Unsqueeze", hint, node_at(raise, node)->name, both, 2, 1);
  sl_graph_set_input(graph, node, slot, wide);
}

// The second input used to start at an axis of the first; now both end together.
sl_status sl_raise_broadcast(sl_raise *raise, sl_node_id node, sl_error *err) {
  const sl_node *n = node_at(raise, node);
  const sl_type *x = &raise->graph->values[sl_node_input(n, 0)].type;
  const sl_type *y = &raise->graph->values[sl_node_input(n, 1)].type;
  if (sl_node_attribute(n, "axis") != NULL && !sl_node_is(n, "Gemm")) {
    int64_t axis = sl_node_int(n, "axis", 0), missing = x->rank - axis - y->rank;
    if (x->rank < 0 || y->rank < 0 || axis < 0 || missing < 0 || missing > 8)
      return refuse(raise, node, "the ranks of its inputs are not known", err);
    if (missing > 0) append_axes(raise, node, 1, y->rank, missing);
  }
  sl_graph_unset(raise->graph, node, "axis");
  sl_graph_unset(raise->graph, node, "broadcast");
  return SL_OK;
}

sl_status sl_raise_is_test(sl_raise *raise, sl_node_id node, sl_error *err) {
  if (sl_node_int(node_at(raise, node), "is_test", 0) == 0)
    return refuse(raise, node, "it is in training mode", err);
  sl_graph_unset(raise->graph, node, "is_test");
  sl_graph_unset(raise->graph, node, "consumed_inputs");
  return SL_OK;
}

// One slope per channel used to be enough; now it must broadcast.
sl_status sl_raise_slope(sl_raise *raise, sl_node_id node, sl_error *err) {
  const sl_node *n = node_at(raise, node);
  const sl_type *x = &raise->graph->values[sl_node_input(n, 0)].type;
  const sl_type *slope = &raise->graph->values[sl_node_input(n, 1)].type;
  if (slope->rank != 1 || sl_dim_is(slope->dims[0], 1)) return SL_OK;
  if (x->rank < 2 || x->rank > 10)
    return refuse(raise, node, "the rank of its input is not known", err);
  if (x->rank > 2) append_axes(raise, node, 1, 1, x->rank - 2);
  return SL_OK;
}

// ---- normalisation, dropout ---------------------------------------------------------------------

// Until 8, spatial = 0 meant statistics per position.
sl_status sl_raise_batch_norm(sl_raise *raise, sl_node_id node, sl_error *err) {
  if (sl_node_int(node_at(raise, node), "spatial", 1) != 1)
    return refuse(raise, node, "spatial is 0 (statistics per position)", err);
  sl_graph_unset(raise->graph, node, "spatial");
  return SL_OK;
}

// Until 13, more than one output meant training.
sl_status sl_raise_batch_norm_outputs(sl_raise *raise, sl_node_id node, sl_error *err) {
  const sl_node *n = node_at(raise, node);
  for (int32_t i = 1; i < n->output_count; i++)
    if (n->outputs[i] != 0) return refuse(raise, node, "it is in training mode", err);
  return SL_OK;
}

// Always inference since 7; the ratio has no effect then.
sl_status sl_raise_dropout(sl_raise *raise, sl_node_id node, sl_error *err) {
  (void)err;
  sl_graph_unset(raise->graph, node, "ratio");
  return SL_OK;
}

// ---- attributes to inputs -----------------------------------------------------------------------

sl_status sl_raise_axes(sl_raise *raise, sl_node_id node, sl_error *err) {
  (void)err;
  ints_to_input(raise, node, "axes", 1);
  return SL_OK;
}

sl_status sl_raise_split(sl_raise *raise, sl_node_id node, sl_error *err) {
  (void)err;
  ints_to_input(raise, node, "split", 1);
  return SL_OK;
}

sl_status sl_raise_split_count(sl_raise *raise, sl_node_id node, sl_error *err) {
  (void)err;
  const sl_node *n = node_at(raise, node);
  if (sl_node_input(n, 1) == 0)
    sl_graph_set_int(raise->graph, node, "num_outputs", n->output_count);
  return SL_OK;
}

sl_status sl_raise_slice(sl_raise *raise, sl_node_id node, sl_error *err) {
  (void)err;
  ints_to_input(raise, node, "starts", 1);
  ints_to_input(raise, node, "ends", 2);
  ints_to_input(raise, node, "axes", 3);
  return SL_OK;
}

sl_status sl_raise_top_k(sl_raise *raise, sl_node_id node, sl_error *err) {
  (void)err;
  int64_t k = sl_node_int(node_at(raise, node), "k", 1);
  sl_graph_set_input(raise->graph, node, 1,
                     sl_graph_add_ints(raise->graph, hint_of(raise, node, "k"), &k, 1));
  sl_graph_unset(raise->graph, node, "k");
  return SL_OK;
}

sl_status sl_raise_clip(sl_raise *raise, sl_node_id node, sl_error *err) {
  (void)err;
  static const char *const names[2] = {"min", "max"};
  for (int32_t i = 0; i < 2; i++) {
    if (sl_node_attribute(node_at(raise, node), names[i]) == NULL) continue;
    double bound = sl_node_float(node_at(raise, node), names[i], 0);
    sl_graph_unset(raise->graph, node, names[i]);
    // The default bounds of the old spelling: no bound, also for types that hold more.
    if (bound <= -(double)FLT_MAX || bound >= (double)FLT_MAX) continue;
    sl_graph_set_input(raise->graph, node, i + 1, number_like_input(raise, node, names[i], bound));
  }
  return SL_OK;
}

sl_status sl_raise_pad(sl_raise *raise, sl_node_id node, sl_error *err) {
  (void)err;
  double value = sl_node_float(node_at(raise, node), "value", 0);
  ints_to_input(raise, node, "pads", 1);
  if (value != 0)
    sl_graph_set_input(raise->graph, node, 2, number_like_input(raise, node, "value", value));
  sl_graph_unset(raise->graph, node, "value");
  return SL_OK;
}

// ---- resizing -----------------------------------------------------------------------------------

sl_status sl_raise_upsample_scales(sl_raise *raise, sl_node_id node, sl_error *err) {
  const sl_attribute *scales = sl_node_attribute(node_at(raise, node), "scales");
  if (scales == NULL || scales->kind != SL_ATTRIBUTE_FLOATS)
    return refuse(raise, node, "it has no scales", err);
  sl_value_id value = sl_graph_add_constant(raise->graph, hint_of(raise, node, "scales"),
                                            SL_ELEMENT_F32, 1, &scales->count, scales->floats);
  sl_graph_set_input(raise->graph, node, 1, value);
  sl_graph_unset(raise->graph, node, "scales");
  return SL_OK;
}

// In Resize of 10 coordinates were asymmetric and nearest meant floor; so in Upsample.
sl_status sl_raise_resize(sl_raise *raise, sl_node_id node, sl_error *err) {
  (void)err;
  const sl_node *n = node_at(raise, node);
  sl_value_id inputs[3] = {sl_node_input(n, 0), 0, sl_node_input(n, 1)};
  sl_graph_set_inputs_of(raise->graph, node, inputs, 3);
  sl_graph_set_string(raise->graph, node, "coordinate_transformation_mode", "asymmetric");
  sl_graph_set_string(raise->graph, node, "nearest_mode", "floor");
  return SL_OK;
}

// Goes on as Resize of 10.
sl_status sl_raise_upsample(sl_raise *raise, sl_node_id node, sl_error *err) {
  (void)err;
  const char *mode = sl_node_string(raise->scratch, node_at(raise, node), "mode", "nearest");
  sl_graph_set_node_type(raise->graph, node, "", "Resize");
  if (strcmp(mode, "bilinear") == 0) sl_graph_set_string(raise->graph, node, "mode", "linear");
  return SL_OK;
}

// ---- changed meanings ---------------------------------------------------------------------------

sl_status sl_raise_scatter(sl_raise *raise, sl_node_id node, sl_error *err) {
  (void)err;
  sl_graph_set_node_type(raise->graph, node, "", "ScatterElements");
  return SL_OK;
}

// Since 16 half a pixel is subtracted unless this is said.
sl_status sl_raise_roi_align(sl_raise *raise, sl_node_id node, sl_error *err) {
  (void)err;
  sl_graph_set_string(raise->graph, node, "coordinate_transformation_mode", "output_half_pixel");
  return SL_OK;
}

sl_status sl_raise_grid_sample(sl_raise *raise, sl_node_id node, sl_error *err) {
  (void)err;
  const char *mode = sl_node_string(raise->scratch, node_at(raise, node), "mode", "bilinear");
  if (strcmp(mode, "bilinear") == 0) sl_graph_set_string(raise->graph, node, "mode", "linear");
  if (strcmp(mode, "bicubic") == 0) sl_graph_set_string(raise->graph, node, "mode", "cubic");
  return SL_OK;
}

// All sizes after `axis` are 1, so flattening them with it changes nothing.
static int rest_is_one(const sl_type *type, int64_t axis) {
  for (int32_t d = (int32_t)axis + 1; d < type->rank; d++)
    if (!sl_dim_is(type->dims[d], 1)) return 0;
  return 1;
}

// Until 12 the input was flattened to two dimensions at `axis`, with default 1.
sl_status sl_raise_softmax(sl_raise *raise, sl_node_id node, sl_error *err) {
  (void)err;
  sl_graph *graph = raise->graph;
  const sl_node n = *node_at(raise, node);
  sl_value_id x = sl_node_input(&n, 0), y = sl_node_output(&n, 0);
  if (x == 0 || y == 0) return SL_OK;
  const sl_type *type = &graph->values[x].type;
  int64_t axis = sl_node_int(&n, "axis", 1);
  if (axis == -1 || (type->rank > 0 && rest_is_one(type, axis < 0 ? axis + type->rank : axis))) {
    sl_graph_set_int(graph, node, "axis", axis);
    return SL_OK;
  }
  const char *hint = hint_of(raise, node, "flat");
  sl_value_id shape = sl_graph_apply(graph, "Shape", hint, n.name, &x, 1, 1);
  sl_value_id flat = sl_graph_apply(graph, "Flatten", hint, n.name, &x, 1, 1);
  sl_graph_set_int(graph, graph->values[flat].maker, "axis", axis);
  sl_value_id inner = sl_graph_add_value(graph, sl_graph_fresh_name(graph, hint), SL_ORIGIN_NODE);
  sl_graph_remove_node(graph, node);
  sl_node_id made = sl_pass_clone(graph, node, &flat, 1, &inner, 1);
  sl_graph_set_int(graph, made, "axis", -1);
  sl_value_id both[2] = {inner, shape};
  sl_node_id back = sl_graph_add_node(graph, "", "Reshape", "", both, 2, &y, 1);
  graph->nodes[back].origin = graph->nodes[made].name;
  return SL_OK;
}
