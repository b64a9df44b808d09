// SPDX-License-Identifier: Apache-2.0
// OpenCV's INTER_CUBIC as Intel IPP computes it inside the x86-64 wheels (on a CPU with AVX-512;
// with AVX2 IPP sums the products of 8-bit colour in another order, and about one sample in a
// million comes out one higher or lower).
//
// The method is the separable cubic with a = -0.75 in single precision, across first, and nothing
// is rounded in between. What had to be found by comparing outputs is the order of the additions
// and which of them are fused: it differs between the middle of the image, the frame where a tap
// falls outside, and the columns left over from vectors of four. Invariant: the expressions below
// keep that order; do not simplify them. The fast loops are in resize_opencv_avx2.c. Start at
// sl_ipp_cubic().
#include <math.h>

#include "image/resize_opencv.h"

static float add_up(const float s[4], const float w[4], sl_sum_order order) {
  switch (order) {
    case SL_SUM_PAIRS:
      return (s[0] * w[0] + s[1] * w[1]) + (s[2] * w[2] + s[3] * w[3]);
    case SL_SUM_PAIRS_SKIP:
      return (s[0] * w[0] + s[2] * w[2]) + (s[1] * w[1] + s[3] * w[3]);
    case SL_SUM_ENDS:
      return fmaf(s[0], w[0], s[3] * w[3]) + fmaf(s[1], w[1], s[2] * w[2]);
    case SL_SUM_SKIP_FUSED:
      return fmaf(s[2], w[2], s[0] * w[0]) + fmaf(s[3], w[3], s[1] * w[1]);
    default:
      return fmaf(s[3], w[3], fmaf(s[2], w[2], fmaf(s[1], w[1], s[0] * w[0])));
  }
}

static float clamp(float value, float top) {
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

static sl_status find_taps(sl_arena *arena, int32_t in, int32_t out, sl_taps **made,
                           sl_error *err) {
  const double scale = (double)in / out;
  sl_taps *list = NULL;
  SL_TRY(sl_resize_scratch(arena, (size_t)out, sizeof(sl_taps), &list, err));
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
  const sl_taps *columns;
  int32_t width;
  int fast;
  int32_t first, last;  // columns whose taps are all inside: [first, last)
  float *slots[4];      // rows already resized across, by row modulo 4
  int32_t held[4];
} cubic;

static float sample(const sl_row_view *row, size_t at) {
  if (row->bits == 8) return ((const uint8_t *)row->samples)[at];
  return ((const uint16_t *)row->samples)[at];
}

static void across_columns(const cubic *c, const sl_row_view *row, int32_t from, int32_t to,
                           sl_sum_order order, float *out) {
  const size_t cn = (size_t)row->channels;
  int32_t x = from;
#if SL_HAS_AVX2
  if (c->fast) x = sl_cubic_across_avx2(row, c->columns, from, to, order, out);
#endif
  for (; x < to; x++) {
    const sl_taps *t = &c->columns[x];
    for (size_t k = 0; k < cn; k++) {
      float s[4];
      for (int i = 0; i < 4; i++) s[i] = sample(row, (size_t)t->at[i] * cn + k);
      out[(size_t)x * cn + k] = add_up(s, t->weight, order);
    }
  }
}

// Columns in the order of their place: what a vector writes too much, the next one corrects.
static void resize_across(const cubic *c, int32_t y, float *out) {
  const sl_image *in = c->in;
  const size_t samples = (size_t)in->width * (size_t)in->channels;
  const sl_row_view row = {
      .samples = in->pixels + (size_t)y * samples * (size_t)in->bits / 8,
      .readable = samples * (size_t)(in->height - y),
      .bits = in->bits,
      .channels = in->channels,
  };
  const int32_t whole = c->last - (c->last - c->first) % 4;
  sl_sum_order body = SL_SUM_ENDS, rest = SL_SUM_ENDS;
  if (in->channels == 1) {
    body = SL_SUM_PAIRS;
    rest = SL_SUM_PAIRS_SKIP;
  } else if (in->bits == 8) {
    body = in->channels == 3 ? SL_SUM_CHAIN : SL_SUM_SKIP_FUSED;
    rest = in->channels == 3 ? SL_SUM_CHAIN : SL_SUM_ENDS;
  }
  across_columns(c, &row, 0, c->first, SL_SUM_CHAIN, out);
  across_columns(c, &row, c->first, whole, body, out);
  across_columns(c, &row, whole, c->last, rest, out);
  across_columns(c, &row, c->last, c->width, SL_SUM_CHAIN, out);
}

static void resize_down(const cubic *c, const float *const rows[4], const float w[4], void *to) {
  const size_t size = (size_t)c->width * (size_t)c->in->channels;
  const float top = c->in->bits == 8 ? 255.0f : 65535.0f;
  size_t i = 0;
#if SL_HAS_AVX2
  if (c->fast) i = sl_cubic_down_avx2(rows, w, size, c->in->bits, to);
#endif
  for (; i < size; i++) {
    const float low = fmaf(rows[0][i], w[0], rows[1][i] * w[1]);
    const float high = fmaf(rows[2][i], w[2], rows[3][i] * w[3]);
    const float value = sl_round_even(clamp(low + high, top));
    if (c->in->bits == 8) ((uint8_t *)to)[i] = (uint8_t)value;
    if (c->in->bits == 16) ((uint16_t *)to)[i] = (uint16_t)value;
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
static void frame_pixel(const sl_image *in, const sl_taps *x, const sl_taps *y, uint16_t *to) {
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
    to[k] = (uint16_t)sl_round_even(clamp(add_up(sums, y->weight, SL_SUM_PAIRS_SKIP), 65535.0f));
  }
}

static void fill_frame(const cubic *c, const sl_taps *y, uint16_t *to) {
  const int32_t cn = c->in->channels;
  for (int32_t x = 0; x < c->width; x++, to += cn) {
    if (y->outside || c->columns[x].outside) frame_pixel(c->in, &c->columns[x], y, to);
  }
}

sl_status sl_ipp_cubic(sl_arena *arena, const sl_image *in, const sl_image *out, sl_error *err) {
  const size_t size = (size_t)out->width * (size_t)out->channels;
  sl_taps *columns = NULL, *lines = NULL;
  SL_TRY(find_taps(arena, in->width, out->width, &columns, err));
  SL_TRY(find_taps(arena, in->height, out->height, &lines, err));
  cubic c = {.in = in, .columns = columns, .width = out->width, .last = out->width};
  c.fast = sl_fast_loops_allowed();
  while (c.first < c.width && columns[c.first].outside) c.first++;
  while (c.last > c.first && columns[c.last - 1].outside) c.last--;
  for (int i = 0; i < 4; i++) {
    c.held[i] = -1;
    SL_TRY(sl_resize_scratch(arena, size + 1, sizeof(float), &c.slots[i], err));
  }
  for (int32_t y = 0; y < out->height; y++) {
    uint8_t *to = out->pixels + (size_t)y * size * (size_t)out->bits / 8;
    const float *rows[4];
    for (int i = 0; i < 4; i++) rows[i] = take_row(&c, lines[y].at[i]);
    resize_down(&c, rows, lines[y].weight, to);
    if (out->bits == 16) fill_frame(&c, &lines[y], (uint16_t *)(void *)to);
  }
  return SL_OK;
}
