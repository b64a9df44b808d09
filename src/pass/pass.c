// SPDX-License-Identifier: Apache-2.0
// The table of passes, and what they share. Start at sl_pass_find().
#include "pass/pass.h"

#include <string.h>

static const sl_pass passes[] = {
#define SL_PASS(name, is_idempotent, help) {#name, help, is_idempotent, sl_pass_##name},
#include "pass/pass_list.h"
#undef SL_PASS
};

const sl_pass *sl_pass_find(const char *name) {
  for (size_t i = 0; i < sizeof passes / sizeof *passes; i++)
    if (strcmp(passes[i].name, name) == 0) return &passes[i];
  return NULL;
}

int sl_pass_keeps(const sl_pass_context *context, const sl_graph *graph, sl_value_id value) {
  const sl_value *v = &graph->values[value];
  if (v->is_output || v->is_input) return 1;
  if (context == NULL || graph->outer != NULL) return 0;
  for (size_t i = 0; i < context->keep_count; i++)
    if (strcmp(context->keep[i], v->name) == 0) return 1;
  return 0;
}

sl_node_id sl_pass_clone(sl_graph *graph, sl_node_id node, const sl_value_id *inputs,
                         int32_t input_count, const sl_value_id *outputs, int32_t output_count) {
  sl_node old = graph->nodes[node];
  sl_node_id made = sl_graph_add_node(graph, old.domain, old.type, old.name, inputs, input_count,
                                      outputs, output_count);
  sl_node *n = &graph->nodes[made];
  n->origin = old.origin;
  n->attributes = old.attributes;
  n->attribute_count = old.attribute_count;
  n->extra = old.extra;
  return made;
}

typedef struct redirection {
  const sl_value_id *to;
  int32_t capacity;
} redirection;

static sl_value_id end_of(const redirection *r, sl_value_id value) {
  while (value < r->capacity && r->to[value] != 0) value = r->to[value];
  return value;
}

// All inputs at once: a copy for each would be quadratic in a node that joins thousands.
void sl_pass_read_through(sl_graph *graph, sl_node_id node, const sl_value_id *to,
                          int32_t capacity) {
  redirection r = {to, capacity};
  const sl_node *n = &graph->nodes[node];
  int32_t at = 0;
  while (at < n->input_count && end_of(&r, n->inputs[at]) == n->inputs[at]) at++;
  if (at == n->input_count) return;
  sl_value_id *inputs = SL_NEW_ARRAY(graph->arena, sl_value_id, n->input_count);
  for (int32_t i = 0; i < n->input_count; i++) inputs[i] = end_of(&r, n->inputs[i]);
  graph->nodes[node].inputs = inputs;
}

// Inner graphs read by name. One that reads both names already keeps one value for them.
static void redirect_inner(sl_graph *inner, const char *from, const char *to) {
  sl_value_id value = sl_graph_find(inner, from);
  if (value == 0 || inner->values[value].origin != SL_ORIGIN_OUTER) return;
  sl_value_id other = sl_graph_find(inner, to);
  if (other == 0) {
    sl_graph_rename(inner, value, to);
    return;
  }
  sl_graph_redirect(inner, value, other, 0);
  for (int32_t i = 0; i < inner->output_count; i++)
    if (inner->outputs[i] == value) inner->outputs[i] = other;
}

static void redirect_graphs_of(sl_graph *graph, sl_node_id node, const redirection *r,
                               sl_arena *scratch) {
  int32_t count;
  sl_graph *const *inner = sl_node_graphs(scratch, &graph->nodes[node], &count);
  for (int32_t i = 0; i < count; i++)
    for (sl_value_id v = 1, end = inner[i]->value_count; v < end; v++) {
      const sl_value *value = &inner[i]->values[v];
      if (value->origin != SL_ORIGIN_OUTER) continue;
      sl_value_id from = sl_graph_find(graph, value->name), to = end_of(r, from);
      if (to != from) redirect_inner(inner[i], value->name, graph->values[to].name);
    }
}

void sl_pass_redirect_all(sl_graph *graph, const sl_value_id *to, int32_t capacity) {
  redirection r = {to, capacity};
  sl_arena *scratch = sl_arena_new(NULL, "redirect");
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    if (graph->nodes[n].is_removed) continue;
    sl_pass_read_through(graph, n, to, capacity);
    if (graph->nodes[n].attribute_count > 0) redirect_graphs_of(graph, n, &r, scratch);
  }
  sl_arena_free(scratch);
}

sl_value_id sl_pass_scalar(sl_graph *graph, const char *hint, int32_t element, double number) {
  uint64_t data = 0;
  if (sl_element_dtype(element) == SL_DTYPE_NONE) return 0;
  sl_element_store(element, &data, 0, number);
  return sl_graph_add_constant(graph, hint, element, 0, NULL, &data);
}
