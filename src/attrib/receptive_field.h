// SPDX-License-Identifier: Apache-2.0
// What part of the input a place of a layer can see, computed from the graph.
//
// The field is the theoretical one: kernels, strides, dilations and pads along every path, united
// where paths meet (Araujo, Norris, Sim, Computing Receptive Fields of Convolutional Neural
// Networks, Distill 2019). What matters inside it is usually smaller. Gates that look at the whole
// input (squeeze-and-excitation, normalisation over places) are left out and mentioned; where a
// layer mixes all places (attention), its places stand for the cell of the input they cover.
#ifndef SL_ATTRIB_RECEPTIVE_FIELD_H
#define SL_ATTRIB_RECEPTIVE_FIELD_H

#include "attrib/feature_layer.h"

typedef struct sl_receptive_field {
  bool is_window;  // else every place sees everything and boxes are cells
  bool has_gates;  // what sees the whole input was left out
  // Rows (0) and columns (1): place i sees the input from step * i + low to step * i + high, both
  // included, in pixels.
  double step[2], low[2], high[2];
  int64_t size[2];  // of the input, pixels
} sl_receptive_field;

typedef struct sl_pixel_box {
  int64_t x0, y0, x1, y1;  // pixels [x0, x1) by [y0, y1)
} sl_pixel_box;

// SL_E_UNSUPPORTED when the model's input is no picture.
SL_MUST_CHECK sl_status sl_receptive_field_of(const sl_white_box *box,
                                              const sl_feature_layer *layer,
                                              sl_receptive_field *out, sl_error *err);
// Clipped to the input; at least one pixel.
sl_pixel_box sl_receptive_field_box(const sl_receptive_field *field, int64_t row, int64_t column);

#endif
