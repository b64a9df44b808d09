// SPDX-License-Identifier: Apache-2.0
// Findings about data and contract: broken files, a better pipeline, class order and names,
// duplicates.
#include <string.h>

#include "data/duplicates.h"
#include "op/findings.h"

sl_status sl_find_broken(const sl_finding_input *in, sl_record_list *list, sl_error *err) {
  (void)err;
  int64_t broken = 0;
  for (int64_t row = 0; row < in->data->rows; row++)
    broken += in->data->outcome[row] == SL_OUTCOME_BROKEN;
  if (broken == 0) return SL_OK;
  sl_rec_finding *f =
      sl_finding_add(in, list, "broken-files", "broken", SL_SEVERITY_ERROR, 0, broken);
  f->title = sl_finding_text(in, "%lld %s not decode", (long long)broken,
                             sl_plural(broken, "file does", "files do"));
  f->text = sl_finding_text(
      in,
      "%lld of %lld %s %s no prediction because the file is damaged, gone or not "
      "an image; each carries its reason.",
      (long long)broken, (long long)in->data->rows, sl_plural(in->data->rows, "sample", "samples"),
      sl_plural(broken, "has", "have"));
  f->advice = "Repair or remove them; a deployed model meets such files too.";
  f->where = sl_finding_where(in, "outcome=broken", NULL, NULL);
  return SL_OK;
}

// ---- pipeline
// ------------------------------------------------------------------------------------

static const sl_rec_alternative *best_alternative(const sl_run_notes *notes,
                                                  const sl_rec_alternative **used) {
  const sl_rec_alternative *all = notes->alternatives.at, *best = NULL;
  *used = NULL;
  for (int64_t i = 0; i < notes->alternatives.count; i++) {
    if (all[i].used) *used = &all[i];
    if (all[i].significant && (best == NULL || all[i].accuracy > best->accuracy)) best = &all[i];
  }
  return best;
}

sl_status sl_find_pipeline(const sl_finding_input *in, sl_record_list *list, sl_error *err) {
  (void)err;
  const sl_rec_alternative *used;
  const sl_rec_alternative *best = best_alternative(&in->data->notes, &used);
  if (best == NULL || used == NULL || best == used || best->accuracy <= used->accuracy)
    return SL_OK;
  int64_t explained =
      (int64_t)((best->accuracy - used->accuracy) * (double)in->metrics->used + 0.5);
  sl_rec_finding *f =
      sl_finding_add(in, list, "pipeline", "pipeline", SL_SEVERITY_ERROR, explained, in->errors);
  f->title = sl_finding_text(in, "another pipeline scores %.1f %% where this one scores %.1f %%",
                             100 * best->accuracy, 100 * used->accuracy);
  f->text = sl_finding_text(in, "%s; tried on %lld labelled samples, corrected p = %.2g.",
                            in->data->notes.alternatives_sentence, (long long)best->samples,
                            best->p_value);
  f->advice = "Check how the model was trained, correct its declared pipeline and evaluate again.";
  f->where = sl_finding_where(in, "outcome=wrong", NULL, NULL);
  return SL_OK;
}

// ---- classes
// -------------------------------------------------------------------------------------

sl_status sl_find_class_order(const sl_finding_input *in, sl_record_list *list, sl_error *err) {
  (void)err;
  const sl_permutation *p = &in->metrics->permutation;
  if (!p->found) return SL_OK;
  int64_t explained =
      (int64_t)((p->accuracy_permuted - p->accuracy) * (double)in->metrics->used + 0.5);
  sl_rec_finding *f = sl_finding_add(in, list, "class-order", "class_map", SL_SEVERITY_ERROR,
                                     explained, in->errors);
  f->title = sl_finding_text(
      in, "the class order looks wrong: reordered, accuracy would be %.1f %% in place of %.1f %%",
      100 * p->accuracy_permuted, 100 * p->accuracy);
  sl_text text = {0};
  sl_text_printf(&text, "%d classes would change places (p = %.2g on held-out samples):", p->moved,
                 p->p_value);
  int shown = 0;
  for (int32_t i = 0; i < in->metrics->classes && shown < 8; i++) {
    if (p->map[i] == i) continue;
    sl_text_printf(&text, "%s output %d \"%s\" is \"%s\"", shown++ > 0 ? ";" : "", i,
                   sl_finding_class(in, i), sl_finding_class(in, p->map[i]));
  }
  sl_text_puts(&text, p->moved > shown ? "; ..." : ".");
  f->text = sl_text_take(&text, in->call->arena);
  f->advice = "Give the names in the model's output order with --classes FILE.";
  f->where = sl_finding_where(in, "outcome=wrong", NULL, NULL);
  return SL_OK;
}

sl_status sl_find_class_map(const sl_finding_input *in, sl_record_list *list, sl_error *err) {
  (void)err;
  int64_t labels = in->data->notes.unmatched_labels;
  if (labels == 0) return SL_OK;
  int64_t samples = in->metrics->unlabelled;
  sl_rec_finding *f =
      sl_finding_add(in, list, "class-map", "class_map", SL_SEVERITY_ERROR, 0, samples);
  f->title = sl_finding_text(
      in, "%lld %s no class of the model", (long long)labels,
      sl_plural(labels, "label of the dataset matches", "labels of the dataset match"));
  sl_text text = {0};
  for (int64_t i = 0; i < in->data->notes.remarks.count; i++)
    sl_text_printf(&text, "%s%s", i > 0 ? "; " : "", in->data->notes.remarks.at[i]);
  f->text = sl_text_take(&text, in->call->arena);
  f->advice =
      "Samples with such a label count in no number; give the class names with --classes FILE.";
  f->where = sl_finding_where(in, "outcome=unknown", NULL, NULL);
  return SL_OK;
}

// ---- duplicates
// ----------------------------------------------------------------------------------

typedef struct duplicate_tally {
  int64_t label_groups, label_samples, label_errors;
  int64_t split_groups, split_samples;
  int64_t first_label_row, first_split_row;
} duplicate_tally;

static void tally_group(const sl_run_data *d, const sl_duplicate_group *g, duplicate_tally *t) {
  if (g->labels_differ) {
    if (t->label_groups++ == 0) t->first_label_row = g->rows[0];
    t->label_samples += g->count;
    for (int64_t i = 0; i < g->count; i++)
      t->label_errors += d->outcome[g->rows[i]] == SL_OUTCOME_WRONG;
  }
  if (g->splits_differ) {
    if (t->split_groups++ == 0) t->first_split_row = g->rows[0];
    t->split_samples += g->count;
  }
}

static void add_label_conflicts(const sl_finding_input *in, sl_record_list *list,
                                const duplicate_tally *t) {
  sl_rec_finding *f = sl_finding_add(in, list, "duplicate-labels", "duplicate_labels",
                                     SL_SEVERITY_ERROR, t->label_errors, t->label_samples);
  f->title =
      sl_finding_text(in, "%lld %s in the data with different labels", (long long)t->label_groups,
                      sl_plural(t->label_groups, "image stands", "images stand"));
  f->text =
      sl_finding_text(in,
                      "%lld samples are byte-for-byte copies of another one with another label; at "
                      "least one of each is labelled wrongly, and %lld of them %s.",
                      (long long)t->label_samples, (long long)t->label_errors,
                      sl_plural(t->label_errors, "counts as an error", "count as errors"));
  f->advice = "Decide the right label of each and remove the copies.";
  f->where =
      sl_finding_where(in, "duplicate=true", t->label_errors > 0 ? "outcome=wrong" : NULL, NULL);
}

static void add_split_leaks(const sl_finding_input *in, sl_record_list *list,
                            const duplicate_tally *t) {
  sl_rec_finding *f = sl_finding_add(in, list, "duplicate-splits", "duplicate_splits",
                                     SL_SEVERITY_ERROR, 0, t->split_samples);
  f->title = sl_finding_text(in, "%lld %s in more than one split", (long long)t->split_groups,
                             sl_plural(t->split_groups, "image stands", "images stand"));
  f->text = sl_finding_text(in,
                            "%lld samples are byte-for-byte copies across splits: what the model "
                            "was trained on is measured as if it were new.",
                            (long long)t->split_samples);
  f->advice = "Remove the copies from the test split and evaluate again.";
  f->where = sl_finding_where(in, "duplicate=true", NULL, NULL);
}

sl_status sl_find_duplicates(const sl_finding_input *in, sl_record_list *list, sl_error *err) {
  sl_duplicate_group *groups;
  size_t count;
  duplicate_tally t = {0};
  SL_TRY(sl_duplicates_of_version(in->call->store, in->call->arena, in->data->version.id, &groups,
                                  &count, err));
  for (size_t i = 0; i < count; i++) tally_group(in->data, &groups[i], &t);
  if (t.label_groups > 0) add_label_conflicts(in, list, &t);
  if (t.split_groups > 0) add_split_leaks(in, list, &t);
  return SL_OK;
}
