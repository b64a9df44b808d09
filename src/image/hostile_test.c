// SPDX-License-Identifier: Apache-2.0
// Damaged, lying and foreign files: clear errors, no crash, no half image, nothing printed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "image/image.h"

enum { CUTS_MAX = 48, FLIPS = 40 };

static const sl_image_limits small_limits = {1 << 18, 1 << 22, 50};
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

static sl_status decode(const void *bytes, size_t size, sl_decode_like like, sl_colour colour,
                        sl_image *out, sl_error *err) {
  sl_decode_options options = {
      .like = like, .colour = colour, .apply_exif = 1, .limits = &small_limits};
  return sl_image_decode(bytes, size, &options, out, err);
}

static int same_but_end(const sl_image *a, const sl_image *b, size_t end) {
  return a->width == b->width && a->height == b->height && a->channels == b->channels &&
         memcmp(a->pixels, b->pixels, a->buffer->size - end) == 0;
}

static int same_pixels(const sl_image *a, const sl_image *b) { return same_but_end(a, b, 0); }

static void for_each_file(void (*visit)(const char *name, sl_bytes file)) {
  DIR *folder = opendir(SL_TEST_DATA "/image");
  assert_non_null(folder);
  int count = 0;
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (entry->d_name[0] == '.' || sl_ends_with(entry->d_name, ".txt")) continue;
    visit(entry->d_name, load(entry->d_name));
    count++;
  }
  (void)closedir(folder);
  assert_true(count > 400);
}

// ---- cut files ---------------------------------------------------------------------------------

// The copy has the exact size, so that a sanitizer sees a read beyond it.
static void try_cut(const char *name, sl_bytes file, size_t size, const sl_image *whole) {
  sl_error err = {0};
  sl_image image;
  uint8_t *copy = sl_heap_alloc(size + (size == 0));
  memcpy(copy, file.at, size);
  sl_status status = decode(copy, size, SL_LIKE_PILLOW, SL_COLOUR_RGB, &image, &err);
  sl_heap_free(copy);
  if (status != SL_OK) {
    assert_null(image.buffer);
    assert_true(sl_error_message(&err)[0] != '\0');
    return;
  }
  // The rest of the file may hold no pixels; half an image is never handed out.
  // (A cut in the last number of a plain PNM leaves a number: its pixel cannot be checked.)
  size_t end = strncmp(name, "pnm_p2", 6) == 0 || strncmp(name, "pnm_p3", 6) == 0 ? 3 : 0;
  if (!same_but_end(whole, &image, end))
    fail_msg("%s cut to %zu bytes decodes otherwise", name, size);
  sl_image_release(&image);
}

static void cut_file(const char *name, sl_bytes file) {
  sl_error err = {0};
  sl_image whole;
  if (decode(file.at, file.size, SL_LIKE_PILLOW, SL_COLOUR_RGB, &whole, &err) != SL_OK) return;
  size_t step = file.size / CUTS_MAX + 1;
  for (size_t size = 0; size < file.size; size += step) try_cut(name, file, size, &whole);
  for (size_t back = 1; back < 16 && back < file.size; back++) {
    try_cut(name, file, file.size - back, &whole);
  }
  sl_image_release(&whole);
}

static void cut_files_are_errors_or_whole(void **state) {
  (void)state;
  for_each_file(cut_file);
}

// ---- flipped bits ------------------------------------------------------------------------------

static void flip_file(const char *name, sl_bytes file) {
  sl_random random = {sl_hash64(name, strlen(name))};
  for (int i = 0; i < FLIPS; i++) {
    uint8_t *copy = sl_heap_alloc(file.size);
    memcpy(copy, file.at, file.size);
    for (int edits = 1 + i % 3; edits > 0; edits--) {
      // Every second edit hits the header, where the sizes are.
      uint64_t span = edits % 2 ? file.size : file.size < 64 ? file.size : 64;
      copy[sl_random_below(&random, span)] ^= (uint8_t)(1u << sl_random_below(&random, 8));
    }
    sl_error err = {0};
    sl_image image;
    sl_image_info info;
    sl_decode_like like = i % 2 ? SL_LIKE_OPENCV : SL_LIKE_PILLOW;
    sl_status probed = sl_image_probe(copy, file.size, &small_limits, &info, &err);
    sl_status status = decode(copy, file.size, like, (sl_colour)(i % 4), &image, &err);
    if (probed != SL_OK) assert_int_not_equal(status, SL_OK);
    if (status == SL_OK) sl_image_release(&image);
    sl_heap_free(copy);
  }
}

static void flipped_bits_do_no_harm_and_print_nothing(void **state) {
  (void)state;
  int pipe_like = memfd_create("stderr", 0);
  int kept = dup(STDERR_FILENO);
  assert_true(pipe_like >= 0 && kept >= 0);
  (void)dup2(pipe_like, STDERR_FILENO);
  for_each_file(flip_file);
  (void)dup2(kept, STDERR_FILENO);
  off_t printed = lseek(pipe_like, 0, SEEK_END);
  (void)close(kept);
  (void)close(pipe_like);
  assert_int_equal(printed, 0);
}

// ---- lying headers -----------------------------------------------------------------------------

static void expect(const void *bytes, size_t size, sl_status wanted, const char *part) {
  sl_error err = {0};
  sl_image image;
  sl_decode_options options = {.colour = SL_COLOUR_RGB};
  sl_status status = sl_image_decode(bytes, size, &options, &image, &err);
  if (status != wanted || strstr(sl_error_message(&err), part) == NULL) {
    fail_msg("status %d, message \"%s\"; wanted %d with \"%s\"", (int)status,
             sl_error_message(&err), (int)wanted, part);
  }
  assert_null(image.buffer);
}

#define EXPECT(bytes, status, part) expect((bytes), sizeof(bytes) - 1, (status), (part))

static void huge_sizes_are_refused_from_the_header(void **state) {
  (void)state;
  EXPECT("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\2\0\0\0\0\0\0\0",
         SL_E_LIMIT, "2147483647 x 2147483647");
  EXPECT("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\xc3\x50\0\0\xc3\x50\1\0\0\0\0\0\0\0\0", SL_E_LIMIT,
         "50000 x 50000");
  EXPECT("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\xff\xff\xff\xff\0\0\0\1\1\0\0\0\0\0\0\0\0", SL_E_FORMAT,
         "png header");
  EXPECT("\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\3\1\x22\0\2\x11\1\3\x11\1", SL_E_LIMIT,
         "65535 x 65535");
  EXPECT(
      "BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\xff\xff\xff\x7f\xff\xff\xff\x7f\1\0\x18\0\0\0\0\0"
      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
      SL_E_LIMIT, "2147483647");
  EXPECT("P6\n65535 65535\n255\n", SL_E_LIMIT, "65535 x 65535");
  EXPECT("P5\n99999999999 1\n255\n", SL_E_FORMAT, "size");
  EXPECT("RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\xff\xff\xff\x0f\0\0\0\0\0\0\0\0\0", SL_E_FORMAT,
         "webp");
}

static void tiff_headers_cannot_lie(void **state) {
  (void)state;
  // 65,535 x 65,535 in one directory whose next directory is itself.
  EXPECT(
      "II*\0\x08\0\0\0\4\0\0\1\4\0\1\0\0\0\xff\xff\0\0\1\1\4\0\1\0\0\0\xff\xff\0\0"
      "\6\1\3\0\1\0\0\0\1\0\0\0\x11\1\4\0\1\0\0\0\x08\0\0\0\x08\0\0\0",
      SL_E_LIMIT, "65535 x 65535");
  // One tile of 2^31 x 2^31 for an image of 16 x 16.
  EXPECT(
      "II*\0\x08\0\0\0\x08\0\0\1\4\0\1\0\0\0\x10\0\0\0\1\1\4\0\1\0\0\0\x10\0\0\0"
      "\2\1\3\0\1\0\0\0\x08\0\0\0\6\1\3\0\1\0\0\0\1\0\0\0\x42\1\4\0\1\0\0\0\0\0\0\x80"
      "\x43\1\4\0\1\0\0\0\0\0\0\x80\x44\1\4\0\1\0\0\0\x08\0\0\0\x45\1\4\0\1\0\0\0\x10\0\0\0"
      "\0\0\0\0",
      SL_E_LIMIT, "tile");
  EXPECT("II*\0\xff\xff\xff\x7f\0\0\0\0", SL_E_FORMAT, "libtiff");
}

// The byte after the marker.
static size_t find_marker(sl_bytes file, size_t at, uint8_t marker) {
  while (at + 1 < file.size && (file.at[at] != 0xff || file.at[at + 1] != marker)) at++;
  return at + 2;
}

static void many_scans_are_refused(void **state) {
  (void)state;
  sl_bytes file = load("jpeg_progressive.jpg");
  const size_t repeats = 1000;
  size_t start = find_marker(file, 0, 0xda) - 2;
  size_t end = start + 2;
  while (file.at[end] != 0xff || file.at[end + 1] == 0) end++;
  size_t scan_size = end - start;
  size_t size = end + repeats * scan_size;
  uint8_t *bytes = sl_arena_push(arena, size + 2);
  memcpy(bytes, file.at, end);
  for (size_t i = 0; i < repeats; i++)
    memcpy(bytes + end + i * scan_size, file.at + start, scan_size);
  memcpy(bytes + size, "\xff\xd9", 2);
  expect(bytes, size, SL_E_LIMIT, "more than 200 scans");
}

static void bytes_limit_counts_too(void **state) {
  (void)state;
  sl_bytes file = load("png_rgb8_21x10.png");
  sl_error err = {0};
  sl_image image;
  sl_image_limits limits = {1000, 629, 200};
  sl_decode_options options = {.colour = SL_COLOUR_RGB, .limits = &limits};
  assert_int_equal(sl_image_decode(file.at, file.size, &options, &image, &err), SL_E_LIMIT);
  limits.bytes_max = 630;
  assert_int_equal(sl_image_decode(file.at, file.size, &options, &image, &err), SL_OK);
  sl_image_release(&image);
  limits.pixels_max = 209;
  assert_int_equal(sl_image_decode(file.at, file.size, &options, &image, &err), SL_E_LIMIT);
}

// ---- what is no image --------------------------------------------------------------------------

static void messages_say_what_the_bytes_look_like(void **state) {
  (void)state;
  expect("", 0, SL_E_FORMAT, "empty");
  EXPECT("\xef\xbb\xbf \n<!DOCTYPE HTML><html>", SL_E_FORMAT, "HTML");
  EXPECT("<?xml version=\"1.0\"?>\n<svg xmlns=\"x\">", SL_E_FORMAT, "SVG");
  EXPECT("<svg onload=alert(1)>", SL_E_FORMAT, "SVG");
  EXPECT("PK\3\4\x14\0\0\0", SL_E_FORMAT, "ZIP");
  EXPECT("GIF89a\1\0\1\0", SL_E_FORMAT, "GIF");
  EXPECT("%PDF-1.7\n", SL_E_FORMAT, "PDF");
  EXPECT("{\"error\": \"not found\"}", SL_E_FORMAT, "JSON");
  EXPECT("version https://git-lfs.github.com/spec/v1\n", SL_E_FORMAT, "Git LFS");
  EXPECT("hello, world\n", SL_E_FORMAT, "text");
  EXPECT(
      "\0\0\0\x20"
      "ftypavif\0\0\0\0",
      SL_E_FORMAT, "AVIF");
  EXPECT("\0\0\0\0\0\0\0\0\0\0", SL_E_FORMAT, "zero bytes");
  EXPECT("\x01\x02\x03\x9f", SL_E_FORMAT, "01 02 03 9f");
  EXPECT("\xff\xd8\xff", SL_E_FORMAT, "jpeg");
  EXPECT("\x89PNG\r\n\x1a\n", SL_E_FORMAT, "png");
}

static void bombs_in_metadata_are_never_inflated(void **state) {
  (void)state;
  const char *names[] = {"png_ztxt_bomb.png", "png_iccp_bomb.png"};
  sl_bytes plain = load("png_rgb8_13x9.png");
  sl_image wanted, image;
  sl_error err = {0};
  assert_int_equal(decode(plain.at, plain.size, SL_LIKE_PILLOW, SL_COLOUR_RGB, &wanted, &err),
                   SL_OK);
  for (size_t i = 0; i < 2; i++) {
    sl_bytes file = load(names[i]);
    assert_int_equal(decode(file.at, file.size, SL_LIKE_PILLOW, SL_COLOUR_RGB, &image, &err),
                     SL_OK);
    assert_true(same_pixels(&wanted, &image));
    sl_image_release(&image);
  }
  sl_image_release(&wanted);
}

static void failing_allocations_are_reported(void **state) {
  (void)state;
  const char *names[] = {"jpeg_cmyk.jpg",          "png_grey4_interlaced.png",
                         "webp_lossy_33x19.webp",  "tiff_tiled_deflate.tif",
                         "tiff_orientation_6.tif", "bmp_rle8.bmp",
                         "pnm_p3_65535_13x7.ppm"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    sl_bytes file = load(names[i]);
    sl_image image;
    for (int64_t n = 1;; n++) {
      sl_error err = {0};
      sl_heap_fail_after(n);
      sl_status status =
          decode(file.at, file.size, (sl_decode_like)(n % 2), SL_COLOUR_GREY, &image, &err);
      sl_heap_fail_after(0);
      if (status == SL_OK) break;
      assert_int_equal(status, SL_E_MEMORY);
      assert_true(n < 20);
    }
    sl_image_release(&image);
  }
}

static int set_up(void **state) {
  (void)state;
  arena = sl_arena_new(NULL, "hostile_test");
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  sl_arena_free(arena);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cut_files_are_errors_or_whole),
      cmocka_unit_test(flipped_bits_do_no_harm_and_print_nothing),
      cmocka_unit_test(huge_sizes_are_refused_from_the_header),
      cmocka_unit_test(tiff_headers_cannot_lie),
      cmocka_unit_test(many_scans_are_refused),
      cmocka_unit_test(bytes_limit_counts_too),
      cmocka_unit_test(messages_say_what_the_bytes_look_like),
      cmocka_unit_test(bombs_in_metadata_are_never_inflated),
      cmocka_unit_test(failing_allocations_are_reported),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
