// SPDX-License-Identifier: Apache-2.0
// Arithmetic on the contents of small tensors.
//
// Integers are exact. Floats are computed in double and rounded to float where that is their type,
// as a runtime would; with N in them only what stays exact is known. Start at sl_arith_find().
#include "onnx/infer_arith.h"

#include <math.h>
#include <string.h>

enum { EXACT = 1 << 24 };  // integers up to here are floats

static int is_real(const sl_arith *how) { return sl_element_is_float(how->element); }

static sl_onnx_number real(const sl_arith *how, double value, double per_batch) {
  sl_onnx_number out = sl_number_real(value);
  if (how->element == SL_ELEMENT_F32) out.real = (double)(float)value;
  if (how->element != SL_ELEMENT_F32 && how->element != SL_ELEMENT_F64) return sl_number_unknown();
  out.real_per_batch = per_batch;
  if (per_batch == 0.0) return out;
  int is_exact = value == floor(value) && per_batch == floor(per_batch) && fabs(value) < EXACT &&
                 fabs(per_batch) < EXACT;
  return is_exact ? out : sl_number_unknown();
}

static sl_onnx_number truth(int value) { return sl_number_of(value != 0); }

// ---- two operands -------------------------------------------------------------------------------

#define KNOWN(a, b) \
  if (!(a).is_known || !(b).is_known) return sl_number_unknown()

static sl_onnx_number add(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  if (!is_real(how)) return sl_number_add(a, b);
  KNOWN(a, b);
  return real(how, a.real + b.real, a.real_per_batch + b.real_per_batch);
}

static sl_onnx_number sub(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  if (!is_real(how)) return sl_number_sub(a, b);
  KNOWN(a, b);
  return real(how, a.real - b.real, a.real_per_batch - b.real_per_batch);
}

static sl_onnx_number mul(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  if (!is_real(how)) return sl_number_mul(a, b);
  KNOWN(a, b);
  if (a.real_per_batch != 0.0 && b.real_per_batch != 0.0) return sl_number_unknown();
  return real(how, a.real * b.real, a.real_per_batch * b.real + a.real * b.real_per_batch);
}

static sl_onnx_number quotient(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  if (!is_real(how)) return sl_number_div(a, b);
  KNOWN(a, b);
  if (b.real_per_batch != 0.0) return sl_number_unknown();
  return real(how, a.real / b.real, a.real_per_batch != 0.0 ? a.real_per_batch / b.real : 0.0);
}

static sl_onnx_number rest(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  if (!is_real(how)) return sl_number_mod(a, b, how->is_c);
  KNOWN(a, b);
  if (a.real_per_batch != 0.0 || b.real_per_batch != 0.0) return sl_number_unknown();
  return real(how, fmod(a.real, b.real), 0.0);
}

static sl_onnx_number power(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  KNOWN(a, b);
  if (is_real(how)) {
    int is_fixed = a.real_per_batch == 0.0 && b.real_per_batch == 0.0;
    return is_fixed ? real(how, pow(a.real, b.real), 0.0) : sl_number_unknown();
  }
  if (b.per_batch != 0 || b.fixed < 0 || b.fixed > 64) return sl_number_unknown();
  sl_onnx_number out = sl_number_of(1);
  for (int64_t n = 0; n < b.fixed; n++) out = sl_number_mul(out, a);
  return out;
}

// -1, 0 or 1, or SL_NUMBER_OPEN.
static int compare(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  if (!is_real(how)) return sl_number_compare(a, b);
  int is_open = !a.is_known || !b.is_known || a.real_per_batch != b.real_per_batch ||
                isnan(a.real) || isnan(b.real);
  return is_open ? SL_NUMBER_OPEN : (a.real > b.real) - (a.real < b.real);
}

static sl_onnx_number least(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  if (!is_real(how)) return sl_number_min(a, b);
  int order = compare(how, a, b);
  return order == SL_NUMBER_OPEN ? sl_number_unknown() : order < 0 ? a : b;
}

static sl_onnx_number most(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  if (!is_real(how)) return sl_number_max(a, b);
  int order = compare(how, a, b);
  return order == SL_NUMBER_OPEN ? sl_number_unknown() : order > 0 ? a : b;
}

static sl_onnx_number equal(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  int order = compare(how, a, b);
  return order == SL_NUMBER_OPEN ? sl_number_unknown() : truth(order == 0);
}

static sl_onnx_number less(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  int order = compare(how, a, b);
  if (order == SL_NUMBER_OPEN && !is_real(how) && sl_number_at_least(a, b)) return truth(0);
  return order == SL_NUMBER_OPEN ? sl_number_unknown() : truth(order < 0);
}

static sl_onnx_number less_or_equal(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  int order = compare(how, a, b);
  if (order == SL_NUMBER_OPEN && !is_real(how) && sl_number_at_least(b, a)) return truth(1);
  return order == SL_NUMBER_OPEN ? sl_number_unknown() : truth(order <= 0);
}

static sl_onnx_number greater(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  return less(how, b, a);
}

static sl_onnx_number greater_or_equal(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  return less_or_equal(how, b, a);
}

static sl_onnx_number both(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  (void)how;
  if (sl_number_is(a, 0) || sl_number_is(b, 0)) return truth(0);
  KNOWN(a, b);
  return truth(1);
}

static sl_onnx_number either(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  (void)how;
  if (sl_number_is(a, 1) || sl_number_is(b, 1)) return truth(1);
  KNOWN(a, b);
  return truth(0);
}

static sl_onnx_number unlike(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  (void)how;
  KNOWN(a, b);
  return truth((a.fixed != 0) != (b.fixed != 0));
}

// ---- one operand --------------------------------------------------------------------------------

static sl_onnx_number negative(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  (void)b;
  return sub(how, is_real(how) ? sl_number_real(0.0) : sl_number_of(0), a);
}

static sl_onnx_number absolute(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  return most(how, a, negative(how, a, b));
}

static sl_onnx_number not(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  (void)how;
  (void)b;
  return a.is_known ? truth(a.fixed == 0) : a;
}

// With N in it a known float is whole, so that rounding leaves it.
static sl_onnx_number rounded(const sl_arith *how, sl_onnx_number a, double (*round)(double)) {
  if (!is_real(how) || !a.is_known) return sl_number_unknown();
  return a.real_per_batch != 0.0 ? a : real(how, round(a.real), 0.0);
}

static sl_onnx_number down(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  (void)b;
  return rounded(how, a, floor);
}

static sl_onnx_number up(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  (void)b;
  return rounded(how, a, ceil);
}

static sl_onnx_number nearest(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  (void)b;
  return rounded(how, a, nearbyint);
}

static sl_onnx_number root(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  (void)b;
  if (!is_real(how) || !a.is_known || a.real_per_batch != 0.0) return sl_number_unknown();
  return real(how, sqrt(a.real), 0.0);
}

static sl_onnx_number reciprocal(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  (void)b;
  return is_real(how) ? quotient(how, sl_number_real(1.0), a) : sl_number_unknown();
}

static sl_onnx_number positive(const sl_arith *how, sl_onnx_number a, sl_onnx_number b) {
  (void)b;
  return most(how, a, is_real(how) ? sl_number_real(0.0) : sl_number_of(0));
}

static const struct {
  const char *type;
  sl_arith_op run;
  int is_unary;
} ops[] = {
    {"Abs", absolute, 1},
    {"Add", add, 0},
    {"And", both, 0},
    {"Ceil", up, 1},
    {"Div", quotient, 0},
    {"Equal", equal, 0},
    {"Floor", down, 1},
    {"Greater", greater, 0},
    {"GreaterOrEqual", greater_or_equal, 0},
    {"Less", less, 0},
    {"LessOrEqual", less_or_equal, 0},
    {"Max", most, 0},
    {"Min", least, 0},
    {"Mod", rest, 0},
    {"Mul", mul, 0},
    {"Neg", negative, 1},
    {"Not", not, 1},
    {"Or", either, 0},
    {"Pow", power, 0},
    {"Reciprocal", reciprocal, 1},
    {"ReduceMax", most, 0},
    {"ReduceMin", least, 0},
    {"ReduceProd", mul, 0},
    {"ReduceSum", add, 0},
    {"Relu", positive, 1},
    {"Round", nearest, 1},
    {"Sqrt", root, 1},
    {"Sub", sub, 0},
    {"Sum", add, 0},
    {"Xor", unlike, 0},
};

sl_arith_op sl_arith_find(const char *type, int *is_unary) {
  for (size_t n = 0; n < sizeof ops / sizeof *ops; n++) {
    *is_unary = ops[n].is_unary;
    if (strcmp(ops[n].type, type) == 0) return ops[n].run;
  }
  return NULL;
}

// ---- casts --------------------------------------------------------------------------------------

static sl_onnx_number to_int(sl_onnx_number a, int32_t to) {
  if (!(fabs(a.real) < 9e18) || !(fabs(a.real_per_batch) < 9e18)) return sl_number_unknown();
  if (to == SL_ELEMENT_BOOL && a.real_per_batch == 0.0) return truth(a.real != 0.0);
  sl_onnx_number out = sl_number_of((int64_t)a.real);
  out.per_batch = (int64_t)a.real_per_batch;
  return out;
}

// 1 when an integer of any value that sizes have fits.
static int is_wide(int32_t element) {
  return element == SL_ELEMENT_I64 || element == SL_ELEMENT_I32 || element == SL_ELEMENT_U32;
}

sl_onnx_number sl_arith_cast(sl_onnx_number a, int32_t from, int32_t to) {
  int was_real = sl_element_is_float(from), is_now_real = sl_element_is_float(to);
  if (!a.is_known) return a;
  if (was_real && is_now_real) return real(&(sl_arith){.element = to}, a.real, a.real_per_batch);
  if (is_now_real) return real(&(sl_arith){.element = to}, (double)a.fixed, (double)a.per_batch);
  if (was_real) return is_wide(to) || to == SL_ELEMENT_BOOL ? to_int(a, to) : sl_number_unknown();
  if (to == SL_ELEMENT_BOOL) {
    int order = sl_number_compare(a, sl_number_of(0));
    return order == SL_NUMBER_OPEN ? sl_number_unknown() : truth(order != 0);
  }
  // Narrow integers would wrap; exporters write the end of a Slice as INT64_MAX.
  int fits = to == SL_ELEMENT_I64 ||
             (is_wide(to) && a.fixed >= 0 && a.fixed <= INT32_MAX && a.per_batch >= 0) ||
             (to == SL_ELEMENT_I32 && a.fixed >= INT32_MIN && a.fixed <= INT32_MAX);
  return fits ? a : sl_number_unknown();
}
