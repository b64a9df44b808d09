// SPDX-License-Identifier: Apache-2.0
// Gradients at the input and along a straight path from a baseline: saliency, gradient x input,
// integrated gradients.
//
// Invariant: sums over steps are made in double. Start at sl_attrib_integrated_gradients.
#include <math.h>
#include <string.h>

#include "attrib/attrib_sweep.h"
#include "attrib/quadrature.h"

// ---- one gradient at the input ------------------------------------------------------------------

typedef struct single {
  const float *input;
  float *out;
  int64_t elements;
} single;

static void copy_row(void *ctx, int64_t sample, int64_t copy, float *row) {
  (void)copy;
  const single *s = ctx;
  memcpy(row, s->input + sample * s->elements, (size_t)s->elements * sizeof *row);
}

static void keep_gradient(void *ctx, int64_t sample, int64_t copy, double value,
                          const float *gradient, const float *const *values) {
  (void)copy, (void)value, (void)values;
  single *s = ctx;
  memcpy(s->out + sample * s->elements, gradient, (size_t)s->elements * sizeof *gradient);
}

static sl_status new_values(const sl_attrib_call *call, const sl_attrib_start *start,
                            sl_attribution *out, sl_error *err) {
  SL_TRY(sl_tensor_new(SL_DTYPE_F32, &call->input->shape, &out->values, err));
  sl_shape numbers = {.rank = 1, .dims = {start->samples}};
  SL_TRY(sl_tensor_new(SL_DTYPE_F64, &numbers, &out->target_values, err));
  memcpy(out->target_values.data, start->numbers, (size_t)start->samples * sizeof(double));
  return SL_OK;
}

// The gradient at the input in out->values; `input` is its float32 form.
static sl_status gradient_at_input(const sl_attrib_call *call, sl_tensor *input,
                                   sl_attribution *out, sl_error *err) {
  sl_attrib_start start;
  SL_TRY(sl_tensor_to_f32(call->input, input, err));
  SL_TRY(sl_attrib_begin(call, &start, err));
  sl_status status = new_values(call, &start, out, err);
  single s = {.input = input->data, .out = out->values.data, .elements = start.elements};
  sl_sweep_plan plan = {
      .copies = 1, .gradients = true, .make = copy_row, .take = keep_gradient, .ctx = &s};
  if (status == SL_OK) status = sl_attrib_sweep(call, &start, &plan, out, err);
  sl_attrib_end(&start);
  return status;
}

typedef struct saliency_params {
  bool absolute;
} saliency_params;

static const sl_row saliency_rows[] = {
    SL_P_BOOL(saliency_params, absolute, 1, "Magnitude of the gradient; off keeps its sign."),
    SL_ROW_END};

static sl_status run_saliency(const sl_attrib_call *call, const void *params, sl_attribution *out,
                              sl_error *err) {
  const saliency_params *p = params;
  sl_tensor input = {0};
  sl_status status = gradient_at_input(call, &input, out, err);
  float *values = out->values.data;
  int64_t count = status == SL_OK ? sl_shape_count(&out->values.shape) : 0;
  for (int64_t i = 0; p->absolute && i < count; i++) values[i] = fabsf(values[i]);
  sl_tensor_release(&input);
  return status;
}

const sl_attrib_method sl_attrib_saliency = {
    .item = {.name = "saliency",
             .title = "Saliency",
             .help = "The gradient of the target by the input: where a small change counts most.",
             .since = "0.2.0",
             .params = saliency_rows,
             .params_size = sizeof(saliency_params)},
    .source = "Simonyan, Vedaldi, Zisserman 2013, section 3",
    .run = run_saliency};

static const sl_row no_rows[] = {SL_ROW_END};

static sl_status run_input_x_gradient(const sl_attrib_call *call, const void *params,
                                      sl_attribution *out, sl_error *err) {
  (void)params;
  sl_tensor input = {0};
  sl_status status = gradient_at_input(call, &input, out, err);
  float *values = out->values.data;
  int64_t count = status == SL_OK ? sl_shape_count(&out->values.shape) : 0;
  for (int64_t i = 0; i < count; i++) values[i] *= ((const float *)input.data)[i];
  sl_tensor_release(&input);
  return status;
}

const sl_attrib_method sl_attrib_input_x_gradient = {
    .item = {.name = "input_x_gradient",
             .title = "Gradient x input",
             .help = "The gradient times the input: a first-order share of each element.",
             .since = "0.2.0",
             .params = no_rows},
    .needs = SL_ATTRIB_SIGNED,
    .source = "Shrikumar, Greenside, Shcherbina, Kundaje 2016",
    .run = run_input_x_gradient};

// ---- integrated gradients -----------------------------------------------------------------------

typedef struct path_params {
  int64_t steps;
  int32_t rule;
  double delta_below;
  int64_t steps_max;
} path_params;

static const sl_row path_rows[] = {
    SL_P_INT(path_params, steps, 1, 4096, 50, "steps", "Points on the path."),
    SL_P_ENUM(path_params, rule, sl_quadrature_choices, SL_QUADRATURE_GAUSS_LEGENDRE,
              "How the path is sampled."),
    SL_P_REAL(path_params, delta_below, 0, 1e9, 0, NULL,
              "Doubles the steps until the completeness delta of every sample is below this part "
              "of the target's change; 0 keeps the steps."),
    SL_P_INT(path_params, steps_max, 1, 65536, 1024, "steps", "Where doubling ends."), SL_ROW_END};

typedef struct path {
  const float *input, *baseline;
  int64_t elements, baseline_rows;  // 1: one baseline for all samples
  const double *nodes, *weights;
  double *sums;  // [samples * elements]
} path;

static const float *baseline_of(const path *p, int64_t sample) {
  return p->baseline + (p->baseline_rows > 1 ? sample * p->elements : 0);
}

static void point_on_path(void *ctx, int64_t sample, int64_t copy, float *row) {
  const path *p = ctx;
  const float *x = p->input + sample * p->elements, *from = baseline_of(p, sample);
  float alpha = (float)p->nodes[copy];
  for (int64_t i = 0; i < p->elements; i++) row[i] = from[i] + alpha * (x[i] - from[i]);
}

static void add_gradient(void *ctx, int64_t sample, int64_t copy, double value,
                         const float *gradient, const float *const *values) {
  (void)value, (void)values;
  path *p = ctx;
  double *sums = p->sums + sample * p->elements, weight = p->weights[copy];
  for (int64_t i = 0; i < p->elements; i++) sums[i] += weight * (double)gradient[i];
}

// The target at the baselines: [samples].
typedef struct ends {
  const path *p;
  double *numbers;
} ends;

static void at_baseline(void *ctx, int64_t sample, int64_t copy, float *row) {
  (void)copy;
  const ends *e = ctx;
  memcpy(row, baseline_of(e->p, sample), (size_t)e->p->elements * sizeof *row);
}

static void keep_number(void *ctx, int64_t sample, int64_t copy, double value,
                        const float *gradient, const float *const *values) {
  (void)copy, (void)gradient, (void)values;
  ((ends *)ctx)->numbers[sample] = value;
}

static sl_status integrate(const sl_attrib_call *call, const sl_attrib_start *start, path *p,
                           int64_t steps, int32_t rule, sl_attribution *out, sl_error *err) {
  double *nodes = SL_NEW_ARRAY(call->arena, double, steps),
         *weights = SL_NEW_ARRAY(call->arena, double, steps);
  sl_quadrature_points((sl_quadrature)rule, steps, nodes, weights);
  p->nodes = nodes;
  p->weights = weights;
  memset(p->sums, 0, (size_t)(start->samples * p->elements) * sizeof *p->sums);
  sl_sweep_plan plan = {
      .copies = steps, .gradients = true, .make = point_on_path, .take = add_gradient, .ctx = p};
  return sl_attrib_sweep(call, start, &plan, out, err);
}

// Values and the completeness delta; returns the largest delta as a part of the target's change.
static double finish_path(const path *p, const sl_attrib_start *start, const double *at_start,
                          sl_attribution *out) {
  double worst = 0;
  float *values = out->values.data;
  for (int64_t n = 0; n < start->samples; n++) {
    const float *x = p->input + n * p->elements, *from = baseline_of(p, n);
    double sum = 0, change = start->numbers[n] - at_start[n];
    for (int64_t i = 0; i < p->elements; i++) {
      double value = ((double)x[i] - (double)from[i]) * p->sums[n * p->elements + i];
      values[n * p->elements + i] = (float)value;
      sum += value;
    }
    out->delta[n] = sum - change;
    worst = fmax(worst, fabs(out->delta[n]) / fmax(fabs(change), 1e-12));
  }
  return worst;
}

static sl_status run_path(const sl_attrib_call *call, const path_params *params,
                          const sl_attrib_start *start, path *p, sl_attribution *out,
                          sl_error *err) {
  double *at_start = SL_NEW_ARRAY(call->arena, double, start->samples + 1);
  ends e = {.p = p, .numbers = at_start};
  sl_sweep_plan plan = {.copies = 1, .make = at_baseline, .take = keep_number, .ctx = &e};
  SL_TRY(new_values(call, start, out, err));
  SL_TRY(sl_attrib_sweep(call, start, &plan, out, err));
  out->delta = SL_NEW_ARRAY(call->arena, double, start->samples + 1);
  void *sums;
  SL_TRY(sl_arena_try_push(call->arena, (size_t)(start->samples * p->elements), sizeof(double),
                           SIZE_MAX, "sums of gradients", &sums, err));
  p->sums = sums;
  for (int64_t steps = params->steps;; steps *= 2) {
    SL_TRY(integrate(call, start, p, steps, params->rule, out, err));
    double worst = finish_path(p, start, at_start, out);
    if (params->delta_below <= 0 || worst <= params->delta_below || 2 * steps > params->steps_max)
      return SL_OK;
  }
}

static sl_status find_baseline(const sl_attrib_call *call, int64_t elements, path *p,
                               sl_error *err) {
  p->baseline_rows = 1;
  if (call->baseline == NULL) {
    p->baseline = SL_NEW_ARRAY(call->arena, float, elements);
    return SL_OK;
  }
  int64_t count = sl_shape_count(&call->baseline->shape);
  if (call->baseline->dtype != SL_DTYPE_F32 || count % elements != 0)
    return sl_fail(err, SL_E_ARG, "the baseline is %s, an input has %lld elements",
                   sl_shape_text(call->arena, &call->baseline->shape), (long long)elements);
  p->baseline = call->baseline->data;
  p->baseline_rows = count / elements;
  if (p->baseline_rows == 1 || p->baseline_rows == call->input->shape.dims[0]) return SL_OK;
  return sl_fail(err, SL_E_ARG, "%lld baselines for %lld samples", (long long)p->baseline_rows,
                 (long long)call->input->shape.dims[0]);
}

static sl_status run_integrated_gradients(const sl_attrib_call *call, const void *params,
                                          sl_attribution *out, sl_error *err) {
  sl_attrib_start start;
  sl_tensor input;
  SL_TRY(sl_tensor_to_f32(call->input, &input, err));
  sl_status status = sl_attrib_begin(call, &start, err);
  if (status != SL_OK) {
    sl_tensor_release(&input);
    return status;
  }
  path p = {.input = input.data, .elements = start.elements};
  status = find_baseline(call, start.elements, &p, err);
  if (status == SL_OK) status = run_path(call, params, &start, &p, out, err);
  sl_attrib_end(&start);
  sl_tensor_release(&input);
  return status;
}

const sl_attrib_method sl_attrib_integrated_gradients = {
    .item = {.name = "integrated_gradients",
             .title = "Integrated gradients",
             .help = "Gradients summed along the way from a baseline: the values add up to the "
                     "target's change.",
             .since = "0.2.0",
             .params = path_rows,
             .params_size = sizeof(path_params)},
    .needs = SL_ATTRIB_SIGNED | SL_ATTRIB_NEEDS_BASELINE,
    .source = "Sundararajan, Taly, Yan 2017, section 3",
    .run = run_integrated_gradients};
