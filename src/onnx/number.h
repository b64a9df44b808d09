// SPDX-License-Identifier: Apache-2.0
// Arithmetic of sizes and shape contents: numbers of the form fixed + per_batch * N, N >= 1.
//
// Invariant: a known result is right for every N; what overflows, or has another form, is unknown.
// Start at sl_number_add().
#ifndef SL_ONNX_NUMBER_H
#define SL_ONNX_NUMBER_H

#include "onnx/infer.h"

static inline sl_onnx_number sl_number_of(int64_t fixed) {
  return (sl_onnx_number){.is_known = true, .fixed = fixed};
}
static inline sl_onnx_number sl_number_real(double real) {
  return (sl_onnx_number){.is_known = true, .real = real};
}
static inline sl_onnx_number sl_number_unknown(void) { return (sl_onnx_number){.is_known = false}; }

sl_onnx_number sl_number_from_dim(sl_dim dim);
// Unknown when it is negative for some N or shrinks with N.
sl_dim sl_number_to_dim(sl_onnx_number number);

sl_onnx_number sl_number_add(sl_onnx_number a, sl_onnx_number b);
sl_onnx_number sl_number_sub(sl_onnx_number a, sl_onnx_number b);
sl_onnx_number sl_number_mul(sl_onnx_number a, sl_onnx_number b);
// Rounded towards zero, as ONNX divides integers.
sl_onnx_number sl_number_div(sl_onnx_number a, sl_onnx_number b);
// Rounded down; `b` > 0.
sl_onnx_number sl_number_floor_div(sl_onnx_number a, int64_t b);
// Sign of the divisor, or with `is_c` that of the dividend.
sl_onnx_number sl_number_mod(sl_onnx_number a, sl_onnx_number b, int is_c);

// -1, 0 or 1 when a < b, a == b or a > b for every N; SL_NUMBER_OPEN when that depends on N or is
// unknown. sl_number_at_least(): a >= b for every N.
enum { SL_NUMBER_OPEN = 2 };
int sl_number_compare(sl_onnx_number a, sl_onnx_number b);
int sl_number_at_least(sl_onnx_number a, sl_onnx_number b);
sl_onnx_number sl_number_min(sl_onnx_number a, sl_onnx_number b);
sl_onnx_number sl_number_max(sl_onnx_number a, sl_onnx_number b);
int sl_number_equal(sl_onnx_number a, sl_onnx_number b);  // both known and the same
int sl_number_is(sl_onnx_number a, int64_t value);

// ---- sizes --------------------------------------------------------------------------------------

#define SL_DIM_OPEN SL_DIM(SL_DIM_UNKNOWN)
static inline int sl_dim_is_known(sl_dim dim) { return dim.fixed != SL_DIM_UNKNOWN; }
static inline int sl_dim_is_fixed(sl_dim dim) {
  return dim.fixed != SL_DIM_UNKNOWN && dim.per_batch == 0;
}
sl_dim sl_dim_add(sl_dim a, sl_dim b);
sl_dim sl_dim_mul(sl_dim a, sl_dim b);
// Exact quotient; unknown when there is a rest.
sl_dim sl_dim_div(sl_dim a, sl_dim b);
sl_dim sl_dim_product(const sl_dim *dims, int32_t count);
// product(dims) / product(by), where dims that occur in both cancel first, so that N * N is no
// trouble. At most 64 of each; unknown when there is a rest.
sl_dim sl_dim_quotient(const sl_dim *dims, int32_t count, const sl_dim *by, int32_t by_count);
// 1 when both are known and not the same for every N.
int sl_dim_differs(sl_dim a, sl_dim b);

// The first index and the number of elements that Slice takes along a dim; 0 when not known.
int sl_number_slice(sl_dim size, sl_onnx_number start, sl_onnx_number end, int64_t step,
                    sl_onnx_number *first, sl_onnx_number *count);

#endif
