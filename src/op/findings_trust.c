// SPDX-License-Identifier: Apache-2.0
// Findings about confidence: over- and under-confidence of the model and of classes, scores that
// are not numbers.
#include <math.h>

#include "op/findings.h"

static const double ece_worth_saying = 0.02;

static double value_of(const sl_finding_input *in, const char *name) {
  const sl_metric_value *value = sl_metric_value_of(in->metrics, name);
  return value != NULL ? value->estimate.value : NAN;
}

// A temperature minimises log loss; whether that also closes the gap is another question.
static const char *temperature_advice(const sl_finding_input *in, double ece) {
  double temperature = in->metrics->temperature, after = value_of(in, "ece_after");
  if (isnan(temperature) || !(after < ece))
    return "Do not read its confidences as probabilities; one temperature does not mend them.";
  return sl_finding_text(
      in, "Dividing the logits by %.3f would lower the error to %.4f and changes no decision.",
      temperature, after);
}

sl_status sl_find_calibration(const sl_finding_input *in, sl_record_list *list, sl_error *err) {
  (void)err;
  const sl_metric_value *ece = sl_metric_value_of(in->metrics, "ece");
  if (ece == NULL || !(ece->estimate.value >= ece_worth_saying) || in->metrics->used < 100)
    return SL_OK;
  double confidence = value_of(in, "mean_confidence");
  double accuracy = (double)in->metrics->correct / (double)in->metrics->used;
  int over = confidence > accuracy;
  sl_rec_finding *f =
      sl_finding_add(in, list, "calibration", "calibration",
                     ece->estimate.value >= 0.05 ? SL_SEVERITY_WARNING : SL_SEVERITY_INFO, 0,
                     over ? in->errors : in->metrics->correct);
  f->title = sl_finding_text(
      in, "the model is %s: it says %.1f %% and is right %.1f %% of the time",
      over ? "over-confident" : "under-confident", 100 * confidence, 100 * accuracy);
  f->text = sl_finding_text(
      in, "Expected calibration error %.4f [%.4f, %.4f] with %d bins of equal width.",
      ece->estimate.value, ece->estimate.low, ece->estimate.high, in->metrics->bins);
  f->advice = temperature_advice(in, ece->estimate.value);
  f->where = sl_finding_where(in, over ? "outcome=wrong" : "outcome=right", NULL, NULL);
  f->sort = over ? "-confidence" : "confidence";
  return SL_OK;
}

sl_status sl_find_class_calibration(const sl_finding_input *in, sl_record_list *list,
                                    sl_error *err) {
  (void)err;
  enum { MOST = 4 };
  int found = 0;
  for (int32_t i = 0; i < in->metrics->classes && found < MOST; i++) {
    const sl_metric_class *c = &in->metrics->by_class[i];
    if (c->trust != SL_TRUST_OVER || c->gap.value < 0.05) continue;
    found++;
    const char *name = sl_finding_class(in, c->index);
    sl_rec_finding *f =
        sl_finding_add(in, list, sl_finding_text(in, "over-confident-%d", c->index), "calibration",
                       SL_SEVERITY_INFO, c->predicted - c->correct, c->predicted - c->correct);
    f->title = sl_finding_text(in, "predictions of \"%s\" promise too much", name);
    f->text = sl_finding_text(in,
                              "Mean confidence %.3f where %.3f are right: a gap of %.3f [%.3f, "
                              "%.3f] over %lld %s (corrected p = %.2g).",
                              c->confidence, c->precision.value, c->gap.value, c->gap.low,
                              c->gap.high, (long long)c->predicted,
                              sl_plural(c->predicted, "prediction", "predictions"), c->gap_p_value);
    f->advice = "Set the threshold of this class by its own precision, not by the common one.";
    f->where = sl_finding_where(in, "outcome=wrong", sl_finding_clause(in, "pred", name), NULL);
    f->sort = "-confidence";
  }
  return SL_OK;
}

// Rows that decode and still have no prediction; in another tool's file they are merely missing.
static int64_t count_without_prediction(const sl_run_data *data) {
  int64_t count = 0;
  for (int64_t row = 0; data->row.model != 0 && row < data->rows; row++)
    count += data->pred[row] < 0 && data->outcome[row] != SL_OUTCOME_BROKEN;
  return count;
}

sl_status sl_find_nan(const sl_finding_input *in, sl_record_list *list, sl_error *err) {
  (void)err;
  int64_t count = count_without_prediction(in->data);
  if (count == 0) return SL_OK;
  sl_rec_finding *f =
      sl_finding_add(in, list, "not-a-number", "nan", SL_SEVERITY_ERROR, count, count);
  f->title = sl_finding_text(in, "the model gives NaN or infinity for %lld %s", (long long)count,
                             sl_plural(count, "sample", "samples"));
  f->text = sl_finding_text(
      in, "%s in no number of this report; %lld %s.",
      count == 1 ? "It has no prediction and counts" : "They have no prediction and count",
      (long long)in->metrics->used, sl_plural(in->metrics->used, "sample does", "samples do"));
  f->advice =
      "Look at what these samples have in common; overflow in half precision and constant images "
      "are usual causes.";
  f->where = sl_finding_where(in, "pred=", "outcome=unknown", NULL);
  return SL_OK;
}
