// SPDX-License-Identifier: Apache-2.0
// Operation "report": every number of a run with its interval, and the findings.
#include <math.h>
#include <string.h>

#include "op/choices.h"
#include "op/curve_record.h"
#include "op/findings.h"
#include "op/inner.h"
#include "op/op.h"
#include "op/records.h"
#include "op/report_html.h"
#include "op/run_data.h"

#define P sl_report_op_params
static const sl_row params[] = {
    SL_P_ID(P, run, "run", SL_ROW_POSITIONAL, "Run to report on; the newest one when left out."),
    SL_P_PATH(P, html, 0, "Also write the report as one self-contained HTML file."),
    SL_P_INT(P, resamples, 0, 100000, 1000, NULL, "Bootstrap resamples of each interval."),
    SL_P_INT(P, seed, 0, 1e15, 1, NULL, "Seed of the bootstrap."), SL_ROW_END};
#undef P

static int32_t calibration_of(sl_metric_trust trust) {
  return trust == SL_TRUST_OVER ? 1 : trust == SL_TRUST_UNDER ? 2 : 0;
}

// ---- numbers
// -------------------------------------------------------------------------------------

// The samples behind a number: for rates of right and wrong the errors, for confidence the most
// confident errors, for the rest everything that was scored.
static void link_metric(sl_op_call *call, sl_rec_metric *metric) {
  const char **where = SL_NEW_ARRAY(call->arena, const char *, 1);
  int about_confidence =
      sl_streq(metric->group, "calibration") || sl_streq(metric->group, "probability");
  where[0] = "outcome=wrong";
  metric->where = (sl_texts){where, 1};
  metric->sort = about_confidence ? "-confidence" : "-loss";
}

static sl_records metric_records(sl_op_call *call, const sl_metric_report *m) {
  sl_record_list list = {0};
  for (int32_t i = 0; i < m->value_count; i++) {
    const sl_metric_value *v = &m->values[i];
    sl_rec_metric *out = sl_record_add(call->arena, &list, sizeof *out);
    *out = (sl_rec_metric){.name = v->row->name,
                           .title = v->row->title,
                           .help = v->row->help,
                           .group = v->row->group,
                           .value = v->estimate.value,
                           .low = v->estimate.low,
                           .high = v->estimate.high,
                           .n = v->n,
                           .higher_is_better = v->row->better > 0};
    link_metric(call, out);
  }
  return sl_record_done(&list);
}

static sl_records class_records(sl_op_call *call, const sl_run_data *data,
                                const sl_metric_report *m) {
  sl_rec_class *list = SL_NEW_ARRAY(call->arena, sl_rec_class, m->classes + 1);
  for (int32_t i = 0; i < m->classes; i++) {
    const sl_metric_class *c = &m->by_class[i];
    list[i] = (sl_rec_class){.index = i,
                             .name = data->classes.at[i],
                             .support = c->support,
                             .predicted = c->predicted,
                             .correct = c->correct,
                             .precision = c->precision.value,
                             .precision_low = c->precision.low,
                             .precision_high = c->precision.high,
                             .recall = c->recall.value,
                             .recall_low = c->recall.low,
                             .recall_high = c->recall.high,
                             .f1 = c->f1.value,
                             .f1_low = c->f1.low,
                             .f1_high = c->f1.high,
                             .average_precision = c->average_precision.value,
                             .auroc = c->auroc.value,
                             .confidence = c->confidence,
                             .gap = c->gap.value,
                             .calibration = calibration_of(c->trust)};
  }
  return (sl_records){list, m->classes};
}

static sl_records cell_records(sl_op_call *call, const sl_metric_report *m) {
  sl_rec_cell *list = SL_NEW_ARRAY(call->arena, sl_rec_cell, m->cell_count + 1);
  for (int64_t i = 0; i < m->cell_count; i++)
    list[i] = (sl_rec_cell){m->cells[i].label, m->cells[i].pred, m->cells[i].count};
  return (sl_records){list, m->cell_count};
}

// ---- calibration
// ---------------------------------------------------------------------------------

static sl_records bin_records(sl_op_call *call, const sl_metric_bin *bins, int32_t count) {
  if (bins == NULL) return (sl_records){0};
  sl_rec_bin *list = SL_NEW_ARRAY(call->arena, sl_rec_bin, count + 1);
  for (int32_t i = 0; i < count; i++)
    list[i] = (sl_rec_bin){bins[i].low,          bins[i].high,     bins[i].count,
                           bins[i].confidence,   bins[i].accuracy, bins[i].accuracy_low,
                           bins[i].accuracy_high};
  return (sl_records){list, count};
}

static double value_of(const sl_metric_report *m, const char *name) {
  const sl_metric_value *value = sl_metric_value_of(m, name);
  return value != NULL ? value->estimate.value : NAN;
}

static sl_texts trusted(sl_op_call *call, const sl_run_data *data, const sl_metric_report *m,
                        sl_metric_trust trust) {
  sl_text_list list = {0};
  for (int32_t i = 0; i < m->classes; i++)
    if (m->by_class[i].trust == trust) sl_text_list_add(call->arena, &list, data->classes.at[i]);
  return sl_text_list_done(&list);
}

static void fill_calibration(sl_op_call *call, const sl_run_data *data, const sl_metric_report *m,
                             sl_rec_calibration *out) {
  *out = (sl_rec_calibration){.ece_width = value_of(m, "ece"),
                              .ece_mass = value_of(m, "ece_mass"),
                              .mce = value_of(m, "mce"),
                              .brier = value_of(m, "brier"),
                              .log_loss = value_of(m, "log_loss"),
                              .confidence_auroc = value_of(m, "confidence_auroc"),
                              .temperature = m->temperature,
                              .ece_width_after = value_of(m, "ece_after"),
                              .log_loss_after = value_of(m, "log_loss_after"),
                              .equal_width = bin_records(call, m->equal_width, m->bins),
                              .equal_mass = bin_records(call, m->equal_mass, m->bins),
                              .over_confident = trusted(call, data, m, SL_TRUST_OVER),
                              .under_confident = trusted(call, data, m, SL_TRUST_UNDER)};
}

static sl_records curve_records(sl_op_call *call, const sl_metric_report *m) {
  sl_record_list list = {0};
  const sl_metric_curve *curves[] = {&m->roc, &m->pr};
  for (int i = 0; i < 2; i++) {
    if (curves[i]->count == 0) continue;
    sl_rec_curve *out = sl_record_add(call->arena, &list, sizeof *out);
    sl_curve_record(curves[i], "micro average", out);
  }
  return sl_record_done(&list);
}

// ---- notes
// ---------------------------------------------------------------------------------------

// Neither predicted nor broken: the model gave NaN, or another tool's file says nothing of it.
static int64_t count_without_prediction(const sl_run_data *data) {
  int64_t count = 0;
  for (int64_t row = 0; row < data->rows; row++)
    count += data->pred[row] < 0 && data->outcome[row] != SL_OUTCOME_BROKEN;
  return count;
}

static sl_texts notes_of(sl_op_call *call, const sl_run_data *data, const sl_metric_report *m) {
  sl_arena *arena = call->arena;
  sl_text_list list = {0};
  if (m->unlabelled > 0)
    sl_text_list_add(arena, &list,
                     sl_arena_printf(arena, "%lld %s no usable label and %s in no number",
                                     (long long)m->unlabelled,
                                     sl_plural(m->unlabelled, "sample has", "samples have"),
                                     sl_plural(m->unlabelled, "counts", "count")));
  int64_t without = count_without_prediction(data);
  if (without > 0)
    sl_text_list_add(
        arena, &list,
        sl_arena_printf(arena, "%lld %s %s and %s in no number", (long long)without,
                        sl_plural(without, "sample has", "samples have"),
                        data->row.model != 0 ? "scores that are not numbers" : "no prediction",
                        sl_plural(without, "counts", "count")));
  if (data->input.scores.data == NULL)
    sl_text_list_add(
        arena, &list,
        "only the top prediction is known: numbers that need every score are left out");
  for (int64_t i = 0; i < data->notes.remarks.count; i++)
    sl_text_list_add(arena, &list, data->notes.remarks.at[i]);
  return sl_text_list_done(&list);
}

// ---- the whole
// -----------------------------------------------------------------------------------

static sl_status fill_subjects(sl_op_call *call, const sl_run_data *data, sl_rec_report *out,
                               sl_error *err) {
  out->run = data->record;
  SL_TRY(sl_fill_dataset(call, &data->version, &out->dataset, err));
  if (data->row.model == 0) return SL_OK;
  sl_model_row model;
  SL_TRY(sl_store_get_model(call->store, call->arena, data->row.model, &model, err));
  return sl_fill_model(call, &model, &out->model, err);
}

static sl_status fill(sl_op_call *call, const sl_report_op_params *in, const sl_run_data *data,
                      sl_rec_report *out, sl_error *err) {
  sl_metric_options options = {.resamples = in->resamples > 0 ? (int32_t)in->resamples : -1,
                               .seed = (uint64_t)in->seed,
                               .threads = call->threads,
                               .cancel = call->cancel};
  sl_metric_report m;
  sl_op_progress(call, "measure", "numbers", 0, 0);
  SL_TRY(sl_metric_evaluate(call->arena, &data->input, &options, &m, err));
  sl_finding_input findings = {call, data, &m, m.used - m.correct};
  SL_TRY(sl_findings_make(&findings, &out->findings, err));
  double *interval = SL_NEW_ARRAY(call->arena, double, 2);
  out->accuracy = m.used > 0 ? (double)m.correct / (double)m.used : NAN;
  interval[0] = data->notes.accuracy_low;
  interval[1] = data->notes.accuracy_high;
  out->accuracy_interval = (sl_reals){interval, m.used > 0 ? 2 : 0};
  out->errors = m.used - m.correct;
  out->classes_count = m.classes;
  out->class_names = data->classes;
  out->metrics = metric_records(call, &m);
  out->classes = class_records(call, data, &m);
  out->confusion = cell_records(call, &m);
  fill_calibration(call, data, &m, &out->calibration);
  out->curves = curve_records(call, &m);
  out->alternatives = data->notes.alternatives;
  out->notes = notes_of(call, data, &m);
  return fill_subjects(call, data, out, err);
}

static sl_status resolve(sl_op_call *call, void *params_in, sl_text *key, sl_error *err) {
  sl_report_op_params *in = params_in;
  sl_run_row run;
  SL_TRY(sl_need_done_run(call, in->run, &run, err));
  in->run = sl_id_text(call->arena, SL_RECORD_RUN, run.id);
  if (in->html == NULL) sl_text_printf(key, "%s %lld\n", run.key, (long long)run.finished_ms);
  return SL_OK;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  const sl_report_op_params *in = params_in;
  sl_rec_report *out = result_out;
  sl_run_data data;
  SL_TRY(sl_run_data_open(call, in->run, &data, err));
  SL_TRY(fill(call, in, &data, out, err));
  if (in->html == NULL) return SL_OK;
  out->html = in->html;
  return sl_report_html_write(call, out, in->html, err);
}

const sl_op sl_op_report = {.info = {.name = "report",
                                     .title = "Report on a run",
                                     .help = "Every number of a run with its interval, and the "
                                             "findings, most errors explained first.",
                                     .example = "slitlamp report r1",
                                     .since = "0.1.0",
                                     .flags = SL_OP_CACHED | SL_OP_PEEK,
                                     .params = params,
                                     .params_size = sizeof(sl_report_op_params),
                                     .result = sl_rows_report,
                                     .result_size = sizeof(sl_rec_report)},
                            .run = run,
                            .resolve = resolve};
