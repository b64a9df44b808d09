// SPDX-License-Identifier: Apache-2.0
// The common beginning of methods.
#include "attrib/attrib_case.h"

#include <string.h>

static sl_status read_baseline(sl_attrib_case *work, sl_error *err) {
  const sl_tensor *baseline = work->call->baseline;
  work->baseline_rows = 1;
  if (baseline == NULL) {
    work->baseline = SL_NEW_ARRAY(work->call->arena, float, work->elements + 1);
    return SL_OK;
  }
  int64_t count = sl_shape_count(&baseline->shape);
  if (baseline->dtype != SL_DTYPE_F32 || count == 0 || count % work->elements != 0)
    return sl_fail(err, SL_E_ARG, "the baseline is %s, an input has %lld elements",
                   sl_shape_text(work->call->arena, &baseline->shape), (long long)work->elements);
  work->baseline = baseline->data;
  work->baseline_rows = count / work->elements;
  return SL_OK;
}

static sl_status keep_numbers(sl_attrib_case *work, sl_error *err) {
  sl_shape shape = {.rank = 1, .dims = {work->samples}};
  SL_TRY(sl_tensor_new(SL_DTYPE_F64, &shape, &work->out->target_values, err));
  memcpy(work->out->target_values.data, work->start.numbers,
         (size_t)work->samples * sizeof(double));
  return SL_OK;
}

sl_status sl_attrib_case_open(const sl_attrib_call *call, sl_attribution *out, sl_attrib_case *work,
                              sl_error *err) {
  return sl_attrib_case_open_at(call, 0, out, work, err);
}

sl_status sl_attrib_case_open_at(const sl_attrib_call *call, sl_value_id layer, sl_attribution *out,
                                 sl_attrib_case *work, sl_error *err) {
  *work = (sl_attrib_case){.call = call, .out = out};
  SL_TRY(sl_tensor_to_f32(call->input, &work->input, err));
  sl_status status = sl_attrib_begin_at(call, layer, &work->start, err);
  work->x = work->input.data;
  work->samples = work->start.samples;
  work->elements = work->start.elements;
  // Methods that need no more than this run say so, too.
  out->runs += work->samples;
  out->batch = work->samples;
  if (status == SL_OK) status = read_baseline(work, err);
  if (status == SL_OK) status = keep_numbers(work, err);
  if (status != SL_OK) sl_attrib_case_close(work);
  return status;
}

void sl_attrib_case_close(sl_attrib_case *work) {
  sl_attrib_end(&work->start);
  sl_tensor_release(&work->input);
}

sl_status sl_attrib_case_pair(const sl_attrib_case *work, sl_error *err) {
  if (work->baseline_rows == 1 || work->baseline_rows == work->samples) return SL_OK;
  return sl_fail(err, SL_E_ARG, "%lld baselines for %lld samples", (long long)work->baseline_rows,
                 (long long)work->samples);
}

const float *sl_attrib_case_baseline(const sl_attrib_case *work, int64_t sample) {
  return work->baseline + (work->baseline_rows > 1 ? sample * work->elements : 0);
}

sl_status sl_attrib_case_values(sl_attrib_case *work, const sl_shape *shape, float **values,
                                sl_error *err) {
  const sl_shape *wanted = shape != NULL ? shape : &work->input.shape;
  SL_TRY(sl_tensor_new(SL_DTYPE_F32, wanted, &work->out->values, err));
  *values = work->out->values.data;
  memset(*values, 0, (size_t)sl_shape_count(wanted) * sizeof **values);
  return SL_OK;
}

sl_status sl_attrib_case_sums(const sl_attrib_case *work, int64_t count, double **sums,
                              sl_error *err) {
  void *room;
  SL_TRY(sl_arena_try_push(work->call->arena, (size_t)count, sizeof(double), SIZE_MAX,
                           "sums of gradients", &room, err));
  *sums = room;
  memset(room, 0, (size_t)count * sizeof(double));
  return SL_OK;
}

void sl_attrib_case_input_row(void *ctx, int64_t sample, int64_t copy, float *row) {
  (void)copy;
  const sl_attrib_case *work = *(sl_attrib_case *const *)ctx;
  memcpy(row, work->x + sample * work->elements, (size_t)work->elements * sizeof *row);
}

// ---- the other end of a path --------------------------------------------------------------------

typedef struct ends {
  const sl_attrib_case *work;
  double *numbers;
} ends;

static void baseline_row(void *ctx, int64_t sample, int64_t copy, float *row) {
  (void)copy;
  const sl_attrib_case *work = ((const ends *)ctx)->work;
  memcpy(row, sl_attrib_case_baseline(work, sample), (size_t)work->elements * sizeof *row);
}

static void keep_number(void *ctx, int64_t sample, int64_t copy, double value,
                        const float *gradient, const float *const *values) {
  (void)copy, (void)gradient, (void)values;
  ((ends *)ctx)->numbers[sample] = value;
}

sl_status sl_attrib_case_at_baseline(sl_attrib_case *work, double *numbers, sl_error *err) {
  ends e = {.work = work, .numbers = numbers};
  sl_sweep_plan plan = {.copies = 1, .make = baseline_row, .take = keep_number, .ctx = &e};
  return sl_attrib_sweep(work->call, &work->start, &plan, work->out, err);
}
