// SPDX-License-Identifier: Apache-2.0
// Findings about where the errors are: confident mistakes, confused pairs, weak classes.
#include <math.h>
#include <stdlib.h>

#include "metric/stats.h"
#include "op/findings.h"

enum { PAIRS_MAX = 8, CLASSES_MAX = 8, EXAMPLES = 5 };
static const double confident = 0.9, least_share = 0.01;

// ---- confident mistakes
// --------------------------------------------------------------------------

sl_status sl_find_confident(const sl_finding_input *in, sl_record_list *list, sl_error *err) {
  (void)err;
  const sl_run_data *d = in->data;
  int64_t wrong = 0, all = 0;
  double top = 0;
  for (int64_t row = 0; row < d->rows; row++) {
    if (!(d->confidence[row] >= confident)) continue;
    int is_wrong = d->outcome[row] == SL_OUTCOME_WRONG;
    all += is_wrong || d->outcome[row] == SL_OUTCOME_RIGHT;
    wrong += is_wrong;
    if (is_wrong && d->confidence[row] > top) top = d->confidence[row];
  }
  if (wrong == 0 || d->input.multi_label) return SL_OK;
  sl_rec_finding *f = sl_finding_add(
      in, list, "confident-mistakes", "confident",
      (double)wrong > 0.2 * (double)in->errors ? SL_SEVERITY_WARNING : SL_SEVERITY_INFO, wrong,
      wrong);
  f->title = sl_finding_text(in, "%lld %s made with confidence 0.9 or more", (long long)wrong,
                             sl_plural(wrong, "mistake is", "mistakes are"));
  f->text = sl_finding_text(
      in,
      "Of %lld %s with confidence 0.9 or more, %lld %s wrong (%.1f %%): %.0f %% "
      "of all errors. The most confident one has %.4f.",
      (long long)all, sl_plural(all, "prediction", "predictions"), (long long)wrong,
      sl_plural(wrong, "is", "are"), 100.0 * (double)wrong / (double)all, 100 * f->share, top);
  f->advice =
      "Look at them first: they are either wrong labels or something the model has learned "
      "wrongly.";
  f->where = sl_finding_where(in, "outcome=wrong", "confidence>=0.9", NULL);
  f->sort = "-confidence";
  return SL_OK;
}

// ---- confused pairs
// ------------------------------------------------------------------------------

static int64_t reverse_count(const sl_metric_report *m, const sl_metric_cell *cell) {
  for (int64_t i = 0; i < m->cell_count; i++)
    if (m->cells[i].label == cell->pred && m->cells[i].pred == cell->label)
      return m->cells[i].count;
  return 0;
}

// A confusion that goes one way is one finding; one that goes both ways is one finding too.
static void describe_pair(const sl_finding_input *in, const sl_metric_cell *cell, int64_t back,
                          sl_rec_finding *f) {
  const char *label = sl_finding_class(in, cell->label), *pred = sl_finding_class(in, cell->pred);
  int64_t support = in->metrics->by_class[cell->label].support;
  int64_t back_support = in->metrics->by_class[cell->pred].support;
  double p = sl_stats_mcnemar_exact(cell->count, back);
  int directed = p < 0.01;
  f->title = directed
                 ? sl_finding_text(in, "\"%s\" is taken for \"%s\" %lld %s, the other way %lld",
                                   label, pred, (long long)cell->count,
                                   sl_plural(cell->count, "time", "times"), (long long)back)
                 : sl_finding_text(in, "\"%s\" and \"%s\" are confused %lld %s", label, pred,
                                   (long long)(cell->count + back),
                                   sl_plural(cell->count + back, "time", "times"));
  f->text = sl_finding_text(
      in,
      "%lld of %lld %s labelled \"%s\" %s predicted as \"%s\", %lld of %lld "
      "the other way: %.1f %% of all errors. %s (p = %.2g).",
      (long long)cell->count, (long long)support, sl_plural(support, "sample", "samples"), label,
      sl_plural(cell->count, "is", "are"), pred, (long long)back, (long long)back_support,
      100 * f->share, directed ? "The confusion has a direction" : "Neither direction prevails", p);
  f->advice = directed ? "Look for what these samples share that the other class has; a threshold "
                         "or more examples may help."
                       : "Compare the two groups side by side; if people confuse them too, check "
                         "the labelling rule.";
  const char *both = sl_finding_text(in, "%s|%s", sl_finding_clause(in, "label", label),
                                     sl_finding_clause(in, "", pred) + 1);
  const char *both_pred = sl_finding_text(in, "%s|%s", sl_finding_clause(in, "pred", label),
                                          sl_finding_clause(in, "", pred) + 1);
  f->where = sl_finding_where(in, both, both_pred, "outcome=wrong");
  f->sort = "-confidence";
}

sl_status sl_find_confused(const sl_finding_input *in, sl_record_list *list, sl_error *err) {
  (void)err;
  const sl_metric_report *m = in->metrics;
  int found = 0;
  for (int64_t i = 0; i < m->cell_count && found < PAIRS_MAX; i++) {
    const sl_metric_cell *cell = &m->cells[i];
    if (cell->label == cell->pred || cell->count < 3) break;
    int64_t back = reverse_count(m, cell);
    int is_second = back > cell->count || (back == cell->count && cell->label > cell->pred);
    if (is_second || (double)(cell->count + back) < least_share * (double)in->errors) continue;
    found++;
    const char *id = sl_finding_text(in, "confused-%d-%d", cell->label, cell->pred);
    sl_rec_finding *f = sl_finding_add(in, list, id, "confused", SL_SEVERITY_WARNING,
                                       cell->count + back, cell->count + back);
    describe_pair(in, cell, back, f);
  }
  return SL_OK;
}

// ---- weak classes
// --------------------------------------------------------------------------------

typedef struct weak {
  const sl_metric_class *c;
  double p_value;
} weak;

static int by_errors(const void *a, const void *b) {
  const sl_metric_class *x = ((const weak *)a)->c, *y = ((const weak *)b)->c;
  int64_t ex = x->support - x->correct, ey = y->support - y->correct;
  if (ex != ey) return ex < ey ? 1 : -1;
  return x->index - y->index;
}

// Classes whose recall lies below that of all other samples, beyond noise (Fisher would be exact
// but costs the table; the pooled z test with Benjamini-Hochberg does at these counts).
static int64_t collect_weak(const sl_finding_input *in, weak *out) {
  const sl_metric_report *m = in->metrics;
  double *p = SL_NEW_ARRAY(in->call->arena, double, m->classes + 1);
  int64_t *scratch = SL_NEW_ARRAY(in->call->arena, int64_t, m->classes + 1);
  for (int32_t i = 0; i < m->classes; i++) {
    const sl_metric_class *c = &m->by_class[i];
    p[i] = c->support == 0 || c->support == m->used
               ? NAN
               : sl_stats_two_proportion_z(c->correct, c->support, m->correct - c->correct,
                                           m->used - c->support);
  }
  sl_stats_benjamini_hochberg(p, scratch, m->classes);
  int64_t count = 0;
  double overall = (double)m->correct / (double)m->used;
  for (int32_t i = 0; i < m->classes; i++)
    if (p[i] < 0.01 && m->by_class[i].recall.value < overall - 0.05)
      out[count++] = (weak){&m->by_class[i], p[i]};
  return count;
}

sl_status sl_find_weak_classes(const sl_finding_input *in, sl_record_list *list, sl_error *err) {
  (void)err;
  const sl_metric_report *m = in->metrics;
  if (m->used == 0 || m->classes < 3 || in->data->input.multi_label) return SL_OK;
  weak *found = SL_NEW_ARRAY(in->call->arena, weak, m->classes + 1);
  int64_t count = collect_weak(in, found);
  if (count > 1) qsort(found, (size_t)count, sizeof *found, by_errors);
  for (int64_t i = 0; i < count && i < CLASSES_MAX; i++) {
    const sl_metric_class *c = found[i].c;
    const char *name = sl_finding_class(in, c->index);
    sl_rec_finding *f =
        sl_finding_add(in, list, sl_finding_text(in, "weak-%d", c->index), "weak_class",
                       SL_SEVERITY_WARNING, c->support - c->correct, c->support - c->correct);
    f->title = sl_finding_text(in, "\"%s\" is weak: %.1f %% of its samples are right", name,
                               100 * c->recall.value);
    f->text = sl_finding_text(
        in,
        "Recall %.3f [%.3f, %.3f] on %lld %s, against %.3f over all classes (corrected p = "
        "%.2g); its errors are %.0f %% of all. %s",
        c->recall.value, c->recall.low, c->recall.high, (long long)c->support,
        sl_plural(c->support, "sample", "samples"), (double)m->correct / (double)m->used,
        found[i].p_value, 100 * f->share,
        c->predicted == 0 ? "It is never predicted."
                          : sl_finding_text(in, "Precision is %.3f.", c->precision.value));
    f->advice =
        "See what its samples are taken for, and whether its training data are few, mislabelled or "
        "mixed.";
    f->where = sl_finding_where(in, "outcome=wrong", sl_finding_clause(in, "label", name), NULL);
    f->sort = "-confidence";
  }
  return SL_OK;
}
