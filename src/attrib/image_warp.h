// SPDX-License-Identifier: Apache-2.0
// A picture shifted, turned and scaled a little, and the way back for gradients.
//
// Bilinear; pixels from outside are those of the edge. The adjoint is exact: <warp(x), y> equals
// <x, pull(y)>.
#ifndef SL_ATTRIB_IMAGE_WARP_H
#define SL_ATTRIB_IMAGE_WARP_H

#include "base/arena.h"

typedef struct sl_image_warp {
  int64_t height, width;
  double shift_x, shift_y;  // pixels
  double degrees, scale;    // about the middle; scale 1 keeps the size
} sl_image_warp;

void sl_image_warp_plane(const sl_image_warp *warp, const float *in, float *out);
// Adds to `out`.
void sl_image_warp_pull(const sl_image_warp *warp, const float *gradient, float *out);

#endif
