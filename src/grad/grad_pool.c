// SPDX-License-Identifier: Apache-2.0
// Rules of pools: maxima, means and norms over windows and over whole images.
//
// Invariant: a maximum passes its gradient to the first place that reaches it, as the runtime's own
// indices say, so ties are broken as PyTorch breaks them. Start at spread_maxima().
#include "grad/grad_parts.h"
#include "grad/window.h"

// ---- maxima -------------------------------------------------------------------------------------

static int overlaps(const sl_window *window) {
  for (int32_t i = 0; i < window->rank; i++)
    if (sl_window_reach(window, i) > window->stride[i]) return 1;
  return 0;
}

// Kernel and strides of 1, since the places are given: others would only ask for a larger output
// where windows reach past the image.
static sl_value_id unpooled(sl_sweep *sweep, const sl_window *window, sl_value_id g,
                            sl_value_id indices, sl_value_id like) {
  int64_t ones[SL_WINDOW_RANK_MAX];
  for (int32_t i = 0; i < window->rank; i++) ones[i] = 1;
  sl_value_id value = sl_emit3(sweep, "MaxUnpool", g, indices, sl_emit_shape_of(sweep, like));
  sl_graph_set_ints(sweep->graph, sl_emitted(sweep), "kernel_shape", ones, window->rank);
  sl_emit_type_of(sweep, value, like);
  sweep->graph->values[value].type.element = SL_ELEMENT_F32;
  return value;
}

static sl_value_id flat(sl_sweep *sweep, sl_value_id x) {
  sl_dim count = sl_type_elements(sl_type_of(sweep, x));
  return sl_emit_reshape(sweep, x, &count, 1);
}

static sl_value_id scatter_all(sl_sweep *sweep, sl_value_id g, sl_value_id indices,
                               sl_value_id like) {
  // Of the type of g: x may hold the integers of a quantised model.
  sl_value_id zeros = flat(sweep, sl_emit_expand_like(sweep, sl_emit_number(sweep, g, 0), like));
  sl_value_id sum = sl_emit3(sweep, "ScatterElements", zeros, flat(sweep, indices), flat(sweep, g));
  sl_graph_set_string(sweep->graph, sl_emitted(sweep), "reduction", "add");
  return sl_emit_reshape_like(sweep, sum, like);
}

// `indices` are places in the whole of x, as MaxPool counts them. MaxUnpool stores instead of
// adding: it serves windows that do not overlap, at half the cost.
static sl_value_id spread_maxima(sl_sweep *sweep, const sl_window *window, sl_value_id g,
                                 sl_value_id indices, sl_value_id x) {
  if (sl_type_of(sweep, g)->element == SL_ELEMENT_F32 && !overlaps(window))
    return unpooled(sweep, window, g, indices, x);
  return scatter_all(sweep, g, indices, x);
}

// A second pool for the indices: asking the first one would take it out of the blocked layout.
static sl_value_id max_indices(sl_sweep *sweep, const sl_node *n, sl_value_id x) {
  static const char *const copied[] = {"kernel_shape", "strides",  "dilations",
                                       "pads",         "auto_pad", "ceil_mode"};
  sl_value_id y = n->outputs[0], value = sl_emit_many(sweep, "MaxPool", &x, 1, 2);
  for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
    const sl_attribute *attribute = sl_node_attribute(n, copied[i]);
    if (attribute != NULL) sl_graph_set_attribute(sweep->graph, sl_emitted(sweep), attribute);
  }
  sl_emit_type_of(sweep, value, y);
  sl_emit_type_of(sweep, value + 1, y);
  sweep->graph->values[value + 1].type.element = SL_ELEMENT_I64;
  return value + 1;
}

sl_status sl_grad_MaxPool(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id x = n.inputs[0], g = sl_sweep_grad(sweep, n.outputs[0]);
  if (g == 0 || !sl_sweep_wants(sweep, x)) return SL_OK;
  sl_window window;
  SL_TRY(sl_window_read(sweep, node, x, n.outputs[0], 0, &window, err));
  sl_value_id indices = sl_node_output(&n, 1);
  if (indices == 0 || sl_node_int(&n, "storage_order", 0) != 0) indices = max_indices(sweep, &n, x);
  sl_sweep_add(sweep, x, spread_maxima(sweep, &window, g, indices, x));
  return SL_OK;
}

sl_status sl_rule_max_pool_at(sl_sweep *sweep, sl_node_id node, sl_value_id x, sl_value_id g,
                              sl_value_id *out, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_window window;
  SL_TRY(sl_window_read(sweep, node, n.inputs[0], n.outputs[0], 0, &window, err));
  *out = spread_maxima(sweep, &window, g, max_indices(sweep, &n, x), x);
  return SL_OK;
}

sl_status sl_grad_MaxUnpool(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id x = n.inputs[0], g = sl_sweep_grad(sweep, n.outputs[0]);
  if (!sl_sweep_wants(sweep, x)) return SL_OK;
  sl_value_id picked = sl_emit2(sweep, "Gather", flat(sweep, g), n.inputs[1]);
  sl_emit_type_of(sweep, picked, x);
  sl_sweep_add(sweep, x, picked);
  return SL_OK;
}

// ---- whole images -------------------------------------------------------------------------------

// Places of x as one row per channel: [N, C, places].
static sl_value_id rows_of(sl_sweep *sweep, sl_value_id x) {
  sl_type type = *sl_type_of(sweep, x);
  sl_type space = {.rank = type.rank - 2, .dims = type.dims + 2};
  sl_dim dims[3] = {type.dims[0], type.dims[1], sl_type_elements(&space)};
  return sl_emit_reshape(sweep, x, dims, 3);
}

sl_status sl_grad_GlobalMaxPool(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id x = n.inputs[0], g = sl_sweep_grad(sweep, n.outputs[0]);
  sl_value_id rows = rows_of(sweep, x), top = rows_of(sweep, g);
  sl_value_id place = sl_emit1(sweep, "ArgMax", rows);
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "axis", 2);
  sl_emit_type_of(sweep, place, top);
  sweep->graph->values[place].type.element = SL_ELEMENT_I64;
  sl_value_id zeros = sl_emit_zeros_like(sweep, rows);
  sl_value_id spread = sl_emit3(sweep, "ScatterElements", zeros, place, top);
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "axis", 2);
  sl_sweep_add(sweep, x, sl_emit_reshape_like(sweep, spread, x));
  return SL_OK;
}

// Sizes of the image; refused when they are not fixed.
static sl_status count_places(const sl_sweep *sweep, sl_node_id node, int64_t *out, sl_error *err) {
  const sl_type *type = sl_type_of(sweep, sl_graph_node(sweep->graph, node)->inputs[0]);
  *out = 1;
  for (int32_t i = 2; i < type->rank; i++) {
    if (type->dims[i].per_batch != 0 || type->dims[i].fixed == SL_DIM_UNKNOWN)
      return sl_sweep_refuse(sweep, node, err, "the image size is not fixed");
    *out *= type->dims[i].fixed;
  }
  return SL_OK;
}

sl_status sl_grad_GlobalAveragePool(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id x = n.inputs[0], g = sl_sweep_grad(sweep, n.outputs[0]);
  int64_t places;
  SL_TRY(count_places(sweep, node, &places, err));
  sl_value_id each = sl_emit_scale(sweep, g, 1.0 / (double)places);
  sl_value_id wide = sl_rule_widened(sweep, each, x);
  sl_sweep_add(sweep, x, wide != each ? wide : sl_emit_expand_like(sweep, each, x));
  return SL_OK;
}

// ---- means --------------------------------------------------------------------------------------

// Elements that window `at` of an axis divides by: those inside the image, or inside the padding
// too.
static int64_t count_of(const sl_window *window, int32_t axis, int64_t at, int with_pads,
                        int64_t stated_end) {
  int64_t start = at * window->stride[axis] - window->begin[axis], count = 0;
  int64_t from = with_pads ? start : 0;
  int64_t to = window->in[axis] + (with_pads ? stated_end : 0);
  for (int64_t k = 0; k < window->kernel[axis]; k++) {
    int64_t place = start + k * window->dilation[axis];
    count += place >= from && place < to;
  }
  return count > 0 ? count : 1;
}

// Spreading needs a kernel for each channel, so their number must be known.
static sl_status check_channels(const sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_value_id x = sl_graph_node(sweep->graph, node)->inputs[0];
  sl_dim channels = sl_type_of(sweep, x)->dims[1];
  if (channels.per_batch == 0 && channels.fixed > 0) return SL_OK;
  return sl_sweep_refuse(sweep, node, err, "its number of channels is not fixed");
}

// What every window divides by: [1, 1, out] numbers; *same is set when all are `size`.
static double *count_windows(sl_sweep *sweep, const sl_window *window, int with_pads,
                             const int64_t *stated_ends, int64_t *total, int *same) {
  int64_t size = 1;
  *total = 1;
  for (int32_t i = 0; i < window->rank; i++) {
    *total *= window->out[i];
    size *= window->kernel[i];
  }
  double *counts = SL_NEW_ARRAY(sweep->scratch, double, *total);
  *same = 1;
  for (int64_t place = 0; place < *total; place++) {
    int64_t rest = place, count = 1;
    for (int32_t i = window->rank - 1; i >= 0; i--) {
      count *= count_of(window, i, rest % window->out[i], with_pads, stated_ends[i]);
      rest /= window->out[i];
    }
    counts[place] = (double)count;
    *same &= count == size;
  }
  return counts;
}

sl_status sl_grad_AveragePool(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id x = n.inputs[0], g = sl_sweep_grad(sweep, n.outputs[0]);
  sl_window window;
  SL_TRY(sl_window_read(sweep, node, x, n.outputs[0], 0, &window, err));
  SL_TRY(check_channels(sweep, node, err));
  int64_t listed, ends[SL_WINDOW_RANK_MAX], dims[SL_WINDOW_RANK_MAX + 2] = {1, 1}, total;
  const int64_t *pads = sl_node_ints(&n, "pads", &listed);
  for (int32_t i = 0; i < window.rank; i++) {
    ends[i] = pads != NULL && listed == 2 * window.rank ? pads[window.rank + i] : window.end[i];
    dims[i + 2] = window.out[i];
  }
  int same, with_pads = (int)sl_node_int(&n, "count_include_pad", 0);
  double *numbers = count_windows(sweep, &window, with_pads, ends, &total, &same);
  double share = 1 / numbers[0];
  if (!same) {
    for (int64_t i = 0; i < total; i++) numbers[i] = 1 / numbers[i];
    int32_t element = sl_type_of(sweep, g)->element;
    g = sl_emit_mul(sweep, g, sl_emit_numbers(sweep, element, window.rank + 2, dims, numbers));
    share = 1;
  }
  sl_sweep_add(sweep, x, sl_window_spread(sweep, &window, g, share, x));
  return SL_OK;
}

// ---- norms --------------------------------------------------------------------------------------

// |x|^(p-1) sign(x).
static sl_value_id slope_of_power(sl_sweep *sweep, sl_value_id x, double p) {
  if (p == 2) return x;
  sl_value_id sign = sl_emit1(sweep, "Sign", x);
  if (p == 1) return sign;
  sl_value_id size =
      sl_emit2(sweep, "Pow", sl_emit1(sweep, "Abs", x), sl_emit_number(sweep, x, p - 1));
  return sl_emit_mul(sweep, size, sign);
}

// g / y^(p-1), and 0 where y is 0: there every x of the window is 0.
static sl_value_id over_norm(sl_sweep *sweep, sl_value_id g, sl_value_id y, double p) {
  if (p == 1) return g;
  sl_value_id zero = sl_emit_number(sweep, y, 0);
  sl_value_id is_zero = sl_emit2(sweep, "Equal", y, zero);
  sl_value_id safe = sl_emit3(sweep, "Where", is_zero, sl_emit_number(sweep, y, 1), y);
  sl_emit_type_of(sweep, safe, y);
  if (p != 2) safe = sl_emit2(sweep, "Pow", safe, sl_emit_number(sweep, y, p - 1));
  return sl_emit_div(sweep, g, safe);
}

sl_status sl_grad_LpPool(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id x = n.inputs[0], y = n.outputs[0], g = sl_sweep_grad(sweep, y);
  double p = (double)sl_node_int(&n, "p", 2);
  sl_window window;
  SL_TRY(sl_window_read(sweep, node, x, y, 0, &window, err));
  SL_TRY(check_channels(sweep, node, err));
  sl_value_id spread = sl_window_spread(sweep, &window, over_norm(sweep, g, y, p), 1, x);
  sl_sweep_add(sweep, x, sl_emit_mul(sweep, spread, slope_of_power(sweep, x, p)));
  return SL_OK;
}

sl_status sl_grad_GlobalLpPool(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id x = n.inputs[0], y = n.outputs[0], g = sl_sweep_grad(sweep, y);
  double p = (double)sl_node_int(&n, "p", 2);
  sl_value_id slope = slope_of_power(sweep, x, p);
  sl_sweep_add(sweep, x, sl_emit_mul(sweep, slope, over_norm(sweep, g, y, p)));
  return SL_OK;
}
