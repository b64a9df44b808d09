// SPDX-License-Identifier: Apache-2.0
// The row engine: a horizontal and a vertical fixed-point pass over 8-bit pixels.
//
// The horizontal pass takes eight rows at a time and turns them around, so that one vector holds
// the same sample of eight rows and every channel count runs at full width. Its results go to a
// ring that holds just the rows the vertical pass can still ask for. Invariant: block b of the ring
// holds input rows 8b .. 8b+7 counted from the first row needed, and the ring is a multiple of
// eight. The loops here are the plain ones; resize_avx2.c has the fast ones. Start at
// sl_resize_rows().
#include "image/resize.h"

enum { LANES = SL_LANES };

// ---- Plain loops -------------------------------------------------------------------------------

static void rows_to_columns(const uint8_t *const rows[LANES], size_t size, uint8_t *columns) {
  for (size_t at = 0; at < size; at++) {
    for (int i = 0; i < LANES; i++) columns[at * LANES + (size_t)i] = rows[i][at];
  }
}

static void columns_to_rows(const uint8_t *columns, size_t size, uint8_t *const rows[LANES]) {
  for (size_t at = 0; at < size; at++) {
    for (int i = 0; i < LANES; i++) rows[i][at] = columns[at * LANES + (size_t)i];
  }
}

static uint8_t clamp(int32_t sum, int32_t bits) {
  sum >>= bits;
  return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

static void convolve(const sl_axis *axis, int32_t channels, const uint8_t *columns, uint8_t *to) {
  const size_t pixel = (size_t)channels * LANES;
  for (int32_t x = 0; x < axis->out; x++) {
    const int32_t *weights = axis->fixed + (size_t)x * (size_t)axis->longest;
    const uint8_t *from = columns + (size_t)axis->first[x] * pixel;
    for (int32_t c = 0; c < channels; c++, from += LANES, to += LANES) {
      int32_t sums[LANES];
      for (int i = 0; i < LANES; i++) sums[i] = 1 << (axis->bits - 1);
      for (int32_t t = 0; t < axis->count[x]; t++) {
        for (int i = 0; i < LANES; i++) sums[i] += from[(size_t)t * pixel + (size_t)i] * weights[t];
      }
      for (int i = 0; i < LANES; i++) to[i] = clamp(sums[i], axis->bits);
    }
  }
}

static void mix_rows(const sl_axis *axis, int32_t i, const uint8_t *const *rows, size_t size,
                     uint8_t *to) {
  const int32_t *weights = axis->fixed + (size_t)i * (size_t)axis->longest;
  for (size_t at = 0; at < size; at++) {
    int32_t sum = 1 << (axis->bits - 1);
    for (int32_t t = 0; t < axis->count[i]; t++) sum += rows[t][at] * weights[t];
    to[at] = clamp(sum, axis->bits);
  }
}

const sl_row_loops sl_row_loops_plain = {.rows_to_columns = rows_to_columns,
                                         .columns_to_rows = columns_to_rows,
                                         .convolve = convolve,
                                         .mix_rows = mix_rows};

static const sl_row_loops *pick_loops(void) {
#if SL_HAS_AVX2
  if (sl_fast_loops_allowed()) return &sl_row_loops_avx2;
#endif
  return &sl_row_loops_plain;
}

// ---- Passes ------------------------------------------------------------------------------------

// Where the horizontal pass stands.
typedef struct pass {
  const sl_image *in;
  const sl_axis *x;
  const sl_row_loops *loops;
  size_t from_size, to_size;  // samples of a row before and after
  uint8_t *columns, *made;    // transposed block before and after
} pass;

static sl_status open_pass(sl_arena *arena, const sl_image *in, const sl_axis *x, pass *pass_out,
                           sl_error *err) {
  size_t channels = (size_t)in->channels;
  pass p = {.in = in, .x = x, .loops = pick_loops(), .from_size = (size_t)in->width * channels};
  p.to_size = (size_t)x->out * channels;
  // One pixel more, because windows are read in pairs.
  SL_TRY(sl_resize_scratch(arena, p.from_size + channels, LANES, &p.columns, err));
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
  p->loops->rows_to_columns(from, p->from_size, p->columns);
  p->loops->convolve(p->x, p->in->channels, p->columns, p->made);
  p->loops->columns_to_rows(p->made, p->to_size, rows);
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
  const sl_row_loops *loops = pick_loops();
  const uint8_t **rows = NULL;
  SL_TRY(sl_resize_scratch(arena, (size_t)y->longest + 1, sizeof(*rows), &rows, err));
  for (int32_t i = 0; i < y->out; i++) {
    for (int32_t t = 0; t < y->count[i]; t++) {
      rows[t] = in->pixels + (size_t)(y->first[i] + t) * size;
    }
    rows[y->count[i]] = rows[0];
    loops->mix_rows(y, i, rows, size, out->pixels + (size_t)i * size);
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
  SL_TRY(sl_resize_scratch(arena, (size_t)y->longest + 1, sizeof(*rows), &rows, err));
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
    rows[y->count[i]] = rows[0];
    p.loops->mix_rows(y, i, rows, p.to_size, out->pixels + (size_t)i * p.to_size);
  }
  return SL_OK;
}

sl_status sl_resize_rows(sl_arena *arena, const sl_image *in, const sl_axis *x, const sl_axis *y,
                         const sl_image *out, sl_error *err) {
  if (x != NULL && y != NULL) return resize_both(arena, in, x, y, out, err);
  if (x != NULL) return resize_across(arena, in, x, out, err);
  return resize_down(arena, in, y, out, err);
}
