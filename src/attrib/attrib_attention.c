// SPDX-License-Identifier: Apache-2.0
// What tokens attend to: attention of one layer, attention followed through all layers, and the
// same weighted by what the target gains.
//
// Maps are rows of the class token (or the mean over all tokens where there is none) over the
// tokens that lie on a grid.
//
// Invariant: only attention over all tokens of a sample counts; attention inside windows has no
// path from one window to another and is refused. Start at run_map() and run_rollout().
#include <math.h>
#include <string.h>

#include "attrib/attrib_case.h"
#include "attrib/row_run.h"
#include "pass/outline.h"

typedef struct attention {
  sl_attrib_case *work;
  sl_value_id *values;  // attention of each block, in the order of the model
  int64_t *heads;
  int32_t count;
  int64_t tokens, skipped, height, width;
} attention;

// ---- finding it ---------------------------------------------------------------------------------

static int64_t tokens_of(const sl_graph *graph, const sl_layer *layer) {
  const sl_type *type = &graph->values[layer->value].type;
  int64_t queries = type->dims[type->rank - 2].fixed, keys = type->dims[type->rank - 1].fixed;
  return layer->windows == 1 && queries == keys && queries > 1 ? keys : 0;
}

// Layers of attention over as many tokens as the last one that is not inside windows; *others
// counts the rest: inside windows, or over other tokens.
static int32_t find_layers(sl_arena *arena, const sl_white_box *box, attention *out,
                           int32_t *others) {
  const sl_graph *graph = sl_white_box_model(box)->graph;
  const sl_outline *outline = sl_outline_make(arena, graph);
  out->values = SL_NEW_ARRAY(arena, sl_value_id, outline->layer_count + 1);
  out->heads = SL_NEW_ARRAY(arena, int64_t, outline->layer_count + 1);
  *others = 0;
  for (int32_t i = 0; i < outline->layer_count; i++)
    if (outline->layers[i].kind == SL_LAYER_ATTENTION && tokens_of(graph, &outline->layers[i]) > 0)
      out->tokens = tokens_of(graph, &outline->layers[i]);
  for (int32_t i = 0; i < outline->layer_count; i++) {
    const sl_layer *layer = &outline->layers[i];
    if (layer->kind != SL_LAYER_ATTENTION) continue;
    int64_t tokens = tokens_of(graph, layer);
    *others += tokens == 0 || tokens != out->tokens;
    if (tokens == 0 || tokens != out->tokens) continue;
    out->values[out->count] = layer->value;
    out->heads[out->count++] = layer->heads;
  }
  return out->count;
}

static const char *attention_unfit(sl_arena *arena, const sl_white_box *box) {
  attention found = {0};
  int32_t others;
  if (find_layers(arena, box, &found, &others) > 0) return NULL;
  return others > 0 ? "its attention stays inside windows; use a class activation map"
                    : "it has no attention layers; use a class activation map or occlusion";
}

// A path through all layers needs the same tokens in all of them.
static const char *rollout_unfit(sl_arena *arena, const sl_white_box *box) {
  attention found = {0};
  int32_t others;
  const char *why = attention_unfit(arena, box);
  if (why != NULL) return why;
  find_layers(arena, box, &found, &others);
  return others > 0 ? "some of its attention is inside windows or over other tokens, so it has no "
                      "path through all layers; use a class activation map"
                    : NULL;
}

// The grid of tokens: as near to the input's proportions as the number allows.
static int find_grid(attention *a) {
  enum { SKIPPED_MAX = 8 };
  const sl_shape *shape = &a->work->input.shape;
  double aspect = shape->rank == 4 ? (double)shape->dims[2] / (double)shape->dims[3] : 1;
  for (int64_t skipped = 0; skipped <= SKIPPED_MAX && a->tokens - skipped > 1; skipped++) {
    int64_t count = a->tokens - skipped;
    int64_t height = (int64_t)llround(sqrt((double)count * aspect));
    if (height < 1 || count % height != 0) continue;
    double ratio = (double)height / (double)(count / height);
    if (fabs(ratio - aspect) > 0.01 * aspect) continue;
    a->skipped = skipped;
    a->height = height;
    a->width = count / height;
    return 1;
  }
  return 0;
}

static sl_status open_attention(attention *a, sl_error *err) {
  int32_t others;
  find_layers(a->work->call->arena, a->work->call->box, a, &others);
  if (a->count == 0)
    return sl_fail(err, SL_E_UNSUPPORTED, "the model has no attention over all its tokens");
  if (find_grid(a)) return SL_OK;
  return sl_fail(err, SL_E_UNSUPPORTED, "%lld tokens lie on no grid like the input's",
                 (long long)a->tokens);
}

// ---- running ------------------------------------------------------------------------------------

// Row `row` of the batch, alone; *outputs: attention of every block, then gradients when asked for.
static sl_status run_row(const attention *a, const sl_piece *piece, int64_t row, bool gradients,
                         sl_tensor *outputs, sl_error *err) {
  const sl_attrib_call *call = a->work->call;
  if (piece->input_count != 1 + (gradients ? 1 : 0))
    return sl_fail(err, SL_E_UNSUPPORTED, "attention methods need a model with one input");
  sl_tensor inputs[2] = {sl_tensor_rows(call->input, row, 1)};
  sl_status status = SL_OK;
  if (gradients) {
    sl_tensor value = sl_tensor_rows(&a->work->start.value, row, 1);
    status = sl_target_seed(&a->work->start.targets[row], &value, &inputs[1], err);
    sl_tensor_release(&value);
  }
  sl_row_run how = {.rows = 1, .fixed_batch = sl_white_box_batch(call->box)};
  if (status == SL_OK) status = sl_piece_run_rows(piece, &how, inputs, outputs, err);
  sl_tensor_release(&inputs[0]);
  sl_tensor_release(&inputs[1]);
  if (status == SL_OK) a->work->out->runs += 1;
  return status;
}

static sl_status as_floats(sl_tensor *tensors, int32_t count, sl_error *err) {
  for (int32_t i = 0; i < count; i++) {
    sl_tensor floats;
    SL_TRY(sl_tensor_to_f32(&tensors[i], &floats, err));
    sl_tensor_release(&tensors[i]);
    tensors[i] = floats;
  }
  return SL_OK;
}

static sl_status find_piece(const attention *a, bool gradients, const sl_piece **out,
                            sl_error *err) {
  const sl_attrib_call *call = a->work->call;
  if (!gradients) return sl_white_box_tap(call->box, a->values, a->count, out, err);
  sl_gradient_ask ask = {.targets = &call->target->value,
                         .target_count = 1,
                         .wrt = a->values,
                         .wrt_count = a->count,
                         .values = a->values,
                         .value_count = a->count};
  return sl_white_box_gradient(call->box, &ask, out, &a->work->out->notes,
                               &a->work->out->note_count, err);
}

// The row of the class token, or the mean over tokens, of [tokens, tokens], on the grid.
static void read_grid(const attention *a, const double *matrix, float *map) {
  int64_t queries = a->skipped > 0 ? 1 : a->tokens;
  for (int64_t i = 0; i < a->height * a->width; i++) {
    double sum = 0;
    for (int64_t q = 0; q < queries; q++) sum += matrix[q * a->tokens + a->skipped + i];
    map[i] = (float)(sum / (double)queries);
  }
}

// What one sample's attention and gradients come to: matrix[tokens * tokens].
typedef sl_status (*attention_rule)(const attention *a, const void *params,
                                    const sl_tensor *tensors, double *matrix, sl_error *err);

static sl_status each_sample(attention *a, const void *params, attention_rule rule, bool gradients,
                             sl_error *err) {
  sl_attrib_case *work = a->work;
  SL_TRY(open_attention(a, err));
  int32_t count = gradients ? 2 * a->count : a->count;
  sl_shape shape = {.rank = 4, .dims = {work->samples, 1, a->height, a->width}};
  sl_tensor *tensors = SL_NEW_ARRAY(work->call->arena, sl_tensor, count + 1);
  const sl_piece *piece;
  double *matrix;
  float *values;
  SL_TRY(sl_attrib_case_sums(work, a->tokens * a->tokens, &matrix, err));
  SL_TRY(sl_attrib_case_values(work, &shape, &values, err));
  SL_TRY(find_piece(a, gradients, &piece, err));
  work->out->batch = 1;
  for (int64_t n = 0; n < work->samples; n++) {
    if (work->call->cancel != NULL && atomic_load(work->call->cancel))
      return sl_fail(err, SL_E_CANCELLED, "the attribution was stopped");
    sl_status status = run_row(a, piece, n, gradients, tensors, err);
    if (status == SL_OK) status = as_floats(tensors, count, err);
    if (status == SL_OK) status = rule(a, params, tensors, matrix, err);
    for (int32_t i = 0; i < count; i++) sl_tensor_release(&tensors[i]);
    SL_TRY(status);
    read_grid(a, matrix, values + n * a->height * a->width);
  }
  return SL_OK;
}

static sl_status run_rule(const sl_attrib_call *call, const void *params, attention_rule rule,
                          bool gradients, sl_attribution *out, sl_error *err) {
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  attention a = {.work = &work};
  sl_status status = each_sample(&a, params, rule, gradients, err);
  sl_attrib_case_close(&work);
  return status;
}

// ---- one layer ----------------------------------------------------------------------------------

typedef struct map_params {
  int64_t block, head;
} map_params;

static const sl_row map_rows[] = {
    SL_P_INT(map_params, block, -1, 4096, -1, NULL, "Which attention layer, from 0; -1: the last."),
    SL_P_INT(map_params, head, -1, 4096, -1, NULL, "Which head, from 0; -1: the mean of all."),
    SL_ROW_END};

static void mean_of_heads(const attention *a, const float *values, int64_t first, int64_t heads,
                          double *matrix) {
  int64_t places = a->tokens * a->tokens;
  memset(matrix, 0, (size_t)places * sizeof *matrix);
  for (int64_t h = first; h < first + heads; h++)
    for (int64_t i = 0; i < places; i++)
      matrix[i] += (double)values[h * places + i] / (double)heads;
}

static sl_status choose_block(const attention *a, const map_params *p, int32_t *block,
                              sl_error *err) {
  *block = p->block < 0 ? a->count - 1 : (int32_t)p->block;
  for (int32_t i = 0; a->work->call->layer != 0 && i < a->count; i++)
    if (a->values[i] == a->work->call->layer) *block = i;
  if (*block >= a->count)
    return sl_fail(err, SL_E_ARG, "block %lld is not there: the model has %d attention layers",
                   (long long)p->block, a->count);
  if (p->head >= a->heads[*block])
    return sl_fail(err, SL_E_ARG, "head %lld is not there: the layer has %lld", (long long)p->head,
                   (long long)a->heads[*block]);
  return SL_OK;
}

static sl_status map_rule(const attention *a, const void *params, const sl_tensor *tensors,
                          double *matrix, sl_error *err) {
  const map_params *p = params;
  int32_t block;
  SL_TRY(choose_block(a, p, &block, err));
  a->work->out->layer = a->values[block];
  mean_of_heads(a, tensors[block].data, p->head < 0 ? 0 : p->head,
                p->head < 0 ? a->heads[block] : 1, matrix);
  return SL_OK;
}

static sl_status run_map(const sl_attrib_call *call, const void *params, sl_attribution *out,
                         sl_error *err) {
  return run_rule(call, params, map_rule, false, out, err);
}

const sl_attrib_method sl_attrib_attention_map = {
    .item = {.name = "attention_map",
             .title = "Attention map",
             .help =
                 "What the class token attends to in one layer, by one head or on average; says "
                 "nothing of the target.",
             .since = "0.2.0",
             .params = map_rows,
             .params_size = sizeof(map_params)},
    .family = SL_ATTRIB_ATTENTION,
    .source = "Dosovitskiy et al. 2021, appendix D.8",
    .unfit = attention_unfit,
    .run = run_map};

// ---- all layers ---------------------------------------------------------------------------------

static const sl_row no_rows[] = {SL_ROW_END};

// product = a b, all [tokens * tokens].
static void multiply(int64_t n, const double *a, const double *b, double *product) {
  memset(product, 0, (size_t)(n * n) * sizeof *product);
  for (int64_t i = 0; i < n; i++)
    for (int64_t k = 0; k < n; k++) {
      double factor = a[i * n + k];
      for (int64_t j = 0; j < n && factor != 0; j++) product[i * n + j] += factor * b[k * n + j];
    }
}

static void set_identity(int64_t n, double *matrix) {
  memset(matrix, 0, (size_t)(n * n) * sizeof *matrix);
  for (int64_t i = 0; i < n; i++) matrix[i * n + i] = 1;
}

// Half attention, half the residual way around it: rows sum to 1.
static void add_residual(int64_t n, double *matrix) {
  for (int64_t i = 0; i < n; i++) {
    double sum = 0;
    matrix[i * n + i] += 1;
    for (int64_t j = 0; j < n; j++) sum += matrix[i * n + j];
    for (int64_t j = 0; j < n; j++) matrix[i * n + j] /= sum;
  }
}

static sl_status rollout_rule(const attention *a, const void *params, const sl_tensor *tensors,
                              double *matrix, sl_error *err) {
  (void)params, (void)err;
  int64_t n = a->tokens;
  sl_arena *scratch = sl_arena_new(NULL, "rollout");
  double *layer = SL_NEW_ARRAY(scratch, double, n *n),
         *product = SL_NEW_ARRAY(scratch, double, n *n);
  set_identity(n, matrix);
  for (int32_t b = 0; b < a->count; b++) {
    mean_of_heads(a, tensors[b].data, 0, a->heads[b], layer);
    add_residual(n, layer);
    multiply(n, layer, matrix, product);
    memcpy(matrix, product, (size_t)(n * n) * sizeof *matrix);
  }
  sl_arena_free(scratch);
  return SL_OK;
}

static void mean_of_gains(const attention *a, const float *values, const float *gradients,
                          int64_t heads, double *matrix) {
  int64_t places = a->tokens * a->tokens;
  memset(matrix, 0, (size_t)places * sizeof *matrix);
  for (int64_t h = 0; h < heads; h++)
    for (int64_t i = 0; i < places; i++) {
      double gain = (double)values[h * places + i] * (double)gradients[h * places + i];
      if (gain > 0) matrix[i] += gain / (double)heads;
    }
}

static sl_status gain_rule(const attention *a, const void *params, const sl_tensor *tensors,
                           double *matrix, sl_error *err) {
  (void)params, (void)err;
  int64_t n = a->tokens;
  sl_arena *scratch = sl_arena_new(NULL, "rollout");
  double *layer = SL_NEW_ARRAY(scratch, double, n *n),
         *product = SL_NEW_ARRAY(scratch, double, n *n);
  set_identity(n, matrix);
  for (int32_t b = 0; b < a->count; b++) {
    mean_of_gains(a, tensors[b].data, tensors[a->count + b].data, a->heads[b], layer);
    multiply(n, layer, matrix, product);
    for (int64_t i = 0; i < n * n; i++) matrix[i] += product[i];
  }
  sl_arena_free(scratch);
  return SL_OK;
}

static sl_status run_rollout(const sl_attrib_call *call, const void *params, sl_attribution *out,
                             sl_error *err) {
  return run_rule(call, params, rollout_rule, false, out, err);
}

const sl_attrib_method sl_attrib_attention_rollout = {
    .item = {.name = "attention_rollout",
             .title = "Attention rollout",
             .help =
                 "Attention followed from the class token through all layers, half of each going "
                 "around it; says nothing of the target.",
             .since = "0.2.0",
             .params = no_rows,
             .params_size = 1},
    .family = SL_ATTRIB_ATTENTION,
    .source = "Abnar, Zuidema 2020, section 3",
    .unfit = rollout_unfit,
    .run = run_rollout};

static sl_status run_gradient_rollout(const sl_attrib_call *call, const void *params,
                                      sl_attribution *out, sl_error *err) {
  return run_rule(call, params, gain_rule, true, out, err);
}

const sl_attrib_method sl_attrib_gradient_rollout = {
    .item = {.name = "gradient_rollout",
             .title = "Gradient-weighted rollout",
             .help =
                 "Attention followed through all layers, each weighted by what the target gains "
                 "from it.",
             .since = "0.2.0",
             .params = no_rows,
             .params_size = 1},
    .family = SL_ATTRIB_ATTENTION,
    .source = "Chefer, Gur, Wolf 2021 (ICCV), equations 5 and 6",
    .unfit = rollout_unfit,
    .run = run_gradient_rollout};
