// SPDX-License-Identifier: Apache-2.0
// How much a weight differs from another of the same sizes, whatever their element types.
#ifndef SL_ATTRIB_WEIGHT_CHANGE_H
#define SL_ATTRIB_WEIGHT_CHANGE_H

#include "graph/graph.h"

typedef struct sl_weight_change {
  bool is_comparable;           // numbers of the same sizes; else only `count` is set
  int64_t count, differing;     // elements; those that differ
  int64_t not_finite;           // NaN or infinite in the second and not in the first
  double max_delta;             // largest |difference| of finite elements
  double squares_a, squares_b;  // sums over finite elements
  double squares_delta, product;
} sl_weight_change;

void sl_weight_change_of(const sl_constant *a, const sl_constant *b, sl_weight_change *out);
// Sums of several weights, as one.
void sl_weight_change_add(sl_weight_change *sum, const sl_weight_change *more);
double sl_weight_change_relative(
    const sl_weight_change *change);  // |b - a| / |a|; infinite for a = 0
double sl_weight_change_cosine(const sl_weight_change *change);  // NaN where one is zero

#endif
