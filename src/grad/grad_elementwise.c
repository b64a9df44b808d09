// SPDX-License-Identifier: Apache-2.0
// Gradients of elementwise arithmetic, with broadcasting.
//
// Invariant: a gradient is summed over what broadcasting repeated before it is added. Where two
// inputs tie in Min or Max each takes an equal share, as PyTorch has it; at the bounds of Clip the
// gradient is 0 when they are constant, as in PyTorch's relu6. Start at binary rules,
// sl_grad_Add().
#include <math.h>
#include <string.h>

#include "grad/grad_parts.h"

// 2/sqrt(pi) and others, to double precision.
static const double TWO_OVER_ROOT_PI = 1.1283791670955125739;

// Adds `gradient` (of the output's shape) to input `slot`, if that is wanted.
static void give(sl_sweep *sweep, const sl_node *node, int32_t slot, sl_value_id gradient) {
  sl_value_id input = node->inputs[slot];
  sl_sweep_add(sweep, input, sl_emit_unbroadcast(sweep, gradient, input));
}

// dL/dy of a node of floats; 0 when there is nothing to do.
static sl_value_id incoming(const sl_sweep *sweep, const sl_node *node) {
  return sl_rule_is_float(sweep, node->outputs[0]) ? sl_sweep_grad(sweep, node->outputs[0]) : 0;
}

sl_status sl_grad_Add(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = incoming(sweep, &at);
  for (int32_t i = 0; g != 0 && i < 2; i++)
    if (sl_rule_wants(sweep, &at, i)) give(sweep, &at, i, g);
  return SL_OK;
}

sl_status sl_grad_Sub(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = incoming(sweep, &at);
  if (g == 0) return SL_OK;
  if (sl_rule_wants(sweep, &at, 0)) give(sweep, &at, 0, g);
  if (sl_rule_wants(sweep, &at, 1)) {
    sl_value_id share = sl_emit_unbroadcast(sweep, g, at.inputs[1]);
    sl_sweep_add(sweep, at.inputs[1], sl_emit_neg(sweep, share));
  }
  return SL_OK;
}

// Whether the rule of `type` is replaced, or the gradient by `value` is asked for itself.
static bool is_watched(const sl_sweep *sweep, const char *type, sl_value_id value) {
  const sl_grad_options *options = sweep->options;
  for (int32_t i = 0; i < options->override_count; i++)
    if (strcmp(options->overrides[i].type, type) == 0) return true;
  for (int32_t i = 0; i < options->wrt_count; i++)
    if (options->wrt[i] == value) return true;
  return false;
}

// The slot of s in x * s with s = Sigmoid(x), as exporters write SiLU; else -1.
static int32_t find_gate(const sl_sweep *sweep, const sl_node *node) {
  const sl_graph *graph = sweep->graph;
  for (int32_t i = 0; i < 2; i++) {
    sl_value_id gate = node->inputs[i];
    if (graph->values[gate].origin != SL_ORIGIN_NODE) continue;
    const sl_node *maker = &graph->nodes[graph->values[gate].maker];
    if (sl_node_is(maker, "Sigmoid") && maker->inputs[0] == node->inputs[1 - i])
      return is_watched(sweep, "Sigmoid", gate) ? -1 : i;
  }
  return -1;
}

// SiLU as a whole, y = x s: s + y (1 - s). Three operators, where the pieces take seven.
static void give_silu(sl_sweep *sweep, const sl_node *node, int32_t gate, sl_value_id g) {
  sl_value_id s = node->inputs[gate], rest = sl_rule_complement(sweep, s);
  sl_value_id slope = sl_emit_add(sweep, s, sl_emit_mul(sweep, node->outputs[0], rest));
  give(sweep, node, 1 - gate, sl_emit_mul(sweep, g, slope));
}

sl_status sl_grad_Mul(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = incoming(sweep, &at);
  int32_t gate = g != 0 ? find_gate(sweep, &at) : -1;
  if (gate >= 0 && sl_rule_wants(sweep, &at, 1 - gate)) {
    give_silu(sweep, &at, gate, g);
    return SL_OK;
  }
  for (int32_t i = 0; g != 0 && i < 2; i++)
    if (sl_rule_wants(sweep, &at, i)) {
      sl_value_id other = sl_rule_widened(sweep, at.inputs[1 - i], g);
      sl_value_id product = sl_emit_mul(sweep, g, other);
      sl_sweep_add(sweep, at.inputs[i], sl_rule_narrowed(sweep, product, at.inputs[i]));
    }
  return SL_OK;
}

sl_status sl_grad_Div(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = incoming(sweep, &at);
  if (g == 0) return SL_OK;
  sl_value_id quotient = sl_emit_div(sweep, g, at.inputs[1]);
  if (sl_rule_wants(sweep, &at, 0)) give(sweep, &at, 0, quotient);
  if (sl_rule_wants(sweep, &at, 1)) {
    sl_value_id product = sl_emit_mul(sweep, quotient, at.outputs[0]);
    sl_value_id share = sl_emit_unbroadcast(sweep, product, at.inputs[1]);
    sl_sweep_add(sweep, at.inputs[1], sl_emit_neg(sweep, share));
  }
  return SL_OK;
}

// ---- powers -------------------------------------------------------------------------------------

static sl_value_id power_by_number(sl_sweep *sweep, const sl_node *node, sl_value_id g, double e) {
  sl_value_id x = node->inputs[0];
  if (e == 0) return 0;
  if (e == 1) return g;
  if (e == 2) return sl_emit_scale(sweep, sl_emit_mul(sweep, g, x), 2);
  if (e == 0.5) return sl_emit_scale(sweep, sl_emit_div(sweep, g, node->outputs[0]), 0.5);
  sl_value_id lower = e == 3 ? sl_emit_mul(sweep, x, x)
                             : sl_emit2(sweep, "Pow", x, sl_emit_number(sweep, x, e - 1));
  sl_emit_type_of(sweep, lower, x);
  return sl_emit_scale(sweep, sl_emit_mul(sweep, g, lower), e);
}

// e x^(e-1), and 0 where e is 0 whatever x is.
static sl_value_id power_by_value(sl_sweep *sweep, const sl_node *node, sl_value_id g,
                                  sl_value_id e) {
  sl_value_id y = node->outputs[0], zero = sl_emit_number(sweep, y, 0);
  sl_value_id lower = sl_emit2(sweep, "Pow", node->inputs[0], sl_emit_shift(sweep, e, -1));
  sl_emit_type_of(sweep, lower, y);
  sl_value_id slope = sl_emit_mul(sweep, g, sl_emit_mul(sweep, lower, e));
  return sl_rule_where(sweep, sl_rule_compare(sweep, "Equal", e, zero), zero, slope, y);
}

// y log x, and 0 where x is 0 (the limit for e > 0; log 0 would spoil it).
static sl_value_id power_exponent(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  sl_value_id x = node->inputs[0], zero = sl_emit_number(sweep, x, 0);
  sl_value_id at_zero = sl_rule_compare(sweep, "Equal", x, zero);
  sl_value_id safe = sl_rule_where(sweep, at_zero, sl_emit_number(sweep, x, 1), x, x);
  sl_value_id log = sl_emit1(sweep, "Log", safe);
  sl_emit_type_of(sweep, log, x);
  return sl_emit_mul(sweep, sl_emit_mul(sweep, g, node->outputs[0]), log);
}

sl_status sl_grad_Pow(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = incoming(sweep, &at);
  if (g == 0) return SL_OK;
  double number;
  if (sl_rule_wants(sweep, &at, 1)) give(sweep, &at, 1, power_exponent(sweep, &at, g));
  if (!sl_rule_wants(sweep, &at, 0)) return SL_OK;
  if (sl_rule_scalar(sweep, at.inputs[1], &number)) {
    sl_value_id slope = power_by_number(sweep, &at, g, number);
    if (slope != 0) give(sweep, &at, 0, slope);
    return SL_OK;
  }
  sl_value_id e = sl_emit_cast(sweep, at.inputs[1], sl_type_of(sweep, at.inputs[0])->element);
  give(sweep, &at, 0, power_by_value(sweep, &at, g, e));
  return SL_OK;
}

// ---- one input ----------------------------------------------------------------------------------

static sl_value_id unary(sl_sweep *sweep, const char *type, sl_value_id x) {
  sl_value_id y = sl_emit1(sweep, type, x);
  sl_emit_type_of(sweep, y, x);
  return y;
}

static sl_value_id square(sl_sweep *sweep, sl_value_id x) { return sl_emit_mul(sweep, x, x); }

static sl_value_id neg_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  (void)node;
  return sl_emit_neg(sweep, g);
}
static sl_value_id abs_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_emit_mul(sweep, g, unary(sweep, "Sign", sl_rule_x(node)));
}
static sl_value_id sqrt_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_emit_scale(sweep, sl_emit_div(sweep, g, sl_rule_y(node)), 0.5);
}
static sl_value_id exp_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_emit_mul(sweep, g, sl_rule_y(node));
}
static sl_value_id log_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_emit_div(sweep, g, sl_rule_x(node));
}
static sl_value_id reciprocal_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_emit_neg(sweep, sl_emit_mul(sweep, g, square(sweep, sl_rule_y(node))));
}
static sl_value_id sin_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_emit_mul(sweep, g, unary(sweep, "Cos", sl_rule_x(node)));
}
static sl_value_id cos_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_emit_neg(sweep, sl_emit_mul(sweep, g, unary(sweep, "Sin", sl_rule_x(node))));
}
static sl_value_id tan_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_emit_mul(sweep, g, sl_emit_shift(sweep, square(sweep, sl_rule_y(node)), 1));
}

// g / sqrt(a + b x^2)
static sl_value_id over_root(sl_sweep *sweep, const sl_node *node, sl_value_id g, double a,
                             double b) {
  sl_value_id x2 = sl_emit_scale(sweep, square(sweep, sl_rule_x(node)), b);
  return sl_emit_div(sweep, g, unary(sweep, "Sqrt", sl_emit_shift(sweep, x2, a)));
}
static sl_value_id asin_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return over_root(sweep, node, g, 1, -1);
}
static sl_value_id acos_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_emit_neg(sweep, over_root(sweep, node, g, 1, -1));
}
static sl_value_id asinh_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return over_root(sweep, node, g, 1, 1);
}
static sl_value_id acosh_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return over_root(sweep, node, g, -1, 1);
}
static sl_value_id atan_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_emit_div(sweep, g, sl_emit_shift(sweep, square(sweep, sl_rule_x(node)), 1));
}
static sl_value_id atanh_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  sl_value_id x2 = square(sweep, sl_rule_x(node));
  return sl_emit_div(sweep, g, sl_emit_shift(sweep, sl_emit_neg(sweep, x2), 1));
}
static sl_value_id sinh_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_emit_mul(sweep, g, unary(sweep, "Cosh", sl_rule_x(node)));
}
static sl_value_id cosh_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_emit_mul(sweep, g, unary(sweep, "Sinh", sl_rule_x(node)));
}
static sl_value_id erf_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  sl_value_id bell = unary(sweep, "Exp", sl_emit_neg(sweep, square(sweep, sl_rule_x(node))));
  return sl_emit_mul(sweep, g, sl_emit_scale(sweep, bell, TWO_OVER_ROOT_PI));
}

#define UNARY(type, gradient)                                                 \
  sl_status sl_grad_##type(sl_sweep *sweep, sl_node_id node, sl_error *err) { \
    (void)err;                                                                \
    return sl_rule_unary(sweep, node, gradient);                              \
  }
UNARY(Abs, abs_gradient)
UNARY(Acos, acos_gradient)
UNARY(Acosh, acosh_gradient)
UNARY(Asin, asin_gradient)
UNARY(Asinh, asinh_gradient)
UNARY(Atan, atan_gradient)
UNARY(Atanh, atanh_gradient)
UNARY(Cos, cos_gradient)
UNARY(Cosh, cosh_gradient)
UNARY(Erf, erf_gradient)
UNARY(Exp, exp_gradient)
UNARY(Log, log_gradient)
UNARY(Neg, neg_gradient)
UNARY(Reciprocal, reciprocal_gradient)
UNARY(Sin, sin_gradient)
UNARY(Sinh, sinh_gradient)
UNARY(Sqrt, sqrt_gradient)
UNARY(Tan, tan_gradient)
#undef UNARY

// ---- any number of inputs -----------------------------------------------------------------------

static sl_status share_out(sl_sweep *sweep, sl_node_id node, int is_mean) {
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = incoming(sweep, &at);
  if (g != 0 && is_mean) g = sl_emit_scale(sweep, g, 1.0 / at.input_count);
  for (int32_t i = 0; g != 0 && i < at.input_count; i++)
    if (sl_rule_wants(sweep, &at, i)) give(sweep, &at, i, g);
  return SL_OK;
}

sl_status sl_grad_Sum(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  return share_out(sweep, node, 0);
}

sl_status sl_grad_Mean(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  return share_out(sweep, node, 1);
}

// 1 where input `slot` is the extreme one, of the shape of the output.
static sl_value_id is_extreme(sl_sweep *sweep, const sl_node *node, int32_t slot) {
  sl_value_id y = node->outputs[0];
  sl_value_id equal = sl_rule_compare(sweep, "Equal", y, node->inputs[slot]);
  return sl_emit_cast(sweep, equal, sl_type_of(sweep, y)->element);
}

static sl_status extreme(sl_sweep *sweep, sl_node_id node) {
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = incoming(sweep, &at);
  if (g == 0 || at.input_count == 0) return SL_OK;
  if (at.input_count == 1) {
    if (sl_rule_wants(sweep, &at, 0)) give(sweep, &at, 0, g);
    return SL_OK;
  }
  sl_value_id *masks = SL_NEW_ARRAY(sweep->scratch, sl_value_id, at.input_count);
  sl_value_id ties = 0;
  for (int32_t i = 0; i < at.input_count; i++) {
    masks[i] = is_extreme(sweep, &at, i);
    ties = ties == 0 ? masks[i] : sl_emit_add(sweep, ties, masks[i]);
  }
  sl_value_id share = sl_emit_div(sweep, g, ties);
  for (int32_t i = 0; i < at.input_count; i++)
    if (sl_rule_wants(sweep, &at, i)) give(sweep, &at, i, sl_emit_mul(sweep, share, masks[i]));
  return SL_OK;
}

sl_status sl_grad_Max(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  return extreme(sweep, node);
}

sl_status sl_grad_Min(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  return extreme(sweep, node);
}

// ---- choices ------------------------------------------------------------------------------------

sl_status sl_grad_Where(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = incoming(sweep, &at);
  if (g == 0) return SL_OK;
  sl_value_id zero = sl_emit_number(sweep, g, 0);
  if (sl_rule_wants(sweep, &at, 1))
    give(sweep, &at, 1, sl_rule_where(sweep, at.inputs[0], g, zero, g));
  if (sl_rule_wants(sweep, &at, 2))
    give(sweep, &at, 2, sl_rule_where(sweep, at.inputs[0], zero, g, g));
  return SL_OK;
}

// Clip with bounds that are constant (`has`) or left out: a mask from the output.
static sl_value_id clip_by_numbers(sl_sweep *sweep, const sl_node *node, sl_value_id g,
                                   const int *has, const double *bounds) {
  sl_value_id y = node->outputs[0];
  if (has[0] && has[1] && bounds[0] == 0 && bounds[1] > 0 && bounds[1] < INFINITY)
    return sl_emit_mul(sweep, g, sl_rule_inside(sweep, y, bounds[1]));
  if (has[0] && bounds[0] > -INFINITY)
    g = sl_emit_mul(sweep, g, sl_rule_above(sweep, y, bounds[0]));
  if (has[1] && bounds[1] < INFINITY) g = sl_emit_mul(sweep, g, sl_rule_below(sweep, y, bounds[1]));
  return g;
}

static sl_value_id clip_by_values(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  static const char *const outside[] = {"Less", "Greater"};
  sl_value_id x = node->inputs[0], zero = sl_emit_number(sweep, g, 0), inner = g;
  for (int32_t i = 0; i < 2; i++) {
    sl_value_id bound = sl_node_input(node, i + 1);
    if (bound == 0) continue;
    sl_value_id past = sl_rule_compare(sweep, outside[i], x, bound);
    inner = sl_rule_where(sweep, past, zero, inner, g);
    if (!sl_rule_wants(sweep, node, i + 1)) continue;
    give(sweep, node, i + 1, sl_rule_where(sweep, past, g, zero, g));
  }
  return inner;
}

sl_status sl_grad_Clip(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = incoming(sweep, &at);
  if (g == 0) return SL_OK;
  int has[2], known = 1;
  double bounds[2];
  for (int32_t i = 0; i < 2; i++) {
    sl_value_id bound = sl_node_input(&at, i + 1);
    has[i] = sl_rule_scalar(sweep, bound, &bounds[i]);
    if (bound != 0 && !has[i]) known = 0;
  }
  sl_value_id inner =
      known ? clip_by_numbers(sweep, &at, g, has, bounds) : clip_by_values(sweep, &at, g);
  if (sl_rule_wants(sweep, &at, 0)) sl_sweep_add(sweep, at.inputs[0], inner);
  return SL_OK;
}

// x = q d + y with a whole number q: dy/dx = 1, dy/dd = -q = (y - x) / d.
sl_status sl_grad_Mod(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = incoming(sweep, &at);
  if (g == 0) return SL_OK;
  if (sl_rule_wants(sweep, &at, 0)) give(sweep, &at, 0, g);
  if (sl_rule_wants(sweep, &at, 1)) {
    sl_value_id rest = sl_emit_sub(sweep, at.outputs[0], at.inputs[0]);
    sl_value_id quotient = sl_emit_div(sweep, rest, at.inputs[1]);
    sl_value_id whole = unary(sweep, "Round", quotient);
    give(sweep, &at, 1, sl_emit_mul(sweep, g, whole));
  }
  return SL_OK;
}
