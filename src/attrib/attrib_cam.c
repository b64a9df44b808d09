// SPDX-License-Identifier: Apache-2.0
// Class activation maps from a layer's activations and gradients.
//
// Invariant: a map has the size of the layer's grid; who shows it makes it larger. Definitions and
// constants are those of pytorch-grad-cam, so that maps agree. Start at run_cam().
#include <math.h>

#include "attrib/cam_layer.h"

typedef struct cam_params {
  bool positive;
} cam_params;

static const sl_row cam_rows[] = {
    SL_P_BOOL(cam_params, positive, 1,
              "Only what speaks for the target (ReLU of the map); off keeps the sign."),
    SL_ROW_END};

static sl_status run_cam(const sl_attrib_call *call, const void *params, sl_cam_rule rule,
                         sl_attribution *out, sl_error *err) {
  const cam_params *p = params;
  sl_attrib_case work;
  sl_feature_layer layer;
  float *maps;
  SL_TRY(sl_cam_layer_find(call, &layer, err));
  SL_TRY(sl_attrib_case_open_at(call, layer.value, out, &work, err));
  sl_status status = sl_cam_layer_maps(&work, &layer, rule, &maps, err);
  if (status == SL_OK) status = sl_cam_layer_finish(&work, &layer, maps, p->positive, err);
  sl_attrib_case_close(&work);
  return status;
}

// ---- the rules ----------------------------------------------------------------------------------

static void grad_cam_plus(const sl_feature_layer *l, const float *activations,
                          const float *gradients, double *map) {
  int64_t places = l->height * l->width;
  for (int64_t c = 0; c < l->channels; c++) {
    double total = 0, weight = 0;
    for (int64_t i = 0; i < places; i++) total += (double)activations[sl_feature_at(l, c, i)];
    for (int64_t i = 0; i < places; i++) {
      double g = (double)gradients[sl_feature_at(l, c, i)];
      double alpha = g * g / (2 * g * g + total * g * g * g + 1e-6);
      if (g > 0) weight += g * alpha;
    }
    sl_cam_add_weighted(l, c, weight, activations, map);
  }
}

static void x_grad_cam(const sl_feature_layer *l, const float *activations, const float *gradients,
                       double *map) {
  int64_t places = l->height * l->width;
  for (int64_t c = 0; c < l->channels; c++) {
    double total = 0, product = 0;
    for (int64_t i = 0; i < places; i++) {
      double a = (double)activations[sl_feature_at(l, c, i)];
      total += a;
      product += a * (double)gradients[sl_feature_at(l, c, i)];
    }
    sl_cam_add_weighted(l, c, product / (total + 1e-7), activations, map);
  }
}

static void each_product(const sl_feature_layer *l, const float *activations,
                         const float *gradients, int only_positive, double *map) {
  for (int64_t c = 0; c < l->channels; c++)
    for (int64_t i = 0; i < l->height * l->width; i++) {
      int64_t at = sl_feature_at(l, c, i);
      double product = (double)activations[at] * (double)gradients[at];
      map[i] += only_positive ? fmax(product, 0) : product;
    }
}

static void hires_cam(const sl_feature_layer *l, const float *activations, const float *gradients,
                      double *map) {
  each_product(l, activations, gradients, 0, map);
}

static void elementwise_cam(const sl_feature_layer *l, const float *activations,
                            const float *gradients, double *map) {
  each_product(l, activations, gradients, 1, map);
}

static void layer_cam(const sl_feature_layer *l, const float *activations, const float *gradients,
                      double *map) {
  for (int64_t c = 0; c < l->channels; c++)
    for (int64_t i = 0; i < l->height * l->width; i++) {
      int64_t at = sl_feature_at(l, c, i);
      map[i] += fmax((double)gradients[at], 0) * (double)activations[at];
    }
}

// ---- the rows -----------------------------------------------------------------------------------

#define CAM_METHOD(name_, rule_, title_, help_, source_)                                         \
  static sl_status run_##name_(const sl_attrib_call *call, const void *params,                   \
                               sl_attribution *out, sl_error *err) {                             \
    return run_cam(call, params, rule_, out, err);                                               \
  }                                                                                              \
  const sl_attrib_method sl_attrib_##name_ = {.item = {.name = #name_,                           \
                                                       .title = title_,                          \
                                                       .help = help_,                            \
                                                       .since = "0.2.0",                         \
                                                       .params = cam_rows,                       \
                                                       .params_size = sizeof(cam_params)},       \
                                              .family = SL_ATTRIB_CAM,                           \
                                              .needs = SL_ATTRIB_NEEDS_LAYER | SL_ATTRIB_SIGNED, \
                                              .source = source_,                                 \
                                              .unfit = sl_cam_layer_unfit,                       \
                                              .run = run_##name_};

CAM_METHOD(grad_cam, sl_cam_grad_cam, "Grad-CAM",
           "Feature maps weighted by how much the target gains from each on average.",
           "Selvaraju et al. 2017, section 3")
CAM_METHOD(grad_cam_plus_plus, grad_cam_plus, "Grad-CAM++",
           "Grad-CAM with weights that count several objects of a class.",
           "Chattopadhay et al. 2018, section 3.3")
CAM_METHOD(x_grad_cam, x_grad_cam, "XGrad-CAM",
           "Grad-CAM with gradients weighted by where a map is active.",
           "Fu et al. 2020, section 3.2")
CAM_METHOD(hires_cam, hires_cam, "HiResCAM",
           "Activation times gradient in every place: faithful where Grad-CAM averages.",
           "Draelos, Carin 2020, section 3.3")
CAM_METHOD(elementwise_cam, elementwise_cam, "Element-wise Grad-CAM",
           "Positive parts of activation times gradient in every place.",
           "pytorch-grad-cam, GradCAMElementWise")
CAM_METHOD(layer_cam, layer_cam, "LayerCAM",
           "Activations weighted by positive gradients in every place; fit for early layers.",
           "Jiang et al. 2021, section III")
