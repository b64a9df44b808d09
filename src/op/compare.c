// SPDX-License-Identifier: Apache-2.0
// Operation "compare": what the second run fixed and broke, and whether it is more than noise.
#include <stdlib.h>
#include <string.h>

#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"
#include "op/run_data.h"

typedef struct compare_params {
  const char *a;
  const char *b;
} compare_params;

typedef struct compare_result {
  sl_rec_run a, b;
  int64_t paired, unpaired, fixed, broken, both_right, both_wrong;
  double accuracy_a, accuracy_b, difference, low, high, p_value;
  const char *verdict;
  sl_records classes;
  sl_reals confidence_edges;
  sl_ints confidence_a, confidence_b;
} compare_result;

#define P compare_params
static const sl_row params[] = {
    SL_P_ID(P, a, "run", SL_ROW_REQUIRED | SL_ROW_POSITIONAL, "First run, the one before."),
    SL_P_ID(P, b, "run", SL_ROW_REQUIRED | SL_ROW_POSITIONAL, "Second run, the one after."),
    SL_ROW_END};
#undef P

#define R compare_result
static const sl_row result[] = {
    SL_R_RECORD(R, a, sl_rec_run, sl_rows_run, "First run."),
    SL_R_RECORD(R, b, sl_rec_run, sl_rows_run, "Second run."),
    SL_R_INT(R, paired, "samples", "Labelled samples that both runs scored."),
    SL_R_INT(R, unpaired, "samples", "Samples that only one of them has."),
    SL_R_INT(R, fixed, "samples", "Wrong in a, right in b."),
    SL_R_INT(R, broken, "samples", "Right in a, wrong in b."),
    SL_R_INT(R, both_right, "samples", "Right in both."),
    SL_R_INT(R, both_wrong, "samples", "Wrong in both."),
    SL_R_REAL(R, accuracy_a, NULL, "Accuracy of a on the paired samples."),
    SL_R_REAL(R, accuracy_b, NULL, "Accuracy of b on the paired samples."),
    SL_R_REAL(R, difference, NULL, "b minus a."),
    SL_R_REAL(R, low, NULL, "Lower end of its 95 % paired bootstrap interval."),
    SL_R_REAL(R, high, NULL, "Upper end."),
    SL_R_REAL(R, p_value, NULL, "McNemar's exact test, two-sided."),
    SL_R_TEXT(R, verdict, "What this says, in a sentence."),
    SL_R_RECORDS(R, classes, sl_rec_class_change, sl_rows_class_change,
                 "Per class, largest loss first."),
    SL_R_REALS(R, confidence_edges, "Bin edges of confidence."),
    SL_R_INTS(R, confidence_a, "Samples per bin in a."),
    SL_R_INTS(R, confidence_b, "Samples per bin in b."),
    SL_ROW_END};
#undef R

enum { CONFIDENCE_BINS = 20 };

static sl_status resolve(sl_op_call *call, void *params_in, sl_text *key, sl_error *err) {
  compare_params *in = params_in;
  const char **ids[] = {&in->a, &in->b};
  for (int i = 0; i < 2; i++) {
    sl_run_row row;
    SL_TRY(sl_need_done_run(call, *ids[i], &row, err));
    sl_text_printf(key, "%s %lld\n", row.key, (long long)row.finished_ms);
  }
  return SL_OK;
}

static sl_status check_pair(const sl_run_data *a, const sl_run_data *b, sl_error *err) {
  if (a->version.id != b->version.id) {
    sl_fail(err, SL_E_UNSUPPORTED, "runs \"%s\" and \"%s\" are on different dataset versions",
            a->record.id, b->record.id);
    return sl_hint(err, SL_E_UNSUPPORTED, "Evaluate both models on the same version.");
  }
  int same = a->classes.count == b->classes.count;
  for (int64_t i = 0; same && i < a->classes.count; i++)
    same = sl_streq(a->classes.at[i], b->classes.at[i]);
  if (same) return SL_OK;
  sl_fail(err, SL_E_UNSUPPORTED,
          "runs \"%s\" and \"%s\" do not have the same classes in the same order", a->record.id,
          b->record.id);
  return sl_hint(err, SL_E_UNSUPPORTED, "Give both the same class names with --classes.");
}

static int worst_first(const void *a, const void *b) {
  const sl_rec_class_change *x = a, *y = b;
  int64_t net_x = x->fixed - x->broken, net_y = y->fixed - y->broken;
  if (net_x != net_y) return net_x < net_y ? -1 : 1;
  return strcmp(x->name, y->name);
}

static sl_records class_records(sl_op_call *call, const sl_run_data *data,
                                const sl_metric_change *change) {
  int64_t count = data->classes.count;
  sl_rec_class_change *list = SL_NEW_ARRAY(call->arena, sl_rec_class_change, count + 1);
  for (int64_t i = 0; i < count; i++) {
    const sl_metric_class_change *c = &change->by_class[i];
    double support = (double)c->support;
    list[i] = (sl_rec_class_change){.name = data->classes.at[i],
                                    .support = c->support,
                                    .accuracy_a = (double)c->correct_a / support,
                                    .accuracy_b = (double)c->correct_b / support,
                                    .difference = (double)(c->correct_b - c->correct_a) / support,
                                    .fixed = c->fixed,
                                    .broken = c->broken};
  }
  if (count > 1) qsort(list, (size_t)count, sizeof *list, worst_first);
  return (sl_records){list, count};
}

static sl_ints count_confidence(sl_op_call *call, const sl_run_data *data) {
  int64_t *counts = SL_NEW_ARRAY(call->arena, int64_t, CONFIDENCE_BINS);
  for (int64_t row = 0; row < data->rows; row++) {
    double confidence = data->confidence[row];
    if (!(confidence >= 0 && confidence <= 1)) continue;
    int bin = (int)(confidence * CONFIDENCE_BINS);
    counts[bin < CONFIDENCE_BINS ? bin : CONFIDENCE_BINS - 1]++;
  }
  return (sl_ints){counts, CONFIDENCE_BINS};
}

static sl_reals confidence_edges(sl_op_call *call) {
  double *edges = SL_NEW_ARRAY(call->arena, double, CONFIDENCE_BINS + 1);
  for (int i = 0; i <= CONFIDENCE_BINS; i++) edges[i] = (double)i / CONFIDENCE_BINS;
  return (sl_reals){edges, CONFIDENCE_BINS + 1};
}

static const char *verdict(sl_op_call *call, const sl_metric_change *c) {
  if (c->paired == 0) return "No sample has a label and a prediction in both runs.";
  if (c->fixed + c->broken == 0) return "Both runs are right and wrong on the same samples.";
  const char *change = c->difference.value > 0 ? "better" : "worse";
  if (c->p_value < 0.05)
    return sl_arena_printf(
        call->arena,
        "The second run is %s: %lld fixed against %lld broken is more than noise (p = %.2g).",
        change, (long long)c->fixed, (long long)c->broken, c->p_value);
  return sl_arena_printf(call->arena,
                         "No difference beyond noise: %lld fixed, %lld broken (p = %.2g).",
                         (long long)c->fixed, (long long)c->broken, c->p_value);
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  const compare_params *in = params_in;
  compare_result *out = result_out;
  sl_run_data a, b;
  sl_metric_change change;
  sl_metric_options options = {.threads = call->threads, .cancel = call->cancel};
  SL_TRY(sl_run_data_open(call, in->a, &a, err));
  SL_TRY(sl_run_data_open(call, in->b, &b, err));
  SL_TRY(check_pair(&a, &b, err));
  SL_TRY(sl_metric_compare(call->arena, a.rows, (int32_t)a.classes.count, a.target, a.pred, b.pred,
                           &options, &change, err));
  *out = (compare_result){.a = a.record,
                          .b = b.record,
                          .paired = change.paired,
                          .unpaired = change.unpaired,
                          .fixed = change.fixed,
                          .broken = change.broken,
                          .both_right = change.both_right,
                          .both_wrong = change.both_wrong,
                          .accuracy_a = change.accuracy_a,
                          .accuracy_b = change.accuracy_b,
                          .difference = change.difference.value,
                          .low = change.difference.low,
                          .high = change.difference.high,
                          .p_value = change.p_value,
                          .verdict = verdict(call, &change),
                          .classes = class_records(call, &a, &change),
                          .confidence_edges = confidence_edges(call),
                          .confidence_a = count_confidence(call, &a),
                          .confidence_b = count_confidence(call, &b)};
  return SL_OK;
}

const sl_op sl_op_compare = {.info = {.name = "compare",
                                      .title = "Compare two runs",
                                      .help = "What the second run fixed, what it broke, and "
                                              "whether the difference is more than noise.",
                                      .example = "slitlamp compare r1 r2",
                                      .since = "0.1.0",
                                      .flags = SL_OP_CACHED | SL_OP_PEEK,
                                      .params = params,
                                      .params_size = sizeof(compare_params),
                                      .result = result,
                                      .result_size = sizeof(compare_result)},
                             .run = run,
                             .resolve = resolve};
