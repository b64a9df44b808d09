// SPDX-License-Identifier: Apache-2.0
// Gradients with another rule at rectifiers: guided backpropagation, deconvolution, and guided
// Grad-CAM.
//
// Rectifiers are Relu and Clip from 0 (ReLU6 of the mobile networks).
//
// Invariant: all other operators keep their exact rule. Start at guided() and deconvolved().
#include <string.h>

#include "attrib/attrib_case.h"
#include "attrib/cam_layer.h"
#include "attrib/grid_resize.h"
#include "grad/rule.h"

// ---- rules --------------------------------------------------------------------------------------

static int is_rectifier(const sl_sweep *sweep, const sl_node *node) {
  if (sl_node_is(node, "Relu")) return 1;
  const sl_constant *low = sl_graph_constant(sweep->graph, sl_node_input(node, 1));
  return low != NULL && low->count == 1 && sl_constant_number(low, 0) == 0;
}

static void add_positive(sl_sweep *sweep, sl_value_id x, sl_value_id g) {
  sl_value_id positive = sl_emit1(sweep, "Relu", g);
  sl_emit_type_of(sweep, positive, x);
  sl_sweep_add(sweep, x, positive);
}

// The positive part of the gradient, where the unit is active.
static sl_status guided(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id g;
  SL_TRY(sl_sweep_apply(sweep, node, sl_sweep_grad(sweep, n.outputs[0]), 0, &g, err));
  if (g != 0 && is_rectifier(sweep, &n))
    add_positive(sweep, n.inputs[0], g);
  else
    sl_sweep_add(sweep, n.inputs[0], g);
  return SL_OK;
}

// The positive part of the gradient, wherever it comes from.
static sl_status deconvolved(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id g = sl_sweep_grad(sweep, n.outputs[0]);
  if (is_rectifier(sweep, &n)) {
    add_positive(sweep, n.inputs[0], g);
    return SL_OK;
  }
  SL_TRY(sl_sweep_apply(sweep, node, g, 0, &g, err));
  sl_sweep_add(sweep, n.inputs[0], g);
  return SL_OK;
}

static const sl_grad_override guided_rules[] = {{"Relu", guided}, {"Clip", guided}};
static const sl_grad_override deconvolution_rules[] = {{"Relu", deconvolved},
                                                       {"Clip", deconvolved}};

static const char *unfit(sl_arena *arena, const sl_white_box *box) {
  (void)arena;
  const sl_graph *graph = sl_white_box_model(box)->graph;
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    const sl_node *node = &graph->nodes[n];
    if (!node->is_removed && (sl_node_is(node, "Relu") || sl_node_is(node, "Clip"))) return NULL;
  }
  return "it has no Relu, and only its rule is changed; saliency is what remains";
}

// ---- at the input -------------------------------------------------------------------------------

typedef struct backward {
  sl_attrib_case *work;
  float *values;
} backward;

static void keep_gradient(void *ctx, int64_t sample, int64_t copy, double value,
                          const float *gradient, const float *const *values) {
  (void)copy, (void)value, (void)values;
  backward *b = ctx;
  int64_t elements = b->work->elements;
  memcpy(b->values + sample * elements, gradient, (size_t)elements * sizeof *gradient);
}

static sl_status sweep_back(sl_attrib_case *work, const char *flavour,
                            const sl_grad_override *rules, sl_error *err) {
  backward b = {.work = work};
  SL_TRY(sl_attrib_case_values(work, NULL, &b.values, err));
  sl_sweep_plan plan = {.copies = 1,
                        .gradients = true,
                        .make = sl_attrib_case_input_row,
                        .take = keep_gradient,
                        .ctx = &b,
                        .flavour = flavour,
                        .overrides = rules,
                        .override_count = 2};
  return sl_attrib_sweep(work->call, &work->start, &plan, work->out, err);
}

static sl_status run_back(const sl_attrib_call *call, const char *flavour,
                          const sl_grad_override *rules, sl_attribution *out, sl_error *err) {
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  sl_status status = sweep_back(&work, flavour, rules, err);
  sl_attrib_case_close(&work);
  return status;
}

static sl_status run_guided_backprop(const sl_attrib_call *call, const void *params,
                                     sl_attribution *out, sl_error *err) {
  (void)params;
  return run_back(call, "guided", guided_rules, out, err);
}

static sl_status run_deconvolution(const sl_attrib_call *call, const void *params,
                                   sl_attribution *out, sl_error *err) {
  (void)params;
  return run_back(call, "deconvolution", deconvolution_rules, out, err);
}

static const sl_row no_rows[] = {SL_ROW_END};

const sl_attrib_method sl_attrib_guided_backprop = {
    .item = {.name = "guided_backprop",
             .title = "Guided backpropagation",
             .help = "Gradients that keep only positive parts through active units: sharp pictures "
                     "of what was seen, hardly of why (Adebayo et al. 2018).",
             .since = "0.2.0",
             .params = no_rows},
    .needs = SL_ATTRIB_SIGNED,
    .source = "Springenberg, Dosovitskiy, Brox, Riedmiller 2014, section 3.4",
    .unfit = unfit,
    .run = run_guided_backprop};

const sl_attrib_method sl_attrib_deconvolution = {
    .item = {.name = "deconvolution",
             .title = "Deconvolution",
             .help = "Gradients that keep only positive parts, through inactive units too.",
             .since = "0.2.0",
             .params = no_rows},
    .needs = SL_ATTRIB_SIGNED,
    .source = "Zeiler, Fergus 2013, section 2",
    .unfit = unfit,
    .run = run_deconvolution};

// ---- guided Grad-CAM ----------------------------------------------------------------------------

typedef struct guided_cam_params {
  int32_t enlarge;
} guided_cam_params;

static const sl_row guided_cam_rows[] = {
    SL_P_ENUM(guided_cam_params, enlarge, sl_grid_resize_choices, SL_GRID_NEAREST,
              "How the map is enlarged to the input's size."),
    SL_ROW_END};

// Multiplies the values of each sample, on every channel, by the positive part of its map, which is
// taken before the map is enlarged, as Captum takes it.
static void multiply_by_map(sl_attrib_case *work, const sl_feature_layer *layer, float *maps,
                            int32_t enlarge) {
  const sl_shape *shape = &work->input.shape;
  int64_t height = shape->dims[2], width = shape->dims[3], places = height * width;
  float *large = SL_NEW_ARRAY(work->call->arena, float, places);
  float *values = work->out->values.data;
  for (int64_t i = 0; i < work->samples * layer->height * layer->width; i++)
    maps[i] = maps[i] > 0 ? maps[i] : 0;
  for (int64_t n = 0; n < work->samples; n++) {
    sl_grid_resize(maps + n * layer->height * layer->width, layer->height, layer->width,
                   (sl_grid_resize_kind)enlarge, height, width, large);
    for (int64_t i = 0; i < work->elements; i++)
      values[n * work->elements + i] *= large[i % places];
  }
}

static sl_status guide_cam(sl_attrib_case *work, const sl_feature_layer *layer,
                           const guided_cam_params *params, sl_error *err) {
  float *maps;
  if (work->input.shape.rank != 4)
    return sl_fail(err, SL_E_UNSUPPORTED, "guided_grad_cam needs an input [N, C, H, W]");
  SL_TRY(sl_cam_layer_grad_cam(work, layer, &maps, err));
  SL_TRY(sweep_back(work, "guided", guided_rules, err));
  multiply_by_map(work, layer, maps, params->enlarge);
  work->out->layer = layer->value;
  return SL_OK;
}

static sl_status run_guided_grad_cam(const sl_attrib_call *call, const void *params,
                                     sl_attribution *out, sl_error *err) {
  sl_attrib_case work;
  sl_feature_layer layer;
  SL_TRY(sl_cam_layer_find(call, &layer, err));
  SL_TRY(sl_attrib_case_open_at(call, layer.value, out, &work, err));
  sl_status status = guide_cam(&work, &layer, params, err);
  sl_attrib_case_close(&work);
  return status;
}

static const char *unfit_cam(sl_arena *arena, const sl_white_box *box) {
  const char *why = sl_cam_layer_unfit(arena, box);
  return why != NULL ? why : unfit(arena, box);
}

const sl_attrib_method sl_attrib_guided_grad_cam = {
    .item = {.name = "guided_grad_cam",
             .title = "Guided Grad-CAM",
             .help = "Guided backpropagation where Grad-CAM is positive.",
             .since = "0.2.0",
             .params = guided_cam_rows,
             .params_size = sizeof(guided_cam_params)},
    .needs = SL_ATTRIB_NEEDS_LAYER | SL_ATTRIB_SIGNED,
    .source = "Selvaraju et al. 2017, section 3.3",
    .unfit = unfit_cam,
    .run = run_guided_grad_cam};
