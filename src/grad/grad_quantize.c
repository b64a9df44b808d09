// SPDX-License-Identifier: Apache-2.0
// Gradients through quantised operators: straight through, which is said in the result.
//
// Rounding counts as the identity, saturation as constant (so a ReLU that was fused into the range
// of a quantised value keeps its mask). The gradient of an integer value q is a float tensor of its
// shape, dL/dq as if q were real. Weights are dequantised at build time.
//
// Invariant: no gradient goes to scales and zero points. Start at sl_grad_QuantizeLinear().
#include <string.h>

#include "grad/grad_parts.h"
#include "grad/window.h"

static const char SENTENCE[] =
    "quantised operators are differentiated straight through: rounding counts as the identity";

// The range of an integer element type; 0 for others (8-bit floats).
static int range_of(int32_t element, double *low, double *high) {
  bool is_unsigned = element == SL_ELEMENT_U8 || element == SL_ELEMENT_U16 ||
                     element == SL_ELEMENT_U4 || element == SL_ELEMENT_U2;
  bool is_signed = element == SL_ELEMENT_I8 || element == SL_ELEMENT_I16 ||
                   element == SL_ELEMENT_I4 || element == SL_ELEMENT_I2;
  double span = (double)((int64_t)1 << (is_unsigned || is_signed ? sl_element_bits(element) : 0));
  *low = is_signed ? -span / 2 : 0;
  *high = *low + span - 1;
  return is_unsigned || is_signed;
}

// One number per place of `axis`, or one for all, in a shape that broadcasts over rank axes.
static sl_value_id along(sl_sweep *sweep, sl_value_id value, int32_t axis, int32_t rank) {
  const sl_type type = *sl_type_of(sweep, value);
  if (type.rank != 1) return value;
  sl_dim dims[SL_RULE_RANK_MAX];
  bool is_one = sl_dim_is(type.dims[0], 1);
  int32_t tail = is_one ? 0 : rank - axis;
  for (int32_t i = 0; i < tail; i++) dims[i] = i == 0 ? type.dims[0] : SL_DIM(1);
  return sl_emit_reshape(sweep, value, dims, tail);
}

// ---- dequantised values -------------------------------------------------------------------------

typedef struct quantised {
  sl_value_id value, scale, zero;  // scale, zero: 0 where there is none
  int32_t axis;                    // of a scale with several numbers
} quantised;

static double number_at(const sl_constant *constant, int64_t index) {
  if (constant == NULL) return 0;
  return sl_constant_number(constant, constant->count == 1 ? 0 : index);
}

static const sl_constant *constant_of(const sl_sweep *sweep, sl_value_id value) {
  const sl_constant *constant = value == 0 ? NULL : sl_graph_constant(sweep->graph, value);
  return constant == NULL || constant->data.size == 0 ? NULL : constant;
}

// (value - zero) * scale as a constant; 0 when a part is not constant.
static sl_value_id folded(sl_sweep *sweep, const quantised *q, int32_t element) {
  const sl_constant *value = constant_of(sweep, q->value);
  const sl_constant *scale = constant_of(sweep, q->scale), *zero = constant_of(sweep, q->zero);
  if (value == NULL || (q->scale != 0 && scale == NULL) || (q->zero != 0 && zero == NULL)) return 0;
  double *numbers = SL_NEW_ARRAY(sweep->scratch, double, value->count + 1);
  int64_t inner = 1, places = 1;
  for (int32_t i = q->axis; i < value->rank; i++) {
    if (i == q->axis)
      places = value->dims[i];
    else
      inner *= value->dims[i];
  }
  for (int64_t i = 0; i < value->count; i++) {
    int64_t place = i / inner % places;
    double difference = sl_constant_number(value, i) - number_at(zero, place);
    numbers[i] = difference * (scale == NULL ? 1 : number_at(scale, place));
  }
  return sl_emit_numbers(sweep, element, value->rank, value->dims, numbers);
}

static sl_value_id dequantised(sl_sweep *sweep, const quantised *q, int32_t element) {
  sl_value_id real = folded(sweep, q, element);
  if (real != 0) return real;
  int32_t rank = sl_type_of(sweep, q->value)->rank;
  real = sl_emit_cast(sweep, q->value, element);
  if (q->zero != 0) {
    sl_value_id zero = along(sweep, q->zero, q->axis, rank);
    real = sl_emit_sub(sweep, real, sl_emit_cast(sweep, zero, element));
  }
  return q->scale == 0 ? real : sl_emit_mul(sweep, real, along(sweep, q->scale, q->axis, rank));
}

// g where the quantised y is not at an end of its range.
static sl_value_id unsaturated(sl_sweep *sweep, sl_value_id g, sl_value_id y) {
  double low, high;
  if (!range_of(sl_type_of(sweep, y)->element, &low, &high)) return g;
  sl_value_id q = sl_emit_cast(sweep, y, sl_type_of(sweep, g)->element);
  g = sl_emit_mul(sweep, g, sl_rule_above(sweep, q, low));
  return sl_emit_mul(sweep, g, sl_rule_below(sweep, q, high));
}

// ---- QuantizeLinear and DequantizeLinear --------------------------------------------------------

// g / scale; of a g that was just multiplied by the same scale, what it was before.
static sl_value_id divide_by_scale(sl_sweep *sweep, sl_value_id g, sl_value_id scale) {
  const sl_value *value = &sweep->graph->values[g];
  double own, other;
  if (value->origin == SL_ORIGIN_NODE && g >= sweep->forward_values) {
    const sl_node *maker = &sweep->graph->nodes[value->maker];
    bool scaled = sl_node_is(maker, "Mul") && sl_rule_scalar(sweep, scale, &own) &&
                  sl_rule_scalar(sweep, maker->inputs[1], &other) && own == other;
    if (scaled) return maker->inputs[0];
  }
  return sl_emit_div(sweep, g, scale);
}

// g where x was within what the quantised type can hold.
static sl_value_id within_range(sl_sweep *sweep, const sl_node *node, sl_value_id g,
                                sl_value_id scale, int32_t axis) {
  double low, high, step, zero = 0;
  sl_value_id x = node->inputs[0], origin = sl_node_input(node, 2);
  if (!range_of(sl_type_of(sweep, node->outputs[0])->element, &low, &high)) return g;
  bool is_known =
      sl_rule_scalar(sweep, scale, &step) && (origin == 0 || sl_rule_scalar(sweep, origin, &zero));
  if (is_known) {
    g = sl_emit_mul(sweep, g, sl_rule_above(sweep, x, (low - zero - 0.5) * step));
    return sl_emit_mul(sweep, g, sl_rule_below(sweep, x, (high - zero + 0.5) * step));
  }
  sl_value_id q = sl_emit_div(sweep, x, scale);
  if (origin != 0) {
    int32_t rank = sl_type_of(sweep, x)->rank, element = sl_type_of(sweep, x)->element;
    origin = along(sweep, origin, axis, rank);
    q = sl_emit_add(sweep, q, sl_emit_cast(sweep, origin, element));
  }
  g = sl_emit_mul(sweep, g, sl_rule_above(sweep, q, low - 0.5));
  return sl_emit_mul(sweep, g, sl_rule_below(sweep, q, high + 0.5));
}

// The scale of a node, shaped to broadcast with its input; refuses blocks.
static sl_status read_scale(sl_sweep *sweep, sl_node_id node, sl_value_id *scale, int32_t *axis,
                            sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  int32_t rank = sl_type_of(sweep, at.inputs[0])->rank;
  if (sl_node_int(&at, "block_size", 0) != 0)
    return sl_sweep_refuse(sweep, node, err, "it is quantised in blocks");
  *axis = rank == 0 ? 0 : sl_rule_axis(sl_node_int(&at, "axis", 1), rank);
  if (*axis < 0) *axis = 0;  // meant for several scales only: one scale needs no axis
  *scale = along(sweep, at.inputs[1], *axis, rank);
  return SL_OK;
}

sl_status sl_grad_QuantizeLinear(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]), scale;
  int32_t axis;
  if (g == 0 || !sl_rule_wants(sweep, &at, 0)) return SL_OK;
  sl_sweep_note(sweep, SENTENCE);
  SL_TRY(read_scale(sweep, node, &scale, &axis, err));
  g = divide_by_scale(sweep, g, scale);
  sl_sweep_add(sweep, at.inputs[0], within_range(sweep, &at, g, scale, axis));
  return SL_OK;
}

sl_status sl_grad_DequantizeLinear(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]), scale;
  int32_t axis;
  if (g == 0 || !sl_rule_wants(sweep, &at, 0)) return SL_OK;
  SL_TRY(read_scale(sweep, node, &scale, &axis, err));
  sl_sweep_add(sweep, at.inputs[0], sl_emit2(sweep, "Mul", g, scale));
  return SL_OK;
}

// Its range is that of the input, so nothing saturates.
sl_status sl_grad_DynamicQuantizeLinear(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]);
  if (g == 0 || !sl_rule_wants(sweep, &at, 0)) return SL_OK;
  sl_sweep_note(sweep, SENTENCE);
  sl_sweep_add(sweep, at.inputs[0], sl_emit_div(sweep, g, at.outputs[1]));
  return SL_OK;
}

// ---- convolutions and products ------------------------------------------------------------------

// dL/dx of y = x * real weights, for the integers of x.
static sl_status conv_back(sl_sweep *sweep, sl_node_id node, sl_value_id g, int32_t weight_slot,
                           sl_value_id real, sl_value_id *out, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  sl_window window;
  SL_TRY(sl_window_read(sweep, node, at.inputs[0], at.outputs[0], at.inputs[weight_slot], &window,
                        err));
  sl_value_id like = sl_emit_cast(sweep, at.inputs[0], sl_type_of(sweep, g)->element);
  *out = sl_window_transpose(sweep, &window, g, real, sl_node_int(&at, "group", 1), like);
  return SL_OK;
}

sl_status sl_grad_QLinearConv(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]), back;
  if (g == 0) return SL_OK;
  sl_sweep_note(sweep, SENTENCE);
  if (sl_sweep_wants(sweep, at.inputs[3]))
    return sl_sweep_refuse(sweep, node, err, "its weights are computed from the input");
  quantised weight = {.value = at.inputs[3], .scale = at.inputs[4], .zero = at.inputs[5]};
  sl_value_id real = dequantised(sweep, &weight, sl_type_of(sweep, g)->element);
  g = divide_by_scale(sweep, g, along(sweep, at.inputs[6], 0, 1));
  g = unsaturated(sweep, g, at.outputs[0]);
  SL_TRY(conv_back(sweep, node, g, 3, real, &back, err));
  sl_value_id scale = along(sweep, at.inputs[1], 0, 1);
  sl_sweep_add(sweep, at.inputs[0], sl_emit2(sweep, "Mul", back, scale));
  return SL_OK;
}

sl_status sl_grad_ConvInteger(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]), back;
  if (g == 0) return SL_OK;
  if (sl_sweep_wants(sweep, at.inputs[1]))
    return sl_sweep_refuse(sweep, node, err, "its weights are computed from the input");
  quantised weight = {.value = at.inputs[1], .zero = sl_node_input(&at, 3)};
  sl_value_id real = dequantised(sweep, &weight, sl_type_of(sweep, g)->element);
  SL_TRY(conv_back(sweep, node, g, 1, real, &back, err));
  sl_sweep_add(sweep, at.inputs[0], back);
  return SL_OK;
}

static sl_value_id swapped(sl_sweep *sweep, sl_value_id x) {
  int64_t perm[SL_RULE_RANK_MAX];
  int32_t rank = sl_type_of(sweep, x)->rank;
  for (int32_t i = 0; i < rank; i++) perm[i] = i;
  perm[rank - 2] = rank - 1;
  perm[rank - 1] = rank - 2;
  return sl_emit_transpose(sweep, x, perm, rank);
}

// A gradient for each factor that is wanted: g b' and a' g, times the factor's own scale.
static sl_status product_back(sl_sweep *sweep, sl_node_id node, sl_value_id g, const quantised *a,
                              const quantised *b, sl_error *err) {
  int32_t element = sl_type_of(sweep, g)->element;
  const quantised *factors[2] = {a, b};
  for (int32_t i = 0; i < 2; i++) {
    const quantised *own = factors[i], *other = factors[1 - i];
    if (!sl_sweep_wants(sweep, own->value)) continue;
    if (sl_type_of(sweep, a->value)->rank < 2 || sl_type_of(sweep, b->value)->rank < 2)
      return sl_sweep_refuse(sweep, node, err, "one of its factors is a vector");
    sl_value_id real = swapped(sweep, dequantised(sweep, other, element));
    sl_value_id back = i == 0 ? sl_emit_matmul(sweep, g, real) : sl_emit_matmul(sweep, real, g);
    back = sl_emit_unbroadcast(sweep, back, own->value);
    if (own->scale != 0) {
      int32_t rank = sl_type_of(sweep, own->value)->rank;
      back = sl_emit2(sweep, "Mul", back, along(sweep, own->scale, own->axis, rank));
    }
    sl_sweep_add(sweep, own->value, back);
  }
  return SL_OK;
}

sl_status sl_grad_QLinearMatMul(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]);
  if (g == 0) return SL_OK;
  sl_sweep_note(sweep, SENTENCE);
  int32_t a_rank = sl_type_of(sweep, at.inputs[0])->rank;
  int32_t b_rank = sl_type_of(sweep, at.inputs[3])->rank;
  quantised a = {at.inputs[0], at.inputs[1], at.inputs[2], a_rank > 1 ? a_rank - 2 : 0};
  quantised b = {at.inputs[3], at.inputs[4], at.inputs[5], b_rank > 1 ? b_rank - 1 : 0};
  g = divide_by_scale(sweep, g, along(sweep, at.inputs[6], 0, 1));
  return product_back(sweep, node, unsaturated(sweep, g, at.outputs[0]), &a, &b, err);
}

sl_status sl_grad_MatMulInteger(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]);
  if (g == 0) return SL_OK;
  int32_t a_rank = sl_type_of(sweep, at.inputs[0])->rank;
  int32_t b_rank = sl_type_of(sweep, at.inputs[1])->rank;
  quantised a = {at.inputs[0], 0, sl_node_input(&at, 2), a_rank > 1 ? a_rank - 2 : 0};
  quantised b = {at.inputs[1], 0, sl_node_input(&at, 3), b_rank > 1 ? b_rank - 1 : 0};
  return product_back(sweep, node, g, &a, &b, err);
}
