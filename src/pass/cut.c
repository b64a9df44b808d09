// SPDX-License-Identifier: Apache-2.0
// Suffix models.
//
// Invariant: nothing changes when the cut is refused for reasons of dependence. Start at
// sl_pass_cut().
#include "pass/cut.h"

#include <string.h>

#include "onnx/operator.h"
#include "pass/pass.h"

typedef struct cutter {
  sl_graph_model *model;
  sl_graph *graph;
  const sl_cut_options *options;
  sl_arena *scratch;
  uint8_t *is_frontier;  // per value
  uint8_t *is_after;     // per value: the frontier, or depends on it
  uint8_t *is_around;    // per value: depends on an input without passing the frontier
  int32_t capacity;
  sl_value_id batch;  // int64[1]: N, read off the frontier; 0 when it is not made (yet)
} cutter;

// ---- who depends on what ------------------------------------------------------------------------

typedef struct flags {
  uint8_t is_after, is_around;
} flags;

static void join(const cutter *c, sl_value_id value, flags *all) {
  if (value == 0) return;
  all->is_after |= c->is_after[value];
  all->is_around |= c->is_around[value];
}

static flags inputs_of(const cutter *c, sl_node_id node) {
  const sl_node *n = &c->graph->nodes[node];
  flags all = {0};
  for (int32_t i = 0; i < n->input_count; i++) join(c, n->inputs[i], &all);
  int32_t count;
  const sl_value_id *captured = sl_node_captured(c->scratch, c->graph, n, &count);
  for (int32_t i = 0; i < count; i++) join(c, captured[i], &all);
  return all;
}

// ---- shapes of what is gone ---------------------------------------------------------------------

static int holds_samples(const sl_type *type) {
  return type->rank >= 1 && type->dims[0].fixed == 0 && type->dims[0].per_batch == 1;
}

static int is_rebuildable(const cutter *c, const sl_node *node) {
  if (!sl_node_is(node, "Shape") || sl_node_input(node, 0) == 0) return 0;
  const sl_type *type = &c->graph->values[node->inputs[0]].type;
  int grows = 0, has_batch = 0;
  for (int32_t d = 0; d < type->rank; d++) grows |= type->dims[d].per_batch != 0;
  for (int32_t i = 0; i < c->options->frontier_count; i++)
    has_batch |= holds_samples(&c->graph->values[c->options->frontier[i]].type);
  return sl_type_is_known(type) && (!grows || has_batch);
}

// Nodes are sorted.
static void mark(cutter *c) {
  memset(c->is_after, 0, (size_t)c->capacity);
  memset(c->is_around, 0, (size_t)c->capacity);
  for (sl_value_id v = 1; v < c->graph->value_count; v++) {
    c->is_after[v] = c->is_frontier[v];
    c->is_around[v] = c->graph->values[v].origin == SL_ORIGIN_INPUT && !c->is_frontier[v];
  }
  for (sl_node_id n = 1; n < c->graph->node_count; n++) {
    const sl_node *node = &c->graph->nodes[n];
    if (node->is_removed) continue;
    flags all = inputs_of(c, n);
    // A shape that is computed anew depends on nothing but the number of samples.
    if (all.is_around && is_rebuildable(c, node)) all = (flags){0};
    for (int32_t i = 0; i < node->output_count; i++) {
      sl_value_id value = node->outputs[i];
      if (value == 0 || c->is_frontier[value]) continue;
      c->is_after[value] = all.is_after;
      c->is_around[value] = all.is_around;
    }
  }
}

static sl_value_id batch_of(cutter *c) {
  for (int32_t i = 0; c->batch == 0 && i < c->options->frontier_count; i++) {
    sl_value_id value = c->options->frontier[i];
    const sl_type *type = &c->graph->values[value].type;
    if (!holds_samples(type)) continue;
    c->batch = sl_graph_apply(c->graph, "Shape", "cut_batch", "", &value, 1, 1);
    sl_node_id node = c->graph->values[c->batch].maker;
    sl_graph_set_int(c->graph, node, "start", 0);
    sl_graph_set_int(c->graph, node, "end", 1);
    sl_graph_set_type(c->graph, c->batch, SL_ELEMENT_I64, 1, &SL_DIM(1));
  }
  return c->batch;
}

// Shape(x) = N * per_batch + fixed, with N of the frontier.
static void rebuild_shape(cutter *c, sl_node_id node) {
  sl_graph *graph = c->graph;
  sl_node n = graph->nodes[node];
  const sl_type *type = &graph->values[n.inputs[0]].type;
  int32_t start, end;
  int64_t count = 0;
  sl_operator_shape_range(&n, type->rank, &start, &end);
  int64_t *fixed = SL_NEW_ARRAY(c->scratch, int64_t, type->rank);
  int64_t *per_batch = SL_NEW_ARRAY(c->scratch, int64_t, type->rank), grows = 0;
  for (int32_t i = start; i < end; i++) {
    fixed[count] = type->dims[i].fixed;
    per_batch[count++] = type->dims[i].per_batch;
    grows |= type->dims[i].per_batch;
  }
  if (grows != 0 && batch_of(c) == 0) return;
  const char *hint = graph->values[n.outputs[0]].name;
  sl_value_id sum =
      sl_graph_add_ints(graph, sl_arena_printf(c->scratch, "%s_fixed", hint), fixed, count);
  sl_value_id part = sum;
  if (grows != 0) {
    const char *name = sl_arena_printf(c->scratch, "%s_growth", hint);
    sl_value_id both[2] = {c->batch, sl_graph_add_ints(graph, name, per_batch, count)};
    part = sl_graph_apply(graph, "Mul", name, n.name, both, 2, 1);
    sl_graph_set_type(graph, part, SL_ELEMENT_I64, 1, &SL_DIM(count));
  }
  sl_value_id terms[2] = {part, sum};
  sl_graph_remove_node(graph, node);
  sl_node_id made = grows != 0
                        ? sl_graph_add_node(graph, "", "Add", n.name, terms, 2, n.outputs, 1)
                        : sl_graph_add_node(graph, "", "Identity", n.name, &sum, 1, n.outputs, 1);
  graph->nodes[made].origin = n.origin;
}

static void rebuild_shapes(cutter *c) {
  for (sl_node_id n = 1, end = c->graph->node_count; n < end; n++) {
    const sl_node *node = &c->graph->nodes[n];
    if (!node->is_removed && is_rebuildable(c, node) && c->is_around[node->inputs[0]] &&
        !c->is_frontier[node->outputs[0]])
      rebuild_shape(c, n);
  }
}

// ---- refusals -----------------------------------------------------------------------------------

static sl_status refuse_independent(const cutter *c, sl_value_id output, sl_error *err) {
  const sl_value *from = &c->graph->values[c->options->frontier[0]];
  sl_fail(err, SL_E_ARG, "\"%s\" does not depend on \"%s\"", c->graph->values[output].name,
          from->name);
  return sl_hint(err, SL_E_ARG, "choose a value between the input and the output");
}

// The node where what comes around the frontier joins what comes through it (or the first one on
// the way when the output does not depend on the frontier at all).
static sl_node_id joining_node(const cutter *c, sl_value_id output) {
  sl_node_id at = c->graph->values[output].maker, joins = at;
  while (at != 0) {
    const sl_node *node = &c->graph->nodes[at];
    sl_value_id around = 0;
    joins = at;
    for (int32_t i = 0; i < node->input_count; i++) {
      sl_value_id value = node->inputs[i];
      if (value == 0 || !c->is_around[value]) continue;
      if (!c->is_after[value]) return at;
      around = value;
    }
    at = around != 0 ? c->graph->values[around].maker : 0;
  }
  return joins;
}

static sl_status refuse_around(const cutter *c, sl_value_id output, sl_error *err) {
  const sl_graph *graph = c->graph;
  sl_node_id node = joining_node(c, output);
  sl_fail(err, SL_E_ARG, "\"%s\" also depends on the input around \"%s\", through node \"%s\"",
          graph->values[output].name, graph->values[c->options->frontier[0]].name,
          node != 0 ? sl_node_title(c->scratch, graph, node) : "?");
  return sl_hint(err, SL_E_ARG,
                 "cut at a value that everything passes through (after that node, "
                 "or before the branch)");
}

static sl_status check(const cutter *c, sl_error *err) {
  for (int32_t i = 0; i < c->graph->output_count; i++) {
    sl_value_id output = c->graph->outputs[i];
    if (!c->options->allow_independent && !c->is_after[output])
      return refuse_independent(c, output, err);
    if (!c->options->allow_around && c->is_around[output]) return refuse_around(c, output, err);
  }
  return SL_OK;
}

// ---- the cut ------------------------------------------------------------------------------------

// The maker of a frontier value stays for its other outputs; the dead pass decides.
static void free_from_maker(cutter *c, sl_value_id value) {
  sl_graph *graph = c->graph;
  sl_node_id node = graph->values[value].maker;
  if (graph->values[value].origin != SL_ORIGIN_NODE) return;
  sl_node n = graph->nodes[node];
  sl_value_id *outputs = SL_NEW_ARRAY(c->scratch, sl_value_id, n.output_count + 1);
  for (int32_t i = 0; i < n.output_count; i++) {
    outputs[i] = n.outputs[i];
    if (outputs[i] == value)
      outputs[i] =
          sl_graph_add_value(graph, sl_graph_fresh_name(graph, "before_cut"), SL_ORIGIN_NODE);
  }
  sl_graph_remove_node(graph, node);
  sl_pass_clone(graph, node, n.inputs, n.input_count, outputs, n.output_count);
}

static void set_inputs(cutter *c) {
  sl_graph *graph = c->graph;
  int32_t count = 0;
  sl_value_id *inputs =
      SL_NEW_ARRAY(c->scratch, sl_value_id, graph->input_count + c->options->frontier_count + 1);
  for (int32_t i = 0; i < c->options->frontier_count; i++) {
    free_from_maker(c, c->options->frontier[i]);
    inputs[count++] = c->options->frontier[i];
  }
  for (int32_t i = 0; c->options->allow_around && i < graph->input_count; i++)
    if (!c->is_frontier[graph->inputs[i]]) inputs[count++] = graph->inputs[i];
  sl_graph_set_inputs(graph, inputs, count);
}

// An input cannot be an output: an Identity carries it.
static void carry_outputs(cutter *c) {
  sl_graph *graph = c->graph;
  sl_value_id *outputs = SL_NEW_ARRAY(c->scratch, sl_value_id, graph->output_count + 1);
  for (int32_t i = 0; i < graph->output_count; i++) {
    outputs[i] = graph->outputs[i];
    if (!c->is_frontier[outputs[i]]) continue;
    const char *hint = sl_arena_printf(c->scratch, "%s_out", graph->values[outputs[i]].name);
    sl_value_id copy = sl_graph_apply(graph, "Identity", hint, "", &outputs[i], 1, 1);
    graph->values[copy].type = graph->values[outputs[i]].type;
    outputs[i] = copy;
  }
  sl_graph_set_outputs(graph, outputs, graph->output_count);
}

// Inputs in front of the frontier go; those around it stay while something reads them.
static void drop_unread_inputs(cutter *c) {
  sl_graph *graph = c->graph;
  sl_uses uses = sl_graph_uses(graph, c->scratch);
  sl_value_id *inputs = SL_NEW_ARRAY(c->scratch, sl_value_id, graph->input_count + 1);
  int32_t count = 0;
  for (int32_t i = 0; i < graph->input_count; i++) {
    sl_value_id value = graph->inputs[i];
    if (c->is_frontier[value] || sl_uses_count(&uses, value) > 0) inputs[count++] = value;
  }
  sl_graph_set_inputs(graph, inputs, count);
  for (sl_value_id v = 1; v < graph->value_count; v++)
    if (graph->values[v].origin == SL_ORIGIN_INPUT && !graph->values[v].is_input)
      sl_graph_drop(graph, v);
}

static sl_status cut(cutter *c, sl_error *err) {
  sl_graph *graph = c->graph;
  SL_TRY(sl_graph_sort(graph, err));
  c->capacity = graph->value_count + 4 * graph->node_count + 4;
  c->is_frontier = SL_NEW_ARRAY(c->scratch, uint8_t, c->capacity);
  c->is_after = SL_NEW_ARRAY(c->scratch, uint8_t, c->capacity);
  c->is_around = SL_NEW_ARRAY(c->scratch, uint8_t, c->capacity);
  for (int32_t i = 0; i < c->options->frontier_count; i++)
    c->is_frontier[c->options->frontier[i]] = 1;
  mark(c);
  SL_TRY(check(c, err));
  set_inputs(c);
  rebuild_shapes(c);
  carry_outputs(c);
  SL_TRY(sl_pass_dead(c->model, NULL, err));
  drop_unread_inputs(c);
  return SL_OK;
}

sl_status sl_pass_cut(sl_graph_model *model, const sl_cut_options *options, sl_error *err) {
  cutter c = {.model = model, .graph = model->graph, .options = options};
  if (options->frontier_count == 0)
    return sl_fail(err, SL_E_ARG, "a cut needs a value to start at");
  c.scratch = sl_arena_new(NULL, "cut");
  sl_status status = cut(&c, err);
  sl_arena_free(c.scratch);
  return status;
}
