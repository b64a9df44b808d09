// SPDX-License-Identifier: Apache-2.0
// Constant work is done now: nodes on constants are computed, shape arithmetic is followed through
// the batch, Reshape targets become constants, nodes that change nothing go.
//
// One walk from inputs to outputs: makers are settled before their readers.
//
// Invariant: a value that becomes a constant keeps its name; a reader of a no-op reads the no-op's
// input. Start at fold_node().
#include <string.h>

#include "pass/branch.h"
#include "pass/evaluate.h"
#include "pass/noop.h"
#include "pass/pass.h"
#include "pass/symbolic.h"

enum { ELEMENTS_MAX = 1 << 20, OUTPUTS_MAX = 64, TARGET_MAX = 32 };

typedef struct folder {
  sl_graph *graph;
  const sl_pass_context *context;
  sl_arena *scratch;
  int64_t opset;
  sl_value_id *to;  // per value: the one that stands in for it; 0 for none
  int32_t capacity;
  sl_symbolics symbolics;
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

static void constant_of(folder *f, const sl_symbolic *symbolic, sl_constant *out) {
  size_t size = sl_evaluate_size(symbolic->element);
  uint8_t *data = sl_arena_push(f->graph->arena, (size_t)symbolic->count * size + 8);
  for (int64_t i = 0; i < symbolic->count; i++)
    sl_evaluate_store_int(symbolic->element, data, i, symbolic->at[i].fixed);
  int64_t *dims = SL_NEW(f->graph->arena, int64_t);
  *dims = symbolic->count;
  *out = (sl_constant){.element = symbolic->element,
                       .rank = symbolic->rank,
                       .dims = dims,
                       .count = symbolic->count,
                       .data = {data, (size_t)symbolic->count * size}};
}

// Shape arithmetic whose result is the same for every batch.
static int fold_symbolic(folder *f, sl_node_id node) {
  const sl_node *n = &f->graph->nodes[node];
  sl_constant outputs[OUTPUTS_MAX] = {0};
  if (n->output_count > OUTPUTS_MAX) return 0;
  sl_symbolic_node(&f->symbolics, node);
  for (int32_t i = 0; i < n->output_count; i++) {
    sl_value_id value = n->outputs[i];
    if (value == 0) continue;
    const sl_symbolic *known = value < f->capacity ? f->symbolics.of[value] : NULL;
    if (known == NULL || !sl_symbolic_is_fixed(known)) return 0;
    constant_of(f, known, &outputs[i]);
  }
  settle(f, node, outputs);
  return 1;
}

// ---- Reshape ------------------------------------------------------------------------------------

// The target as constants: at most one place -1, places that repeat the input's size 0.
static int constant_target(const folder *f, const sl_node *node, const sl_symbolic *target,
                           int64_t *out) {
  const sl_type *x = sl_noop_type(f->graph, node->inputs[0]);
  int copies_zero = sl_node_int(node, "allowzero", 0) == 0;
  int32_t open = 0;
  for (int64_t i = 0; i < target->count; i++) {
    sl_dim dim = target->at[i];
    int is_fixed = dim.fixed != SL_SYMBOLIC_UNKNOWN && dim.per_batch == 0;
    if (is_fixed && dim.fixed == 0) return 0;
    out[i] = is_fixed ? dim.fixed : -1;
    open += out[i] == -1;
  }
  // More than one: those that repeat the input's size are copied, first to last.
  for (int64_t i = 0; i < target->count && open > 1; i++) {
    int is_same = out[i] == -1 && i < x->rank && target->at[i].fixed != SL_SYMBOLIC_UNKNOWN &&
                  sl_dim_equal(target->at[i], x->dims[i]);
    if (!is_same || !copies_zero) continue;
    out[i] = 0;
    open--;
  }
  return open <= 1;
}

static void fix_reshape(folder *f, sl_node_id node) {
  const sl_node *n = &f->graph->nodes[node];
  if (!sl_node_is(n, "Reshape") || sl_graph_constant(f->graph, n->inputs[1]) != NULL) return;
  const sl_symbolic *target = sl_symbolic_of(&f->symbolics, n->inputs[1]);
  int64_t ints[TARGET_MAX];
  if (target == NULL || target->rank != 1 || target->count > TARGET_MAX ||
      !constant_target(f, n, target, ints))
    return;
  const char *hint = f->graph->values[n->inputs[1]].name;
  sl_value_id made = sl_graph_add_ints(f->graph, hint, ints, target->count);
  sl_graph_set_input(f->graph, node, 1, made);
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

static void read_through(folder *f, sl_node_id node) {
  for (int32_t i = 0; i < f->graph->nodes[node].input_count; i++) {
    sl_value_id value = f->graph->nodes[node].inputs[i];
    if (value == 0 || value >= f->capacity || f->to[value] == 0) continue;
    while (f->to[value] != 0) value = f->to[value];
    sl_graph_set_input(f->graph, node, i, value);
  }
}

static int is_kept(const folder *f, const sl_node *node) {
  for (int32_t i = 0; i < node->output_count; i++)
    if (node->outputs[i] != 0 && sl_pass_keeps(f->context, f->graph, node->outputs[i])) return 1;
  return 0;
}

static void fold_node(folder *f, sl_node_id node) {
  read_through(f, node);
  fix_reshape(f, node);
  sl_value_id source = sl_noop_source(f->graph, node);
  if (source != 0 && skip(f, node, source)) return;
  // Outputs of the graph stay with a node, so that every graph has the form runtimes expect.
  if (is_kept(f, &f->graph->nodes[node])) {
    sl_symbolic_node(&f->symbolics, node);
    return;
  }
  if (fold_constant_node(f, node) || evaluate(f, node)) return;
  if (sl_branch_take(f->graph, node, f->scratch)) {
    f->taken++;
    return;
  }
  fold_symbolic(f, node);
}

// Nodes of branches that were taken wait for the next walk.
static sl_status fold_once(sl_graph *graph, const sl_pass_context *context, int64_t opset,
                           int32_t *taken, sl_error *err) {
  SL_TRY(sl_graph_sort(graph, err));
  sl_arena *scratch = sl_arena_new(NULL, "fold");
  folder f = {.graph = graph,
              .context = context,
              .scratch = scratch,
              .opset = opset,
              .capacity = graph->value_count};
  f.to = SL_NEW_ARRAY(scratch, sl_value_id, f.capacity);
  f.symbolics = sl_symbolics_new(scratch, graph);
  for (sl_node_id n = 1, end = graph->node_count; n < end; n++)
    if (!graph->nodes[n].is_removed) fold_node(&f, n);
  sl_pass_redirect_all(graph, f.to, f.capacity);
  *taken = f.taken;
  sl_arena_free(scratch);
  return SL_OK;
}

static sl_status fold_graph(sl_graph *graph, const sl_pass_context *context, int64_t opset,
                            sl_error *err) {
  int32_t taken = 1;
  while (taken > 0) SL_TRY(fold_once(graph, context, opset, &taken, err));
  return SL_OK;
}

sl_status sl_pass_fold(sl_graph_model *model, const sl_pass_context *context, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "fold");
  int32_t count;
  int64_t opset = sl_graph_opset(model, "");
  sl_status status = fold_graph(model->graph, context, opset, err);
  // Branches that the main graph took are gone from the list now.
  sl_graph **graphs = sl_pass_graphs(scratch, model, &count);
  for (int32_t i = 1; status == SL_OK && i < count; i++)
    status = fold_graph(graphs[i], context, opset, err);
  sl_arena_free(scratch);
  return status == SL_OK ? sl_pass_dead(model, context, err) : status;
}
