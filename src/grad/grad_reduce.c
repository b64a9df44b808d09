// SPDX-License-Identifier: Apache-2.0
// Gradients of reductions and cumulative sums.
//
// Invariant: g and y are brought to the shape of x with 1 on the reduced axes, then broadcast.
// Where several elements are the largest, each takes an equal share, as PyTorch's amax has it (its
// max over one axis would pick one). Start at reduction_of().
#include <string.h>

#include "grad/grad_parts.h"

typedef struct reduction {
  sl_node node;
  sl_value_id x, y, g;  // y and g with 1 on the reduced axes
  int64_t axes[SL_RULE_RANK_MAX];
  int32_t axis_count;
  bool is_nothing;  // nothing to do: no gradient, or none wanted
} reduction;

// The axes as an attribute (before operator set 18) or as an input; all of them when left out.
static sl_status read_axes(sl_sweep *sweep, sl_node_id node, reduction *r, sl_error *err) {
  int32_t rank = sl_type_of(sweep, r->x)->rank;
  int64_t count, listed[SL_RULE_RANK_MAX];
  const int64_t *axes = sl_node_ints(&r->node, "axes", &count);
  if (axes == NULL && sl_node_input(&r->node, 1) != 0) {
    count = sl_graph_constant_ints(sweep->graph, r->node.inputs[1], listed, SL_RULE_RANK_MAX);
    if (count < 0) return sl_sweep_refuse(sweep, node, err, "its axes are not constant");
    axes = listed;
  }
  if (count == 0 && sl_node_int(&r->node, "noop_with_empty_axes", 0) != 0) return SL_OK;
  bool all = count == 0;
  if (all) count = rank;
  if (rank > SL_RULE_RANK_MAX || count > rank)
    return sl_sweep_refuse(sweep, node, err, "it has %d axes", rank);
  for (int64_t i = 0; i < count; i++) r->axes[i] = all ? i : sl_rule_axis(axes[i], rank);
  r->axis_count = (int32_t)count;
  return SL_OK;
}

static sl_status reduction_of(sl_sweep *sweep, sl_node_id node, reduction *r, sl_error *err) {
  *r = (reduction){.node = sweep->graph->nodes[node], .is_nothing = true};
  r->x = r->node.inputs[0];
  sl_value_id g = sl_sweep_grad(sweep, r->node.outputs[0]);
  if (g == 0 || !sl_rule_wants(sweep, &r->node, 0)) return SL_OK;
  SL_TRY(read_axes(sweep, node, r, err));
  const sl_type type = *sl_type_of(sweep, r->x);
  sl_dim kept[SL_RULE_RANK_MAX];
  if (type.rank > 0) memcpy(kept, type.dims, (size_t)type.rank * sizeof *kept);
  for (int32_t i = 0; i < r->axis_count; i++) kept[r->axes[i]] = SL_DIM(1);
  r->g = sl_emit_reshape(sweep, g, kept, type.rank);
  r->y = r->node.outputs[0];
  if (sl_type_of(sweep, r->y)->rank != type.rank)
    r->y = sl_emit_reshape(sweep, r->y, kept, type.rank);
  r->is_nothing = false;
  return SL_OK;
}

static sl_status add(sl_sweep *sweep, const reduction *r, sl_value_id gradient) {
  sl_sweep_add(sweep, r->x, gradient);
  return SL_OK;
}

static sl_value_id sum_kept(sl_sweep *sweep, const reduction *r, sl_value_id x) {
  return sl_emit_reduce_sum(sweep, x, r->axes, r->axis_count, 1);
}

static sl_value_id unary(sl_sweep *sweep, const char *type, sl_value_id x) {
  sl_value_id y = sl_emit1(sweep, type, x);
  sl_emit_type_of(sweep, y, x);
  return y;
}

sl_status sl_grad_ReduceSum(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  reduction r;
  SL_TRY(reduction_of(sweep, node, &r, err));
  return r.is_nothing ? SL_OK : add(sweep, &r, sl_emit_expand_like(sweep, r.g, r.x));
}

// How many elements go into one, as a value when it is not fixed.
static sl_value_id divide_by_count(sl_sweep *sweep, const reduction *r, sl_value_id g) {
  const sl_type type = *sl_type_of(sweep, r->x);
  double count = 1;
  for (int32_t i = 0; i < r->axis_count; i++) {
    int64_t size = sl_rule_fixed(&type, (int32_t)r->axes[i]);
    count = size > 0 && count > 0 ? count * (double)size : -1;
  }
  if (count > 0) return sl_emit_scale(sweep, g, 1 / count);
  sl_value_id sizes[2] = {r->y, r->x};
  for (int32_t i = 0; i < 2; i++) {
    sizes[i] = sl_emit1(sweep, "Size", sizes[i]);
    sl_emit_type(sweep, sizes[i], SL_ELEMENT_I64, 0, NULL);
    sizes[i] = sl_emit_cast(sweep, sizes[i], type.element);
  }
  return sl_emit_mul(sweep, g, sl_emit_div(sweep, sizes[0], sizes[1]));
}

sl_status sl_grad_ReduceMean(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  reduction r;
  SL_TRY(reduction_of(sweep, node, &r, err));
  if (r.is_nothing) return SL_OK;
  return add(sweep, &r, sl_emit_expand_like(sweep, divide_by_count(sweep, &r, r.g), r.x));
}

static sl_status extreme(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  reduction r;
  SL_TRY(reduction_of(sweep, node, &r, err));
  if (r.is_nothing) return SL_OK;
  sl_value_id equal = sl_rule_compare(sweep, "Equal", r.x, r.y);
  sl_value_id mask = sl_emit_cast(sweep, equal, sl_type_of(sweep, r.x)->element);
  sl_value_id share = sl_emit_div(sweep, r.g, sum_kept(sweep, &r, mask));
  return add(sweep, &r, sl_emit_mul(sweep, mask, share));
}

sl_status sl_grad_ReduceMax(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  return extreme(sweep, node, err);
}

sl_status sl_grad_ReduceMin(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  return extreme(sweep, node, err);
}

// The product of the others: with no zero among them y/x, with one zero the product of the rest at
// the zero and 0 elsewhere, with more 0 everywhere.
sl_status sl_grad_ReduceProd(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  reduction r;
  SL_TRY(reduction_of(sweep, node, &r, err));
  if (r.is_nothing) return SL_OK;
  int32_t element = sl_type_of(sweep, r.x)->element;
  sl_value_id zero = sl_emit_number(sweep, r.x, 0), one = sl_emit_number(sweep, r.x, 1);
  sl_value_id is_zero = sl_rule_compare(sweep, "Equal", r.x, zero);
  sl_value_id safe = sl_rule_where(sweep, is_zero, one, r.x, r.x);
  sl_value_id zeros = sum_kept(sweep, &r, sl_emit_cast(sweep, is_zero, element));
  sl_value_id others =
      sl_emit_sub(sweep, zeros, sl_emit_cast(sweep, is_zero, element));  // besides itself
  sl_value_id axes = sl_emit_ints(sweep, r.axes, r.axis_count);
  sl_value_id product = sweep->opset >= 18 ? sl_emit2(sweep, "ReduceProd", safe, axes)
                                           : sl_emit1(sweep, "ReduceProd", safe);
  if (sweep->opset < 18)
    sl_graph_set_ints(sweep->graph, sl_emitted(sweep), "axes", r.axes, r.axis_count);
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "keepdims", 1);
  sl_emit_type_of(sweep, product, r.g);
  sl_value_id rest = sl_emit_div(sweep, sl_emit_mul(sweep, r.g, product), safe);
  sl_value_id only = sl_rule_compare(sweep, "Equal", others, zero);
  return add(sweep, &r, sl_rule_where(sweep, only, rest, zero, r.x));
}

sl_status sl_grad_ReduceL1(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  reduction r;
  SL_TRY(reduction_of(sweep, node, &r, err));
  if (r.is_nothing) return SL_OK;
  return add(sweep, &r, sl_emit_mul(sweep, unary(sweep, "Sign", r.x), r.g));
}

// x / y, and 0 where y is 0.
sl_status sl_grad_ReduceL2(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  reduction r;
  SL_TRY(reduction_of(sweep, node, &r, err));
  if (r.is_nothing) return SL_OK;
  sl_value_id zero = sl_emit_number(sweep, r.y, 0), one = sl_emit_number(sweep, r.y, 1);
  sl_value_id is_zero = sl_rule_compare(sweep, "Equal", r.y, zero);
  sl_value_id length = sl_rule_where(sweep, is_zero, one, r.y, r.y);
  return add(sweep, &r, sl_emit_mul(sweep, r.x, sl_emit_div(sweep, r.g, length)));
}

sl_status sl_grad_ReduceLogSum(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  reduction r;
  SL_TRY(reduction_of(sweep, node, &r, err));
  if (r.is_nothing) return SL_OK;
  sl_value_id over_sum = unary(sweep, "Exp", sl_emit_neg(sweep, r.y));
  return add(sweep, &r, sl_emit_expand_like(sweep, sl_emit_mul(sweep, r.g, over_sum), r.x));
}

sl_status sl_grad_ReduceLogSumExp(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  reduction r;
  SL_TRY(reduction_of(sweep, node, &r, err));
  if (r.is_nothing) return SL_OK;
  sl_value_id weight = unary(sweep, "Exp", sl_emit_sub(sweep, r.x, r.y));
  return add(sweep, &r, sl_emit_mul(sweep, weight, r.g));
}

sl_status sl_grad_ReduceSumSquare(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  reduction r;
  SL_TRY(reduction_of(sweep, node, &r, err));
  if (r.is_nothing) return SL_OK;
  return add(sweep, &r, sl_emit_mul(sweep, r.x, sl_emit_scale(sweep, r.g, 2)));
}

// The transposed of a sum over what stands before is the sum over what stands behind.
sl_status sl_grad_CumSum(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]);
  if (g == 0 || !sl_rule_wants(sweep, &at, 0)) return SL_OK;
  sl_value_id back = sl_emit2(sweep, "CumSum", g, at.inputs[1]);
  int64_t reverse = sl_node_int(&at, "reverse", 0) == 0;
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "exclusive", sl_node_int(&at, "exclusive", 0));
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "reverse", reverse);
  sl_emit_type_of(sweep, back, g);
  sl_sweep_add(sweep, at.inputs[0], back);
  return SL_OK;
}
