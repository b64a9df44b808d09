// SPDX-License-Identifier: Apache-2.0
// What is known of a run besides its catalogue columns, kept as JSON in the run's row.
#ifndef SL_OP_RUN_NOTES_H
#define SL_OP_RUN_NOTES_H

#include "base/rows.h"
#include "op/records.h"

typedef struct sl_run_notes {
  double accuracy, accuracy_low, accuracy_high, seconds, samples_per_s;
  int64_t broken;
  sl_texts pipeline;
  const char *pipeline_source;
  bool guessed;
  sl_texts evidence, remarks;  // of the pipeline; of classes and scores
  int64_t unmatched_labels;
  sl_records alternatives;  // sl_rec_alternative
  const char *alternatives_sentence;
} sl_run_notes;

char *sl_run_notes_print(sl_arena *arena, const sl_run_notes *notes);
// NULL text gives empty notes with NaN numbers.
SL_MUST_CHECK sl_status sl_run_notes_parse(sl_arena *arena, const char *text, sl_run_notes *out,
                                           sl_error *err);

#endif
