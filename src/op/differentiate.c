// SPDX-License-Identifier: Apache-2.0
// Operation "grad": exact gradients of a model on a ready tensor, without a workspace.
#include <math.h>
#include <string.h>

#include "attrib/row_run.h"
#include "base/text.h"
#include "op/choices.h"
#include "op/op.h"
#include "op/ready_tensor.h"

typedef struct grad_params {
  const char *model, *tensor, *output, *index, *seed;
  sl_texts wrt, out;
  int32_t provider;
  int64_t threads;
} grad_params;

#define P grad_params
static const sl_row params[] = {
    SL_P_PATH(P, model, SL_ROW_REQUIRED | SL_ROW_POSITIONAL, "Model as an .onnx file."),
    SL_P_PATH(P, tensor, SL_ROW_REQUIRED, "Input as an .npy file, the batch first."),
    SL_P_TEXT(P, output, NULL,
              "Value to differentiate, by its name or that of a node; the first output when left "
              "out."),
    SL_P_TEXT(P, index, NULL,
              "Element of the output, such as \"0,283\"; without the batch index, such as \"283\", "
              "it is that element of every sample. Left out: the sum of all elements."),
    SL_P_PATH(P, seed, SL_ROW_ADVANCED,
              "dL/doutput as an .npy file of the output's shape, in place of index."),
    SL_P_TEXTS(P, wrt, 0,
               "Values to differentiate by, by their names or those of nodes; the first input when "
               "left out."),
    SL_P_PATHS(P, out, 0, "Files to write the gradients to (.npy), one for each wrt."),
    SL_P_ENUM(P, provider, sl_choices_provider, 0, "ONNX Runtime execution provider."),
    SL_P_INT(P, threads, 0, 1024, 0, NULL, "Threads inside a run; 0 uses every processor."),
    SL_ROW_END};
#undef P

typedef struct grad_result {
  sl_rec_tensor output;
  sl_records gradients;
  sl_texts notes;
} grad_result;

#define R grad_result
static const sl_row result[] = {
    SL_R_RECORD(R, output, sl_rec_tensor, sl_rows_tensor, "The value that was differentiated."),
    SL_R_RECORDS(R, gradients, sl_rec_tensor, sl_rows_tensor, "One for each wrt, in its order."),
    SL_R_TEXTS(R, notes, "What was not differentiated exactly, and other remarks."), SL_ROW_END};
#undef R

typedef struct grad_work {
  sl_op_call *call;
  const grad_params *in;
  sl_white_box *box;
  sl_tensor input, seed, value;
  sl_value_id target;
  sl_value_id *wrt;
  int32_t wrt_count;
  int64_t rows;
} grad_work;

static const char *value_name(const grad_work *w, sl_value_id value) {
  return sl_white_box_model(w->box)->graph->values[value].name;
}

static sl_status open_box(grad_work *w, sl_error *err) {
  SL_TRY(sl_ready_tensor_read(w->in->tensor, SL_DTYPE_NONE, &w->input, err));
  if (w->input.shape.rank == 0)
    return sl_fail(err, SL_E_ARG, "\"%s\" is a single number, not a batch", w->in->tensor);
  size_t keep_count = 0;
  const char **keep = SL_NEW_ARRAY(w->call->arena, const char *, w->in->wrt.count + 1);
  for (int64_t i = 0; i < w->in->wrt.count; i++) keep[keep_count++] = w->in->wrt.at[i];
  if (w->in->output != NULL) keep[keep_count++] = w->in->output;
  sl_white_box_options options = {.provider = (sl_provider)w->in->provider,
                                  .threads = (int32_t)w->in->threads,
                                  .input_shape = &w->input.shape,
                                  .keep = keep,
                                  .keep_count = keep_count};
  SL_TRY(sl_white_box_open(w->call->arena, w->in->model, &options, &w->box, err));
  const sl_graph *graph = sl_white_box_model(w->box)->graph;
  sl_dtype dtype = sl_element_dtype(graph->values[sl_white_box_input(w->box)].type.element);
  if (w->input.dtype == dtype) return SL_OK;
  sl_tensor_release(&w->input);
  return sl_ready_tensor_read(w->in->tensor, dtype, &w->input, err);
}

static sl_status find_values(grad_work *w, sl_error *err) {
  SL_TRY(sl_white_box_value(w->box, w->in->output, &w->target, err));
  w->wrt_count = w->in->wrt.count > 0 ? (int32_t)w->in->wrt.count : 1;
  w->wrt = SL_NEW_ARRAY(w->call->arena, sl_value_id, w->wrt_count);
  w->wrt[0] = sl_white_box_input(w->box);
  for (int64_t i = 0; i < w->in->wrt.count; i++)
    SL_TRY(sl_white_box_value(w->box, w->in->wrt.at[i], &w->wrt[i], err));
  if (w->in->out.count > w->wrt_count)
    return sl_fail(err, SL_E_ARG, "%lld files for %d gradients", (long long)w->in->out.count,
                   w->wrt_count);
  return SL_OK;
}

// ---- the seed -----------------------------------------------------------------------------------

static void put_one(const grad_work *w, int64_t at) {
  sl_dtype_store(w->seed.dtype, w->seed.data, (size_t)at, 1);
}

// Element `index` (without the batch) of row `row`.
static int64_t flat(const sl_shape *shape, int64_t row, const int64_t *index) {
  int64_t at = row;
  for (int32_t d = 1; d < shape->rank; d++) at = at * shape->dims[d] + index[d - 1];
  return at;
}

static sl_status seed_element(grad_work *w, const int64_t *index, int32_t count, sl_error *err) {
  const sl_shape *shape = &w->value.shape;
  int with_row = count == shape->rank;
  for (int32_t d = with_row ? 0 : 1; d < shape->rank; d++) {
    int64_t at = index[with_row ? d : d - 1];
    if (at >= shape->dims[d])
      return sl_fail(err, SL_E_ARG, "index %lld is out of range: \"%s\" is %s", (long long)at,
                     value_name(w, w->target), sl_shape_text(w->call->arena, shape));
  }
  if (with_row)
    put_one(w, flat(shape, index[0], index + 1));
  else
    for (int64_t row = 0; row < shape->dims[0]; row++) put_one(w, flat(shape, row, index));
  return SL_OK;
}

static sl_status make_seed(grad_work *w, sl_error *err) {
  int64_t index[SL_RANK_MAX];
  int32_t count;
  if (w->in->seed != NULL) {
    SL_TRY(sl_ready_tensor_read(w->in->seed, w->value.dtype, &w->seed, err));
    if (sl_shape_equal(&w->seed.shape, &w->value.shape)) return SL_OK;
    return sl_fail(err, SL_E_ARG, "seed \"%s\" is %s, \"%s\" is %s", w->in->seed,
                   sl_shape_text(w->call->arena, &w->seed.shape), value_name(w, w->target),
                   sl_shape_text(w->call->arena, &w->value.shape));
  }
  SL_TRY(sl_index_parse(w->in->index, index, &count, err));
  SL_TRY(sl_tensor_new(w->value.dtype, &w->value.shape, &w->seed, err));
  int64_t elements = sl_shape_count(&w->value.shape);
  memset(w->seed.data, 0, (size_t)elements * sl_dtype_size(w->seed.dtype));
  for (int64_t i = 0; count == 0 && i < elements; i++) put_one(w, i);
  if (count == 0) return SL_OK;
  if (count != w->value.shape.rank && count != w->value.shape.rank - 1)
    return sl_fail(err, SL_E_ARG, "index \"%s\" has %d numbers, \"%s\" has %d axes", w->in->index,
                   count, value_name(w, w->target), w->value.shape.rank);
  return seed_element(w, index, count, err);
}

// ---- the run ------------------------------------------------------------------------------------

static sl_status run_forward(grad_work *w, sl_error *err) {
  const sl_piece *piece;
  SL_TRY(sl_white_box_tap(w->box, &w->target, 1, &piece, err));
  if (piece->input_count != 1)
    return sl_fail(err, SL_E_UNSUPPORTED, "model \"%s\" takes %d inputs", sl_white_box_name(w->box),
                   piece->input_count);
  w->rows = w->input.shape.dims[0];
  sl_row_run how = {.rows = w->rows, .fixed_batch = sl_white_box_batch(w->box)};
  return sl_piece_run_rows(piece, &how, &w->input, &w->value, err);
}

static sl_status write_gradients(grad_work *w, const sl_tensor *gradients, grad_result *out,
                                 sl_error *err) {
  sl_rec_tensor *records = SL_NEW_ARRAY(w->call->arena, sl_rec_tensor, w->wrt_count);
  for (int32_t i = 0; i < w->wrt_count; i++) {
    const char *path = i < w->in->out.count ? w->in->out.at[i] : NULL;
    if (path != NULL) SL_TRY(sl_ready_tensor_write(path, &gradients[i], err));
    sl_fill_tensor(w->call, value_name(w, w->wrt[i]), &gradients[i], path, &records[i]);
  }
  out->gradients = (sl_records){records, w->wrt_count};
  return SL_OK;
}

// ---- float16 ------------------------------------------------------------------------------------

// Seeds of float16 sweeps that overflow are made smaller by a power of two, which costs no digit.
static const float half_scale = 1.0f / 1024;

static int has_overflow(const sl_tensor *tensor) {
  if (tensor->dtype != SL_DTYPE_F16) return 0;
  int64_t elements = sl_shape_count(&tensor->shape);
  for (int64_t i = 0; i < elements; i++)
    if (!isfinite(sl_dtype_load(SL_DTYPE_F16, tensor->data, (size_t)i))) return 1;
  return 0;
}

static void scale_seed(sl_tensor *seed) {
  uint16_t *at = seed->data;
  for (int64_t i = 0; i < sl_shape_count(&seed->shape); i++)
    at[i] = sl_f16_from_f32((float)sl_dtype_load(SL_DTYPE_F16, at, (size_t)i) * half_scale);
}

// Float32, which holds what float16 does not.
static sl_status scale_back(sl_tensor *gradient, sl_error *err) {
  sl_tensor floats;
  SL_TRY(sl_tensor_to_f32(gradient, &floats, err));
  float *at = floats.data;
  for (int64_t i = 0; i < sl_shape_count(&floats.shape); i++) at[i] /= half_scale;
  sl_tensor_release(gradient);
  *gradient = floats;
  return SL_OK;
}

static void release_all(grad_work *w, sl_tensor *gradients) {
  for (int32_t i = 0; i < w->wrt_count; i++) sl_tensor_release(&gradients[i]);
}

// Once more with a smaller seed, where a float16 gradient is not finite and its value is.
static sl_status retry_half(grad_work *w, const sl_piece *piece, const sl_row_run *how,
                            sl_tensor *gradients, int *retried, sl_error *err) {
  int overflowed = 0;
  for (int32_t i = 0; i < w->wrt_count; i++) overflowed |= has_overflow(&gradients[i]);
  *retried = overflowed && w->seed.dtype == SL_DTYPE_F16 && !has_overflow(&w->value);
  if (!*retried) return SL_OK;
  release_all(w, gradients);
  scale_seed(&w->seed);
  sl_tensor inputs[2] = {w->input, w->seed};
  SL_TRY(sl_piece_run_rows(piece, how, inputs, gradients, err));
  for (int32_t i = 0; i < w->wrt_count; i++) SL_TRY(scale_back(&gradients[i], err));
  return SL_OK;
}

// ---- backward -----------------------------------------------------------------------------------

static sl_texts all_notes(grad_work *w, const char *const *notes, int32_t count, int retried) {
  const char **all = SL_NEW_ARRAY(w->call->arena, const char *, count + 1);
  for (int32_t i = 0; i < count; i++) all[i] = notes[i];
  if (retried)
    all[count] =
        "float16 overflowed on the way back: the seed was divided by 1,024 and the "
        "gradients, as float32, multiplied by it";
  return (sl_texts){all, count + retried};
}

static sl_status run_backward(grad_work *w, grad_result *out, sl_error *err) {
  sl_gradient_ask ask = {
      .targets = &w->target, .target_count = 1, .wrt = w->wrt, .wrt_count = w->wrt_count};
  const sl_piece *piece;
  const char *const *notes;
  int32_t note_count;
  int retried = 0;
  SL_TRY(sl_white_box_gradient(w->box, &ask, &piece, &notes, &note_count, err));
  sl_tensor inputs[2] = {w->input, w->seed};
  sl_tensor *gradients = SL_NEW_ARRAY(w->call->arena, sl_tensor, w->wrt_count);
  sl_row_run how = {.rows = w->rows, .fixed_batch = sl_white_box_batch(w->box)};
  SL_TRY(sl_piece_run_rows(piece, &how, inputs, gradients, err));
  sl_status status = retry_half(w, piece, &how, gradients, &retried, err);
  if (status == SL_OK) status = write_gradients(w, gradients, out, err);
  release_all(w, gradients);
  out->notes = all_notes(w, notes, note_count, retried);
  return status;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  grad_result *out = result_out;
  grad_work w = {.call = call, .in = params_in};
  sl_status status = open_box(&w, err);
  if (status == SL_OK) status = find_values(&w, err);
  if (status == SL_OK) status = run_forward(&w, err);
  if (status == SL_OK) status = make_seed(&w, err);
  if (status == SL_OK) sl_fill_tensor(call, value_name(&w, w.target), &w.value, NULL, &out->output);
  if (status == SL_OK) status = run_backward(&w, out, err);
  sl_tensor_release(&w.input);
  sl_tensor_release(&w.seed);
  sl_tensor_release(&w.value);
  return status;
}

const sl_op sl_op_grad = {
    .info = {.name = "grad",
             .title = "Differentiate a model",
             .help = "Exact gradients of any value of a model by any other, on a ready tensor.",
             .example = "slitlamp grad model.onnx --tensor x.npy --index 0,283 --out g.npy",
             .since = "0.2.0",
             .flags = SL_OP_SLOW | SL_OP_UNTRUSTED | SL_OP_NO_WORKSPACE | SL_OP_LOCAL,
             .params = params,
             .params_size = sizeof(grad_params),
             .result = result,
             .result_size = sizeof(grad_result)},
    .run = run};
