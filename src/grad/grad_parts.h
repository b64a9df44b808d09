// SPDX-License-Identifier: Apache-2.0
// What several families of rules share, and the declarations of all rules.
//
// Invariant: rules take a copy of their node before they emit, because emitting moves the arrays of
// the graph. Start at sl_rule_unary() and sl_rule_scatter_back().
#ifndef SL_GRAD_GRAD_PARTS_H
#define SL_GRAD_GRAD_PARTS_H

#include "grad/emit_fold.h"
#include "grad/rule.h"

#define SL_GRAD_RULE(type) \
  sl_status sl_grad_##type(sl_sweep *sweep, sl_node_id node, sl_error *err);
#define SL_GRAD_ZERO(type, why)
#define SL_GRAD_ZERO_QUIET(type, why)
#define SL_GRAD_REFUSE(type, why)
#include "grad/grad_list.h"
#undef SL_GRAD_RULE
#undef SL_GRAD_ZERO
#undef SL_GRAD_ZERO_QUIET
#undef SL_GRAD_REFUSE

enum { SL_RULE_RANK_MAX = 16 };

// dL/dx of an operator with one real-valued input, from dL/dy.
typedef sl_value_id (*sl_unary_gradient)(sl_sweep *sweep, const sl_node *node, sl_value_id g);
sl_status sl_rule_unary(sl_sweep *sweep, sl_node_id node, sl_unary_gradient gradient);

static inline sl_value_id sl_rule_x(const sl_node *node) { return node->inputs[0]; }
static inline sl_value_id sl_rule_y(const sl_node *node) { return node->outputs[0]; }

static inline int64_t sl_rule_clamp(int64_t value, int64_t low, int64_t high) {
  return value < low ? low : value > high ? high : value;
}

int sl_rule_is_float(const sl_sweep *sweep, sl_value_id value);
int sl_rule_wants(const sl_sweep *sweep, const sl_node *node, int32_t slot);

// 1 where y > bound (y < bound), else 0, of the type of y. In single precision a HardSigmoid of
// slope 2^100, which the runtime keeps in its blocked layout; a power of two, so that y == bound is
// exactly 0.
sl_value_id sl_rule_above(sl_sweep *sweep, sl_value_id y, double bound);
sl_value_id sl_rule_below(sl_sweep *sweep, sl_value_id y, double bound);
// 1 where 0 < y < top, else 0, of the type of y, which lies between 0 and top (below 2^-100 counts
// as 0). Two passes in the blocked layout instead of four outside it.
sl_value_id sl_rule_inside(sl_sweep *sweep, sl_value_id y, double top);
sl_value_id sl_rule_complement(sl_sweep *sweep, sl_value_id unit);  // 1 - unit
// x of [N, C, 1, 1] repeated to the sizes of `like`, and the sum of x to such sizes, both by
// operators of the blocked layout; where that is not used, x as it is and the usual sum.
sl_value_id sl_rule_widened(sl_sweep *sweep, sl_value_id x, sl_value_id like);
sl_value_id sl_rule_narrowed(sl_sweep *sweep, sl_value_id x, sl_value_id like);
// 0 and 1 (or what lies between) to shift and shift + scale, both within [0, 1].
sl_value_id sl_rule_affine_unit(sl_sweep *sweep, sl_value_id unit, double scale, double shift);

// Comparison; the result has the shape of `x`.
sl_value_id sl_rule_compare(sl_sweep *sweep, const char *type, sl_value_id x, sl_value_id y);
// x where the condition holds, else y; the result has the type of `like`.
sl_value_id sl_rule_where(sl_sweep *sweep, sl_value_id condition, sl_value_id x, sl_value_id y,
                          sl_value_id like);

// The only number of a constant (any shape of one element); 0 when it is not one.
int sl_rule_scalar(const sl_sweep *sweep, sl_value_id value, double *out);
// An axis in [0, rank), or -1.
int32_t sl_rule_axis(int64_t axis, int32_t rank);
// The size of an axis when it is fixed, else -1.
int64_t sl_rule_fixed(const sl_type *type, int32_t axis);

// For operators that only move elements of input 0: applies the node to the positions of the
// elements and adds each piece of the gradient at its position. Serves every shape, also those that
// depend on the batch.
sl_value_id sl_rule_scatter_back(sl_sweep *sweep, const sl_node *node, sl_value_id g);

// The transposed of y = x[.., indices, ..] along an axis of fixed `size`: g has `count` entries
// there, entry k is added to entry indices[k] of the result.
sl_value_id sl_rule_axis_scatter(sl_sweep *sweep, sl_value_id g, int32_t axis,
                                 const int64_t *indices, int64_t count, int64_t size);
// y[.., i, ..] = sum over j of matrix[i][j] * x[.., j, ..]; matrix is [rows][columns].
sl_value_id sl_rule_axis_matrix(sl_sweep *sweep, sl_value_id x, int32_t axis, const double *matrix,
                                int64_t rows, int64_t columns);
// The same with a matrix that is a value: [rows, columns], or its transposed for the last axis.
sl_value_id sl_rule_axis_product(sl_sweep *sweep, sl_value_id x, int32_t axis, sl_value_id matrix,
                                 int64_t rows);

// The gradient g of a MaxPool's output sent to the maxima of another x of the same shape.
sl_status sl_rule_max_pool_at(sl_sweep *sweep, sl_node_id node, sl_value_id x, sl_value_id g,
                              sl_value_id *out, sl_error *err);

#endif
