// SPDX-License-Identifier: Apache-2.0
// A method averaged over noisy copies of the input: SmoothGrad, its squares, its variance.
//
// Invariant: copy k of sample n sees the same noise whatever the batch and the method. Sums are
// made in double. Start at run_tunnel().
#include <math.h>
#include <string.h>

#include "attrib/attrib_case.h"
#include "attrib/normal_noise.h"
#include "attrib/quadrature.h"

typedef enum averaged { OVER_SALIENCY = 0, OVER_INPUT_X_GRADIENT, OVER_PATH } averaged;
static const sl_choice averaged_choices[] = {
    {"saliency", "magnitude of the gradient"},
    {"input_x_gradient", "gradient times noisy input"},
    {"integrated_gradients", "gradients along the way from the baseline, times the way"},
    {0}};

typedef struct noise_params {
  int64_t samples, steps;
  int32_t over;
  double noise;
  bool relative;
} noise_params;

static const sl_row noise_rows[] = {
    SL_P_INT(noise_params, samples, 1, 4096, 25, "copies", "Noisy copies of the input."),
    SL_P_REAL(noise_params, noise, 0, 1e6, 0.15, NULL, "Standard deviation of the noise."),
    SL_P_BOOL(noise_params, relative, 1,
              "The noise is a part of the input's range (largest less smallest); off: in units of "
              "the tensor."),
    SL_P_ENUM(noise_params, over, averaged_choices, OVER_SALIENCY, "What is averaged."),
    SL_P_INT(noise_params, steps, 1, 4096, 20, "steps",
             "Points on each path (Gauss-Legendre), for integrated gradients."),
    SL_ROW_END};

typedef enum statistic { MEAN = 0, MEAN_OF_SQUARES, VARIANCE } statistic;

// A noisy copy, drawn when another one is asked for.
typedef struct noisy {
  int64_t sample, copy;
  float *row;
} noisy;

typedef struct tunnel {
  sl_attrib_case *work;
  const noise_params *params;
  int64_t steps;  // points for each noisy copy
  double *nodes, *weights;
  double *stdevs;         // [samples]
  noisy made, taken;      // batches are made before they are taken
  double *inner;          // [elements]: one noisy copy's sum over its path
  double *sum, *squares;  // [samples * elements]
} tunnel;

static const float *noisy_row(const tunnel *t, noisy *kept, int64_t sample, int64_t copy) {
  if (kept->sample == sample && kept->copy == copy) return kept->row;
  const sl_attrib_case *work = t->work;
  sl_random random = sl_noise_start(work->call->seed, sample, copy);
  sl_noise_add(&random, work->x + sample * work->elements, t->stdevs[sample], work->elements,
               kept->row);
  kept->sample = sample;
  kept->copy = copy;
  return kept->row;
}

static void make_noisy(void *ctx, int64_t sample, int64_t copy, float *row) {
  tunnel *t = ctx;
  const float *x = noisy_row(t, &t->made, sample, copy / t->steps);
  int64_t elements = t->work->elements;
  if (t->params->over != OVER_PATH) {
    memcpy(row, x, (size_t)elements * sizeof *row);
    return;
  }
  const float *from = sl_attrib_case_baseline(t->work, sample);
  float alpha = (float)t->nodes[copy % t->steps];
  for (int64_t i = 0; i < elements; i++) row[i] = from[i] + alpha * (x[i] - from[i]);
}

// What the averaged method gives for one element of a noisy copy.
static double one_value(const tunnel *t, const float *x, const float *from, int64_t i) {
  switch (t->params->over) {
    case OVER_SALIENCY:
      return fabs(t->inner[i]);
    case OVER_INPUT_X_GRADIENT:
      return t->inner[i] * (double)x[i];
    default:
      return t->inner[i] * ((double)x[i] - (double)from[i]);
  }
}

static void take_noisy(void *ctx, int64_t sample, int64_t copy, double value, const float *gradient,
                       const float *const *values) {
  (void)value, (void)values;
  tunnel *t = ctx;
  int64_t elements = t->work->elements, step = copy % t->steps;
  if (step == 0) memset(t->inner, 0, (size_t)elements * sizeof *t->inner);
  for (int64_t i = 0; i < elements; i++) t->inner[i] += t->weights[step] * (double)gradient[i];
  if (step < t->steps - 1) return;
  const float *from = sl_attrib_case_baseline(t->work, sample);
  const float *x = noisy_row(t, &t->taken, sample, copy / t->steps);
  for (int64_t i = 0; i < elements; i++) {
    double one = one_value(t, x, from, i);
    t->sum[sample * elements + i] += one;
    t->squares[sample * elements + i] += one * one;
  }
}

static double range_of(const float *x, int64_t count) {
  double low = INFINITY, high = -INFINITY;
  for (int64_t i = 0; i < count; i++) {
    low = fmin(low, (double)x[i]);
    high = fmax(high, (double)x[i]);
  }
  return high > low ? high - low : 0;
}

static sl_status make_room(tunnel *t, sl_error *err) {
  sl_attrib_case *work = t->work;
  sl_arena *arena = work->call->arena;
  t->steps = t->params->over == OVER_PATH ? t->params->steps : 1;
  t->nodes = SL_NEW_ARRAY(arena, double, t->steps);
  t->weights = SL_NEW_ARRAY(arena, double, t->steps);
  sl_quadrature_points(SL_QUADRATURE_GAUSS_LEGENDRE, t->steps, t->nodes, t->weights);
  t->stdevs = SL_NEW_ARRAY(arena, double, work->samples);
  for (int64_t n = 0; n < work->samples; n++)
    t->stdevs[n] =
        t->params->noise *
        (t->params->relative ? range_of(work->x + n * work->elements, work->elements) : 1);
  t->made = t->taken = (noisy){.sample = -1};
  t->made.row = SL_NEW_ARRAY(arena, float, work->elements);
  t->taken.row = SL_NEW_ARRAY(arena, float, work->elements);
  SL_TRY(sl_attrib_case_sums(work, work->elements, &t->inner, err));
  SL_TRY(sl_attrib_case_sums(work, work->samples * work->elements, &t->sum, err));
  return sl_attrib_case_sums(work, work->samples * work->elements, &t->squares, err);
}

static sl_status sweep_noise(tunnel *t, statistic wanted, sl_error *err) {
  sl_attrib_case *work = t->work;
  float *values;
  SL_TRY(sl_attrib_case_pair(work, err));
  SL_TRY(make_room(t, err));
  SL_TRY(sl_attrib_case_values(work, NULL, &values, err));
  sl_sweep_plan plan = {.copies = t->params->samples * t->steps,
                        .gradients = true,
                        .make = make_noisy,
                        .take = take_noisy,
                        .ctx = t};
  SL_TRY(sl_attrib_sweep(work->call, &work->start, &plan, work->out, err));
  double copies = (double)t->params->samples;
  for (int64_t i = 0; i < work->samples * work->elements; i++) {
    double mean = t->sum[i] / copies, square = t->squares[i] / copies;
    values[i] = (float)(wanted == MEAN ? mean : wanted == VARIANCE ? square - mean * mean : square);
  }
  return SL_OK;
}

static sl_status run_tunnel(const sl_attrib_call *call, const void *params, statistic wanted,
                            sl_attribution *out, sl_error *err) {
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  tunnel t = {.work = &work, .params = params};
  sl_status status = sweep_noise(&t, wanted, err);
  sl_attrib_case_close(&work);
  return status;
}

#define NOISE_METHOD(name_, statistic_, title_, help_, source_)                              \
  static sl_status run_##name_(const sl_attrib_call *call, const void *params,               \
                               sl_attribution *out, sl_error *err) {                         \
    return run_tunnel(call, params, statistic_, out, err);                                   \
  }                                                                                          \
  const sl_attrib_method sl_attrib_##name_ = {.item = {.name = #name_,                       \
                                                       .title = title_,                      \
                                                       .help = help_,                        \
                                                       .since = "0.2.0",                     \
                                                       .params = noise_rows,                 \
                                                       .params_size = sizeof(noise_params)}, \
                                              .needs = SL_ATTRIB_NEEDS_BASELINE,             \
                                              .source = source_,                             \
                                              .run = run_##name_};

NOISE_METHOD(smoothgrad, MEAN, "SmoothGrad", "A method averaged over noisy copies of the input.",
             "Smilkov et al. 2017, section 3")
NOISE_METHOD(smoothgrad_squared, MEAN_OF_SQUARES, "SmoothGrad squared",
             "Squares of a method, averaged over noisy copies of the input.",
             "Hooker et al. 2019, section 3.2")
NOISE_METHOD(vargrad, VARIANCE, "VarGrad",
             "How much a method varies over noisy copies of the input.",
             "Adebayo et al. 2018, section 3.1")
