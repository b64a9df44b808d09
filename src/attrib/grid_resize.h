// SPDX-License-Identifier: Apache-2.0
// Small maps made as large as the input.
#ifndef SL_ATTRIB_GRID_RESIZE_H
#define SL_ATTRIB_GRID_RESIZE_H

#include <slitlamp/row.h>

typedef enum sl_grid_resize_kind {
  SL_GRID_NEAREST = 0,  // PyTorch's "nearest": the floor of the scaled place
  SL_GRID_BILINEAR,     // between the middles of places (align_corners off; OpenCV's INTER_LINEAR)
  SL_GRID_CORNERS       // between corners (align_corners on)
} sl_grid_resize_kind;
extern const sl_choice sl_grid_resize_choices[];  // the first two

// from[height * width] to to[to_height * to_width].
void sl_grid_resize(const float *from, int64_t height, int64_t width, sl_grid_resize_kind kind,
                    int64_t to_height, int64_t to_width, float *to);

#endif
