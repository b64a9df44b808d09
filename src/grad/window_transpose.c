// SPDX-License-Identifier: Apache-2.0
// The transposed application of a sliding kernel, in the form that is fastest for the sizes.
//
// Invariant: the result has exactly the input's sizes: what the chosen form gives too much is cut,
// what it lacks is zero. Forms and their speeds are those of docs on gradients: stride 1 is a
// flipped Conv, strided channel-wise kernels are a flipped Conv over spread zeros, other strided
// kernels are ConvTranspose. Start at sl_window_transpose().
#include <string.h>

#include "grad/emit_fold.h"
#include "grad/window.h"

static void set_ints(sl_sweep *sweep, const char *name, const int64_t *values, int32_t count) {
  sl_graph_set_ints(sweep->graph, sl_emitted(sweep), name, values, count);
}

// Type of `value`: like `like` on the first axis, `channels`, then the sizes.
static void set_type(sl_sweep *sweep, sl_value_id value, sl_value_id like, sl_dim channels,
                     const int64_t *sizes, int32_t rank) {
  sl_dim dims[SL_WINDOW_RANK_MAX + 2];
  dims[0] = sl_type_of(sweep, like)->dims[0];
  dims[1] = channels;
  for (int32_t i = 0; i < rank; i++) dims[i + 2] = SL_DIM(sizes[i]);
  sl_emit_type(sweep, value, sl_type_of(sweep, like)->element, rank + 2, dims);
}

// [O, C/g, k] -> [C, O/g, k], flipped in space.
static sl_value_id flipped(sl_sweep *sweep, const sl_constant *weight, int64_t groups) {
  sl_emit_walk walk = {.rank = weight->rank + 1};
  int64_t dims[SL_WINDOW_RANK_MAX + 2], space = 1;
  for (int32_t i = weight->rank - 1; i >= 2; i--) {
    dims[i] = walk.dims[i + 1] = weight->dims[i];
    walk.strides[i + 1] = -space;
    space *= weight->dims[i];
  }
  int64_t per_out = weight->dims[0] / groups, per_in = weight->dims[1];
  walk.start = space - 1;
  walk.dims[0] = groups;
  walk.strides[0] = per_out * per_in * space;
  walk.dims[1] = per_in;
  walk.strides[1] = space;
  walk.dims[2] = per_out;
  walk.strides[2] = per_in * space;
  dims[0] = groups * per_in;
  dims[1] = per_out;
  return sl_emit_walked(sweep, weight, &walk, weight->rank, dims);
}

// Stride-1 convolution of g with a flipped kernel to sizes `out`, where the first result stands
// `before` places before the first of g. Negative padding becomes a slice of the result.
static sl_value_id correlate(sl_sweep *sweep, const sl_window *window, sl_value_id g,
                             sl_value_id kernel, int64_t groups, sl_value_id like) {
  int32_t rank = window->rank;
  sl_type from = *sl_type_of(sweep, g);
  int64_t pads[2 * SL_WINDOW_RANK_MAX], sizes[SL_WINDOW_RANK_MAX];
  int64_t starts[SL_WINDOW_RANK_MAX], ends[SL_WINDOW_RANK_MAX], axes[SL_WINDOW_RANK_MAX];
  for (int32_t i = 0; i < rank; i++) {
    int64_t reach = sl_window_reach(window, i), length = from.dims[i + 2].fixed;
    int64_t before = reach - 1 - window->begin[i];
    int64_t after = window->in[i] - length + window->begin[i];
    pads[i] = before > 0 ? before : 0;
    pads[rank + i] = after > 0 ? after : 0;
    sizes[i] = length + pads[i] + pads[rank + i] - reach + 1;
    starts[i] = before < 0 ? -before : 0;
    ends[i] = starts[i] + window->in[i];
    axes[i] = i + 2;
  }
  sl_value_id dx = sl_emit2(sweep, "Conv", g, kernel);
  set_ints(sweep, "kernel_shape", window->kernel, rank);
  set_ints(sweep, "dilations", window->dilation, rank);
  set_ints(sweep, "pads", pads, 2 * rank);
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "group", groups);
  set_type(sweep, dx, g, sl_type_of(sweep, like)->dims[1], sizes, rank);
  return sl_emit_slice(sweep, dx, starts, ends, axes, rank);
}

static sl_value_id transposed(sl_sweep *sweep, const sl_window *window, sl_value_id g,
                              sl_value_id weight, int64_t groups, sl_value_id like) {
  int32_t rank = window->rank;
  int64_t pads[2 * SL_WINDOW_RANK_MAX];
  memcpy(pads, window->begin, (size_t)rank * sizeof *pads);
  memcpy(pads + rank, window->end, (size_t)rank * sizeof *pads);
  sl_value_id dx = sl_emit2(sweep, "ConvTranspose", g, weight);
  set_ints(sweep, "kernel_shape", window->kernel, rank);
  set_ints(sweep, "strides", window->stride, rank);
  set_ints(sweep, "dilations", window->dilation, rank);
  set_ints(sweep, "pads", pads, 2 * rank);
  set_ints(sweep, "output_padding", window->tail, rank);
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "group", groups);
  sl_emit_type_of(sweep, dx, like);
  return dx;
}

// 1 at multiples of the strides, else 0: [1, 1, out * stride].
static sl_value_id parity_mask(sl_sweep *sweep, const sl_window *window, sl_value_id g) {
  int64_t dims[SL_WINDOW_RANK_MAX + 2] = {1, 1}, count = 1;
  for (int32_t i = 0; i < window->rank; i++)
    count *= dims[i + 2] = window->out[i] * window->stride[i];
  double *numbers = SL_NEW_ARRAY(sweep->scratch, double, count);
  for (int64_t flat = 0; flat < count; flat++) {
    int64_t rest = flat;
    numbers[flat] = 1;
    for (int32_t i = window->rank - 1; i >= 0; i--) {
      if (rest % dims[i + 2] % window->stride[i] != 0) numbers[flat] = 0;
      rest /= dims[i + 2];
    }
  }
  return sl_emit_numbers(sweep, sl_type_of(sweep, g)->element, window->rank + 2, dims, numbers);
}

// g repeated `stride` times along every axis.
static sl_value_id repeated(sl_sweep *sweep, const sl_window *window, sl_value_id g) {
  double scales[SL_WINDOW_RANK_MAX + 2] = {1, 1};
  int64_t sizes[SL_WINDOW_RANK_MAX], count = window->rank + 2;
  for (int32_t i = 0; i < window->rank; i++) {
    scales[i + 2] = (double)window->stride[i];
    sizes[i] = window->out[i] * window->stride[i];
  }
  sl_value_id factors = sl_emit_numbers(sweep, SL_ELEMENT_F32, 1, &count, scales);
  sl_value_id wide = sl_emit3(sweep, "Resize", g, 0, factors);
  sl_node_id node = sl_emitted(sweep);
  sl_graph_set_string(sweep->graph, node, "mode", "nearest");
  sl_graph_set_string(sweep->graph, node, "nearest_mode", "floor");
  sl_graph_set_string(sweep->graph, node, "coordinate_transformation_mode", "asymmetric");
  set_type(sweep, wide, g, sl_type_of(sweep, g)->dims[1], sizes, window->rank);
  return wide;
}

static int is_channelwise(const sl_sweep *sweep, sl_value_id weight, int64_t groups) {
  const sl_type *type = sl_type_of(sweep, weight);
  return groups > 1 && type->rank > 2 && sl_dim_is(type->dims[1], 1);
}

sl_value_id sl_window_transpose(sl_sweep *sweep, const sl_window *window, sl_value_id g,
                                sl_value_id weight, int64_t groups, sl_value_id like) {
  const sl_constant *constant = sl_graph_constant(sweep->graph, weight);
  if (constant != NULL && (constant->data.size == 0 || constant->is_sparse)) constant = NULL;
  if (constant != NULL && sl_window_is_dense(window))
    return correlate(sweep, window, g, flipped(sweep, constant, groups), groups, like);
  if (constant == NULL || window->rank > 2 || !is_channelwise(sweep, weight, groups))
    return transposed(sweep, window, g, weight, groups, like);
  sl_value_id spread =
      sl_emit_mul(sweep, repeated(sweep, window, g), parity_mask(sweep, window, g));
  return correlate(sweep, window, spread, flipped(sweep, constant, groups), groups, like);
}

// ---- pools --------------------------------------------------------------------------------------

// Windows that tile the input exactly, so that repeating is spreading.
static int tiles(const sl_window *window) {
  for (int32_t i = 0; i < window->rank; i++)
    if (window->kernel[i] != window->stride[i] || window->dilation[i] != 1 ||
        window->begin[i] != 0 || window->out[i] * window->stride[i] != window->in[i])
      return 0;
  return 1;
}

sl_value_id sl_window_spread(sl_sweep *sweep, const sl_window *window, sl_value_id g, double value,
                             sl_value_id like) {
  if (tiles(window)) return sl_emit_scale(sweep, repeated(sweep, window, g), value);
  int64_t channels = sl_type_of(sweep, like)->dims[1].fixed;
  int64_t dims[SL_WINDOW_RANK_MAX + 2] = {channels, 1}, count = channels;
  for (int32_t i = 0; i < window->rank; i++) count *= dims[i + 2] = window->kernel[i];
  double *numbers = SL_NEW_ARRAY(sweep->scratch, double, count);
  for (int64_t i = 0; i < count; i++) numbers[i] = value;
  sl_value_id weight =
      sl_emit_numbers(sweep, sl_type_of(sweep, g)->element, window->rank + 2, dims, numbers);
  return sl_window_transpose(sweep, window, g, weight, channels, like);
}
