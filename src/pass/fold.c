// SPDX-License-Identifier: Apache-2.0
// Constant work is done now: nodes on constants are computed, shape arithmetic is followed through
// the batch, Reshape targets become constants, nodes that change nothing go.
//
// One walk from inputs to outputs: makers are settled before their readers. Sizes of inputs should
// be bound (sl_onnx_bind) before.
//
// Invariant: a value that becomes a constant keeps its name; a reader of a no-op reads the no-op's
// input. Start at fold_node().
#include <string.h>

#include "onnx/infer.h"
#include "pass/branch.h"
#include "pass/evaluate.h"
#include "pass/noop.h"
#include "pass/pass.h"

enum { ELEMENTS_MAX = 1 << 20, OUTPUTS_MAX = 64, TARGET_MAX = 32 };

typedef struct folder {
  sl_graph *graph;
  const sl_pass_context *context;
  sl_arena *scratch;
  int64_t opset;
  sl_value_id *to;  // per value: the one that stands in for it; 0 for none
  int32_t capacity;
  const sl_onnx_contents *contents;
  int32_t taken;  // branches
} folder;

// ---- becoming constants -------------------------------------------------------------------------

static void settle(folder *f, sl_node_id node, const sl_constant *outputs) {
  sl_node n = f->graph->nodes[node];
  sl_graph_remove_node(f->graph, node);
  for (int32_t i = 0; i < n.output_count; i++)
    if (n.outputs[i] != 0) sl_graph_make_constant(f->graph, n.outputs[i], &outputs[i]);
}

static int fill_constant(sl_arena *arena, const sl_attribute *a, sl_constant *out) {
  int is_list = a->kind == SL_ATTRIBUTE_INTS || a->kind == SL_ATTRIBUTE_FLOATS;
  int64_t *dims = SL_NEW(arena, int64_t);
  *dims = a->count;
  *out = (sl_constant){.rank = is_list, .dims = dims, .count = a->count};
  switch (a->kind) {
    case SL_ATTRIBUTE_TENSOR:
      *out = a->tensors[0];
      return 1;
    case SL_ATTRIBUTE_INT:
    case SL_ATTRIBUTE_INTS:
      out->element = SL_ELEMENT_I64;
      out->data = (sl_bytes){(const uint8_t *)a->ints, (size_t)a->count * sizeof *a->ints};
      return 1;
    case SL_ATTRIBUTE_FLOAT:
    case SL_ATTRIBUTE_FLOATS:
      out->element = SL_ELEMENT_F32;
      out->data = (sl_bytes){(const uint8_t *)a->floats, (size_t)a->count * sizeof *a->floats};
      return 1;
    default:
      return 0;
  }
}

static int fold_constant_node(folder *f, sl_node_id node) {
  const sl_node *n = &f->graph->nodes[node];
  sl_constant made;
  if (!sl_node_is(n, "Constant") || n->attribute_count != 1 || n->attributes[0].reference != NULL ||
      !fill_constant(f->graph->arena, &n->attributes[0], &made))
    return 0;
  settle(f, node, &made);
  return 1;
}

static int evaluate(folder *f, sl_node_id node) {
  const sl_node *n = &f->graph->nodes[node];
  const sl_constant **inputs = SL_NEW_ARRAY(f->scratch, const sl_constant *, n->input_count + 1);
  sl_constant outputs[OUTPUTS_MAX] = {0};
  int64_t largest = ELEMENTS_MAX;
  if (n->output_count > OUTPUTS_MAX || n->input_count == 0) return 0;
  for (int32_t i = 0; i < n->input_count; i++) {
    sl_value_id value = n->inputs[i];
    if (value == 0) continue;
    inputs[i] = sl_graph_constant(f->graph, value);
    if (inputs[i] == NULL || f->graph->values[value].is_input) return 0;
    if (inputs[i]->count > largest) largest = inputs[i]->count;
  }
  sl_evaluation e = {.arena = f->graph->arena,
                     .node = n,
                     .opset = f->opset,
                     .inputs = inputs,
                     .input_count = n->input_count,
                     .elements_max = largest,
                     .outputs = outputs,
                     .output_count = n->output_count};
  if (!sl_evaluate(&e)) return 0;
  for (int32_t i = 0; i < n->output_count; i++)
    if (n->outputs[i] != 0 && outputs[i].element == SL_ELEMENT_NONE) return 0;
  settle(f, node, outputs);
  return 1;
}

// What inference knows of a value: NULL when not every element is known, or one grows with N.
static const sl_onnx_number *fixed_content(const folder *f, sl_value_id value, int64_t *count) {
  const sl_onnx_number *at = sl_onnx_content(f->contents, f->graph, value, count);
  for (int64_t i = 0; at != NULL && i < *count; i++)
    if (!at[i].is_known || at[i].per_batch != 0 || at[i].real_per_batch != 0) return NULL;
  return at;
}

static int constant_of(folder *f, sl_value_id value, sl_constant *out) {
  int64_t count, elements = 1;
  const sl_onnx_number *at = fixed_content(f, value, &count);
  const sl_type *type = &f->graph->values[value].type;
  int is_int = sl_evaluate_is_int(type->element);
  if (at == NULL || type->rank < 0 || !(is_int || sl_evaluate_is_real(type->element))) return 0;
  int64_t *dims = SL_NEW_ARRAY(f->graph->arena, int64_t, type->rank + 1);
  for (int32_t d = 0; d < type->rank; d++) {
    if (type->dims[d].per_batch != 0) return 0;
    elements *= dims[d] = type->dims[d].fixed;
  }
  if (elements != count) return 0;
  size_t size = sl_evaluate_size(type->element);
  uint8_t *data = sl_arena_push(f->graph->arena, (size_t)count * size + 8);
  for (int64_t i = 0; i < count; i++)
    if (is_int)
      sl_evaluate_store_int(type->element, data, i, at[i].fixed);
    else
      sl_element_store(type->element, data, i, at[i].real);
  *out = (sl_constant){.element = type->element,
                       .rank = type->rank,
                       .dims = dims,
                       .count = count,
                       .data = {data, (size_t)count * size}};
  return 1;
}

// Shape arithmetic whose result is the same for every batch.
static int fold_content(folder *f, sl_node_id node) {
  const sl_node *n = &f->graph->nodes[node];
  sl_constant outputs[OUTPUTS_MAX] = {0};
  if (n->output_count > OUTPUTS_MAX) return 0;
  for (int32_t i = 0; i < n->output_count; i++)
    if (n->outputs[i] != 0 && !constant_of(f, n->outputs[i], &outputs[i])) return 0;
  settle(f, node, outputs);
  return 1;
}

// ---- Reshape ------------------------------------------------------------------------------------

// The target as constants: at most one place -1, places that repeat the input's size 0.
static int constant_target(const folder *f, const sl_node *node, const sl_onnx_number *target,
                           int64_t count, int64_t *out) {
  const sl_type *x = sl_noop_type(f->graph, node->inputs[0]);
  int copies_zero = sl_node_int(node, "allowzero", 0) == 0;
  int32_t open = 0;
  for (int64_t i = 0; i < count; i++) {
    int is_fixed = target[i].is_known && target[i].per_batch == 0;
    if (is_fixed && target[i].fixed == 0) return 0;
    out[i] = is_fixed ? target[i].fixed : -1;
    open += out[i] == -1;
  }
  // More than one: those that repeat the input's size are copied, first to last.
  for (int64_t i = 0; i < count && open > 1; i++) {
    sl_dim dim = {.fixed = target[i].fixed, .per_batch = target[i].per_batch};
    int is_same =
        out[i] == -1 && i < x->rank && target[i].is_known && sl_dim_equal(dim, x->dims[i]);
    if (!is_same || !copies_zero) continue;
    out[i] = 0;
    open--;
  }
  return open <= 1;
}

static void fix_reshape(folder *f, sl_node_id node) {
  const sl_node *n = &f->graph->nodes[node];
  if (!sl_node_is(n, "Reshape") || n->input_count < 2) return;
  if (sl_graph_constant(f->graph, n->inputs[1]) != NULL) return;
  int64_t ints[TARGET_MAX], count;
  const sl_onnx_number *target = sl_onnx_content(f->contents, f->graph, n->inputs[1], &count);
  if (target == NULL || count > TARGET_MAX || !constant_target(f, n, target, count, ints)) return;
  const char *hint = f->graph->values[n->inputs[1]].name;
  sl_value_id made = sl_graph_add_ints(f->graph, hint, ints, count);
  sl_graph_set_input(f->graph, node, 1, made);
}

// ---- Gather -------------------------------------------------------------------------------------

static int counts_up(const sl_constant *index) {
  for (int64_t i = 0; i < index->count; i++)
    if (sl_constant_int(index, i) != i) return 0;
  return 1;
}

// All elements of a vector in their order (as_strided of an exporter): other sizes, nothing else.
static void fix_gather(folder *f, sl_node_id node) {
  const sl_node *n = &f->graph->nodes[node];
  if (!sl_node_is(n, "Gather") || n->input_count < 2 || sl_node_int(n, "axis", 0) != 0) return;
  const sl_type *x = sl_noop_type(f->graph, n->inputs[0]);
  const sl_constant *index = sl_graph_constant(f->graph, n->inputs[1]);
  int takes_all = index != NULL && x->rank == 1 && sl_dim_is(x->dims[0], index->count) &&
                  index->count > 0 && index->rank <= TARGET_MAX && counts_up(index);
  if (!takes_all) return;
  const char *hint = f->graph->values[n->inputs[1]].name;
  sl_value_id both[2] = {n->inputs[0], sl_graph_add_ints(f->graph, hint, index->dims, index->rank)};
  sl_graph_set_inputs_of(f->graph, node, both, 2);
  sl_graph_unset(f->graph, node, "axis");
  sl_graph_set_node_type(f->graph, node, "", "Reshape");
}

// ---- the walk -----------------------------------------------------------------------------------

// Readers of the output read the source from now on. An output of the graph must be made by a node:
// the source takes over its name where it may lose its own.
static int skip(folder *f, sl_node_id node, sl_value_id source) {
  sl_graph *graph = f->graph;
  sl_value_id output = graph->nodes[node].outputs[0];
  if (!sl_pass_keeps(f->context, graph, output)) {
    f->to[output] = source;
    return 1;
  }
  const sl_value *s = &graph->values[source];
  int may_be_renamed = s->origin == SL_ORIGIN_NODE && !sl_pass_keeps(f->context, graph, source);
  if (!graph->values[output].is_output || !may_be_renamed) return 0;
  sl_graph_replace(graph, output, source);
  return 1;
}

static int is_kept(const folder *f, const sl_node *node) {
  for (int32_t i = 0; i < node->output_count; i++)
    if (node->outputs[i] != 0 && sl_pass_keeps(f->context, f->graph, node->outputs[i])) return 1;
  return 0;
}

static void fold_node(folder *f, sl_node_id node) {
  sl_pass_read_through(f->graph, node, f->to, f->capacity);
  fix_reshape(f, node);
  fix_gather(f, node);
  sl_value_id source = sl_noop_source(f->graph, node);
  if (source != 0 && skip(f, node, source)) return;
  // Outputs of the graph stay with a node, so that every graph has the form runtimes expect.
  if (is_kept(f, &f->graph->nodes[node])) return;
  if (fold_constant_node(f, node) || evaluate(f, node) || fold_content(f, node)) return;
  f->taken += sl_branch_take(f->graph, node, f->scratch);
}

// Nodes of branches that were taken wait for the next walk.
static sl_status fold_once(folder *f, sl_error *err) {
  SL_TRY(sl_graph_sort(f->graph, err));
  f->taken = 0;
  f->capacity = f->graph->value_count;
  f->to = SL_NEW_ARRAY(f->scratch, sl_value_id, f->capacity);
  for (sl_node_id n = 1, end = f->graph->node_count; n < end; n++)
    if (!f->graph->nodes[n].is_removed) fold_node(f, n);
  sl_pass_redirect_all(f->graph, f->to, f->capacity);
  return SL_OK;
}

static sl_status fold_graph(folder f, sl_graph *graph, sl_error *err) {
  f.graph = graph;
  do SL_TRY(fold_once(&f, err));
  while (f.taken > 0);
  return SL_OK;
}

static sl_status fold_all(sl_graph_model *model, folder f, sl_error *err) {
  SL_TRY(sl_onnx_infer_contents(model, f.scratch, &f.contents, err));
  SL_TRY(fold_graph(f, model->graph, err));
  // Branches that the main graph took are gone from the list now.
  int32_t count;
  sl_graph **graphs = sl_graph_nested(f.scratch, model->graph, &count);
  for (int32_t i = 1; i < count; i++) SL_TRY(fold_graph(f, graphs[i], err));
  return SL_OK;
}

sl_status sl_pass_fold(sl_graph_model *model, const sl_pass_context *context, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "fold");
  folder f = {.context = context, .scratch = scratch, .opset = sl_graph_opset(model, "")};
  sl_status status = fold_all(model, f, err);
  sl_arena_free(scratch);
  return status == SL_OK ? sl_pass_dead(model, context, err) : status;
}
