// SPDX-License-Identifier: Apache-2.0
// What the target loses when a piece of the input is hidden: occlusion, feature ablation.
//
// Nothing but the model's answers is used, so both work on whatever cannot be differentiated.
//
// Invariant: one run for each piece of each sample; a piece's loss is the target at the input less
// the target with it hidden. Start at run_occlusion() and run_ablation().
#include <string.h>

#include "attrib/input_parts.h"

// ---- windows ------------------------------------------------------------------------------------

typedef struct occlusion_params {
  int64_t window, stride;
  bool channels_apart;
} occlusion_params;

static const sl_row occlusion_rows[] = {
    SL_P_INT(occlusion_params, window, 1, 4096, 16, "px", "Side of the square that is hidden."),
    SL_P_INT(occlusion_params, stride, 1, 4096, 8, "px",
             "From one square to the next; at most the window."),
    SL_P_BOOL(occlusion_params, channels_apart, 0, "Hide one channel at a time."), SL_ROW_END};

typedef struct windows {
  sl_attrib_case *work;
  sl_input_plane plane;
  int64_t height, width;  // of a window
  int64_t stride, rows, columns, channels;
  double *sum;    // [elements] of the sample that is taken
  double *cover;  // [elements]: windows over each element
  float *values;
} windows;

typedef struct window {
  int64_t top, left, bottom, right, first, end;  // places and channels, ends excluded
} window;

static int64_t at_most(int64_t a, int64_t b) { return a < b ? a : b; }

static window window_of(const windows *w, int64_t copy) {
  int64_t channel = copy / (w->rows * w->columns);
  int64_t top = copy / w->columns % w->rows * w->stride, left = copy % w->columns * w->stride;
  int64_t apart = w->channels > 1;
  return (window){.top = top,
                  .left = left,
                  .bottom = at_most(top + w->height, w->plane.height),
                  .right = at_most(left + w->width, w->plane.width),
                  .first = apart ? channel : 0,
                  .end = apart ? channel + 1 : w->plane.channels};
}

static void hide_window(void *ctx, int64_t sample, int64_t copy, float *row) {
  const windows *w = ctx;
  const sl_attrib_case *work = w->work;
  const float *hidden = sl_attrib_case_baseline(work, sample);
  window at = window_of(w, copy);
  memcpy(row, work->x + sample * work->elements, (size_t)work->elements * sizeof *row);
  for (int64_t c = at.first; c < at.end; c++)
    for (int64_t y = at.top; y < at.bottom; y++)
      for (int64_t x = at.left; x < at.right; x++) {
        int64_t i = sl_input_at(&w->plane, c, y * w->plane.width + x);
        row[i] = hidden[i];
      }
}

static void add_window(windows *w, window at, double loss) {
  for (int64_t c = at.first; c < at.end; c++)
    for (int64_t y = at.top; y < at.bottom; y++)
      for (int64_t x = at.left; x < at.right; x++) {
        int64_t i = sl_input_at(&w->plane, c, y * w->plane.width + x);
        w->sum[i] += loss;
        w->cover[i] += 1;
      }
}

static void take_window(void *ctx, int64_t sample, int64_t copy, double value,
                        const float *gradient, const float *const *values) {
  (void)gradient, (void)values;
  windows *w = ctx;
  int64_t elements = w->work->elements, copies = w->rows * w->columns * w->channels;
  if (copy == 0) {
    memset(w->sum, 0, (size_t)elements * sizeof *w->sum);
    memset(w->cover, 0, (size_t)elements * sizeof *w->cover);
  }
  add_window(w, window_of(w, copy), w->work->start.numbers[sample] - value);
  float *out = w->values + sample * elements;
  for (int64_t i = 0; copy == copies - 1 && i < elements; i++)
    out[i] = (float)(w->sum[i] / w->cover[i]);
}

static int64_t steps_over(int64_t size, int64_t window_size, int64_t stride) {
  return (size - window_size + stride - 1) / stride + 1;
}

static sl_status lay_windows(windows *w, const occlusion_params *p, sl_error *err) {
  SL_TRY(sl_input_plane_of(w->work, &w->plane, err));
  if (p->stride > p->window)
    return sl_fail(err, SL_E_ARG, "stride %lld leaves gaps between windows of %lld",
                   (long long)p->stride, (long long)p->window);
  w->height = at_most(p->window, w->plane.height);
  w->width = at_most(p->window, w->plane.width);
  w->stride = p->stride;
  w->rows = steps_over(w->plane.height, w->height, w->stride);
  w->columns = steps_over(w->plane.width, w->width, w->stride);
  w->channels = p->channels_apart ? w->plane.channels : 1;
  return SL_OK;
}

static sl_status sweep_windows(windows *w, const occlusion_params *p, sl_error *err) {
  sl_attrib_case *work = w->work;
  SL_TRY(sl_attrib_case_pair(work, err));
  SL_TRY(lay_windows(w, p, err));
  SL_TRY(sl_attrib_case_sums(work, work->elements, &w->sum, err));
  SL_TRY(sl_attrib_case_sums(work, work->elements, &w->cover, err));
  SL_TRY(sl_attrib_case_values(work, NULL, &w->values, err));
  sl_sweep_plan plan = {.copies = w->rows * w->columns * w->channels,
                        .make = hide_window,
                        .take = take_window,
                        .ctx = w};
  return sl_attrib_sweep(work->call, &work->start, &plan, work->out, err);
}

static sl_status run_occlusion(const sl_attrib_call *call, const void *params, sl_attribution *out,
                               sl_error *err) {
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  windows w = {.work = &work};
  sl_status status = sweep_windows(&w, params, err);
  sl_attrib_case_close(&work);
  return status;
}

const sl_attrib_method sl_attrib_occlusion = {
    .item = {.name = "occlusion",
             .title = "Occlusion",
             .help =
                 "What the target loses when a square of the input is hidden, averaged over the "
                 "squares that cover a place.",
             .since = "0.2.0",
             .params = occlusion_rows,
             .params_size = sizeof(occlusion_params)},
    .family = SL_ATTRIB_BLACK_BOX,
    .needs = SL_ATTRIB_SIGNED | SL_ATTRIB_NEEDS_BASELINE,
    .source = "Zeiler, Fergus 2014, section 4.2; average as in Captum, Occlusion",
    .run = run_occlusion};

// ---- parts --------------------------------------------------------------------------------------

typedef struct ablation_params {
  int64_t cell;
  bool channels_apart;
} ablation_params;

static const sl_row ablation_rows[] = {
    SL_P_INT(ablation_params, cell, 1, 4096, 16, "px", "Side of the cells that are hidden."),
    SL_P_BOOL(ablation_params, channels_apart, 0, "Hide one channel at a time."), SL_ROW_END};

typedef struct ablation {
  sl_attrib_case *work;
  sl_input_parts parts;
  uint8_t *shown;
  double *losses;  // [samples * parts]
} ablation;

static void hide_part(void *ctx, int64_t sample, int64_t copy, float *row) {
  ablation *a = ctx;
  memset(a->shown, 1, (size_t)a->parts.count);
  a->shown[copy] = 0;
  sl_input_parts_show(a->work, &a->parts, sample, a->shown, row);
}

static void take_part(void *ctx, int64_t sample, int64_t copy, double value, const float *gradient,
                      const float *const *values) {
  (void)gradient, (void)values;
  ablation *a = ctx;
  a->losses[sample * a->parts.count + copy] = a->work->start.numbers[sample] - value;
}

static sl_status sweep_parts(ablation *a, const ablation_params *p, sl_error *err) {
  sl_attrib_case *work = a->work;
  float *values;
  SL_TRY(sl_attrib_case_pair(work, err));
  SL_TRY(sl_input_parts_make(work, p->cell, p->channels_apart, &a->parts, err));
  SL_TRY(sl_attrib_case_sums(work, work->samples * a->parts.count, &a->losses, err));
  SL_TRY(sl_attrib_case_values(work, NULL, &values, err));
  a->shown = SL_NEW_ARRAY(work->call->arena, uint8_t, a->parts.count + 1);
  sl_sweep_plan plan = {.copies = a->parts.count, .make = hide_part, .take = take_part, .ctx = a};
  SL_TRY(sl_attrib_sweep(work->call, &work->start, &plan, work->out, err));
  for (int64_t n = 0; n < work->samples; n++)
    sl_input_parts_spread(work, &a->parts, a->losses + n * a->parts.count,
                          values + n * work->elements);
  return SL_OK;
}

static sl_status run_ablation(const sl_attrib_call *call, const void *params, sl_attribution *out,
                              sl_error *err) {
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  ablation a = {.work = &work};
  sl_status status = sweep_parts(&a, params, err);
  sl_attrib_case_close(&work);
  return status;
}

const sl_attrib_method sl_attrib_feature_ablation = {
    .item = {.name = "feature_ablation",
             .title = "Feature ablation",
             .help = "What the target loses when a cell of a grid over the input is hidden.",
             .since = "0.2.0",
             .params = ablation_rows,
             .params_size = sizeof(ablation_params)},
    .family = SL_ATTRIB_BLACK_BOX,
    .needs = SL_ATTRIB_SIGNED | SL_ATTRIB_NEEDS_BASELINE,
    .source = "as in Captum, FeatureAblation",
    .run = run_ablation};
