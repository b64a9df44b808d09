// SPDX-License-Identifier: Apache-2.0
// Tables and mixing in linear light, with libpng's fixed-point steps.
//
// Invariant: gammas are integers times 100000, rounded after every division, because libpng rounds
// there; the tables depend on it in their last bit.
// Start at sl_png_gamma_init().
#include "image/png_gamma.h"

#include <math.h>
#include <string.h>

enum { UNIT = 100000, THRESHOLD = 5000, SHIFT = 5, TOP_11 = 2047 };

static const uint32_t weights[3] = {9797, 19234, 3737};

int sl_png_gamma_is_significant(int64_t gamma) {
  return gamma < UNIT - THRESHOLD || gamma > UNIT + THRESHOLD;
}

static int64_t reciprocal(int64_t gamma) { return (int64_t)floor(1e10 / (double)gamma + 0.5); }

static double power(double unit, int64_t gamma) { return pow(unit, (double)gamma * 0.00001); }

static void fill_8(uint8_t table[256], int64_t gamma) {
  int changes = sl_png_gamma_is_significant(gamma);
  for (int i = 0; i < 256; i++) {
    double corrected = floor(255.0 * power(i / 255.0, gamma) + 0.5);
    table[i] = changes && i > 0 && i < 255 ? (uint8_t)corrected : (uint8_t)i;
  }
}

static void fill_16(uint16_t table[SL_PNG_GAMMA_PARTS][256], int64_t gamma) {
  int changes = sl_png_gamma_is_significant(gamma);
  for (uint32_t part = 0; part < SL_PNG_GAMMA_PARTS; part++) {
    for (uint32_t high = 0; high < 256; high++) {
      uint32_t value = (high << (8 - SHIFT)) + part;
      double scale = 1.0 / TOP_11;
      uint32_t plain = (value * 65535u + 1024u) / TOP_11;
      double corrected = floor(65535.0 * power(value * scale, gamma) + 0.5);
      table[part][high] = (uint16_t)(changes ? (uint32_t)corrected : plain);
    }
  }
}

// For each 8-bit result, all inputs up to the middle between it and the next.
static void fill_grey_16(uint16_t table[SL_PNG_GAMMA_PARTS][256], int64_t gamma) {
  uint32_t last = 0;
  for (uint32_t i = 0; i < 255; i++) {
    uint32_t result = i * 257u;
    double middle = floor(65535.0 * power((result + 128u) / 65535.0, gamma) + 0.5);
    uint32_t bound = ((uint32_t)middle * TOP_11 + 32768u) / 65535u + 1u;
    for (; last < bound && last < 2048u; last++) {
      table[last & 7u][last >> (8 - SHIFT)] = (uint16_t)result;
    }
  }
  for (; last < 2048u; last++) table[last & 7u][last >> (8 - SHIFT)] = 65535u;
}

void sl_png_gamma_init(sl_png_gamma *tables, int64_t gamma, int bits) {
  int64_t to_linear = reciprocal(gamma);
  int64_t from_linear = reciprocal(reciprocal(gamma));
  if (bits <= 8) {
    fill_8(tables->to_linear, to_linear);
    fill_8(tables->from_linear, from_linear);
    return;
  }
  int64_t whole = (int64_t)floor((double)gamma * (double)to_linear / UNIT + 0.5);
  fill_16(tables->to_linear_16, to_linear);
  fill_16(tables->from_linear_16, from_linear);
  fill_grey_16(tables->grey_16, whole);
}

void sl_png_gamma_grey(const sl_png_gamma *tables, const uint8_t *in, int32_t channels,
                       uint8_t *out, int32_t width) {
  for (int32_t x = 0; x < width; x++, in += channels) {
    if (in[0] == in[1] && in[1] == in[2]) {
      out[x] = in[0];
      continue;
    }
    uint32_t sum = 16384u;
    for (int c = 0; c < 3; c++) sum += weights[c] * tables->to_linear[in[c]];
    out[x] = tables->from_linear[sum >> 15];
  }
}

static uint32_t look_up(const uint16_t table[SL_PNG_GAMMA_PARTS][256], uint32_t value) {
  return table[(value & 255u) >> SHIFT][value >> 8];
}

void sl_png_gamma_grey_16(const sl_png_gamma *tables, const uint8_t *in, int32_t channels,
                          uint8_t *out, int32_t width) {
  for (int32_t x = 0; x < width; x++, in += 2 * channels) {
    uint16_t rgb[3];
    memcpy(rgb, in, sizeof rgb);
    uint32_t grey;
    if (rgb[0] == rgb[1] && rgb[1] == rgb[2]) {
      grey = look_up(tables->grey_16, rgb[0]);
    } else {
      uint32_t sum = 16384u;
      for (int c = 0; c < 3; c++) sum += weights[c] * look_up(tables->to_linear_16, rgb[c]);
      grey = look_up(tables->from_linear_16, sum >> 15);
    }
    out[x] = (uint8_t)(grey >> 8);
  }
}
