// SPDX-License-Identifier: Apache-2.0
// cv2.resize of OpenCV 5 (and 4.x): nearest and area, and the choice among the files that imitate
// the other kernels (resize_linear.c, resize_cubic.c).
//
// Invariant: scales are 1 / (out / in) in double precision, as OpenCV computes them; whether a
// ratio counts as an integer depends on that rounding. Start at sl_resize_opencv().
#include "image/resize_opencv.h"

#include <float.h>
#include <math.h>
#include <string.h>

double sl_opencv_scale(int32_t in, int32_t out) { return 1.0 / ((double)out / in); }

static uint8_t round_8(float value) {
  int32_t rounded = (int32_t)sl_round_even(value);
  return (uint8_t)(rounded < 0 ? 0 : rounded > 255 ? 255 : rounded);
}

static uint16_t round_16(float value) {
  int32_t rounded = (int32_t)sl_round_even(value);
  return (uint16_t)(rounded < 0 ? 0 : rounded > 65535 ? 65535 : rounded);
}

// ---- Nearest -----------------------------------------------------------------------------------

static void nearest_positions(int32_t in, int32_t out, int32_t *positions) {
  double scale = sl_opencv_scale(in, out);
  for (int32_t i = 0; i < out; i++) {
    int32_t at = (int32_t)floor(i * scale);
    positions[i] = at < in ? at : in - 1;
  }
}

static sl_status resize_nearest(sl_arena *arena, const sl_image *in, const sl_image *out,
                                sl_error *err) {
  int32_t *columns = NULL, *rows = NULL;
  SL_TRY(sl_resize_scratch(arena, (size_t)out->width, sizeof(int32_t), &columns, err));
  SL_TRY(sl_resize_scratch(arena, (size_t)out->height, sizeof(int32_t), &rows, err));
  nearest_positions(in->width, out->width, columns);
  nearest_positions(in->height, out->height, rows);
  sl_resize_pick(in, columns, rows, out);
  return SL_OK;
}

// ---- Area, both ratios whole -------------------------------------------------------------------

typedef struct blocks {
  int32_t across, down;  // inputs per output
  size_t channels, row;  // samples per pixel, per input row
} blocks;

static void mean_of_four_8(const uint8_t *from, const blocks *b, int32_t width, uint8_t *to) {
  const size_t cn = b->channels;
  for (int32_t x = 0; x < width; x++, from += 2 * cn) {
    for (size_t c = 0; c < cn; c++) {
      const uint8_t *below = from + b->row;
      *to++ = (uint8_t)((from[c] + from[c + cn] + below[c] + below[c + cn] + 2) >> 2);
    }
  }
}

static void mean_of_four_16(const uint16_t *from, const blocks *b, int32_t width, uint16_t *to) {
  const size_t cn = b->channels;
  for (int32_t x = 0; x < width; x++, from += 2 * cn) {
    for (size_t c = 0; c < cn; c++) {
      const uint16_t *below = from + b->row;
      *to++ = (uint16_t)((from[c] + from[c + cn] + below[c] + below[c + cn] + 2) >> 2);
    }
  }
}

static uint8_t mean_8(const uint8_t *from, const blocks *b, float share) {
  int32_t sum = 0;
  for (int32_t y = 0; y < b->down; y++, from += b->row) {
    for (int32_t x = 0; x < b->across; x++) sum += from[(size_t)x * b->channels];
  }
  return round_8((float)sum * share);
}

// OpenCV adds four samples as integers, then to a float; the order shows once sums pass 2^24.
static uint16_t mean_16(const uint16_t *from, const blocks *b, float share) {
  float sum = 0.0f;
  int32_t four = 0, at = 0;
  const int32_t whole = b->across * b->down / 4 * 4;
  for (int32_t y = 0; y < b->down; y++, from += b->row) {
    for (int32_t x = 0; x < b->across; x++) {
      four += from[(size_t)x * b->channels];
      at++;
      if (at % 4 != 0 && at <= whole) continue;
      sum += (float)four;
      four = 0;
    }
  }
  return round_16(sum * share);
}

static void area_row(const sl_image *in, const blocks *b, int32_t y, const sl_image *out) {
  const size_t cn = b->channels, row = (size_t)y * (size_t)b->down * b->row;
  const size_t to = (size_t)y * (size_t)out->width * cn;
  const uint8_t *from_8 = in->pixels + row;
  const uint16_t *from_16 = (const uint16_t *)(const void *)in->pixels + row;
  uint8_t *to_8 = out->pixels + to;
  uint16_t *to_16 = (uint16_t *)(void *)out->pixels + to;
  if (b->across == 2 && b->down == 2 && cn != 2) {
    if (in->bits == 8) mean_of_four_8(from_8, b, out->width, to_8);
    if (in->bits == 16) mean_of_four_16(from_16, b, out->width, to_16);
    return;
  }
  const float share = 1.0f / (float)(b->across * b->down);
  for (size_t i = 0; i < (size_t)out->width * cn; i++) {
    size_t at = i / cn * (size_t)b->across * cn + i % cn;
    if (in->bits == 8) to_8[i] = mean_8(from_8 + at, b, share);
    if (in->bits == 16) to_16[i] = mean_16(from_16 + at, b, share);
  }
}

// ---- Area, any ratios of at least 1
// --------------------------------------------------------------

// One input's part of one output.
typedef struct share {
  int32_t from;
  float part;
} share;

// What one line of outputs takes from its inputs: shares of output i are [begin[i], begin[i + 1]).
typedef struct shares {
  share *list;
  int32_t *begin;
} shares;

static sl_status share_out(sl_arena *arena, int32_t in, int32_t out, shares *made, sl_error *err) {
  const double scale = sl_opencv_scale(in, out);
  share *list = NULL;
  int32_t n = 0;
  SL_TRY(sl_resize_scratch(arena, (size_t)in * 2, sizeof(share), &list, err));
  SL_TRY(sl_resize_scratch(arena, (size_t)out + 1, sizeof(int32_t), &made->begin, err));
  for (int32_t i = 0; i < out; i++) {
    double begin = i * scale, end = begin + scale;
    double cell = fmin(scale, in - begin);
    int32_t first = (int32_t)ceil(begin), last = (int32_t)floor(end);
    if (last > in - 1) last = in - 1;
    if (first > last) first = last;
    made->begin[i] = n;
    if (first - begin > 1e-3) list[n++] = (share){first - 1, (float)((first - begin) / cell)};
    for (int32_t at = first; at < last; at++) list[n++] = (share){at, (float)(1.0 / cell)};
    if (end - last > 1e-3) {
      list[n++] = (share){last, (float)(fmin(fmin(end - last, 1.0), cell) / cell)};
    }
  }
  made->begin[out] = n;
  made->list = list;
  return SL_OK;
}

SL_INLINE float sample(const void *row, int bits, size_t at) {
  return bits == 8 ? (float)((const uint8_t *)row)[at] : (float)((const uint16_t *)row)[at];
}

SL_INLINE void gather_pixels(const void *row, int bits, size_t cn, const shares *across,
                             int32_t width, float *to) {
  for (int32_t x = 0; x < width; x++, to += cn) {
    float sums[4] = {0};
    for (int32_t i = across->begin[x]; i < across->begin[x + 1]; i++) {
      const share *s = &across->list[i];
      SL_UNROLL for (size_t c = 0; c < cn; c++) {
        sums[c] += sample(row, bits, (size_t)s->from * cn + c) * s->part;
      }
    }
    SL_UNROLL for (size_t c = 0; c < cn; c++) to[c] = sums[c];
  }
}

SL_INLINE void gather_channels(const void *row, int bits, size_t cn, const shares *across,
                               int32_t width, float *to) {
  switch (cn) {
    case 1:
      gather_pixels(row, bits, 1, across, width, to);
      break;
    case 2:
      gather_pixels(row, bits, 2, across, width, to);
      break;
    case 3:
      gather_pixels(row, bits, 3, across, width, to);
      break;
    default:
      gather_pixels(row, bits, 4, across, width, to);
      break;
  }
}

static void gather_row(const sl_image *in, int32_t y, const shares *across, int32_t width,
                       float *to) {
  const size_t cn = (size_t)in->channels;
  const uint8_t *row = in->pixels + (size_t)y * (size_t)in->width * cn * (size_t)in->bits / 8;
  if (in->bits == 8) gather_channels(row, 8, cn, across, width, to);
  if (in->bits == 16) gather_channels(row, 16, cn, across, width, to);
}

typedef float f32x8 __attribute__((vector_size(32)));

// sums = (starts ? 0 : sums) + part * row; `size` is a multiple of eight.
SL_CLONES static void add_row(const float *row, float part, int starts, size_t size, float *sums) {
  for (size_t i = 0; i < size; i += 8) {
    f32x8 added, sum = {0};
    memcpy(&added, row + i, sizeof(added));
    if (!starts) memcpy(&sum, sums + i, sizeof(sum));
    added *= part;
    sum += added;
    memcpy(sums + i, &sum, sizeof(sum));
  }
}

static void store_row(const float *sums, size_t size, const sl_image *out, int32_t y) {
  uint8_t *to_8 = out->pixels + (size_t)y * size;
  uint16_t *to_16 = (uint16_t *)(void *)out->pixels + (size_t)y * size;
  for (size_t i = 0; i < size && out->bits == 8; i++) to_8[i] = round_8(sums[i]);
  for (size_t i = 0; i < size && out->bits == 16; i++) to_16[i] = round_16(sums[i]);
}

static sl_status resize_area(sl_arena *arena, const sl_image *in, const sl_image *out,
                             sl_error *err) {
  const size_t size = (size_t)out->width * (size_t)out->channels, padded = (size + 7) / 8 * 8;
  shares across, down;
  float *row = NULL, *sums = NULL;
  SL_TRY(share_out(arena, in->width, out->width, &across, err));
  SL_TRY(share_out(arena, in->height, out->height, &down, err));
  SL_TRY(sl_resize_scratch(arena, padded, sizeof(float), &row, err));
  SL_TRY(sl_resize_scratch(arena, padded, sizeof(float), &sums, err));
  for (int32_t y = 0; y < out->height; y++) {
    for (int32_t j = down.begin[y]; j < down.begin[y + 1]; j++) {
      gather_row(in, down.list[j].from, &across, out->width, row);
      add_row(row, down.list[j].part, j == down.begin[y], padded, sums);
    }
    store_row(sums, size, out, y);
  }
  return SL_OK;
}

// ---- Choice ------------------------------------------------------------------------------------

// Fills `b` and returns 1 when both ratios are whole numbers as OpenCV sees it.
static int find_blocks(const sl_image *in, const sl_image *out, blocks *b) {
  double across = sl_opencv_scale(in->width, out->width);
  double down = sl_opencv_scale(in->height, out->height);
  *b = (blocks){.across = (int32_t)lrint(across), .down = (int32_t)lrint(down)};
  b->channels = (size_t)in->channels;
  b->row = (size_t)in->width * b->channels;
  return fabs(across - b->across) < DBL_EPSILON && fabs(down - b->down) < DBL_EPSILON;
}

sl_status sl_resize_opencv(sl_arena *arena, const sl_image *in, sl_kernel kernel,
                           const sl_image *out, sl_error *err) {
  if (kernel == SL_KERNEL_OPENCV_NEAREST) return resize_nearest(arena, in, out, err);
  if (kernel == SL_KERNEL_OPENCV_CUBIC) {
    const int refused = in->channels == 2 || in->width < 4 || in->height < 4;
    return refused ? sl_opencv_cubic(arena, in, out, err) : sl_ipp_cubic(arena, in, out, err);
  }
  const int area = kernel == SL_KERNEL_OPENCV_AREA;
  blocks b;
  const int whole = find_blocks(in, out, &b);
  const int halves = whole && b.across == 2 && b.down == 2 && (in->bits == 8 || in->channels == 2);
  if ((area && whole && b.across >= 1 && b.down >= 1) || (!area && halves)) {
    for (int32_t y = 0; y < out->height; y++) area_row(in, &b, y, out);
    return SL_OK;
  }
  const int shrinks =
      sl_opencv_scale(in->width, out->width) >= 1 && sl_opencv_scale(in->height, out->height) >= 1;
  if (area && shrinks) return resize_area(arena, in, out, err);
  return sl_opencv_linear(arena, in, area, out, err);
}
