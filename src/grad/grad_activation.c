// SPDX-License-Identifier: Apache-2.0
// Gradients of activations.
//
// Invariant: masks come from the output where that is equivalent, so that the activation still
// fuses into its convolution, and are HardSigmoids in single precision, which the runtime keeps in
// its blocked layout. At the kinks the slope is PyTorch's (0 for Relu at 0). Start at
// relu_gradient().
#include <math.h>
#include <string.h>

#include "grad/grad_parts.h"

static const double ROOT_HALF = 0.70710678118654752440;  // sqrt(1/2)
static const double BELL_PEAK = 0.39894228040143267794;  // 1/sqrt(2 pi)
static const double ROOT_TWO_OVER_PI = 0.79788456080286535588;
static const double GELU_CUBIC = 0.044715;
static const double SELU_ALPHA = 1.67326319217681884765625;
static const double SELU_GAMMA = 1.05070102214813232421875;

static sl_value_id unary(sl_sweep *sweep, const char *type, sl_value_id x) {
  sl_value_id y = sl_emit1(sweep, type, x);
  sl_emit_type_of(sweep, y, x);
  return y;
}

// g where y (or x) is positive, else `other`.
static sl_value_id choose(sl_sweep *sweep, sl_value_id by, sl_value_id positive,
                          sl_value_id other) {
  sl_value_id zero = sl_emit_number(sweep, by, 0);
  return sl_rule_where(sweep, sl_rule_compare(sweep, "Greater", by, zero), positive, other,
                       positive);
}

static sl_value_id relu_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_emit_mul(sweep, g, sl_emit_is_positive(sweep, sl_rule_y(node)));
}

static sl_value_id leaky_relu_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  double slope = sl_node_float(node, "alpha", 0.01);
  sl_value_id by = slope >= 0 ? sl_rule_y(node) : sl_rule_x(node);
  sl_value_id mask = sl_rule_above(sweep, by, 0);
  return sl_emit_mul(sweep, g, sl_rule_affine_unit(sweep, mask, 1 - slope, slope));
}

static sl_value_id elu_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  double alpha = sl_node_float(node, "alpha", 1);
  sl_value_id by = alpha > 0 ? sl_rule_y(node) : sl_rule_x(node);
  sl_value_id lower = sl_emit_mul(sweep, g, sl_emit_shift(sweep, sl_rule_y(node), alpha));
  return choose(sweep, by, g, lower);
}

static sl_value_id selu_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  double alpha = sl_node_float(node, "alpha", SELU_ALPHA);
  double gamma = sl_node_float(node, "gamma", SELU_GAMMA);
  sl_value_id shifted = sl_emit_shift(sweep, sl_rule_y(node), gamma * alpha);
  return choose(sweep, sl_rule_x(node), sl_emit_scale(sweep, g, gamma),
                sl_emit_mul(sweep, g, shifted));
}

static sl_value_id celu_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  double alpha = sl_node_float(node, "alpha", 1);
  sl_value_id slope = sl_emit_shift(sweep, sl_emit_scale(sweep, sl_rule_y(node), 1 / alpha), 1);
  return choose(sweep, sl_rule_x(node), g, sl_emit_mul(sweep, g, slope));
}

static sl_value_id thresholded_relu_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  double alpha = sl_node_float(node, "alpha", 1);
  sl_value_id mask = alpha >= 0 ? sl_rule_above(sweep, sl_rule_y(node), 0)
                                : sl_rule_above(sweep, sl_rule_x(node), alpha);
  return sl_emit_mul(sweep, g, mask);
}

static sl_value_id softplus_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  return sl_emit_mul(sweep, g, unary(sweep, "Sigmoid", sl_rule_x(node)));
}

// y = x / (1 + |x|), so 1 - |y| = 1 / (1 + |x|).
static sl_value_id softsign_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  sl_value_id size = unary(sweep, "Abs", sl_rule_y(node));
  sl_value_id rest = sl_emit_shift(sweep, sl_emit_neg(sweep, size), 1);
  return sl_emit_mul(sweep, g, sl_emit_mul(sweep, rest, rest));
}

static sl_value_id sigmoid_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  sl_value_id y = sl_rule_y(node), gy = sl_emit_mul(sweep, g, y);
  return sl_emit_sub(sweep, gy, sl_emit_mul(sweep, gy, y));
}

static sl_value_id tanh_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  sl_value_id y = sl_rule_y(node), gy = sl_emit_mul(sweep, g, y);
  return sl_emit_sub(sweep, g, sl_emit_mul(sweep, gy, y));
}

static sl_value_id hard_sigmoid_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  sl_value_id y = sl_rule_y(node);
  sl_value_id below = sl_rule_below(sweep, y, 1);
  double alpha = sl_node_float(node, "alpha", 0.2);
  sl_value_id slope = sl_rule_affine_unit(sweep, below, alpha, 0);
  return sl_emit_mul(sweep, sl_emit_mul(sweep, g, sl_rule_above(sweep, y, 0)), slope);
}

// y = x h(x), h = HardSigmoid(x; 1/6, 1/2): h + x/6 between -3 and 3, h elsewhere.
static sl_value_id hard_swish_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  sl_value_id x = sl_rule_x(node);
  sl_value_id low = sl_rule_above(sweep, x, -3), high = sl_rule_below(sweep, x, 3);
  sl_value_id inside = sl_emit_mul(sweep, sl_rule_affine_unit(sweep, high, 1.0 / 6, 0), low);
  sl_value_id h = sl_emit_shift(sweep, sl_emit_scale(sweep, x, 1.0 / 6), 0.5);
  if (sl_type_of(sweep, x)->element == SL_ELEMENT_F32) {
    h = unary(sweep, "HardSigmoid", x);
    sl_graph_set_float(sweep->graph, sl_emitted(sweep), "alpha", 1.0 / 6);
    sl_graph_set_float(sweep->graph, sl_emitted(sweep), "beta", 0.5);
  } else {
    sl_value_id parts[] = {h, sl_emit_number(sweep, x, 0), sl_emit_number(sweep, x, 1)};
    h = sl_emit(sweep, "Clip", parts, 3);
    sl_emit_type_of(sweep, h, x);
  }
  sl_value_id slope = sl_emit_add(sweep, h, sl_emit_mul(sweep, x, inside));
  return sl_emit_mul(sweep, g, slope);
}

static sl_value_id mish_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  sl_value_id x = sl_rule_x(node);
  sl_value_id t = unary(sweep, "Tanh", unary(sweep, "Softplus", x));
  sl_value_id rest = sl_emit_shift(sweep, sl_emit_neg(sweep, sl_emit_mul(sweep, t, t)), 1);
  sl_value_id inner = sl_emit_mul(sweep, sl_emit_mul(sweep, x, unary(sweep, "Sigmoid", x)), rest);
  return sl_emit_mul(sweep, g, sl_emit_add(sweep, t, inner));
}

static sl_value_id swish_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  double alpha = sl_node_float(node, "alpha", 1);
  sl_value_id s = unary(sweep, "Sigmoid", sl_emit_scale(sweep, sl_rule_x(node), alpha));
  sl_value_id ay = sl_emit_scale(sweep, sl_rule_y(node), alpha);
  sl_value_id curve = sl_emit_sub(sweep, ay, sl_emit_mul(sweep, ay, s));
  return sl_emit_mul(sweep, g, sl_emit_add(sweep, s, curve));
}

static sl_value_id shrink_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  sl_value_id size = unary(sweep, "Abs", sl_rule_x(node));
  sl_value_id mask = sl_rule_above(sweep, size, sl_node_float(node, "lambd", 0.5));
  return sl_emit_mul(sweep, g, mask);
}

// ---- Gelu ---------------------------------------------------------------------------------------

// (1 + t) / 2
static sl_value_id half_up(sl_sweep *sweep, sl_value_id t) {
  return sl_emit_scale(sweep, sl_emit_shift(sweep, t, 1), 0.5);
}

// Phi(x) + x phi(x)
static sl_value_id gelu_exact(sl_sweep *sweep, sl_value_id x) {
  sl_value_id phi_sum = half_up(sweep, unary(sweep, "Erf", sl_emit_scale(sweep, x, ROOT_HALF)));
  sl_value_id square = sl_emit_mul(sweep, x, sl_emit_scale(sweep, x, -0.5));
  sl_value_id bell = sl_emit_scale(sweep, unary(sweep, "Exp", square), BELL_PEAK);
  return sl_emit_add(sweep, phi_sum, sl_emit_mul(sweep, x, bell));
}

// t = tanh(u), u = sqrt(2/pi) (x + c x^3): (1 + t)/2 + x (1 - t^2) u' / 2
static sl_value_id gelu_tanh(sl_sweep *sweep, sl_value_id x) {
  sl_value_id x2 = sl_emit_mul(sweep, x, x);
  sl_value_id u = sl_emit_mul(sweep, sl_emit_scale(sweep, x, ROOT_TWO_OVER_PI),
                              sl_emit_shift(sweep, sl_emit_scale(sweep, x2, GELU_CUBIC), 1));
  sl_value_id t = unary(sweep, "Tanh", u);
  sl_value_id rest = sl_emit_shift(sweep, sl_emit_neg(sweep, sl_emit_mul(sweep, t, t)), 1);
  sl_value_id inner = sl_emit_shift(sweep, sl_emit_scale(sweep, x2, 3 * GELU_CUBIC), 1);
  sl_value_id slope = sl_emit_mul(sweep, sl_emit_scale(sweep, x, ROOT_TWO_OVER_PI / 2), inner);
  return sl_emit_add(sweep, half_up(sweep, t), sl_emit_mul(sweep, slope, rest));
}

static sl_value_id gelu_gradient(sl_sweep *sweep, const sl_node *node, sl_value_id g) {
  const char *form = sl_node_string(sweep->scratch, node, "approximate", "none");
  sl_value_id x = sl_rule_x(node);
  return sl_emit_mul(sweep, g,
                     strcmp(form, "tanh") == 0 ? gelu_tanh(sweep, x) : gelu_exact(sweep, x));
}

#define UNARY(type, gradient)                                                 \
  sl_status sl_grad_##type(sl_sweep *sweep, sl_node_id node, sl_error *err) { \
    (void)err;                                                                \
    return sl_rule_unary(sweep, node, gradient);                              \
  }
UNARY(Celu, celu_gradient)
UNARY(Elu, elu_gradient)
UNARY(Gelu, gelu_gradient)
UNARY(HardSigmoid, hard_sigmoid_gradient)
UNARY(HardSwish, hard_swish_gradient)
UNARY(LeakyRelu, leaky_relu_gradient)
UNARY(Mish, mish_gradient)
UNARY(Relu, relu_gradient)
UNARY(Selu, selu_gradient)
UNARY(Shrink, shrink_gradient)
UNARY(Sigmoid, sigmoid_gradient)
UNARY(Softplus, softplus_gradient)
UNARY(Softsign, softsign_gradient)
UNARY(Swish, swish_gradient)
UNARY(Tanh, tanh_gradient)
UNARY(ThresholdedRelu, thresholded_relu_gradient)
#undef UNARY

sl_status sl_grad_PRelu(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]), x = at.inputs[0], slope = at.inputs[1];
  if (g == 0) return SL_OK;
  if (sl_rule_wants(sweep, &at, 0))
    sl_sweep_add(sweep, x, choose(sweep, x, g, sl_emit_mul(sweep, g, slope)));
  if (sl_rule_wants(sweep, &at, 1)) {
    sl_value_id lower = choose(sweep, x, sl_emit_zeros_like(sweep, g), sl_emit_mul(sweep, g, x));
    sl_sweep_add(sweep, slope, sl_emit_unbroadcast(sweep, lower, slope));
  }
  return SL_OK;
}
