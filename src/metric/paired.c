// SPDX-License-Identifier: Apache-2.0
// Two runs over the same samples: what the second fixed and broke.
//
// Invariant: only whether each run was right matters, so a resample is a draw of the numbers of
// fixed, broken and other samples. Start at sl_metric_compare().
#include <math.h>

#include "metric/array.h"
#include "metric/draw.h"
#include "metric/metric.h"
#include "metric/resample.h"
#include "metric/stats.h"

static sl_status check(const int32_t *values, int64_t samples, int32_t classes, const char *what,
                       sl_error *err) {
  for (int64_t i = 0; i < samples; i++) {
    if (values[i] < -1 || values[i] >= classes) {
      return sl_fail(err, SL_E_ARG, "%s %d of sample %lld is outside the %d classes", what,
                     values[i], (long long)i, classes);
    }
  }
  return SL_OK;
}

static void count_sample(int32_t label, int32_t a, int32_t b, sl_metric_class_change *rows,
                         sl_metric_change *out) {
  if (label < 0 || (a < 0 && b < 0)) return;
  if (a < 0 || b < 0) {
    out->unpaired++;
    return;
  }
  sl_metric_class_change *row = &rows[label];
  bool right_a = a == label, right_b = b == label;
  out->paired++;
  out->both_right += right_a && right_b;
  out->both_wrong += !right_a && !right_b;
  out->fixed += !right_a && right_b;
  out->broken += right_a && !right_b;
  row->support++;
  row->correct_a += right_a;
  row->correct_b += right_b;
  row->fixed += !right_a && right_b;
  row->broken += right_a && !right_b;
}

// Resamples of (fixed - broken) / paired.
static void draw_differences(const sl_metric_change *change, uint64_t seed, int32_t count,
                             double *out) {
  int64_t n = change->paired, changed = change->fixed + change->broken;
  double any = (double)changed / (double)n;
  double fixed = changed > 0 ? (double)change->fixed / (double)changed : 0.0;
  for (int32_t b = 0; b < count; b++) {
    sl_random random = sl_draw_start(seed, (uint64_t)b);
    int64_t here = sl_draw_binomial(&random, n, any);
    int64_t better = sl_draw_binomial(&random, here, fixed);
    out[b] = (double)(2 * better - here) / (double)n;
  }
}

static sl_status judge(sl_arena *arena, const sl_metric_options *options, sl_metric_change *out,
                       sl_error *err) {
  double n = (double)out->paired, *differences;
  int32_t resamples = options != NULL ? options->resamples : 0;
  double level = options != NULL && options->level > 0.0 ? options->level : 0.95;
  if (resamples == 0) resamples = SL_METRIC_RESAMPLES;
  out->accuracy_a = (double)(out->both_right + out->broken) / n;
  out->accuracy_b = (double)(out->both_right + out->fixed) / n;
  out->difference = (sl_metric_estimate){.low = NAN, .high = NAN};
  out->difference.value = (double)(out->fixed - out->broken) / n;
  out->p_value = sl_stats_mcnemar_exact(out->fixed, out->broken);
  out->p_value_mid = sl_stats_mcnemar_mid(out->fixed, out->broken);
  if (resamples < 0 || out->paired == 0) return SL_OK;
  sl_arena *scratch = sl_arena_new(arena, "comparison");
  sl_status status = SL_ARRAY(scratch, resamples, differences, err);
  if (status == SL_OK) {
    draw_differences(out, options != NULL ? options->seed : 0, resamples, differences);
    sl_resample_interval(differences, resamples, level, &out->difference);
  }
  sl_arena_free(scratch);
  return status;
}

sl_status sl_metric_compare(sl_arena *arena, int64_t samples, int32_t classes, const int32_t *label,
                            const int32_t *pred_a, const int32_t *pred_b,
                            const sl_metric_options *options, sl_metric_change *out,
                            sl_error *err) {
  sl_metric_class_change *rows;
  *out = (sl_metric_change){0};
  if (samples < 0 || classes < 1) {
    return sl_fail(err, SL_E_ARG, "%lld samples of %d classes cannot be compared",
                   (long long)samples, classes);
  }
  SL_TRY(check(label, samples, classes, "label", err));
  SL_TRY(check(pred_a, samples, classes, "first prediction", err));
  SL_TRY(check(pred_b, samples, classes, "second prediction", err));
  SL_TRY(SL_ARRAY(arena, classes, rows, err));
  for (int32_t c = 0; c < classes; c++) rows[c].index = c;
  for (int64_t i = 0; i < samples; i++) count_sample(label[i], pred_a[i], pred_b[i], rows, out);
  out->by_class = rows;
  return judge(arena, options, out, err);
}
