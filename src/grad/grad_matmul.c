// SPDX-License-Identifier: Apache-2.0
// Rules of Gemm and MatMul.
//
// Invariant: weights are never transposed into a second copy: a product with a matrix is a Gemm
// that reads it transposed. Start at sl_grad_MatMul().
#include "grad/grad_parts.h"

// ---- Gemm ---------------------------------------------------------------------------------------

static sl_value_id gemm(sl_sweep *sweep, sl_value_id a, int trans_a, sl_value_id b, int trans_b,
                        double alpha) {
  sl_dim dims[2] = {sl_type_of(sweep, a)->dims[trans_a ? 1 : 0],
                    sl_type_of(sweep, b)->dims[trans_b ? 0 : 1]};
  sl_value_id value = sl_emit2(sweep, "Gemm", a, b);
  sl_node_id node = sl_emitted(sweep);
  if (trans_a) sl_graph_set_int(sweep->graph, node, "transA", 1);
  if (trans_b) sl_graph_set_int(sweep->graph, node, "transB", 1);
  if (alpha != 1) sl_graph_set_float(sweep->graph, node, "alpha", alpha);
  sl_emit_type(sweep, value, sl_type_of(sweep, a)->element, 2, dims);
  return value;
}

sl_status sl_grad_Gemm(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id a = n.inputs[0], b = n.inputs[1], c = sl_node_input(&n, 2);
  sl_value_id g = sl_sweep_grad(sweep, n.outputs[0]);
  int trans_a = sl_node_int(&n, "transA", 0) != 0, trans_b = sl_node_int(&n, "transB", 0) != 0;
  double alpha = sl_node_float(&n, "alpha", 1);
  if (sl_sweep_wants(sweep, a))
    sl_sweep_add(
        sweep, a,
        trans_a ? gemm(sweep, b, trans_b, g, 1, alpha) : gemm(sweep, g, 0, b, !trans_b, alpha));
  if (sl_sweep_wants(sweep, b))
    sl_sweep_add(
        sweep, b,
        trans_b ? gemm(sweep, g, 1, a, trans_a, alpha) : gemm(sweep, a, !trans_a, g, 0, alpha));
  if (sl_sweep_wants(sweep, c)) {
    sl_value_id scaled = sl_emit_scale(sweep, g, sl_node_float(&n, "beta", 1));
    sl_sweep_add(sweep, c, sl_emit_unbroadcast(sweep, scaled, c));
  }
  return SL_OK;
}

// ---- MatMul -------------------------------------------------------------------------------------

static sl_value_id swapped(sl_sweep *sweep, sl_value_id x) {
  int32_t rank = sl_type_of(sweep, x)->rank;
  int64_t perm[SL_RULE_RANK_MAX];
  for (int32_t i = 0; i < rank; i++) perm[i] = i;
  perm[rank - 1] = rank - 2;
  perm[rank - 2] = rank - 1;
  return sl_emit_transpose(sweep, x, perm, rank);
}

// [..., K] -> [rows, K].
static sl_value_id as_rows(sl_sweep *sweep, sl_value_id x) {
  sl_type type = *sl_type_of(sweep, x);
  sl_type lead = {.rank = type.rank - 1, .dims = type.dims};
  sl_dim dims[2] = {sl_type_elements(&lead), type.dims[type.rank - 1]};
  return sl_emit_reshape(sweep, x, dims, 2);
}

// A size of 1 put before axis `axis`.
static sl_value_id with_axis(sl_sweep *sweep, sl_value_id x, int32_t axis) {
  sl_type type = *sl_type_of(sweep, x);
  sl_dim dims[SL_RULE_RANK_MAX];
  for (int32_t i = 0; i <= type.rank; i++)
    dims[i] = i < axis ? type.dims[i] : i == axis ? SL_DIM(1) : type.dims[i - 1];
  return sl_emit_reshape(sweep, x, dims, type.rank + 1);
}

// Reduced to the leading axes of `like`, then given its shape.
static sl_value_id fitted(sl_sweep *sweep, sl_value_id x, sl_value_id like) {
  if (sl_type_of(sweep, like)->rank == 1) {
    sl_type type = *sl_type_of(sweep, x);
    int64_t axes[SL_RULE_RANK_MAX];
    for (int32_t i = 0; i < type.rank - 2; i++) axes[i] = i;
    x = sl_emit_reduce_sum(sweep, x, axes, type.rank - 2, 0);
    return sl_emit_reshape_like(sweep, x, like);
  }
  return sl_emit_unbroadcast(sweep, x, like);
}

// g [..., M, N] times b^T for a matrix b [K, N]: rows of g in one Gemm.
static sl_value_id times_matrix(sl_sweep *sweep, sl_value_id g, sl_value_id b, sl_value_id a) {
  sl_value_id rows = gemm(sweep, as_rows(sweep, g), 0, b, 1, 1);
  sl_type type = *sl_type_of(sweep, g);
  sl_dim dims[SL_RULE_RANK_MAX];
  for (int32_t i = 0; i < type.rank - 1; i++) dims[i] = type.dims[i];
  dims[type.rank - 1] = sl_type_of(sweep, b)->dims[0];
  if (sl_type_of(sweep, a)->rank == type.rank) return sl_emit_reshape_like(sweep, rows, a);
  return sl_emit_reshape(sweep, rows, dims, type.rank);
}

static int has_one_growing(const sl_type *type) {
  return sl_type_elements(type).fixed != SL_DIM_UNKNOWN;
}

sl_status sl_grad_MatMul(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id a = n.inputs[0], b = n.inputs[1], g = sl_sweep_grad(sweep, n.outputs[0]);
  int32_t rank_a = sl_type_of(sweep, a)->rank, rank_b = sl_type_of(sweep, b)->rank;
  if (rank_b == 1) g = with_axis(sweep, g, sl_type_of(sweep, g)->rank);
  if (rank_a == 1) g = with_axis(sweep, g, sl_type_of(sweep, g)->rank - 1);
  sl_value_id wide_a = rank_a == 1 ? with_axis(sweep, a, 0) : a;
  sl_value_id wide_b = rank_b == 1 ? with_axis(sweep, b, 1) : b;
  int by_rows = rank_b <= 2 && has_one_growing(sl_type_of(sweep, g));
  if (sl_sweep_wants(sweep, a)) {
    sl_value_id product = by_rows ? times_matrix(sweep, g, wide_b, wide_a)
                                  : sl_emit_matmul(sweep, g, swapped(sweep, wide_b));
    sl_sweep_add(sweep, a, fitted(sweep, product, a));
  }
  if (sl_sweep_wants(sweep, b)) {
    sl_value_id product = by_rows && has_one_growing(sl_type_of(sweep, wide_a))
                              ? gemm(sweep, as_rows(sweep, wide_a), 1, as_rows(sweep, g), 0, 1)
                              : sl_emit_matmul(sweep, swapped(sweep, wide_a), g);
    sl_sweep_add(sweep, b, fitted(sweep, product, b));
  }
  return SL_OK;
}
