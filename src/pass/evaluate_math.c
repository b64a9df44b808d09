// SPDX-License-Identifier: Apache-2.0
// Elementwise evaluators: arithmetic, comparison, logic, conversion. Integers go through int64,
// floats through double. Start at `operators`.
#include <math.h>
#include <string.h>

#include "pass/evaluate.h"

typedef double (*real1)(double x);
typedef double (*real2)(double x, double y);
typedef int64_t (*int1)(int64_t x);
typedef int64_t (*int2)(int64_t x, int64_t y);

typedef struct math_operator {
  const char *type;
  real1 real1;
  int1 int1;
  real2 real2;
  int2 int2;
  int is_test;  // the output is bool
} math_operator;

// Wrapping, as the runtime's integers do.
static int64_t add_i(int64_t x, int64_t y) { return (int64_t)((uint64_t)x + (uint64_t)y); }
static int64_t sub_i(int64_t x, int64_t y) { return (int64_t)((uint64_t)x - (uint64_t)y); }
static int64_t mul_i(int64_t x, int64_t y) { return (int64_t)((uint64_t)x * (uint64_t)y); }
// Division by zero is kept out by the caller.
static int64_t div_i(int64_t x, int64_t y) { return y == -1 ? sub_i(0, x) : x / y; }
static int64_t min_i(int64_t x, int64_t y) { return x < y ? x : y; }
static int64_t max_i(int64_t x, int64_t y) { return x > y ? x : y; }
static int64_t equal_i(int64_t x, int64_t y) { return x == y; }
static int64_t greater_i(int64_t x, int64_t y) { return x > y; }
static int64_t less_i(int64_t x, int64_t y) { return x < y; }
static int64_t greater_equal_i(int64_t x, int64_t y) { return x >= y; }
static int64_t less_equal_i(int64_t x, int64_t y) { return x <= y; }
static int64_t and_i(int64_t x, int64_t y) { return x && y; }
static int64_t or_i(int64_t x, int64_t y) { return x || y; }
static int64_t xor_i(int64_t x, int64_t y) { return !x != !y; }
static int64_t not_i(int64_t x) { return !x; }
static int64_t neg_i(int64_t x) { return sub_i(0, x); }
static int64_t abs_i(int64_t x) { return x < 0 ? sub_i(0, x) : x; }
static int64_t sign_i(int64_t x) { return (x > 0) - (x < 0); }

static double add_r(double x, double y) { return x + y; }
static double sub_r(double x, double y) { return x - y; }
static double mul_r(double x, double y) { return x * y; }
static double div_r(double x, double y) { return x / y; }
static double min_r(double x, double y) { return x != x || x < y ? x : y; }
static double max_r(double x, double y) { return x != x || x > y ? x : y; }
static double equal_r(double x, double y) { return x == y; }
static double greater_r(double x, double y) { return x > y; }
static double less_r(double x, double y) { return x < y; }
static double greater_equal_r(double x, double y) { return x >= y; }
static double less_equal_r(double x, double y) { return x <= y; }
static double neg_r(double x) { return -x; }
static double sign_r(double x) { return (x > 0) - (x < 0); }
static double reciprocal_r(double x) { return 1 / x; }
static double relu_r(double x) { return x < 0 ? 0 : x; }
static double sigmoid_r(double x) { return 1 / (1 + exp(-x)); }
static double is_nan_r(double x) { return x != x; }
static double is_inf_r(double x) { return isinf(x) != 0; }

static const math_operator operators[] = {
    {"Abs", fabs, abs_i, NULL, NULL, 0},
    {"Add", NULL, NULL, add_r, add_i, 0},
    {"And", NULL, NULL, NULL, and_i, 1},
    {"Ceil", ceil, NULL, NULL, NULL, 0},
    {"Cos", cos, NULL, NULL, NULL, 0},
    {"Div", NULL, NULL, div_r, div_i, 0},
    {"Equal", NULL, NULL, equal_r, equal_i, 1},
    {"Erf", erf, NULL, NULL, NULL, 0},
    {"Exp", exp, NULL, NULL, NULL, 0},
    {"Floor", floor, NULL, NULL, NULL, 0},
    {"Greater", NULL, NULL, greater_r, greater_i, 1},
    {"GreaterOrEqual", NULL, NULL, greater_equal_r, greater_equal_i, 1},
    {"IsInf", is_inf_r, NULL, NULL, NULL, 1},
    {"IsNaN", is_nan_r, NULL, NULL, NULL, 1},
    {"Less", NULL, NULL, less_r, less_i, 1},
    {"LessOrEqual", NULL, NULL, less_equal_r, less_equal_i, 1},
    {"Log", log, NULL, NULL, NULL, 0},
    {"Max", NULL, NULL, max_r, max_i, 0},
    {"Min", NULL, NULL, min_r, min_i, 0},
    {"Mul", NULL, NULL, mul_r, mul_i, 0},
    {"Neg", neg_r, neg_i, NULL, NULL, 0},
    {"Not", NULL, not_i, NULL, NULL, 1},
    {"Or", NULL, NULL, NULL, or_i, 1},
    {"Pow", NULL, NULL, pow, NULL, 0},
    {"Reciprocal", reciprocal_r, NULL, NULL, NULL, 0},
    {"Relu", relu_r, NULL, NULL, NULL, 0},
    {"Round", nearbyint, NULL, NULL, NULL, 0},
    {"Sigmoid", sigmoid_r, NULL, NULL, NULL, 0},
    {"Sign", sign_r, sign_i, NULL, NULL, 0},
    {"Sin", sin, NULL, NULL, NULL, 0},
    {"Sqrt", sqrt, NULL, NULL, NULL, 0},
    {"Sub", NULL, NULL, sub_r, sub_i, 0},
    {"Tanh", tanh, NULL, NULL, NULL, 0},
    {"Xor", NULL, NULL, NULL, xor_i, 1},
};

static const math_operator *operator_of(const char *type) {
  for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
    if (strcmp(operators[i].type, type) == 0) return &operators[i];
  return NULL;
}

static int run_unary(sl_evaluation *e, const math_operator *op) {
  const sl_constant *x = e->inputs[0];
  if (x == NULL || e->node->attribute_count > 0) return 0;
  int is_int = sl_evaluate_is_int(x->element);
  if (is_int ? op->int1 == NULL : op->real1 == NULL || !sl_evaluate_is_real(x->element)) return 0;
  int32_t element = op->is_test ? SL_ELEMENT_BOOL : x->element;
  uint8_t *to = sl_evaluate_output(e, 0, element, x->rank, x->dims);
  for (int64_t i = 0; to != NULL && i < x->count; i++) {
    if (is_int)
      sl_evaluate_store_int(element, to, i, op->int1(sl_constant_int(x, i)));
    else if (op->is_test)
      sl_evaluate_store_int(element, to, i, op->real1(sl_constant_number(x, i)) != 0);
    else
      sl_element_store(element, to, i, op->real1(sl_constant_number(x, i)));
  }
  return to != NULL;
}

static int has_zero(const sl_constant *x) {
  for (int64_t i = 0; i < x->count; i++)
    if (sl_constant_int(x, i) == 0) return 1;
  return 0;
}

static int binary_is_known(const math_operator *op, const sl_constant *x, const sl_constant *y) {
  if (x == NULL || y == NULL || x->element != y->element) return 0;
  if (!sl_evaluate_is_int(x->element)) return op->real2 != NULL && sl_evaluate_is_real(x->element);
  return op->int2 != NULL && !(op->int2 == div_i && has_zero(y));
}

static int run_binary(sl_evaluation *e, const math_operator *op) {
  const sl_constant *x = e->inputs[0], *y = e->inputs[1];
  int64_t dims[SL_EVALUATE_RANK_MAX];
  int32_t rank = 0;
  if (!binary_is_known(op, x, y) || !sl_evaluate_broadcast(&rank, dims, x) ||
      !sl_evaluate_broadcast(&rank, dims, y))
    return 0;
  int32_t element = op->is_test ? SL_ELEMENT_BOOL : x->element;
  uint8_t *to = sl_evaluate_output(e, 0, element, rank, dims);
  if (to == NULL) return 0;
  sl_odometer o = {.rank = rank, .operands = 2, .dims = dims};
  sl_evaluate_strides(x, rank, dims, o.strides[0]);
  sl_evaluate_strides(y, rank, dims, o.strides[1]);
  int is_int = sl_evaluate_is_int(x->element);
  for (int64_t i = 0; i < e->outputs[0].count; i++) {
    int64_t a = o.offset[0], b = o.offset[1];
    if (is_int) {
      sl_evaluate_store_int(element, to, i, op->int2(sl_constant_int(x, a), sl_constant_int(y, b)));
    } else {
      double r = op->real2(sl_constant_number(x, a), sl_constant_number(y, b));
      if (op->is_test)
        sl_evaluate_store_int(element, to, i, r != 0);
      else
        sl_element_store(element, to, i, r);
    }
    sl_odometer_next(&o);
  }
  return 1;
}

static int run_math(sl_evaluation *e) {
  const math_operator *op = operator_of(e->node->type);
  if (e->input_count == 1 && (op->real1 != NULL || op->int1 != NULL)) return run_unary(e, op);
  if (e->input_count == 2 && (op->real2 != NULL || op->int2 != NULL)) return run_binary(e, op);
  return 0;
}

// ---- others -------------------------------------------------------------------------------------

static int convert(sl_evaluation *e, const sl_constant *x, int32_t element) {
  int from_int = sl_evaluate_is_int(x->element), to_int = sl_evaluate_is_int(element);
  if (!(from_int || sl_evaluate_is_real(x->element)) || !(to_int || sl_evaluate_is_real(element)))
    return 0;
  if (element == x->element) return sl_evaluate_alias(e, x, x->rank, x->dims);
  uint8_t *to = sl_evaluate_output(e, 0, element, x->rank, x->dims);
  for (int64_t i = 0; to != NULL && i < x->count; i++) {
    double real = sl_constant_number(x, i);
    int is_outside = !from_int && to_int && element != SL_ELEMENT_BOOL &&
                     (!isfinite(real) || fabs(real) > 0x1p31);
    if (is_outside) return 0;
    if (to_int && from_int)
      sl_evaluate_store_int(element, to, i, sl_constant_int(x, i));
    else if (to_int)
      sl_evaluate_store_int(element, to, i, element == SL_ELEMENT_BOOL ? real != 0 : (int64_t)real);
    else if (x->element == SL_ELEMENT_I64)
      sl_element_store(element, to, i, (double)sl_constant_int(x, i));
    else
      sl_element_store(element, to, i, real);
  }
  return to != NULL;
}

static int run_cast(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  return x != NULL && convert(e, x, (int32_t)sl_node_int(e->node, "to", 0));
}

static int run_cast_like(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0), *like = sl_evaluate_input(e, 1);
  return x != NULL && like != NULL && convert(e, x, like->element);
}

// Integers only: what floats do depends on fmod.
static int run_mod(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0), *y = sl_evaluate_input(e, 1);
  if (x == NULL || y == NULL || y->count != 1 || x->element != y->element ||
      !sl_evaluate_is_int(x->element) || y->rank > x->rank)
    return 0;
  int64_t by = sl_constant_int(y, 0);
  if (by <= 0 || sl_node_int(e->node, "fmod", 0) != 0) return 0;
  uint8_t *to = sl_evaluate_output(e, 0, x->element, x->rank, x->dims);
  for (int64_t i = 0; to != NULL && i < x->count; i++) {
    int64_t rest = sl_constant_int(x, i) % by;
    sl_evaluate_store_int(x->element, to, i, rest < 0 ? rest + by : rest);
  }
  return to != NULL;
}

static int run_clip(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  const sl_constant *low = sl_evaluate_input(e, 1), *high = sl_evaluate_input(e, 2);
  if (x == NULL || (low != NULL && low->count != 1) || (high != NULL && high->count != 1)) return 0;
  int is_int = sl_evaluate_is_int(x->element);
  if (!is_int && !sl_evaluate_is_real(x->element)) return 0;
  uint8_t *to = sl_evaluate_output(e, 0, x->element, x->rank, x->dims);
  for (int64_t i = 0; to != NULL && i < x->count; i++) {
    if (is_int) {
      int64_t v = sl_constant_int(x, i);
      if (low != NULL) v = max_i(v, sl_constant_int(low, 0));
      if (high != NULL) v = min_i(v, sl_constant_int(high, 0));
      sl_evaluate_store_int(x->element, to, i, v);
    } else {
      double v = sl_constant_number(x, i);
      if (low != NULL) v = max_r(v, sl_constant_number(low, 0));
      if (high != NULL) v = min_r(v, sl_constant_number(high, 0));
      sl_element_store(x->element, to, i, v);
    }
  }
  return to != NULL;
}

static int run_range(sl_evaluation *e) {
  const sl_constant *of[3];
  for (int32_t i = 0; i < 3; i++) {
    of[i] = sl_evaluate_input(e, i);
    if (of[i] == NULL || of[i]->count != 1 || of[i]->element != of[0]->element) return 0;
  }
  int is_int = sl_evaluate_is_int(of[0]->element);
  if (!is_int && !sl_evaluate_is_real(of[0]->element)) return 0;
  double start = sl_constant_number(of[0], 0), delta = sl_constant_number(of[2], 0);
  double length = ceil((sl_constant_number(of[1], 0) - start) / delta);
  if (!(length < (double)e->elements_max)) return 0;
  int64_t count = length > 0 ? (int64_t)length : 0;
  uint8_t *to = sl_evaluate_output(e, 0, of[0]->element, 1, &count);
  for (int64_t i = 0; to != NULL && i < count; i++)
    if (is_int)
      sl_evaluate_store_int(of[0]->element, to, i,
                            sl_constant_int(of[0], 0) + i * sl_constant_int(of[2], 0));
    else
      sl_element_store(of[0]->element, to, i, start + (double)i * delta);
  return to != NULL;
}

sl_evaluator sl_evaluate_math(const char *type) {
  static const struct {
    const char *type;
    sl_evaluator run;
  } others[] = {{"Cast", run_cast},
                {"CastLike", run_cast_like},
                {"Clip", run_clip},
                {"Mod", run_mod},
                {"Range", run_range}};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    if (strcmp(others[i].type, type) == 0) return others[i].run;
  return operator_of(type) != NULL ? run_math : NULL;
}
