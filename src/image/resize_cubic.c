// SPDX-License-Identifier: Apache-2.0
// OpenCV's own INTER_CUBIC: what cv2.resize runs where Intel IPP refuses, that is for two channels
// and for images with a side below four.
//
// 8 bit: 11 + 11 bits fixed point, but OpenCV's vector code finishes whole groups of eight samples
// of a row in single precision. 16 bit: single precision, where the same groups are summed from the
// last row up. Invariant: which samples fall in a group depends on their place in the row alone.
// Start at sl_opencv_cubic().
#include <math.h>

#include "image/resize_opencv.h"

enum { ONE = 1 << 11, GROUP = 8 };

typedef struct taps {
  int32_t at[4];
  float weight[4];
  int32_t fixed[4];  // weights times ONE
} taps;

static void find_weights(float x, float w[4]) {
  const float a = -0.75f;
  w[0] = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a;
  w[1] = ((a + 2) * x - (a + 3)) * x * x + 1;
  w[2] = ((a + 2) * (1 - x) - (a + 3)) * (1 - x) * (1 - x) + 1;
  w[3] = 1.0f - w[0] - w[1] - w[2];
}

static sl_status find_taps(sl_arena *arena, int32_t in, int32_t out, taps **made, sl_error *err) {
  const double scale = sl_opencv_scale(in, out);
  taps *list = NULL;
  SL_TRY(sl_resize_scratch(arena, (size_t)out, sizeof(taps), &list, err));
  for (int32_t i = 0; i < out; i++) {
    const float position = (float)((i + 0.5) * scale - 0.5);
    const int32_t low = (int32_t)floorf(position);
    find_weights(position - (float)low, list[i].weight);
    for (int32_t t = 0; t < 4; t++) {
      int32_t at = low - 1 + t;
      list[i].at[t] = at < 0 ? 0 : at >= in ? in - 1 : at;
      list[i].fixed[t] = (int32_t)sl_round_even(list[i].weight[t] * (float)ONE);
    }
  }
  *made = list;
  return SL_OK;
}

static int32_t across_8(const uint8_t *row, const taps *x, size_t cn, size_t k) {
  int32_t sum = 0;
  for (int t = 0; t < 4; t++) sum += row[(size_t)x->at[t] * cn + k] * x->fixed[t];
  return sum;
}

static float across_16(const uint16_t *row, const taps *x, size_t cn, size_t k) {
  float sum = 0.0f;
  for (int t = 0; t < 4; t++) sum += (float)row[(size_t)x->at[t] * cn + k] * x->weight[t];
  return sum;
}

static float add_from_last(const float s[4], const float w[4]) {
  return s[0] * w[0] + (s[1] * w[1] + (s[2] * w[2] + s[3] * w[3]));
}

static int32_t clamp(int32_t value, int32_t top) {
  return value < 0 ? 0 : value > top ? top : value;
}

static uint8_t down_8(const int32_t sums[4], const taps *y, int grouped) {
  if (!grouped) {
    int32_t sum = 1 << 21;
    for (int t = 0; t < 4; t++) sum += sums[t] * y->fixed[t];
    return (uint8_t)clamp(sum >> 22, 255);
  }
  const float share = 1.0f / ((float)ONE * (float)ONE);
  float s[4], w[4];
  for (int t = 0; t < 4; t++) {
    s[t] = (float)sums[t];
    w[t] = (float)y->fixed[t] * share;
  }
  return (uint8_t)clamp((int32_t)sl_round_even(add_from_last(s, w)), 255);
}

static uint16_t down_16(const float s[4], const taps *y, int grouped) {
  const float *w = y->weight;
  float sum = grouped ? add_from_last(s, w) : s[0] * w[0] + s[1] * w[1] + s[2] * w[2] + s[3] * w[3];
  return (uint16_t)clamp((int32_t)sl_round_even(sum), 65535);
}

// Images this small need no cache of rows.
static void resize_sample(const sl_image *in, const taps *x, const taps *y, size_t k, int grouped,
                          const sl_image *out, size_t to) {
  const size_t cn = (size_t)in->channels, stride = (size_t)in->width * cn;
  if (in->bits == 8) {
    int32_t sums[4];
    for (int t = 0; t < 4; t++) {
      sums[t] = across_8(in->pixels + (size_t)y->at[t] * stride, x, cn, k);
    }
    out->pixels[to] = down_8(sums, y, grouped);
    return;
  }
  const uint16_t *pixels = (const uint16_t *)(const void *)in->pixels;
  float sums[4];
  for (int t = 0; t < 4; t++) sums[t] = across_16(pixels + (size_t)y->at[t] * stride, x, cn, k);
  ((uint16_t *)(void *)out->pixels)[to] = down_16(sums, y, grouped);
}

sl_status sl_opencv_cubic(sl_arena *arena, const sl_image *in, const sl_image *out, sl_error *err) {
  const size_t cn = (size_t)out->channels, size = (size_t)out->width * cn;
  taps *columns = NULL, *lines = NULL;
  SL_TRY(find_taps(arena, in->width, out->width, &columns, err));
  SL_TRY(find_taps(arena, in->height, out->height, &lines, err));
  for (int32_t y = 0; y < out->height; y++) {
    for (size_t i = 0; i < size; i++) {
      resize_sample(in, &columns[i / cn], &lines[y], i % cn, i < size / GROUP * GROUP, out,
                    (size_t)y * size + i);
    }
  }
  return SL_OK;
}
