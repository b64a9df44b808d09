// SPDX-License-Identifier: Apache-2.0
// Decoding against what Pillow and OpenCV made of the same files (tests/data/image/goldens.txt).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "image/image.h"

static sl_arena *arena;

static sl_bytes load(const char *name) {
  sl_error err = {0};
  sl_bytes bytes;
  const char *path = sl_arena_printf(arena, SL_TEST_DATA "/image/%s", name);
  if (sl_file_read(arena, path, 1 << 24, &bytes, &err) != SL_OK) {
    fail_msg("%s", sl_error_message(&err));
  }
  return bytes;
}

typedef struct golden {
  char file[64], library[16], colour[16], exif[4], hex[72];
  int width, height, channels;
  int refused;
} golden;

static int next_golden(const char **text, golden *g) {
  *g = (golden){0};
  int used = 0;
  if (sscanf(*text, "%63s %15s %15s %3s%n", g->file, g->library, g->colour, g->exif, &used) != 4) {
    return 0;
  }
  *text += used;
  if (sscanf(*text, " %d %d %d %71s%n", &g->width, &g->height, &g->channels, g->hex, &used) != 4) {
    g->refused = 1;
    (void)sscanf(*text, " %71s%n", g->hex, &used);
  }
  *text += used;
  return 1;
}

static sl_decode_options options_of(const golden *g, int apply_exif) {
  static const sl_image_limits limits = {1 << 20, 1 << 24, 200};
  int grey = strcmp(g->colour, "grey") == 0;
  int native = strcmp(g->colour, "native") == 0;
  return (sl_decode_options){
      .like = strcmp(g->library, "pillow") == 0 ? SL_LIKE_PILLOW : SL_LIKE_OPENCV,
      .colour = native ? SL_COLOUR_NATIVE
                : grey ? SL_COLOUR_GREY
                       : SL_COLOUR_RGB,
      .apply_exif = apply_exif,
      .limits = &limits};
}

static void swap_channels(sl_image *image) {
  for (size_t i = 0; i < image->buffer->size; i += 3) {
    uint8_t kept = image->pixels[i];
    image->pixels[i] = image->pixels[i + 2];
    image->pixels[i + 2] = kept;
  }
}

static int pixels_differ(const golden *g, const sl_image *image) {
  if (image->width != g->width || image->height != g->height || image->channels != g->channels) {
    return 1;
  }
  char hex[65];
  sl_hash hash = sl_hash_of(image->pixels, image->buffer->size);
  sl_hash_hex(&hash, hex);
  return strcmp(hex, g->hex) != 0;
}

// One decoding; 1 when it differs from the library's.
static int differs(const golden *g, sl_bytes file, int apply_exif, int as_bgr) {
  sl_error err = {0};
  sl_image image;
  sl_decode_options options = options_of(g, apply_exif);
  if (as_bgr) options.colour = SL_COLOUR_BGR;
  sl_status status = sl_image_decode(file.at, file.size, &options, &image, &err);
  if (status != SL_OK) {
    print_error("%s %s %s exif %s: %s\n", g->file, g->library, g->colour, g->exif,
                sl_error_message(&err));
    return 1;
  }
  if (as_bgr) swap_channels(&image);
  int bad = pixels_differ(g, &image);
  if (bad) {
    print_error("%s %s %s exif %s: %d x %d x %d differ\n", g->file, g->library, g->colour, g->exif,
                (int)image.width, (int)image.height, (int)image.channels);
  }
  sl_image_release(&image);
  return bad;
}

static void pixels_equal_the_libraries(void **state) {
  (void)state;
  sl_bytes index = load("goldens.txt");
  const char *text = (const char *)index.at;
  int count = 0, bad = 0;
  golden g;
  while (next_golden(&text, &g)) {
    if (g.refused) continue;
    sl_bytes file = load(g.file);
    count++;
    int is_rgb = strcmp(g.colour, "rgb") == 0;
    if (strcmp(g.exif, "1") != 0) bad += differs(&g, file, 0, 0);
    if (strcmp(g.exif, "0") != 0) bad += differs(&g, file, 1, 0);
    if (is_rgb && strcmp(g.exif, "1") != 0) bad += differs(&g, file, 0, 1);
  }
  print_message("%d decodings, %d differ\n", count, bad);
  assert_true(count > 1500);
  assert_int_equal(bad, 0);
}

static int set_up(void **state) {
  (void)state;
  arena = sl_arena_new(NULL, "decode_test");
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  sl_arena_free(arena);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(pixels_equal_the_libraries, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
