// SPDX-License-Identifier: Apache-2.0
// Comparing weights.
#include "attrib/weight_change.h"

#include <math.h>
#include <string.h>

static bool is_comparable(const sl_constant *a, const sl_constant *b) {
  int is_numbers = a->strings == NULL && b->strings == NULL && !a->is_sparse && !b->is_sparse;
  int is_there = a->count == 0 || (a->data.size > 0 && b->data.size > 0);
  return is_numbers && is_there && a->rank == b->rank && a->count == b->count &&
         (a->rank == 0 || memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) == 0);
}

static void add_element(sl_weight_change *out, double a, double b) {
  if (a == b || (isnan(a) && isnan(b))) {
    if (isfinite(a)) {
      out->squares_a += a * a;
      out->squares_b += b * b;
      out->product += a * b;
    }
    return;
  }
  out->differing++;
  out->not_finite += !isfinite(b) && isfinite(a);
  if (!isfinite(a) || !isfinite(b)) return;
  double delta = b - a;
  out->max_delta = fmax(out->max_delta, fabs(delta));
  out->squares_a += a * a;
  out->squares_b += b * b;
  out->squares_delta += delta * delta;
  out->product += a * b;
}

void sl_weight_change_of(const sl_constant *a, const sl_constant *b, sl_weight_change *out) {
  *out = (sl_weight_change){.is_comparable = is_comparable(a, b), .count = a->count};
  for (int64_t i = 0; out->is_comparable && i < a->count; i++)
    add_element(out, sl_constant_number(a, i), sl_constant_number(b, i));
}

void sl_weight_change_add(sl_weight_change *sum, const sl_weight_change *more) {
  sum->count += more->count;
  sum->differing += more->differing;
  sum->not_finite += more->not_finite;
  sum->max_delta = fmax(sum->max_delta, more->max_delta);
  sum->squares_a += more->squares_a;
  sum->squares_b += more->squares_b;
  sum->squares_delta += more->squares_delta;
  sum->product += more->product;
  sum->is_comparable = sum->is_comparable || more->is_comparable;
}

double sl_weight_change_relative(const sl_weight_change *change) {
  if (change->squares_delta == 0) return 0;
  return change->squares_a > 0 ? sqrt(change->squares_delta / change->squares_a) : INFINITY;
}

double sl_weight_change_cosine(const sl_weight_change *change) {
  double scale = sqrt(change->squares_a) * sqrt(change->squares_b);
  return scale > 0 ? change->product / scale : NAN;
}
