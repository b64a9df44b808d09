// SPDX-License-Identifier: Apache-2.0
// What the units of a layer contribute: layer gradient x activation, layer integrated gradients,
// layer conductance, internal influence.
//
// Values have the shape of the layer. For one unit's own input attribution, take the unit as the
// target ("layer4[12,3,3]") of any other method.
//
// Invariant: sums are made in double, and copies of a sample come in the order of the path. Start
// at run_layer().
#include <string.h>

#include "attrib/attrib_case.h"
#include "attrib/feature_layer.h"
#include "attrib/quadrature.h"

typedef struct layer_params {
  int64_t steps;
  int32_t rule;
} layer_params;

static const sl_row layer_rows[] = {
    SL_P_INT(layer_params, steps, 1, 4096, 50, "steps", "Points on the path."),
    SL_P_ENUM(layer_params, rule, sl_quadrature_choices, SL_QUADRATURE_GAUSS_LEGENDRE,
              "How the path is sampled."),
    SL_ROW_END};
static const sl_row no_rows[] = {SL_ROW_END};

typedef struct layered {
  sl_attrib_case *work;
  const layer_params *params;
  sl_value_id layer;
  int64_t size;  // elements of the layer
  double *nodes, *weights;
  double *sums;           // [samples * size]
  float *at_x, *at_from;  // [samples * size]: the layer at input and baseline
  float *before;          // [2 * size]: activations and gradient of the copy before
} layered;

static sl_status find_layer(layered *l, sl_error *err) {
  const sl_attrib_call *call = l->work->call;
  l->layer = call->layer != 0 ? call->layer : sl_feature_layer_last(call->box, call->target->value);
  if (l->layer == 0)
    return sl_fail(err, SL_E_ARG, "model \"%s\": name a layer, none was found",
                   sl_white_box_name(call->box));
  l->size = sl_attrib_row_elements(call->box, l->layer);
  if (l->size > 0) return SL_OK;
  return sl_fail(err, SL_E_UNSUPPORTED, "the shape of layer \"%s\" is not known",
                 sl_white_box_model(call->box)->graph->values[l->layer].name);
}

static sl_status make_values(layered *l, sl_error *err) {
  const sl_type *type = &sl_white_box_model(l->work->call->box)->graph->values[l->layer].type;
  sl_shape shape = {.rank = type->rank, .dims = {l->work->samples}};
  for (int32_t d = 1; d < type->rank; d++) shape.dims[d] = type->dims[d].fixed;
  float *values;
  SL_TRY(sl_attrib_case_values(l->work, &shape, &values, err));
  for (int64_t i = 0; i < l->work->samples * l->size; i++) values[i] = (float)l->sums[i];
  l->work->out->layer = l->layer;
  return SL_OK;
}

static void make_point(void *ctx, int64_t sample, int64_t copy, float *row) {
  const layered *l = ctx;
  int64_t elements = l->work->elements;
  const float *x = l->work->x + sample * elements;
  const float *from = sl_attrib_case_baseline(l->work, sample);
  float alpha = (float)l->nodes[copy];
  for (int64_t i = 0; i < elements; i++) row[i] = from[i] + alpha * (x[i] - from[i]);
}

static sl_status make_nodes(layered *l, int64_t count, sl_error *err) {
  SL_TRY(sl_attrib_case_pair(l->work, err));
  l->nodes = SL_NEW_ARRAY(l->work->call->arena, double, count);
  l->weights = SL_NEW_ARRAY(l->work->call->arena, double, count);
  sl_quadrature_points((sl_quadrature)l->params->rule, count, l->nodes, l->weights);
  return SL_OK;
}

// A sweep of inputs that gives the layer's values and gradients.
static sl_sweep_plan layer_plan(layered *l, int64_t copies) {
  return (sl_sweep_plan){.copies = copies,
                         .gradients = true,
                         .wrt = l->layer,
                         .values = &l->layer,
                         .value_count = 1,
                         .make = make_point,
                         .ctx = l};
}

// ---- gradient x activation ----------------------------------------------------------------------

static void take_product(void *ctx, int64_t sample, int64_t copy, double value,
                         const float *gradient, const float *const *values) {
  (void)copy, (void)value;
  layered *l = ctx;
  for (int64_t i = 0; i < l->size; i++)
    l->sums[sample * l->size + i] = (double)gradient[i] * (double)values[0][i];
}

static sl_status gradient_x_activation(layered *l, sl_error *err) {
  sl_sweep_plan plan = layer_plan(l, 1);
  plan.make = sl_attrib_case_input_row;
  plan.take = take_product;
  return sl_attrib_sweep(l->work->call, &l->work->start, &plan, l->work->out, err);
}

// ---- internal influence -------------------------------------------------------------------------

static void add_influence(void *ctx, int64_t sample, int64_t copy, double value,
                          const float *gradient, const float *const *values) {
  (void)value, (void)values;
  layered *l = ctx;
  for (int64_t i = 0; i < l->size; i++)
    l->sums[sample * l->size + i] += l->weights[copy] * (double)gradient[i];
}

static sl_status internal_influence(layered *l, sl_error *err) {
  SL_TRY(make_nodes(l, l->params->steps, err));
  sl_sweep_plan plan = layer_plan(l, l->params->steps);
  plan.take = add_influence;
  return sl_attrib_sweep(l->work->call, &l->work->start, &plan, l->work->out, err);
}

// ---- conductance --------------------------------------------------------------------------------

// The gradient at each point times how far the layer moves to the next one.
static void add_conductance(void *ctx, int64_t sample, int64_t copy, double value,
                            const float *gradient, const float *const *values) {
  (void)value;
  layered *l = ctx;
  float *activations = l->before, *slopes = l->before + l->size;
  double *sums = l->sums + sample * l->size;
  for (int64_t i = 0; copy > 0 && i < l->size; i++)
    sums[i] += (double)slopes[i] * ((double)values[0][i] - (double)activations[i]);
  memcpy(activations, values[0], (size_t)l->size * sizeof *activations);
  memcpy(slopes, gradient, (size_t)l->size * sizeof *slopes);
}

static sl_status conductance(layered *l, sl_error *err) {
  int64_t copies = l->params->steps + 1;
  SL_TRY(make_nodes(l, copies, err));
  l->before = SL_NEW_ARRAY(l->work->call->arena, float, 2 * l->size);
  sl_sweep_plan plan = layer_plan(l, copies);
  plan.take = add_conductance;
  return sl_attrib_sweep(l->work->call, &l->work->start, &plan, l->work->out, err);
}

// ---- integrated gradients of the layer ----------------------------------------------------------

static void make_end(void *ctx, int64_t sample, int64_t copy, float *row) {
  const layered *l = ctx;
  const float *from = copy == 0 ? l->work->x + sample * l->work->elements
                                : sl_attrib_case_baseline(l->work, sample);
  memcpy(row, from, (size_t)l->work->elements * sizeof *row);
}

static void keep_end(void *ctx, int64_t sample, int64_t copy, double value, const float *gradient,
                     const float *const *values) {
  (void)value, (void)gradient;
  layered *l = ctx;
  float *to = (copy == 0 ? l->at_x : l->at_from) + sample * l->size;
  memcpy(to, values[0], (size_t)l->size * sizeof *to);
}

static void make_layer_point(void *ctx, int64_t sample, int64_t copy, float *row) {
  const layered *l = ctx;
  const float *x = l->at_x + sample * l->size, *from = l->at_from + sample * l->size;
  float alpha = (float)l->nodes[copy];
  for (int64_t i = 0; i < l->size; i++) row[i] = from[i] + alpha * (x[i] - from[i]);
}

static sl_status integrated(layered *l, sl_error *err) {
  sl_attrib_case *work = l->work;
  int64_t count = work->samples * l->size;
  SL_TRY(make_nodes(l, l->params->steps, err));
  l->at_x = SL_NEW_ARRAY(work->call->arena, float, 2 * count);
  l->at_from = l->at_x + count;
  sl_sweep_plan ends = {.copies = 2,
                        .values = &l->layer,
                        .value_count = 1,
                        .make = make_end,
                        .take = keep_end,
                        .ctx = l};
  SL_TRY(sl_attrib_sweep(work->call, &work->start, &ends, work->out, err));
  sl_sweep_plan plan = {.copies = l->params->steps,
                        .from = l->layer,
                        .gradients = true,
                        .wrt = l->layer,
                        .make = make_layer_point,
                        .take = add_influence,
                        .ctx = l};
  SL_TRY(sl_attrib_sweep(work->call, &work->start, &plan, work->out, err));
  for (int64_t i = 0; i < count; i++) l->sums[i] *= (double)l->at_x[i] - (double)l->at_from[i];
  return SL_OK;
}

// ---- the rows -----------------------------------------------------------------------------------

typedef sl_status (*layer_method)(layered *l, sl_error *err);

static sl_status sum_layer(layered *l, layer_method method, sl_error *err) {
  SL_TRY(find_layer(l, err));
  SL_TRY(sl_attrib_case_sums(l->work, l->work->samples * l->size, &l->sums, err));
  SL_TRY(method(l, err));
  return make_values(l, err);
}

static sl_status run_layer(const sl_attrib_call *call, const void *params, layer_method method,
                           sl_attribution *out, sl_error *err) {
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  layered l = {.work = &work, .params = params};
  sl_status status = sum_layer(&l, method, err);
  sl_attrib_case_close(&work);
  return status;
}

#define LAYER_METHOD(name_, method_, rows_, size_, needs_, title_, help_, source_) \
  static sl_status run_##name_(const sl_attrib_call *call, const void *params,     \
                               sl_attribution *out, sl_error *err) {               \
    return run_layer(call, params, method_, out, err);                             \
  }                                                                                \
  const sl_attrib_method sl_attrib_##name_ = {                                     \
      .item = {.name = #name_,                                                     \
               .title = title_,                                                    \
               .help = help_,                                                      \
               .since = "0.2.0",                                                   \
               .params = rows_,                                                    \
               .params_size = size_},                                              \
      .needs = SL_ATTRIB_NEEDS_LAYER | SL_ATTRIB_SIGNED | (needs_),                \
      .source = source_,                                                           \
      .run = run_##name_};

LAYER_METHOD(layer_gradient_x_activation, gradient_x_activation, no_rows, 0, 0,
             "Layer gradient x activation", "A first-order share of each unit of a layer.",
             "as in Captum, LayerGradientXActivation")
LAYER_METHOD(layer_integrated_gradients, integrated, layer_rows, sizeof(layer_params),
             SL_ATTRIB_NEEDS_BASELINE, "Layer integrated gradients",
             "Gradients summed along a straight way of the layer's own values, from those at the "
             "baseline.",
             "Sundararajan, Taly, Yan 2017; as in Captum, LayerIntegratedGradients")
LAYER_METHOD(layer_conductance, conductance, layer_rows, sizeof(layer_params),
             SL_ATTRIB_NEEDS_BASELINE, "Layer conductance",
             "How much of the target's change from the baseline flows through each unit.",
             "Dhamdhere, Sundararajan, Yan 2018, section 3; Shrikumar, Su, Kundaje 2018")
LAYER_METHOD(internal_influence, internal_influence, layer_rows, sizeof(layer_params),
             SL_ATTRIB_NEEDS_BASELINE, "Internal influence",
             "Gradients by each unit, averaged along the way from the baseline.",
             "Leino, Sen, Datta, Fredrikson, Li 2018, section 3")
