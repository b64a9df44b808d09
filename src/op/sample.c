// SPDX-License-Identifier: Apache-2.0
// Operation "sample": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct sample_params {
  const char *sample;
  sl_view_params view;
  int64_t top;
} sample_params;

typedef struct sample_result {
  sl_rec_sample sample;
  const char *path, *run, *version;
  sl_records facts, scores, chain;
  sl_texts duplicates;
  int64_t position, matched;
  const char *previous, *next, *previous_failure, *next_failure;
} sample_result;

#define P sample_params
static const sl_row params[] = {
    SL_P_ID(P, sample, "sample", SL_ROW_REQUIRED | SL_ROW_POSITIONAL, "The sample."),
    SL_ROWS_VIEW(P, view), SL_P_INT(P, top, 1, 1000, 10, NULL, "Most scores to list."), SL_ROW_END};
#undef P

#define R sample_result
static const sl_row result[] = {
    SL_R_RECORD(R, sample, sl_rec_sample, sl_rows_sample, "The sample and its prediction."),
    SL_R_PATH(R, path, "Where the file is."),
    SL_R_ID(R, run, "run", "Run looked at."),
    SL_R_ID(R, version, "version", "Dataset version looked at."),
    SL_R_RECORDS(R, facts, sl_rec_fact, sl_rows_fact, "File, image and metadata facts."),
    SL_R_RECORDS(R, scores, sl_rec_score, sl_rows_score,
                 "Best scores, best first; the label is always among them."),
    SL_R_RECORDS(R, chain, sl_rec_link, sl_rows_link,
                 "How the decision came about, first to last."),
    SL_R_TEXTS(R, duplicates, "Samples with the same bytes."),
    SL_R_INT(R, position, NULL, "Position in the view; null when it is not in it."),
    SL_R_INT(R, matched, "samples", "Samples in the view."),
    SL_R_ID(R, previous, "sample", "The one before in the view."),
    SL_R_ID(R, next, "sample", "The one after."),
    SL_R_ID(R, previous_failure, "sample", "Nearest wrong one before."),
    SL_R_ID(R, next_failure, "sample", "Nearest wrong one after."),
    SL_ROW_END};
#undef R

/*RUN*/
const sl_op sl_op_sample = {.info = {.name = "sample",
                                     .title = "Look at one sample",
                                     .help = "One sample with its scores, facts, neighbours in the "
                                             "view and the chain that led to the decision.",
                                     .example = "slitlamp sample s1",
                                     .since = "0.1.0",
                                     .flags = SL_OP_PEEK,
                                     .params = params,
                                     .params_size = sizeof(sample_params),
                                     .result = result,
                                     .result_size = sizeof(sample_result)},
                            .run = NULL};
