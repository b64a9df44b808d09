// SPDX-License-Identifier: Apache-2.0
// torch.nn.functional.interpolate(uint8, antialias=True, align_corners=False) on the CPU.
//
// This is also what torchvision.transforms.v2.functional.resize gives for uint8 tensors: on a CPU
// with AVX2 or AVX-512 torchvision hands uint8 to torch's native kernel, which is the AVX2 one on
// both (torch registers no AVX-512 version) for up to four channels and any memory format; torch's
// generic kernel gives the same integers. Checked with torch 2.15 and torchvision 0.29. Not
// imitated: x86 without AVX2, where torchvision resizes bilinear in float32, and where torch's
// generic kernel errs for some outputs one pixel wide.
//
// Weights are those of Pillow's bilinear and bicubic in double precision, then scaled to 16 bits
// with the most fractional bits that keep the greatest weight of the axis below 2^15 (at most 22).
// Invariant: the fractional bits are chosen per axis, from the normalised weights. Start at
// sl_resize_torch().
#include <math.h>

#include "image/resize.h"

enum { BITS_MAX = 22 };

static double bilinear(double x) {
  x = fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

// Keys' cubic with a = -0.5, in torch's order of operations.
static double bicubic(double x) {
  const double a = -0.5;
  x = fabs(x);
  if (x < 1.0) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2.0) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0.0;
}

static int32_t fitting_bits(const sl_axis *axis) {
  double greatest = 0.0;
  for (size_t i = 0; i < (size_t)axis->out * (size_t)axis->longest; i++) {
    if (axis->exact[i] > greatest) greatest = axis->exact[i];
  }
  int32_t bits = 0;
  while (bits < BITS_MAX && (int32_t)(0.5 + greatest * (1 << (bits + 1))) < (1 << 15)) bits++;
  return bits;
}

static sl_status make_axis(sl_arena *arena, int32_t in, int32_t out, const sl_filter *filter,
                           sl_axis *axis, sl_error *err) {
  SL_TRY(sl_axis_new(arena, in, out, filter, axis, err));
  return sl_axis_fix(arena, fitting_bits(axis), axis, err);
}

sl_status sl_resize_torch(sl_arena *arena, const sl_image *in, sl_kernel kernel,
                          const sl_image *out, sl_error *err) {
  const sl_filter linear = {bilinear, 1.0}, cubic = {bicubic, 2.0};
  const sl_filter *filter = kernel == SL_KERNEL_TORCH_BICUBIC ? &cubic : &linear;
  sl_axis x, y;
  SL_TRY(make_axis(arena, in->width, out->width, filter, &x, err));
  SL_TRY(make_axis(arena, in->height, out->height, filter, &y, err));
  return sl_resize_rows(arena, in, in->width == out->width ? NULL : &x,
                        in->height == out->height ? NULL : &y, out, err);
}
