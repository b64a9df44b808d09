// SPDX-License-Identifier: Apache-2.0
// The layer that class activation maps are taken from, and the plain Grad-CAM of it.
#ifndef SL_ATTRIB_CAM_LAYER_H
#define SL_ATTRIB_CAM_LAYER_H

#include "attrib/attrib_case.h"
#include "attrib/feature_layer.h"

// The call's layer, or the last one that is a grid of places.
SL_MUST_CHECK sl_status sl_cam_layer_find(const sl_attrib_call *call, sl_feature_layer *out,
                                          sl_error *err);
// `unfit` of methods that need such a layer.
const char *sl_cam_layer_unfit(sl_arena *arena, const sl_white_box *box);

// One map from one sample's activations and gradients, both as sl_feature_at() says; `map` is
// zeroed.
typedef void (*sl_cam_rule)(const sl_feature_layer *layer, const float *activations,
                            const float *gradients, double *map);

// (*maps)[samples * height * width] in the call's arena: the rule's, with their signs.
SL_MUST_CHECK sl_status sl_cam_layer_maps(sl_attrib_case *work, const sl_feature_layer *layer,
                                          sl_cam_rule rule, float **maps, sl_error *err);
SL_MUST_CHECK sl_status sl_cam_layer_grad_cam(sl_attrib_case *work, const sl_feature_layer *layer,
                                              float **maps, sl_error *err);
void sl_cam_grad_cam(const sl_feature_layer *layer, const float *activations,
                     const float *gradients, double *map);

// (*activations)[samples * layer->elements] in the call's arena.
SL_MUST_CHECK sl_status sl_cam_layer_activations(sl_attrib_case *work,
                                                 const sl_feature_layer *layer, float **activations,
                                                 sl_error *err);
// map[i] += weight * activations of a channel.
void sl_cam_add_weighted(const sl_feature_layer *layer, int64_t channel, double weight,
                         const float *activations, double *map);

// Maps as out->values [N, 1, h, w], their positive part when asked for; out->layer.
SL_MUST_CHECK sl_status sl_cam_layer_finish(sl_attrib_case *work, const sl_feature_layer *layer,
                                            const float *maps, int positive, sl_error *err);

#endif
