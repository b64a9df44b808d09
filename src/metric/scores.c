// SPDX-License-Identifier: Apache-2.0
// Reading rows of a score matrix; the contract is in scores.h.
//
// Invariant: arithmetic is in double, so that what a number means does not depend on the type the
// scores are stored in. Start at load().
#include "metric/scores.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "metric/row_math.h"

// The stored row as doubles; false when an element is not finite.
static bool load(const sl_metric_scores *scores, int64_t row, double *out) {
  size_t at = (size_t)row * (size_t)scores->columns;
  int32_t n = scores->columns;
  if (scores->dtype == SL_DTYPE_F16) {
    sl_row_from_f16((const uint16_t *)scores->data + at, n, out);
  } else if (scores->dtype == SL_DTYPE_F32) {
    const float *from = (const float *)scores->data + at;
    for (int32_t i = 0; i < n; i++) out[i] = (double)from[i];
  } else {
    memcpy(out, (const double *)scores->data + at, (size_t)n * sizeof *out);
  }
  return isfinite(sl_row_sum(out, n)) != 0;
}

static double sigmoid(double x) {
  double e = exp(-fabs(x));
  return x >= 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
}

void sl_scores_softmax(const double *z, int32_t classes, double scale, double *p) {
  double sum = sl_row_exp(z, classes, scale, sl_row_max(z, classes), p);
  for (int32_t c = 0; c < classes; c++) p[c] /= sum;
}

// One column holds the score of class 1 of two.
static void widen(const sl_metric_scores *scores, double *p) {
  double x = p[0];
  p[1] = scores->kind == SL_METRIC_LOGIT ? sigmoid(x) : x;
  p[0] = scores->kind == SL_METRIC_LOGIT ? sigmoid(-x) : 1.0 - x;
}

bool sl_scores_probabilities(const sl_metric_input *input, int64_t row, double *p) {
  const sl_metric_scores *scores = &input->scores;
  if (!load(scores, row, p)) return false;
  if (!input->multi_label && scores->columns == 1) {
    widen(scores, p);
  } else if (scores->kind == SL_METRIC_LOGIT && !input->multi_label) {
    sl_scores_softmax(p, input->classes, 1.0, p);
  } else if (scores->kind == SL_METRIC_LOGIT) {
    for (int32_t c = 0; c < input->classes; c++) p[c] = sigmoid(p[c]);
  }
  return true;
}

static double least_positive(sl_dtype dtype) {
  if (dtype == SL_DTYPE_F16) return 0x1p-24;
  return dtype == SL_DTYPE_F32 ? (double)FLT_MIN : DBL_MIN;
}

bool sl_scores_logits(const sl_metric_input *input, int64_t row, double *z) {
  const sl_metric_scores *scores = &input->scores;
  if (!load(scores, row, z)) return false;
  if (scores->kind == SL_METRIC_LOGIT) {
    if (scores->columns == 1 && input->classes == 2) z[1] = z[0], z[0] = 0.0;
    return true;
  }
  if (scores->columns == 1 && input->classes == 2) widen(scores, z);
  sl_row_log(z, input->classes, least_positive(scores->dtype), z);
  return true;
}

double sl_scores_clip(sl_dtype dtype, double p) {
  double epsilon = dtype == SL_DTYPE_F64 ? DBL_EPSILON : (double)FLT_EPSILON;
  return fmin(fmax(p, epsilon), 1.0 - epsilon);
}
