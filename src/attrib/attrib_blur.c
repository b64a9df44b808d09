// SPDX-License-Identifier: Apache-2.0
// Integrated gradients along a path of blurs: from the input to one blurred beyond recognition.
//
// Invariant: blurs are made in double, because the path's direction is a small difference of two of
// them. Start at run_blur().
#include <math.h>
#include <string.h>

#include "attrib/attrib_case.h"

typedef struct blur_params {
  int64_t steps;
  double sigma, grad_step;
  bool root;
} blur_params;

static const sl_row blur_rows[] = {
    SL_P_INT(blur_params, steps, 1, 4096, 100, "steps", "Points on the path."),
    SL_P_REAL(blur_params, sigma, 0.1, 1000, 50, "px", "Standard deviation of the strongest blur."),
    SL_P_BOOL(blur_params, root, 0, "Points lie denser where the blur is weak."),
    SL_P_REAL(blur_params, grad_step, 1e-4, 1, 0.01, "px",
              "Step over which the path's direction is measured."),
    SL_ROW_END};

typedef struct blur {
  sl_attrib_case *work;
  const blur_params *params;
  int64_t planes, height, width;
  double *kernel;             // [2 * radius + 1], of largest radius
  double *half, *now, *then;  // [elements]
  double *sums;               // [samples * elements]
  double *at_end;             // [samples]: the target at the strongest blur
} blur;

static double sigma_at(const blur *b, int64_t step) {
  double part = (double)step * b->params->sigma / (double)b->params->steps;
  return b->params->root ? sqrt(part) : part;
}

// Weights out to 4 sigma, as SciPy's gaussian_filter; returns the radius.
static int64_t make_kernel(double sigma, double *kernel) {
  int64_t radius = (int64_t)(4 * sigma + 0.5);
  double sum = 0;
  for (int64_t i = -radius; i <= radius; i++) {
    double z = (double)i / sigma;
    sum += kernel[i + radius] = exp(-0.5 * z * z);
  }
  for (int64_t i = 0; i <= 2 * radius; i++) kernel[i] /= sum;
  return radius;
}

// Blurs lines of `count` elements `step` apart; `inner` lines lie beside each other. Zero outside.
static void blur_axis(const double *from, double *to, const double *kernel, int64_t radius,
                      int64_t count, int64_t inner) {
  for (int64_t i = 0; i < count; i++) {
    double *line = to + i * inner;
    memset(line, 0, (size_t)inner * sizeof *line);
    int64_t first = i - radius < 0 ? 0 : i - radius;
    int64_t last = i + radius >= count ? count - 1 : i + radius;
    for (int64_t j = first; j <= last; j++) {
      double weight = kernel[j - i + radius];
      const double *source = from + j * inner;
      for (int64_t k = 0; k < inner; k++) line[k] += weight * source[k];
    }
  }
}

static void transpose(const double *from, double *to, int64_t height, int64_t width) {
  for (int64_t y = 0; y < height; y++)
    for (int64_t x = 0; x < width; x++) to[x * height + y] = from[y * width + x];
}

static void blur_input(blur *b, int64_t sample, double sigma, double *out) {
  const float *x = b->work->x + sample * b->work->elements;
  int64_t places = b->height * b->width;
  for (int64_t i = 0; i < b->work->elements; i++) out[i] = (double)x[i];
  if (sigma == 0) return;
  int64_t radius = make_kernel(sigma, b->kernel);
  for (int64_t p = 0; p < b->planes; p++) {
    double *plane = out + p * places, *other = b->half;
    blur_axis(plane, other, b->kernel, radius, b->height, b->width);
    transpose(other, plane, b->height, b->width);
    blur_axis(plane, other, b->kernel, radius, b->width, b->height);
    transpose(other, plane, b->width, b->height);
  }
}

static void make_blurred(void *ctx, int64_t sample, int64_t copy, float *row) {
  blur *b = ctx;
  blur_input(b, sample, sigma_at(b, copy), b->now);
  for (int64_t i = 0; i < b->work->elements; i++) row[i] = (float)b->now[i];
}

static void take_blurred(void *ctx, int64_t sample, int64_t copy, double value,
                         const float *gradient, const float *const *values) {
  (void)value, (void)values;
  blur *b = ctx;
  double sigma = sigma_at(b, copy), step = b->params->grad_step;
  double weight = (sigma_at(b, copy + 1) - sigma) / step;
  double *sums = b->sums + sample * b->work->elements;
  blur_input(b, sample, sigma, b->now);
  blur_input(b, sample, sigma + step, b->then);
  for (int64_t i = 0; i < b->work->elements; i++)
    sums[i] -= weight * (b->then[i] - b->now[i]) * (double)gradient[i];
}

static void make_end(void *ctx, int64_t sample, int64_t copy, float *row) {
  (void)copy;
  blur *b = ctx;
  make_blurred(b, sample, b->params->steps, row);
}

static void take_end(void *ctx, int64_t sample, int64_t copy, double value, const float *gradient,
                     const float *const *values) {
  (void)copy, (void)gradient, (void)values;
  ((blur *)ctx)->at_end[sample] = value;
}

static sl_status make_room(blur *b, sl_error *err) {
  sl_attrib_case *work = b->work;
  const sl_shape *shape = &work->input.shape;
  if (shape->rank < 3)
    return sl_fail(err, SL_E_UNSUPPORTED, "only pictures are blurred: the input is %s",
                   sl_shape_text(work->call->arena, shape));
  b->height = shape->dims[shape->rank - 2];
  b->width = shape->dims[shape->rank - 1];
  b->planes = work->elements / (b->height * b->width);
  double sigma = b->params->sigma + b->params->grad_step;
  b->kernel = SL_NEW_ARRAY(work->call->arena, double, 2 * (int64_t)(4 * sigma + 0.5) + 3);
  b->at_end = SL_NEW_ARRAY(work->call->arena, double, work->samples);
  SL_TRY(sl_attrib_case_sums(work, b->height * b->width, &b->half, err));
  SL_TRY(sl_attrib_case_sums(work, work->elements, &b->now, err));
  SL_TRY(sl_attrib_case_sums(work, work->elements, &b->then, err));
  return sl_attrib_case_sums(work, work->samples * work->elements, &b->sums, err);
}

static sl_status sum_blurs(blur *b, sl_error *err) {
  sl_attrib_case *work = b->work;
  float *values;
  SL_TRY(make_room(b, err));
  SL_TRY(sl_attrib_case_values(work, NULL, &values, err));
  sl_sweep_plan plan = {.copies = b->params->steps,
                        .gradients = true,
                        .make = make_blurred,
                        .take = take_blurred,
                        .ctx = b};
  SL_TRY(sl_attrib_sweep(work->call, &work->start, &plan, work->out, err));
  sl_sweep_plan end = {.copies = 1, .make = make_end, .take = take_end, .ctx = b};
  int64_t batch = work->out->batch;
  SL_TRY(sl_attrib_sweep(work->call, &work->start, &end, work->out, err));
  work->out->batch = batch;
  work->out->delta = SL_NEW_ARRAY(work->call->arena, double, work->samples);
  for (int64_t n = 0; n < work->samples; n++) {
    double total = 0;
    for (int64_t i = n * work->elements; i < (n + 1) * work->elements; i++) {
      values[i] = (float)b->sums[i];
      total += b->sums[i];
    }
    work->out->delta[n] = total - (work->start.numbers[n] - b->at_end[n]);
  }
  return SL_OK;
}

static sl_status run_blur(const sl_attrib_call *call, const void *params, sl_attribution *out,
                          sl_error *err) {
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  blur b = {.work = &work, .params = params};
  sl_status status = sum_blurs(&b, err);
  sl_attrib_case_close(&work);
  return status;
}

const sl_attrib_method sl_attrib_blur_integrated_gradients = {
    .item = {.name = "blur_integrated_gradients",
             .title = "Blur integrated gradients",
             .help = "Gradients summed along the way from the picture to its strongest blur: no "
                     "baseline to choose, shares by scale.",
             .since = "0.2.0",
             .params = blur_rows,
             .params_size = sizeof(blur_params)},
    .needs = SL_ATTRIB_SIGNED,
    .source = "Xu, Venugopalan, Sundararajan 2020, section 3; steps as in PAIR's saliency library",
    .run = run_blur};
