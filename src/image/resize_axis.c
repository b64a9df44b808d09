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
  const double longest = fmin(ceil(support) * 2 + 1, in);
  *axis = (sl_axis){.in = in, .out = out, .longest = (int32_t)longest};
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

// Low parts of two weights in [0], the rest in [1].
static void pack_pair(const int32_t weights[2], int narrow, uint32_t pair[2]) {
  uint32_t low[2], high[2];
  for (int i = 0; i < 2; i++) {
    low[i] = (uint32_t)weights[i] & (narrow ? 0xffffu : (1u << SL_LOW_BITS) - 1);
    high[i] = narrow ? 0 : (uint32_t)(weights[i] >> SL_LOW_BITS) & 0xffffu;
  }
  pair[0] = low[0] | low[1] << 16;
  pair[1] = high[0] | high[1] << 16;
}

static void pack_pairs(sl_axis *axis) {
  for (int32_t i = 0; i < axis->out; i++) {
    const int32_t *from = axis->fixed + (size_t)i * (size_t)axis->longest;
    uint32_t(*to)[2] = axis->pairs + (size_t)i * (size_t)axis->longest_pairs;
    for (int32_t t = 0; t < axis->count[i]; t += 2) {
      const int32_t weights[2] = {from[t], t + 1 < axis->count[i] ? from[t + 1] : 0};
      pack_pair(weights, axis->narrow, to[t / 2]);
    }
  }
}

sl_status sl_axis_fix(sl_arena *arena, int32_t bits, sl_axis *axis, sl_error *err) {
  size_t weights = (size_t)axis->out * (size_t)axis->longest;
  axis->bits = bits;
  axis->narrow = 1;
  axis->longest_pairs = (axis->longest + 1) / 2;
  SL_TRY(sl_resize_scratch(arena, weights, sizeof(int32_t), &axis->fixed, err));
  SL_TRY(sl_resize_scratch(arena, (size_t)axis->out * (size_t)axis->longest_pairs,
                           sizeof(*axis->pairs), &axis->pairs, err));
  for (size_t i = 0; i < weights; i++) {
    double scaled = axis->exact[i] * (1 << bits);
    axis->fixed[i] = (int32_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    axis->narrow &= axis->fixed[i] == (int16_t)axis->fixed[i];
  }
  pack_pairs(axis);
  return SL_OK;
}
