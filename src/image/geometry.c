// SPDX-License-Identifier: Apache-2.0
// Turning and cropping images; sizes and places of preprocessing.
//
// Invariant: sizes are computed in double precision and in the order of operations of the library
// whose name the rule has (Python's round() and / are C's nearbyint() and double division here).
// Start at sl_image_orient() and sl_geometry_short_side().
#include "image/geometry.h"

#include <math.h>
#include <string.h>

#include "image/image.h"

// ---- Orientation -------------------------------------------------------------------------------

// Where the pixel at output (0, 0) comes from, and how far apart in the input the pixels of an
// output row and of an output column are; in pixels.
typedef struct walk {
  int64_t start, across, down;
  int32_t width, height;
} walk;

static walk plan_walk(const sl_image *in, int32_t orientation) {
  const int64_t w = in->width, h = in->height;
  const int32_t width = in->width, height = in->height;
  switch (orientation) {
    case 2:
      return (walk){w - 1, -1, w, width, height};
    case 3:
      return (walk){w * h - 1, -1, -w, width, height};
    case 4:
      return (walk){w * (h - 1), 1, -w, width, height};
    case 5:
      return (walk){0, w, 1, height, width};
    case 6:
      return (walk){w * (h - 1), -w, 1, height, width};
    case 7:
      return (walk){w * h - 1, -w, -1, height, width};
    default:
      return (walk){w - 1, w, -1, height, width};
  }
}

static void copy_pixel(uint8_t *to, const uint8_t *from, size_t size) {
  for (size_t k = 0; k < size; k++) to[k] = from[k];
}

sl_status sl_image_orient(const sl_image *in, int32_t orientation, sl_image *out, sl_error *err) {
  if (orientation < 1 || orientation > 8) {
    return sl_fail(err, SL_E_ARG, "orientation %d is not one of EXIF's 1 to 8", (int)orientation);
  }
  if (orientation == 1) {
    sl_image_share(in, out);
    return SL_OK;
  }
  const walk plan = plan_walk(in, orientation);
  const size_t pixel = (size_t)in->channels * (size_t)in->bits / 8;
  sl_image made = {0};
  SL_TRY(sl_image_new(plan.width, plan.height, in->channels, in->bits, &made, err));
  uint8_t *to = made.pixels;
  for (int32_t y = 0; y < plan.height; y++) {
    int64_t from = plan.start + y * plan.down;
    for (int32_t x = 0; x < plan.width; x++, to += pixel, from += plan.across) {
      copy_pixel(to, in->pixels + (size_t)from * pixel, pixel);
    }
  }
  *out = made;
  return SL_OK;
}

// ---- Cropping ----------------------------------------------------------------------------------

// One pixel of the fill colour; 16-bit samples are the same share of their range.
static void make_fill(const sl_image *in, const uint8_t fill[4], uint8_t pixel[8]) {
  for (size_t c = 0; c < 4; c++) {
    const uint16_t wide = (uint16_t)(fill[c] * 257);
    if (in->bits == 8) pixel[c] = fill[c];
    if (in->bits == 16) memcpy(pixel + 2 * c, &wide, sizeof(wide));
  }
}

static int64_t clip(int64_t value, int64_t low, int64_t high) {
  return value < low ? low : value > high ? high : value;
}

sl_status sl_image_crop(const sl_image *in, int32_t x, int32_t y, int32_t width, int32_t height,
                        const uint8_t fill[4], sl_image *out, sl_error *err) {
  if (width < 1 || height < 1) {
    return sl_fail(err, SL_E_ARG, "cannot crop to %d x %d: both sides must be at least 1",
                   (int)width, (int)height);
  }
  const size_t pixel = (size_t)in->channels * (size_t)in->bits / 8;
  sl_image made = {0};
  SL_TRY(sl_image_new(width, height, in->channels, in->bits, &made, err));
  uint8_t colour[8] = {0};
  make_fill(in, fill, colour);
  // Output columns [first, last) show the input.
  const int64_t first = clip(-(int64_t)x, 0, width);
  const int64_t last = clip((int64_t)in->width - x, first, width);
  for (int32_t row = 0; row < height; row++) {
    uint8_t *to = made.pixels + (size_t)row * (size_t)width * pixel;
    const int64_t from = (int64_t)y + row;
    const int inside = from >= 0 && from < in->height && last > first;
    const int64_t begin = inside ? first : width, end = inside ? last : width;
    for (int64_t i = 0; i < begin; i++) copy_pixel(to + (size_t)i * pixel, colour, pixel);
    for (int64_t i = end; i < width; i++) copy_pixel(to + (size_t)i * pixel, colour, pixel);
    if (!inside) continue;
    memcpy(to + (size_t)first * pixel,
           in->pixels + ((size_t)from * (size_t)in->width + (size_t)(x + first)) * pixel,
           (size_t)(last - first) * pixel);
  }
  *out = made;
  return SL_OK;
}

// ---- Sizes -------------------------------------------------------------------------------------

static sl_status check_size(sl_size size, const char *what, sl_error *err) {
  if (size.width >= 1 && size.height >= 1) return SL_OK;
  return sl_fail(err, SL_E_ARG, "%s of %d x %d px has no pixels", what, (int)size.width,
                 (int)size.height);
}

// Of the two whole numbers around `side`, the one whose ratio is nearer.
static double nearer_side(int32_t given, double this_side, double other, int this_is_width) {
  const double aspect = this_is_width ? this_side / other : other / this_side;
  const double exact = this_is_width ? given / aspect : given * aspect;
  const double low = floor(exact), high = ceil(exact);
  const double low_error =
      this_is_width ? (low == 0 ? 0 : fabs(aspect - given / low)) : fabs(aspect - low / given);
  const double high_error =
      this_is_width ? fabs(aspect - given / high) : fabs(aspect - high / given);
  return low_error <= high_error ? low : high;
}

static double other_side(int32_t given, int32_t this_side, int32_t other, sl_side_rule rule,
                         int this_is_width) {
  switch (rule) {
    case SL_SIDE_PILLOW:
      return nearbyint((double)other / this_side * given);
    case SL_SIDE_SCALE:
      return nearbyint(other * ((double)given / this_side));
    case SL_SIDE_THUMBNAIL:
      return nearer_side(given, this_side, other, this_is_width);
    default:
      return trunc((double)((int64_t)given * other) / this_side);
  }
}

// The size when the width (or else the height) becomes `side`.
static sl_status follow_side(sl_size in, int32_t side, int is_width, sl_side_rule rule,
                             sl_size *out, sl_error *err) {
  const int32_t this_side = is_width ? in.width : in.height;
  const int32_t other = is_width ? in.height : in.width;
  double follows = other_side(side, this_side, other, rule, is_width);
  if (follows > INT32_MAX) {
    return sl_fail(err, SL_E_LIMIT, "an image of %d x %d px cannot have a side of %d px",
                   (int)in.width, (int)in.height, (int)side);
  }
  const int32_t whole = follows < 1 ? 1 : (int32_t)follows;
  *out = is_width ? (sl_size){side, whole} : (sl_size){whole, side};
  return SL_OK;
}

static sl_status check_sides(sl_size in, int32_t side, sl_side_rule rule, sl_error *err) {
  SL_TRY(check_size(in, "an image", err));
  if (side < 1) return sl_fail(err, SL_E_ARG, "a side of %d px has no pixels", (int)side);
  if ((uint32_t)rule < SL_SIDE_RULE_COUNT) return SL_OK;
  return sl_fail(err, SL_E_ARG, "rule %d for the other side does not exist", (int)rule);
}

sl_status sl_geometry_short_side(sl_size in, int32_t side, int32_t limit, sl_side_rule rule,
                                 sl_size *out, sl_error *err) {
  SL_TRY(check_sides(in, side, rule, err));
  if (rule == SL_SIDE_THUMBNAIL) {
    return sl_fail(err, SL_E_ARG, "rule \"thumbnail\" sets the long side, not the short one");
  }
  if (limit > 0 && limit <= side) {
    return sl_fail(err, SL_E_ARG, "a limit of %d px for the long side is not above the short, %d",
                   (int)limit, (int)side);
  }
  const int is_width = in.width <= in.height;
  sl_size made;
  SL_TRY(follow_side(in, side, is_width, rule, &made, err));
  const int32_t longer = is_width ? made.height : made.width;
  if (limit > 0 && longer > limit) SL_TRY(follow_side(made, limit, !is_width, rule, &made, err));
  *out = made;
  return SL_OK;
}

sl_status sl_geometry_long_side(sl_size in, int32_t side, sl_side_rule rule, sl_size *out,
                                sl_error *err) {
  SL_TRY(check_sides(in, side, rule, err));
  if (rule == SL_SIDE_THUMBNAIL && in.width <= side && in.height <= side) {
    *out = in;
    return SL_OK;
  }
  return follow_side(in, side, in.width > in.height, rule, out, err);
}

int32_t sl_geometry_centre(int32_t have, int32_t want) {
  const int64_t spare = (int64_t)have - want;
  if (spare < 0) return (int32_t)(spare / 2);
  return (int32_t)nearbyint((double)spare / 2.0);
}

// ---- Letterbox ---------------------------------------------------------------------------------

static int32_t scaled(int32_t side, double scale) {
  const double whole = nearbyint(side * scale);
  return whole < 1 ? 1 : (int32_t)whole;
}

static void split_border(int32_t border, const sl_letterbox_options *options, int32_t *before,
                         int32_t *after) {
  if (options->stride > 0) border %= options->stride;
  const double each = options->centre ? border / 2.0 : border;
  *before = options->centre ? (int32_t)nearbyint(each - 0.1) : 0;
  *after = (int32_t)nearbyint(each + 0.1);
}

sl_status sl_geometry_letterbox(sl_size in, sl_size frame, const sl_letterbox_options *options,
                                sl_letterbox *out, sl_error *err) {
  SL_TRY(check_size(in, "an image", err));
  SL_TRY(check_size(frame, "a frame", err));
  double scale = fmin((double)frame.height / in.height, (double)frame.width / in.width);
  if (!options->scale_up) scale = fmin(scale, 1.0);
  sl_letterbox made = {.resized = {scaled(in.width, scale), scaled(in.height, scale)}};
  split_border(frame.width - made.resized.width, options, &made.left, &made.right);
  split_border(frame.height - made.resized.height, options, &made.top, &made.bottom);
  *out = made;
  return SL_OK;
}
