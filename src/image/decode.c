// SPDX-License-Identifier: Apache-2.0
// Decoding: probe, limits, the format's decoder, EXIF orientation.
//
// Invariant: on any failure *out is zeroed; half an image is never handed out.
// Start at sl_image_decode().
#include "image/codec.h"

static sl_status orient(sl_image *image, int32_t orientation, sl_error *err) {
  if (orientation == 1) return SL_OK;
  sl_image turned;
  sl_status status = sl_image_orient(image, orientation, &turned, err);
  sl_image_release(image);
  if (status == SL_OK) *image = turned;
  return status;
}

sl_status sl_image_decode(const void *bytes, size_t size, const sl_decode_options *options,
                          sl_image *out, sl_error *err) {
  *out = (sl_image){0};
  const sl_image_limits *limits = options->limits ? options->limits : &sl_image_limits_default;
  sl_image_info info;
  sl_metadata metadata;
  SL_TRY(sl_codec_probe(bytes, size, limits, &info, &metadata, err));
  sl_decode_job job = {.bytes = bytes,
                       .size = size,
                       .like = options->like,
                       .colour = options->colour,
                       .limits = limits,
                       .reduction = 1};
  SL_TRY(sl_codec_of(info.format)->decode(&job, out, err));
  // TIFF keeps its orientation among its own tags; tiff.c has applied it as the library would.
  if (!options->apply_exif || info.format == SL_FILE_TIFF) return SL_OK;
  return orient(out, sl_exif_orientation(&metadata, options->like), err);
}
