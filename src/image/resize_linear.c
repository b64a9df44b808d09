// SPDX-License-Identifier: Apache-2.0
// OpenCV's INTER_LINEAR, and INTER_AREA where a side grows.
//
// 8 bit: fixed point, 11 bits across and 11 down, with OpenCV's truncations on the way. 16 bit:
// INTER_LINEAR is Intel IPP's in the x86-64 wheels (one fused multiply-add per step) unless there
// are two channels, INTER_AREA is OpenCV's own (two products and a sum). Invariant: positions and
// weights are computed in the order and precision of the originals. Start at sl_opencv_linear().
#include <math.h>

#include "image/resize_opencv.h"

enum { ONE = 1 << 11 };

// Which of the three ways to find positions.
typedef enum place_rule { PLACE_LINEAR, PLACE_AREA, PLACE_IPP } place_rule;

typedef struct place {
  int32_t low;
  float part;
} place;

static place place_linear(double scale, int32_t i) {
  float at = (float)((i + 0.5) * scale - 0.5);
  int32_t low = (int32_t)floorf(at);
  return (place){.low = low, .part = at - (float)low};
}

static place place_area(double scale, double growth, int32_t i) {
  int32_t low = (int32_t)floor(i * scale);
  float part = (float)((i + 1) - (low + 1) * growth);
  return (place){.low = low, .part = part <= 0 ? 0.0f : part - floorf(part)};
}

// IPP subtracts in double precision before it rounds to float.
static place place_ipp(double scale, int32_t i) {
  double at = (i + 0.5) * scale - 0.5;
  int32_t low = (int32_t)floor(at);
  return (place){.low = low, .part = (float)(at - low)};
}

static place find_place(place_rule rule, int32_t in, int32_t out, int32_t i) {
  switch (rule) {
    case PLACE_LINEAR:
      return place_linear(sl_opencv_scale(in, out), i);
    case PLACE_AREA:
      return place_area(sl_opencv_scale(in, out), (double)out / in, i);
    default:
      return place_ipp((double)in / out, i);
  }
}

static int32_t clamp_index(int32_t i, int32_t count) {
  return i < 0 ? 0 : i < count ? i : count - 1;
}

// OpenCV snaps columns outside the image to its edge, but keeps the weights of such rows.
static sl_status find_places(sl_arena *arena, int32_t in, int32_t out, place_rule rule, int snaps,
                             sl_places *made, sl_error *err) {
  const size_t count = (size_t)out;
  SL_TRY(sl_resize_scratch(arena, count, sizeof(int32_t), &made->low, err));
  SL_TRY(sl_resize_scratch(arena, count, sizeof(int32_t), &made->high, err));
  SL_TRY(sl_resize_scratch(arena, count, sizeof(float), &made->part, err));
  SL_TRY(sl_resize_scratch(arena, count, sizeof(*made->fixed), &made->fixed, err));
  for (int32_t i = 0; i < out; i++) {
    place p = find_place(rule, in, out, i);
    if (snaps && (p.low < 0 || p.low >= in - 1)) p.part = 0.0f;
    made->low[i] = clamp_index(p.low, in);
    made->high[i] = clamp_index(p.low + 1, in);
    made->part[i] = p.part;
    made->fixed[i][0] = (int16_t)sl_round_even((1.0f - p.part) * (float)ONE);
    made->fixed[i][1] = (int16_t)sl_round_even(p.part * (float)ONE);
  }
  return SL_OK;
}

// What an image and a size ask for.
typedef struct linear {
  const sl_image *in;
  sl_places columns, lines;
  int32_t width;
  size_t size;  // samples of an output row
  int fused, fast;
  int32_t held[2];  // the two input rows that were resized last
  void *slots[2];
} linear;

// ---- 8 bit -------------------------------------------------------------------------------------

static void across_8(const linear *l, const sl_row_view *row, int16_t *to) {
  const uint8_t *from = row->samples;
  const size_t cn = (size_t)row->channels;
  int32_t x = 0;
#if SL_HAS_AVX2
  if (l->fast) x = sl_linear_across_8_avx2(row, &l->columns, l->width, to);
#endif
  for (; x < l->width; x++) {
    const uint8_t *low = from + (size_t)l->columns.low[x] * cn;
    const uint8_t *high = from + (size_t)l->columns.high[x] * cn;
    const int16_t *fixed = l->columns.fixed[x];
    for (size_t c = 0; c < cn; c++) {
      to[(size_t)x * cn + c] = (int16_t)((low[c] * fixed[0] + high[c] * fixed[1]) >> 4);
    }
  }
}

static void down_8(const linear *l, const int16_t *low, const int16_t *high, const int16_t fixed[2],
                   uint8_t *to) {
  size_t i = 0;
#if SL_HAS_AVX2
  if (l->fast) i = sl_linear_down_8_avx2(low, high, fixed, l->size, to);
#endif
  for (; i < l->size; i++) {
    int32_t sum = ((low[i] * fixed[0]) >> 16) + ((high[i] * fixed[1]) >> 16);
    to[i] = (uint8_t)((sum + 2) >> 2);
  }
}

// ---- 16 bit ------------------------------------------------------------------------------------

static float mix(float low, float high, float part, int fused) {
  if (fused) return fmaf(high - low, part, low);
  float kept = low * (1.0f - part), added = high * part;
  return kept + added;
}

static void across_16(const linear *l, const sl_row_view *row, float *to) {
  const uint16_t *from = row->samples;
  const size_t cn = (size_t)row->channels;
  int32_t x = 0;
#if SL_HAS_AVX2
  if (l->fast && l->fused) x = sl_linear_across_16_avx2(row, &l->columns, l->width, to);
#endif
  for (; x < l->width; x++) {
    const uint16_t *low = from + (size_t)l->columns.low[x] * cn;
    const uint16_t *high = from + (size_t)l->columns.high[x] * cn;
    for (size_t c = 0; c < cn; c++) {
      to[(size_t)x * cn + c] = mix(low[c], high[c], l->columns.part[x], l->fused);
    }
  }
}

static void down_16(const linear *l, const float *low, const float *high, float part,
                    uint16_t *to) {
  size_t i = 0;
#if SL_HAS_AVX2
  if (l->fast && l->fused) i = sl_linear_down_16_avx2(low, high, part, l->size, to);
#endif
  for (; i < l->size; i++) {
    int32_t value = (int32_t)sl_round_even(mix(low[i], high[i], part, l->fused));
    to[i] = (uint16_t)(value < 0 ? 0 : value > 65535 ? 65535 : value);
  }
}

// ---- Rows --------------------------------------------------------------------------------------

// Row `y` resized across; `other` is the row that must stay.
static const void *take_row(linear *l, int32_t y, int32_t other) {
  for (int i = 0; i < 2; i++) {
    if (l->held[i] == y) return l->slots[i];
  }
  const sl_image *in = l->in;
  const size_t samples = (size_t)in->width * (size_t)in->channels;
  const sl_row_view row = {
      .samples = in->pixels + (size_t)y * samples * (size_t)in->bits / 8,
      .readable = samples * (size_t)(in->height - y),
      .bits = in->bits,
      .channels = in->channels,
  };
  const int slot = l->held[0] == other ? 1 : 0;
  l->held[slot] = y;
  if (in->bits == 8) across_8(l, &row, l->slots[slot]);
  if (in->bits == 16) across_16(l, &row, l->slots[slot]);
  return l->slots[slot];
}

static void resize_lines(linear *l, const sl_image *out) {
  for (int32_t y = 0; y < out->height; y++) {
    const int32_t at[2] = {l->lines.low[y], l->lines.high[y]};
    const void *low = take_row(l, at[0], at[1]);
    const void *high = take_row(l, at[1], at[0]);
    uint8_t *to = out->pixels + (size_t)y * l->size * (size_t)out->bits / 8;
    if (out->bits == 8) down_8(l, low, high, l->lines.fixed[y], to);
    if (out->bits == 16) down_16(l, low, high, l->lines.part[y], (uint16_t *)(void *)to);
  }
}

sl_status sl_opencv_linear(sl_arena *arena, const sl_image *in, int area, const sl_image *out,
                           sl_error *err) {
  linear l = {.in = in, .width = out->width, .fast = sl_fast_loops_allowed(), .held = {-1, -1}};
  l.size = (size_t)out->width * (size_t)out->channels;
  // IPP refuses two channels and lines of one pixel.
  l.fused = in->bits == 16 && !area && in->channels != 2 && in->width > 1 && in->height > 1;
  const place_rule rule = area ? PLACE_AREA : l.fused ? PLACE_IPP : PLACE_LINEAR;
  SL_TRY(find_places(arena, in->width, out->width, rule, !l.fused, &l.columns, err));
  SL_TRY(find_places(arena, in->height, out->height, rule, 0, &l.lines, err));
  const size_t sample = in->bits == 8 ? sizeof(int16_t) : sizeof(float);
  for (int i = 0; i < 2; i++) {
    // Vectors of four may write three samples too many.
    SL_TRY(sl_resize_scratch(arena, l.size + 3, sample, &l.slots[i], err));
  }
  resize_lines(&l, out);
  return SL_OK;
}
