// SPDX-License-Identifier: Apache-2.0
// Rows of a score matrix as probabilities or as logits, whatever the matrix holds; private to
// src/metric.
//
// Invariant: a row with an element that is not finite is never read as numbers; loading it gives
// false. Start at sl_scores_probabilities().
#ifndef SL_METRIC_SCORES_H
#define SL_METRIC_SCORES_H

#include "metric/metric.h"

// Fills p[classes] from row `row`: softmax of logits, the sigmoid of each for multi-label, both
// classes of a single column. False: a score is not finite.
bool sl_scores_probabilities(const sl_metric_input *input, int64_t row, double *p);

// Fills z[classes] with values whose softmax are the probabilities of the row: its logits, or the
// logarithms of its probabilities (0 read as the least positive number of the matrix's type).
// Single label only. False: a score is not finite.
bool sl_scores_logits(const sl_metric_input *input, int64_t row, double *z);

// p = softmax(z * scale); `p` may be `z`.
void sl_scores_softmax(const double *z, int32_t classes, double scale, double *p);

// What a probability is clipped to before its logarithm, as scikit-learn's log_loss does: the
// machine epsilon of the type; float16 scores were computed as float32 and get its epsilon.
double sl_scores_clip(sl_dtype dtype, double p);

// A float as an unsigned integer of the same order; both zeros are equal.
static inline uint32_t sl_scores_key(float value) {
  union {
    float value;
    uint32_t bits;
  } u = {.value = value + 0.0f};
  return u.bits & 0x80000000u ? ~u.bits : u.bits | 0x80000000u;
}

static inline float sl_scores_of_key(uint32_t key) {
  union {
    uint32_t bits;
    float value;
  } u = {.bits = key & 0x80000000u ? key & 0x7fffffffu : ~key};
  return u.value;
}

#endif
