// SPDX-License-Identifier: Apache-2.0
// Operation "tap": the values of any layer, for one case or over a view, with statistics per
// channel.
#include <math.h>
#include <string.h>

#include "attrib/feature_layer.h"
#include "attrib/row_run.h"
#include "op/choices.h"
#include "op/lookup.h"
#include "op/opened.h"
#include "op/ready_tensor.h"
#include "op/table_cache.h"

typedef struct tap_params {
  sl_case_params which;
  sl_texts layer, where, out;
  int64_t limit;
} tap_params;

#define P tap_params
static const sl_row params[] = {
    SL_ROWS_CASE(P, which),
    SL_P_TEXTS(P, layer, SL_ROW_REQUIRED, "Values to look at, by their names or those of nodes."),
    SL_P_TEXTS(P, where, SL_ROW_ADVANCED,
               "In place of a sample: statistics over the samples of a view, as in \"view\"."),
    SL_P_INT(P, limit, 1, 1e7, 256, "samples", "Of a view: at most so many, spread evenly."),
    SL_P_PATHS(P, out, 0, "Files to write the values to (.npy), one for each layer."),
    SL_ROW_END};
#undef P

typedef struct channel_record {
  int64_t channel;
  double mean, std, min, max, zeros, energy, high;
  bool dead;
} channel_record;

#define R channel_record
static const sl_row channel_rows[] = {
    SL_R_INT(R, channel, NULL, "Number of the channel."),
    SL_R_REAL(R, mean, NULL, "Mean over samples and places."),
    SL_R_REAL(R, std, NULL, "Standard deviation."),
    SL_R_REAL(R, min, NULL, "Smallest element."),
    SL_R_REAL(R, max, NULL, "Largest element."),
    SL_R_REAL(R, zeros, NULL, "Part of the elements that are zero (sparsity), 0 to 1."),
    SL_R_REAL(R, energy, NULL, "Root of the mean square."),
    SL_R_REAL(R, high, NULL,
              "Part of the elements within 1 % of the channel's range below its maximum: near 1 is "
              "saturated."),
    SL_R_BOOL(R, dead, "Every element of every sample is zero, or all are the same."),
    SL_ROW_END};
#undef R

typedef struct layer_record {
  const char *map;
  sl_rec_tensor values;
  int64_t axis;
  sl_records channels;
} layer_record;

#define R layer_record
static const sl_row layer_rows[] = {
    SL_R_KEY(R, map, "Blob of the values (.npy); null over a view and without a workspace."),
    SL_R_RECORD(R, values, sl_rec_tensor, sl_rows_tensor, "The values (the last batch of a view)."),
    SL_R_INT(R, axis, NULL, "Axis that was taken for channels."),
    SL_R_RECORDS(R, channels, channel_record, channel_rows, "Statistics per channel."), SL_ROW_END};
#undef R

typedef struct tap_result {
  const char *sample, *run;
  int64_t samples;
  sl_records layers;
} tap_result;

#define R tap_result
static const sl_row result[] = {
    SL_R_ID(R, sample, "sample", "The sample; null for a ready tensor or a view."),
    SL_R_ID(R, run, "run", "Run whose model and pipeline were used."),
    SL_R_INT(R, samples, "samples", "How many samples the statistics are over."),
    SL_R_RECORDS(R, layers, layer_record, layer_rows, "One for each layer asked for."), SL_ROW_END};
#undef R

typedef struct channel_sum {
  double sum, squares, min, max;
  int64_t count, zeros;
} channel_sum;

typedef struct tap_layer {
  sl_value_id value;
  int64_t axis, channels;
  channel_sum *sums;
  sl_tensor last;
} tap_layer;

typedef struct tap_work {
  sl_op_call *call;
  const tap_params *in;
  sl_opened opened;
  const sl_piece *piece;
  tap_layer *layers;
  int32_t layer_count;
  int64_t samples;
} tap_work;

// ---- statistics ---------------------------------------------------------------------------------

static void add_element(channel_sum *s, double value) {
  if (!isfinite(value)) return;
  s->min = s->count == 0 ? value : fmin(s->min, value);
  s->max = s->count == 0 ? value : fmax(s->max, value);
  s->count++;
  s->sum += value;
  s->squares += value * value;
  s->zeros += value == 0;
}

static int64_t inner_of(const sl_shape *shape, int64_t axis) {
  int64_t inner = 1;
  for (int32_t d = (int32_t)axis + 1; d < shape->rank; d++) inner *= shape->dims[d];
  return inner;
}

static void add_tensor(tap_layer *layer, const sl_tensor *tensor) {
  int64_t count = sl_shape_count(&tensor->shape), inner = inner_of(&tensor->shape, layer->axis);
  for (int64_t i = 0; i < count; i++)
    add_element(&layer->sums[i / inner % layer->channels],
                sl_dtype_load(tensor->dtype, tensor->data, (size_t)i));
}

// Second look at the values kept: how many lie at the top of the channel's range.
static int64_t count_high(const tap_layer *layer, int64_t channel, int64_t *of) {
  const sl_tensor *t = &layer->last;
  const channel_sum *s = &layer->sums[channel];
  int64_t count = sl_shape_count(&t->shape), inner = inner_of(&t->shape, layer->axis), high = 0;
  double limit = s->max - 0.01 * (s->max - s->min);
  *of = 0;
  for (int64_t block = channel * inner; block < count; block += inner * layer->channels)
    for (int64_t i = 0; i < inner; i++, ++*of)
      high += sl_dtype_load(t->dtype, t->data, (size_t)(block + i)) >= limit;
  return high;
}

static void fill_channel(const tap_layer *layer, int64_t channel, channel_record *out) {
  const channel_sum *s = &layer->sums[channel];
  double n = s->count > 0 ? (double)s->count : 1, mean = s->sum / n;
  int64_t of, high = count_high(layer, channel, &of);
  *out = (channel_record){.channel = channel,
                          .mean = mean,
                          .std = sqrt(fmax(s->squares / n - mean * mean, 0)),
                          .min = s->min,
                          .max = s->max,
                          .zeros = (double)s->zeros / n,
                          .energy = sqrt(s->squares / n),
                          .high = s->max > s->min ? (double)high / (double)(of > 0 ? of : 1) : 0,
                          .dead = s->max == s->min};
}

// ---- running ------------------------------------------------------------------------------------

static sl_status find_layers(tap_work *w, sl_error *err) {
  w->layer_count = (int32_t)w->in->layer.count;
  w->layers = SL_NEW_ARRAY(w->call->arena, tap_layer, w->layer_count + 1);
  sl_value_id *values = SL_NEW_ARRAY(w->call->arena, sl_value_id, w->layer_count + 1);
  for (int32_t i = 0; i < w->layer_count; i++) {
    SL_TRY(sl_white_box_value(w->opened.box, w->in->layer.at[i], &values[i], err));
    w->layers[i].value = values[i];
  }
  return sl_white_box_tap(w->opened.box, values, w->layer_count, &w->piece, err);
}

static sl_status add_outputs(tap_work *w, sl_tensor *outputs, sl_error *err) {
  for (int32_t i = 0; i < w->layer_count; i++) {
    tap_layer *layer = &w->layers[i];
    if (outputs[i].dtype == SL_DTYPE_NONE || outputs[i].shape.rank == 0)
      return sl_fail(err, SL_E_UNSUPPORTED, "layer \"%s\" is not a tensor of numbers",
                     w->in->layer.at[i]);
    if (layer->sums == NULL) {
      layer->axis = sl_channel_axis(w->opened.box, layer->value, outputs[i].shape.rank);
      layer->channels = outputs[i].shape.dims[layer->axis];
      layer->sums = SL_NEW_ARRAY(w->call->arena, channel_sum, layer->channels + 1);
    }
    add_tensor(layer, &outputs[i]);
    sl_tensor_release(&layer->last);
    layer->last = outputs[i];
    outputs[i] = (sl_tensor){0};
  }
  return SL_OK;
}

static sl_status run_input(tap_work *w, const sl_tensor *input, sl_error *err) {
  sl_tensor *outputs = SL_NEW_ARRAY(w->call->arena, sl_tensor, w->layer_count + 1);
  sl_row_run how = {.rows = input->shape.dims[0], .fixed_batch = sl_white_box_batch(w->opened.box)};
  if (w->piece->input_count != 1)
    return sl_fail(err, SL_E_UNSUPPORTED, "the model takes %d inputs", w->piece->input_count);
  SL_TRY(sl_piece_run_rows(w->piece, &how, input, outputs, err));
  sl_status status = add_outputs(w, outputs, err);
  for (int32_t i = 0; i < w->layer_count; i++) sl_tensor_release(&outputs[i]);
  w->samples += how.rows;
  return status;
}

static sl_status run_row(tap_work *w, const sl_open_view *view, int64_t row, sl_error *err) {
  sl_rec_sample sample;
  sl_tensor input;
  sl_view_sample(w->call, view, row, &sample);
  SL_TRY(sl_opened_sample(w->call, &w->opened, sample.sample, &input, err));
  sl_status status = run_input(w, &input, err);
  sl_tensor_release(&input);
  return status;
}

static sl_status run_view(tap_work *w, sl_error *err) {
  sl_view_params which = {.run = w->opened.run, .where = w->in->where};
  sl_open_view *view;
  SL_TRY(sl_view_open(w->call, &which, &view, err));
  int64_t found = view->order.count, wanted = found < w->in->limit ? found : w->in->limit;
  sl_status status = SL_OK;
  for (int64_t i = 0; status == SL_OK && i < wanted; i++) {
    if (atomic_load(w->call->cancel)) status = sl_fail(err, SL_E_CANCELLED, "tap was stopped");
    if (status == SL_OK) status = run_row(w, view, view->order.rows[i * found / wanted], err);
    sl_op_progress(w->call, "tap", "samples", i + 1, wanted);
  }
  sl_view_release(w->call, view);
  return status;
}

static sl_status fill_layer(tap_work *w, int32_t index, layer_record *out, sl_error *err) {
  const tap_layer *layer = &w->layers[index];
  const char *path = index < w->in->out.count ? w->in->out.at[index] : NULL;
  channel_record *channels = SL_NEW_ARRAY(w->call->arena, channel_record, layer->channels + 1);
  for (int64_t c = 0; c < layer->channels; c++) fill_channel(layer, c, &channels[c]);
  const char *name = sl_white_box_model(w->opened.box)->graph->values[layer->value].name;
  sl_fill_tensor(w->call, name, &layer->last, path, &out->values);
  out->axis = layer->axis;
  out->channels = (sl_records){channels, layer->channels};
  if (path != NULL) SL_TRY(sl_ready_tensor_write(path, &layer->last, err));
  return w->in->where.count == 0 ? sl_ready_tensor_keep(w->call, &layer->last, &out->map, err)
                                 : SL_OK;
}

static sl_status run_all(tap_work *w, tap_result *out, sl_error *err) {
  SL_TRY(sl_opened_open(w->call, &w->in->which, w->in->layer.at, (size_t)w->in->layer.count,
                        &w->opened, err));
  SL_TRY(find_layers(w, err));
  if (w->opened.input.buffer != NULL)
    SL_TRY(run_input(w, &w->opened.input, err));
  else
    SL_TRY(run_view(w, err));
  layer_record *records = SL_NEW_ARRAY(w->call->arena, layer_record, w->layer_count + 1);
  for (int32_t i = 0; w->samples > 0 && i < w->layer_count; i++)
    SL_TRY(fill_layer(w, i, &records[i], err));
  *out = (tap_result){.sample = w->opened.sample,
                      .run = w->opened.run,
                      .samples = w->samples,
                      .layers = {records, w->samples > 0 ? w->layer_count : 0}};
  return SL_OK;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  tap_work w = {.call = call, .in = params_in};
  sl_status status = run_all(&w, result_out, err);
  for (int32_t i = 0; i < w.layer_count; i++) sl_tensor_release(&w.layers[i].last);
  sl_opened_close(call, &w.opened);
  return status;
}

const sl_op sl_op_tap = {
    .info = {.name = "tap",
             .title = "Look at a layer",
             .help = "The values of any layer for a case, or statistics per channel over a view.",
             .example = "slitlamp tap --sample s12 --layer conv1",
             .since = "0.2.0",
             .flags = SL_OP_UNTRUSTED | SL_OP_OPTIONAL | SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(tap_params),
             .result = result,
             .result_size = sizeof(tap_result)},
    .run = run};
