// SPDX-License-Identifier: Apache-2.0
// Between grey, RGB and BGR of decoded 8-bit images, with the arithmetic of Pillow or OpenCV.
//
// Invariant: conversions go through sl_row_convert(), so that a file decoded to RGB and converted
// to grey equals what the library does in the same two steps. Start at sl_image_convert().
#include <string.h>

#include "image/codec.h"

static int32_t channels_of(sl_colour colour) { return colour == SL_COLOUR_GREY ? 1 : 3; }

static void swap_row(const uint8_t *in, uint8_t *out, int32_t width) {
  for (int32_t x = 0; x < width; x++, in += 3, out += 3) {
    out[0] = in[2];
    out[1] = in[1];
    out[2] = in[0];
  }
}

// Row conversion knows RGB sources only; a BGR source is swapped into `scratch` first.
static void convert_rows(const sl_image *in, sl_colour from, const sl_row_plan *plan,
                         uint8_t *scratch, sl_image *out) {
  size_t in_pitch = (size_t)in->width * (size_t)in->channels;
  size_t out_pitch = (size_t)out->width * (size_t)out->channels;
  for (int32_t y = 0; y < in->height; y++) {
    const uint8_t *row = in->pixels + (size_t)y * in_pitch;
    if (from == SL_COLOUR_BGR)
      swap_row(row, scratch, in->width);
    else
      memcpy(scratch, row, in_pitch);
    sl_row_convert(plan, scratch, out->pixels + (size_t)y * out_pitch, in->width);
  }
}

sl_status sl_image_convert(const sl_image *in, sl_colour from, sl_colour to, sl_decode_like like,
                           sl_image *out, sl_error *err) {
  *out = (sl_image){0};
  if (from == SL_COLOUR_NATIVE || to == SL_COLOUR_NATIVE || in->bits != 8 ||
      in->channels != channels_of(from)) {
    return sl_fail(err, SL_E_ARG, "colours are converted between 8-bit grey, rgb and bgr only");
  }
  if (from == to) {
    sl_image_share(in, out);
    return SL_OK;
  }
  sl_row_plan plan = {.from = from == SL_COLOUR_GREY ? SL_SAMPLES_GREY : SL_SAMPLES_RGB,
                      .bits = 8,
                      .grey = like == SL_LIKE_PILLOW ? SL_GREY_PILLOW : SL_GREY_OPENCV,
                      .like = like,
                      .to = to};
  sl_buffer *scratch;
  SL_TRY(sl_buffer_new((size_t)in->width * (size_t)in->channels, &scratch, err));
  sl_status status = sl_image_new(in->width, in->height, channels_of(to), 8, out, err);
  if (status == SL_OK) convert_rows(in, from, &plan, scratch->bytes, out);
  sl_buffer_release(scratch);
  return status;
}
