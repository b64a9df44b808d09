// SPDX-License-Identifier: Apache-2.0
// All that a metric may look at: sums over the samples, or over a resample of them; private to
// src/metric.
//
// Invariant: every field is a sum in which a sample counts as often as it was drawn, or follows
// from such sums; so a function of sl_metric_sums has a bootstrap interval for free. Start at
// struct sl_metric_sums, then sl_sums_collect().
#ifndef SL_METRIC_SUMS_H
#define SL_METRIC_SUMS_H

#include "metric/ranking.h"
#include "metric/sample_set.h"

enum { SL_SUMS_CHUNK = 4096 };  // samples added at a time, few enough to stay in the cache

typedef struct sl_bin_sum {
  double count, confidence, right;
} sl_bin_sum;

// Columns of the sample set that are just added up.
enum {
  SL_SUM_NLL = 0,
  SL_SUM_BRIER,
  SL_SUM_NLL_AFTER,
  SL_SUM_BRIER_AFTER,
  SL_SUM_CONFIDENCE,
  SL_SUM_F1,
  SL_SUM_HAMMING,
  SL_SUM_RANKING,
  SL_SUM_RANK_INFLUENCE,  // SL_RANK_COUNT columns, set by the caller
  SL_SUM_TEMPERATURE_INFLUENCE = SL_SUM_RANK_INFLUENCE + SL_RANK_COUNT,
  SL_SUM_COUNT
};

typedef struct sl_metric_sums {
  bool multi_label;
  int32_t classes, bins;
  double n, right, top5;
  double column[SL_SUM_COUNT];
  double *support, *predicted, *correct;  // by class
  double *gap;  // confidence minus right, by predicted class; NULL without confidence
  sl_bin_sum *width, *mass, *after;  // `bins` each; NULL where not known
  double *mass_edge;                 // bins + 1
  double confidence_auroc;
  double ranking[SL_RANK_COUNT];  // filled by the caller
  double temperature;             // filled by the caller
} sl_metric_sums;

// What does not change between resamples.
typedef struct sl_sums_plan {
  const sl_sample_set *set;
  int32_t bins;
  double *column[SL_SUM_COUNT];  // NULL where not known
  int64_t *width_at;             // first position of each bin of equal width and, last, count
  uint8_t *after_bin;            // bin of the confidence after the temperature
  uint8_t *new_confidence;       // 1 where the confidence differs from the position before
} sl_sums_plan;

SL_MUST_CHECK sl_status sl_sums_plan_build(sl_arena *arena, const sl_sample_set *set, int32_t bins,
                                           sl_sums_plan *out, sl_error *err);

SL_MUST_CHECK sl_status sl_sums_new(sl_arena *arena, const sl_sums_plan *plan, sl_metric_sums *out,
                                    sl_error *err);

void sl_sums_clear(sl_metric_sums *sums);

// Adds positions first to end - 1 (at most SL_SUMS_CHUNK), each times[i] times; times[0] belongs to
// position 0.
void sl_sums_add(const sl_sums_plan *plan, const uint8_t *times, int64_t first, int64_t end,
                 sl_metric_sums *sums);

// What needs the whole resample: bins and AUROC of confidence. Call once, after all positions.
void sl_sums_finish(const sl_sums_plan *plan, const uint8_t *times, sl_metric_sums *sums);

// Index of the bin of equal width that holds `confidence`: floor, the last bin with its upper end.
int32_t sl_sums_width_bin(double confidence, int32_t bins);

#endif
