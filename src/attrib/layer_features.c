// SPDX-License-Identifier: Apache-2.0
// Layers as vectors.
#include "attrib/layer_features.h"

#include "attrib/row_run.h"
#include "pass/outline.h"

static sl_status add_wanted(sl_layer_features *out, const sl_value_id *wanted, int32_t count,
                            sl_error *err) {
  const sl_graph *graph = sl_white_box_model(out->box)->graph;
  for (int32_t i = 0; i < count; i++) {
    SL_TRY(sl_feature_layer_of(out->box, wanted[i], &out->layers[i], err));
    out->titles[i] = graph->values[wanted[i]].name;
  }
  out->count = count;
  return SL_OK;
}

static void add_outline(sl_layer_features *out, const sl_outline *outline) {
  for (int32_t i = 0; i < outline->layer_count; i++) {
    const sl_layer *layer = &outline->layers[i];
    int is_grid = layer->kind == SL_LAYER_MAP || layer->kind == SL_LAYER_TOKENS;
    sl_feature_layer grid;
    if (!is_grid || sl_feature_layer_of(out->box, layer->value, &grid, NULL) != SL_OK) continue;
    out->layers[out->count] = grid;
    out->titles[out->count++] = layer->title;
  }
}

sl_status sl_layer_features_open(sl_arena *arena, sl_white_box *box, const sl_value_id *wanted,
                                 int32_t wanted_count, sl_layer_features *out, sl_error *err) {
  const sl_outline *outline = sl_outline_make(arena, sl_white_box_model(box)->graph);
  int32_t room = outline->layer_count + wanted_count + 1;
  *out = (sl_layer_features){.box = box,
                             .layers = SL_NEW_ARRAY(arena, sl_feature_layer, room),
                             .titles = SL_NEW_ARRAY(arena, const char *, room)};
  if (wanted_count > 0)
    SL_TRY(add_wanted(out, wanted, wanted_count, err));
  else
    add_outline(out, outline);
  if (out->count == 0)
    return sl_fail(err, SL_E_UNSUPPORTED, "model \"%s\" has no layer that is a grid of places",
                   sl_white_box_name(box));
  sl_value_id *values = SL_NEW_ARRAY(arena, sl_value_id, out->count + 1);
  for (int32_t i = 0; i < out->count; i++) values[i] = out->layers[i].value;
  values[out->count] = sl_white_box_output(box);
  SL_TRY(sl_white_box_tap(box, values, out->count + 1, &out->piece, err));
  if (out->piece->input_count == 1) return SL_OK;
  return sl_fail(err, SL_E_UNSUPPORTED, "the model takes %d inputs", out->piece->input_count);
}

static void pool_row(const sl_feature_layer *layer, const float *values, double *out) {
  int64_t places = layer->height * layer->width;
  for (int64_t c = 0; c < layer->channels; c++) {
    double sum = 0;
    for (int64_t i = 0; i < places && layer->skipped == 0; i++)
      sum += (double)values[sl_feature_at(layer, c, i)];
    out[c] = layer->skipped > 0 ? (double)values[c] : sum / (double)places;
  }
}

static sl_status pool(const sl_layer_features *from, int32_t index, int64_t rows,
                      const sl_tensor *values, double *out, sl_error *err) {
  const sl_feature_layer *layer = &from->layers[index];
  sl_tensor floats;
  if (values->shape.dims[0] != rows)
    return sl_fail(err, SL_E_UNSUPPORTED, "layer \"%s\" does not have one row for each sample",
                   from->titles[index]);
  SL_TRY(sl_tensor_to_f32(values, &floats, err));
  for (int64_t row = 0; row < rows; row++)
    pool_row(layer, (const float *)floats.data + row * layer->elements,
             out + row * layer->channels);
  sl_tensor_release(&floats);
  return SL_OK;
}

sl_status sl_layer_features_run(const sl_layer_features *from, const sl_tensor *input,
                                double *const *features, sl_tensor *scores, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "features");
  sl_tensor *outputs = SL_NEW_ARRAY(scratch, sl_tensor, from->count + 1);
  sl_row_run how = {.rows = input->shape.dims[0], .fixed_batch = sl_white_box_batch(from->box)};
  sl_status status = sl_piece_run_rows(from->piece, &how, input, outputs, err);
  for (int32_t i = 0; status == SL_OK && i < from->count; i++)
    status = pool(from, i, how.rows, &outputs[i], features[i], err);
  if (status == SL_OK) {
    *scores = outputs[from->count];
    outputs[from->count] = (sl_tensor){0};
  }
  for (int32_t i = 0; i <= from->count; i++) sl_tensor_release(&outputs[i]);
  sl_arena_free(scratch);
  return status;
}
