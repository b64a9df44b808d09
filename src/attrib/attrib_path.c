// SPDX-License-Identifier: Apache-2.0
// Gradients at the input and along a straight path from a baseline: saliency, gradient x input,
// integrated gradients.
//
// Invariant: sums over steps are made in double. Start at sl_attrib_integrated_gradients.
#include <math.h>
#include <string.h>

#include "attrib/attrib_case.h"
#include "attrib/quadrature.h"

// ---- one gradient at the input ------------------------------------------------------------------

typedef struct single {
  sl_attrib_case *work;
  float *out;
} single;

static void keep_gradient(void *ctx, int64_t sample, int64_t copy, double value,
                          const float *gradient, const float *const *values) {
  (void)copy, (void)value, (void)values;
  single *s = ctx;
  int64_t elements = s->work->elements;
  memcpy(s->out + sample * elements, gradient, (size_t)elements * sizeof *gradient);
}

// What a method makes of the gradients in `values`.
typedef void (*finish_single)(const sl_attrib_case *work, float *values);

static sl_status gradient_at_input(const sl_attrib_call *call, finish_single finish,
                                   sl_attribution *out, sl_error *err) {
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  single s = {.work = &work};
  sl_status status = sl_attrib_case_values(&work, NULL, &s.out, err);
  sl_sweep_plan plan = {.copies = 1,
                        .gradients = true,
                        .make = sl_attrib_case_input_row,
                        .take = keep_gradient,
                        .ctx = &s};
  if (status == SL_OK) status = sl_attrib_sweep(call, &work.start, &plan, out, err);
  if (status == SL_OK && finish != NULL) finish(&work, s.out);
  sl_attrib_case_close(&work);
  return status;
}

typedef struct saliency_params {
  bool absolute;
} saliency_params;

static const sl_row saliency_rows[] = {
    SL_P_BOOL(saliency_params, absolute, 1, "Magnitude of the gradient; off keeps its sign."),
    SL_ROW_END};

static void magnitudes(const sl_attrib_case *work, float *values) {
  for (int64_t i = 0; i < work->samples * work->elements; i++) values[i] = fabsf(values[i]);
}

static sl_status run_saliency(const sl_attrib_call *call, const void *params, sl_attribution *out,
                              sl_error *err) {
  const saliency_params *p = params;
  return gradient_at_input(call, p->absolute ? magnitudes : NULL, out, err);
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

static void times_input(const sl_attrib_case *work, float *values) {
  for (int64_t i = 0; i < work->samples * work->elements; i++) values[i] *= work->x[i];
}

static sl_status run_input_x_gradient(const sl_attrib_call *call, const void *params,
                                      sl_attribution *out, sl_error *err) {
  (void)params;
  return gradient_at_input(call, times_input, out, err);
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
  sl_attrib_case *work;
  const double *nodes, *weights;
  double *sums;      // [samples * elements]
  double *at_start;  // [samples]: the target at the baselines
} path;

static void point_on_path(void *ctx, int64_t sample, int64_t copy, float *row) {
  const path *p = ctx;
  int64_t elements = p->work->elements;
  const float *x = p->work->x + sample * elements;
  const float *from = sl_attrib_case_baseline(p->work, sample);
  float alpha = (float)p->nodes[copy];
  for (int64_t i = 0; i < elements; i++) row[i] = from[i] + alpha * (x[i] - from[i]);
}

static void add_gradient(void *ctx, int64_t sample, int64_t copy, double value,
                         const float *gradient, const float *const *values) {
  (void)value, (void)values;
  path *p = ctx;
  int64_t elements = p->work->elements;
  double *sums = p->sums + sample * elements, weight = p->weights[copy];
  for (int64_t i = 0; i < elements; i++) sums[i] += weight * (double)gradient[i];
}

static sl_status integrate(path *p, int64_t steps, int32_t rule, sl_error *err) {
  sl_attrib_case *work = p->work;
  double *nodes = SL_NEW_ARRAY(work->call->arena, double, steps),
         *weights = SL_NEW_ARRAY(work->call->arena, double, steps);
  sl_quadrature_points((sl_quadrature)rule, steps, nodes, weights);
  p->nodes = nodes;
  p->weights = weights;
  memset(p->sums, 0, (size_t)(work->samples * work->elements) * sizeof *p->sums);
  sl_sweep_plan plan = {
      .copies = steps, .gradients = true, .make = point_on_path, .take = add_gradient, .ctx = p};
  return sl_attrib_sweep(work->call, &work->start, &plan, work->out, err);
}

// Values and the completeness delta; returns the largest delta as a part of the target's change.
static double finish_path(const path *p, float *values) {
  const sl_attrib_case *work = p->work;
  double worst = 0;
  for (int64_t n = 0; n < work->samples; n++) {
    const float *x = work->x + n * work->elements, *from = sl_attrib_case_baseline(work, n);
    double sum = 0, change = work->start.numbers[n] - p->at_start[n];
    for (int64_t i = 0; i < work->elements; i++) {
      double value = ((double)x[i] - (double)from[i]) * p->sums[n * work->elements + i];
      values[n * work->elements + i] = (float)value;
      sum += value;
    }
    work->out->delta[n] = sum - change;
    worst = fmax(worst, fabs(work->out->delta[n]) / fmax(fabs(change), 1e-12));
  }
  return worst;
}

static sl_status run_path(path *p, const path_params *params, sl_error *err) {
  sl_attrib_case *work = p->work;
  sl_arena *arena = work->call->arena;
  float *values;
  SL_TRY(sl_attrib_case_pair(work, err));
  SL_TRY(sl_attrib_case_values(work, NULL, &values, err));
  p->at_start = SL_NEW_ARRAY(arena, double, work->samples + 1);
  SL_TRY(sl_attrib_case_at_baseline(work, p->at_start, err));
  work->out->delta = SL_NEW_ARRAY(arena, double, work->samples + 1);
  SL_TRY(sl_attrib_case_sums(work, work->samples * work->elements, &p->sums, err));
  for (int64_t steps = params->steps;; steps *= 2) {
    SL_TRY(integrate(p, steps, params->rule, err));
    double worst = finish_path(p, values);
    if (params->delta_below <= 0 || worst <= params->delta_below || 2 * steps > params->steps_max)
      return SL_OK;
  }
}

static sl_status run_integrated_gradients(const sl_attrib_call *call, const void *params,
                                          sl_attribution *out, sl_error *err) {
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  path p = {.work = &work};
  sl_status status = run_path(&p, params, err);
  sl_attrib_case_close(&work);
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
