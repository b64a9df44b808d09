// SPDX-License-Identifier: Apache-2.0
// A model run with edits in force.
//
// Invariant: a layer is computed from the edited layers before it, so that edits add up as if they
// were part of the graph. Start at sl_edit_run().
#include <string.h>

#include "attrib/edit_spec.h"
#include "attrib/row_run.h"

enum { LAYERS_MAX = 64 };

typedef struct edit_run {
  sl_white_box *box;
  const sl_tensor *input;
  const sl_edit *edits;
  int32_t count;
  sl_value_id layers[LAYERS_MAX];  // edited so far, makers before readers
  sl_tensor values[LAYERS_MAX];    // their values after the edit
  int32_t layer_count;
} edit_run;

// The value `to`, computed from the edited layers and the input.
static sl_status run_to(edit_run *r, sl_value_id to, sl_tensor *out, sl_error *err) {
  const sl_piece *piece;
  SL_TRY(sl_white_box_suffix(r->box, r->layers, r->layer_count, &to, 1, &piece, err));
  sl_tensor inputs[LAYERS_MAX + 1];
  memcpy(inputs, r->values, (size_t)r->layer_count * sizeof inputs[0]);
  int32_t more = piece->input_count - r->layer_count;
  if (more > 1) return sl_fail(err, SL_E_UNSUPPORTED, "the model takes more than one input");
  inputs[r->layer_count] = *r->input;
  sl_row_run how = {.rows = r->input->shape.dims[0], .fixed_batch = sl_white_box_batch(r->box)};
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

// A copy that may be changed: outputs of a session and a caller's input are not ours to write.
static sl_status own_copy(sl_tensor *tensor, sl_error *err) {
  sl_tensor copy;
  SL_TRY(sl_tensor_to_f32(tensor, &copy, err));
  sl_tensor_release(tensor);
  *tensor = copy;
  return SL_OK;
}

static sl_status edit_layer(edit_run *r, sl_value_id layer, sl_error *err) {
  if (r->layer_count == LAYERS_MAX)
    return sl_fail(err, SL_E_LIMIT, "more than %d layers are edited", LAYERS_MAX);
  sl_tensor values;
  SL_TRY(run_to(r, layer, &values, err));
  sl_status status = values.dtype == SL_DTYPE_F32 ? own_copy(&values, err) : SL_OK;
  for (int32_t i = 0; status == SL_OK && i < r->count; i++)
    if (r->edits[i].layer == layer) status = sl_edit_apply(&r->edits[i], &values, err);
  if (status != SL_OK) {
    sl_tensor_release(&values);
    return status;
  }
  r->layers[r->layer_count] = layer;
  r->values[r->layer_count++] = values;
  return SL_OK;
}

sl_status sl_edit_run(sl_white_box *box, const sl_tensor *input, const sl_edit *edits,
                      int32_t count, sl_value_id to, sl_tensor *out, sl_error *err) {
  edit_run r = {.box = box, .input = input, .edits = edits, .count = count};
  sl_status status = SL_OK;
  for (sl_value_id layer; status == SL_OK && (layer = next_layer(&r)) != 0;)
    status = edit_layer(&r, layer, err);
  if (status == SL_OK) status = run_to(&r, to, out, err);
  for (int32_t i = 0; i < r.layer_count; i++) sl_tensor_release(&r.values[i]);
  return status;
}
