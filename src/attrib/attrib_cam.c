// SPDX-License-Identifier: Apache-2.0
// Class activation maps from a layer's activations and gradients.
//
// Invariant: a map has the size of the layer's grid; who shows it makes it larger. Definitions and
// constants are those of pytorch-grad-cam, so that maps agree. Start at run_cam().
#include <math.h>
#include <string.h>

#include "attrib/attrib_sweep.h"
#include "attrib/feature_layer.h"

typedef struct cam_params {
  bool positive;
} cam_params;

static const sl_row cam_rows[] = {
    SL_P_BOOL(cam_params, positive, 1,
              "Only what speaks for the target (ReLU of the map); off keeps the sign."),
    SL_ROW_END};

// One sample's map from its activations and gradients, both as sl_feature_at() says.
typedef void (*cam_rule)(const sl_feature_layer *layer, const float *activations,
                         const float *gradients, double *map);

typedef struct cam {
  const float *input;
  int64_t elements;
  sl_feature_layer layer;
  cam_rule rule;
  int positive;
  double *map;
  float *out;
} cam;

static void copy_row(void *ctx, int64_t sample, int64_t copy, float *row) {
  (void)copy;
  const cam *c = ctx;
  memcpy(row, c->input + sample * c->elements, (size_t)c->elements * sizeof *row);
}

static void take_map(void *ctx, int64_t sample, int64_t copy, double value, const float *gradient,
                     const float *const *values) {
  (void)copy, (void)value;
  cam *c = ctx;
  int64_t places = c->layer.height * c->layer.width;
  memset(c->map, 0, (size_t)places * sizeof *c->map);
  c->rule(&c->layer, values[0], gradient, c->map);
  for (int64_t i = 0; i < places; i++)
    c->out[sample * places + i] = (float)(c->positive ? fmax(c->map[i], 0) : c->map[i]);
}

static sl_status make_values(const sl_attrib_call *call, const sl_attrib_start *start,
                             const sl_feature_layer *layer, sl_attribution *out, sl_error *err) {
  sl_shape shape = {.rank = 4, .dims = {start->samples, 1, layer->height, layer->width}};
  sl_shape numbers = {.rank = 1, .dims = {start->samples}};
  SL_TRY(sl_tensor_new(SL_DTYPE_F32, &shape, &out->values, err));
  SL_TRY(sl_tensor_new(SL_DTYPE_F64, &numbers, &out->target_values, err));
  memcpy(out->target_values.data, start->numbers, (size_t)start->samples * sizeof(double));
  out->layer = layer->value;
  (void)call;
  return SL_OK;
}

static sl_status sweep_layer(const sl_attrib_call *call, const cam_params *params, cam_rule rule,
                             const sl_tensor *input, const sl_attrib_start *start,
                             sl_attribution *out, sl_error *err) {
  cam c = {.input = input->data,
           .elements = start->elements,
           .rule = rule,
           .positive = params->positive};
  sl_value_id value =
      call->layer != 0 ? call->layer : sl_feature_layer_last(call->box, call->target->value);
  if (value == 0)
    return sl_fail(err, SL_E_UNSUPPORTED, "model \"%s\" has no layer that is a grid of places",
                   sl_white_box_name(call->box));
  SL_TRY(sl_feature_layer_of(call->box, value, &c.layer, err));
  SL_TRY(make_values(call, start, &c.layer, out, err));
  c.map = SL_NEW_ARRAY(call->arena, double, c.layer.height *c.layer.width);
  c.out = out->values.data;
  sl_sweep_plan plan = {.copies = 1,
                        .gradients = true,
                        .wrt = value,
                        .values = &value,
                        .value_count = 1,
                        .make = copy_row,
                        .take = take_map,
                        .ctx = &c};
  return sl_attrib_sweep(call, start, &plan, out, err);
}

static sl_status run_cam(const sl_attrib_call *call, const void *params, cam_rule rule,
                         sl_attribution *out, sl_error *err) {
  sl_attrib_start start;
  sl_tensor input;
  SL_TRY(sl_tensor_to_f32(call->input, &input, err));
  sl_status status = sl_attrib_begin(call, &start, err);
  if (status == SL_OK) {
    status = sweep_layer(call, params, rule, &input, &start, out, err);
    sl_attrib_end(&start);
  }
  sl_tensor_release(&input);
  return status;
}

static const char *unfit(sl_arena *arena, const sl_white_box *box) {
  (void)arena;
  return sl_feature_layer_last(box, sl_white_box_output(box)) == 0
             ? "it has no layer that is a grid of places"
             : NULL;
}

// ---- the rules ----------------------------------------------------------------------------------

static void add_weighted(const sl_feature_layer *l, int64_t channel, double weight,
                         const float *activations, double *map) {
  for (int64_t i = 0; i < l->height * l->width; i++)
    map[i] += weight * (double)activations[sl_feature_at(l, channel, i)];
}

static void grad_cam(const sl_feature_layer *l, const float *activations, const float *gradients,
                     double *map) {
  int64_t places = l->height * l->width;
  for (int64_t c = 0; c < l->channels; c++) {
    double sum = 0;
    for (int64_t i = 0; i < places; i++) sum += (double)gradients[sl_feature_at(l, c, i)];
    add_weighted(l, c, sum / (double)places, activations, map);
  }
}

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
    add_weighted(l, c, weight, activations, map);
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
    add_weighted(l, c, product / (total + 1e-7), activations, map);
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
                                              .unfit = unfit,                                    \
                                              .run = run_##name_};

CAM_METHOD(grad_cam, grad_cam, "Grad-CAM",
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
