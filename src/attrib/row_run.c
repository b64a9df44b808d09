// SPDX-License-Identifier: Apache-2.0
// Rows through a piece, batch by batch.
//
// Invariant: outputs are in the order of the rows, whatever the batch size. Start at
// sl_piece_run_rows().
#include "attrib/row_run.h"

#include <string.h>

size_t sl_tensor_row_bytes(const sl_tensor *tensor) {
  size_t size = sl_dtype_size(tensor->dtype);
  for (int32_t d = 1; d < tensor->shape.rank; d++) size *= (size_t)tensor->shape.dims[d];
  return size;
}

sl_tensor sl_tensor_rows(const sl_tensor *tensor, int64_t first, int64_t count) {
  sl_tensor rows = *tensor;
  rows.shape.dims[0] = count;
  rows.data = (uint8_t *)tensor->data + (size_t)first * sl_tensor_row_bytes(tensor);
  if (tensor->buffer != NULL) rows.buffer = sl_buffer_retain(tensor->buffer);
  return rows;
}

typedef struct row_runner {
  const sl_piece *piece;
  const sl_row_run *how;
  const sl_tensor *inputs;
  sl_tensor *outputs, *inputs_now, *outputs_now;  // of the whole; of this batch
  sl_arena *scratch;
} row_runner;

static int has_rows(const row_runner *r, const sl_tensor *input) {
  return input->shape.rank > 0 && input->shape.dims[0] == r->how->rows;
}

// The last batch of a model with a fixed batch, filled up with copies of its last row.
static sl_status fill_batch(const sl_tensor *rows, int64_t wanted, sl_tensor *out, sl_error *err) {
  sl_shape shape = rows->shape;
  int64_t count = shape.dims[0];
  shape.dims[0] = wanted;
  SL_TRY(sl_tensor_new(rows->dtype, &shape, out, err));
  size_t row = sl_tensor_row_bytes(rows);
  memcpy(out->data, rows->data, row * (size_t)count);
  for (int64_t i = count; i < wanted; i++)
    memcpy((uint8_t *)out->data + (size_t)i * row,
           (const uint8_t *)rows->data + (size_t)(count - 1) * row, row);
  return SL_OK;
}

static sl_status take_inputs(row_runner *r, int64_t first, int64_t count, int64_t sent,
                             sl_error *err) {
  for (int32_t i = 0; i < r->piece->input_count; i++) {
    if (!has_rows(r, &r->inputs[i])) {
      r->inputs_now[i] = r->inputs[i];
      if (r->inputs[i].buffer != NULL) sl_buffer_retain(r->inputs[i].buffer);
      continue;
    }
    sl_tensor rows = sl_tensor_rows(&r->inputs[i], first, count);
    r->inputs_now[i] = rows;
    if (sent == count) continue;
    sl_status status = fill_batch(&rows, sent, &r->inputs_now[i], err);
    sl_tensor_release(&rows);
    SL_TRY(status);
  }
  return SL_OK;
}

static sl_status keep_output(row_runner *r, int32_t index, int64_t first, int64_t count,
                             int64_t sent, sl_error *err) {
  const sl_tensor *from = &r->outputs_now[index];
  sl_tensor *to = &r->outputs[index];
  if (from->shape.rank == 0 || from->shape.dims[0] % sent != 0)
    return sl_fail(err, SL_E_MODEL, "output \"%s\" does not have a row for each sample",
                   sl_session_output(r->piece->session, (size_t)index)->name);
  int64_t per_row = from->shape.dims[0] / sent;
  if (to->buffer == NULL) {
    sl_shape shape = from->shape;
    shape.dims[0] = per_row * r->how->rows;
    SL_TRY(sl_tensor_new(from->dtype, &shape, to, err));
  }
  size_t bytes = sl_tensor_row_bytes(from) * (size_t)per_row;
  memcpy((uint8_t *)to->data + bytes * (size_t)first, from->data, bytes * (size_t)count);
  return SL_OK;
}

static sl_status run_batch(row_runner *r, int64_t first, int64_t count, int64_t sent,
                           sl_error *err) {
  sl_status status = take_inputs(r, first, count, sent, err);
  if (status == SL_OK) status = sl_piece_run(r->piece, r->inputs_now, r->outputs_now, err);
  for (int32_t i = 0; i < r->piece->input_count; i++) sl_tensor_release(&r->inputs_now[i]);
  for (int32_t i = 0; status == SL_OK && i < r->piece->output_count; i++)
    status = keep_output(r, i, first, count, sent, err);
  for (int32_t i = 0; i < r->piece->output_count; i++) sl_tensor_release(&r->outputs_now[i]);
  return status;
}

sl_status sl_piece_run_rows(const sl_piece *piece, const sl_row_run *how, const sl_tensor *inputs,
                            sl_tensor *outputs, sl_error *err) {
  int64_t fixed = how->fixed_batch, batch = fixed > 0 ? fixed : how->batch;
  if (batch <= 0) batch = how->rows;
  memset(outputs, 0, sizeof *outputs * (size_t)piece->output_count);
  if (how->rows == batch) return sl_piece_run(piece, inputs, outputs, err);
  sl_arena *scratch = sl_arena_new(NULL, "rows");
  row_runner r = {.piece = piece,
                  .how = how,
                  .inputs = inputs,
                  .outputs = outputs,
                  .inputs_now = SL_NEW_ARRAY(scratch, sl_tensor, piece->input_count + 1),
                  .outputs_now = SL_NEW_ARRAY(scratch, sl_tensor, piece->output_count + 1),
                  .scratch = scratch};
  sl_status status = SL_OK;
  for (int64_t first = 0; status == SL_OK && first < how->rows; first += batch) {
    int64_t count = how->rows - first < batch ? how->rows - first : batch;
    status = run_batch(&r, first, count, fixed > 0 ? fixed : count, err);
  }
  sl_arena_free(scratch);
  for (int32_t i = 0; status != SL_OK && i < piece->output_count; i++)
    sl_tensor_release(&outputs[i]);
  return status;
}
