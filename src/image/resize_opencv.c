// SPDX-License-Identifier: Apache-2.0
// cv2.resize of OpenCV 5 (and 4.x): nearest and area, and the choice among the files that imitate
// the other kernels (resize_linear.c, resize_cubic.c).
//
// Invariant: scales are 1 / (out / in) in double precision, as OpenCV computes them; whether a
// ratio counts as an integer depends on that rounding. Start at sl_resize_opencv().
#include "image/resize_opencv.h"

#include <float.h>
#include <math.h>

double sl_opencv_scale(int32_t in, int32_t out) { return 1.0 / ((double)out / in); }

static uint8_t round_8(float value) {
  int32_t rounded = (int32_t)lrintf(value);
  return (uint8_t)(rounded < 0 ? 0 : rounded > 255 ? 255 : rounded);
}

static uint16_t round_16(float value) {
  int32_t rounded = (int32_t)lrintf(value);
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
  int32_t from, to;
  float part;
} share;

static int32_t share_out(int32_t in, int32_t out, share *shares) {
  const double scale = sl_opencv_scale(in, out);
  int32_t n = 0;
  for (int32_t i = 0; i < out; i++) {
    double begin = i * scale, end = begin + scale;
    double cell = fmin(scale, in - begin);
    int32_t first = (int32_t)ceil(begin), last = (int32_t)floor(end);
    if (last > in - 1) last = in - 1;
    if (first > last) first = last;
    if (first - begin > 1e-3) {
      shares[n++] = (share){first - 1, i, (float)((first - begin) / cell)};
    }
    for (int32_t at = first; at < last; at++) shares[n++] = (share){at, i, (float)(1.0 / cell)};
    if (end - last > 1e-3) {
      shares[n++] = (share){last, i, (float)(fmin(fmin(end - last, 1.0), cell) / cell)};
    }
  }
  return n;
}

static void gather_row(const sl_image *in, int32_t y, const share *shares, int32_t n, float *sums) {
  const size_t cn = (size_t)in->channels, row = (size_t)y * (size_t)in->width * cn;
  const uint16_t *from_16 = (const uint16_t *)(const void *)in->pixels + row;
  for (int32_t i = 0; i < n; i++) {
    size_t from = (size_t)shares[i].from * cn;
    float *to = sums + (size_t)shares[i].to * cn;
    for (size_t c = 0; c < cn; c++) {
      int32_t sample = in->bits == 8 ? in->pixels[row + from + c] : from_16[from + c];
      to[c] += (float)sample * shares[i].part;
    }
  }
}

static void store_row(const float *sums, size_t size, const sl_image *out, int32_t y) {
  uint8_t *to_8 = out->pixels + (size_t)y * size;
  uint16_t *to_16 = (uint16_t *)(void *)out->pixels + (size_t)y * size;
  for (size_t i = 0; i < size; i++) {
    if (out->bits == 8) to_8[i] = round_8(sums[i]);
    if (out->bits == 16) to_16[i] = round_16(sums[i]);
  }
}

static sl_status resize_area(sl_arena *arena, const sl_image *in, const sl_image *out,
                             sl_error *err) {
  const size_t size = (size_t)out->width * (size_t)out->channels;
  share *across = NULL, *down = NULL;
  float *row = NULL, *sums = NULL;
  SL_TRY(sl_resize_scratch(arena, (size_t)in->width * 2, sizeof(share), &across, err));
  SL_TRY(sl_resize_scratch(arena, (size_t)in->height * 2, sizeof(share), &down, err));
  SL_TRY(sl_resize_scratch(arena, size, sizeof(float), &row, err));
  SL_TRY(sl_resize_scratch(arena, size, sizeof(float), &sums, err));
  const int32_t columns = share_out(in->width, out->width, across);
  const int32_t rows = share_out(in->height, out->height, down);
  for (int32_t j = 0; j < rows; j++) {
    int starts = j == 0 || down[j].to != down[j - 1].to;
    for (size_t i = 0; i < size; i++) row[i] = 0.0f;
    gather_row(in, down[j].from, across, columns, row);
    for (size_t i = 0; i < size; i++) {
      float part = down[j].part * row[i];
      sums[i] = starts ? part : sums[i] + part;
    }
    if (j == rows - 1 || down[j + 1].to != down[j].to) store_row(sums, size, out, down[j].to);
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
