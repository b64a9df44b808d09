// SPDX-License-Identifier: Apache-2.0
// Resizing: names of the kernels, argument checks, and the choice of the library to imitate.
//
// Invariant: an image that already has the wanted size is shared, not computed (all three libraries
// copy then). Start at sl_image_resize().
#include "image/resize.h"

#include <string.h>

static const char *const kernel_names[SL_KERNEL_COUNT] = {
    "pillow.nearest", "pillow.box",     "pillow.bilinear", "pillow.hamming",
    "pillow.bicubic", "pillow.lanczos", "opencv.nearest",  "opencv.linear",
    "opencv.area",    "opencv.cubic",   "torch.bilinear",  "torch.bicubic",
};

const char *sl_kernel_name(sl_kernel kernel) {
  return (uint32_t)kernel < SL_KERNEL_COUNT ? kernel_names[kernel] : "unknown";
}

sl_status sl_resize_scratch(sl_arena *arena, size_t count, size_t element_size, void *out,
                            sl_error *err) {
  void *memory = NULL;
  SL_TRY(sl_arena_try_push(arena, count, element_size, (size_t)1 << 34, "resizing", &memory, err));
  memcpy(out, &memory, sizeof(memory));
  return SL_OK;
}

SL_INLINE void pick_row(const uint8_t *row, const int32_t *columns, int32_t width, size_t pixel,
                        uint8_t *to) {
  for (int32_t x = 0; x < width; x++, to += pixel) {
    __builtin_memcpy(to, row + (size_t)columns[x] * pixel, pixel);
  }
}

// Three bytes are copied as four while neither side ends; `in_width` is in pixels.
static void pick_triples(const uint8_t *row, const int32_t *columns, int32_t width,
                         int32_t in_width, uint8_t *to) {
  int32_t x = 0;
  for (; x + 1 < width && columns[x] + 1 < in_width; x++, to += 3) {
    __builtin_memcpy(to, row + (size_t)columns[x] * 3, 4);
  }
  pick_row(row, columns + x, width - x, 3, to);
}

// A constant size makes each copy one or two moves.
static void pick_pixels(const uint8_t *row, const int32_t *columns, int32_t width, int32_t in_width,
                        size_t pixel, uint8_t *to) {
  switch (pixel) {
    case 1:
      pick_row(row, columns, width, 1, to);
      break;
    case 2:
      pick_row(row, columns, width, 2, to);
      break;
    case 3:
      pick_triples(row, columns, width, in_width, to);
      break;
    case 4:
      pick_row(row, columns, width, 4, to);
      break;
    case 6:
      pick_row(row, columns, width, 6, to);
      break;
    default:
      pick_row(row, columns, width, 8, to);
      break;
  }
}

void sl_resize_pick(const sl_image *in, const int32_t *columns, const int32_t *rows,
                    const sl_image *out) {
  const size_t pixel = (size_t)in->channels * (size_t)in->bits / 8;
  const size_t size = (size_t)out->width * pixel;
  int32_t inside = out->width;
  while (inside > 0 && columns[inside - 1] < 0) inside--;
  for (int32_t y = 0; y < out->height; y++) {
    uint8_t *to = out->pixels + (size_t)y * size;
    if (y > 0 && rows[y] == rows[y - 1]) {
      memcpy(to, to - size, size);
    } else if (rows[y] < 0) {
      memset(to, 0, size);
    } else {
      const uint8_t *row = in->pixels + (size_t)rows[y] * (size_t)in->width * pixel;
      pick_pixels(row, columns, inside, in->width, pixel, to);
      memset(to + (size_t)inside * pixel, 0, (size_t)(out->width - inside) * pixel);
    }
  }
}

static sl_status run_kernel(sl_arena *arena, const sl_image *in, sl_kernel kernel,
                            const sl_image *out, sl_error *err) {
  if (kernel <= SL_KERNEL_PILLOW_LANCZOS) return sl_resize_pillow(arena, in, kernel, out, err);
  if (kernel <= SL_KERNEL_OPENCV_CUBIC) return sl_resize_opencv(arena, in, kernel, out, err);
  return sl_resize_torch(arena, in, kernel, out, err);
}

static sl_status check_depth(const sl_image *in, sl_kernel kernel, sl_error *err) {
  const char *name = sl_kernel_name(kernel);
  if (in->bits == 8 || (kernel >= SL_KERNEL_OPENCV_NEAREST && kernel <= SL_KERNEL_OPENCV_CUBIC)) {
    return SL_OK;
  }
  if (kernel <= SL_KERNEL_PILLOW_LANCZOS && in->channels == 1) return SL_OK;
  sl_fail(err, SL_E_UNSUPPORTED, "kernel \"%s\" cannot resize 16-bit pixels with %d channels", name,
          (int)in->channels);
  return sl_hint(err, SL_E_UNSUPPORTED, "use one of the opencv kernels, or make the image 8-bit");
}

sl_status sl_image_resize(const sl_image *in, int32_t width, int32_t height, sl_kernel kernel,
                          sl_image *out, sl_error *err) {
  if ((uint32_t)kernel >= SL_KERNEL_COUNT) {
    return sl_fail(err, SL_E_ARG, "resize kernel %d does not exist", (int)kernel);
  }
  if (width < 1 || height < 1) {
    return sl_fail(err, SL_E_ARG, "cannot resize to %d x %d: both sides must be at least 1",
                   (int)width, (int)height);
  }
  if (in->width < 1 || in->height < 1)
    return sl_fail(err, SL_E_ARG, "cannot resize an empty image");
  SL_TRY(check_depth(in, kernel, err));
  if (in->width == width && in->height == height) {
    sl_image_share(in, out);
    return SL_OK;
  }
  sl_image made = {0};
  SL_TRY(sl_image_new(width, height, in->channels, in->bits, &made, err));
  sl_arena *arena = sl_arena_new(NULL, "resize");
  sl_status status = run_kernel(arena, in, kernel, &made, err);
  sl_arena_free(arena);
  if (status == SL_OK) {
    *out = made;
  } else {
    sl_image_release(&made);
  }
  return status;
}
