// SPDX-License-Identifier: Apache-2.0
// Emitting nodes, numbers and elementwise arithmetic; shapes are in emit_shape.c, constants that
// are computed at build time in emit_fold.c.
//
// Invariant: what is returned has a known type as far as the types of the inputs are known. Start
// at sl_emit().
#include <string.h>

#include "grad/emit_fold.h"
#include "grad/rule.h"

// ---- types --------------------------------------------------------------------------------------

void sl_emit_type(sl_sweep *sweep, sl_value_id value, int32_t element, int32_t rank,
                  const sl_dim *dims) {
  sl_graph_set_type(sweep->graph, value, element, rank, dims);
}

void sl_emit_type_of(sl_sweep *sweep, sl_value_id value, sl_value_id like) {
  sweep->graph->values[value].type = sweep->graph->values[like].type;
}

static sl_dim broadcast_dim(sl_dim a, sl_dim b) {
  if (sl_dim_is(a, 1)) return b;
  if (sl_dim_is(b, 1)) return a;
  return a.fixed == SL_DIM_UNKNOWN ? b : a;
}

// The type of `value` becomes that of itself broadcast with `other`; its element stays.
static void broadcast_type(sl_sweep *sweep, sl_value_id value, sl_value_id other) {
  sl_type a = *sl_type_of(sweep, value), b = *sl_type_of(sweep, other);
  if (a.rank < 0 || b.rank < 0) {
    sl_emit_type(sweep, value, a.element, -1, NULL);
    return;
  }
  int32_t rank = a.rank > b.rank ? a.rank : b.rank;
  sl_dim *dims = SL_NEW_ARRAY(sweep->scratch, sl_dim, rank + 1);
  for (int32_t i = 0; i < rank; i++) {
    int32_t at_a = i - (rank - a.rank), at_b = i - (rank - b.rank);
    dims[i] =
        broadcast_dim(at_a < 0 ? SL_DIM(1) : a.dims[at_a], at_b < 0 ? SL_DIM(1) : b.dims[at_b]);
  }
  sl_emit_type(sweep, value, a.element, rank, dims);
}

// Results with the type of their inputs, broadcast.
static const char *const elementwise[] = {"Add",   "Sub", "Mul", "Div", "Pow",  "Mod",
                                          "PRelu", "Sum", "Min", "Max", "Mean", "Where",
                                          "And",   "Or",  "Xor", NULL};
static const char *const comparisons[] = {"Equal",       "Greater", "GreaterOrEqual", "Less",
                                          "LessOrEqual", "IsNaN",   "IsInf",          NULL};
// Results with the type of the first input, whatever the others are.
static const char *const unary[] = {"Abs",
                                    "Acos",
                                    "Acosh",
                                    "Asin",
                                    "Asinh",
                                    "Atan",
                                    "Atanh",
                                    "Ceil",
                                    "Celu",
                                    "Clip",
                                    "Cos",
                                    "Cosh",
                                    "CumSum",
                                    "Elu",
                                    "Erf",
                                    "Exp",
                                    "Floor",
                                    "Gelu",
                                    "HardSigmoid",
                                    "HardSwish",
                                    "Identity",
                                    "LeakyRelu",
                                    "Log",
                                    "LogSoftmax",
                                    "Mish",
                                    "Neg",
                                    "Not",
                                    "Reciprocal",
                                    "Relu",
                                    "Round",
                                    "ScatterElements",
                                    "ScatterND",
                                    "Selu",
                                    "Sigmoid",
                                    "Sign",
                                    "Sin",
                                    "Sinh",
                                    "Softmax",
                                    "Softplus",
                                    "Softsign",
                                    "Sqrt",
                                    "Swish",
                                    "Tan",
                                    "Tanh",
                                    "ThresholdedRelu",
                                    "Trilu",
                                    NULL};

static int is_one_of(const char *type, const char *const *list) {
  while (*list != NULL && strcmp(*list, type) != 0) list++;
  return *list != NULL;
}

static void infer_type(sl_sweep *sweep, const char *type, const sl_value_id *inputs, int32_t count,
                       sl_value_id value) {
  int32_t first = strcmp(type, "Where") == 0 ? 1 : 0;
  int compares = is_one_of(type, comparisons), widens = compares || is_one_of(type, elementwise);
  if (widens || is_one_of(type, unary)) sl_emit_type_of(sweep, value, inputs[first]);
  if (compares) sweep->graph->values[value].type.element = SL_ELEMENT_BOOL;
  if (!widens) return;
  for (int32_t i = 0; i < count; i++)
    if (inputs[i] != 0 && i != first) broadcast_type(sweep, value, inputs[i]);
}

// ---- nodes --------------------------------------------------------------------------------------

sl_value_id sl_emit_many(sl_sweep *sweep, const char *type, const sl_value_id *inputs,
                         int32_t count, int32_t output_count) {
  const char *hint = sl_arena_printf(sweep->scratch, "%s/grad", sweep->origin);
  return sl_graph_apply(sweep->graph, type, hint, sweep->origin, inputs, count, output_count);
}

sl_value_id sl_emit(sl_sweep *sweep, const char *type, const sl_value_id *inputs, int32_t count) {
  sl_value_id value = sl_emit_many(sweep, type, inputs, count, 1);
  if (count > 0) infer_type(sweep, type, inputs, count, value);
  return value;
}

sl_value_id sl_emit1(sl_sweep *sweep, const char *type, sl_value_id x) {
  return sl_emit(sweep, type, &x, 1);
}

sl_value_id sl_emit2(sl_sweep *sweep, const char *type, sl_value_id x, sl_value_id y) {
  return sl_emit(sweep, type, (sl_value_id[]){x, y}, 2);
}

sl_value_id sl_emit3(sl_sweep *sweep, const char *type, sl_value_id x, sl_value_id y,
                     sl_value_id z) {
  return sl_emit(sweep, type, (sl_value_id[]){x, y, z}, 3);
}

sl_node_id sl_emitted(const sl_sweep *sweep) { return sweep->graph->node_count - 1; }

// ---- constants ----------------------------------------------------------------------------------

sl_value_id sl_emit_constant(sl_sweep *sweep, int32_t element, int32_t rank, const int64_t *dims,
                             const void *data) {
  const char *hint = sl_arena_printf(sweep->scratch, "%s/constant", sweep->origin);
  return sl_graph_add_constant(sweep->graph, hint, element, rank, dims, data);
}

sl_value_id sl_emit_number(sl_sweep *sweep, sl_value_id like, double number) {
  return sl_emit_numbers(sweep, sl_type_of(sweep, like)->element, 0, NULL, &number);
}

sl_value_id sl_emit_ints(sl_sweep *sweep, const int64_t *ints, int64_t count) {
  return sl_emit_constant(sweep, SL_ELEMENT_I64, 1, &count, ints);
}

// ---- arithmetic ---------------------------------------------------------------------------------

// x of the type that x op y has, when x alone is the result but y is wider.
static sl_value_id widened(sl_sweep *sweep, sl_value_id x, sl_value_id y) {
  const sl_type *a = sl_type_of(sweep, x), *b = sl_type_of(sweep, y);
  if (b->rank == 0 || (a->rank >= b->rank && b->rank >= 0 && sl_emit_is_one_element(b))) return x;
  return 0;
}

static sl_value_id binary(sl_sweep *sweep, const char *type, sl_value_id x, sl_value_id y) {
  sl_value_id folded = sl_emit_folded(sweep, type, x, y);
  return folded != 0 ? folded : sl_emit2(sweep, type, x, y);
}

sl_value_id sl_emit_add(sl_sweep *sweep, sl_value_id x, sl_value_id y) {
  if (sl_emit_is_all(sweep, y, 0) && widened(sweep, x, y)) return x;
  if (sl_emit_is_all(sweep, x, 0) && widened(sweep, y, x)) return y;
  return binary(sweep, "Add", x, y);
}

sl_value_id sl_emit_sub(sl_sweep *sweep, sl_value_id x, sl_value_id y) {
  if (sl_emit_is_all(sweep, y, 0) && widened(sweep, x, y)) return x;
  return binary(sweep, "Sub", x, y);
}

sl_value_id sl_emit_mul(sl_sweep *sweep, sl_value_id x, sl_value_id y) {
  if (sl_emit_is_all(sweep, y, 1) && widened(sweep, x, y)) return x;
  if (sl_emit_is_all(sweep, x, 1) && widened(sweep, y, x)) return y;
  return binary(sweep, "Mul", x, y);
}

sl_value_id sl_emit_div(sl_sweep *sweep, sl_value_id x, sl_value_id y) {
  if (sl_emit_is_all(sweep, y, 1) && widened(sweep, x, y)) return x;
  return binary(sweep, "Div", x, y);
}

sl_value_id sl_emit_neg(sl_sweep *sweep, sl_value_id x) {
  if (sl_graph_constant(sweep->graph, x) != NULL) return sl_emit_scale(sweep, x, -1);
  return sl_emit1(sweep, "Neg", x);
}

sl_value_id sl_emit_scale(sl_sweep *sweep, sl_value_id x, double factor) {
  return factor == 1 ? x : sl_emit_mul(sweep, x, sl_emit_number(sweep, x, factor));
}

sl_value_id sl_emit_shift(sl_sweep *sweep, sl_value_id x, double summand) {
  return summand == 0 ? x : sl_emit_add(sweep, x, sl_emit_number(sweep, x, summand));
}

sl_value_id sl_emit_cast(sl_sweep *sweep, sl_value_id x, int32_t element) {
  if (sl_type_of(sweep, x)->element == element) return x;
  sl_value_id value = sl_emit1(sweep, "Cast", x);
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "to", element);
  sl_emit_type_of(sweep, value, x);
  sweep->graph->values[value].type.element = element;
  return value;
}

sl_value_id sl_emit_is_positive(sl_sweep *sweep, sl_value_id y) {
  int32_t element = sl_type_of(sweep, y)->element;
  // In half precision the slope is infinite and 0 * inf is NaN; double has no such kernel.
  if (element != SL_ELEMENT_F32) {
    sl_value_id is_positive = sl_emit2(sweep, "Greater", y, sl_emit_number(sweep, y, 0));
    return sl_emit_cast(sweep, is_positive, element);
  }
  sl_value_id mask = sl_emit1(sweep, "HardSigmoid", y);
  sl_graph_set_float(sweep->graph, sl_emitted(sweep), "alpha", 1e30);
  sl_graph_set_float(sweep->graph, sl_emitted(sweep), "beta", 0);
  return mask;
}
