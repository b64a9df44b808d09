// SPDX-License-Identifier: Apache-2.0
// Operation "compare": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

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

/*RUN*/
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
                             .run = NULL};
