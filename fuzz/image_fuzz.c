// SPDX-License-Identifier: Apache-2.0
// Any bytes through probe, decoders and thumbnails.
//
// Invariant: whatever the bytes, an image comes out whole or an error has a message. Start at
// LLVMFuzzerTestOneInput(); the corpus is fuzz/corpus/image.
#include <stdlib.h>

#include "image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Small, so that a run spends its time on parsers and not on pixels.
static const sl_image_limits limits = {1 << 16, 1 << 20, 20};

static void check(sl_status status, const sl_error *err, const sl_image *image) {
  int has_message = sl_error_message(err)[0] != '\0';
  if (status == SL_OK ? image->buffer == NULL : image->buffer != NULL || !has_message) abort();
}

static void try_decode(const uint8_t *data, size_t size, sl_decode_like like, sl_colour colour) {
  sl_error err = {0};
  sl_image image = {0};
  sl_decode_options options = {.like = like, .colour = colour, .apply_exif = 1, .limits = &limits};
  sl_status status = sl_image_decode(data, size, &options, &image, &err);
  check(status, &err, &image);
  sl_image_release(&image);
}

static void try_thumbnail(const uint8_t *data, size_t size) {
  sl_error err = {0};
  sl_image_info info;
  // Thumbnails work under the default limits: only for what is small.
  if (sl_image_probe(data, size, &limits, &info, &err) != SL_OK) return;
  sl_buffer *file;
  const char *mime;
  if (sl_image_thumbnail(data, size, 32, &file, &mime, &err) == SL_OK) sl_buffer_release(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  try_decode(data, size, SL_LIKE_PILLOW, SL_COLOUR_RGB);
  try_decode(data, size, SL_LIKE_OPENCV, SL_COLOUR_GREY);
  try_decode(data, size, size % 2 ? SL_LIKE_PILLOW : SL_LIKE_OPENCV, SL_COLOUR_NATIVE);
  try_thumbnail(data, size);
  return 0;
}
