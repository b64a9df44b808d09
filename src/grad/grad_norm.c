// SPDX-License-Identifier: Apache-2.0
// Rules of normalisations, in closed form: for xhat = (x - mean) / deviation over some axes,
// dx = (g - mean(g) - xhat mean(g xhat)) / deviation.
//
// Invariant: statistics are computed again from x, so nothing of the forward part is asked for more
// outputs. Start at centred_back(). Source: Ba, Kiros and Hinton, "Layer Normalization", 2016.
#include <math.h>

#include "grad/grad_parts.h"

typedef struct axes {
  int64_t at[SL_RULE_RANK_MAX];
  int32_t count;
} axes;

static axes axes_from(int32_t first, int32_t rank) {
  axes a = {.count = 0};
  for (int32_t i = first; i < rank; i++) a.at[a.count++] = i;
  return a;
}

static sl_value_id mean_over(sl_sweep *sweep, sl_value_id x, const axes *a) {
  return sl_emit_reduce_mean(sweep, x, a->at, a->count, 1);
}

// x scaled to unit size over the axes, and 1 / its size.
typedef struct normalised {
  sl_value_id xhat, inverse;
} normalised;

// `outside`: epsilon is added to the deviation, not to the variance.
static normalised scaled_by_rms(sl_sweep *sweep, sl_value_id x, const axes *a, double epsilon,
                                int outside) {
  sl_value_id variance = mean_over(sweep, sl_emit_mul(sweep, x, x), a);
  if (!outside) variance = sl_emit_shift(sweep, variance, epsilon);
  sl_value_id deviation = sl_emit1(sweep, "Sqrt", variance);
  if (outside) deviation = sl_emit_shift(sweep, deviation, epsilon);
  sl_value_id inverse = sl_emit1(sweep, "Reciprocal", deviation);
  return (normalised){sl_emit_mul(sweep, x, inverse), inverse};
}

static normalised normalise(sl_sweep *sweep, sl_value_id x, const axes *a, double epsilon) {
  sl_value_id centred = sl_emit_sub(sweep, x, mean_over(sweep, x, a));
  return scaled_by_rms(sweep, centred, a, epsilon, 0);
}

// dx of xhat = x / rms(x) from g = dL/dxhat.
static sl_value_id rms_back(sl_sweep *sweep, normalised n, sl_value_id g, const axes *a) {
  sl_value_id along = mean_over(sweep, sl_emit_mul(sweep, g, n.xhat), a);
  sl_value_id across = sl_emit_sub(sweep, g, sl_emit_mul(sweep, n.xhat, along));
  return sl_emit_mul(sweep, across, n.inverse);
}

// dx of xhat = (x - mean) / deviation; xhat has mean zero, so the two projections commute.
static sl_value_id centred_back(sl_sweep *sweep, normalised n, sl_value_id g, const axes *a) {
  sl_value_id level = sl_emit_sub(sweep, g, mean_over(sweep, g, a));
  return rms_back(sweep, n, level, a);
}

// A vector over axis 1 of a tensor of `rank`, as [C, 1, ...].
static sl_value_id per_channel(sl_sweep *sweep, sl_value_id vector, int32_t rank) {
  sl_dim dims[SL_RULE_RANK_MAX];
  dims[0] = sl_type_of(sweep, vector)->dims[0];
  for (int32_t i = 1; i < rank - 1; i++) dims[i] = SL_DIM(1);
  return sl_emit_reshape(sweep, vector, dims, rank - 1);
}

// Sum over everything but axis 1.
static sl_value_id channel_sum(sl_sweep *sweep, sl_value_id x) {
  axes a = axes_from(1, sl_type_of(sweep, x)->rank);
  a.at[0] = 0;
  return sl_emit_reduce_sum(sweep, x, a.at, a.count, 0);
}

// ---- batch --------------------------------------------------------------------------------------

// 1 / sqrt(variance + epsilon); in C when the variance is constant.
static sl_value_id inverse_deviation(sl_sweep *sweep, sl_value_id variance, double epsilon) {
  const sl_constant *constant = sl_graph_constant(sweep->graph, variance);
  if (constant == NULL || constant->data.size == 0) {
    sl_value_id root = sl_emit1(sweep, "Sqrt", sl_emit_shift(sweep, variance, epsilon));
    return sl_emit1(sweep, "Reciprocal", root);
  }
  double *numbers = SL_NEW_ARRAY(sweep->scratch, double, constant->count + 1);
  for (int64_t i = 0; i < constant->count; i++)
    numbers[i] = 1 / sqrt(sl_constant_number(constant, i) + epsilon);
  return sl_emit_numbers(sweep, constant->element, constant->rank, constant->dims, numbers);
}

sl_status sl_grad_BatchNormalization(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id x = n.inputs[0], g = sl_sweep_grad(sweep, n.outputs[0]);
  int32_t rank = sl_type_of(sweep, x)->rank;
  if (sl_node_int(&n, "training_mode", 0) != 0)
    return sl_sweep_refuse(sweep, node, err, "it is in training mode; export the model for use");
  if (sl_rule_wants(sweep, &n, 3) || sl_rule_wants(sweep, &n, 4))
    return sl_sweep_refuse(sweep, node, err, "its statistics depend on the value asked for");
  sl_value_id inverse = inverse_deviation(sweep, n.inputs[4], sl_node_float(&n, "epsilon", 1e-5));
  sl_value_id factor = sl_emit_mul(sweep, n.inputs[1], inverse);
  if (sl_sweep_wants(sweep, x))
    sl_sweep_add(sweep, x, sl_emit_mul(sweep, g, per_channel(sweep, factor, rank)));
  if (sl_rule_wants(sweep, &n, 1)) {
    sl_value_id centred = sl_emit_sub(sweep, x, per_channel(sweep, n.inputs[3], rank));
    sl_value_id product = sl_emit_mul(sweep, g, centred);
    sl_sweep_add(sweep, n.inputs[1], sl_emit_mul(sweep, channel_sum(sweep, product), inverse));
  }
  if (sl_rule_wants(sweep, &n, 2)) sl_sweep_add(sweep, n.inputs[2], channel_sum(sweep, g));
  return SL_OK;
}

// ---- instance, layer, group ---------------------------------------------------------------------

sl_status sl_grad_InstanceNormalization(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id x = n.inputs[0], g = sl_sweep_grad(sweep, n.outputs[0]);
  int32_t rank = sl_type_of(sweep, x)->rank;
  axes a = axes_from(2, rank);
  normalised norm = normalise(sweep, x, &a, sl_node_float(&n, "epsilon", 1e-5));
  sl_value_id scaled = sl_emit_mul(sweep, g, per_channel(sweep, n.inputs[1], rank));
  if (sl_sweep_wants(sweep, x)) sl_sweep_add(sweep, x, centred_back(sweep, norm, scaled, &a));
  if (sl_rule_wants(sweep, &n, 1))
    sl_sweep_add(sweep, n.inputs[1], channel_sum(sweep, sl_emit_mul(sweep, g, norm.xhat)));
  if (sl_rule_wants(sweep, &n, 2)) sl_sweep_add(sweep, n.inputs[2], channel_sum(sweep, g));
  return SL_OK;
}

static void add_scale_and_bias(sl_sweep *sweep, const sl_node *n, sl_value_id g, sl_value_id xhat) {
  sl_value_id scale = n->inputs[1], bias = sl_node_input(n, 2);
  if (sl_sweep_wants(sweep, scale))
    sl_sweep_add(sweep, scale, sl_emit_unbroadcast(sweep, sl_emit_mul(sweep, g, xhat), scale));
  if (sl_sweep_wants(sweep, bias)) sl_sweep_add(sweep, bias, sl_emit_unbroadcast(sweep, g, bias));
}

// xhat and 1 / deviation by one fused node with scale 1.
static normalised fused_normalise(sl_sweep *sweep, const sl_node *n, sl_value_id x, int32_t first,
                                  double epsilon) {
  sl_type scale = *sl_type_of(sweep, n->inputs[1]), type = *sl_type_of(sweep, x);
  sl_value_id one = sl_emit_expand_like(sweep, sl_emit_number(sweep, x, 1), n->inputs[1]);
  sl_dim *dims = SL_NEW_ARRAY(sweep->scratch, sl_dim, type.rank + 1);
  for (int32_t i = 0; i < type.rank; i++) dims[i] = i < first ? type.dims[i] : SL_DIM(1);
  int64_t count = sl_type_elements(&scale).fixed;
  if (sl_type_elements(&scale).per_batch == 0 && count > 0) {
    double *ones = SL_NEW_ARRAY(sweep->scratch, double, count);
    int64_t sizes[SL_RULE_RANK_MAX];
    for (int64_t i = 0; i < count; i++) ones[i] = 1;
    for (int32_t i = 0; i < scale.rank; i++) sizes[i] = scale.dims[i].fixed;
    one = sl_emit_numbers(sweep, scale.element, scale.rank, sizes, ones);
  }
  sl_value_id inputs[] = {x, one};
  sl_value_id xhat = sl_emit_many(sweep, "LayerNormalization", inputs, 2, 3);
  sl_node_id node = sl_emitted(sweep);
  sl_graph_set_int(sweep->graph, node, "axis", first);
  sl_graph_set_float(sweep->graph, node, "epsilon", epsilon);
  sl_emit_type_of(sweep, xhat, x);
  sl_emit_type(sweep, xhat + 1, type.element, type.rank, dims);
  sl_emit_type(sweep, xhat + 2, type.element, type.rank, dims);
  return (normalised){xhat, xhat + 2};
}

sl_status sl_grad_LayerNormalization(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id x = n.inputs[0], g = sl_sweep_grad(sweep, n.outputs[0]);
  if (sl_sweep_grad(sweep, sl_node_output(&n, 1)) != 0 ||
      sl_sweep_grad(sweep, sl_node_output(&n, 2)) != 0)
    return sl_sweep_refuse(sweep, node, err, "the target depends on its statistics");
  int32_t rank = sl_type_of(sweep, x)->rank;
  int32_t first = sl_rule_axis(sl_node_int(&n, "axis", -1), rank);
  axes a = axes_from(first, rank);
  double epsilon = sl_node_float(&n, "epsilon", 1e-5);
  // The node's statistics are single precision whatever x is.
  normalised norm = sl_type_of(sweep, x)->element == SL_ELEMENT_F32
                        ? fused_normalise(sweep, &n, x, first, epsilon)
                        : normalise(sweep, x, &a, epsilon);
  if (sl_sweep_wants(sweep, x)) {
    sl_value_id scaled = sl_emit_mul(sweep, g, n.inputs[1]);
    sl_sweep_add(sweep, x, centred_back(sweep, norm, scaled, &a));
  }
  add_scale_and_bias(sweep, &n, g, norm.xhat);
  return SL_OK;
}

sl_status sl_grad_RMSNormalization(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id x = n.inputs[0], g = sl_sweep_grad(sweep, n.outputs[0]);
  int32_t rank = sl_type_of(sweep, x)->rank;
  axes a = axes_from(sl_rule_axis(sl_node_int(&n, "axis", -1), rank), rank);
  normalised norm = scaled_by_rms(sweep, x, &a, sl_node_float(&n, "epsilon", 1e-5), 0);
  if (sl_sweep_wants(sweep, x))
    sl_sweep_add(sweep, x, rms_back(sweep, norm, sl_emit_mul(sweep, g, n.inputs[1]), &a));
  add_scale_and_bias(sweep, &n, g, norm.xhat);
  return SL_OK;
}

// [N, C, space] -> [N, groups, C / groups, places].
static sl_value_id grouped(sl_sweep *sweep, sl_value_id x, int64_t groups) {
  sl_type type = *sl_type_of(sweep, x);
  sl_type space = {.rank = type.rank - 2, .dims = type.dims + 2};
  sl_dim dims[4] = {type.dims[0], SL_DIM(groups), SL_DIM(type.dims[1].fixed / groups),
                    sl_type_elements(&space)};
  return sl_emit_reshape(sweep, x, dims, 4);
}

sl_status sl_grad_GroupNormalization(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id x = n.inputs[0], scale = n.inputs[1], g = sl_sweep_grad(sweep, n.outputs[0]);
  int64_t groups = sl_node_int(&n, "num_groups", 1);
  if (sl_rule_wants(sweep, &n, 1) || sl_rule_wants(sweep, &n, 2))
    return sl_sweep_refuse(sweep, node, err, "its scale or bias depends on the value asked for");
  // Up to operator set 20 the scale has one number for each group, from 21 on one for each channel.
  int64_t per_group = sl_type_of(sweep, scale)->dims[0].fixed / groups;
  sl_dim dims[3] = {SL_DIM(groups), SL_DIM(per_group), SL_DIM(1)};
  axes a = {.at = {2, 3}, .count = 2};
  normalised norm =
      normalise(sweep, grouped(sweep, x, groups), &a, sl_node_float(&n, "epsilon", 1e-5));
  sl_value_id scaled =
      sl_emit_mul(sweep, grouped(sweep, g, groups), sl_emit_reshape(sweep, scale, dims, 3));
  sl_value_id dx = centred_back(sweep, norm, scaled, &a);
  sl_sweep_add(sweep, x, sl_emit_reshape_like(sweep, dx, x));
  return SL_OK;
}

sl_status sl_grad_MeanVarianceNormalization(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id x = n.inputs[0], g = sl_sweep_grad(sweep, n.outputs[0]);
  int64_t count;
  const int64_t *given = sl_node_ints(&n, "axes", &count);
  axes a = {.at = {0, 2, 3}, .count = 3};
  for (int64_t i = 0; given != NULL && i < count; i++)
    a.at[i] = sl_rule_axis(given[i], sl_type_of(sweep, x)->rank);
  if (given != NULL) a.count = (int32_t)count;
  sl_value_id centred = sl_emit_sub(sweep, x, mean_over(sweep, x, &a));
  normalised norm = scaled_by_rms(sweep, centred, &a, 1e-9, 1);
  sl_sweep_add(sweep, x, centred_back(sweep, norm, g, &a));
  return SL_OK;
}

// ---- norms --------------------------------------------------------------------------------------

sl_status sl_grad_LpNormalization(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id x = n.inputs[0], y = n.outputs[0], g = sl_sweep_grad(sweep, y);
  int64_t p = sl_node_int(&n, "p", 2);
  int64_t axis = sl_rule_axis(sl_node_int(&n, "axis", -1), sl_type_of(sweep, x)->rank);
  sl_value_id slope = p == 2 ? y : sl_emit1(sweep, "Sign", x);
  sl_value_id squares = p == 2 ? sl_emit_mul(sweep, x, x) : sl_emit1(sweep, "Abs", x);
  sl_value_id norm = sl_emit_reduce_sum(sweep, squares, &axis, 1, 1);
  if (p == 2) norm = sl_emit1(sweep, "Sqrt", norm);
  sl_value_id along = sl_emit_reduce_sum(sweep, sl_emit_mul(sweep, g, y), &axis, 1, 1);
  sl_value_id across = sl_emit_sub(sweep, g, sl_emit_mul(sweep, slope, along));
  // Where everything is zero the runtime gives zeros, whatever x is nearby.
  sl_value_id is_zero = sl_rule_compare(sweep, "Equal", norm, sl_emit_number(sweep, norm, 0));
  sl_value_id one = sl_emit_number(sweep, norm, 1);
  sl_value_id safe = sl_rule_where(sweep, is_zero, one, norm, norm);
  sl_sweep_add(sweep, x, sl_emit_div(sweep, across, safe));
  return SL_OK;
}

// A 1x1 convolution that sums channels c - before ... c + after, times `factor`.
static sl_value_id channel_window(sl_sweep *sweep, sl_value_id x, int64_t before, int64_t after,
                                  double factor) {
  sl_type type = *sl_type_of(sweep, x);
  int64_t channels = type.dims[1].fixed, dims[SL_RULE_RANK_MAX] = {channels, channels};
  double *numbers = SL_NEW_ARRAY(sweep->scratch, double, channels *channels);
  for (int64_t to = 0; to < channels; to++)
    for (int64_t from = 0; from < channels; from++)
      numbers[to * channels + from] = from >= to - before && from <= to + after ? factor : 0;
  for (int32_t i = 2; i < type.rank; i++) dims[i] = 1;
  sl_value_id band = sl_emit_numbers(sweep, type.element, type.rank, dims, numbers);
  sl_value_id value = sl_emit2(sweep, "Conv", x, band);
  sl_emit_type_of(sweep, value, x);
  return value;
}

// y = x s^-beta, s = bias + alpha/size sum of x^2 over channels near c;
// dx = g s^-beta - 2 alpha beta / size x sum over c near of g y / s.
sl_status sl_grad_LRN(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id x = n.inputs[0], y = n.outputs[0], g = sl_sweep_grad(sweep, y);
  int64_t size = sl_node_int(&n, "size", 1), before = (size - 1) / 2, after = size - 1 - before;
  double alpha = sl_node_float(&n, "alpha", 1e-4), beta = sl_node_float(&n, "beta", 0.75);
  if (sl_type_of(sweep, x)->rank < 3)
    return sl_sweep_refuse(sweep, node, err, "its input has no image axes");
  sl_value_id squares = sl_emit_mul(sweep, x, x);
  sl_value_id s = channel_window(sweep, squares, before, after, alpha / (double)size);
  s = sl_emit_shift(sweep, s, sl_node_float(&n, "bias", 1));
  sl_value_id power = sl_emit2(sweep, "Pow", s, sl_emit_number(sweep, s, -beta));
  sl_value_id ratio = sl_emit_div(sweep, sl_emit_mul(sweep, g, y), s);
  sl_value_id near = channel_window(sweep, ratio, after, before, 2 * alpha * beta / (double)size);
  sl_sweep_add(sweep, x,
               sl_emit_sub(sweep, sl_emit_mul(sweep, g, power), sl_emit_mul(sweep, x, near)));
  return SL_OK;
}
