// SPDX-License-Identifier: Apache-2.0
// Copies through the model in batches.
//
// Invariant: nothing is kept of a batch once its copies were taken, so memory is that of one batch.
// Start at sl_attrib_sweep().
#include "attrib/attrib_sweep.h"

#include <math.h>
#include <string.h>

#include "attrib/row_run.h"
#include "base/clock.h"

enum { VALUES_MAX = 4, BATCHES_MAX = 8, INPUTS_MAX = 16 };
static const int64_t batches[BATCHES_MAX] = {1, 2, 4, 8, 16, 32, 64, 128};
static const int64_t memory_default_bytes = INT64_C(1) << 30;

int64_t sl_attrib_row_elements(const sl_white_box *box, sl_value_id value) {
  const sl_type *type = &sl_white_box_model(box)->graph->values[value].type;
  int64_t count = 1;
  for (int32_t d = 1; d < type->rank; d++) {
    if (type->dims[d].fixed == SL_DIM_UNKNOWN || type->dims[d].per_batch != 0) return -1;
    count *= type->dims[d].fixed;
  }
  return type->rank > 0 ? count : -1;
}

int64_t sl_white_box_row_bytes(const sl_white_box *box) {
  const sl_graph *graph = sl_white_box_model(box)->graph;
  int64_t bytes = 0;
  for (sl_value_id v = 1; v < graph->value_count; v++) {
    const sl_value *value = &graph->values[v];
    if (value->origin != SL_ORIGIN_NODE && value->origin != SL_ORIGIN_INPUT) continue;
    sl_dim elements = sl_type_elements(&value->type);
    if (elements.fixed == SL_DIM_UNKNOWN) continue;
    int64_t per_row = elements.per_batch > 0 ? elements.per_batch : elements.fixed;
    bytes += (int64_t)sl_element_bytes(value->type.element, per_row);
  }
  return bytes;
}

// ---- the start ----------------------------------------------------------------------------------

static int64_t row_elements(const sl_tensor *tensor) {
  return (int64_t)(sl_tensor_row_bytes(tensor) / sl_dtype_size(tensor->dtype));
}

static int64_t rows_in(const sl_attrib_call *call, int gradients) {
  int64_t limit = call->memory_max_bytes > 0 ? call->memory_max_bytes : memory_default_bytes;
  int64_t row = sl_white_box_row_bytes(call->box) * (gradients ? 2 : 1);
  int64_t rows = row > 0 ? limit / row : batches[BATCHES_MAX - 1];
  return rows < 1 ? 1 : rows;
}

static int can_keep(const sl_white_box *box, sl_value_id layer) {
  return layer != 0 && sl_attrib_row_elements(box, layer) > 0 &&
         sl_white_box_model(box)->graph->values[layer].type.element == SL_ELEMENT_F32;
}

// outputs[0] is the target's value, outputs[1] the layer when it is kept.
static sl_status run_forward(const sl_attrib_call *call, sl_value_id layer, sl_tensor *outputs,
                             sl_error *err) {
  const sl_piece *piece;
  sl_value_id values[2] = {call->target->value, layer};
  SL_TRY(sl_white_box_tap(call->box, values, layer != 0 ? 2 : 1, &piece, err));
  sl_tensor inputs[SL_RANK_MAX] = {*call->input};
  if (piece->input_count > SL_RANK_MAX)
    return sl_fail(err, SL_E_UNSUPPORTED, "the model takes %d inputs", piece->input_count);
  if (piece->input_count > 1 && call->others == NULL)
    return sl_fail(err, SL_E_ARG, "the model takes %d inputs, one was given", piece->input_count);
  for (int32_t i = 1; i < piece->input_count; i++) inputs[i] = *call->others[i - 1];
  int64_t rows = call->input->shape.dims[0], most = rows_in(call, 0);
  sl_row_run how = {.rows = rows,
                    .batch = rows < most ? rows : most,
                    .fixed_batch = sl_white_box_batch(call->box)};
  return sl_piece_run_rows(piece, &how, inputs, outputs, err);
}

sl_status sl_attrib_begin_at(const sl_attrib_call *call, sl_value_id layer, sl_attrib_start *out,
                             sl_error *err) {
  *out = (sl_attrib_start){.samples = call->input->shape.dims[0],
                           .elements = row_elements(call->input)};
  sl_tensor outputs[2] = {0};
  SL_TRY(run_forward(call, can_keep(call->box, layer) ? layer : 0, outputs, err));
  out->value = outputs[0];
  out->layer = outputs[1];
  out->numbers = SL_NEW_ARRAY(call->arena, double, out->samples + 1);
  sl_target *targets = SL_NEW_ARRAY(call->arena, sl_target, out->samples + 1);
  out->targets = targets;
  sl_status status = sl_target_read(call->target, &out->value, out->numbers, err);
  for (int64_t n = 0; status == SL_OK && n < out->samples; n++)
    status = sl_target_settle(call->arena, call->target, &out->value, n, &targets[n], err);
  if (status != SL_OK) sl_attrib_end(out);
  return status;
}

sl_status sl_attrib_begin(const sl_attrib_call *call, sl_attrib_start *out, sl_error *err) {
  return sl_attrib_begin_at(call, 0, out, err);
}

void sl_attrib_end(sl_attrib_start *start) {
  sl_tensor_release(&start->value);
  sl_tensor_release(&start->layer);
}

// ---- one batch ----------------------------------------------------------------------------------

typedef struct sweeper {
  const sl_attrib_call *call;
  const sl_attrib_start *start;
  const sl_sweep_plan *plan;
  const sl_piece *piece;
  sl_arena *scratch;
  sl_tensor rows, input, seed;  // float32 rows; the same in the model's type; dL/dtarget
  sl_tensor around;             // rows of the unchanged input, for a start at a layer inside
  sl_tensor shape;              // no elements: type and shape of what is sent
  int64_t elements;             // of one row of it
  sl_tensor *outputs;
  int64_t capacity, total, done, fixed;
  sl_tensor *seeds;  // [N], one row each
} sweeper;

// Type and shape of the rows that are sent.
static sl_status find_shape(sweeper *s, sl_error *err) {
  s->shape = (sl_tensor){.dtype = s->call->input->dtype, .shape = s->call->input->shape};
  s->elements = s->start->elements;
  if (s->plan->from == 0) return SL_OK;
  const sl_value *layer = &sl_white_box_model(s->call->box)->graph->values[s->plan->from];
  s->elements = sl_attrib_row_elements(s->call->box, s->plan->from);
  if (layer->type.element != SL_ELEMENT_F32 || s->elements < 0 || layer->type.rank > SL_RANK_MAX)
    return sl_fail(err, SL_E_UNSUPPORTED, "the model cannot be started at \"%s\", which is %s",
                   layer->name, sl_type_text(s->scratch, &layer->type));
  s->shape = (sl_tensor){.dtype = SL_DTYPE_F32, .shape = {.rank = layer->type.rank}};
  for (int32_t d = 1; d < layer->type.rank; d++) s->shape.shape.dims[d] = layer->type.dims[d].fixed;
  return SL_OK;
}

static int32_t inputs_before_seed(const sweeper *s) {
  if (s->plan->from == 0) return sl_white_box_model(s->call->box)->graph->input_count;
  return s->piece->input_count - (s->plan->gradients ? 1 : 0) - s->plan->extra_count;
}

static sl_status find_piece(sweeper *s, sl_attribution *out, sl_error *err) {
  const sl_sweep_plan *plan = s->plan;
  sl_value_id target = s->call->target->value;
  if (plan->value_count > VALUES_MAX - 1)
    return sl_fail(err, SL_E_BUG, "a sweep gives at most %d values", VALUES_MAX - 1);
  sl_value_id *values = SL_NEW_ARRAY(s->scratch, sl_value_id, plan->value_count + 1);
  values[0] = target;
  for (int32_t i = 0; i < plan->value_count; i++) values[i + 1] = plan->values[i];
  if (!plan->gradients)
    return sl_white_box_suffix(s->call->box, &plan->from, plan->from != 0, values,
                               plan->value_count + 1, &s->piece, err);
  sl_value_id wrt = plan->wrt != 0 ? plan->wrt : sl_white_box_input(s->call->box);
  sl_gradient_ask ask = {.targets = &target,
                         .target_count = 1,
                         .wrt = &wrt,
                         .wrt_count = 1,
                         .values = values,
                         .value_count = plan->value_count + 1,
                         .from = plan->from,
                         .flavour = plan->flavour,
                         .overrides = plan->overrides,
                         .override_count = plan->override_count,
                         .context = plan->context};
  return sl_white_box_gradient(s->call->box, &ask, &s->piece, &out->notes, &out->note_count, err);
}

static sl_status weigh_seed(sl_tensor *seed, const sl_tensor *value, sl_error *err) {
  if (seed->dtype != SL_DTYPE_F32)
    return sl_fail(err, SL_E_UNSUPPORTED, "relevance needs scores in float32, not %s",
                   sl_dtype_name(seed->dtype));
  float *weights = seed->data;
  const float *numbers = value->data;
  for (int64_t i = 0; i < sl_shape_count(&seed->shape); i++) weights[i] *= numbers[i];
  return SL_OK;
}

static sl_status make_seeds(sweeper *s, sl_error *err) {
  s->seeds = SL_NEW_ARRAY(s->scratch, sl_tensor, s->start->samples + 1);
  for (int64_t n = 0; s->plan->gradients && n < s->start->samples; n++) {
    sl_tensor value = sl_tensor_rows(&s->start->value, n, 1);
    sl_status status = sl_target_seed(&s->start->targets[n], &value, &s->seeds[n], err);
    if (status == SL_OK && s->plan->seed_by_value) status = weigh_seed(&s->seeds[n], &value, err);
    sl_tensor_release(&value);
    SL_TRY(status);
  }
  return SL_OK;
}

static sl_status new_rows(const sl_tensor *like, sl_dtype dtype, int64_t rows, sl_tensor *out,
                          sl_error *err) {
  sl_shape shape = like->shape;
  shape.dims[0] = rows;
  return sl_tensor_new(dtype, &shape, out, err);
}

static void release_room(sweeper *s) {
  if (s->input.buffer != s->rows.buffer) sl_tensor_release(&s->input);
  s->input = (sl_tensor){0};
  sl_tensor_release(&s->rows);
  sl_tensor_release(&s->seed);
  sl_tensor_release(&s->around);
  s->capacity = 0;
}

static sl_status check_storable(sl_dtype dtype, sl_error *err) {
  if (dtype == SL_DTYPE_F32 || dtype == SL_DTYPE_F64 || dtype == SL_DTYPE_F16 ||
      dtype == SL_DTYPE_U8 || dtype == SL_DTYPE_I8)
    return SL_OK;
  sl_fail(err, SL_E_UNSUPPORTED, "an input of %s cannot be changed by small amounts",
          sl_dtype_name(dtype));
  return sl_hint(err, SL_E_UNSUPPORTED,
                 "attributions need an input of a float type, or a picture of uint8 or int8");
}

static sl_status make_room(sweeper *s, int64_t rows, sl_error *err) {
  if (rows <= s->capacity) return SL_OK;
  release_room(s);
  SL_TRY(check_storable(s->shape.dtype, err));
  SL_TRY(new_rows(&s->shape, SL_DTYPE_F32, rows, &s->rows, err));
  s->input = s->rows;
  if (s->shape.dtype != SL_DTYPE_F32) {
    s->input = (sl_tensor){0};
    SL_TRY(new_rows(&s->shape, s->shape.dtype, rows, &s->input, err));
  }
  if (s->plan->from != 0 && inputs_before_seed(s) > 1)
    SL_TRY(new_rows(s->call->input, s->call->input->dtype, rows, &s->around, err));
  if (s->plan->gradients)
    SL_TRY(new_rows(&s->start->value, s->start->value.dtype, rows, &s->seed, err));
  s->capacity = rows;
  return SL_OK;
}

static void to_model_type(sweeper *s, int64_t rows) {
  if (s->input.buffer == s->rows.buffer) return;
  const float *from = s->rows.data;
  int64_t count = rows * s->elements;
  for (int64_t i = 0; i < count; i++)
    sl_dtype_store(s->input.dtype, s->input.data, (size_t)i, (double)from[i]);
}

static void fill(sweeper *s, int64_t first, int64_t rows, int64_t sent) {
  size_t seed_bytes = s->plan->gradients ? sl_tensor_row_bytes(&s->seed) : 0;
  size_t around_bytes = s->around.buffer != NULL ? sl_tensor_row_bytes(&s->around) : 0;
  for (int64_t i = 0; i < sent; i++) {
    int64_t at = first + (i < rows ? i : rows - 1);
    int64_t sample = at / s->plan->copies, copy = at % s->plan->copies;
    s->plan->make(s->plan->ctx, sample, copy, (float *)s->rows.data + i * s->elements);
    if (seed_bytes > 0)
      memcpy((uint8_t *)s->seed.data + (size_t)i * seed_bytes, s->seeds[sample].data, seed_bytes);
    if (around_bytes > 0)
      memcpy((uint8_t *)s->around.data + (size_t)i * around_bytes,
             (const uint8_t *)s->call->input->data + (size_t)sample * around_bytes, around_bytes);
  }
  to_model_type(s, sent);
}

// Float32 of an output, converted when the model computes in another type.
static sl_status as_floats(sl_tensor *tensor, sl_error *err) {
  if (tensor->dtype == SL_DTYPE_F32) return SL_OK;
  sl_tensor floats;
  SL_TRY(sl_tensor_to_f32(tensor, &floats, err));
  sl_tensor_release(tensor);
  *tensor = floats;
  return SL_OK;
}

static sl_status take(sweeper *s, int64_t first, int64_t rows, sl_error *err) {
  const sl_sweep_plan *plan = s->plan;
  for (int32_t i = 1; i < s->piece->output_count; i++) SL_TRY(as_floats(&s->outputs[i], err));
  for (int64_t i = 0; i < rows; i++) {
    int64_t sample = (first + i) / plan->copies, copy = (first + i) % plan->copies;
    const float *values[VALUES_MAX] = {0};
    double number;
    sl_tensor row = sl_tensor_rows(&s->outputs[0], i, 1);
    sl_status status = sl_target_read(&s->start->targets[sample], &row, &number, err);
    sl_tensor_release(&row);
    SL_TRY(status);
    for (int32_t v = 1; v < s->piece->output_count; v++)
      values[v - 1] = (const float *)s->outputs[v].data + i * row_elements(&s->outputs[v]);
    plan->take(plan->ctx, sample, copy, number, plan->gradients ? values[plan->value_count] : NULL,
               values);
  }
  return SL_OK;
}

// The model's inputs, the seed, what overrides added (only when one of them ran).
static sl_status list_inputs(const sweeper *s, int64_t rows, sl_tensor *inputs, sl_error *err) {
  int32_t given = inputs_before_seed(s);
  if (given + 1 + s->plan->extra_count > INPUTS_MAX || (s->plan->from != 0 && given > 2))
    return sl_fail(err, SL_E_UNSUPPORTED, "%d inputs at once", given);
  inputs[0] = s->input;
  inputs[0].shape.dims[0] = rows;
  for (int32_t i = 1; i < given; i++) {
    inputs[i] = s->plan->from != 0 ? s->around : *s->call->others[i - 1];
    if (s->plan->from != 0) inputs[i].shape.dims[0] = rows;
  }
  if (!s->plan->gradients) return SL_OK;
  inputs[given] = s->seed;
  inputs[given].shape.dims[0] = rows;
  for (int32_t i = given + 1; i < s->piece->input_count; i++)
    inputs[i] = s->plan->extras[i - given - 1];
  return SL_OK;
}

static sl_status run_batch(sweeper *s, int64_t rows, sl_error *err) {
  int64_t sent = s->fixed > 0 ? s->fixed : rows;
  if (s->call->cancel != NULL && atomic_load(s->call->cancel))
    return sl_fail(err, SL_E_CANCELLED, "the attribution was stopped");
  SL_TRY(make_room(s, sent, err));
  fill(s, s->done, rows, sent);
  sl_tensor inputs[INPUTS_MAX];
  SL_TRY(list_inputs(s, sent, inputs, err));
  SL_TRY(sl_piece_run(s->piece, inputs, s->outputs, err));
  sl_status status = take(s, s->done, rows, err);
  for (int32_t i = 0; i < s->piece->output_count; i++) sl_tensor_release(&s->outputs[i]);
  s->done += rows;
  if (s->call->progress != NULL) s->call->progress(s->call->progress_ctx, s->done, s->total);
  return status;
}

// ---- which batch --------------------------------------------------------------------------------

// Half the rows after a failure for want of memory, until one row is too much.
static sl_status run_some(sweeper *s, int64_t *batch, sl_error *err) {
  for (;;) {
    int64_t left = s->total - s->done, rows = left < *batch ? left : *batch;
    sl_status status = run_batch(s, rows, err);
    if (status != SL_E_MEMORY || *batch == 1 || s->fixed > 0) return status;
    sl_error_clear(err);
    release_room(s);
    *batch /= 2;
  }
}

// Sizes are tried on the work itself, doubling, as long as rows per second grow by 3 %.
static sl_status run_all(sweeper *s, int64_t *batch, sl_error *err) {
  int64_t most = rows_in(s->call, s->plan->gradients), best = 1;
  double best_rate = 0;
  int tries = s->fixed == 0;
  *batch = s->fixed > 0 ? s->fixed : 1;
  for (int i = 0; tries && i < BATCHES_MAX; i++) {
    int64_t size = batches[i], before = s->done;
    if (size > most || s->total - s->done < 4 * size) break;
    int64_t began = sl_clock_ns();
    SL_TRY(run_some(s, &size, err));
    double rate = (double)(s->done - before) / (double)(sl_clock_ns() - began);
    tries = i == 0 || rate > 1.03 * best_rate;  // the first run also warms up
    if (rate > best_rate && i > 0) best = size;
    if (i > 0 && rate > best_rate) best_rate = rate;
  }
  if (s->fixed == 0) *batch = best_rate > 0 ? best : most < 8 ? most : 8;
  while (s->done < s->total) SL_TRY(run_some(s, batch, err));
  return SL_OK;
}

sl_status sl_attrib_sweep(const sl_attrib_call *call, const sl_attrib_start *start,
                          const sl_sweep_plan *plan, sl_attribution *out, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "sweep");
  sweeper s = {.call = call,
               .start = start,
               .plan = plan,
               .scratch = scratch,
               .total = start->samples * plan->copies,
               .fixed = sl_white_box_batch(call->box)};
  sl_status status = find_shape(&s, err);
  if (status == SL_OK) status = find_piece(&s, out, err);
  if (status == SL_OK) status = make_seeds(&s, err);
  if (status == SL_OK) {
    s.outputs = SL_NEW_ARRAY(scratch, sl_tensor, s.piece->output_count + 1);
    status = run_all(&s, &out->batch, err);
  }
  out->runs += s.done;
  release_room(&s);
  for (int64_t n = 0; s.seeds != NULL && n < start->samples; n++) sl_tensor_release(&s.seeds[n]);
  sl_arena_free(scratch);
  return status;
}
