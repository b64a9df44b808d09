// SPDX-License-Identifier: Apache-2.0
// The probe of a layer: nearest class mean under a variance per feature that all classes share.
//
// This is linear discriminant analysis with a diagonal covariance and equal priors (Hastie,
// Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed., eq. 18.2). A sample that was
// among the fitted ones is judged as if it had not been: means and variances without it follow
// exactly from those with it.
//
// Invariant: every class has at least one sample. Start at sl_class_means_fit().
#ifndef SL_ATTRIB_CLASS_MEANS_H
#define SL_ATTRIB_CLASS_MEANS_H

#include "base/arena.h"

typedef struct sl_class_means {
  int64_t classes, features, samples;
  int64_t *counts;  // [classes]: samples of each
  double *means;    // [classes * features]
  double *scatter;  // [features]: squares within classes, summed
  double *centre;   // [features]: mean of all samples
  double *total;    // [features]: squares about it, summed
  double accuracy;  // each sample judged without itself; NaN when none could be
  int64_t judged;   // samples with another one of their class: those the accuracy is over
} sl_class_means;

// Zeroed room for a fit of that size.
void sl_class_means_new(sl_arena *arena, int64_t classes, int64_t features, sl_class_means *out);
// x[samples * features]; class_of[i] is in [0, classes), each class occurs. Accuracy is measured on
// at most `judge_max` samples, evenly spread.
void sl_class_means_fit(const double *x, const int32_t *class_of, int64_t samples,
                        int64_t judge_max, sl_class_means *out);

// log_posterior[classes] of one sample, in nats. `own` is its class when it was among the fitted
// samples (it is left out then), else -1. A class that has no other sample gets -infinity. Where no
// class has two samples, the variance is that of all samples: better than nothing.
void sl_class_means_score(const sl_class_means *fit, const double *x, int32_t own,
                          double *log_posterior);

#endif
