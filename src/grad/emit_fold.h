// SPDX-License-Identifier: Apache-2.0
// Work on constants that is done while the graph is built.
#ifndef SL_GRAD_EMIT_FOLD_H
#define SL_GRAD_EMIT_FOLD_H

#include "grad/rule.h"

// A constant of a float or integer element type from numbers.
sl_value_id sl_emit_numbers(sl_sweep *sweep, int32_t element, int32_t rank, const int64_t *dims,
                            const double *numbers);
// Add, Sub, Mul or Div of two small constants; 0 when they are not.
sl_value_id sl_emit_folded(sl_sweep *sweep, const char *type, sl_value_id x, sl_value_id y);
// 1 when `value` is a small constant with this number in every place.
int sl_emit_is_all(const sl_sweep *sweep, sl_value_id value, double number);
int sl_emit_is_one_element(const sl_type *type);  // known and of size 1 on every axis

// How a copy walks over a constant: axis by axis with strides in elements (negative: flipped), from
// element `start`.
typedef struct sl_emit_walk {
  int32_t rank;
  int64_t dims[16], strides[16];
  int64_t start;
} sl_emit_walk;
// The copy, with shape `dims` (as many elements as the walk has).
sl_value_id sl_emit_walked(sl_sweep *sweep, const sl_constant *constant, const sl_emit_walk *walk,
                           int32_t rank, const int64_t *dims);

#endif
