// SPDX-License-Identifier: Apache-2.0
// Windows and weights of antialiasing resizes.
//
// Invariant: every expression keeps the order of operations of Pillow's and torch's coefficient
// code (both in double precision), because a last-bit difference can move a weight across a
// rounding boundary and with it an output byte. Method: P. Heckbert, "Filtered image rescaling", as
// Pillow has had it since 2.7. Start at sl_axis_new().
#include <math.h>

#include "image/resize.h"

// Fills one window and returns the number of inputs in it.
static int32_t weigh(const sl_axis *axis, const sl_filter *filter, double scale, int32_t at,
                     double *weights, int32_t *first) {
  double stretch = scale < 1.0 ? 1.0 : scale;
  double support = filter->support * stretch;
  double shrink = 1.0 / stretch;
  double center = (at + 0.5) * scale;
  int32_t low = (int32_t)(center - support + 0.5);
  int32_t high = (int32_t)(center + support + 0.5);
  if (low < 0) low = 0;
  if (high > axis->in) high = axis->in;
  int32_t count = high - low;
  if (count > axis->longest) count = axis->longest;
  double total = 0.0;
  for (int32_t i = 0; i < count; i++) {
    weights[i] = filter->value((i + low - center + 0.5) * shrink);
    total += weights[i];
  }
  for (int32_t i = 0; i < count && total != 0.0; i++) weights[i] /= total;
  *first = low;
  return count;
}

sl_status sl_axis_new(sl_arena *arena, int32_t in, int32_t out, const sl_filter *filter,
                      sl_axis *axis, sl_error *err) {
  double scale = (double)in / out;
  double support = filter->support * (scale < 1.0 ? 1.0 : scale);
  *axis = (sl_axis){.in = in, .out = out, .longest = (int32_t)ceil(support) * 2 + 1};
  size_t weights = (size_t)out * (size_t)axis->longest;
  SL_TRY(sl_resize_scratch(arena, (size_t)out, sizeof(int32_t), &axis->first, err));
  SL_TRY(sl_resize_scratch(arena, (size_t)out, sizeof(int32_t), &axis->count, err));
  SL_TRY(sl_resize_scratch(arena, weights, sizeof(double), &axis->exact, err));
  for (int32_t i = 0; i < out; i++) {
    double *at = axis->exact + (size_t)i * (size_t)axis->longest;
    axis->count[i] = weigh(axis, filter, scale, i, at, &axis->first[i]);
  }
  return SL_OK;
}

sl_status sl_axis_fix(sl_arena *arena, int32_t bits, sl_axis *axis, sl_error *err) {
  size_t weights = (size_t)axis->out * (size_t)axis->longest;
  axis->bits = bits;
  SL_TRY(sl_resize_scratch(arena, weights, sizeof(int32_t), &axis->fixed, err));
  for (size_t i = 0; i < weights; i++) {
    double scaled = axis->exact[i] * (1 << bits);
    axis->fixed[i] = (int32_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
  }
  return SL_OK;
}
