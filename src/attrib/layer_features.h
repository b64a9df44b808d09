// SPDX-License-Identifier: Apache-2.0
// Feature layers as vectors: each layer's class token where it has one, else its mean over places.
#ifndef SL_ATTRIB_LAYER_FEATURES_H
#define SL_ATTRIB_LAYER_FEATURES_H

#include "attrib/feature_layer.h"

typedef struct sl_layer_features {
  sl_white_box *box;
  const sl_piece *piece;
  sl_feature_layer *layers;
  const char **titles;  // what to call each
  int32_t count;
} sl_layer_features;

// Layers and errors of sl_feature_layers_find().
SL_MUST_CHECK sl_status sl_layer_features_open(sl_arena *arena, sl_white_box *box,
                                               const sl_texts *wanted, sl_layer_features *out,
                                               sl_error *err);
// features[layer][row * channels + channel] for every row of the input, and the model's scores (a
// new tensor).
SL_MUST_CHECK sl_status sl_layer_features_run(const sl_layer_features *from, const sl_tensor *input,
                                              double *const *features, sl_tensor *scores,
                                              sl_error *err);

#endif
