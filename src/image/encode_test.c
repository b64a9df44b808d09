// SPDX-License-Identifier: Apache-2.0
// Encoding, thumbnails, conversions and what a probe tells.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
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

static sl_image make(int32_t width, int32_t height, int32_t channels, int32_t bits) {
  sl_error err = {0};
  sl_image image;
  assert_int_equal(sl_image_new(width, height, channels, bits, &image, &err), SL_OK);
  size_t pitch = (size_t)width * (size_t)channels * (size_t)(bits / 8);
  for (size_t i = 0; i < image.buffer->size; i++) {
    image.pixels[i] = (uint8_t)(i % pitch * 3 + i / pitch * 5);
  }
  return image;
}

static sl_image decode(const sl_buffer *file, sl_colour colour) {
  sl_error err = {0};
  sl_image image;
  sl_decode_options options = {.colour = colour};
  sl_status status = sl_image_decode(file->bytes, file->size, &options, &image, &err);
  if (status != SL_OK) fail_msg("%s", sl_error_message(&err));
  return image;
}

static void png_keeps_every_sample(void **state) {
  (void)state;
  for (int32_t bits = 8; bits <= 16; bits += 8) {
    for (int32_t channels = 1; channels <= 4; channels++) {
      sl_error err = {0};
      sl_image image = make(13, 7, channels, bits);
      sl_buffer *file;
      assert_int_equal(sl_image_encode(&image, SL_ENCODING_PNG, 6, &file, &err), SL_OK);
      sl_image back = decode(file, SL_COLOUR_NATIVE);
      assert_int_equal(back.channels, channels);
      assert_int_equal(back.bits, bits);
      assert_int_equal(back.buffer->size, image.buffer->size);
      assert_memory_equal(back.pixels, image.pixels, image.buffer->size);
      sl_image_release(&back);
      sl_image_release(&image);
      sl_buffer_release(file);
    }
  }
}

static double mean_difference(const sl_image *a, const sl_image *b) {
  double sum = 0;
  assert_int_equal(a->buffer->size, b->buffer->size);
  for (size_t i = 0; i < a->buffer->size; i++) sum += abs(a->pixels[i] - b->pixels[i]);
  return sum / (double)a->buffer->size;
}

static void jpeg_comes_near(void **state) {
  (void)state;
  for (int32_t channels = 1; channels <= 3; channels += 2) {
    sl_error err = {0};
    sl_image image = make(70, 300, channels, 8);
    for (size_t i = 0; i < image.buffer->size; i++) image.pixels[i] = (uint8_t)(i / 400);
    sl_buffer *good, *poor;
    assert_int_equal(sl_image_encode(&image, SL_ENCODING_JPEG, 95, &good, &err), SL_OK);
    assert_int_equal(sl_image_encode(&image, SL_ENCODING_JPEG, 5, &poor, &err), SL_OK);
    assert_true(poor->size < good->size);
    sl_image back = decode(good, SL_COLOUR_NATIVE);
    assert_int_equal(back.channels, channels);
    assert_true(mean_difference(&image, &back) < 1.0);
    sl_image_release(&back);
    sl_image_release(&image);
    sl_buffer_release(good);
    sl_buffer_release(poor);
  }
}

static void large_files_grow_their_buffer(void **state) {
  (void)state;
  sl_error err = {0};
  sl_image image = make(400, 400, 3, 8);
  uint32_t noise = 1;
  for (size_t i = 0; i < image.buffer->size; i++) {
    noise = noise * 1664525u + 1013904223u;
    image.pixels[i] = (uint8_t)(noise >> 24);
  }
  sl_buffer *png, *jpeg;
  assert_int_equal(sl_image_encode(&image, SL_ENCODING_PNG, 1, &png, &err), SL_OK);
  assert_int_equal(sl_image_encode(&image, SL_ENCODING_JPEG, 100, &jpeg, &err), SL_OK);
  assert_true(png->size > 400000 && jpeg->size > 200000);
  sl_image from_png = decode(png, SL_COLOUR_RGB);
  sl_image from_jpeg = decode(jpeg, SL_COLOUR_RGB);
  assert_memory_equal(from_png.pixels, image.pixels, image.buffer->size);
  sl_image_release(&from_png);
  sl_image_release(&from_jpeg);
  sl_image_release(&image);
  sl_buffer_release(png);
  sl_buffer_release(jpeg);
}

static void what_cannot_be_written_is_refused(void **state) {
  (void)state;
  sl_error err = {0};
  sl_buffer *file;
  sl_image alpha = make(4, 4, 4, 8), deep = make(4, 4, 1, 16);
  assert_int_equal(sl_image_encode(&alpha, SL_ENCODING_JPEG, 90, &file, &err), SL_E_UNSUPPORTED);
  assert_int_equal(sl_image_encode(&deep, SL_ENCODING_JPEG, 90, &file, &err), SL_E_UNSUPPORTED);
  assert_int_equal(sl_image_encode(&alpha, SL_ENCODING_PNG, 10, &file, &err), SL_E_ARG);
  assert_null(file);
  sl_heap_fail_after(1);
  assert_int_equal(sl_image_encode(&alpha, SL_ENCODING_PNG, 6, &file, &err), SL_E_MEMORY);
  sl_heap_fail_after(0);
  sl_image_release(&alpha);
  sl_image_release(&deep);
}

// ---- thumbnails --------------------------------------------------------------------------------

static sl_image thumbnail(const void *bytes, size_t size, int32_t side, const char *wanted_mime) {
  sl_error err = {0};
  sl_buffer *file;
  const char *mime;
  sl_status status = sl_image_thumbnail(bytes, size, side, &file, &mime, &err);
  if (status != SL_OK) fail_msg("%s", sl_error_message(&err));
  assert_string_equal(mime, wanted_mime);
  sl_image image = decode(file, SL_COLOUR_NATIVE);
  sl_buffer_release(file);
  return image;
}

static void thumbnails_fit_and_keep_what_matters(void **state) {
  (void)state;
  const struct {
    const char *file, *mime;
    int32_t side, width, height, channels;
  } rows[] = {
      {"jpeg_420_33x19.jpg", "image/png", 16, 16, 9, 3},
      {"jpeg_grey.jpg", "image/png", 100, 33, 19, 1},
      {"exif_6.jpg", "image/png", 100, 9, 17, 3},
      {"tiff_orientation_6.tif", "image/png", 100, 9, 17, 3},
      {"png_rgba8_21x10.png", "image/png", 10, 10, 5, 4},
      {"webp_lossy_1x9.webp", "image/png", 3, 1, 3, 3},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    sl_bytes file = load(rows[i].file);
    sl_image image = thumbnail(file.at, file.size, rows[i].side, rows[i].mime);
    assert_int_equal(image.width, rows[i].width);
    assert_int_equal(image.height, rows[i].height);
    assert_int_equal(image.channels, rows[i].channels);
    sl_image_release(&image);
  }
}

static void thumbnails_of_photos_are_jpegs(void **state) {
  (void)state;
  sl_error err = {0};
  sl_image photo = make(1000, 600, 3, 8);
  for (size_t i = 0; i < photo.buffer->size; i++) photo.pixels[i] = (uint8_t)(i / 9000);
  sl_buffer *file;
  assert_int_equal(sl_image_encode(&photo, SL_ENCODING_JPEG, 90, &file, &err), SL_OK);
  sl_image small = thumbnail(file->bytes, file->size, 100, "image/jpeg");
  assert_int_equal(small.width, 100);
  assert_int_equal(small.height, 60);
  // The picture is a ramp from top to bottom.
  assert_true(small.pixels[0] < 8 && small.pixels[small.buffer->size - 1] > 190);
  sl_image_release(&small);
  sl_image_release(&photo);
  sl_buffer_release(file);
}

static void deep_thumbnails_are_windowed(void **state) {
  (void)state;
  sl_error err = {0};
  sl_image deep;
  assert_int_equal(sl_image_new(3, 1, 1, 16, &deep, &err), SL_OK);
  const uint16_t values[] = {1000, 1100, 1200};
  memcpy(deep.pixels, values, sizeof values);
  sl_buffer *file;
  assert_int_equal(sl_image_encode(&deep, SL_ENCODING_PNG, 6, &file, &err), SL_OK);
  sl_image small = thumbnail(file->bytes, file->size, 10, "image/png");
  assert_int_equal(small.bits, 8);
  assert_memory_equal(small.pixels, "\0\x80\xff", 3);
  sl_image_release(&small);
  sl_image_release(&deep);
  sl_buffer_release(file);
}

// ---- probing -----------------------------------------------------------------------------------

static void probe_tells_what_a_file_is(void **state) {
  (void)state;
  const struct {
    const char *file, *format, *mode;
    int32_t width, height, bits, orientation;
  } rows[] = {
      {"jpeg_cmyk.jpg", "jpeg", "CMYK", 33, 19, 8, 1},
      {"exif_6.jpg", "jpeg", "RGB", 17, 9, 8, 6},
      {"exif_bad_9.jpg", "jpeg", "RGB", 17, 9, 8, 1},
      {"png_grey1_13x9.png", "png", "1", 13, 9, 1, 1},
      {"png_grey16_13x9.png", "png", "I;16", 13, 9, 16, 1},
      {"png_palette4_13x9.png", "png", "P", 13, 9, 4, 1},
      {"png_ga8_13x9.png", "png", "LA", 13, 9, 8, 1},
      {"webp_alpha_33x19.webp", "webp", "RGBA", 33, 19, 8, 1},
      {"tiff_orientation_8.tif", "tiff", "RGB", 17, 9, 8, 8},
      {"tiff_orientation_big_6.tif", "tiff", "RGB", 17, 9, 8, 6},
      {"tiff_grey16_19x11.tif", "tiff", "I;16", 19, 11, 16, 1},
      {"tiff_cmyk.tif", "tiff", "CMYK", 37, 21, 8, 1},
      {"bmp_8_13x7.bmp", "bmp", "P", 13, 7, 8, 1},
      {"bmp_8_grey.bmp", "bmp", "L", 13, 7, 8, 1},
      {"pnm_p4_13x7.pbm", "pnm", "1", 13, 7, 1, 1},
      {"pnm_p6_65535_13x7.ppm", "pnm", "RGB", 13, 7, 16, 1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    sl_error err = {0};
    sl_image_info info;
    sl_bytes file = load(rows[i].file);
    assert_int_equal(sl_image_probe(file.at, file.size, NULL, &info, &err), SL_OK);
    assert_string_equal(sl_file_format_name(info.format), rows[i].format);
    assert_string_equal(info.mode, rows[i].mode);
    assert_int_equal(info.width, rows[i].width);
    assert_int_equal(info.height, rows[i].height);
    assert_int_equal(info.bits, rows[i].bits);
    assert_int_equal(info.orientation, rows[i].orientation);
    assert_int_equal(info.has_gps, 0);
  }
}

static void probe_reads_exif_without_control_characters(void **state) {
  (void)state;
  sl_error err = {0};
  sl_image_info info;
  sl_bytes file = load("exif_camera.jpg");
  assert_int_equal(sl_image_probe(file.at, file.size, NULL, &info, &err), SL_OK);
  assert_string_equal(info.camera, "Acme Eye [31m2");
  assert_string_equal(info.taken_at, "2026:11:24 21:19:05");
  assert_int_equal(info.has_gps, 1);
  assert_int_equal(info.orientation, 6);
  file = load("exif_long_string.jpg");
  assert_int_equal(sl_image_probe(file.at, file.size, NULL, &info, &err), SL_OK);
  assert_int_equal(strlen(info.camera), sizeof info.camera - 1);
  file = load("exif_self_ifd.jpg");
  assert_int_equal(sl_image_probe(file.at, file.size, NULL, &info, &err), SL_OK);
  assert_string_equal(info.taken_at, "");
}

// ---- conversions and sharing -------------------------------------------------------------------

static void convert_uses_the_weights_of_the_library(void **state) {
  (void)state;
  sl_error err = {0};
  sl_image rgb, bgr, pillow, opencv, back;
  assert_int_equal(sl_image_new(1, 1, 3, 8, &rgb, &err), SL_OK);
  memcpy(rgb.pixels, "\x05\x01\x0a", 3);  // 3.222 rounds to 3 in both
  assert_int_equal(sl_image_convert(&rgb, SL_COLOUR_RGB, SL_COLOUR_BGR, SL_LIKE_PILLOW, &bgr, &err),
                   SL_OK);
  assert_memory_equal(bgr.pixels, "\x0a\x01\x05", 3);
  assert_int_equal(
      sl_image_convert(&rgb, SL_COLOUR_RGB, SL_COLOUR_GREY, SL_LIKE_PILLOW, &pillow, &err), SL_OK);
  assert_int_equal(
      sl_image_convert(&bgr, SL_COLOUR_BGR, SL_COLOUR_GREY, SL_LIKE_OPENCV, &opencv, &err), SL_OK);
  assert_int_equal(pillow.pixels[0], 3);
  assert_int_equal(opencv.pixels[0], 3);
  assert_int_equal(
      sl_image_convert(&pillow, SL_COLOUR_GREY, SL_COLOUR_RGB, SL_LIKE_PILLOW, &back, &err), SL_OK);
  assert_memory_equal(back.pixels, "\3\3\3", 3);
  sl_image_release(&back);
  assert_int_equal(
      sl_image_convert(&rgb, SL_COLOUR_GREY, SL_COLOUR_RGB, SL_LIKE_PILLOW, &back, &err), SL_E_ARG);
  sl_image_release(&rgb);
  sl_image_release(&bgr);
  sl_image_release(&pillow);
  sl_image_release(&opencv);
}

static void shared_pixels_outlive_the_first_owner(void **state) {
  (void)state;
  sl_error err = {0};
  sl_image image = make(3, 3, 1, 8), shared;
  sl_image_share(&image, &shared);
  assert_ptr_equal(image.pixels, shared.pixels);
  sl_image_release(&image);
  assert_int_equal(shared.pixels[1], 3);
  sl_image_release(&shared);
  sl_image_release(&shared);
  assert_int_equal(sl_image_new(1 << 15, 1 << 14, 1, 8, &image, &err), SL_E_LIMIT);
  assert_int_equal(sl_image_new(0, 1, 1, 8, &image, &err), SL_E_FORMAT);
  assert_int_equal(sl_image_new(1, 1, 5, 8, &image, &err), SL_E_ARG);
}

static int set_up(void **state) {
  (void)state;
  arena = sl_arena_new(NULL, "encode_test");
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  sl_arena_free(arena);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(png_keeps_every_sample),
      cmocka_unit_test(jpeg_comes_near),
      cmocka_unit_test(large_files_grow_their_buffer),
      cmocka_unit_test(what_cannot_be_written_is_refused),
      cmocka_unit_test(thumbnails_fit_and_keep_what_matters),
      cmocka_unit_test(thumbnails_of_photos_are_jpegs),
      cmocka_unit_test(deep_thumbnails_are_windowed),
      cmocka_unit_test(probe_tells_what_a_file_is),
      cmocka_unit_test(probe_reads_exif_without_control_characters),
      cmocka_unit_test(convert_uses_the_weights_of_the_library),
      cmocka_unit_test(shared_pixels_outlive_the_first_owner),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
