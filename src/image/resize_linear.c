// SPDX-License-Identifier: Apache-2.0
// OpenCV's INTER_LINEAR, and INTER_AREA where a side grows.
//
// 8 bit: fixed point, 11 bits across and 11 down, with OpenCV's truncations on the way. 16 bit:
// INTER_LINEAR is Intel IPP's in the x86-64 wheels (one fused multiply-add per step) unless there
// are two channels, INTER_AREA is OpenCV's own (two products and a sum). Invariant: positions and
// weights are computed in the order and precision of the originals. Start at sl_opencv_linear().
#include <math.h>

#include "image/resize_opencv.h"

enum { ONE = 1 << 11, LANES = 8 };

typedef int16_t i16x8 __attribute__((vector_size(16)));
typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef uint8_t u8x8 __attribute__((vector_size(8)));
typedef uint8_t u8x32 __attribute__((vector_size(32)));

// Every output lies between inputs `low` and `high`, `part` of the way.
typedef struct place {
  int32_t low, high;
  float part;
  int32_t fixed[2];  // weights of low and high, times ONE
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

static int32_t clamp_index(int32_t i, int32_t count) {
  return i < 0 ? 0 : i >= count ? count - 1 : i;
}

// OpenCV snaps columns outside the image to its edge, but keeps the weights of such rows.
static sl_status find_places(sl_arena *arena, int32_t in, int32_t out, int kind, int snaps,
                             place **made, sl_error *err) {
  const double scale = kind == 2 ? (double)in / out : sl_opencv_scale(in, out);
  place *places = NULL;
  SL_TRY(sl_resize_scratch(arena, (size_t)out, sizeof(place), &places, err));
  for (int32_t i = 0; i < out; i++) {
    place p = kind == 0   ? place_linear(scale, i)
              : kind == 1 ? place_area(scale, (double)out / in, i)
                          : place_ipp(scale, i);
    if (snaps && (p.low < 0 || p.low >= in - 1)) p.part = 0.0f;
    p.fixed[0] = (int32_t)lrintf((1.0f - p.part) * (float)ONE);
    p.fixed[1] = (int32_t)lrintf(p.part * (float)ONE);
    p.high = clamp_index(p.low + 1, in);
    p.low = clamp_index(p.low, in);
    places[i] = p;
  }
  *made = places;
  return SL_OK;
}

// ---- 8 bit -------------------------------------------------------------------------------------

SL_INLINE void across_pixels(const uint8_t *from, const place *places, int32_t width, size_t cn,
                             int16_t *to) {
  for (int32_t x = 0; x < width; x++, to += cn) {
    const uint8_t *low = from + (size_t)places[x].low * cn;
    const uint8_t *high = from + (size_t)places[x].high * cn;
    SL_UNROLL for (size_t c = 0; c < cn; c++) {
      to[c] = (int16_t)((low[c] * places[x].fixed[0] + high[c] * places[x].fixed[1]) >> 4);
    }
  }
}

static void across_8(const uint8_t *from, const place *places, int32_t width, int32_t channels,
                     int16_t *to) {
  switch (channels) {
    case 1:
      across_pixels(from, places, width, 1, to);
      break;
    case 2:
      across_pixels(from, places, width, 2, to);
      break;
    case 3:
      across_pixels(from, places, width, 3, to);
      break;
    default:
      across_pixels(from, places, width, 4, to);
      break;
  }
}

SL_CLONES static void down_8(const int16_t *low, const int16_t *high, const int32_t fixed[2],
                             size_t size, uint8_t *to) {
  size_t i = 0;
  for (; i + LANES <= size; i += LANES) {
    i16x8 a, b;
    __builtin_memcpy(&a, low + i, sizeof(a));
    __builtin_memcpy(&b, high + i, sizeof(b));
    i32x8 sum = (__builtin_convertvector(a, i32x8) * fixed[0]) >> 16;
    sum += (__builtin_convertvector(b, i32x8) * fixed[1]) >> 16;
    sum = (sum + 2) >> 2;
    u8x8 bytes = (u8x8)__builtin_shufflevector((u8x32)sum, (u8x32)sum, 0, 4, 8, 12, 16, 20, 24, 28);
    __builtin_memcpy(to + i, &bytes, sizeof(bytes));
  }
  for (; i < size; i++) {
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

static void across_16(const uint16_t *from, const place *places, int32_t width, size_t cn,
                      int fused, float *to) {
  for (int32_t x = 0; x < width; x++) {
    const uint16_t *low = from + (size_t)places[x].low * cn;
    const uint16_t *high = from + (size_t)places[x].high * cn;
    for (size_t c = 0; c < cn; c++) *to++ = mix(low[c], high[c], places[x].part, fused);
  }
}

static void down_16(const float *low, const float *high, float part, size_t size, int fused,
                    uint16_t *to) {
  for (size_t i = 0; i < size; i++) {
    int32_t value = (int32_t)lrintf(mix(low[i], high[i], part, fused));
    to[i] = (uint16_t)(value < 0 ? 0 : value > 65535 ? 65535 : value);
  }
}

// ---- Rows --------------------------------------------------------------------------------------

// The two input rows that were resized last, each where its parity says unless that is taken.
typedef struct rows {
  const sl_image *in;
  const place *places;
  int32_t width;
  int fused;
  int32_t held[2];
  void *slots[2];
} rows;

static const void *take_row(rows *r, int32_t y, int32_t other) {
  for (int i = 0; i < 2; i++) {
    if (r->held[i] == y) return r->slots[i];
  }
  const int slot = r->held[0] == other ? 1 : 0;
  const size_t cn = (size_t)r->in->channels, start = (size_t)y * (size_t)r->in->width * cn;
  r->held[slot] = y;
  if (r->in->bits == 8) {
    across_8(r->in->pixels + start, r->places, r->width, r->in->channels, r->slots[slot]);
  } else {
    across_16((const uint16_t *)(const void *)r->in->pixels + start, r->places, r->width, cn,
              r->fused, r->slots[slot]);
  }
  return r->slots[slot];
}

sl_status sl_opencv_linear(sl_arena *arena, const sl_image *in, int area, const sl_image *out,
                           sl_error *err) {
  const size_t size = (size_t)out->width * (size_t)out->channels;
  const size_t sample = in->bits == 8 ? sizeof(int16_t) : sizeof(float);
  const int fused = in->bits == 16 && !area && in->channels != 2 && in->width > 1 && in->height > 1;
  const int kind = area ? 1 : fused ? 2 : 0;
  place *columns = NULL, *lines = NULL;
  SL_TRY(find_places(arena, in->width, out->width, kind, !fused, &columns, err));
  SL_TRY(find_places(arena, in->height, out->height, kind, 0, &lines, err));
  rows r = {.in = in, .places = columns, .width = out->width, .fused = fused, .held = {-1, -1}};
  SL_TRY(sl_resize_scratch(arena, size, sample, &r.slots[0], err));
  SL_TRY(sl_resize_scratch(arena, size, sample, &r.slots[1], err));
  for (int32_t y = 0; y < out->height; y++) {
    const void *low = take_row(&r, lines[y].low, lines[y].high);
    const void *high = take_row(&r, lines[y].high, lines[y].low);
    if (in->bits == 8) {
      down_8(low, high, lines[y].fixed, size, out->pixels + (size_t)y * size);
    } else {
      down_16(low, high, lines[y].part, size, fused,
              (uint16_t *)(void *)out->pixels + (size_t)y * size);
    }
  }
  return SL_OK;
}
