// SPDX-License-Identifier: Apache-2.0
// Row arithmetic in eight lanes; the contract is in row_math.h.
//
// Invariant: every loop over LANES is a plain loop of constant length, which the compiler turns
// into vector instructions; the last, shorter block runs through the same code on a padded copy.
// Start at exp_of().
#include "metric/row_math.h"

#include <math.h>
#include <string.h>

// Compiled for AVX2 and for the baseline; the loader picks. Without fused operations both give the
// same bits.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define CLONES __attribute__((target_clones("avx2", "default"), optimize("O3", "no-trapping-math")))
#else
#define CLONES
#endif
#define INLINE static inline __attribute__((always_inline))

enum { LANES = 8 };

INLINE double double_of(int64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

INLINE int64_t bits_of(double value) {
  int64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

// e^x for x <= 709: x = k ln 2 + r, Taylor series of e^r to r^13, |r| <= ln 2 / 2.
INLINE double exp_of(double x) {
  const double round_at = 0x1.8p52;  // adding it leaves the rounded value in the low bits
  double shifted = x * 0x1.71547652b82fep0 + round_at;
  double k = shifted - round_at;
  double r = x - k * 0x1.62e42fee00000p-1 - k * 0x1.a39ef35793c76p-33;
  double s = 1.0 / 6227020800;
  s = s * r + 1.0 / 479001600;
  s = s * r + 1.0 / 39916800;
  s = s * r + 1.0 / 3628800;
  s = s * r + 1.0 / 362880;
  s = s * r + 1.0 / 40320;
  s = s * r + 1.0 / 5040;
  s = s * r + 1.0 / 720;
  s = s * r + 1.0 / 120;
  s = s * r + 1.0 / 24;
  s = s * r + 1.0 / 6;
  s = s * r + 0.5;
  s = s * r * r + r;
  int64_t power = (int64_t)((uint64_t)bits_of(shifted) << 52);
  double value = double_of(bits_of(1.0 + s) + power);
  return x < -708.0 ? 0.0 : value;
}

// ln x for normal x > 0: x = 2^e m with m in [sqrt 1/2, sqrt 2), series of atanh((m-1)/(m+1)).
INLINE double log_of(double x) {
  // The exponent after moving m below sqrt 2, plus 1024: never negative, for vector units that
  // have no signed shift of 64 bits.
  uint64_t biased = (uint64_t)bits_of(x) - 0x3fe6a09e667f3bcdu + (1024ull << 52);
  uint64_t power = biased >> 52;
  double m = double_of((int64_t)((uint64_t)bits_of(x) - ((power - 1024u) << 52)));
  // A small integer becomes a double through the low bits of 2^52.
  double e = double_of((int64_t)(0x4330000000000000u + power)) - (0x1p52 + 1024.0);
  double s = (m - 1.0) / (m + 1.0), t = s * s, t2 = t * t;
  double even = (((1.0 / 19 * t2 + 1.0 / 15) * t2 + 1.0 / 11) * t2 + 1.0 / 7) * t2 + 1.0 / 3;
  double odd = (((1.0 / 21 * t2 + 1.0 / 17) * t2 + 1.0 / 13) * t2 + 1.0 / 9) * t2 + 1.0 / 5;
  double sum = odd * t + even;
  double rest = 2.0 * s * t * sum + e * 0x1.a39ef35793c76p-33;
  return e * 0x1.62e42fee00000p-1 + (2.0 * s + rest);
}

INLINE double lanes_sum(const double *lane) {
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

// A block of `z` from `at`, padded to LANES with `fill`.
INLINE void load(const double *z, int32_t n, int32_t at, double fill, double *block) {
  for (int j = 0; j < LANES; j++) block[j] = fill;
  memcpy(block, z + at, (size_t)(n - at) * sizeof *z);
}

// Works on copies, so that the compiler need not fear that `out` overlaps `z`.
INLINE void exp_block(const double *z, double scale, double shift, double *out, double *lane) {
  double x[LANES];
  for (int j = 0; j < LANES; j++) x[j] = exp_of(scale * (z[j] - shift));
  for (int j = 0; j < LANES; j++) lane[j] += x[j];
  memcpy(out, x, sizeof x);
}

CLONES double sl_row_exp(const double *z, int32_t n, double scale, double shift, double *out) {
  double lane[LANES] = {0}, block[LANES], tail[LANES];
  int32_t at = 0;
  for (; at + LANES <= n; at += LANES) exp_block(z + at, scale, shift, out + at, lane);
  if (at < n) {
    load(z, n, at, shift, block);
    double before[LANES];
    memcpy(before, lane, sizeof lane);
    exp_block(block, scale, shift, tail, lane);
    memcpy(lane + (n - at), before + (n - at), (size_t)(LANES - (n - at)) * sizeof *lane);
    memcpy(out + at, tail, (size_t)(n - at) * sizeof *out);
  }
  return lanes_sum(lane);
}

INLINE void log_block(const double *p, double least, double *out) {
  double x[LANES];
  for (int j = 0; j < LANES; j++) x[j] = log_of(p[j] > least ? p[j] : least);
  memcpy(out, x, sizeof x);
}

CLONES void sl_row_log(const double *p, int32_t n, double least, double *out) {
  double block[LANES], tail[LANES];
  int32_t at = 0;
  for (; at + LANES <= n; at += LANES) log_block(p + at, least, out + at);
  if (at < n) {
    load(p, n, at, 1.0, block);
    log_block(block, least, tail);
    memcpy(out + at, tail, (size_t)(n - at) * sizeof *out);
  }
}

CLONES double sl_row_max(const double *x, int32_t n) {
  double lane[LANES];
  for (int j = 0; j < LANES; j++) lane[j] = -INFINITY;
  int32_t at = 0;
  for (; at + LANES <= n; at += LANES) {
    for (int j = 0; j < LANES; j++) lane[j] = x[at + j] > lane[j] ? x[at + j] : lane[j];
  }
  double most = -INFINITY;
  for (; at < n; at++) most = x[at] > most ? x[at] : most;
  for (int j = 0; j < LANES; j++) most = lane[j] > most ? lane[j] : most;
  return most;
}

CLONES double sl_row_dot(const double *x, const double *y, int32_t n) {
  double lane[LANES] = {0};
  int32_t at = 0;
  for (; at + LANES <= n; at += LANES) {
    for (int j = 0; j < LANES; j++) lane[j] += x[at + j] * y[at + j];
  }
  for (int j = 0; at + j < n; j++) lane[j] += x[at + j] * y[at + j];
  return lanes_sum(lane);
}

CLONES double sl_row_sum(const double *x, int32_t n) {
  double lane[LANES] = {0};
  int32_t at = 0;
  for (; at + LANES <= n; at += LANES) {
    for (int j = 0; j < LANES; j++) lane[j] += x[at + j];
  }
  for (int j = 0; at + j < n; j++) lane[j] += x[at + j];
  return lanes_sum(lane);
}

// Exponent and fraction move into a float whose exponent is 112 too small, which a product repairs;
// that also gives subnormals their value. The largest exponent means infinity or NaN: the float
// gets its own largest exponent too.
INLINE float from_f16(uint16_t half) {
  uint32_t magnitude = (uint32_t)(half & 0x7fffu) << 13, bits;
  float value;
  memcpy(&value, &magnitude, sizeof value);
  value *= 0x1p112f;
  memcpy(&bits, &value, sizeof bits);
  bits |= (uint32_t)(half & 0x8000u) << 16;
  bits |= magnitude >= 0x0f800000u ? 0x7f800000u : 0u;
  memcpy(&value, &bits, sizeof value);
  return value;
}

CLONES void sl_row_from_f16(const uint16_t *half, int32_t n, double *out) {
  int32_t at = 0;
  for (; at + LANES <= n; at += LANES) {
    float value[LANES];
    for (int j = 0; j < LANES; j++) value[j] = from_f16(half[at + j]);
    for (int j = 0; j < LANES; j++) out[at + j] = (double)value[j];
  }
  for (; at < n; at++) out[at] = (double)from_f16(half[at]);
}
