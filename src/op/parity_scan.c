// SPDX-License-Identifier: Apache-2.0
// Running two models.
#include "op/parity_scan.h"

#include <math.h>
#include <string.h>

#include "attrib/row_run.h"

static const double probability_min = 1e-12;

typedef struct batch {
  sl_parity_scan *scan;
  const sl_tensor *input;
  const sl_rec_sample *samples;
  sl_tensor *a, *b;  // [layer_count + 1]: layers, then scores
  double *pa, *pb;   // [classes]
} batch;

// ---- running ------------------------------------------------------------------------------------

static sl_status run_side(const batch *t, int is_second, sl_error *err) {
  sl_parity_scan *scan = t->scan;
  sl_white_box *box = is_second ? scan->pair.b : scan->pair.a;
  sl_value_id *values = SL_NEW_ARRAY(scan->call->arena, sl_value_id, scan->layer_count + 1);
  for (int32_t i = 0; i < scan->layer_count; i++)
    values[i] = is_second ? scan->layers[i].b : scan->layers[i].a;
  values[scan->layer_count] = sl_white_box_output(box);
  const sl_piece *piece;
  sl_tensor converted;
  SL_TRY(sl_white_box_tap(box, values, scan->layer_count + 1, &piece, err));
  if (piece->input_count != 1)
    return sl_fail(err, SL_E_UNSUPPORTED, "the model takes %d inputs", piece->input_count);
  if (is_second)
    SL_TRY(sl_model_pair_input(&scan->pair, t->input, &converted, err));
  else
    converted = sl_tensor_rows(t->input, 0, t->input->shape.dims[0]);
  sl_row_run how = {.rows = t->input->shape.dims[0], .fixed_batch = sl_white_box_batch(box)};
  sl_status status = sl_piece_run_rows(piece, &how, &converted, is_second ? t->b : t->a, err);
  sl_tensor_release(&converted);
  return status;
}

static sl_status to_floats(sl_tensor *tensors, int32_t count, sl_error *err) {
  for (int32_t i = 0; i < count; i++) {
    sl_tensor floats;
    if (tensors[i].dtype == SL_DTYPE_F32) continue;
    SL_TRY(sl_tensor_to_f32(&tensors[i], &floats, err));
    sl_tensor_release(&tensors[i]);
    tensors[i] = floats;
  }
  return SL_OK;
}

// ---- one row ------------------------------------------------------------------------------------

static int is_distribution(const float *scores, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++) {
    if (!(scores[i] >= 0 && scores[i] <= 1)) return 0;
    sum += (double)scores[i];
  }
  return fabs(sum - 1) < 1e-2;
}

static void probabilities(const sl_parity_scan *scan, const float *scores, double *out) {
  double top = -INFINITY, sum = 0;
  for (int64_t i = 0; i < scan->classes; i++) top = fmax(top, (double)scores[i]);
  for (int64_t i = 0; i < scan->classes; i++) {
    out[i] = scan->softmax ? exp((double)scores[i] - top) : (double)scores[i];
    sum += out[i];
  }
  for (int64_t i = 0; i < scan->classes; i++) out[i] /= sum;
}

static int64_t best_of(const double *p, int64_t count) {
  int64_t best = 0;
  for (int64_t i = 1; i < count; i++)
    if (p[i] > p[best]) best = i;
  return best;
}

static int is_finite(const float *scores, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    if (!isfinite(scores[i])) return 0;
  return 1;
}

static void measure_row(const batch *t, const float *a, const float *b, sl_parity_row *out) {
  for (int64_t i = 0; i < t->scan->classes; i++) {
    double p = t->pa[i], q = t->pb[i];
    if (p > 0) out->kl += p * log(p / fmax(q, probability_min));
    out->max_score = fmax(out->max_score, fabs(p - q));
    out->max_raw = fmax(out->max_raw, fabs((double)a[i] - (double)b[i]));
  }
  out->kl = fmax(out->kl, 0);
}

// Overflow (float16) shows as NaN or infinity: no prediction, not a wrong one.
static void compare_row(const batch *t, const float *a, const float *b, sl_parity_row *out) {
  int64_t classes = t->scan->classes;
  int good_a = is_finite(a, classes), good_b = is_finite(b, classes);
  if (good_a) probabilities(t->scan, a, t->pa);
  if (good_b) probabilities(t->scan, b, t->pb);
  out->is_finite = good_a && good_b;
  out->pred_a = good_a ? best_of(t->pa, classes) : -1;
  out->pred_b = good_b ? best_of(t->pb, classes) : -1;
  out->score_a = good_a ? t->pa[out->pred_a] : NAN;
  out->score_b = good_b ? t->pb[out->pred_b] : NAN;
  if (out->is_finite)
    measure_row(t, a, b, out);
  else
    out->kl = out->max_score = out->max_raw = NAN;
}

// ---- the samples that are looked at more closely ------------------------------------------------

static const sl_parity_row *row_at(const sl_parity_scan *scan, int64_t row) {
  return (const sl_parity_row *)(const void *)scan->rows.at + row;
}

static double interest(const sl_parity_row *row) {
  return (row->is_finite ? row->kl : 1e9) + (row->pred_a != row->pred_b ? 1e6 : 0);
}

static int32_t find_place(const sl_parity_scan *scan, const sl_parity_row *row) {
  if (scan->close_count < SL_PARITY_CLOSE) return scan->close_count;
  int32_t least = 0;
  for (int32_t i = 1; i < SL_PARITY_CLOSE; i++)
    if (interest(row_at(scan, scan->close[i].row)) < interest(row_at(scan, scan->close[least].row)))
      least = i;
  return interest(row) > interest(row_at(scan, scan->close[least].row)) ? least : -1;
}

static float *copy_scores(const sl_parity_scan *scan, const float *scores) {
  float *copy = SL_NEW_ARRAY(scan->call->arena, float, scan->classes);
  memcpy(copy, scores, (size_t)scan->classes * sizeof *copy);
  return copy;
}

static sl_status copy_row(const sl_tensor *input, int64_t row, sl_tensor *out, sl_error *err) {
  sl_shape shape = input->shape;
  shape.dims[0] = 1;
  SL_TRY(sl_tensor_new(input->dtype, &shape, out, err));
  size_t bytes = sl_tensor_row_bytes(input);
  memcpy(out->data, (const uint8_t *)input->data + (size_t)row * bytes, bytes);
  return SL_OK;
}

static sl_status keep_close(batch *t, int64_t row, const sl_parity_row *record, const float *a,
                            const float *b, sl_error *err) {
  sl_parity_scan *scan = t->scan;
  int32_t at = find_place(scan, record);
  if (at < 0 || record->max_raw == 0) return SL_OK;
  sl_parity_close *close = &scan->close[at];
  if (at == scan->close_count) scan->close_count++;
  sl_tensor_release(&close->input);
  close->row = scan->rows.count - 1;
  close->a = copy_scores(scan, a);
  close->b = copy_scores(scan, b);
  return copy_row(t->input, row, &close->input, err);
}

// ---- the whole ----------------------------------------------------------------------------------

static sl_status add_rows(batch *t, sl_error *err) {
  sl_parity_scan *scan = t->scan;
  int64_t rows = t->input->shape.dims[0];
  const float *a = t->a[scan->layer_count].data, *b = t->b[scan->layer_count].data;
  if (scan->classes == 0) {
    scan->classes = sl_shape_count(&t->a[scan->layer_count].shape) / rows;
    scan->softmax = !is_distribution(a, scan->classes) || scan->classes == 1;
  }
  if (scan->room == NULL) scan->room = SL_NEW_ARRAY(scan->call->arena, double, 2 * scan->classes);
  t->pa = scan->room;
  t->pb = scan->room + scan->classes;
  for (int64_t i = 0; i < rows; i++) {
    sl_parity_row *row = sl_record_add(scan->call->arena, &scan->rows, sizeof *row);
    if (t->samples != NULL) row->sample = t->samples[i];
    compare_row(t, a + i * scan->classes, b + i * scan->classes, row);
    SL_TRY(keep_close(t, i, row, a + i * scan->classes, b + i * scan->classes, err));
  }
  for (int32_t i = 0; i < scan->layer_count; i++)
    sl_divergence_add(&scan->layers[i].sum, &t->a[i], &t->b[i]);
  return SL_OK;
}

sl_status sl_parity_scan_add(sl_parity_scan *scan, const sl_tensor *input,
                             const sl_rec_sample *samples, sl_error *err) {
  int32_t count = scan->layer_count + 1;
  batch t = {.scan = scan,
             .input = input,
             .samples = samples,
             .a = SL_NEW_ARRAY(scan->call->arena, sl_tensor, count),
             .b = SL_NEW_ARRAY(scan->call->arena, sl_tensor, count)};
  sl_status status = run_side(&t, 0, err);
  if (status == SL_OK) status = run_side(&t, 1, err);
  if (status == SL_OK) status = to_floats(t.a, count, err);
  if (status == SL_OK) status = to_floats(t.b, count, err);
  if (status == SL_OK) status = add_rows(&t, err);
  for (int32_t i = 0; i < count; i++) {
    sl_tensor_release(&t.a[i]);
    sl_tensor_release(&t.b[i]);
  }
  return status;
}

void sl_parity_scan_release(sl_parity_scan *scan) {
  for (int32_t i = 0; i < scan->close_count; i++) sl_tensor_release(&scan->close[i].input);
  scan->close_count = 0;
}
