// SPDX-License-Identifier: Apache-2.0
// Random draws for resampling; the contract is in draw.h.
//
// Invariant: a resample is drawn block by block: first how many of the draws fall into the block
// (binomial, given those before), then which; the counters of a block stay in the nearest cache.
#include "metric/draw.h"

#include <math.h>
#include <string.h>

#include "metric/stats.h"

enum { BLOCK_BITS = 12, BLOCK = 1 << BLOCK_BITS, PARTS = 64 / BLOCK_BITS };

sl_random sl_draw_start(uint64_t seed, uint64_t index) {
  sl_random mixer = {seed};
  uint64_t start = sl_random_next(&mixer);
  mixer.state = start ^ (index + 1) * 0x9e3779b97f4a7c15u;
  return (sl_random){sl_random_next(&mixer)};
}

// Takes probabilities from the mode outwards, the two sides in turn, until they exceed a uniform
// number.
int64_t sl_draw_binomial(sl_random *random, int64_t n, double p) {
  if (n <= 0 || p <= 0.0) return 0;
  if (p >= 1.0) return n;
  double left = sl_random_unit(random), odds = p / (1.0 - p);
  int64_t mode = (int64_t)((double)(n + 1) * p);
  if (mode > n) mode = n;
  double up = sl_stats_binomial_pmf(mode, n, p), down = up;
  int64_t high = mode, low = mode;
  left -= up;
  while (left >= 0.0 && (high < n || low > 0)) {
    if (high < n) {
      up *= (double)(n - high) / (double)(high + 1) * odds;
      high++;
      left -= up;
      if (left < 0.0) return high;
    }
    if (low > 0) {
      down *= (double)low / (double)(n - low + 1) / odds;
      low--;
      left -= down;
      if (left < 0.0) return low;
    }
    if (up + down < 1e-300) break;  // rounding left a trace of `left`
  }
  return mode;
}

static void draw_block(sl_random *random, int64_t draws, int64_t size, uint8_t *times) {
  if (size == BLOCK) {
    while (draws > 0) {
      uint64_t bits = sl_random_next(random);
      for (int k = 0; k < PARTS && draws > 0; k++, draws--) {
        times[bits >> (k * BLOCK_BITS) & (BLOCK - 1)]++;
      }
    }
    return;
  }
  for (; draws > 0; draws--) {
    uint64_t high = sl_random_next(random) >> 32;
    times[high * (uint64_t)size >> 32]++;  // uneven by less than one in 2^20
  }
}

void sl_draw_resample(sl_random *random, int64_t count, uint8_t *times) {
  int64_t draws = count;
  memset(times, 0, (size_t)count);
  for (int64_t first = 0; first < count; first += BLOCK) {
    int64_t left = count - first, size = left < BLOCK ? left : BLOCK;
    int64_t here = draws;
    if (size < left) here = sl_draw_binomial(random, draws, (double)size / (double)left);
    draw_block(random, here, size, times + first);
    draws -= here;
  }
}
