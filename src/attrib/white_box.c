// SPDX-License-Identifier: Apache-2.0
// Opening a model, and the sessions made of it.
//
// Invariant: a piece is built once per key and lives as long as the box. Start at
// sl_white_box_open().
#include "attrib/white_box.h"

#include <string.h>

#include "attrib/model_check.h"
#include "base/text.h"
#include "model/graph_session.h"
#include "onnx/model_file.h"
#include "pass/cut.h"
#include "pass/pass.h"
#include "pass/prepare.h"
#include "pass/taps.h"

typedef struct kept_piece {
  sl_piece piece;
  const char *const *notes;
  int32_t note_count;
} kept_piece;

struct sl_white_box {
  sl_arena *arena;
  const char *name;
  sl_graph_model *model;
  sl_session_options options;
  sl_map *keys;  // what was asked -> index of its piece
  kept_piece **pieces;
  int32_t piece_count, piece_capacity;
  const char *const *faults;  // of weights; NULL before they were looked for
  int32_t fault_count;
};

static void close_pieces(void *arg) {
  sl_white_box *box = arg;
  for (int32_t i = 0; i < box->piece_count; i++) sl_session_close(box->pieces[i]->piece.session);
}

// ---- opening ------------------------------------------------------------------------------------

// Files of IR 3 list every initializer among the inputs; nobody feeds them here.
static void drop_constant_inputs(sl_arena *arena, sl_graph_model *model) {
  sl_graph *graph = model->graph;
  sl_value_id *fed = SL_NEW_ARRAY(arena, sl_value_id, graph->input_count + 1);
  int32_t count = 0;
  for (int32_t i = 0; i < graph->input_count; i++)
    if (graph->values[graph->inputs[i]].origin != SL_ORIGIN_CONSTANT)
      fed[count++] = graph->inputs[i];
  if (count < graph->input_count && model->ir_version < 4) model->ir_version = 4;
  sl_graph_set_inputs(graph, fed, count);
}

static sl_status check_input(const sl_white_box *box, const sl_white_box_options *options,
                             sl_error *err) {
  const sl_graph *graph = box->model->graph;
  if (graph->input_count == 0 || graph->output_count == 0)
    return sl_fail(err, SL_E_MODEL, "model \"%s\" has no input or no output", box->name);
  const sl_value *input = &graph->values[graph->inputs[0]];
  if (options->input_shape == NULL || input->type.rank < 0) return SL_OK;
  if (input->type.rank != options->input_shape->rank) {
    sl_fail(err, SL_E_ARG, "input \"%s\" takes %s, the tensor is %s", input->name,
            sl_type_text(box->arena, &input->type),
            sl_shape_text(box->arena, options->input_shape));
    return sl_hint(err, SL_E_ARG, "give the tensor all axes, the batch first");
  }
  for (int32_t d = 1; d < input->type.rank; d++) {
    const sl_dim *dim = &input->type.dims[d];
    if (dim->fixed != SL_DIM_UNKNOWN && !sl_dim_is(*dim, options->input_shape->dims[d]))
      return sl_fail(err, SL_E_ARG, "input \"%s\" takes %s, the tensor is %s", input->name,
                     sl_type_text(box->arena, &input->type),
                     sl_shape_text(box->arena, options->input_shape));
  }
  return SL_OK;
}

// `batch` is -1 to leave it free.
static sl_status prepare(sl_white_box *box, const sl_white_box_options *options, int64_t batch,
                         sl_error *err) {
  const sl_graph *graph = box->model->graph;
  sl_onnx_bound bound = {.input = graph->values[graph->inputs[0]].name};
  int64_t dims[SL_RANK_MAX] = {batch};
  if (options->input_shape != NULL) {
    bound.rank = options->input_shape->rank;
    for (int32_t d = 1; d < bound.rank; d++) dims[d] = options->input_shape->dims[d];
    bound.dims = dims;
  }
  sl_prepare_options how = {.bounds = &bound,
                            .bound_count = options->input_shape != NULL,
                            .keep = options->keep,
                            .keep_count = options->keep_count};
  SL_TRY(sl_pass_prepare(box->model, &how, err));
  SL_TRY(sl_model_check_loops(box->model, err));
  return sl_graph_probe(box->model, err);
}

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

static sl_status load(sl_white_box *box, const char *path, const sl_white_box_options *options,
                      int64_t batch, sl_error *err) {
  SL_TRY(sl_onnx_load(box->arena, path, NULL, &box->model, err));
  SL_TRY(sl_model_check_operators(box->model, box->name, err));
  if (options->change != NULL) options->change(options->change_ctx, box->model);
  drop_constant_inputs(box->arena, box->model);
  SL_TRY(check_input(box, options, err));
  return prepare(box, options, batch, err);
}

sl_status sl_white_box_open(sl_arena *arena, const char *path, const sl_white_box_options *options,
                            sl_white_box **out, sl_error *err) {
  sl_white_box *box = SL_NEW(arena, sl_white_box);
  *box = (sl_white_box){.arena = arena,
                        .name = sl_arena_copy(arena, base_name(path)),
                        .options = {.provider = options->provider,
                                    .intra_threads = options->threads,
                                    .optimise = options->optimise,
                                    .rests = true},
                        .keys = sl_map_new(arena)};
  sl_error why = {0};
  sl_status status = load(box, path, options, -1, &why);
  // A file may leave the batch free and reshape to one sample all the same: it is run one by one.
  if (status == SL_E_MODEL && options->input_shape != NULL) {
    if (load(box, path, options, 1, NULL) == SL_OK) status = SL_OK;
  }
  if (status != SL_OK) {
    if (err != NULL) *err = why;
    return status;
  }
  sl_arena_on_free(arena, close_pieces, box);
  *out = box;
  return SL_OK;
}

const sl_graph_model *sl_white_box_model(const sl_white_box *box) { return box->model; }
const char *sl_white_box_name(const sl_white_box *box) { return box->name; }
sl_value_id sl_white_box_input(const sl_white_box *box) { return box->model->graph->inputs[0]; }
sl_value_id sl_white_box_output(const sl_white_box *box) { return box->model->graph->outputs[0]; }

int64_t sl_white_box_batch(const sl_white_box *box) {
  const sl_graph *graph = box->model->graph;
  const sl_type *type = &graph->values[graph->inputs[0]].type;
  return type->rank > 0 && type->dims[0].per_batch == 0 ? type->dims[0].fixed : 0;
}

sl_status sl_white_box_value(const sl_white_box *box, const char *name, sl_value_id *out,
                             sl_error *err) {
  *out = sl_white_box_output(box);
  return name == NULL ? SL_OK : sl_tap_find(box->model->graph, box->name, name, out, err);
}

// ---- pieces -------------------------------------------------------------------------------------

static kept_piece *find_piece(const sl_white_box *box, const sl_text *key) {
  int64_t index = sl_map_get(box->keys, key->at, key->size, -1);
  return index >= 0 ? box->pieces[index] : NULL;
}

static void key_values(sl_text *key, const char *what, const sl_value_id *values, int32_t count) {
  sl_text_printf(key, "|%s", what);
  for (int32_t i = 0; i < count; i++) sl_text_printf(key, " %d", values[i]);
}

static kept_piece *keep_piece(sl_white_box *box, const sl_text *key) {
  if (box->piece_count == box->piece_capacity) {
    int32_t wanted = box->piece_capacity * 2 + 8;
    kept_piece **grown = SL_NEW_ARRAY(box->arena, kept_piece *, wanted);
    for (int32_t i = 0; i < box->piece_count; i++) grown[i] = box->pieces[i];
    box->pieces = grown;
    box->piece_capacity = wanted;
  }
  kept_piece *kept = SL_NEW(box->arena, kept_piece);
  sl_map_set(box->keys, key->at, key->size, box->piece_count);
  box->pieces[box->piece_count++] = kept;
  return kept;
}

static void set_outputs(sl_graph_model *model, const sl_value_id *values, int32_t count) {
  sl_graph_set_outputs(model->graph, NULL, 0);
  sl_pass_tap(model, values, count, NULL);
}

static sl_status finish_piece(sl_white_box *box, sl_graph_model *model, sl_text *key,
                              kept_piece **out, sl_error *err) {
  SL_TRY(sl_pass_dead(model, NULL, err));
  SL_TRY(sl_graph_sort(model->graph, err));
  sl_session *session;
  SL_TRY(sl_graph_session(model, box->name, &box->options, &session, err));
  kept_piece *kept = keep_piece(box, key);
  kept->piece = (sl_piece){.session = session,
                           .input_count = model->graph->input_count,
                           .output_count = model->graph->output_count};
  *out = kept;
  return SL_OK;
}

static sl_status build_tap(sl_white_box *box, const sl_value_id *values, int32_t count,
                           sl_text *key, kept_piece **out, sl_error *err) {
  sl_graph_model *model = sl_graph_model_copy(box->arena, box->model);
  set_outputs(model, values, count);
  return finish_piece(box, model, key, out, err);
}

sl_status sl_white_box_tap(sl_white_box *box, const sl_value_id *values, int32_t count,
                           const sl_piece **out, sl_error *err) {
  sl_text key = {0};
  key_values(&key, "tap", values, count);
  kept_piece *kept = find_piece(box, &key);
  sl_status status = kept == NULL ? build_tap(box, values, count, &key, &kept, err) : SL_OK;
  sl_text_free(&key);
  if (status == SL_OK) *out = &kept->piece;
  return status;
}

static sl_status cut_at(sl_graph_model *model, const sl_value_id *from, int32_t count,
                        sl_error *err) {
  sl_cut_options options = {
      .frontier = from, .frontier_count = count, .allow_around = 1, .allow_independent = 1};
  return sl_pass_cut(model, &options, err);
}

static sl_status build_suffix(sl_white_box *box, const sl_value_id *from, int32_t from_count,
                              const sl_value_id *to, int32_t count, sl_text *key, kept_piece **out,
                              sl_error *err) {
  sl_graph_model *model = sl_graph_model_copy(box->arena, box->model);
  set_outputs(model, to, count);
  SL_TRY(cut_at(model, from, from_count, err));
  return finish_piece(box, model, key, out, err);
}

sl_status sl_white_box_suffix(sl_white_box *box, const sl_value_id *from, int32_t from_count,
                              const sl_value_id *to, int32_t to_count, const sl_piece **out,
                              sl_error *err) {
  if (from_count == 0) return sl_white_box_tap(box, to, to_count, out, err);
  sl_text key = {0};
  key_values(&key, "suffix", from, from_count);
  key_values(&key, "to", to, to_count);
  kept_piece *kept = find_piece(box, &key);
  sl_status status = SL_OK;
  if (kept == NULL) status = build_suffix(box, from, from_count, to, to_count, &key, &kept, err);
  sl_text_free(&key);
  if (status == SL_OK) *out = &kept->piece;
  return status;
}

// ---- gradients ----------------------------------------------------------------------------------

static sl_value_id zeros_like(sl_graph *graph, sl_value_id like) {
  sl_value_id shape = sl_graph_apply(graph, "Shape", "zeros_shape", "", &like, 1, 1);
  sl_value_id zeros = sl_graph_apply(graph, "ConstantOfShape", "zeros", "", &shape, 1, 1);
  graph->values[zeros].type = graph->values[like].type;
  return zeros;
}

static sl_status append_gradient(sl_white_box *box, const sl_gradient_ask *ask,
                                 sl_graph_model *model, sl_grad_result *found, sl_error *err) {
  if (ask->from != 0) SL_TRY(cut_at(model, &ask->from, 1, err));
  sl_grad_options options = {.targets = ask->targets,
                             .target_count = ask->target_count,
                             .wrt = ask->wrt,
                             .wrt_count = ask->wrt_count,
                             .overrides = ask->overrides,
                             .override_count = ask->override_count,
                             .context = ask->context};
  SL_TRY(sl_grad_append(model, &options, found, err));
  sl_graph *graph = model->graph;
  sl_value_id *outputs =
      SL_NEW_ARRAY(box->arena, sl_value_id, ask->value_count + ask->wrt_count + 1);
  for (int32_t i = 0; i < ask->value_count; i++) outputs[i] = ask->values[i];
  for (int32_t i = 0; i < ask->wrt_count; i++)
    outputs[ask->value_count + i] =
        found->gradients[i] != 0 ? found->gradients[i] : zeros_like(graph, ask->wrt[i]);
  set_outputs(model, outputs, ask->value_count + ask->wrt_count);
  return SL_OK;
}

// What the sweep said, then what is wrong with the weights.
static void keep_notes(sl_white_box *box, const sl_grad_result *found, kept_piece *kept) {
  if (box->faults == NULL)
    box->fault_count = sl_model_weight_notes(box->model, box->arena, &box->faults);
  int32_t count = box->fault_count;
  const char **notes = SL_NEW_ARRAY(box->arena, const char *, found->note_count + count + 1);
  for (int32_t i = 0; i < found->note_count; i++) notes[i] = found->notes[i];
  for (int32_t i = 0; i < count; i++) notes[found->note_count + i] = box->faults[i];
  kept->notes = notes;
  kept->note_count = found->note_count + count;
}

static sl_status check_ask(const sl_white_box *box, const sl_gradient_ask *ask, sl_error *err) {
  const sl_graph *graph = box->model->graph;
  for (int32_t i = 0; i < ask->wrt_count; i++) SL_TRY(sl_model_check_wrt(graph, ask->wrt[i], err));
  for (int32_t i = 0; i < ask->target_count; i++)
    SL_TRY(sl_model_check_target(graph, ask->targets[i], err));
  return SL_OK;
}

static sl_status build_gradient(sl_white_box *box, const sl_gradient_ask *ask, sl_text *key,
                                kept_piece **out, sl_error *err) {
  SL_TRY(check_ask(box, ask, err));
  sl_graph_model *model = sl_graph_model_copy(box->arena, box->model);
  // Everything asked for must survive the cut; the outputs are set again when gradients are there.
  set_outputs(model, ask->targets, ask->target_count);
  sl_pass_tap(model, ask->values, ask->value_count, NULL);
  sl_grad_result found;
  SL_TRY(append_gradient(box, ask, model, &found, err));
  SL_TRY(finish_piece(box, model, key, out, err));
  keep_notes(box, &found, *out);
  return SL_OK;
}

sl_status sl_white_box_gradient(sl_white_box *box, const sl_gradient_ask *ask, const sl_piece **out,
                                const char *const **notes, int32_t *note_count, sl_error *err) {
  sl_text key = {0};
  key_values(&key, "gradient", ask->targets, ask->target_count);
  key_values(&key, "by", ask->wrt, ask->wrt_count);
  key_values(&key, "values", ask->values, ask->value_count);
  key_values(&key, "from", &ask->from, 1);
  sl_text_printf(&key, "|%s", ask->flavour != NULL ? ask->flavour : "");
  kept_piece *kept = find_piece(box, &key);
  sl_status status = kept == NULL ? build_gradient(box, ask, &key, &kept, err) : SL_OK;
  sl_text_free(&key);
  if (status != SL_OK) return status;
  *out = &kept->piece;
  if (notes != NULL) {
    *notes = kept->notes;
    *note_count = kept->note_count;
  }
  return SL_OK;
}

sl_status sl_piece_run(const sl_piece *piece, const sl_tensor *inputs, sl_tensor *outputs,
                       sl_error *err) {
  return sl_session_run(piece->session, inputs, outputs, err);
}
