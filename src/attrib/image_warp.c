// SPDX-License-Identifier: Apache-2.0
// Warping planes.
#include "attrib/image_warp.h"

#include <math.h>

typedef struct corner {
  int64_t at[4];
  float weight[4];
} corner;

static int64_t inside(double at, int64_t size) {
  return at < 0 ? 0 : at > (double)(size - 1) ? size - 1 : (int64_t)at;
}

// The four pixels that pixel (x, y) of the result is mixed from.
static corner find_corners(const sl_image_warp *warp, int64_t x, int64_t y) {
  double angle = warp->degrees * M_PI / 180, cx = (double)(warp->width - 1) / 2;
  double cy = (double)(warp->height - 1) / 2;
  double u = ((double)x - cx) / warp->scale, v = ((double)y - cy) / warp->scale;
  double sx = cos(angle) * u + sin(angle) * v + cx - warp->shift_x;
  double sy = -sin(angle) * u + cos(angle) * v + cy - warp->shift_y;
  double fx = floor(sx), fy = floor(sy), wx = sx - fx, wy = sy - fy;
  int64_t x0 = inside(fx, warp->width), x1 = inside(fx + 1, warp->width);
  int64_t y0 = inside(fy, warp->height), y1 = inside(fy + 1, warp->height);
  return (corner){.at = {y0 * warp->width + x0, y0 * warp->width + x1, y1 * warp->width + x0,
                         y1 * warp->width + x1},
                  .weight = {(float)((1 - wx) * (1 - wy)), (float)(wx * (1 - wy)),
                             (float)((1 - wx) * wy), (float)(wx * wy)}};
}

void sl_image_warp_plane(const sl_image_warp *warp, const float *in, float *out) {
  for (int64_t y = 0; y < warp->height; y++)
    for (int64_t x = 0; x < warp->width; x++) {
      corner c = find_corners(warp, x, y);
      float sum = 0;
      for (int k = 0; k < 4; k++) sum += c.weight[k] * in[c.at[k]];
      out[y * warp->width + x] = sum;
    }
}

void sl_image_warp_pull(const sl_image_warp *warp, const float *gradient, float *out) {
  for (int64_t y = 0; y < warp->height; y++)
    for (int64_t x = 0; x < warp->width; x++) {
      corner c = find_corners(warp, x, y);
      for (int k = 0; k < 4; k++) out[c.at[k]] += c.weight[k] * gradient[y * warp->width + x];
    }
}
