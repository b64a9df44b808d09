// SPDX-License-Identifier: Apache-2.0
// Nodes that no output depends on, and constants that nothing reads, go.
//
// Invariant: outputs, inputs and values asked to be kept stay, with all they depend on. Start at
// sl_pass_dead().
#include "pass/pass.h"

typedef struct marker {
  const sl_graph *graph;
  sl_arena *scratch;
  uint8_t *needed;     // per value
  sl_value_id *stack;  // needed values whose makers wait
  int32_t depth;
} marker;

static void need(marker *m, sl_value_id value) {
  if (value == 0 || m->needed[value]) return;
  m->needed[value] = 1;
  m->stack[m->depth++] = value;
}

static void need_inputs(marker *m, sl_node_id node) {
  const sl_node *n = &m->graph->nodes[node];
  for (int32_t i = 0; i < n->input_count; i++) need(m, n->inputs[i]);
  int32_t count;
  const sl_value_id *captured = sl_node_captured(m->scratch, m->graph, n, &count);
  for (int32_t i = 0; i < count; i++) need(m, captured[i]);
}

static void mark(marker *m, const sl_pass_context *context) {
  for (sl_value_id v = 1; v < m->graph->value_count; v++)
    if (sl_pass_keeps(context, m->graph, v)) need(m, v);
  while (m->depth > 0) {
    const sl_value *value = &m->graph->values[m->stack[--m->depth]];
    if (value->origin == SL_ORIGIN_NODE) need_inputs(m, value->maker);
  }
}

static int node_is_needed(const marker *m, const sl_node *node) {
  for (int32_t i = 0; i < node->output_count; i++)
    if (node->outputs[i] != 0 && m->needed[node->outputs[i]]) return 1;
  return 0;
}

// Values of removed nodes, and constants nobody needs. Outer values stay out of reach of the rest.
static void sweep(marker *m, sl_graph *graph) {
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    const sl_node *node = &graph->nodes[n];
    if (node->is_removed || node_is_needed(m, node)) continue;
    sl_graph_remove_node(graph, n);
  }
  for (sl_value_id v = 1; v < graph->value_count; v++) {
    sl_origin origin = graph->values[v].origin;
    int is_unused =
        origin == SL_ORIGIN_NONE || origin == SL_ORIGIN_CONSTANT || origin == SL_ORIGIN_OUTER;
    if (is_unused && !m->needed[v]) sl_graph_drop(graph, v);
  }
}

sl_status sl_pass_dead(sl_graph_model *model, const sl_pass_context *context, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "dead");
  int32_t count;
  sl_graph **graphs = sl_graph_nested(scratch, model->graph, &count);
  // Inner graphs first: what only their dead nodes read is dead outside too.
  for (int32_t i = count - 1; i >= 0; i--) {
    marker m = {.graph = graphs[i],
                .scratch = scratch,
                .needed = SL_NEW_ARRAY(scratch, uint8_t, graphs[i]->value_count),
                .stack = SL_NEW_ARRAY(scratch, sl_value_id, graphs[i]->value_count)};
    mark(&m, context);
    sweep(&m, graphs[i]);
  }
  sl_status status = SL_OK;
  for (int32_t i = 0; status == SL_OK && i < count; i++) status = sl_graph_sort(graphs[i], err);
  sl_arena_free(scratch);
  return status;
}
