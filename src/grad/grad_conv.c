// SPDX-License-Identifier: Apache-2.0
// Rules of Conv and ConvTranspose: to the input, to weights that are computed, to the bias.
//
// Invariant: both are the same sliding window (window.h) read from opposite sides, so each rule is
// the other operator's forward. Start at sl_grad_Conv().
#include "grad/grad_parts.h"
#include "grad/window.h"

// Sum over batch and space.
static void add_bias(sl_sweep *sweep, sl_value_id bias, sl_value_id g, int32_t rank) {
  int64_t axes[SL_WINDOW_RANK_MAX + 1] = {0};
  if (!sl_sweep_wants(sweep, bias)) return;
  for (int32_t i = 0; i < rank; i++) axes[i + 1] = i + 2;
  sl_sweep_add(sweep, bias, sl_emit_reduce_sum(sweep, g, axes, rank + 1, 0));
}

// [N, G * c, space] -> [c, G * N, space] (`inner`) or [G * c, N, space].
static sl_value_id batch_to_channels(sl_sweep *sweep, sl_value_id x, int64_t groups, int inner) {
  sl_type type = *sl_type_of(sweep, x);
  int64_t perm[SL_WINDOW_RANK_MAX + 3];
  sl_dim dims[SL_WINDOW_RANK_MAX + 3];
  if (!inner) {
    for (int32_t i = 0; i < type.rank; i++) perm[i] = i < 2 ? 1 - i : i;
    return sl_emit_transpose(sweep, x, perm, type.rank);
  }
  sl_dim batch = type.dims[0];
  int64_t each = type.dims[1].fixed / groups;
  dims[0] = batch;
  dims[1] = SL_DIM(groups);
  dims[2] = SL_DIM(each);
  for (int32_t i = 2; i < type.rank; i++) dims[i + 1] = type.dims[i];
  sl_value_id split = sl_emit_reshape(sweep, x, dims, type.rank + 1);
  for (int32_t i = 0; i < type.rank + 1; i++) perm[i] = i < 3 ? 2 - i : i;
  sl_value_id turned = sl_emit_transpose(sweep, split, perm, type.rank + 1);
  dims[0] = SL_DIM(each);
  dims[1] = (sl_dim){.fixed = batch.fixed * groups, .per_batch = batch.per_batch * groups};
  for (int32_t i = 2; i < type.rank; i++) dims[i] = type.dims[i];
  return sl_emit_reshape(sweep, turned, dims, type.rank);
}

// dL/dweight of the convolution x -> y with gradient g: a convolution of x with g, where batch and
// channels change places, and stride and dilation.
static sl_value_id weight_gradient(sl_sweep *sweep, const sl_window *window, sl_value_id x,
                                   sl_value_id g, int64_t groups, sl_value_id weight) {
  int32_t rank = window->rank;
  int64_t pads[2 * SL_WINDOW_RANK_MAX], starts[SL_WINDOW_RANK_MAX] = {0}, axes[SL_WINDOW_RANK_MAX];
  int64_t perm[SL_WINDOW_RANK_MAX + 2];
  sl_dim dims[SL_WINDOW_RANK_MAX + 2];
  sl_value_id image = batch_to_channels(sweep, x, groups, 1);
  sl_value_id kernel = batch_to_channels(sweep, g, groups, 0);
  dims[0] = sl_type_of(sweep, weight)->dims[1];
  dims[1] = sl_type_of(sweep, weight)->dims[0];
  for (int32_t i = 0; i < rank; i++) {
    pads[i] = window->begin[i];
    pads[rank + i] = window->end[i];
    axes[i] = i + 2;
    dims[i + 2] = SL_DIM(window->kernel[i] + window->tail[i] / window->dilation[i]);
  }
  sl_value_id full = sl_emit2(sweep, "Conv", image, kernel);
  sl_node_id node = sl_emitted(sweep);
  sl_graph_set_ints(sweep->graph, node, "kernel_shape", window->out, rank);
  sl_graph_set_ints(sweep->graph, node, "strides", window->dilation, rank);
  sl_graph_set_ints(sweep->graph, node, "dilations", window->stride, rank);
  sl_graph_set_ints(sweep->graph, node, "pads", pads, 2 * (int64_t)rank);
  sl_graph_set_int(sweep->graph, node, "group", groups);
  sl_emit_type(sweep, full, sl_type_of(sweep, x)->element, rank + 2, dims);
  sl_value_id cut = sl_emit_slice(sweep, full, starts, window->kernel, axes, rank);
  for (int32_t i = 0; i < rank + 2; i++) perm[i] = i < 2 ? 1 - i : i;
  return sl_emit_transpose(sweep, cut, perm, rank + 2);
}

sl_status sl_grad_Conv(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  const sl_node *n = sl_graph_node(sweep->graph, node);
  sl_value_id x = n->inputs[0], weight = n->inputs[1], g = sl_sweep_grad(sweep, n->outputs[0]);
  int64_t groups = sl_node_int(n, "group", 1);
  sl_window window;
  SL_TRY(sl_window_read(sweep, node, x, n->outputs[0], weight, &window, err));
  add_bias(sweep, sl_node_input(n, 2), g, window.rank);
  if (sl_sweep_wants(sweep, weight))
    sl_sweep_add(sweep, weight, weight_gradient(sweep, &window, x, g, groups, weight));
  if (sl_sweep_wants(sweep, x))
    sl_sweep_add(sweep, x, sl_window_transpose(sweep, &window, g, weight, groups, x));
  return SL_OK;
}

// The window reads output -> input, so the gradient is an ordinary convolution of g.
static sl_value_id convolved(sl_sweep *sweep, const sl_window *window, sl_value_id g,
                             sl_value_id weight, int64_t groups, sl_value_id x) {
  int32_t rank = window->rank;
  int64_t pads[2 * SL_WINDOW_RANK_MAX], starts[SL_WINDOW_RANK_MAX] = {0}, axes[SL_WINDOW_RANK_MAX];
  sl_dim dims[SL_WINDOW_RANK_MAX + 2];
  dims[0] = sl_type_of(sweep, x)->dims[0];
  dims[1] = sl_type_of(sweep, x)->dims[1];
  for (int32_t i = 0; i < rank; i++) {
    pads[i] = window->begin[i];
    pads[rank + i] = window->end[i];
    axes[i] = i + 2;
    dims[i + 2] = SL_DIM(window->out[i] + window->tail[i] / window->stride[i]);
  }
  sl_value_id dx = sl_emit2(sweep, "Conv", g, weight);
  sl_node_id node = sl_emitted(sweep);
  sl_graph_set_ints(sweep->graph, node, "kernel_shape", window->kernel, rank);
  sl_graph_set_ints(sweep->graph, node, "strides", window->stride, rank);
  sl_graph_set_ints(sweep->graph, node, "dilations", window->dilation, rank);
  sl_graph_set_ints(sweep->graph, node, "pads", pads, 2 * (int64_t)rank);
  sl_graph_set_int(sweep->graph, node, "group", groups);
  sl_emit_type(sweep, dx, sl_type_of(sweep, x)->element, rank + 2, dims);
  return sl_emit_slice(sweep, dx, starts, window->out, axes, rank);
}

sl_status sl_grad_ConvTranspose(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  const sl_node *n = sl_graph_node(sweep->graph, node);
  sl_value_id x = n->inputs[0], weight = n->inputs[1], g = sl_sweep_grad(sweep, n->outputs[0]);
  int64_t groups = sl_node_int(n, "group", 1);
  sl_window window;
  SL_TRY(sl_window_read_transposed(sweep, node, &window, err));
  add_bias(sweep, sl_node_input(n, 2), g, window.rank);
  if (sl_sweep_wants(sweep, weight))
    sl_sweep_add(sweep, weight, weight_gradient(sweep, &window, g, x, groups, weight));
  if (sl_sweep_wants(sweep, x))
    sl_sweep_add(sweep, x, convolved(sweep, &window, g, weight, groups, x));
  return SL_OK;
}
