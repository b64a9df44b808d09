// SPDX-License-Identifier: Apache-2.0
// The inside of "eval": a model, a contract and a version become a finished run.
#ifndef SL_OP_EVALUATION_H
#define SL_OP_EVALUATION_H

#include "data/sample_reader.h"
#include "model/alternatives.h"
#include "model/contract.h"
#include "model/runner.h"
#include "op/choices.h"
#include "op/lookup.h"
#include "op/run_notes.h"
#include "op/sample_window.h"

// Everything a run is made from; lives in the call's arena.
typedef struct sl_evaluation {
  sl_op_call *call;
  const sl_run_params *params;
  sl_model *model;
  int64_t model_id;
  sl_version_row version;
  sl_contract contract;
  sl_class_match match;
  const int64_t *members;       // sample ids, one per row
  const int32_t *target;        // class of each row's label, -1 none
  const uint64_t *target_sets;  // multi-label: classes of each row as bits (label_sets.h), or NULL
  const uint8_t *broken;        // rows known not to decode since import
  int64_t rows, labelled;
  sl_sample_windows *samples;
  sl_sample_reader **readers;  // one per worker
  int workers;
  sl_run_notes notes;
  sl_text_list remarks;
} sl_evaluation;

// Opens model and contract and matches classes with labels. `model` is a path or "m1".
SL_MUST_CHECK sl_status sl_evaluation_open(sl_op_call *call, const char *model,
                                           const sl_version_row *version,
                                           const sl_run_params *params, sl_evaluation *out,
                                           sl_error *err);

// Tries other pipelines on a labelled subset, as --search asks; may change the contract's pipeline.
SL_MUST_CHECK sl_status sl_evaluation_search(sl_evaluation *evaluation, sl_error *err);

// Looks at real outputs where the file leaves open how they are read.
SL_MUST_CHECK sl_status sl_evaluation_observe(sl_evaluation *evaluation, sl_error *err);

// Runs, or finds the equal run that is there, or goes on with an interrupted one.
SL_MUST_CHECK sl_status sl_evaluation_run(sl_evaluation *evaluation, const char *name, int64_t *run,
                                          int64_t *resumed, sl_error *err);

// Sample of `row` as the runner wants it; `worker` picks the reader.
SL_MUST_CHECK sl_status sl_evaluation_fetch(sl_evaluation *evaluation, int worker, int64_t row,
                                            sl_input *out, sl_error *err);

// ---- some of the rows --------------------------------------------------------------------------

// At most `most` rows that decode (and carry a usable label), spread evenly over the version, so
// that a folder sorted by class gives all classes. Returns their number.
int64_t sl_evaluation_pick(const sl_evaluation *evaluation, int64_t most, int labelled_only,
                           int64_t *out);

typedef struct sl_subset {
  sl_evaluation *evaluation;
  const int64_t *rows;
} sl_subset;
// Fits sl_run_source.fetch with an sl_subset as context.
SL_MUST_CHECK sl_status sl_subset_fetch(void *ctx, int worker, int64_t row, sl_input *out,
                                        sl_error *err);

// ---- scores to columns (run_columns.c) ---------------------------------------------------------

// What every row of a finished run says, from its score matrix; written as the run's columns inside
// the open transaction.
typedef struct sl_run_columns {
  int64_t run, rows, classes;
  const float *scores;         // rows x classes, or NULL when only pred and confidence are known
  const uint16_t *scores_f16;  // the same as float16; one of the two
  const int32_t *pred;         // given when there are no scores
  const float *confidence;
  const int32_t *target;
  const uint64_t *target_sets;  // multi-label: words per row, or NULL
  const char *const *errors;    // per row, NULL where fine
  int multi_label;
} sl_run_columns;

typedef struct sl_run_tally {
  int64_t scored, labelled, right, broken;
} sl_run_tally;

SL_MUST_CHECK sl_status sl_run_columns_write(sl_op_call *call, const sl_run_columns *columns,
                                             sl_run_tally *tally, sl_error *err);

#endif
