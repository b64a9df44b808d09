// SPDX-License-Identifier: Apache-2.0
// Life of an image: allocation under limits, shared references, release.
//
// Invariant: rows are contiguous and `pixels` is the first byte of `buffer`.
// Start at sl_codec_image_new().
#include "image/image.h"

#include <inttypes.h>

#include "image/codec.h"

const sl_image_limits sl_image_limits_default = {
    .pixels_max = INT64_C(1) << 28,
    .bytes_max = INT64_C(1) << 30,
    .jpeg_scans_max = 200,
};

sl_status sl_codec_check_size(const sl_image_limits *limits, int64_t width, int64_t height,
                              int32_t channels, int32_t bits, sl_error *err) {
  if (width <= 0 || height <= 0 || width > INT32_MAX || height > INT32_MAX) {
    return sl_fail(err, SL_E_FORMAT, "image has no pixels: %" PRId64 " x %" PRId64, width, height);
  }
  int64_t pixels = width * height;
  int64_t bytes = 0;
  int overflow = __builtin_mul_overflow(pixels, (int64_t)channels * (bits / 8), &bytes);
  if (pixels <= limits->pixels_max && !overflow && bytes <= limits->bytes_max) return SL_OK;
  (void)sl_fail(err, SL_E_LIMIT,
                "image of %" PRId64 " x %" PRId64 " pixels is above the limit of %" PRId64
                " pixels or %" PRId64 " bytes",
                width, height, limits->pixels_max, limits->bytes_max);
  return sl_hint(err, SL_E_LIMIT, "cut the image into tiles, or make it smaller");
}

sl_status sl_codec_image_new(const sl_image_limits *limits, int64_t width, int64_t height,
                             int32_t channels, int32_t bits, sl_image *out, sl_error *err) {
  *out = (sl_image){0};
  if (channels < 1 || channels > 4 || (bits != 8 && bits != 16)) {
    return sl_fail(err, SL_E_ARG, "an image has 1 to 4 channels of 8 or 16 bits, not %d of %d",
                   (int)channels, (int)bits);
  }
  SL_TRY(sl_codec_check_size(limits, width, height, channels, bits, err));
  size_t size = (size_t)width * (size_t)height * (size_t)channels * (size_t)(bits / 8);
  SL_TRY(sl_buffer_new(size, &out->buffer, err));
  out->width = (int32_t)width;
  out->height = (int32_t)height;
  out->channels = channels;
  out->bits = bits;
  out->pixels = out->buffer->bytes;
  return SL_OK;
}

sl_status sl_image_new(int32_t width, int32_t height, int32_t channels, int32_t bits, sl_image *out,
                       sl_error *err) {
  return sl_codec_image_new(&sl_image_limits_default, width, height, channels, bits, out, err);
}

void sl_image_release(sl_image *image) {
  if (image == NULL) return;
  sl_buffer_release(image->buffer);
  *image = (sl_image){0};
}

void sl_image_share(const sl_image *image, sl_image *out) {
  *out = *image;
  sl_buffer_retain(out->buffer);
}
