// SPDX-License-Identifier: Apache-2.0
// Runs the bootstrap in batches of resamples; the contract is in resample.h.
//
// Invariant: a batch walks the samples once for all its resamples, so that columns are read from
// memory once a batch. Start at run_batch().
#include "metric/resample.h"

#include <math.h>
#include <string.h>

#include "base/thread.h"
#include "metric/array.h"
#include "metric/draw.h"
#include "metric/stats.h"

enum {
  BATCH = 8,
  DRAWS_MOST = 200000000,         // samples drawn in all resamples, but at least
  RESAMPLES_LEAST = 100,          // this many resamples
  PAIRS_MOST = 200000000,         // (sample, class) pairs weighed in all resamples, but at least
  RANKING_RESAMPLES_LEAST = 200,  // this many resamples; otherwise influences
  CLASS_NUMBERS_MOST = 20000000   // numbers kept of all classes in all resamples
};

typedef struct worker_state {
  uint8_t *times;  // BATCH rows
  sl_metric_sums sums[BATCH];
  double *ranking_scratch, *auroc, *precision;
} worker_state;

typedef struct bootstrap {
  const sl_resample_plan *plan;
  const sl_metric_options *options;
  worker_state *workers;
  sl_resamples *out;
} bootstrap;

static int32_t least_of(int64_t a, int64_t b) { return (int32_t)(a < b ? a : b); }

void sl_resample_budget(int64_t samples, int32_t classes, int32_t wanted, bool *exact,
                        sl_resample_plan *out) {
  int64_t count = samples > 0 ? samples : 1, pairs = count * classes;
  int64_t by_draws = DRAWS_MOST / count, by_pairs = PAIRS_MOST / pairs;
  int64_t by_class = CLASS_NUMBERS_MOST / classes;
  out->resamples = least_of(wanted, by_draws > RESAMPLES_LEAST ? by_draws : RESAMPLES_LEAST);
  *exact = by_pairs >= RANKING_RESAMPLES_LEAST || by_pairs >= wanted;
  out->ranking_resamples = *exact ? least_of(out->resamples, by_pairs) : out->resamples;
  out->class_resamples =
      least_of(out->resamples, by_class > RESAMPLES_LEAST ? by_class : RESAMPLES_LEAST);
}

// ---- one resample -------------------------------------------------------------------------------

static void note_values(const bootstrap *boot, int32_t b, const sl_metric_sums *sums) {
  for (int32_t m = 0; m < sl_metric_row_count; m++) {
    double *value = &boot->out->values[(int64_t)m * boot->plan->resamples + b];
    bool known = (sl_metric_rows[m].needs & SL_NEEDS_CONFIDENCE) == 0 || sums->width != NULL;
    known = known && ((sl_metric_rows[m].needs & SL_NEEDS_TEMPERATURE) == 0 || sums->after != NULL);
    *value = known ? sl_metric_rows[m].value(sums) : (double)NAN;
  }
}

static void note_classes(const bootstrap *boot, int32_t b, const worker_state *state,
                         const sl_metric_sums *sums) {
  const sl_resamples *out = boot->out;
  int64_t at = (int64_t)b * sums->classes;
  for (int32_t c = 0; c < sums->classes; c++) {
    double sizes = sums->support[c] + sums->predicted[c];
    out->f1[at + c] = (float)(2.0 * sums->correct[c] / sizes);
    if (out->gap != NULL) out->gap[at + c] = (float)(sums->gap[c] / sums->predicted[c]);
    if (out->auroc == NULL) continue;
    bool known = b < boot->plan->ranking_resamples;
    out->auroc[at + c] = known ? (float)state->auroc[c] : NAN;
    out->average_precision[at + c] = known ? (float)state->precision[c] : NAN;
  }
}

static double within(double value) { return fmin(fmax(value, 0.0), 1.0); }

static void find_ranking(const bootstrap *boot, int32_t b, worker_state *state,
                         const uint8_t *times, sl_metric_sums *sums) {
  const sl_resample_plan *plan = boot->plan;
  const double *base = plan->seen->column + SL_SUM_RANK_INFLUENCE;
  const double *here = sums->column + SL_SUM_RANK_INFLUENCE;
  for (int k = 0; k < SL_RANK_COUNT; k++) {
    bool known = plan->ranking != NULL && plan->index == NULL;
    double moved = plan->seen->ranking[k] + (here[k] - base[k]);
    sums->ranking[k] = known && !isnan(moved) ? within(moved) : (double)NAN;
  }
  if (plan->index != NULL && b < plan->ranking_resamples) {
    sl_ranking_resample(plan->index, times, state->ranking_scratch, sums->ranking, state->auroc,
                        state->precision);
  }
  // On the logarithm, whose distribution is nearer to symmetric.
  double shift =
      sums->column[SL_SUM_TEMPERATURE_INFLUENCE] - plan->seen->column[SL_SUM_TEMPERATURE_INFLUENCE];
  sums->temperature = plan->seen->temperature * exp(shift / plan->seen->temperature);
}

static sl_status run_batch(void *ctx, int worker, int64_t item, sl_error *err) {
  (void)err;
  const bootstrap *boot = ctx;
  const sl_resample_plan *plan = boot->plan;
  worker_state *state = &boot->workers[worker];
  int64_t count = plan->sums->set->count;
  int32_t first = (int32_t)item * BATCH, size = least_of(BATCH, plan->resamples - first);
  for (int32_t k = 0; k < size; k++) {
    sl_random random = sl_draw_start(boot->options->seed, (uint64_t)(first + k));
    sl_draw_resample(&random, count, state->times + k * count);
    sl_sums_clear(&state->sums[k]);
  }
  for (int64_t at = 0; at < count; at += SL_SUMS_CHUNK) {
    int64_t end = at + SL_SUMS_CHUNK < count ? at + SL_SUMS_CHUNK : count;
    for (int32_t k = 0; k < size; k++) {
      sl_sums_add(plan->sums, state->times + k * count, at, end, &state->sums[k]);
    }
  }
  for (int32_t k = 0; k < size; k++) {
    const uint8_t *times = state->times + k * count;
    sl_sums_finish(plan->sums, times, &state->sums[k]);
    find_ranking(boot, first + k, state, times, &state->sums[k]);
    note_values(boot, first + k, &state->sums[k]);
    if (first + k < plan->class_resamples) note_classes(boot, first + k, state, &state->sums[k]);
  }
  return SL_OK;
}

// ---- the run ------------------------------------------------------------------------------------

static sl_status push_worker(sl_arena *arena, const sl_resample_plan *plan, worker_state *state,
                             sl_error *err) {
  int32_t classes = plan->sums->set->classes;
  SL_TRY(SL_ARRAY(arena, BATCH * plan->sums->set->count, state->times, err));
  SL_TRY(SL_ARRAY(arena, classes, state->auroc, err));
  SL_TRY(SL_ARRAY(arena, classes, state->precision, err));
  for (int k = 0; k < BATCH; k++) {
    SL_TRY(sl_sums_new(arena, plan->sums, &state->sums[k], err));
  }
  if (plan->index == NULL) return SL_OK;
  return SL_ARRAY(arena, sl_ranking_scratch_size(plan->index), state->ranking_scratch, err);
}

static sl_status push_results(sl_arena *arena, const sl_resample_plan *plan, sl_resamples *out,
                              sl_error *err) {
  int64_t by_class = (int64_t)plan->class_resamples * plan->sums->set->classes;
  SL_TRY(SL_ARRAY(arena, (int64_t)sl_metric_row_count * plan->resamples, out->values, err));
  SL_TRY(SL_ARRAY(arena, by_class, out->f1, err));
  if (plan->seen->gap != NULL) SL_TRY(SL_ARRAY(arena, by_class, out->gap, err));
  if (plan->index == NULL) return SL_OK;
  SL_TRY(SL_ARRAY(arena, by_class, out->auroc, err));
  return SL_ARRAY(arena, by_class, out->average_precision, err);
}

static sl_status run(sl_arena *scratch, bootstrap *boot, sl_error *err) {
  const sl_resample_plan *plan = boot->plan;
  int threads = boot->options->threads > 0 ? boot->options->threads : sl_cpu_count();
  int64_t batches = (plan->resamples + BATCH - 1) / BATCH;
  if (threads > batches) threads = (int)batches;
  SL_TRY(SL_ARRAY(scratch, threads, boot->workers, err));
  for (int w = 0; w < threads; w++) SL_TRY(push_worker(scratch, plan, &boot->workers[w], err));
  return sl_parallel(threads, batches, run_batch, boot, boot->options->cancel, err);
}

sl_status sl_resample_run(sl_arena *arena, const sl_resample_plan *plan,
                          const sl_metric_options *options, sl_resamples *out, sl_error *err) {
  *out = (sl_resamples){0};
  if (plan->resamples <= 0 || plan->sums->set->count == 0) return SL_OK;
  SL_TRY(push_results(arena, plan, out, err));
  bootstrap boot = {.plan = plan, .options = options, .out = out};
  sl_arena *scratch = sl_arena_new(arena, "evaluation: bootstrap");
  sl_status status = run(scratch, &boot, err);
  sl_arena_free(scratch);
  return status;
}

void sl_resample_interval(double *values, int64_t count, double level, sl_metric_estimate *out) {
  sl_stats_sort(values, (size_t)count);
  int64_t known = count;
  while (known > 0 && isnan(values[known - 1])) known--;
  out->low = sl_stats_quantile(values, (size_t)known, 0.5 * (1.0 - level));
  out->high = sl_stats_quantile(values, (size_t)known, 0.5 * (1.0 + level));
  out->resamples = (int32_t)known;
  out->method = known > 0 ? SL_INTERVAL_BOOTSTRAP : SL_INTERVAL_NONE;
}
