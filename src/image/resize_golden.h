// SPDX-License-Identifier: Apache-2.0
// What resize_test.c and geometry_test.c share: the input that make_resize_goldens.py computes too,
// the hash it stores, and its rows. Include after cmocka.h.
#ifndef SL_IMAGE_RESIZE_GOLDEN_H
#define SL_IMAGE_RESIZE_GOLDEN_H

#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "image/image.h"

#define must_pass(call)                                                         \
  do {                                                                          \
    sl_error failed_ = {0}, *err = &failed_;                                    \
    if ((call) != SL_OK) fail_msg("%s: %s", #call, sl_error_message(&failed_)); \
  } while (0)

// picture() of the script: noise (0), mostly extremes (1) or a steep ramp (2).
static inline uint32_t golden_sample(uint32_t at, const sl_image *image, int pattern) {
  const uint32_t top = (1u << image->bits) - 1;
  const uint32_t channels = (uint32_t)image->channels, width = (uint32_t)image->width;
  uint32_t v = (at + 1) * 2654435761u;
  v ^= v >> 15;
  v *= 2246822519u;
  v ^= v >> 13;
  if (pattern == 1 && (v & 3) != 0) v = (v >> 16 & 1) * top;
  if (pattern == 2) {
    uint32_t x = at / channels % width, y = at / channels / width;
    v = x * (37 * top / 255) + y * (11 * top / 255) + at % channels * 53;
  }
  return v & top;
}

static inline sl_image golden_picture(int32_t width, int32_t height, int32_t channels, int32_t bits,
                                      int pattern) {
  sl_image image = {0};
  must_pass(sl_image_new(width, height, channels, bits, &image, err));
  for (uint32_t i = 0; i < (uint32_t)(width * height * channels); i++) {
    uint32_t value = golden_sample(i, &image, pattern);
    if (bits == 8) {
      image.pixels[i] = (uint8_t)value;
    } else {
      image.pixels[2 * i] = (uint8_t)value;
      image.pixels[2 * i + 1] = (uint8_t)(value >> 8);
    }
  }
  return image;
}

// 1 when the first 16 digits of the pixels' SHA-256 are `digits`.
static inline int golden_matches(const sl_image *image, const char *digits) {
  size_t size = (size_t)image->width * (size_t)image->height * (size_t)image->channels *
                (size_t)image->bits / 8;
  sl_hash hash = sl_hash_of(image->pixels, size);
  char hex[65];
  sl_hash_hex(&hash, hex);
  return strncmp(hex, digits, 16) == 0;
}

// The text of a file of tests/data/resize, NUL-ended.
static inline const char *golden_text(sl_arena *arena, const char *name) {
  sl_bytes bytes;
  const char *path = sl_arena_printf(arena, SL_TEST_DATA "/resize/%s", name);
  must_pass(sl_file_read(arena, path, 1 << 22, &bytes, err));
  return sl_arena_copy_bytes(arena, bytes.at, bytes.size);
}

// The next line of *text after its first cell, which must be `what`; NULL at the end. Lines with
// another first cell are passed over.
static inline const char *golden_line(const char **text, const char *what) {
  size_t length = strlen(what);
  while (**text != '\0') {
    const char *line = *text;
    const char *end = strchr(line, '\n');
    *text = end == NULL ? line + strlen(line) : end + 1;
    if (strncmp(line, what, length) == 0 && line[length] == ',') return line + length + 1;
  }
  return NULL;
}

#endif
