// SPDX-License-Identifier: Apache-2.0
// A finished run's columns, ready for the metrics.
#ifndef SL_OP_RUN_DATA_H
#define SL_OP_RUN_DATA_H

#include "metric/metric.h"
#include "op/lookup.h"
#include "op/run_notes.h"

typedef struct sl_run_data {
  sl_run_row row;
  sl_rec_run record;
  sl_run_notes notes;
  sl_version_row version;
  sl_texts classes;
  int64_t rows;
  const int32_t *target, *pred;
  const float *confidence;
  const uint8_t *outcome;
  sl_metric_input input;  // borrows all of the above
} sl_run_data;

// Columns are mapped into the call's arena.
SL_MUST_CHECK sl_status sl_run_data_open(sl_op_call *call, const char *run, sl_run_data *out,
                                         sl_error *err);

#endif
