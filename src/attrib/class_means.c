// SPDX-License-Identifier: Apache-2.0
// Nearest class means.
#include "attrib/class_means.h"

#include <math.h>

void sl_class_means_new(sl_arena *arena, int64_t classes, int64_t features, sl_class_means *out) {
  *out = (sl_class_means){.classes = classes,
                          .features = features,
                          .counts = SL_NEW_ARRAY(arena, int64_t, classes + 1),
                          .means = SL_NEW_ARRAY(arena, double, classes *features + 1),
                          .scatter = SL_NEW_ARRAY(arena, double, features + 1),
                          .centre = SL_NEW_ARRAY(arena, double, features + 1),
                          .total = SL_NEW_ARRAY(arena, double, features + 1),
                          .accuracy = NAN};
}

static void add_means(const double *x, const int32_t *class_of, sl_class_means *out) {
  for (int64_t i = 0; i < out->samples; i++) {
    double *mean = out->means + class_of[i] * out->features;
    out->counts[class_of[i]]++;
    for (int64_t d = 0; d < out->features; d++) {
      mean[d] += x[i * out->features + d];
      out->centre[d] += x[i * out->features + d];
    }
  }
  for (int64_t c = 0; c < out->classes; c++)
    for (int64_t d = 0; d < out->features; d++)
      out->means[c * out->features + d] /= (double)out->counts[c];
  for (int64_t d = 0; d < out->features; d++) out->centre[d] /= (double)out->samples;
}

static void add_scatter(const double *x, const int32_t *class_of, sl_class_means *out) {
  for (int64_t i = 0; i < out->samples; i++) {
    const double *mean = out->means + class_of[i] * out->features;
    for (int64_t d = 0; d < out->features; d++) {
      double within = x[i * out->features + d] - mean[d];
      double about = x[i * out->features + d] - out->centre[d];
      out->scatter[d] += within * within;
      out->total[d] += about * about;
    }
  }
}

static int32_t best_of(const double *scores, int64_t count) {
  int64_t best = 0;
  for (int64_t c = 1; c < count; c++)
    if (scores[c] > scores[best]) best = c;
  return (int32_t)best;
}

static void judge(const double *x, const int32_t *class_of, int64_t judge_max,
                  sl_class_means *out) {
  sl_arena *scratch = sl_arena_new(NULL, "judge");
  double *scores = SL_NEW_ARRAY(scratch, double, out->classes + 1);
  int64_t tries = out->samples < judge_max ? out->samples : judge_max, right = 0;
  for (int64_t t = 0; t < tries; t++) {
    int64_t i = t * out->samples / tries;
    if (out->counts[class_of[i]] < 2) continue;
    sl_class_means_score(out, x + i * out->features, class_of[i], scores);
    right += best_of(scores, out->classes) == class_of[i];
    out->judged++;
  }
  if (out->judged > 0) out->accuracy = (double)right / (double)out->judged;
  sl_arena_free(scratch);
}

void sl_class_means_fit(const double *x, const int32_t *class_of, int64_t samples,
                        int64_t judge_max, sl_class_means *out) {
  out->samples = samples;
  add_means(x, class_of, out);
  add_scatter(x, class_of, out);
  judge(x, class_of, judge_max, out);
}

// ---- scores -------------------------------------------------------------------------------------

// Sum of squares of a group without one member: n / (n - 1) of its squared distance goes.
static double without_one(double squares, double gap, int64_t count) {
  double left = squares - gap * gap * (double)count / (double)(count - 1);
  return left > 0 ? left : 0;
}

// 1 / variance of each feature; features that do not vary count as they are, as in scikit-learn.
static void weigh(const sl_class_means *fit, const double *x, int32_t own, double *weights) {
  int64_t samples = fit->samples - (own >= 0), classes = fit->classes;
  int is_alone = own >= 0 && fit->counts[own] == 1;
  int64_t within_freedom = samples - (classes - is_alone);
  for (int64_t d = 0; d < fit->features; d++) {
    double squares = within_freedom > 0 ? fit->scatter[d] : fit->total[d];
    if (within_freedom > 0 && own >= 0 && !is_alone)
      squares = without_one(squares, x[d] - fit->means[own * fit->features + d], fit->counts[own]);
    if (within_freedom <= 0 && own >= 0 && fit->samples > 1)
      squares = without_one(squares, x[d] - fit->centre[d], fit->samples);
    int64_t freedom = within_freedom > 0 ? within_freedom : samples - 1;
    double variance = freedom > 0 ? squares / (double)freedom : 0;
    weights[d] = variance > 0 ? 1 / variance : 1;
  }
}

static double distance(const sl_class_means *fit, const double *x, const double *weights,
                       int64_t index, int is_own) {
  const double *mean = fit->means + index * fit->features;
  // Without x the mean is (n mean - x) / (n - 1): the gap grows by n / (n - 1).
  double n = (double)fit->counts[index], grow = is_own ? n / (n - 1) : 1, sum = 0;
  for (int64_t d = 0; d < fit->features; d++) {
    double gap = (x[d] - mean[d]) * grow;
    sum += gap * gap * weights[d];
  }
  return sum;
}

void sl_class_means_score(const sl_class_means *fit, const double *x, int32_t own,
                          double *log_posterior) {
  sl_arena *scratch = sl_arena_new(NULL, "probe");
  double *weights = SL_NEW_ARRAY(scratch, double, fit->features + 1);
  double top = -INFINITY, sum = 0;
  weigh(fit, x, own, weights);
  for (int64_t c = 0; c < fit->classes; c++) {
    int is_gone = c == own && fit->counts[c] == 1;
    log_posterior[c] = is_gone ? -INFINITY : -0.5 * distance(fit, x, weights, c, c == own);
    top = fmax(top, log_posterior[c]);
  }
  for (int64_t c = 0; c < fit->classes; c++) sum += exp(log_posterior[c] - top);
  for (int64_t c = 0; c < fit->classes; c++) log_posterior[c] -= top + log(sum);
  sl_arena_free(scratch);
}
