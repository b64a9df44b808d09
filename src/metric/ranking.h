// SPDX-License-Identifier: Apache-2.0
// How scores order positives and negatives: AUROC, average precision, curves, and what each sample
// contributes to them; private to src/metric.
//
// With the distinct scores of a class's positives in ascending order, s[0] to s[G-1], only the slot
// that a negative falls into matters: slot 2g lies below s[g] (and above s[g-1]), slot 2g+1 equals
// s[g], slot 2G lies above all. Counting slots replaces sorting every score.
// Invariant: counts are integers, so no order of summation can change a result.
// Start at sl_ranking_build().
#ifndef SL_METRIC_RANKING_H
#define SL_METRIC_RANKING_H

#include "metric/sample_set.h"
#include "metric/scores.h"

// The numbers of a ranking, as they stand in sl_metric_sums.ranking.
enum {
  SL_RANK_AUROC = 0,  // mean over classes that have positives and negatives
  SL_RANK_OVO,        // mean over ordered pairs of classes; single label only
  SL_RANK_AP,         // mean over classes that have positives
  SL_RANK_AUROC_MICRO,
  SL_RANK_AP_MICRO,
  SL_RANK_COUNT
};

typedef struct sl_slots {
  int32_t groups;                // distinct scores of positives, G
  int64_t positives, negatives;  // pairs in all
  const uint32_t *keys;          // sl_scores_key of s[0..G-1]
  int64_t *hits;                 // positives of each group
  int64_t *others;               // negatives of each slot
  uint64_t *weights;             // their weights, each class weighing the same (one against one)
  uint32_t low, shift;           // keys[0]; distance of keys in a bucket is below 2^shift
  uint32_t buckets;
  const int32_t *start;  // first group of each bucket and, last, G
} sl_slots;

typedef struct sl_ranking {
  const sl_sample_set *set;
  int32_t classes;
  sl_slots *slots;               // classes + 1; the last pools all (sample, class) pairs
  uint32_t *low;                 // of each class, UINT32_MAX without positives
  int64_t *slot_at;              // classes + 2: slots of all classes lie one after another
  int64_t *positive_at;          // classes + 1: positives of all classes lie one after another
  int64_t *positive;             // their positions, ascending within a class
  int32_t *group, *micro_group;  // the group of each, in its class and in the pool
  uint64_t *class_weight;        // of a negative of the class; single label only
} sl_ranking;

// The slot of a score that is not below s[0].
static inline int32_t sl_slot_of(const sl_slots *slots, uint32_t key) {
  uint32_t bucket = (key - slots->low) >> slots->shift;
  if (bucket >= slots->buckets) return 2 * slots->groups;
  int32_t low = slots->start[bucket], high = slots->start[bucket + 1];
  while (low < high) {
    int32_t middle = low + (high - low) / 2;
    if (slots->keys[middle] < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return 2 * low + (low < slots->groups && slots->keys[low] == key);
}

// `only` >= 0 counts the scores of that class alone (for its curves), -1 those of all and the pool.
SL_MUST_CHECK sl_status sl_ranking_build(sl_arena *arena, const sl_sample_set *set,
                                         const sl_metric_options *options, int32_t only,
                                         sl_ranking *out, sl_error *err);

// NaN without positives or without negatives.
double sl_slots_auroc(const sl_slots *slots);
double sl_slots_average_precision(const sl_slots *slots);  // 1 without negatives

void sl_ranking_values(const sl_ranking *ranking, double out[SL_RANK_COUNT]);

// ---- each sample's influence (ranking_influence.c) ----------------------------------------------

// Fills influence[k][position] with the derivative of number k by the weight of the sample, and
// standard errors of each class's AUROC and average precision (infinitesimal jackknife).
typedef struct sl_ranking_influence {
  double *of[SL_RANK_COUNT];
  double *auroc_error, *average_precision_error;  // by class
} sl_ranking_influence;
SL_MUST_CHECK sl_status sl_ranking_find_influence(sl_arena *arena, const sl_ranking *ranking,
                                                  const sl_metric_options *options,
                                                  sl_ranking_influence *out, sl_error *err);

// ---- exact values on a resample (ranking_resample.c) --------------------------------------------

typedef struct sl_ranking_index sl_ranking_index;  // the slot of every score

SL_MUST_CHECK sl_status sl_ranking_index_build(sl_arena *arena, const sl_ranking *ranking,
                                               const sl_metric_options *options,
                                               const sl_ranking_index **out, sl_error *err);

// Doubles of scratch that one call of sl_ranking_resample needs.
int64_t sl_ranking_scratch_size(const sl_ranking_index *index);

// The numbers when position i counts times[i] times; by class into `auroc` and `precision`
// (classes each).
void sl_ranking_resample(const sl_ranking_index *index, const uint8_t *times, double *scratch,
                         double out[SL_RANK_COUNT], double *auroc, double *precision);

// ---- curves (curve.c) ---------------------------------------------------------------------------

// ROC and PR of a class, or of the pool for -1, with at most `points` points each; in `arena`.
SL_MUST_CHECK sl_status sl_ranking_curves(sl_arena *arena, const sl_ranking *ranking,
                                          int32_t class_index, int32_t points,
                                          sl_metric_curve out[2], sl_error *err);

#endif
