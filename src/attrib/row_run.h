// SPDX-License-Identifier: Apache-2.0
// Running a piece over many rows in batches.
#ifndef SL_ATTRIB_ROW_RUN_H
#define SL_ATTRIB_ROW_RUN_H

#include "attrib/white_box.h"

typedef struct sl_row_run {
  int64_t rows;         // of every input that has that many; others go to every batch whole
  int64_t batch;        // rows at once; 0 = all
  int64_t fixed_batch;  // of the model, 0 when free: short batches are filled by repeating a row
} sl_row_run;

// outputs[piece->output_count] are new and hold all rows. SL_E_MODEL when an output does not have
// a whole number of rows per input row.
SL_MUST_CHECK sl_status sl_piece_run_rows(const sl_piece *piece, const sl_row_run *how,
                                          const sl_tensor *inputs, sl_tensor *outputs,
                                          sl_error *err);

// Rows [first, first + count) of a tensor, without a copy; release it.
sl_tensor sl_tensor_rows(const sl_tensor *tensor, int64_t first, int64_t count);
// Bytes of one row.
size_t sl_tensor_row_bytes(const sl_tensor *tensor);

#endif
