// SPDX-License-Identifier: Apache-2.0
// Operation "modeldiff": what two models differ in: structure, weights, and where.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attrib/weight_change.h"
#include "base/clock.h"
#include "onnx/infer.h"
#include "onnx/model_file.h"
#include "op/lookup.h"
#include "op/op.h"
#include "pass/model_diff.h"
#include "pass/outline.h"

typedef struct modeldiff_params {
  const char *model, *other;
  int64_t top;
} modeldiff_params;

#define P modeldiff_params
static const sl_row params[] = {
    SL_P_PATH(P, model, SL_ROW_POSITIONAL | SL_ROW_REQUIRED,
              "First model: an .onnx file, or the id of one seen before."),
    SL_P_PATH(P, other, SL_ROW_POSITIONAL | SL_ROW_REQUIRED, "Second model."),
    SL_P_INT(P, top, 1, 100000, 200, NULL, "How many changes and weights to list, at most."),
    SL_ROW_END};
#undef P

static const sl_choice kinds[] = {{"opset", "version of an operator set"},
                                  {"port", "input or output of the model"},
                                  {"added", "node of the second model only"},
                                  {"removed", "node of the first model only"},
                                  {"operator", "one name, different operators"},
                                  {"attribute", "attribute of a node"},
                                  {"wiring", "a node reads another value"},
                                  {"weight", "a weight of another size or type"},
                                  {0}};

typedef struct change_record {
  int32_t kind;
  const char *node, *what, *before, *after, *block;
} change_record;

#define R change_record
static const sl_row change_rows[] = {
    SL_R_ENUM(R, kind, kinds, "What changed."),
    SL_R_TEXT(R, node, "The node; empty for opsets and ports."),
    SL_R_TEXT(R, what, "Domain, port, operator, attribute, number of the input, or weight."),
    SL_R_TEXT(R, before, "In the first model."),
    SL_R_TEXT(R, after, "In the second."),
    SL_R_TEXT(R, block, "Block the node is in; null for none."),
    SL_ROW_END};
#undef R

typedef struct weight_record {
  const char *weight, *node, *type, *block, *shape;
  int64_t count, differing, not_finite;
  double max_delta, relative, cosine, norm_before, norm_after;
} weight_record;

#define R weight_record
static const sl_row weight_rows[] = {
    SL_R_TEXT(R, weight, "Name of the weight in the first model."),
    SL_R_TEXT(R, node, "Node that reads it."),
    SL_R_TEXT(R, type, "Operator of the node."),
    SL_R_TEXT(R, block, "Block the node is in; null for none."),
    SL_R_TEXT(R, shape, "Element type and sizes in the first model."),
    SL_R_INT(R, count, NULL, "Elements."),
    SL_R_INT(R, differing, NULL, "Elements that differ."),
    SL_R_INT(R, not_finite, NULL, "Elements that became NaN or infinite."),
    SL_R_REAL(R, max_delta, NULL, "Largest difference of an element."),
    SL_R_REAL(R, relative, NULL,
              "Norm of the difference over that of the first weight; null where that is zero."),
    SL_R_REAL(R, cosine, NULL, "Cosine of the two; null where one is zero."),
    SL_R_REAL(R, norm_before, NULL, "Euclidean norm in the first model."),
    SL_R_REAL(R, norm_after, NULL, "In the second."),
    SL_ROW_END};
#undef R

typedef struct block_record {
  const char *block;
  int64_t changes, weights;
  double max_delta, relative, cosine;
} block_record;

#define R block_record
static const sl_row block_rows[] = {
    SL_R_TEXT(R, block, "Title of the block."),
    SL_R_INT(R, changes, NULL, "Changes of structure inside."),
    SL_R_INT(R, weights, NULL, "Weights that differ inside."),
    SL_R_REAL(R, max_delta, NULL, "Largest difference of an element of them."),
    SL_R_REAL(R, relative, NULL, "Norm of their difference over their norm in the first model."),
    SL_R_REAL(R, cosine, NULL, "Cosine of the two."),
    SL_ROW_END};
#undef R

typedef struct modeldiff_result {
  const char *model, *other, *suspect, *suspect_block, *reason;
  bool identical, same_structure;
  int64_t matched, only_first, only_second, changed_weights, structure_changes;
  sl_records weights, changes, blocks;
  double seconds;
} modeldiff_result;

#define R modeldiff_result
static const sl_row result[] = {
    SL_R_TEXT(R, model, "File of the first model."),
    SL_R_TEXT(R, other, "File of the second."),
    SL_R_BOOL(
        R, identical,
        "The same nodes with the same weights; graphs inside nodes (If, Loop) are not looked at."),
    SL_R_BOOL(R, same_structure, "They differ in the contents of weights at most."),
    SL_R_TEXT(R, suspect, "The one node that stands out; null when none does."),
    SL_R_TEXT(R, suspect_block, "Block it is in."),
    SL_R_TEXT(R, reason, "Why it stands out."),
    SL_R_INT(R, matched, "nodes", "Nodes of the first model found in the second."),
    SL_R_INT(R, only_first, "nodes", "Nodes of the first model only."),
    SL_R_INT(R, only_second, "nodes", "Nodes of the second model only."),
    SL_R_INT(R, changed_weights, NULL, "Weights that differ."),
    SL_R_INT(R, structure_changes, NULL, "Changes of structure."),
    SL_R_RECORDS(R, weights, weight_record, weight_rows, "The largest relative change first."),
    SL_R_RECORDS(R, changes, change_record, change_rows, "In the order of the models."),
    SL_R_RECORDS(R, blocks, block_record, block_rows, "Blocks with a difference, in order."),
    SL_R_REAL(R, seconds, "s", "Time it took."),
    SL_ROW_END};
#undef R

// A weight that differs.
typedef struct changed {
  const char *name, *node_title;
  sl_node_id node;  // of the first model
  const sl_constant *before;
  sl_weight_change change;
} changed;

typedef struct diff_work {
  sl_op_call *call;
  const modeldiff_params *in;
  sl_graph_model *a, *b;
  const sl_outline *outline_a, *outline_b;
  const sl_model_diff *diff;
  changed *weights;  // of comparable sizes
  int64_t weight_count, structure_count;
} diff_work;

// ---- loading ------------------------------------------------------------------------------------

static sl_status find_path(const diff_work *w, const char *given, const char **out, sl_error *err) {
  int64_t id = sl_record_parse(SL_RECORD_MODEL, given);
  *out = given;
  if (id == 0 || w->call->store == NULL) return SL_OK;
  sl_model_row row;
  SL_TRY(sl_store_get_model(w->call->store, w->call->arena, id, &row, err));
  *out = row.path;
  return SL_OK;
}

static sl_status load(const diff_work *w, const char *given, sl_graph_model **out,
                      const sl_outline **outline, sl_error *err) {
  const char *path;
  sl_error unused = {0};
  SL_TRY(find_path(w, given, &path, err));
  SL_TRY(sl_onnx_load(w->call->arena, path, NULL, out, err));
  SL_TRY(sl_graph_sort((*out)->graph, err));
  // Sizes serve to name blocks where names say nothing; a model they contradict is compared anyway.
  if (sl_onnx_bind(*out, NULL, 0, &unused) == SL_OK) (void)!sl_onnx_infer(*out, &unused);
  *outline = sl_outline_make(w->call->arena, (*out)->graph);
  return SL_OK;
}

// ---- weights ------------------------------------------------------------------------------------

static int32_t slot_of(const sl_graph *graph, sl_node_id node, const char *name) {
  const sl_node *n = &graph->nodes[node];
  for (int32_t i = 0; i < n->input_count; i++)
    if (n->inputs[i] != 0 && strcmp(graph->values[n->inputs[i]].name, name) == 0) return i;
  return -1;
}

static int is_listed(const diff_work *w, const sl_constant *before) {
  for (int64_t i = 0; i < w->weight_count; i++)
    if (w->weights[i].before == before) return 1;
  return 0;
}

// 1 when the change is one of numbers alone: then it is among the weights.
static int add_weight(diff_work *w, const sl_change *change) {
  if (change->kind != SL_CHANGE_WEIGHT) return 0;
  int32_t slot = slot_of(w->a->graph, change->node_a, change->what);
  if (slot < 0) return 0;
  sl_value_id b = sl_node_input(&w->b->graph->nodes[change->node_b], slot);
  const sl_constant *before =
      sl_graph_constant(w->a->graph, w->a->graph->nodes[change->node_a].inputs[slot]);
  const sl_constant *after = b != 0 ? sl_graph_constant(w->b->graph, b) : NULL;
  if (before == NULL || after == NULL) return 0;
  changed found = {
      .name = change->what, .node_title = change->node, .node = change->node_a, .before = before};
  sl_weight_change_of(before, after, &found.change);
  if (!found.change.is_comparable) return 0;
  if (!is_listed(w, before)) w->weights[w->weight_count++] = found;
  return before->element == after->element;
}

static double rank_of(const changed *c) {
  return c->change.not_finite > 0 ? INFINITY : sl_weight_change_relative(&c->change);
}

static int by_change(const void *a, const void *b) {
  const changed *x = a, *y = b;
  double u = rank_of(x), v = rank_of(y);
  if (u != v) return u < v ? 1 : -1;
  return (x->node > y->node) - (x->node < y->node);
}

static const char *block_title(const diff_work *w, int is_second, sl_node_id node) {
  const sl_outline *outline = is_second ? w->outline_b : w->outline_a;
  int32_t block = node != 0 ? outline->block_of[node] : -1;
  return block >= 0 ? sl_arena_copy(w->call->arena, outline->blocks[block].title) : NULL;
}

static const char *constant_text(const diff_work *w, const sl_constant *c) {
  sl_text text = {0};
  sl_text_printf(&text, "%s[", sl_element_name(c->element));
  for (int32_t i = 0; i < c->rank; i++)
    sl_text_printf(&text, i > 0 ? ",%lld" : "%lld", (long long)c->dims[i]);
  sl_text_putc(&text, ']');
  return sl_text_take(&text, w->call->arena);
}

static sl_records list_weights(const diff_work *w) {
  int64_t count = w->weight_count < w->in->top ? w->weight_count : w->in->top;
  weight_record *list = SL_NEW_ARRAY(w->call->arena, weight_record, count + 1);
  for (int64_t i = 0; i < count; i++) {
    const changed *c = &w->weights[i];
    list[i] = (weight_record){.weight = c->name,
                              .node = c->node_title,
                              .type = w->a->graph->nodes[c->node].type,
                              .block = block_title(w, 0, c->node),
                              .shape = constant_text(w, c->before),
                              .count = c->change.count,
                              .differing = c->change.differing,
                              .not_finite = c->change.not_finite,
                              .max_delta = c->change.max_delta,
                              .relative = sl_weight_change_relative(&c->change),
                              .cosine = sl_weight_change_cosine(&c->change),
                              .norm_before = sqrt(c->change.squares_a),
                              .norm_after = sqrt(c->change.squares_b)};
  }
  return (sl_records){list, count};
}

// ---- blocks -------------------------------------------------------------------------------------

// Sums per block: those of the first model, then those that only the second has.
typedef struct block_sum {
  const char *title;
  int64_t changes, weights;
  sl_weight_change sum;
} block_sum;

static block_sum *sum_of(block_sum *sums, int64_t *count, const char *title) {
  for (int64_t i = 0; i < *count; i++)
    if (strcmp(sums[i].title, title) == 0) return &sums[i];
  sums[*count] = (block_sum){.title = title};
  return &sums[(*count)++];
}

static sl_records list_blocks(const diff_work *w, const sl_change *const *structure) {
  int64_t room = w->outline_a->block_count + w->outline_b->block_count + 1, count = 0, found = 0;
  block_sum *sums = SL_NEW_ARRAY(w->call->arena, block_sum, room);
  for (int32_t i = 0; i < w->outline_a->block_count; i++)
    sum_of(sums, &count, w->outline_a->blocks[i].title);
  for (int64_t i = 0; i < w->weight_count; i++) {
    const char *title = block_title(w, 0, w->weights[i].node);
    if (title == NULL) continue;
    block_sum *sum = sum_of(sums, &count, title);
    sum->weights++;
    sl_weight_change_add(&sum->sum, &w->weights[i].change);
  }
  for (int64_t i = 0; i < w->structure_count; i++) {
    const sl_change *c = structure[i];
    const char *title = block_title(w, c->node_a == 0, c->node_a != 0 ? c->node_a : c->node_b);
    if (title != NULL) sum_of(sums, &count, title)->changes++;
  }
  block_record *list = SL_NEW_ARRAY(w->call->arena, block_record, count + 1);
  for (int64_t i = 0; i < count; i++) {
    const block_sum *s = &sums[i];
    if (s->changes + s->weights == 0) continue;
    list[found++] = (block_record){.block = sl_arena_copy(w->call->arena, s->title),
                                   .changes = s->changes,
                                   .weights = s->weights,
                                   .max_delta = s->sum.max_delta,
                                   .relative = sl_weight_change_relative(&s->sum),
                                   .cosine = sl_weight_change_cosine(&s->sum)};
  }
  return (sl_records){list, found};
}

// ---- what stands out ----------------------------------------------------------------------------

static void name_suspect(const diff_work *w, sl_node_id node, int is_second, const char *title,
                         const char *reason, modeldiff_result *out) {
  out->suspect = title;
  out->suspect_block = block_title(w, is_second, node);
  out->reason = reason;
}

// How far the next node is behind the first; the weights of one node count together by their worst.
static double second_rank(const diff_work *w) {
  for (int64_t i = 1; i < w->weight_count; i++)
    if (w->weights[i].node != w->weights[0].node) return rank_of(&w->weights[i]);
  return -1;
}

static void find_suspect_weight(const diff_work *w, modeldiff_result *out) {
  const changed *first = &w->weights[0];
  double top = rank_of(first), second = second_rank(w);
  const char *reason = NULL;
  if (first->change.not_finite > 0)
    reason = sl_arena_printf(w->call->arena, "%lld of its numbers became NaN or infinite",
                             (long long)first->change.not_finite);
  else if (second < 0)
    reason = "the only node whose weights differ";
  else if (isfinite(top) && second > 0 && top >= 5 * second)
    reason = sl_arena_printf(w->call->arena,
                             "its weights changed by %.3g of their norm, %.3g times as much as "
                             "those of any other node",
                             top, top / second);
  if (reason != NULL) name_suspect(w, first->node, 0, first->node_title, reason, out);
}

static void find_suspect_change(const diff_work *w, const sl_change *const *structure,
                                modeldiff_result *out) {
  const char *title = structure[0]->node;
  for (int64_t i = 0; i < w->structure_count; i++)
    if (strcmp(structure[i]->node, title) != 0) return;
  int is_second = structure[0]->node_a == 0;
  sl_node_id node = is_second ? structure[0]->node_b : structure[0]->node_a;
  if (node != 0) name_suspect(w, node, is_second, title, "the only node that differs", out);
}

// ---- the whole ----------------------------------------------------------------------------------

static sl_records list_changes(const diff_work *w, const sl_change *const *structure) {
  int64_t count = w->structure_count < w->in->top ? w->structure_count : w->in->top;
  change_record *list = SL_NEW_ARRAY(w->call->arena, change_record, count + 1);
  for (int64_t i = 0; i < count; i++) {
    const sl_change *c = structure[i];
    list[i] = (change_record){
        .kind = (int32_t)c->kind,
        .node = c->node,
        .what = c->what,
        .before = c->before,
        .after = c->after,
        .block = block_title(w, c->node_a == 0, c->node_a != 0 ? c->node_a : c->node_b)};
  }
  return (sl_records){list, count};
}

static void compare(diff_work *w, modeldiff_result *out) {
  w->diff = sl_model_diff_make(w->call->arena, w->a, w->b);
  w->weights = SL_NEW_ARRAY(w->call->arena, changed, w->diff->count + 1);
  const sl_change **structure = SL_NEW_ARRAY(w->call->arena, const sl_change *, w->diff->count + 1);
  for (int32_t i = 0; i < w->diff->count; i++)
    if (!add_weight(w, &w->diff->changes[i]))
      structure[w->structure_count++] = &w->diff->changes[i];
  qsort(w->weights, (size_t)w->weight_count, sizeof *w->weights, by_change);
  out->identical = w->diff->count == 0;
  out->same_structure = w->structure_count == 0;
  out->matched = w->diff->matched;
  out->only_first = w->diff->only_a;
  out->only_second = w->diff->only_b;
  out->changed_weights = w->weight_count;
  out->structure_changes = w->structure_count;
  out->weights = list_weights(w);
  out->changes = list_changes(w, structure);
  out->blocks = list_blocks(w, structure);
  // Of two networks that are simply different ones, nothing stands out.
  if (w->diff->only_a + w->diff->only_b > w->diff->matched) return;
  if (w->weight_count > 0)
    find_suspect_weight(w, out);
  else if (w->structure_count > 0)
    find_suspect_change(w, structure, out);
}

static const char *file_name(sl_op_call *call, const char *path) {
  const char *slash = strrchr(path, '/');
  return sl_arena_copy(call->arena, slash != NULL ? slash + 1 : path);
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  modeldiff_result *out = result_out;
  diff_work w = {.call = call, .in = params_in};
  int64_t began = sl_clock_ns();
  SL_TRY(load(&w, w.in->model, &w.a, &w.outline_a, err));
  SL_TRY(load(&w, w.in->other, &w.b, &w.outline_b, err));
  out->model = file_name(call, w.in->model);
  out->other = file_name(call, w.in->other);
  compare(&w, out);
  out->seconds = (double)(sl_clock_ns() - began) * 1e-9;
  return SL_OK;
}

const sl_op sl_op_modeldiff = {
    .info = {.name = "modeldiff",
             .title = "Compare two models",
             .help = "What two models differ in: structure, weights per tensor and block, and the "
                     "one node that stands out.",
             .example = "slitlamp modeldiff float.onnx edited.onnx",
             .since = "0.2.0",
             .flags = SL_OP_UNTRUSTED | SL_OP_OPTIONAL | SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(modeldiff_params),
             .result = result,
             .result_size = sizeof(modeldiff_result)},
    .run = run};
