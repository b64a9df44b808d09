// SPDX-License-Identifier: Apache-2.0
// Arithmetic of fixed + per_batch * N.
//
// Invariant: no result is known unless it is right for every N >= 1. Start at make().
#include "onnx/number.h"

#include <stdint.h>

static sl_onnx_number make(int64_t fixed, int64_t per_batch) {
  return (sl_onnx_number){.is_known = true, .fixed = fixed, .per_batch = per_batch};
}

sl_onnx_number sl_number_from_dim(sl_dim dim) {
  return sl_dim_is_known(dim) ? make(dim.fixed, dim.per_batch) : sl_number_unknown();
}

sl_dim sl_number_to_dim(sl_onnx_number number) {
  if (!number.is_known || number.fixed < 0 || number.per_batch < 0) return SL_DIM_OPEN;
  return (sl_dim){.fixed = number.fixed, .per_batch = number.per_batch};
}

sl_onnx_number sl_number_add(sl_onnx_number a, sl_onnx_number b) {
  int64_t fixed, per_batch;
  if (!a.is_known || !b.is_known) return sl_number_unknown();
  if (__builtin_add_overflow(a.fixed, b.fixed, &fixed)) return sl_number_unknown();
  if (__builtin_add_overflow(a.per_batch, b.per_batch, &per_batch)) return sl_number_unknown();
  return make(fixed, per_batch);
}

sl_onnx_number sl_number_sub(sl_onnx_number a, sl_onnx_number b) {
  int64_t fixed, per_batch;
  if (!a.is_known || !b.is_known) return sl_number_unknown();
  if (__builtin_sub_overflow(a.fixed, b.fixed, &fixed)) return sl_number_unknown();
  if (__builtin_sub_overflow(a.per_batch, b.per_batch, &per_batch)) return sl_number_unknown();
  return make(fixed, per_batch);
}

sl_onnx_number sl_number_mul(sl_onnx_number a, sl_onnx_number b) {
  if (sl_number_is(a, 0) || sl_number_is(b, 0)) return sl_number_of(0);
  if (!a.is_known || !b.is_known) return sl_number_unknown();
  if (a.per_batch != 0 && b.per_batch != 0) return sl_number_unknown();
  if (a.per_batch != 0) return sl_number_mul(b, a);
  int64_t fixed, per_batch;
  if (__builtin_mul_overflow(a.fixed, b.fixed, &fixed)) return sl_number_unknown();
  if (__builtin_mul_overflow(a.fixed, b.per_batch, &per_batch)) return sl_number_unknown();
  return make(fixed, per_batch);
}

// ---- division -----------------------------------------------------------------------------------

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && a < 0); }

sl_onnx_number sl_number_floor_div(sl_onnx_number a, int64_t b) {
  if (!a.is_known || b <= 0 || a.per_batch % b != 0) return sl_number_unknown();
  return make(floor_div(a.fixed, b), a.per_batch / b);
}

// (a.fixed + a.per_batch * N) / (b.fixed + b.per_batch * N) where that is the same for every N.
static sl_onnx_number ratio(sl_onnx_number a, sl_onnx_number b) {
  int64_t left, right;
  if (b.per_batch == 0 || a.per_batch % b.per_batch != 0) return sl_number_unknown();
  if (__builtin_mul_overflow(a.fixed, b.per_batch, &left)) return sl_number_unknown();
  if (__builtin_mul_overflow(b.fixed, a.per_batch, &right)) return sl_number_unknown();
  return left == right ? make(a.per_batch / b.per_batch, 0) : sl_number_unknown();
}

sl_onnx_number sl_number_div(sl_onnx_number a, sl_onnx_number b) {
  if (!a.is_known || !b.is_known) return sl_number_unknown();
  if (b.per_batch != 0) return ratio(a, b);
  if (b.fixed == 0 || (b.fixed == -1 && a.fixed == INT64_MIN)) return sl_number_unknown();
  if (a.per_batch == 0) return make(a.fixed / b.fixed, 0);
  if (b.fixed > 0 && sl_number_at_least(a, sl_number_of(0))) return sl_number_floor_div(a, b.fixed);
  if (b.fixed == -1 || a.fixed % b.fixed != 0 || a.per_batch % b.fixed != 0)
    return b.fixed == -1 ? sl_number_sub(sl_number_of(0), a) : sl_number_unknown();
  return make(a.fixed / b.fixed, a.per_batch / b.fixed);
}

sl_onnx_number sl_number_mod(sl_onnx_number a, sl_onnx_number b, int is_c) {
  if (!a.is_known || !b.is_known || b.per_batch != 0 || b.fixed == 0 || b.fixed == -1)
    return sl_number_unknown();
  if (a.per_batch % b.fixed != 0) return sl_number_unknown();
  if (a.per_batch != 0 && !sl_number_at_least(a, sl_number_of(0))) return sl_number_unknown();
  int64_t rest = a.fixed % b.fixed;
  if (a.per_batch != 0 && rest < 0) rest += b.fixed < 0 ? -b.fixed : b.fixed;
  if (!is_c && rest != 0 && (rest < 0) != (b.fixed < 0)) rest += b.fixed;
  return make(rest, 0);
}

// ---- order --------------------------------------------------------------------------------------

int sl_number_equal(sl_onnx_number a, sl_onnx_number b) {
  return a.is_known && b.is_known && a.fixed == b.fixed && a.per_batch == b.per_batch;
}

int sl_number_is(sl_onnx_number a, int64_t value) {
  return a.is_known && a.per_batch == 0 && a.fixed == value;
}

int sl_number_compare(sl_onnx_number a, sl_onnx_number b) {
  if (sl_number_equal(a, b)) return 0;
  if (a.is_known && b.is_known && a.per_batch == 0 && b.per_batch == 0)
    return a.fixed < b.fixed ? -1 : 1;
  // The difference at N = 1, and how it goes on from there.
  sl_onnx_number difference = sl_number_sub(a, b);
  int64_t first;
  if (!difference.is_known ||
      __builtin_add_overflow(difference.fixed, difference.per_batch, &first))
    return SL_NUMBER_OPEN;
  if (first > 0 && difference.per_batch >= 0) return 1;
  if (first < 0 && difference.per_batch <= 0) return -1;
  return SL_NUMBER_OPEN;
}

int sl_number_at_least(sl_onnx_number a, sl_onnx_number b) {
  int order = sl_number_compare(a, b);
  if (order == 0 || order == 1) return 1;
  sl_onnx_number difference = sl_number_sub(a, b);
  int64_t first;
  return difference.is_known && difference.per_batch >= 0 &&
         !__builtin_add_overflow(difference.fixed, difference.per_batch, &first) && first >= 0;
}

sl_onnx_number sl_number_min(sl_onnx_number a, sl_onnx_number b) {
  if (sl_number_at_least(b, a)) return a;
  return sl_number_at_least(a, b) ? b : sl_number_unknown();
}

sl_onnx_number sl_number_max(sl_onnx_number a, sl_onnx_number b) {
  if (sl_number_at_least(a, b)) return a;
  return sl_number_at_least(b, a) ? b : sl_number_unknown();
}

// ---- sizes --------------------------------------------------------------------------------------

sl_dim sl_dim_add(sl_dim a, sl_dim b) {
  return sl_number_to_dim(sl_number_add(sl_number_from_dim(a), sl_number_from_dim(b)));
}

sl_dim sl_dim_mul(sl_dim a, sl_dim b) {
  return sl_number_to_dim(sl_number_mul(sl_number_from_dim(a), sl_number_from_dim(b)));
}

sl_dim sl_dim_div(sl_dim a, sl_dim b) {
  sl_onnx_number top = sl_number_from_dim(a), bottom = sl_number_from_dim(b);
  if (!top.is_known || !bottom.is_known) return SL_DIM_OPEN;
  if (bottom.per_batch != 0) return sl_number_to_dim(ratio(top, bottom));
  if (bottom.fixed == 0 || top.fixed % bottom.fixed != 0 || top.per_batch % bottom.fixed != 0)
    return SL_DIM_OPEN;
  return sl_number_to_dim(make(top.fixed / bottom.fixed, top.per_batch / bottom.fixed));
}

sl_dim sl_dim_product(const sl_dim *dims, int32_t count) {
  sl_dim product = SL_DIM(1);
  for (int32_t i = 0; i < count; i++) product = sl_dim_mul(product, dims[i]);
  return product;
}

enum { FACTORS_MAX = 64 };

sl_dim sl_dim_quotient(const sl_dim *dims, int32_t count, const sl_dim *by, int32_t by_count) {
  sl_dim left[FACTORS_MAX];
  if (count > FACTORS_MAX) return SL_DIM_OPEN;
  for (int32_t i = 0; i < count; i++) left[i] = dims[i];
  sl_dim rest = SL_DIM(1);
  for (int32_t b = 0; b < by_count; b++) {
    int32_t at = 0;
    while (at < count && !(sl_dim_equal(left[at], by[b]) && !sl_dim_is(by[b], 0))) at++;
    if (at < count)
      left[at] = SL_DIM(1);
    else
      rest = sl_dim_mul(rest, by[b]);
  }
  return sl_dim_div(sl_dim_product(left, count), rest);
}

int sl_dim_differs(sl_dim a, sl_dim b) {
  return sl_dim_is_known(a) && sl_dim_is_known(b) && !sl_dim_equal(a, b);
}

// ---- Slice --------------------------------------------------------------------------------------

int sl_number_slice(sl_dim size, sl_onnx_number start, sl_onnx_number end, int64_t step,
                    sl_onnx_number *first, sl_onnx_number *count) {
  sl_onnx_number n = sl_number_from_dim(size), zero = sl_number_of(0), one = sl_number_of(1);
  if (!n.is_known || !start.is_known || !end.is_known || step == 0 || step == INT64_MIN) return 0;
  if (sl_number_compare(start, zero) == -1) start = sl_number_add(start, n);
  // The end may be before the first element when going backwards; INT64_MIN is the usual way.
  if (sl_number_compare(end, zero) == -1) end = sl_number_add(end, n);
  if (end.is_known && end.per_batch != 0 && end.fixed < INT32_MIN) end = sl_number_of(-1);
  sl_onnx_number low = step > 0 ? zero : sl_number_of(-1),
                 high = step > 0 ? n : sl_number_sub(n, one);
  // "To the end", as exporters write it, is so for every N.
  int grows = n.per_batch != 0;
  if (grows && sl_number_at_least(end, sl_number_of(INT32_MAX))) end = high;
  if (grows && sl_number_at_least(start, sl_number_of(INT32_MAX))) start = high;
  start = sl_number_min(sl_number_max(start, zero), high);
  end = sl_number_min(sl_number_max(end, low), high);
  sl_onnx_number span = step > 0 ? sl_number_sub(end, start) : sl_number_sub(start, end);
  span = sl_number_max(span, zero);
  int64_t size_of_step = step > 0 ? step : -step;
  *first = start;
  *count = sl_number_floor_div(sl_number_add(span, sl_number_of(size_of_step - 1)), size_of_step);
  return count->is_known;
}
