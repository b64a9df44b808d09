// SPDX-License-Identifier: Apache-2.0
// One row of samples, as a file holds them, to one row of pixels, as the caller wants them.
//
// Invariant: the arithmetic is that of the named library, in its order: where 16 bits are narrowed
// before colours are mixed, and where after, decides the last bit. The loops here are the plain
// ones; pixel_row_avx2.c makes most of a row of grey faster.
// Start at sl_row_convert().
#include <string.h>

#include "image/codec.h"

int32_t sl_row_channels_in(const sl_row_plan *plan) {
  return plan->from >= SL_SAMPLES_RGBA ? 4 : (int32_t)plan->from;
}

int32_t sl_row_channels_out(const sl_row_plan *plan) {
  if (plan->to == SL_COLOUR_GREY) return 1;
  if (plan->to != SL_COLOUR_NATIVE) return 3;
  return plan->from >= SL_SAMPLES_CMYK ? 3 : (int32_t)plan->from;
}

int32_t sl_row_bits_out(const sl_row_plan *plan) {
  return plan->to == SL_COLOUR_NATIVE && plan->from < SL_SAMPLES_CMYK ? plan->bits : 8;
}

void sl_row_unpack(const uint8_t *in, int32_t bits, int32_t count, uint8_t *out) {
  int32_t per_byte = 8 / bits;
  int mask = (1 << bits) - 1;
  for (int32_t i = 0; i < count; i++) {
    int shift = 8 - bits * (i % per_byte + 1);
    out[i] = (uint8_t)((in[i / per_byte] >> shift) & mask);
  }
}

// In place: a byte is written behind the two it came from.
static void narrow(uint8_t *row, int32_t count, sl_narrow how) {
  for (int32_t i = 0; i < count; i++) {
    uint16_t wide;
    memcpy(&wide, row + 2 * (size_t)i, sizeof wide);
    unsigned byte = how == SL_NARROW_HIGH ? wide >> 8 : wide > 255 ? 255u : wide;
    row[i] = (uint8_t)byte;
  }
}

static inline __attribute__((always_inline)) unsigned mix(sl_grey_rule rule, unsigned r, unsigned g,
                                                          unsigned b) {
  switch (rule) {
    case SL_GREY_PILLOW:
      return (r * 19595u + g * 38470u + b * 7471u + 0x8000u) >> 16;
    case SL_GREY_OPENCV:
      return (r * 9798u + g * 19235u + b * 3735u + 0x4000u) >> 15;
    case SL_GREY_OPENCV_CODEC:
      return (r * 4899u + g * 9617u + b * 1868u + 0x2000u) >> 14;
    case SL_GREY_LIBPNG:
      return r == g && g == b ? r : (r * 9797u + g * 19234u + b * 3737u) >> 15;
    case SL_GREY_OPENCV_FLOAT:
      return (unsigned)((float)r * 0.299f + (float)g * 0.587f + (float)b * 0.114f);
  }
  return 0;
}

// Inlined with a constant rule, so that each gets a loop of its own.
static inline __attribute__((always_inline)) void mix_row(const uint8_t *restrict in, int32_t step,
                                                          sl_grey_rule rule, uint8_t *restrict out,
                                                          int32_t width) {
  for (int32_t x = 0; x < width; x++, in += step) out[x] = (uint8_t)mix(rule, in[0], in[1], in[2]);
}

static void grey_from_rgb(const uint8_t *in, int32_t step, sl_grey_rule rule, uint8_t *out,
                          int32_t width) {
#if SL_HAS_AVX2
  if (sl_fast_loops_allowed()) {
    const int32_t done = sl_row_grey_avx2(in, step, rule, out, width);
    in += (size_t)done * (size_t)step;
    out += done;
    width -= done;
  }
#endif
  switch (rule) {
    case SL_GREY_PILLOW:
      mix_row(in, step, SL_GREY_PILLOW, out, width);
      break;
    case SL_GREY_OPENCV:
      mix_row(in, step, SL_GREY_OPENCV, out, width);
      break;
    case SL_GREY_OPENCV_CODEC:
      mix_row(in, step, SL_GREY_OPENCV_CODEC, out, width);
      break;
    case SL_GREY_LIBPNG:
      mix_row(in, step, SL_GREY_LIBPNG, out, width);
      break;
    case SL_GREY_OPENCV_FLOAT:
      mix_row(in, step, SL_GREY_OPENCV_FLOAT, out, width);
      break;
  }
}

// libpng mixes 16-bit samples rounded, then drops the low byte.
static void grey_from_rgb16_libpng(const uint8_t *in, int32_t channels, uint8_t *out,
                                   int32_t width) {
  for (int32_t x = 0; x < width; x++, in += 2 * channels) {
    uint16_t rgb[3];
    memcpy(rgb, in, sizeof rgb);
    uint32_t grey = (rgb[0] * 9797u + rgb[1] * 19234u + rgb[2] * 3737u + 16384u) >> 15;
    out[x] = (uint8_t)(grey >> 8);
  }
}

static void colour_from_grey(const uint8_t *in, int32_t step, uint8_t *out, int32_t width) {
  for (int32_t x = 0; x < width; x++, in += step, out += 3) out[0] = out[1] = out[2] = in[0];
}

static void colour_from_rgb(const uint8_t *in, int32_t step, int reversed, uint8_t *out,
                            int32_t width) {
  int red_at = reversed ? 2 : 0;
  for (int32_t x = 0; x < width; x++, in += step, out += 3) {
    out[red_at] = in[0];
    out[1] = in[1];
    out[2 - red_at] = in[2];
  }
}

static unsigned product_255(unsigned a, unsigned b) {
  unsigned t = a * b + 128u;
  return ((t >> 8) + t) >> 8;
}

// `white` is 255 minus the ink, `paper` 255 minus the black ink.
static uint8_t without_ink(unsigned white, unsigned paper, sl_decode_like like) {
  if (like == SL_LIKE_OPENCV) return (uint8_t)(paper - ((255u - white) * paper >> 8));
  return (uint8_t)(paper - product_255(255u - white, paper));
}

// In place: four samples become three.
static void rgb_from_cmyk(uint8_t *row, int32_t width, int inverted, sl_decode_like like) {
  uint8_t flip = inverted ? 0 : 255;
  const uint8_t *in = row;
  for (int32_t x = 0; x < width; x++, in += 4, row += 3) {
    uint8_t paper = in[3] ^ flip;
    uint8_t red = without_ink(in[0] ^ flip, paper, like);
    uint8_t green = without_ink(in[1] ^ flip, paper, like);
    row[2] = without_ink(in[2] ^ flip, paper, like);
    row[1] = green;
    row[0] = red;
  }
}

void sl_row_convert(const sl_row_plan *plan, uint8_t *in, uint8_t *out, int32_t width) {
  int32_t channels = sl_row_channels_in(plan);
  int is_colour = plan->from >= SL_SAMPLES_RGB;
  if (plan->to == SL_COLOUR_NATIVE && plan->from < SL_SAMPLES_CMYK) {
    memcpy(out, in, (size_t)width * (size_t)channels * (size_t)(plan->bits / 8));
    return;
  }
  if (plan->bits == 16 && is_colour && plan->to == SL_COLOUR_GREY && plan->grey == SL_GREY_LIBPNG) {
    grey_from_rgb16_libpng(in, channels, out, width);
    return;
  }
  if (plan->bits == 16) narrow(in, width * channels, plan->narrow);
  if (plan->from >= SL_SAMPLES_CMYK) {
    rgb_from_cmyk(in, width, plan->from == SL_SAMPLES_CMYK_INVERTED, plan->like);
    channels = 3;
  }
  if (plan->to == SL_COLOUR_GREY && is_colour)
    grey_from_rgb(in, channels, plan->grey, out, width);
  else if (plan->to == SL_COLOUR_GREY)
    for (int32_t x = 0; x < width; x++) out[x] = in[x * channels];
  else if (is_colour)
    colour_from_rgb(in, channels, plan->to == SL_COLOUR_BGR, out, width);
  else
    colour_from_grey(in, channels, out, width);
}
