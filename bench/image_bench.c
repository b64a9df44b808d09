// SPDX-License-Identifier: Apache-2.0
// Decoders and resizers on one thread; the peer is kernel_python.py.
//
//   image_bench FILE...   measurements (meter.h): "decode pillow", "decode opencv",
//                         "resize KERNEL WIDTH HEIGHT", with kernels named as in pipelines
#include "base/file.h"
#include "image/image.h"
#include "meter.h"

static const double slice_s = 1;

typedef struct files {
  int count;
  sl_bytes *bytes;
  sl_image *images;  // RGB, of the first few
  int image_count;
} files;

enum { IMAGES_MAX = 16 };

static sl_error err;

static void decode(const sl_bytes *file, sl_decode_like like, sl_image *out) {
  sl_decode_options options = {.like = like,
                               .colour = like == SL_LIKE_OPENCV ? SL_COLOUR_BGR : SL_COLOUR_RGB};
  must(sl_image_decode(file->at, file->size, &options, out, &err), &err);
}

static files read_files(sl_arena *arena, int count, char **paths) {
  files f = {.count = count, .bytes = SL_NEW_ARRAY(arena, sl_bytes, count)};
  f.images = SL_NEW_ARRAY(arena, sl_image, IMAGES_MAX);
  for (int i = 0; i < count; i++)
    must(sl_file_read(arena, paths[i], (size_t)1 << 30, &f.bytes[i], &err), &err);
  f.image_count = count < IMAGES_MAX ? count : IMAGES_MAX;
  for (int i = 0; i < f.image_count; i++) decode(&f.bytes[i], SL_LIKE_PILLOW, &f.images[i]);
  return f;
}

static void measure_decode(const files *f, sl_decode_like like) {
  int64_t rows = 0;
  meter m = meter_start();
  for (; meter_seconds(&m) < slice_s; rows++) {
    sl_image image;
    decode(&f->bytes[rows % f->count], like, &image);
    sl_image_release(&image);
  }
  meter_print(&m, rows, "");
}

static void measure_resize(const files *f, const char *name, int32_t width, int32_t height) {
  int kernel = 0;
  while (kernel < SL_KERNEL_COUNT && strcmp(sl_kernel_name((sl_kernel)kernel), name) != 0) kernel++;
  int64_t rows = 0;
  meter m = meter_start();
  for (; meter_seconds(&m) < slice_s; rows++) {
    sl_image out;
    must(sl_image_resize(&f->images[rows % f->image_count], width, height, (sl_kernel)kernel, &out,
                         &err),
         &err);
    sl_image_release(&out);
  }
  meter_print(&m, rows, "");
}

int main(int argc, char **argv) {
  char line[256], kernel[64];
  int width, height;
  if (argc < 2) return 2;
  sl_arena *arena = sl_arena_new(NULL, "bench");
  files f = read_files(arena, argc - 1, argv + 1);
  while (next_line(line, sizeof line)) {
    if (strcmp(line, "decode pillow") == 0) measure_decode(&f, SL_LIKE_PILLOW);
    if (strcmp(line, "decode opencv") == 0) measure_decode(&f, SL_LIKE_OPENCV);
    if (sscanf(line, "resize %63s %d %d", kernel, &width, &height) == 3)
      measure_resize(&f, kernel, width, height);
  }
  return 0;
}
