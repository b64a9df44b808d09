// SPDX-License-Identifier: Apache-2.0
// Layers and maps that the CAM methods share.
#include "attrib/cam_layer.h"

#include <string.h>

sl_status sl_cam_layer_find(const sl_attrib_call *call, sl_feature_layer *out, sl_error *err) {
  sl_value_id value =
      call->layer != 0 ? call->layer : sl_feature_layer_last(call->box, call->target->value);
  if (value == 0)
    return sl_fail(err, SL_E_UNSUPPORTED, "model \"%s\" has no layer that is a grid of places",
                   sl_white_box_name(call->box));
  return sl_feature_layer_of(call->box, value, out, err);
}

const char *sl_cam_layer_unfit(sl_arena *arena, const sl_white_box *box) {
  (void)arena;
  return sl_feature_layer_last(box, sl_white_box_output(box)) == 0
             ? "it has no layer that is a grid of places"
             : NULL;
}

typedef struct maps_sweep {
  sl_attrib_case *work;
  const sl_feature_layer *layer;
  sl_cam_rule rule;
  double *map;
  float *out;
} maps_sweep;

// The layer's values that came with the target, so that only what lies behind the layer runs.
static const float *kept_values(const sl_attrib_case *work, const sl_feature_layer *layer) {
  const sl_tensor *kept = &work->start.layer;
  int fits = kept->buffer != NULL && kept->dtype == SL_DTYPE_F32 &&
             sl_shape_count(&kept->shape) == work->samples * layer->elements;
  return fits ? kept->data : NULL;
}

static void make_layer_row(void *ctx, int64_t sample, int64_t copy, float *row) {
  (void)copy;
  const maps_sweep *m = ctx;
  memcpy(row, kept_values(m->work, m->layer) + sample * m->layer->elements,
         (size_t)m->layer->elements * sizeof *row);
}

static void take_map(void *ctx, int64_t sample, int64_t copy, double value, const float *gradient,
                     const float *const *values) {
  (void)copy, (void)value;
  maps_sweep *m = ctx;
  int64_t places = m->layer->height * m->layer->width;
  memset(m->map, 0, (size_t)places * sizeof *m->map);
  const float *kept = kept_values(m->work, m->layer);
  const float *activations = kept != NULL ? kept + sample * m->layer->elements : values[0];
  m->rule(m->layer, activations, gradient, m->map);
  for (int64_t i = 0; i < places; i++) m->out[sample * places + i] = (float)m->map[i];
}

sl_status sl_cam_layer_maps(sl_attrib_case *work, const sl_feature_layer *layer, sl_cam_rule rule,
                            float **maps, sl_error *err) {
  int64_t places = layer->height * layer->width;
  maps_sweep m = {.work = work,
                  .layer = layer,
                  .rule = rule,
                  .map = SL_NEW_ARRAY(work->call->arena, double, places),
                  .out = SL_NEW_ARRAY(work->call->arena, float, work->samples *places)};
  sl_sweep_plan plan = {.copies = 1,
                        .gradients = true,
                        .wrt = layer->value,
                        .values = &layer->value,
                        .value_count = 1,
                        .make = sl_attrib_case_input_row,
                        .take = take_map,
                        .ctx = &m};
  if (kept_values(work, layer) != NULL) {
    plan.from = layer->value;
    plan.value_count = 0;
    plan.make = make_layer_row;
  }
  *maps = m.out;
  return sl_attrib_sweep(work->call, &work->start, &plan, work->out, err);
}

void sl_cam_grad_cam(const sl_feature_layer *l, const float *activations, const float *gradients,
                     double *map) {
  int64_t places = l->height * l->width;
  for (int64_t c = 0; c < l->channels; c++) {
    double sum = 0;
    for (int64_t i = 0; i < places; i++) sum += (double)gradients[sl_feature_at(l, c, i)];
    sl_cam_add_weighted(l, c, sum / (double)places, activations, map);
  }
}

sl_status sl_cam_layer_grad_cam(sl_attrib_case *work, const sl_feature_layer *layer, float **maps,
                                sl_error *err) {
  return sl_cam_layer_maps(work, layer, sl_cam_grad_cam, maps, err);
}

typedef struct activation_sweep {
  sl_attrib_case *work;
  int64_t elements;
  float *out;
} activation_sweep;

static void take_activations(void *ctx, int64_t sample, int64_t copy, double value,
                             const float *gradient, const float *const *values) {
  (void)copy, (void)value, (void)gradient;
  activation_sweep *a = ctx;
  memcpy(a->out + sample * a->elements, values[0], (size_t)a->elements * sizeof *a->out);
}

sl_status sl_cam_layer_activations(sl_attrib_case *work, const sl_feature_layer *layer,
                                   float **activations, sl_error *err) {
  if (kept_values(work, layer) != NULL) {
    *activations = work->start.layer.data;
    return SL_OK;
  }
  activation_sweep a = {.work = work, .elements = layer->elements};
  void *room;
  SL_TRY(sl_arena_try_push(work->call->arena, (size_t)(work->samples * layer->elements),
                           sizeof(float), SIZE_MAX, "activations", &room, err));
  a.out = *activations = room;
  sl_sweep_plan plan = {.copies = 1,
                        .values = &layer->value,
                        .value_count = 1,
                        .make = sl_attrib_case_input_row,
                        .take = take_activations,
                        .ctx = &a};
  return sl_attrib_sweep(work->call, &work->start, &plan, work->out, err);
}

void sl_cam_add_weighted(const sl_feature_layer *l, int64_t channel, double weight,
                         const float *activations, double *map) {
  for (int64_t i = 0; i < l->height * l->width; i++)
    map[i] += weight * (double)activations[sl_feature_at(l, channel, i)];
}

sl_status sl_cam_layer_finish(sl_attrib_case *work, const sl_feature_layer *layer,
                              const float *maps, int positive, sl_error *err) {
  sl_shape shape = {.rank = 4, .dims = {work->samples, 1, layer->height, layer->width}};
  float *values;
  SL_TRY(sl_attrib_case_values(work, &shape, &values, err));
  for (int64_t i = 0; i < sl_shape_count(&shape); i++)
    values[i] = positive && maps[i] < 0 ? 0 : maps[i];
  work->out->layer = layer->value;
  return SL_OK;
}
