// SPDX-License-Identifier: Apache-2.0
// Layers as vectors.
#include "attrib/layer_features.h"

#include "attrib/row_run.h"

sl_status sl_layer_features_open(sl_arena *arena, sl_white_box *box, const sl_texts *wanted,
                                 sl_layer_features *out, sl_error *err) {
  sl_feature_layers found;
  SL_TRY(sl_feature_layers_find(arena, box, wanted, &found, err));
  *out = (sl_layer_features){
      .box = box, .layers = found.at, .titles = found.titles, .count = found.count};
  sl_value_id *values = SL_NEW_ARRAY(arena, sl_value_id, out->count + 1);
  for (int32_t i = 0; i < out->count; i++) values[i] = out->layers[i].value;
  values[out->count] = sl_white_box_output(box);
  SL_TRY(sl_white_box_tap(box, values, out->count + 1, &out->piece, err));
  if (out->piece->input_count == 1) return SL_OK;
  return sl_fail(err, SL_E_UNSUPPORTED, "the model takes %d inputs", out->piece->input_count);
}

static void pool_row(const sl_feature_layer *layer, const float *values, double *out) {
  if (layer->skipped == 0) {
    sl_feature_mean(layer, values, out);
    return;
  }
  for (int64_t c = 0; c < layer->channels; c++) out[c] = (double)values[c];
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
