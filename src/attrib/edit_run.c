// SPDX-License-Identifier: Apache-2.0
// A model run without and with edits, side by side.
//
// Invariant: from the first edited layer on a batch holds every case twice, first as it is, then
// edited; a layer is computed from the edited layers before it, so that edits add up as if they
// were part of the graph. Start at sl_edit_compare().
#include <string.h>

#include "attrib/edit_spec.h"
#include "attrib/row_run.h"

enum { LAYERS_MAX = 64 };

typedef struct edit_run {
  sl_white_box *box;
  const sl_tensor *input;
  sl_tensor twice;  // the input, every case twice
  const sl_edit *edits;
  int32_t count;
  sl_value_id layers[LAYERS_MAX];  // edited so far, makers before readers
  sl_tensor values[LAYERS_MAX];    // their values after the edit
  int32_t layer_count;
} edit_run;

// Rows of a tensor, `times` over.
static sl_status repeat_rows(const sl_tensor *from, int times, sl_tensor *out, sl_error *err) {
  sl_shape shape = from->shape;
  shape.dims[0] *= times;
  SL_TRY(sl_tensor_new(from->dtype, &shape, out, err));
  size_t bytes = (size_t)from->shape.dims[0] * sl_tensor_row_bytes(from);
  for (int i = 0; i < times; i++)
    memcpy((uint8_t *)out->data + (size_t)i * bytes, from->data, bytes);
  return SL_OK;
}

// The value `to`, computed from the edited layers and the input.
static sl_status run_to(edit_run *r, sl_value_id to, sl_tensor *out, sl_error *err) {
  const sl_piece *piece;
  SL_TRY(sl_white_box_suffix(r->box, r->layers, r->layer_count, &to, 1, &piece, err));
  sl_tensor inputs[LAYERS_MAX + 1];
  memcpy(inputs, r->values, (size_t)r->layer_count * sizeof inputs[0]);
  int32_t more = piece->input_count - r->layer_count;
  if (more > 1) return sl_fail(err, SL_E_UNSUPPORTED, "the model takes more than one input");
  int is_first = r->layer_count == 0;
  if (more == 1 && !is_first && r->twice.buffer == NULL)
    SL_TRY(repeat_rows(r->input, 2, &r->twice, err));
  inputs[r->layer_count] = is_first ? *r->input : r->twice;
  sl_row_run how = {.rows = r->input->shape.dims[0] * (is_first ? 1 : 2),
                    .fixed_batch = sl_white_box_batch(r->box)};
  return sl_piece_run_rows(piece, &how, inputs, out, err);
}

static int comes_before(const sl_graph *graph, sl_value_id a, sl_value_id b) {
  sl_node_id makers[2] = {graph->values[a].maker, graph->values[b].maker};
  return makers[0] != makers[1] ? makers[0] < makers[1] : a < b;
}

// The next layer with edits in the order of the graph; 0 when all are done.
static sl_value_id next_layer(const edit_run *r) {
  const sl_graph *graph = sl_white_box_model(r->box)->graph;
  sl_value_id last = r->layer_count > 0 ? r->layers[r->layer_count - 1] : 0, best = 0;
  for (int32_t i = 0; i < r->count; i++) {
    sl_value_id layer = r->edits[i].layer;
    if (last != 0 && !comes_before(graph, last, layer)) continue;
    if (best == 0 || comes_before(graph, layer, best)) best = layer;
  }
  return best;
}

// A layer's values, every case twice, that are ours to change.
static sl_status run_twice(edit_run *r, sl_value_id layer, sl_tensor *out, sl_error *err) {
  sl_tensor made;
  SL_TRY(run_to(r, layer, &made, err));
  sl_status status = repeat_rows(&made, r->layer_count == 0 ? 2 : 1, out, err);
  sl_tensor_release(&made);
  return status;
}

static sl_status edit_layer(edit_run *r, sl_value_id layer, sl_error *err) {
  if (r->layer_count == LAYERS_MAX)
    return sl_fail(err, SL_E_LIMIT, "more than %d layers are edited", LAYERS_MAX);
  sl_tensor values;
  SL_TRY(run_twice(r, layer, &values, err));
  int64_t rows = values.shape.dims[0] / 2;
  sl_tensor edited = sl_tensor_rows(&values, rows, rows);
  sl_status status = SL_OK;
  for (int32_t i = 0; status == SL_OK && i < r->count; i++)
    if (r->edits[i].layer == layer) status = sl_edit_apply(&r->edits[i], &edited, err);
  sl_tensor_release(&edited);
  if (status != SL_OK) {
    sl_tensor_release(&values);
    return status;
  }
  r->layers[r->layer_count] = layer;
  r->values[r->layer_count++] = values;
  return SL_OK;
}

static sl_status split(const sl_tensor *both, sl_tensor *before, sl_tensor *after, sl_error *err) {
  if (both->shape.rank == 0 || both->shape.dims[0] % 2 != 0)
    return sl_fail(err, SL_E_UNSUPPORTED, "the output does not have a row for each sample");
  int64_t rows = both->shape.dims[0] / 2;
  *before = sl_tensor_rows(both, 0, rows);
  *after = sl_tensor_rows(both, rows, rows);
  return SL_OK;
}

sl_status sl_edit_compare(sl_white_box *box, const sl_tensor *input, const sl_edit *edits,
                          int32_t count, sl_value_id to, sl_tensor *before, sl_tensor *after,
                          sl_error *err) {
  edit_run r = {.box = box, .input = input, .edits = edits, .count = count};
  sl_tensor both = {0};
  sl_status status = SL_OK;
  for (sl_value_id layer; status == SL_OK && (layer = next_layer(&r)) != 0;)
    status = edit_layer(&r, layer, err);
  if (status == SL_OK) status = run_to(&r, to, &both, err);
  if (status == SL_OK) status = split(&both, before, after, err);
  for (int32_t i = 0; i < r.layer_count; i++) sl_tensor_release(&r.values[i]);
  sl_tensor_release(&r.twice);
  sl_tensor_release(&both);
  return status;
}
