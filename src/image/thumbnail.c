// SPDX-License-Identifier: Apache-2.0
// Small pictures of any file, for lists: fast, not exact.
//
// Invariant: a thumbnail is never larger than its original and never shows it turned or, for 16
// bits, all black: deep images are windowed to the values they use.
// Start at sl_image_thumbnail().
#include <string.h>

#include "image/codec.h"

enum { PNG_LEVEL = 6, JPEG_QUALITY = 85, TINY_PIXELS = 64 * 64 };

static int32_t longer_side(int32_t width, int32_t height) {
  return width > height ? width : height;
}

// The strongest reduction that still leaves `side` pixels.
static int32_t reduction_for(const sl_image_info *info, int32_t side) {
  int32_t longer = longer_side(info->width, info->height);
  int32_t reduction = 8;
  while (reduction > 1 && longer / reduction < side) reduction /= 2;
  return reduction;
}

static sl_status decode_small(const void *bytes, size_t size, int32_t side, sl_image *out,
                              int32_t *orientation, sl_error *err) {
  sl_image_info info;
  sl_metadata metadata;
  SL_TRY(sl_codec_probe(bytes, size, NULL, &info, &metadata, err));
  sl_decode_job job = {.bytes = bytes,
                       .size = size,
                       .like = SL_LIKE_PILLOW,
                       .colour = SL_COLOUR_NATIVE,
                       .limits = &sl_image_limits_default,
                       .reduction = reduction_for(&info, side)};
  *orientation = info.format == SL_FILE_TIFF ? 1 : info.orientation;
  return sl_codec_of(info.format)->decode(&job, out, err);
}

static uint16_t sample_at(const sl_image *image, size_t i) {
  uint16_t value;
  memcpy(&value, image->pixels + 2 * i, sizeof value);
  return value;
}

static int is_alpha(const sl_image *image, size_t i) {
  return image->channels % 2 == 0 && (int32_t)(i % (size_t)image->channels) == image->channels - 1;
}

static void find_window(const sl_image *image, size_t count, uint32_t *low, uint32_t *high) {
  *low = 65535;
  *high = 0;
  for (size_t i = 0; i < count; i++) {
    if (is_alpha(image, i)) continue;
    uint32_t value = sample_at(image, i);
    if (value < *low) *low = value;
    if (value > *high) *high = value;
  }
}

static sl_status window_to_8_bits(sl_image *image, sl_error *err) {
  if (image->bits == 8) return SL_OK;
  sl_image narrow;
  SL_TRY(sl_image_new(image->width, image->height, image->channels, 8, &narrow, err));
  size_t count = narrow.buffer->size;
  uint32_t low, high;
  find_window(image, count, &low, &high);
  uint32_t span = high > low ? high - low : 1;
  for (size_t i = 0; i < count; i++) {
    uint32_t value = sample_at(image, i);
    uint32_t shown = is_alpha(image, i) ? value >> 8 : ((value - low) * 255u + span / 2) / span;
    narrow.pixels[i] = (uint8_t)shown;
  }
  sl_image_release(image);
  *image = narrow;
  return SL_OK;
}

static sl_status shrink(sl_image *image, int32_t side, sl_error *err) {
  int32_t longer = longer_side(image->width, image->height);
  if (longer <= side) return SL_OK;
  int64_t width = ((int64_t)image->width * side + longer / 2) / longer;
  int64_t height = ((int64_t)image->height * side + longer / 2) / longer;
  sl_image small;
  sl_status status =
      sl_image_resize(image, width < 1 ? 1 : (int32_t)width, height < 1 ? 1 : (int32_t)height,
                      SL_KERNEL_PILLOW_BILINEAR, &small, err);
  sl_image_release(image);
  if (status == SL_OK) *image = small;
  return status;
}

static sl_status turn(sl_image *image, int32_t orientation, sl_error *err) {
  if (orientation == 1) return SL_OK;
  sl_image turned;
  sl_status status = sl_image_orient(image, orientation, &turned, err);
  sl_image_release(image);
  if (status == SL_OK) *image = turned;
  return status;
}

static sl_status write_small(const sl_image *image, sl_buffer **out, const char **mime,
                             sl_error *err) {
  int is_png = image->channels % 2 == 0 || image->width * image->height <= TINY_PIXELS;
  *mime = is_png ? "image/png" : "image/jpeg";
  sl_encoding encoding = is_png ? SL_ENCODING_PNG : SL_ENCODING_JPEG;
  return sl_image_encode(image, encoding, is_png ? PNG_LEVEL : JPEG_QUALITY, out, err);
}

sl_status sl_image_thumbnail(const void *bytes, size_t size, int32_t side_px, sl_buffer **out,
                             const char **mime, sl_error *err) {
  *out = NULL;
  *mime = NULL;
  if (side_px < 1 || side_px > 4096) {
    return sl_fail(err, SL_E_ARG, "thumbnail of %d pixels: 1 to 4096 are possible", (int)side_px);
  }
  sl_image image = {0};
  int32_t orientation = 1;
  sl_status status = decode_small(bytes, size, side_px, &image, &orientation, err);
  if (status == SL_OK) status = window_to_8_bits(&image, err);
  if (status == SL_OK) status = shrink(&image, side_px, err);
  if (status == SL_OK) status = turn(&image, orientation, err);
  if (status == SL_OK) status = write_small(&image, out, mime, err);
  sl_image_release(&image);
  return status;
}
