// SPDX-License-Identifier: Apache-2.0
// Gradients at random places between the input and random baselines: GradientSHAP, expected
// gradients.
//
// The rows of the call's baseline are the distribution that baselines are drawn from, so their
// number is free.
//
// Invariant: what copy k of sample n draws depends on the seed, n and k only: first the place, then
// the baseline, then the noise. Start at run_drawn().
#include "attrib/attrib_case.h"
#include "attrib/normal_noise.h"

typedef struct drawn_params {
  int64_t samples;
  double noise;
} drawn_params;

typedef struct drawn {
  sl_attrib_case *work;
  const drawn_params *params;
  float *noisy;     // [elements]
  double *sum;      // [samples * elements]
  double *changes;  // [samples]: target at the baselines drawn, summed
} drawn;

typedef struct draw {
  double alpha;
  const float *baseline;
} draw;

static draw draw_copy(drawn *d, int64_t sample, int64_t copy) {
  sl_attrib_case *work = d->work;
  sl_random random = sl_noise_start(work->call->seed, sample, copy);
  draw one = {.alpha = sl_random_unit(&random)};
  uint64_t pick = sl_random_below(&random, (uint64_t)work->baseline_rows);
  one.baseline = work->baseline + (int64_t)pick * work->elements;
  sl_noise_add(&random, work->x + sample * work->elements, d->params->noise, work->elements,
               d->noisy);
  return one;
}

static void make_between(void *ctx, int64_t sample, int64_t copy, float *row) {
  drawn *d = ctx;
  draw one = draw_copy(d, sample, copy);
  float alpha = (float)one.alpha, rest = (float)(1 - one.alpha);
  for (int64_t i = 0; i < d->work->elements; i++)
    row[i] = alpha * d->noisy[i] + rest * one.baseline[i];
}

static void take_between(void *ctx, int64_t sample, int64_t copy, double value,
                         const float *gradient, const float *const *values) {
  (void)value, (void)values;
  drawn *d = ctx;
  draw one = draw_copy(d, sample, copy);
  double *sum = d->sum + sample * d->work->elements;
  for (int64_t i = 0; i < d->work->elements; i++)
    sum[i] += ((double)d->noisy[i] - (double)one.baseline[i]) * (double)gradient[i];
}

static void make_drawn_baseline(void *ctx, int64_t sample, int64_t copy, float *row) {
  drawn *d = ctx;
  draw one = draw_copy(d, sample, copy);
  for (int64_t i = 0; i < d->work->elements; i++) row[i] = one.baseline[i];
}

static void take_drawn_baseline(void *ctx, int64_t sample, int64_t copy, double value,
                                const float *gradient, const float *const *values) {
  (void)copy, (void)gradient, (void)values;
  ((drawn *)ctx)->changes[sample] += value;
}

static sl_status sweep_drawn(drawn *d, sl_error *err) {
  sl_attrib_case *work = d->work;
  int64_t copies = d->params->samples;
  float *values;
  d->noisy = SL_NEW_ARRAY(work->call->arena, float, work->elements);
  d->changes = SL_NEW_ARRAY(work->call->arena, double, work->samples);
  SL_TRY(sl_attrib_case_sums(work, work->samples * work->elements, &d->sum, err));
  SL_TRY(sl_attrib_case_values(work, NULL, &values, err));
  sl_sweep_plan ends = {
      .copies = copies, .make = make_drawn_baseline, .take = take_drawn_baseline, .ctx = d};
  SL_TRY(sl_attrib_sweep(work->call, &work->start, &ends, work->out, err));
  sl_sweep_plan plan = {
      .copies = copies, .gradients = true, .make = make_between, .take = take_between, .ctx = d};
  SL_TRY(sl_attrib_sweep(work->call, &work->start, &plan, work->out, err));
  work->out->delta = SL_NEW_ARRAY(work->call->arena, double, work->samples);
  for (int64_t n = 0; n < work->samples; n++) {
    double total = 0;
    for (int64_t i = n * work->elements; i < (n + 1) * work->elements; i++) {
      values[i] = (float)(d->sum[i] / (double)copies);
      total += d->sum[i] / (double)copies;
    }
    work->out->delta[n] = total - (work->start.numbers[n] - d->changes[n] / (double)copies);
  }
  return SL_OK;
}

static sl_status run_drawn(const sl_attrib_call *call, const void *params, sl_attribution *out,
                           sl_error *err) {
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  drawn d = {.work = &work, .params = params};
  sl_status status = sweep_drawn(&d, err);
  sl_attrib_case_close(&work);
  return status;
}

static const sl_row shap_rows[] = {
    SL_P_INT(drawn_params, samples, 1, 65536, 50, "copies", "Places that are drawn."),
    SL_P_REAL(drawn_params, noise, 0, 1e6, 0.09, NULL,
              "Standard deviation of noise on the input, in units of the tensor."),
    SL_ROW_END};

const sl_attrib_method sl_attrib_gradient_shap = {
    .item = {.name = "gradient_shap",
             .title = "GradientSHAP",
             .help = "Gradients at random places between the noisy input and baselines drawn from "
                     "those given: an estimate of SHAP values.",
             .since = "0.2.0",
             .params = shap_rows,
             .params_size = sizeof(drawn_params)},
    .needs = SL_ATTRIB_SIGNED | SL_ATTRIB_NEEDS_BASELINE,
    .source = "Lundberg, Lee 2017; as in Captum, GradientShap",
    .run = run_drawn};

static const sl_row expected_rows[] = {
    SL_P_INT(drawn_params, samples, 1, 65536, 200, "copies", "Places that are drawn."),
    SL_P_REAL(drawn_params, noise, 0, 1e6, 0, NULL,
              "Standard deviation of noise on the input, in units of the tensor."),
    SL_ROW_END};

const sl_attrib_method sl_attrib_expected_gradients = {
    .item = {.name = "expected_gradients",
             .title = "Expected gradients",
             .help = "Integrated gradients averaged over a distribution of baselines instead of "
                     "from one.",
             .since = "0.2.0",
             .params = expected_rows,
             .params_size = sizeof(drawn_params)},
    .needs = SL_ATTRIB_SIGNED | SL_ATTRIB_NEEDS_BASELINE,
    .source = "Erion, Janizek, Sturmfels, Lundberg, Lee 2021, section 2",
    .run = run_drawn};
