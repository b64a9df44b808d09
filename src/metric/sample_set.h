// SPDX-License-Identifier: Apache-2.0
// The samples that count, with everything that is known of each one, ordered by confidence; private
// to src/metric.
//
// Invariant: all arrays are indexed by position (0 to count - 1); positions ascend in confidence
// where there is one, else in input row. `row` leads back to the input. Start at
// sl_sample_set_build().
#ifndef SL_METRIC_SAMPLE_SET_H
#define SL_METRIC_SAMPLE_SET_H

#include "metric/metric.h"

typedef struct sl_sample_set {
  const sl_metric_input *input;  // borrowed
  int64_t count, unlabelled, unscored, nan;
  int32_t classes, words;
  bool has_confidence, has_scores, has_top;
  int64_t *row;         // input row of a position
  int64_t *at_row;      // position of an input row, -1: left out; input->samples entries
  double *nll, *brier;  // with scores
  double *nll_after, *brier_after, *confidence_after;  // with a temperature, else NULL
  uint8_t *right;                                      // multi-label: the set is exactly right
  // Single label:
  int32_t *label, *pred;
  uint8_t *top5;        // with has_top
  double *confidence;   // with has_confidence
  uint32_t *label_key;  // sl_scores_key of the label's probability, with scores
  // Multi-label:
  const uint64_t **truth;  // words of the sample's targets
  uint64_t *decided;       // count x words: classes whose probability reaches the threshold
  double *f1, *hamming, *ranking;
} sl_sample_set;

// Reads every row of the input once. SL_E_ARG as in sl_metric_evaluate(). Arrays are in `arena`.
SL_MUST_CHECK sl_status sl_sample_set_build(sl_arena *arena, const sl_metric_input *input,
                                            const sl_metric_options *options, sl_sample_set *out,
                                            sl_error *err);

// Classes of a position into out[classes]; returns how many.
int32_t sl_sample_set_positives(const sl_sample_set *set, int64_t position, int32_t *out);

// Order of `count` keys: `order` becomes the indices in ascending key, equal keys by index.
// `scratch` has room for `count` indices.
void sl_sort_order(const uint64_t *keys, int64_t *order, int64_t *scratch, int64_t count);

#endif
