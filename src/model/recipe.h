// SPDX-License-Identifier: Apache-2.0
// The pipelines that are common in practice, as four independent choices: channel order, value
// arithmetic, resize kernel and geometry. What guesses and alternatives are made of.
//
// Per-channel numbers are kept in the order red, green, blue and turned round for BGR.
#ifndef SL_MODEL_RECIPE_H
#define SL_MODEL_RECIPE_H

#include "model/contract.h"

enum { SL_RECIPE_KEEP = -1 };  // as the base pipeline has it

typedef enum sl_values {
  SL_VALUES_TORCH = 0,  // / 255, ImageNet mean and deviation
  SL_VALUES_UNIT,       // / 255
  SL_VALUES_RAW,        // as they are
  SL_VALUES_CAFFE,      // ImageNet mean of 0..255 subtracted
  SL_VALUES_TF,         // -1 to 1
  SL_VALUES_CLIP,       // / 255, CLIP's mean and deviation
  SL_VALUES_CIFAR,      // / 255, CIFAR-10's mean and deviation
  SL_VALUES_MNIST,      // / 255, MNIST's mean and deviation (one channel)
  SL_VALUES_FASHION,    // / 255, Fashion-MNIST's mean and deviation (one channel)
  SL_VALUES_OWN_UNIT,   // / 255, the mean and deviation of the base
  SL_VALUES_OWN_RAW,    // no scaling, the mean and deviation of the base
  SL_VALUES_COUNT
} sl_values;

typedef enum sl_geometry {
  SL_GEOMETRY_CROP = 0,  // short side to size / 0.875, centre crop
  SL_GEOMETRY_FILL,      // short side to size, centre crop
  SL_GEOMETRY_STRETCH,   // to width and height
  SL_GEOMETRY_NONE,      // images have the size already
  SL_GEOMETRY_COUNT
} sl_geometry;

typedef struct sl_recipe {
  int32_t mode, values, kernel, geometry;  // SL_MODE_, sl_values, sl_kernel, sl_geometry or KEEP
} sl_recipe;

const char *sl_values_title(int32_t values);      // "mean subtraction", ...
const char *sl_geometry_title(int32_t geometry);  // "short side / 0.875, centre crop", ...

// `base` (may be NULL when nothing is kept) changed by the recipe, fitted to the model's input.
SL_MUST_CHECK sl_status sl_recipe_make(sl_arena *arena, const sl_model *model,
                                       const sl_pipeline *base, const sl_recipe *recipe,
                                       sl_pipeline *out, sl_error *err);

#endif
