// SPDX-License-Identifier: Apache-2.0
// Image.resize of Pillow 13 (the same bytes since Pillow 7, I;16 since 11.0), for every kernel.
//
// 8-bit samples use weights with 22 fractional bits and round after each of the two passes; 16-bit
// grey (mode I;16) sums in double precision. Two and four channels are LA and RGBA: Pillow resizes
// them premultiplied by alpha, except nearest. Invariant: the order of floating-point operations is
// Pillow's. Start at sl_resize_pillow().
#include <math.h>

#include "image/resize.h"

enum { FIXED_BITS = 22 };

static double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

static double bilinear(double x) {
  x = fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

// Pillow's constants are single precision, its arithmetic is double.
static double hamming(double x) {
  x = fabs(x);
  if (x == 0.0) return 1.0;
  if (x >= 1.0) return 0.0;
  x *= M_PI;
  return sin(x) / x * ((double)0.54f + (double)0.46f * cos(x));
}

// Keys' cubic with a = -0.5.
static double bicubic(double x) {
  const double a = -0.5;
  x = fabs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

static double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= M_PI;
  return sin(x) / x;
}

static double lanczos(double x) { return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

static const sl_filter filters[] = {
    [SL_KERNEL_PILLOW_BOX] = {box, 0.5},         [SL_KERNEL_PILLOW_BILINEAR] = {bilinear, 1.0},
    [SL_KERNEL_PILLOW_HAMMING] = {hamming, 1.0}, [SL_KERNEL_PILLOW_BICUBIC] = {bicubic, 2.0},
    [SL_KERNEL_PILLOW_LANCZOS] = {lanczos, 3.0},
};

// ---- Nearest -----------------------------------------------------------------------------------

// 8-bit modes add the step up (and so carry its rounding error); I;16 multiplies. A position that
// ends up outside leaves the pixel zero.
static void nearest_positions(int32_t in, int32_t out, int adding, int32_t *positions) {
  double step = (double)in / out;
  double at = step * 0.5;
  for (int32_t i = 0; i < out; i++, at += step) {
    double position = adding ? at : step * (i + 0.5);
    positions[i] = position < in ? (int32_t)position : -1;
  }
}

static sl_status resize_nearest(sl_arena *arena, const sl_image *in, const sl_image *out,
                                sl_error *err) {
  int32_t *columns = NULL, *rows = NULL;
  SL_TRY(sl_resize_scratch(arena, (size_t)out->width, sizeof(int32_t), &columns, err));
  SL_TRY(sl_resize_scratch(arena, (size_t)out->height, sizeof(int32_t), &rows, err));
  nearest_positions(in->width, out->width, in->bits == 8, columns);
  nearest_positions(in->height, out->height, in->bits == 8, rows);
  sl_resize_pick(in, columns, rows, out);
  return SL_OK;
}

// ---- 16-bit grey -------------------------------------------------------------------------------

static uint16_t round_16(double sum) {
  int32_t value = (int32_t)(sum >= 0.0 ? sum + 0.5 : sum - 0.5);
  return (uint16_t)(value < 0 ? 0 : value > 65535 ? 65535 : value);
}

static void across_16(const uint16_t *from, const sl_axis *x, uint16_t *to) {
  for (int32_t i = 0; i < x->out; i++) {
    const double *weights = x->exact + (size_t)i * (size_t)x->longest;
    const uint16_t *at = from + x->first[i];
    double sum = 0.0;
    for (int32_t t = 0; t < x->count[i]; t++) sum += at[t] * weights[t];
    to[i] = round_16(sum);
  }
}

SL_CLONES static void down_16(const uint16_t *from, size_t width, const double *weights,
                              int32_t count, double *sums, uint16_t *to) {
  for (size_t i = 0; i < width; i++) sums[i] = 0.0;
  for (int32_t t = 0; t < count; t++, from += width) {
    for (size_t i = 0; i < width; i++) sums[i] += from[i] * weights[t];
  }
  for (size_t i = 0; i < width; i++) to[i] = round_16(sums[i]);
}

// One pass: either x or y is NULL.
static sl_status resize_16(sl_arena *arena, const sl_image *in, const sl_axis *x, const sl_axis *y,
                           const sl_image *out, sl_error *err) {
  const uint16_t *from = (const uint16_t *)(const void *)in->pixels;
  uint16_t *to = (uint16_t *)(void *)out->pixels;
  const size_t width = (size_t)out->width;
  for (int32_t row = 0; x != NULL && row < in->height; row++) {
    across_16(from + (size_t)row * (size_t)in->width, x, to + (size_t)row * width);
  }
  if (y == NULL) return SL_OK;
  double *sums = NULL;
  SL_TRY(sl_resize_scratch(arena, width, sizeof(*sums), &sums, err));
  for (int32_t i = 0; i < y->out; i++) {
    down_16(from + (size_t)y->first[i] * width, width, y->exact + (size_t)i * (size_t)y->longest,
            y->count[i], sums, to + (size_t)i * width);
  }
  return SL_OK;
}

// ---- Order of the passes -----------------------------------------------------------------------

// Pillow 13 runs the vertical pass first when the height shrinks by more than twice what the width
// does (found by comparing outputs; the two orders round differently).
static int is_vertical_first(const sl_image *in, const sl_image *out) {
  int64_t less_height = (int64_t)in->height - out->height;
  int64_t less_width = (int64_t)in->width - out->width;
  return less_height > 0 && less_height > 2 * less_width;
}

static sl_status resize_pass(sl_arena *arena, const sl_image *in, const sl_axis *x,
                             const sl_axis *y, const sl_image *out, sl_error *err) {
  if (in->bits == 16) return resize_16(arena, in, x, y, out, err);
  return sl_resize_rows(arena, in, x, y, out, err);
}

static sl_status resize_two_passes(sl_arena *arena, const sl_image *in, const sl_axis *x,
                                   const sl_axis *y, const sl_image *out, sl_error *err) {
  int down_first = is_vertical_first(in, out);
  if (!down_first && in->bits == 8) return sl_resize_rows(arena, in, x, y, out, err);
  sl_image middle = {0};
  int32_t width = down_first ? in->width : out->width;
  int32_t height = down_first ? out->height : in->height;
  SL_TRY(sl_image_new(width, height, in->channels, in->bits, &middle, err));
  sl_status status =
      resize_pass(arena, in, down_first ? NULL : x, down_first ? y : NULL, &middle, err);
  if (status == SL_OK) {
    status = resize_pass(arena, &middle, down_first ? x : NULL, down_first ? NULL : y, out, err);
  }
  sl_image_release(&middle);
  return status;
}

static sl_status resize_colours(sl_arena *arena, const sl_image *in, const sl_axis *x,
                                const sl_axis *y, const sl_image *out, sl_error *err) {
  if (x != NULL && y != NULL) return resize_two_passes(arena, in, x, y, out, err);
  return resize_pass(arena, in, x, y, out, err);
}

// ---- Alpha -------------------------------------------------------------------------------------

// a * b / 255, rounded, exact for bytes.
static uint8_t scale_255(uint8_t a, uint8_t b) {
  uint32_t product = (uint32_t)a * b + 128;
  return (uint8_t)(((product >> 8) + product) >> 8);
}

SL_CLONES static void multiply_alpha(const uint8_t *from, size_t pixels, size_t colours,
                                     uint8_t *to) {
  for (size_t i = 0; i < pixels; i++, from += colours + 1, to += colours + 1) {
    for (size_t c = 0; c < colours; c++) to[c] = scale_255(from[c], from[colours]);
    to[colours] = from[colours];
  }
}

static void divide_alpha(uint8_t *at, size_t pixels, size_t colours) {
  for (size_t i = 0; i < pixels; i++, at += colours + 1) {
    uint32_t alpha = at[colours];
    if (alpha == 0 || alpha == 255) continue;
    for (size_t c = 0; c < colours; c++) {
      uint32_t value = 255u * at[c] / alpha;
      at[c] = (uint8_t)(value > 255 ? 255 : value);
    }
  }
}

// With every alpha at 255 both steps change nothing, and the resized alpha is 255 too.
static int is_opaque(const sl_image *in) {
  const size_t size = (size_t)in->width * (size_t)in->height * (size_t)in->channels;
  const size_t pixel = (size_t)in->channels;
  uint8_t all = 255;
  for (size_t row = 0; row < size && all == 255; row += (size_t)in->width * pixel) {
    for (size_t i = pixel - 1; i < (size_t)in->width * pixel; i += pixel)
      all &= in->pixels[row + i];
  }
  return all == 255;
}

static sl_status resize_alpha(sl_arena *arena, const sl_image *in, const sl_axis *x,
                              const sl_axis *y, const sl_image *out, sl_error *err) {
  size_t colours = (size_t)in->channels - 1;
  sl_image flat = {0};
  SL_TRY(sl_image_new(in->width, in->height, in->channels, 8, &flat, err));
  multiply_alpha(in->pixels, (size_t)in->width * (size_t)in->height, colours, flat.pixels);
  sl_status status = resize_colours(arena, &flat, x, y, out, err);
  sl_image_release(&flat);
  SL_TRY(status);
  divide_alpha(out->pixels, (size_t)out->width * (size_t)out->height, colours);
  return SL_OK;
}

sl_status sl_resize_pillow(sl_arena *arena, const sl_image *in, sl_kernel kernel,
                           const sl_image *out, sl_error *err) {
  if (kernel == SL_KERNEL_PILLOW_NEAREST) return resize_nearest(arena, in, out, err);
  sl_axis across, down;
  SL_TRY(sl_axis_new(arena, in->width, out->width, &filters[kernel], &across, err));
  SL_TRY(sl_axis_new(arena, in->height, out->height, &filters[kernel], &down, err));
  const sl_axis *x = in->width == out->width ? NULL : &across;
  const sl_axis *y = in->height == out->height ? NULL : &down;
  SL_TRY(sl_axis_fix(arena, FIXED_BITS, &across, err));
  SL_TRY(sl_axis_fix(arena, FIXED_BITS, &down, err));
  const int has_alpha = in->channels == 2 || in->channels == 4;
  if (has_alpha && !is_opaque(in)) return resize_alpha(arena, in, x, y, out, err);
  return resize_colours(arena, in, x, y, out, err);
}
