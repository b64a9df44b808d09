// SPDX-License-Identifier: Apache-2.0
// The samples and places where each channel of a layer is strongest.
#ifndef SL_ATTRIB_TOP_PLACES_H
#define SL_ATTRIB_TOP_PLACES_H

#include "attrib/feature_layer.h"

typedef struct sl_top_place {
  double value;
  int64_t sample;       // the caller's number
  int64_t row, column;  // where in the layer's grid
} sl_top_place;

typedef struct sl_top_channel {
  double sum, squares, max;  // over all finite elements
  int64_t elements;
  int64_t count;         // places kept
  sl_top_place *places;  // strongest first, one of each sample
} sl_top_channel;

typedef struct sl_top_places {
  sl_feature_layer layer;
  int64_t keep;
  sl_top_channel *channels;  // [layer.channels]
} sl_top_places;

void sl_top_places_new(sl_arena *arena, const sl_feature_layer *layer, int64_t keep,
                       sl_top_places *out);
// The values of one sample, [layer.elements]. Of equal values the earlier sample stays ahead.
void sl_top_places_add(sl_top_places *top, const float *values, int64_t sample);
// How far the maximum stands out: (max - mean) / standard deviation; 0 for a channel that is flat.
double sl_top_channel_peak(const sl_top_channel *channel);

#endif
