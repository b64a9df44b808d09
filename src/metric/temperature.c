// SPDX-License-Identifier: Apache-2.0
// Newton's method on log loss as a function of scale = 1 / temperature; the contract is in
// temperature.h.
//
// With probabilities p of softmax(scale * z), a sample's slope is E_p[z] - z[label] and its
// curvature Var_p[z]. Invariant: slopes are kept per sample and summed in order of position, so any
// number of threads gives the same bits. Start at search().
#include "metric/temperature.h"

#include <math.h>

#include "base/thread.h"
#include "metric/array.h"
#include "metric/row_math.h"
#include "metric/scores.h"

// Scores read by the first search, which gives the second one its start.
enum { ROUGH_SCORES = 2000000, ROWS_PER_ITEM = 256, STEPS_MAX = 80, PATIENCE = 8 };

typedef struct fit {
  sl_sample_set *set;
  const sl_metric_options *options;
  double scale;
  int64_t stride;             // every stride-th position is used
  double *slope, *curvature;  // by position
  double *buffers;            // two rows for each worker
  double slope_sum, curvature_sum;
} fit;

static void measure_row(const fit *f, int64_t position, double *z, double *p) {
  int32_t classes = f->set->classes;
  double top = sl_row_max(z, classes);
  double sum = sl_row_exp(z, classes, f->scale, top, p);
  for (int32_t c = 0; c < classes; c++) z[c] -= top;
  double mean = sl_row_dot(p, z, classes) / sum;
  for (int32_t c = 0; c < classes; c++) p[c] *= z[c];
  double square = sl_row_dot(p, z, classes) / sum;
  f->slope[position] = mean - z[f->set->label[position]];
  f->curvature[position] = fmax(0.0, square - mean * mean);
}

static sl_status measure_rows(void *ctx, int worker, int64_t item, sl_error *err) {
  (void)err;
  const fit *f = ctx;
  const sl_sample_set *set = f->set;
  double *z = f->buffers + (int64_t)worker * 2 * (set->classes + 1), *p = z + set->classes + 1;
  int64_t first = item * ROWS_PER_ITEM, end = first + ROWS_PER_ITEM;
  if (end > set->input->samples) end = set->input->samples;
  for (int64_t row = first; row < end; row++) {
    int64_t position = set->at_row[row];
    if (position < 0 || position % f->stride != 0) continue;
    if (sl_scores_logits(set->input, row, z)) measure_row(f, position, z, p);
  }
  return SL_OK;
}

static sl_status for_all_rows(fit *f, sl_work work, sl_error *err) {
  int64_t items = (f->set->input->samples + ROWS_PER_ITEM - 1) / ROWS_PER_ITEM;
  return sl_parallel(f->options->threads, items, work, f, f->options->cancel, err);
}

static sl_status measure(fit *f, sl_error *err) {
  SL_TRY(for_all_rows(f, measure_rows, err));
  f->slope_sum = f->curvature_sum = 0.0;
  for (int64_t i = 0; i < f->set->count; i += f->stride) {
    f->slope_sum += f->slope[i];
    f->curvature_sum += f->curvature[i];
  }
  return SL_OK;
}

// Where the minimum is known to lie; `tried` says that the end was measured.
typedef struct bracket {
  double low, high;
  bool low_tried, high_tried;
} bracket;

// Newton's step; the end of the range where the step leads out of it, or after a few steps towards
// an end that was not tried (slopes of separated classes fall off exponentially, and Newton
// creeps); the geometric middle where the step leads out of the bracket.
static double next_scale(const fit *f, const bracket *b, int step) {
  double next = f->scale - f->slope_sum / f->curvature_sum;
  bool creeps = step >= PATIENCE;
  if (f->slope_sum <= 0.0 && !b->high_tried && (creeps || next >= b->high)) return b->high;
  if (f->slope_sum > 0.0 && !b->low_tried && (creeps || next <= b->low)) return b->low;
  return next > b->low && next < b->high ? next : sqrt(b->low * b->high);
}

// Moves f->scale to the minimum, or to the end of the range that is nearest to it.
static sl_status search(fit *f, sl_error *err) {
  const double least = 1.0 / SL_TEMPERATURE_MOST, most = 1.0 / SL_TEMPERATURE_LEAST;
  bracket b = {.low = least, .high = most};
  for (int step = 0; step < STEPS_MAX; step++) {
    SL_TRY(measure(f, err));
    bool at_end =
        (f->scale == most && f->slope_sum <= 0.0) || (f->scale == least && f->slope_sum >= 0.0);
    if (at_end || f->curvature_sum == 0.0) return SL_OK;
    if (f->slope_sum > 0.0) {
      b.high = f->scale;
      b.high_tried = true;
    } else {
      b.low = f->scale;
      b.low_tried = true;
    }
    double before = f->scale;
    f->scale = next_scale(f, &b, step);
    // Newton's next step would be the square of this one.
    if (fabs(f->scale - before) <= 1e-7 * before) return SL_OK;
  }
  return SL_OK;
}

static void measure_after(const fit *f, int64_t position, double *z) {
  sl_sample_set *set = f->set;
  int32_t classes = set->classes, label = set->label[position];
  sl_scores_softmax(z, classes, f->scale, z);
  double brier = sl_row_dot(z, z, classes) - z[label] * z[label];
  brier += (1.0 - z[label]) * (1.0 - z[label]);
  set->brier_after[position] = classes == 2 ? 0.5 * brier : brier;
  set->nll_after[position] = -log(sl_scores_clip(set->input->scores.dtype, z[label]));
  set->confidence_after[position] = z[set->pred[position]];
}

static sl_status measure_rows_after(void *ctx, int worker, int64_t item, sl_error *err) {
  (void)err;
  const fit *f = ctx;
  const sl_sample_set *set = f->set;
  double *z = f->buffers + (int64_t)worker * 2 * (set->classes + 1);
  int64_t first = item * ROWS_PER_ITEM, end = first + ROWS_PER_ITEM;
  if (end > set->input->samples) end = set->input->samples;
  for (int64_t row = first; row < end; row++) {
    int64_t position = set->at_row[row];
    if (position >= 0 && sl_scores_logits(set->input, row, z)) measure_after(f, position, z);
  }
  return SL_OK;
}

static sl_status find(sl_arena *arena, sl_arena *scratch, fit *f, double **influence,
                      sl_error *err) {
  sl_sample_set *set = f->set;
  int64_t count = set->count, row = 2 * ((int64_t)set->classes + 1);
  int workers = f->options->threads > 0 ? f->options->threads : sl_cpu_count();
  SL_TRY(SL_ARRAY(scratch, count, f->slope, err));
  SL_TRY(SL_ARRAY(scratch, count, f->curvature, err));
  SL_TRY(SL_ARRAY(scratch, workers * row, f->buffers, err));
  f->scale = 1.0;
  f->stride = count / (ROUGH_SCORES / set->classes + 1) + 1;
  if (f->stride > 1) SL_TRY(search(f, err));
  f->stride = 1;
  SL_TRY(search(f, err));
  if (count == 0 || (f->curvature_sum == 0.0 && f->slope_sum == 0.0)) return SL_OK;
  SL_TRY(SL_ARRAY(arena, count, set->nll_after, err));
  SL_TRY(SL_ARRAY(arena, count, set->brier_after, err));
  SL_TRY(SL_ARRAY(arena, count, set->confidence_after, err));
  SL_TRY(SL_ARRAY(arena, count, *influence, err));
  // At a limit of the range the temperature does not move with single samples.
  double limit = f->curvature_sum * f->scale * f->scale;
  bool inside = f->scale > 1.0 / SL_TEMPERATURE_MOST && f->scale < 1.0 / SL_TEMPERATURE_LEAST;
  for (int64_t i = 0; i < count && inside; i++) (*influence)[i] = f->slope[i] / limit;
  return for_all_rows(f, measure_rows_after, err);
}

sl_status sl_temperature_fit(sl_arena *arena, sl_sample_set *set, const sl_metric_options *options,
                             double *temperature, double **influence, sl_error *err) {
  fit f = {.set = set, .options = options};
  *temperature = NAN;
  *influence = NULL;
  sl_arena *scratch = sl_arena_new(arena, "evaluation: temperature");
  sl_status status = find(arena, scratch, &f, influence, err);
  sl_arena_free(scratch);
  if (status == SL_OK && *influence != NULL) *temperature = 1.0 / f.scale;
  return status;
}
