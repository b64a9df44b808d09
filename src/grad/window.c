// SPDX-License-Identifier: Apache-2.0
// The geometry of sliding windows.
//
// Invariant: after reading, begin, end and tail describe exactly which inputs each window covers,
// whatever padding mode and rounding the node asked for. Start at sl_window_read().
#include "grad/window.h"

#include <string.h>

int sl_window_is_dense(const sl_window *window) {
  for (int32_t i = 0; i < window->rank; i++)
    if (window->stride[i] != 1) return 0;
  return 1;
}

int64_t sl_window_reach(const sl_window *window, int32_t axis) {
  return window->dilation[axis] * (window->kernel[axis] - 1) + 1;
}

static void copy_ints(const sl_node *node, const char *name, int64_t *out, int32_t rank,
                      int64_t missing) {
  for (int32_t i = 0; i < rank; i++) out[i] = sl_node_int_at(node, name, i, missing);
}

static sl_status read_sizes(const sl_sweep *sweep, sl_node_id node, sl_value_id value,
                            sl_window *window, int64_t *out, sl_error *err) {
  const sl_type *type = sl_type_of(sweep, value);
  if (type->rank < 3 || type->rank - 2 > SL_WINDOW_RANK_MAX)
    return sl_sweep_refuse(sweep, node, err, "it works on %d axes", (int)type->rank - 2);
  window->rank = type->rank - 2;
  for (int32_t i = 0; i < window->rank; i++) {
    sl_dim dim = type->dims[i + 2];
    if (dim.fixed == SL_DIM_UNKNOWN || dim.per_batch != 0)
      return sl_sweep_refuse(sweep, node, err, "the image size of \"%s\" is not fixed",
                             sweep->graph->values[value].name);
    out[i] = dim.fixed;
  }
  return SL_OK;
}

static void read_kernel(const sl_sweep *sweep, const sl_node *n, sl_value_id weight,
                        sl_window *window) {
  copy_ints(n, "kernel_shape", window->kernel, window->rank, 1);
  copy_ints(n, "strides", window->stride, window->rank, 1);
  copy_ints(n, "dilations", window->dilation, window->rank, 1);
  if (weight == 0) return;
  const sl_type *type = sl_type_of(sweep, weight);
  for (int32_t i = 0; i < window->rank && i + 2 < type->rank; i++)
    window->kernel[i] = type->dims[i + 2].fixed;
}

// Pads that the node states, or that its padding mode gives for `total` of an axis.
static void read_pads(const sl_sweep *sweep, const sl_node *n, sl_window *window,
                      const int64_t *total) {
  int64_t pads[2 * SL_WINDOW_RANK_MAX];
  copy_ints(n, "pads", pads, 2 * window->rank, 0);
  const char *mode = sl_node_string(sweep->scratch, n, "auto_pad", "NOTSET");
  int is_upper = strcmp(mode, "SAME_UPPER") == 0, is_same = strncmp(mode, "SAME", 4) == 0;
  for (int32_t i = 0; i < window->rank; i++) {
    int64_t sum = total[i] > 0 ? total[i] : 0, smaller = sum / 2;
    window->begin[i] = strcmp(mode, "VALID") == 0 ? 0 : pads[i];
    if (is_same) window->begin[i] = is_upper ? smaller : sum - smaller;
  }
}

// What remains once sizes and begin are known. Windows may reach past the stated padding
// (ceil_mode).
static void close_axes(sl_window *window, const int64_t *stated_end) {
  for (int32_t i = 0; i < window->rank; i++) {
    int64_t last = (window->out[i] - 1) * window->stride[i] + sl_window_reach(window, i);
    int64_t end = stated_end[i], tail = window->in[i] + window->begin[i] + end - last;
    window->end[i] = tail < 0 ? end - tail : end;
    window->tail[i] = tail < 0 ? 0 : tail;
  }
}

// Pads at the end that leave no tail of a whole stride or more: the least that fits is enough.
static void fit_ends(const sl_window *window, int64_t *end) {
  for (int32_t i = 0; i < window->rank; i++) {
    int64_t last = (window->out[i] - 1) * window->stride[i] + sl_window_reach(window, i);
    int64_t fit = last - window->in[i] - window->begin[i];
    end[i] = fit > 0 ? fit : 0;
  }
}

sl_status sl_window_read(const sl_sweep *sweep, sl_node_id node, sl_value_id input,
                         sl_value_id output, sl_value_id weight, sl_window *out, sl_error *err) {
  *out = (sl_window){0};
  const sl_node *n = sl_graph_node(sweep->graph, node);
  SL_TRY(read_sizes(sweep, node, input, out, out->in, err));
  SL_TRY(read_sizes(sweep, node, output, out, out->out, err));
  read_kernel(sweep, n, weight, out);
  int64_t total[SL_WINDOW_RANK_MAX], end[SL_WINDOW_RANK_MAX];
  for (int32_t i = 0; i < out->rank; i++)
    total[i] = (out->out[i] - 1) * out->stride[i] + sl_window_reach(out, i) - out->in[i];
  read_pads(sweep, n, out, total);
  fit_ends(out, end);
  close_axes(out, end);
  return SL_OK;
}

sl_status sl_window_read_transposed(const sl_sweep *sweep, sl_node_id node, sl_window *out,
                                    sl_error *err) {
  *out = (sl_window){0};
  const sl_node *n = sl_graph_node(sweep->graph, node);
  SL_TRY(read_sizes(sweep, node, n->outputs[0], out, out->in, err));
  SL_TRY(read_sizes(sweep, node, n->inputs[0], out, out->out, err));
  read_kernel(sweep, n, n->inputs[1], out);
  int64_t total[SL_WINDOW_RANK_MAX], end[SL_WINDOW_RANK_MAX], more[SL_WINDOW_RANK_MAX], count;
  copy_ints(n, "output_padding", more, out->rank, 0);
  for (int32_t i = 0; i < out->rank; i++)
    total[i] = (out->out[i] - 1) * out->stride[i] + sl_window_reach(out, i) + more[i] - out->in[i];
  read_pads(sweep, n, out, total);
  const char *mode = sl_node_string(sweep->scratch, n, "auto_pad", "NOTSET");
  int states_size = sl_node_ints(n, "output_shape", &count) != NULL;
  for (int32_t i = 0; i < out->rank && states_size && strncmp(mode, "SAME", 4) != 0; i++)
    out->begin[i] = total[i] > 0 ? total[i] - total[i] / 2 : 0;
  fit_ends(out, end);
  close_axes(out, end);
  return SL_OK;
}
