// SPDX-License-Identifier: Apache-2.0
// Pictures taken apart into regions.
#ifndef SL_ATTRIB_SEGMENTS_H
#define SL_ATTRIB_SEGMENTS_H

#include "base/arena.h"

typedef struct sl_segment_params {
  double scale, sigma;  // larger scales give larger segments; blur before in pixels
  int64_t pixels_min;   // smaller segments join a neighbour
} sl_segment_params;

// Felzenszwalb, Huttenlocher 2004, section 3, over 8 neighbours, as scikit-image has it (scale over
// 255). image[planes][height * width]; labels[height * width] are 0 to the returned count - 1.
int64_t sl_segments_felzenszwalb(const double *image, int64_t planes, int64_t height, int64_t width,
                                 const sl_segment_params *params, int32_t *labels);

// Sets of places, which may overlap: set k is places[first[k]] to places[first[k + 1]].
typedef struct sl_place_sets {
  int64_t count;
  int64_t *first;
  int32_t *places;
} sl_place_sets;
// Each label's places with all that are at most `radius` away, in `arena`.
void sl_segments_dilated(sl_arena *arena, const int32_t *labels, int64_t count, int64_t height,
                         int64_t width, int64_t radius, sl_place_sets *out);

#endif
