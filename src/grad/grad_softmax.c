// SPDX-License-Identifier: Apache-2.0
// Rules of Softmax and LogSoftmax, from their outputs.
//
// Invariant: the axis is one axis, as from operator set 13 on. Start at sl_grad_Softmax().
#include "grad/grad_parts.h"

static int64_t axis_of(const sl_sweep *sweep, const sl_node *n) {
  return sl_rule_axis(sl_node_int(n, "axis", -1), sl_type_of(sweep, n->inputs[0])->rank);
}

// y (g - sum g y)
sl_status sl_grad_Softmax(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id y = n.outputs[0], g = sl_sweep_grad(sweep, y);
  int64_t axis = axis_of(sweep, &n);
  sl_value_id product = sl_emit_mul(sweep, g, y);
  sl_value_id sum = sl_emit_reduce_sum(sweep, product, &axis, 1, 1);
  sl_sweep_add(sweep, n.inputs[0], sl_emit_sub(sweep, product, sl_emit_mul(sweep, y, sum)));
  return SL_OK;
}

// g - exp(y) sum g
sl_status sl_grad_LogSoftmax(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id y = n.outputs[0], g = sl_sweep_grad(sweep, y);
  int64_t axis = axis_of(sweep, &n);
  sl_value_id sum = sl_emit_reduce_sum(sweep, g, &axis, 1, 1);
  sl_value_id share = sl_emit_mul(sweep, sl_emit1(sweep, "Exp", y), sum);
  sl_sweep_add(sweep, n.inputs[0], sl_emit_sub(sweep, g, share));
  return SL_OK;
}
