// SPDX-License-Identifier: Apache-2.0
// OpenCV's INTER_CUBIC as Intel IPP computes it inside the x86-64 wheels (on a CPU with AVX-512;
// with AVX2 IPP sums the products of 8-bit colour in another order, and about one sample in a
// million comes out one higher or lower).
//
// The method is the separable cubic with a = -0.75 in single precision, across first, and nothing
// is rounded in between. What had to be found by comparing outputs is the order of the additions
// and which of them are fused: it differs between the middle of the image, the frame where a tap
// falls outside, and the columns left over from vectors of four. Invariant: the expressions below
// keep that order; do not simplify them. Start at sl_ipp_cubic().
#include <math.h>

#include "image/resize_opencv.h"

// Fused operations must be instructions here, or they are slow calls.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#define FUSED_CLONES __attribute__((target_clones("arch=haswell", "default")))
#else
#define FUSED_CLONES
#endif

enum { BLOCK = 8 };

// Four inputs (edge repeated) and their weights.
typedef struct taps {
  int32_t at[4];
  float weight[4];
  int outside;  // an input lies outside the image
} taps;

// How the four products of a row are added; "fused" means that the product is not rounded.
typedef enum sum_order {
  SUM_PAIRS,       // (0 + 1) + (2 + 3)
  SUM_PAIRS_SKIP,  // (0 + 2) + (1 + 3)
  SUM_ENDS,        // (fused 0 + 3) + (fused 1 + 2)
  SUM_SKIP_FUSED,  // (fused 2 + 0) + (fused 3 + 1)
  SUM_CHAIN        // fused 3 + (fused 2 + (fused 1 + 0))
} sum_order;

SL_INLINE float add_up(const float s[4], const float w[4], sum_order order) {
  switch (order) {
    case SUM_PAIRS:
      return (s[0] * w[0] + s[1] * w[1]) + (s[2] * w[2] + s[3] * w[3]);
    case SUM_PAIRS_SKIP:
      return (s[0] * w[0] + s[2] * w[2]) + (s[1] * w[1] + s[3] * w[3]);
    case SUM_ENDS:
      return fmaf(s[0], w[0], s[3] * w[3]) + fmaf(s[1], w[1], s[2] * w[2]);
    case SUM_SKIP_FUSED:
      return fmaf(s[2], w[2], s[0] * w[0]) + fmaf(s[3], w[3], s[1] * w[1]);
    default:
      return fmaf(s[3], w[3], fmaf(s[2], w[2], fmaf(s[1], w[1], s[0] * w[0])));
  }
}

// Half to even; exact below 2^22.
SL_INLINE float round_even(float value) { return (value + 0x1.8p23f) - 0x1.8p23f; }

SL_INLINE float clamp(float value, float top) {
  return value < 0.0f ? 0.0f : value > top ? top : value;
}

static void find_weights(float part, float weight[4]) {
  const double a = -0.75;
  const float next = part + 1.0f;  // rounds `part` to the spacing of floats above 1
  const double f = next - 1.0f, g = 1.0 - f;
  weight[0] = (float)(a * f * g * g);
  weight[1] = (float)((a + 2) * f * f * f - (a + 3) * f * f + 1);
  weight[2] = (float)(-(a + 2) * f * f * f + (2 * a + 3) * f * f - a * f);
  weight[3] = (float)(a * f * f * g);
}

static sl_status find_taps(sl_arena *arena, int32_t in, int32_t out, taps **made, sl_error *err) {
  const double scale = (double)in / out;
  taps *list = NULL;
  SL_TRY(sl_resize_scratch(arena, (size_t)out, sizeof(taps), &list, err));
  for (int32_t i = 0; i < out; i++) {
    const double position = (i + 0.5) * scale - 0.5;
    const int32_t low = (int32_t)floor(position);
    find_weights((float)(position - low), list[i].weight);
    for (int32_t t = 0; t < 4; t++) {
      int32_t at = low - 1 + t;
      list[i].outside |= at < 0 || at >= in;
      list[i].at[t] = at < 0 ? 0 : at >= in ? in - 1 : at;
    }
  }
  *made = list;
  return SL_OK;
}

typedef struct cubic {
  const sl_image *in;
  const taps *columns;
  int32_t width;
  int32_t first, last;  // columns whose taps are all inside: [first, last)
  float *slots[4];      // rows already resized across, by row modulo 4
  int32_t held[4];
} cubic;

SL_INLINE float sample(const sl_image *in, size_t at) {
  if (in->bits == 8) return in->pixels[at];
  return ((const uint16_t *)(const void *)in->pixels)[at];
}

SL_INLINE void across_columns(const cubic *c, size_t row, int32_t from, int32_t to, sum_order order,
                              int32_t cn, float *out) {
  for (int32_t x = from; x < to; x++) {
    const taps *t = &c->columns[x];
    for (int32_t k = 0; k < cn; k++) {
      float s[4];
      SL_UNROLL for (int i = 0; i < 4; i++) {
        s[i] = sample(c->in, row + (size_t)t->at[i] * (size_t)cn + (size_t)k);
      }
      out[(size_t)x * (size_t)cn + (size_t)k] = add_up(s, t->weight, order);
    }
  }
}

FUSED_CLONES static void resize_across(const cubic *c, int32_t y, float *out) {
  const int32_t cn = c->in->channels;
  const size_t row = (size_t)y * (size_t)c->in->width * (size_t)cn;
  across_columns(c, row, 0, c->first, SUM_CHAIN, cn, out);
  across_columns(c, row, c->last, c->width, SUM_CHAIN, cn, out);
  const int32_t whole = c->last - (c->last - c->first) % 4;
  if (cn == 1) {
    across_columns(c, row, c->first, whole, SUM_PAIRS, 1, out);
    across_columns(c, row, whole, c->last, SUM_PAIRS_SKIP, 1, out);
  } else if (c->in->bits == 16) {
    across_columns(c, row, c->first, c->last, SUM_ENDS, cn, out);
  } else if (cn == 3) {
    across_columns(c, row, c->first, c->last, SUM_CHAIN, 3, out);
  } else {
    across_columns(c, row, c->first, whole, SUM_SKIP_FUSED, 4, out);
    across_columns(c, row, whole, c->last, SUM_ENDS, 4, out);
  }
}

SL_INLINE void mix_block(const float *const rows[4], const float w[4], float top, size_t at,
                         size_t count, float *out) {
  for (size_t i = 0; i < count; i++) {
    float low = fmaf(rows[0][at + i], w[0], rows[1][at + i] * w[1]);
    float high = fmaf(rows[2][at + i], w[2], rows[3][at + i] * w[3]);
    out[i] = round_even(clamp(low + high, top));
  }
}

FUSED_CLONES static void resize_down(const float *const rows[4], const float w[4], size_t size,
                                     int32_t bits, void *to) {
  const float top = bits == 8 ? 255.0f : 65535.0f;
  uint8_t *to_8 = to;
  uint16_t *to_16 = to;
  for (size_t at = 0; at < size; at += BLOCK) {
    float out[BLOCK];
    size_t count = size - at < BLOCK ? size - at : BLOCK;
    if (count == BLOCK) {
      mix_block(rows, w, top, at, BLOCK, out);
    } else {
      mix_block(rows, w, top, at, count, out);
    }
    for (size_t i = 0; i < count && bits == 8; i++) to_8[at + i] = (uint8_t)out[i];
    for (size_t i = 0; i < count && bits != 8; i++) to_16[at + i] = (uint16_t)out[i];
  }
}

static const float *take_row(cubic *c, int32_t y) {
  const int32_t slot = y % 4;
  if (c->held[slot] != y) resize_across(c, y, c->slots[slot]);
  c->held[slot] = y;
  return c->slots[slot];
}

// ---- The frame of 16-bit images ----------------------------------------------------------------

// The outer two rows start their sum at tap 0, the inner two at tap 1.
FUSED_CLONES static void frame_pixel(const sl_image *in, const taps *x, const taps *y,
                                     uint16_t *to) {
  const size_t cn = (size_t)in->channels;
  const uint16_t *pixels = (const uint16_t *)(const void *)in->pixels;
  for (size_t k = 0; k < cn; k++) {
    float sums[4];
    for (int r = 0; r < 4; r++) {
      const uint16_t *row = pixels + (size_t)y->at[r] * (size_t)in->width * cn + k;
      const float s[4] = {row[(size_t)x->at[0] * cn], row[(size_t)x->at[1] * cn],
                          row[(size_t)x->at[2] * cn], row[(size_t)x->at[3] * cn]};
      const float *w = x->weight;
      const float start =
          r == 0 || r == 3 ? fmaf(s[1], w[1], s[0] * w[0]) : fmaf(s[0], w[0], s[1] * w[1]);
      sums[r] = fmaf(s[3], w[3], fmaf(s[2], w[2], start));
    }
    to[k] = (uint16_t)round_even(clamp(add_up(sums, y->weight, SUM_PAIRS_SKIP), 65535.0f));
  }
}

static void fill_frame(const cubic *c, const taps *y, uint16_t *to) {
  const int32_t cn = c->in->channels;
  for (int32_t x = 0; x < c->width; x++, to += cn) {
    if (y->outside || c->columns[x].outside) frame_pixel(c->in, &c->columns[x], y, to);
  }
}

sl_status sl_ipp_cubic(sl_arena *arena, const sl_image *in, const sl_image *out, sl_error *err) {
  const size_t size = (size_t)out->width * (size_t)out->channels;
  taps *columns = NULL, *lines = NULL;
  SL_TRY(find_taps(arena, in->width, out->width, &columns, err));
  SL_TRY(find_taps(arena, in->height, out->height, &lines, err));
  cubic c = {.in = in, .columns = columns, .width = out->width, .last = out->width};
  while (c.first < c.width && columns[c.first].outside) c.first++;
  while (c.last > c.first && columns[c.last - 1].outside) c.last--;
  for (int i = 0; i < 4; i++) {
    c.held[i] = -1;
    SL_TRY(sl_resize_scratch(arena, size, sizeof(float), &c.slots[i], err));
  }
  for (int32_t y = 0; y < out->height; y++) {
    uint8_t *to = out->pixels + (size_t)y * size * (size_t)out->bits / 8;
    const float *rows[4];
    for (int i = 0; i < 4; i++) rows[i] = take_row(&c, lines[y].at[i]);
    resize_down(rows, lines[y].weight, size, out->bits, to);
    if (out->bits == 16) fill_frame(&c, &lines[y], (uint16_t *)(void *)to);
  }
  return SL_OK;
}
