// SPDX-License-Identifier: Apache-2.0
// The row engine: a horizontal and a vertical fixed-point pass over 8-bit pixels.
//
// The horizontal pass takes eight rows at a time and transposes them, so that one vector holds the
// same sample of eight rows and every channel count runs at full width. Its results go to a ring
// that holds just the rows the vertical pass can still ask for. Invariant: block b of the ring
// holds input rows 8b .. 8b+7 counted from the first row needed, and the ring is a multiple of
// eight. Vectors are GNU vector types, which every target can run. Start at sl_resize_rows().
#include <string.h>

#include "image/resize.h"

enum { LANES = 8, WIDE = 4 };

typedef uint8_t u8x8 __attribute__((vector_size(8)));
typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef uint8_t u8x32 __attribute__((vector_size(32)));
typedef uint16_t u16x8 __attribute__((vector_size(16)));
typedef uint32_t u32x4 __attribute__((vector_size(16)));
typedef int32_t i32x8 __attribute__((vector_size(32)));

// Turns an 8 x 8 block of bytes; rows are `from_step` apart, and written `to_step` apart.
SL_INLINE void transpose_block(const uint8_t *const from[LANES], size_t at, uint8_t *to[LANES]) {
  u8x16 r[LANES];
  SL_UNROLL for (int i = 0; i < LANES; i++) {
    uint64_t word;
    memcpy(&word, from[i] + at, sizeof(word));
    typedef uint64_t u64x2 __attribute__((vector_size(16)));
    r[i] = (u8x16)(u64x2){word, 0};
  }
  u16x8 pairs[4];
  SL_UNROLL for (int i = 0; i < 4; i++) {
    pairs[i] = (u16x8)__builtin_shufflevector(r[2 * i], r[2 * i + 1], 0, 16, 1, 17, 2, 18, 3, 19, 4,
                                              20, 5, 21, 6, 22, 7, 23);
  }
  u32x4 quads[4];
  SL_UNROLL for (int i = 0; i < 2; i++) {
    u16x8 a = pairs[2 * i], b = pairs[2 * i + 1];
    quads[i] = (u32x4)__builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    quads[i + 2] = (u32x4)__builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  }
  SL_UNROLL for (int i = 0; i < 2; i++) {
    u32x4 a = quads[2 * i], b = quads[2 * i + 1];
    u8x16 low = (u8x16)__builtin_shufflevector(a, b, 0, 4, 1, 5);
    u8x16 high = (u8x16)__builtin_shufflevector(a, b, 2, 6, 3, 7);
    memcpy(to[4 * i], &low, 8);
    memcpy(to[4 * i + 1], (const uint8_t *)&low + 8, 8);
    memcpy(to[4 * i + 2], &high, 8);
    memcpy(to[4 * i + 3], (const uint8_t *)&high + 8, 8);
  }
}

// Eight rows of `size` samples -> columns[sample][row].
SL_CLONES static void rows_to_columns(const uint8_t *const rows[LANES], size_t size,
                                      uint8_t *columns) {
  size_t at = 0;
  for (; at + LANES <= size; at += LANES) {
    uint8_t *to[LANES];
    for (int i = 0; i < LANES; i++) to[i] = columns + (at + (size_t)i) * LANES;
    transpose_block(rows, at, to);
  }
  for (; at < size; at++) {
    for (int i = 0; i < LANES; i++) columns[at * LANES + (size_t)i] = rows[i][at];
  }
}

// columns[sample][row] -> eight rows of `size` samples.
SL_CLONES static void columns_to_rows(const uint8_t *columns, size_t size, uint8_t *rows[LANES]) {
  size_t at = 0;
  for (; at + LANES <= size; at += LANES) {
    const uint8_t *from[LANES];
    uint8_t *to[LANES];
    for (int i = 0; i < LANES; i++) {
      from[i] = columns + (at + (size_t)i) * LANES;
      to[i] = rows[i] + at;
    }
    transpose_block(from, 0, to);
  }
  for (; at < size; at++) {
    for (int i = 0; i < LANES; i++) rows[i][at] = columns[at * LANES + (size_t)i];
  }
}

// Clamps eight sums to bytes.
SL_INLINE void store_clamped(const i32x8 *sums, int32_t bits, uint8_t *to) {
  i32x8 value = *sums >> bits;
  value &= value >= 0;
  value |= value > 255;
  u8x8 bytes =
      (u8x8)__builtin_shufflevector((u8x32)value, (u8x32)value, 0, 4, 8, 12, 16, 20, 24, 28);
  memcpy(to, &bytes, sizeof(bytes));
}

SL_INLINE void add_weighted(const uint8_t *from, int32_t weight, i32x8 *sums) {
  u8x8 bytes;
  memcpy(&bytes, from, sizeof(bytes));
  *sums += __builtin_convertvector(bytes, i32x8) * weight;
}

SL_INLINE void convolve(const sl_axis *axis, int channels, const uint8_t *columns, uint8_t *to) {
  const size_t pixel = (size_t)channels * LANES;
  const int32_t half = 1 << (axis->bits - 1);
  const i32x8 start = {half, half, half, half, half, half, half, half};
  for (int32_t x = 0; x < axis->out; x++, to += pixel) {
    const int32_t *weights = axis->fixed + (size_t)x * (size_t)axis->longest;
    const uint8_t *from = columns + (size_t)axis->first[x] * pixel;
    i32x8 sums[4] = {start, start, start, start};
    for (int32_t t = 0; t < axis->count[x]; t++, from += pixel) {
      SL_UNROLL for (int c = 0; c < channels; c++)
          add_weighted(from + c * LANES, weights[t], &sums[c]);
    }
    SL_UNROLL for (int c = 0; c < channels; c++)
        store_clamped(&sums[c], axis->bits, to + c * LANES);
  }
}

SL_CLONES static void convolve_columns(const sl_axis *axis, int32_t channels,
                                       const uint8_t *columns, uint8_t *to) {
  switch (channels) {
    case 1:
      convolve(axis, 1, columns, to);
      break;
    case 2:
      convolve(axis, 2, columns, to);
      break;
    case 3:
      convolve(axis, 3, columns, to);
      break;
    default:
      convolve(axis, 4, columns, to);
      break;
  }
}

// One output row from the rows of its window.
SL_CLONES static void mix_rows(const uint8_t *const *rows, const int32_t *weights, int32_t count,
                               int32_t bits, size_t size, uint8_t *to) {
  const int32_t half = 1 << (bits - 1);
  const i32x8 start = {half, half, half, half, half, half, half, half};
  size_t at = 0;
  for (; at + WIDE * LANES <= size; at += WIDE * LANES) {
    i32x8 sums[WIDE] = {start, start, start, start};
    for (int32_t t = 0; t < count; t++) {
      SL_UNROLL for (int i = 0; i < WIDE; i++)
          add_weighted(rows[t] + at + i * LANES, weights[t], &sums[i]);
    }
    SL_UNROLL for (int i = 0; i < WIDE; i++) store_clamped(&sums[i], bits, to + at + i * LANES);
  }
  for (; at < size; at++) {
    int32_t sum = half;
    for (int32_t t = 0; t < count; t++) sum += rows[t][at] * weights[t];
    sum >>= bits;
    to[at] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
  }
}

// Where the horizontal pass stands.
typedef struct pass {
  const sl_image *in;
  const sl_axis *x;
  size_t from_size, to_size;  // samples of a row before and after
  uint8_t *columns, *made;    // transposed block before and after
} pass;

static sl_status open_pass(sl_arena *arena, const sl_image *in, const sl_axis *x, pass *pass_out,
                           sl_error *err) {
  size_t channels = (size_t)in->channels;
  pass p = {.in = in, .x = x, .from_size = (size_t)in->width * channels};
  p.to_size = (size_t)x->out * channels;
  SL_TRY(sl_resize_scratch(arena, p.from_size, LANES, &p.columns, err));
  SL_TRY(sl_resize_scratch(arena, p.to_size, LANES, &p.made, err));
  *pass_out = p;
  return SL_OK;
}

// Rows `row` .. `row + 7` of the input (the last `valid` repeated) into eight rows at `to`.
static void squeeze_rows(const pass *p, int32_t row, int32_t valid, uint8_t *to) {
  const uint8_t *from[LANES];
  uint8_t *rows[LANES];
  for (int i = 0; i < LANES; i++) {
    int32_t at = i < valid ? i : valid - 1;
    from[i] = p->in->pixels + (size_t)(row + at) * p->from_size;
    rows[i] = to + (size_t)at * p->to_size;
  }
  rows_to_columns(from, p->from_size, p->columns);
  convolve_columns(p->x, p->in->channels, p->columns, p->made);
  columns_to_rows(p->made, p->to_size, rows);
}

static int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }

static sl_status resize_across(sl_arena *arena, const sl_image *in, const sl_axis *x,
                               const sl_image *out, sl_error *err) {
  pass p;
  SL_TRY(open_pass(arena, in, x, &p, err));
  for (int32_t row = 0; row < in->height; row += LANES) {
    squeeze_rows(&p, row, least(LANES, in->height - row), out->pixels + (size_t)row * p.to_size);
  }
  return SL_OK;
}

static sl_status resize_down(sl_arena *arena, const sl_image *in, const sl_axis *y,
                             const sl_image *out, sl_error *err) {
  size_t size = (size_t)in->width * (size_t)in->channels;
  const uint8_t **rows = NULL;
  SL_TRY(sl_resize_scratch(arena, (size_t)y->longest, sizeof(*rows), &rows, err));
  for (int32_t i = 0; i < y->out; i++) {
    for (int32_t t = 0; t < y->count[i]; t++) {
      rows[t] = in->pixels + (size_t)(y->first[i] + t) * size;
    }
    mix_rows(rows, y->fixed + (size_t)i * (size_t)y->longest, y->count[i], y->bits, size,
             out->pixels + (size_t)i * size);
  }
  return SL_OK;
}

static sl_status resize_both(sl_arena *arena, const sl_image *in, const sl_axis *x,
                             const sl_axis *y, const sl_image *out, sl_error *err) {
  pass p;
  SL_TRY(open_pass(arena, in, x, &p, err));
  const int32_t slots = (y->longest / LANES + 2) * LANES;
  const int32_t base = y->first[0];
  uint8_t *ring = NULL;
  const uint8_t **rows = NULL;
  SL_TRY(sl_resize_scratch(arena, (size_t)slots, p.to_size, &ring, err));
  SL_TRY(sl_resize_scratch(arena, (size_t)y->longest, sizeof(*rows), &rows, err));
  int32_t done = 0;
  for (int32_t i = 0; i < y->out; i++) {
    int32_t first = y->first[i] - base;
    for (; done < first + y->count[i]; done += LANES) {
      int32_t valid = least(LANES, in->height - base - done);
      squeeze_rows(&p, base + done, valid, ring + (size_t)(done % slots) * p.to_size);
    }
    for (int32_t t = 0; t < y->count[i]; t++) {
      rows[t] = ring + (size_t)((first + t) % slots) * p.to_size;
    }
    mix_rows(rows, y->fixed + (size_t)i * (size_t)y->longest, y->count[i], y->bits, p.to_size,
             out->pixels + (size_t)i * p.to_size);
  }
  return SL_OK;
}

sl_status sl_resize_rows(sl_arena *arena, const sl_image *in, const sl_axis *x, const sl_axis *y,
                         const sl_image *out, sl_error *err) {
  if (x != NULL && y != NULL) return resize_both(arena, in, x, y, out, err);
  if (x != NULL) return resize_across(arena, in, x, out, err);
  return resize_down(arena, in, y, out, err);
}
