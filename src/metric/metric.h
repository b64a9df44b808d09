// SPDX-License-Identifier: Apache-2.0
// Everything that a labelled run says about its model: numbers with intervals, classes, confusions,
// calibration, curves. Pure computation over arrays: no files, no store, the input is borrowed.
//
// Invariant: a sample counts in every number of a report or in none. Samples without a label,
// without a prediction or with a score that is not finite are left out, counted and reported.
// Start at sl_metric_evaluate(); the numbers themselves are the rows of metric_list.h.
#ifndef SL_METRIC_METRIC_H
#define SL_METRIC_METRIC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "metric/permutation.h"
#include "tensor/dtype.h"

enum {
  SL_METRIC_TOP = 5,            // the k of top-k accuracy
  SL_METRIC_BINS = 15,          // default of sl_metric_options.bins (Guo et al. 2017, section 4)
  SL_METRIC_BINS_MAX = 255,     // limit of sl_metric_options.bins
  SL_METRIC_RESAMPLES = 1000,   // default of sl_metric_options.resamples
  SL_METRIC_CURVE_POINTS = 512  // default of sl_metric_options.curve_points
};

// ---- input --------------------------------------------------------------------------------------

typedef enum sl_metric_score_kind {
  SL_METRIC_PROBABILITY = 0,  // rows sum to one (single label) or lie in [0, 1] (multi-label)
  SL_METRIC_LOGIT             // softmax (single label) or sigmoid (multi-label, one column) applies
} sl_metric_score_kind;

// A row-major matrix, samples x columns.
typedef struct sl_metric_scores {
  const void *data;  // NULL: only predictions are known
  sl_dtype dtype;    // float16, float32, or float64 (whose order is judged as float32)
  int32_t columns;   // the number of classes, or 1: the score of class 1 of two (a sigmoid)
  sl_metric_score_kind kind;
} sl_metric_scores;

typedef struct sl_metric_input {
  int64_t samples;
  int32_t classes;
  bool multi_label;         // truth is `targets`, a sample may have any number of classes
  const int32_t *label;     // class of each sample, -1: none. Multi-label: NULL, or -1 leaves out
  const uint64_t *targets;  // multi-label: sl_metric_target_words(classes) words a sample, bit c%64
                            // of word c/64 set: the sample has class c
  const int32_t *pred;      // predicted class, -1: none (a broken sample); NULL: the first class
                            // with the largest score. Not used for multi-label
  const float *confidence;  // of the prediction, in [0, 1]; NULL: its score, where there are scores
  sl_metric_scores scores;
  const int32_t *top;  // samples x top_count, best first; used for top-5 where scores are missing
  int32_t top_count;
} sl_metric_input;

typedef struct sl_metric_options {  // zero means the default everywhere
  int32_t bins;                     // of reliability, 1 to SL_METRIC_BINS_MAX
  int32_t resamples;                // of the bootstrap; negative: no intervals
  uint64_t seed;                    // same seed, same intervals, whatever the number of threads
  double level;                     // of intervals; default 0.95
  double threshold;                 // of multi-label decisions; default 0.5
  int32_t curve_points;             // most points of a curve, at least 8
  int32_t threads;                  // default: all processors
  const atomic_int *cancel;         // set it to stop with SL_E_CANCELLED; may be NULL
} sl_metric_options;

int32_t sl_metric_target_words(int32_t classes);

// ---- the registry -------------------------------------------------------------------------------

enum {                       // what a metric needs
  SL_NEEDS_SINGLE = 1,       // one label a sample
  SL_NEEDS_MULTI = 2,        // any number of labels a sample
  SL_NEEDS_CONFIDENCE = 4,   // of each prediction
  SL_NEEDS_SCORES = 8,       // of every class
  SL_NEEDS_TOP = 16,         // five best classes, and more than five classes
  SL_NEEDS_TEMPERATURE = 32  // single label, scores, and a temperature that was found
};

struct sl_metric_sums;

typedef struct sl_metric_row {
  const char *name;   // stable, for machines: "ece_mass"
  const char *title;  // "ECE, equal mass"
  const char *help;   // one sentence: what it is, range, source of the method
  const char *group;  // "agreement", "probability", "ranking", "calibration", "multi_label"
  const char *unit;   // NULL: a plain number
  int32_t better;     // +1 higher is better, -1 lower, 0 neither
  uint32_t needs;     // SL_NEEDS_*
  double (*value)(const struct sl_metric_sums *sums);  // NaN: not defined for these samples
} sl_metric_row;

extern const sl_metric_row sl_metric_rows[];  // order of metric_list.h
extern const int32_t sl_metric_row_count;
const sl_metric_row *sl_metric_find(const char *name);  // NULL when there is none

// ---- report -------------------------------------------------------------------------------------

typedef enum sl_interval_method {
  SL_INTERVAL_NONE = 0,   // low and high are NaN
  SL_INTERVAL_BOOTSTRAP,  // percentiles over resampled samples (Efron & Tibshirani 1993, ch. 13)
  SL_INTERVAL_LINEAR,     // the same over each sample's influence on the number, where evaluating
                          // the number itself on every resample would cost too much
                          // (Efron & Tibshirani 1993, section 22.5)
  SL_INTERVAL_JACKKNIFE,  // normal, variance from each sample's influence (Efron 1982, ch. 6; for
                          // AUROC this is DeLong et al. 1988)
  SL_INTERVAL_WILSON      // score interval of a rate (Wilson 1927)
} sl_interval_method;

const char *sl_interval_method_name(sl_interval_method method);  // "bootstrap", ...; never NULL

typedef struct sl_metric_estimate {
  double value, low, high;  // NaN: undefined
  sl_interval_method method;
  int32_t resamples;  // behind the interval; 0 for Wilson and jackknife
} sl_metric_estimate;

typedef struct sl_metric_value {
  const sl_metric_row *row;
  sl_metric_estimate estimate;
  int64_t n;  // samples behind it
} sl_metric_value;

typedef enum sl_metric_trust {
  SL_TRUST_UNKNOWN = 0,  // no confidence known, or fewer than 10 predictions
  SL_TRUST_CALIBRATED,   // no significant gap
  SL_TRUST_OVER,         // confidence is above accuracy
  SL_TRUST_UNDER         // confidence is below accuracy
} sl_metric_trust;

// One class. Undefined values are NaN (precision of a class that was never predicted); averages
// over classes count them as scikit-learn does (zero_division=0).
typedef struct sl_metric_class {
  int32_t index;
  int64_t support, predicted, correct;
  sl_metric_estimate precision, recall;         // Wilson
  sl_metric_estimate f1;                        // bootstrap
  sl_metric_estimate average_precision, auroc;  // against all other classes; bootstrap where
                                                // affordable and no class is
                                                // rare, else jackknife
  double confidence;                            // mean over the samples predicted as the class
  sl_metric_estimate gap;                       // that mean minus precision; bootstrap
  double gap_p_value;                           // two-sided, adjusted over the classes
                                                // (Benjamini & Hochberg 1995)
  sl_metric_trust trust;  // not CALIBRATED: adjusted p <= 0.05, interval without 0, |gap| >= 0.02
} sl_metric_class;

typedef struct sl_metric_cell {
  int32_t label, pred;
  int64_t count;
} sl_metric_cell;

typedef struct sl_metric_bin {
  double low, high;  // of confidence: low <= c < high; the last bin holds its high too
  int64_t count;
  double confidence, accuracy;         // means; NaN for an empty bin
  double accuracy_low, accuracy_high;  // Wilson
} sl_metric_bin;

typedef enum sl_metric_curve_kind { SL_CURVE_ROC = 0, SL_CURVE_PR } sl_metric_curve_kind;

// From the highest threshold down. ROC: x false positive rate, y true positive rate, straight lines
// between points. PR: x recall, y precision, a step down before each point (as in average
// precision). Thinned to evenly spaced vertices; the area is exact, of the full curve.
typedef struct sl_metric_curve {
  sl_metric_curve_kind kind;
  int32_t class_index;  // -1: micro-averaged, every (sample, class) pair is a decision
  double area;          // AUROC, or average precision; NaN without positives or negatives
  int32_t count;
  const double *x, *y, *threshold;  // a pair counts as positive when score >= threshold
} sl_metric_curve;

typedef struct sl_metric_report {
  int64_t samples;  // = used + unlabelled + unscored + nan
  int64_t used, unlabelled, unscored, nan;
  int32_t classes, bins, resamples;  // resamples: used for most intervals; see each estimate
  int64_t correct;                   // multi-label: samples with exactly the right set
  const sl_metric_value *values;     // only those whose needs are met, in registry order
  int32_t value_count;
  const sl_metric_class *by_class;  // `classes` of them, by index
  const sl_metric_cell *cells;      // confusions (label != pred) by count, then the diagonal by
  int64_t cell_count;               // count; empty cells are not listed; none for multi-label
  const sl_metric_bin *equal_width, *equal_mass;  // `bins` each; NULL without confidence
  const sl_metric_bin *after;                     // equal width, after the temperature; or NULL
  double temperature;                             // NaN when there is none
  sl_metric_curve roc, pr;                        // micro-averaged; count 0 without scores
  sl_permutation permutation;                     // suspicion that classes are in another order
} sl_metric_report;

// Evaluates `input` and fills `out`; arrays are in `arena`. SL_E_ARG when a label or prediction is
// outside the classes or the input contradicts itself. A report of zero usable samples is no error:
// its numbers are NaN.
SL_MUST_CHECK sl_status sl_metric_evaluate(sl_arena *arena, const sl_metric_input *input,
                                           const sl_metric_options *options, sl_metric_report *out,
                                           sl_error *err);

// The value of a report by name; NULL when the report has none.
const sl_metric_value *sl_metric_value_of(const sl_metric_report *report, const char *name);

// The confusion matrix, label-major classes x classes, in `arena`. SL_E_LIMIT above 8,192 classes.
SL_MUST_CHECK sl_status sl_metric_confusion_matrix(sl_arena *arena, const sl_metric_report *report,
                                                   const int64_t **out, sl_error *err);

// ROC (out[0]) and PR (out[1]) of one class against the rest, or of -1, the micro average. SL_E_ARG
// without scores or for a class that does not exist.
SL_MUST_CHECK sl_status sl_metric_curves(sl_arena *arena, const sl_metric_input *input,
                                         const sl_metric_options *options, int32_t class_index,
                                         sl_metric_curve out[2], sl_error *err);

// ---- two runs over the same samples -------------------------------------------------------------

typedef struct sl_metric_class_change {
  int32_t index;
  int64_t support, correct_a, correct_b, fixed, broken;
} sl_metric_class_change;

// Samples count when they have a label and a prediction in both runs. "Fixed": wrong in a, right
// in b.
typedef struct sl_metric_change {
  int64_t paired, unpaired;  // unpaired: labelled, but only one run has a prediction
  int64_t fixed, broken, both_right, both_wrong;
  double accuracy_a, accuracy_b;
  sl_metric_estimate difference;           // b - a; paired bootstrap
  double p_value;                          // exact McNemar test, two-sided
  double p_value_mid;                      // mid-p McNemar (Fagerland, Lydersen & Laake 2013)
  const sl_metric_class_change *by_class;  // `classes` of them, by index
} sl_metric_change;

// `label`, `pred_a` and `pred_b` have `samples` entries, -1 for none; arrays are in `arena`.
SL_MUST_CHECK sl_status sl_metric_compare(sl_arena *arena, int64_t samples, int32_t classes,
                                          const int32_t *label, const int32_t *pred_a,
                                          const int32_t *pred_b, const sl_metric_options *options,
                                          sl_metric_change *out, sl_error *err);

#endif
