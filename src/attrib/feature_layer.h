// SPDX-License-Identifier: Apache-2.0
// A layer as a picture: channels over a grid, whether the model keeps maps or tokens.
#ifndef SL_ATTRIB_FEATURE_LAYER_H
#define SL_ATTRIB_FEATURE_LAYER_H

#include <slitlamp/row.h>

#include "attrib/white_box.h"

typedef struct sl_feature_layer {
  sl_value_id value;
  int64_t channels, height, width;
  int64_t skipped;     // tokens before the grid: class and register tokens
  bool channels_last;  // tokens [T, C], or maps [H, W, C]
  int64_t elements;    // of one sample
} sl_feature_layer;

// The layer as a grid. SL_E_UNSUPPORTED when its shape is none, with what would do.
SL_MUST_CHECK sl_status sl_feature_layer_of(const sl_white_box *box, sl_value_id value,
                                            sl_feature_layer *out, sl_error *err);
// The last feature layer on the way to `target` (the outline's, else the last grid): where class
// activation maps are usually taken. 0 when there is none.
sl_value_id sl_feature_layer_last(const sl_white_box *box, sl_value_id target);

// The axis of the channels of a value with `rank` axes: what the grid says, else the last of tokens
// [N, T, C], the second of anything else.
int32_t sl_channel_axis(const sl_white_box *box, sl_value_id value, int32_t rank);

// The layers somebody named (`wanted`), else all grids of the outline, from
// input to output; titles are what to call them, in `arena`. SL_E_UNSUPPORTED when there is none,
// or one that was named is none.
typedef struct sl_feature_layers {
  sl_feature_layer *at;
  const char **titles;
  int32_t count;
} sl_feature_layers;
SL_MUST_CHECK sl_status sl_feature_layers_find(sl_arena *arena, const sl_white_box *box,
                                               const sl_texts *wanted, sl_feature_layers *out,
                                               sl_error *err);
// Mean over the places, for each channel of one sample's values: out[channels].
void sl_feature_mean(const sl_feature_layer *layer, const float *values, double *out);

// Element (channel, y, x) of a sample's values.
static inline int64_t sl_feature_at(const sl_feature_layer *layer, int64_t channel, int64_t place) {
  return layer->channels_last ? (layer->skipped + place) * layer->channels + channel
                              : channel * layer->height * layer->width + place;
}

#endif
