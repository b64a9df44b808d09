// SPDX-License-Identifier: Apache-2.0
// DeepLIFT with the rescale rule: differences from a baseline instead of slopes.
//
// The multiplier of a nonlinear unit is its change over the change of its input; linear operators
// keep their exact rule. Products of two values that both change take the middle of the other one,
// which keeps the sum exact. Captum's rule for MaxPool is used, with overlapping windows added up.
//
// Invariant: values add up to the target's change where every operator on the way has such a rule;
// where one does not, its gradient is used and a note says so. Start at rescale().
#include <string.h>

#include "attrib/attrib_case.h"
#include "attrib/forward_twin.h"
#include "attrib/row_run.h"
#include "grad/grad_parts.h"

// Changes smaller than this take the gradient: a quotient would be one of rounding errors.
static const double CHANGE_MIN = 1e-6;

// ---- rules --------------------------------------------------------------------------------------

static sl_status change_of(sl_sweep *sweep, sl_value_id value, sl_value_id *out, sl_error *err) {
  sl_value_id twin;
  SL_TRY(sl_twin_of(sl_sweep_context(sweep), sweep, value, &twin, err));
  *out = sl_emit_sub(sweep, value, twin);
  return SL_OK;
}

// `quotient` numerator over change where the change counts, else the gradient.
static sl_value_id divide(sl_sweep *sweep, sl_value_id numerator, sl_value_id change,
                          sl_value_id gradient) {
  sl_value_id size = sl_emit1(sweep, "Abs", change);
  sl_value_id small =
      sl_rule_compare(sweep, "Less", size, sl_emit_number(sweep, change, CHANGE_MIN));
  sl_value_id safe = sl_rule_where(sweep, small, sl_emit_number(sweep, change, 1), change, change);
  return sl_rule_where(sweep, small, gradient, sl_emit_div(sweep, numerator, safe), change);
}

static sl_status rescale(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id g = sl_sweep_grad(sweep, n.outputs[0]), dx, dy, gradient;
  SL_TRY(change_of(sweep, n.inputs[0], &dx, err));
  SL_TRY(change_of(sweep, n.outputs[0], &dy, err));
  SL_TRY(sl_sweep_apply(sweep, node, g, 0, &gradient, err));
  if (gradient != 0)
    sl_sweep_add(sweep, n.inputs[0], divide(sweep, sl_emit_mul(sweep, g, dy), dx, gradient));
  return SL_OK;
}

// The change of the maximum goes in two parts: up to the larger of both maxima to where the input
// has its maximum, the rest to where the baseline has it.
static sl_status rescale_maximum(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id g = sl_sweep_grad(sweep, n.outputs[0]), x = n.inputs[0], y = n.outputs[0];
  sl_value_id dx, gradient, x_twin, y_twin, here, there;
  sl_forward_twin *twin = sl_sweep_context(sweep);
  SL_TRY(change_of(sweep, x, &dx, err));
  SL_TRY(sl_twin_of(twin, sweep, x, &x_twin, err));
  SL_TRY(sl_twin_of(twin, sweep, y, &y_twin, err));
  SL_TRY(sl_sweep_apply(sweep, node, g, 0, &gradient, err));
  if (gradient == 0) return SL_OK;
  sl_value_id top = sl_emit2(sweep, "Max", y, y_twin);
  sl_value_id up = sl_emit_mul(sweep, g, sl_emit_sub(sweep, top, y_twin));
  sl_value_id down = sl_emit_mul(sweep, g, sl_emit_sub(sweep, y, top));
  sl_value_id wide = sl_emit_expand_like(sweep, x_twin, x);
  SL_TRY(sl_rule_max_pool_at(sweep, node, x, up, &here, err));
  SL_TRY(sl_rule_max_pool_at(sweep, node, wide, down, &there, err));
  sl_sweep_add(sweep, x, divide(sweep, sl_emit_add(sweep, here, there), dx, gradient));
  return SL_OK;
}

// The exact rule with the other factor in the middle between input and baseline.
static sl_status halve(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id g = sl_sweep_grad(sweep, n.outputs[0]), parts[2] = {0};
  for (int32_t slot = 0; slot < 2; slot++) {
    sl_value_id other = n.inputs[1 - slot], twin;
    if (!sl_sweep_wants(sweep, n.inputs[slot])) continue;
    SL_TRY(sl_twin_of(sl_sweep_context(sweep), sweep, other, &twin, err));
    if (twin != other)
      sl_graph_set_input(sweep->graph, node, 1 - slot,
                         sl_emit_scale(sweep, sl_emit_add(sweep, other, twin), 0.5));
    sl_status status = sl_sweep_apply(sweep, node, g, slot, &parts[slot], err);
    sl_graph_set_inputs_of(sweep->graph, node, n.inputs, n.input_count);
    SL_TRY(status);
  }
  for (int32_t slot = 0; slot < 2; slot++) sl_sweep_add(sweep, n.inputs[slot], parts[slot]);
  return SL_OK;
}

static sl_status by_gradient(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id g = sl_sweep_grad(sweep, n.outputs[0]);
  sl_sweep_note(sweep, sl_arena_printf(sweep->scratch,
                                       "%s has no rescale rule: its gradient is used, and values "
                                       "do not add up exactly",
                                       n.type));
  for (int32_t slot = 0; slot < n.input_count; slot++) {
    sl_value_id part;
    if (!sl_sweep_wants(sweep, n.inputs[slot])) continue;
    SL_TRY(sl_sweep_apply(sweep, node, g, slot, &part, err));
    sl_sweep_add(sweep, n.inputs[slot], part);
  }
  return SL_OK;
}

static const sl_grad_override rules[] = {
    {"Abs", rescale},
    {"Celu", rescale},
    {"Clip", rescale},
    {"Elu", rescale},
    {"Erf", rescale},
    {"Exp", rescale},
    {"Gelu", rescale},
    {"HardSigmoid", rescale},
    {"HardSwish", rescale},
    {"LeakyRelu", rescale},
    {"Log", rescale},
    {"Mish", rescale},
    {"PRelu", rescale},
    {"Reciprocal", rescale},
    {"Relu", rescale},
    {"Selu", rescale},
    {"Sigmoid", rescale},
    {"Softplus", rescale},
    {"Softsign", rescale},
    {"Sqrt", rescale},
    {"Swish", rescale},
    {"Tanh", rescale},
    {"ThresholdedRelu", rescale},
    {"MaxPool", rescale_maximum},
    {"MatMul", halve},
    {"Mul", halve},
    {"Softmax", by_gradient},
    {"LogSoftmax", by_gradient},
    {"LayerNormalization", by_gradient},
    {"Div", by_gradient},
    {"Pow", by_gradient},
    {"GlobalMaxPool", by_gradient},
    {"ReduceMax", by_gradient},
};
enum { RULE_COUNT = sizeof rules / sizeof *rules };

// ---- the run ------------------------------------------------------------------------------------

typedef struct lift {
  sl_attrib_case *work;
  int64_t first;  // sample that is sample 0 of the sweep
  float *values;
} lift;

static void input_row(void *ctx, int64_t sample, int64_t copy, float *row) {
  (void)copy;
  const lift *l = ctx;
  memcpy(row, l->work->x + (l->first + sample) * l->work->elements,
         (size_t)l->work->elements * sizeof *row);
}

static void take_multipliers(void *ctx, int64_t sample, int64_t copy, double value,
                             const float *gradient, const float *const *values) {
  (void)copy, (void)value, (void)values;
  lift *l = ctx;
  int64_t n = l->first + sample, elements = l->work->elements;
  const float *x = l->work->x + n * elements, *from = sl_attrib_case_baseline(l->work, n);
  for (int64_t i = 0; i < elements; i++)
    l->values[n * elements + i] = gradient[i] * (x[i] - from[i]);
}

// The baseline of a sample as the twin takes it.
static sl_status make_extra(const sl_attrib_case *work, int64_t sample, sl_tensor *out,
                            sl_error *err) {
  int64_t fixed = sl_white_box_batch(work->call->box), rows = fixed > 0 ? fixed : 1;
  sl_shape shape = work->input.shape;
  shape.dims[0] = rows;
  SL_TRY(sl_tensor_new(SL_DTYPE_F32, &shape, out, err));
  for (int64_t i = 0; i < rows; i++)
    memcpy((float *)out->data + i * work->elements, sl_attrib_case_baseline(work, sample),
           (size_t)work->elements * sizeof(float));
  return SL_OK;
}

// Samples [first, first + count), which share a baseline.
static sl_status lift_some(lift *l, int64_t first, int64_t count, sl_error *err) {
  sl_attrib_case *work = l->work;
  sl_tensor extra;
  SL_TRY(make_extra(work, first, &extra, err));
  sl_forward_twin twin = {.input = sl_white_box_input(work->call->box)};
  sl_attrib_start start = work->start;
  start.value = sl_tensor_rows(&work->start.value, first, count);
  start.numbers += first;
  start.targets += first;
  start.samples = count;
  l->first = first;
  sl_sweep_plan plan = {.copies = 1,
                        .gradients = true,
                        .make = input_row,
                        .take = take_multipliers,
                        .ctx = l,
                        .flavour = "deep_lift",
                        .overrides = rules,
                        .override_count = RULE_COUNT,
                        .context = &twin,
                        .extras = &extra,
                        .extra_count = 1};
  sl_status status = sl_attrib_sweep(work->call, &start, &plan, work->out, err);
  sl_tensor_release(&start.value);
  sl_tensor_release(&extra);
  return status;
}

static sl_status lift_all(lift *l, sl_error *err) {
  sl_attrib_case *work = l->work;
  SL_TRY(sl_attrib_case_pair(work, err));
  SL_TRY(sl_attrib_case_values(work, NULL, &l->values, err));
  int64_t step = work->baseline_rows > 1 ? 1 : work->samples;
  for (int64_t n = 0; n < work->samples; n += step) SL_TRY(lift_some(l, n, step, err));
  double *at_baseline = SL_NEW_ARRAY(work->call->arena, double, work->samples);
  SL_TRY(sl_attrib_case_at_baseline(work, at_baseline, err));
  work->out->delta = SL_NEW_ARRAY(work->call->arena, double, work->samples);
  for (int64_t n = 0; n < work->samples; n++) {
    double sum = 0;
    for (int64_t i = 0; i < work->elements; i++) sum += (double)l->values[n * work->elements + i];
    work->out->delta[n] = sum - (work->start.numbers[n] - at_baseline[n]);
  }
  return SL_OK;
}

static sl_status run_deep_lift(const sl_attrib_call *call, const void *params, sl_attribution *out,
                               sl_error *err) {
  (void)params;
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  lift l = {.work = &work};
  sl_status status = lift_all(&l, err);
  sl_attrib_case_close(&work);
  return status;
}

static const char *unfit(sl_arena *arena, const sl_white_box *box) {
  const sl_graph *graph = sl_white_box_model(box)->graph;
  const sl_type *type = &graph->values[sl_white_box_input(box)].type;
  if (type->element == SL_ELEMENT_F32) return NULL;
  return sl_arena_printf(arena, "its input is %s, and baselines are compared in float32",
                         sl_type_text(arena, type));
}

static const sl_row no_rows[] = {SL_ROW_END};

const sl_attrib_method sl_attrib_deep_lift = {
    .item = {.name = "deep_lift",
             .title = "DeepLIFT",
             .help = "Differences from a baseline carried back through every unit (rescale rule): "
                     "the values add up to the target's change, at the price of one gradient.",
             .since = "0.2.0",
             .params = no_rows},
    .needs = SL_ATTRIB_SIGNED | SL_ATTRIB_NEEDS_BASELINE,
    .source = "Shrikumar, Greenside, Kundaje 2017, section 3.5.1",
    .unfit = unfit,
    .run = run_deep_lift};
