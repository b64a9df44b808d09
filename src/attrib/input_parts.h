// SPDX-License-Identifier: Apache-2.0
// An input cut into parts that are shown or hidden together: cells of a grid over its places.
#ifndef SL_ATTRIB_INPUT_PARTS_H
#define SL_ATTRIB_INPUT_PARTS_H

#include "attrib/attrib_case.h"

// How channels and places lie in one row of an input: [C, H, W], [H, W, C] where the last axis has
// at most 4 elements and the first more, [C, L] and [L].
typedef struct sl_input_plane {
  int64_t channels, height, width;
  bool channels_last;
} sl_input_plane;

// SL_E_UNSUPPORTED for inputs of other shapes.
SL_MUST_CHECK sl_status sl_input_plane_of(const sl_attrib_case *work, sl_input_plane *out,
                                          sl_error *err);

// Index of an element of a row; place = y * width + x.
static inline int64_t sl_input_at(const sl_input_plane *plane, int64_t channel, int64_t place) {
  return plane->channels_last ? place * plane->channels + channel
                              : channel * plane->height * plane->width + place;
}

typedef struct sl_input_parts {
  sl_input_plane plane;
  int64_t rows, columns;  // of the grid
  int64_t count;          // parts: rows * columns, times the channels when those are apart
  int32_t *of;            // [elements]: the part of each element of a row
} sl_input_parts;

// Cells of `cell` by `cell` places from the top left corner; those at the far edges may be smaller.
SL_MUST_CHECK sl_status sl_input_parts_make(const sl_attrib_case *work, int64_t cell,
                                            bool channels_apart, sl_input_parts *out,
                                            sl_error *err);

// row = the sample where its part is shown, else the sample's baseline. shown[count].
void sl_input_parts_show(const sl_attrib_case *work, const sl_input_parts *parts, int64_t sample,
                         const uint8_t *shown, float *row);
// values[elements] of a sample from one number for each part.
void sl_input_parts_spread(const sl_attrib_case *work, const sl_input_parts *parts,
                           const double *numbers, float *values);

#endif
