// SPDX-License-Identifier: Apache-2.0
// Resizing of maps.
#include "attrib/grid_resize.h"

#include <math.h>

const sl_choice sl_grid_resize_choices[] = {
    {"nearest", "every place as a block"}, {"bilinear", "smooth between places"}, {0}};

// Where a place of the large side lies on the small one: two neighbours and how much of the second.
typedef struct between {
  int64_t low, high;
  float part;
} between;

static between locate(int64_t at, int64_t size, int64_t to_size, sl_grid_resize_kind kind) {
  double scale = (double)size / (double)to_size, place = ((double)at + 0.5) * scale - 0.5;
  if (kind == SL_GRID_NEAREST) {
    int64_t low = (int64_t)floor((double)at * scale);
    return (between){.low = low < size ? low : size - 1, .high = low < size ? low : size - 1};
  }
  if (kind == SL_GRID_CORNERS)
    place = to_size > 1 ? (double)at * (double)(size - 1) / (double)(to_size - 1) : 0;
  if (place < 0) place = 0;
  int64_t low = (int64_t)floor(place);
  if (low >= size - 1) return (between){.low = size - 1, .high = size - 1};
  return (between){.low = low, .high = low + 1, .part = (float)(place - (double)low)};
}

void sl_grid_resize(const float *from, int64_t height, int64_t width, sl_grid_resize_kind kind,
                    int64_t to_height, int64_t to_width, float *to) {
  for (int64_t y = 0; y < to_height; y++) {
    between v = locate(y, height, to_height, kind);
    const float *above = from + v.low * width, *below = from + v.high * width;
    for (int64_t x = 0; x < to_width; x++) {
      between h = locate(x, width, to_width, kind);
      float top = above[h.low] + h.part * (above[h.high] - above[h.low]);
      float bottom = below[h.low] + h.part * (below[h.high] - below[h.low]);
      to[y * to_width + x] = top + v.part * (bottom - top);
    }
  }
}
