// SPDX-License-Identifier: Apache-2.0
// Order of nodes, and the rules a graph must keep.
//
// Invariant: the order among nodes that do not depend on each other stays. Start at
// sl_graph_sort().
#include <string.h>

#include "graph/graph.h"

typedef struct sorter {
  sl_graph *graph;
  sl_uses uses;
  int32_t *missing;  // per node: inputs whose maker is not placed yet
  sl_node_id *heap;  // ready nodes, lowest number first
  int32_t heap_size;
} sorter;

static void heap_push(sorter *s, sl_node_id node) {
  int32_t at = s->heap_size++;
  for (; at > 0 && s->heap[(at - 1) / 2] > node; at = (at - 1) / 2)
    s->heap[at] = s->heap[(at - 1) / 2];
  s->heap[at] = node;
}

static sl_node_id heap_pop(sorter *s) {
  sl_node_id top = s->heap[0], last = s->heap[--s->heap_size];
  int32_t at = 0;
  for (;;) {
    int32_t child = 2 * at + 1;
    if (child + 1 < s->heap_size && s->heap[child + 1] < s->heap[child]) child++;
    if (child >= s->heap_size || s->heap[child] >= last) break;
    s->heap[at] = s->heap[child];
    at = child;
  }
  s->heap[at] = last;
  return top;
}

static void count_missing(sorter *s) {
  for (sl_value_id v = 1; v < s->graph->value_count; v++) {
    const sl_value *value = &s->graph->values[v];
    if (value->origin != SL_ORIGIN_NODE) continue;
    for (int32_t u = s->uses.first[v]; u < s->uses.first[v + 1]; u++)
      s->missing[s->uses.at[u].node]++;
  }
}

static void place(sorter *s, sl_node_id node) {
  const sl_node *n = &s->graph->nodes[node];
  for (int32_t i = 0; i < n->output_count; i++) {
    sl_value_id v = n->outputs[i];
    if (v == 0 || s->graph->values[v].maker != node) continue;
    for (int32_t u = s->uses.first[v]; u < s->uses.first[v + 1]; u++)
      if (--s->missing[s->uses.at[u].node] == 0) heap_push(s, s->uses.at[u].node);
  }
}

// The new order in order[1..]; returns how many nodes it holds.
static int32_t find_order(sorter *s, sl_node_id *order) {
  int32_t placed = 0;
  for (sl_node_id n = 1; n < s->graph->node_count; n++)
    if (!s->graph->nodes[n].is_removed && s->missing[n] == 0) heap_push(s, n);
  while (s->heap_size > 0) {
    sl_node_id node = heap_pop(s);
    order[++placed] = node;
    place(s, node);
  }
  return placed;
}

static void apply_order(sl_graph *graph, const sl_node_id *order, int32_t count) {
  sl_node *sorted = SL_NEW_ARRAY(graph->arena, sl_node, count + 1);
  for (int32_t i = 1; i <= count; i++) sorted[i] = graph->nodes[order[i]];
  graph->nodes = sorted;
  graph->node_count = graph->node_capacity = count + 1;
  for (sl_node_id n = 1; n <= count; n++)
    for (int32_t i = 0; i < sorted[n].output_count; i++)
      if (sorted[n].outputs[i] != 0) graph->values[sorted[n].outputs[i]].maker = n;
}

sl_status sl_graph_sort(sl_graph *graph, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "sort");
  sorter s = {.graph = graph,
              .uses = sl_graph_uses(graph, scratch),
              .missing = SL_NEW_ARRAY(scratch, int32_t, graph->node_count),
              .heap = SL_NEW_ARRAY(scratch, sl_node_id, graph->node_count)};
  sl_node_id *order = SL_NEW_ARRAY(scratch, sl_node_id, graph->node_count);
  int32_t alive = 0;
  for (sl_node_id n = 1; n < graph->node_count; n++) alive += !graph->nodes[n].is_removed;
  count_missing(&s);
  int32_t placed = find_order(&s, order);
  sl_status status = SL_OK;
  sl_node_id stuck = 1;
  while (placed < alive && (graph->nodes[stuck].is_removed || s.missing[stuck] == 0)) stuck++;
  if (placed < alive)
    status = sl_fail(err, SL_E_MODEL, "node \"%s\" depends on its own output",
                     sl_node_title(scratch, graph, stuck));
  else
    apply_order(graph, order, placed);
  sl_arena_free(scratch);
  return status;
}

// ---- the rules ----------------------------------------------------------------------------------

static int is_visible(const sl_graph *graph, const char *name) {
  for (const sl_graph *g = graph->outer; g != NULL; g = g->outer) {
    sl_value_id value = sl_graph_find(g, name);
    if (value != 0 && g->values[value].origin != SL_ORIGIN_NONE) return 1;
  }
  return 0;
}

static sl_status verify_node(const sl_graph *graph, sl_node_id node, sl_arena *scratch,
                             sl_error *err) {
  const sl_node *n = &graph->nodes[node];
  for (int32_t i = 0; i < n->input_count; i++) {
    const sl_value *value = &graph->values[n->inputs[i]];
    int is_missing = n->inputs[i] != 0 &&
                     (value->origin == SL_ORIGIN_NONE ||
                      (value->origin == SL_ORIGIN_OUTER && !is_visible(graph, value->name)));
    if (is_missing)
      return sl_fail(err, SL_E_MODEL, "node \"%s\" reads \"%s\", which nothing makes",
                     sl_node_title(scratch, graph, node), value->name);
  }
  for (int32_t i = 0; i < n->output_count; i++) {
    const sl_value *value = &graph->values[n->outputs[i]];
    if (n->outputs[i] != 0 && (value->maker != node || value->origin != SL_ORIGIN_NODE))
      return sl_fail(err, SL_E_MODEL, "node \"%s\" makes \"%s\", which is made elsewhere too",
                     sl_node_title(scratch, graph, node), value->name);
  }
  return SL_OK;
}

static sl_status verify_one(const sl_graph *graph, sl_arena *scratch, sl_error *err) {
  for (sl_node_id n = 1; n < graph->node_count; n++)
    if (!graph->nodes[n].is_removed) SL_TRY(verify_node(graph, n, scratch, err));
  for (int32_t i = 0; i < graph->output_count; i++) {
    const sl_value *value = &graph->values[graph->outputs[i]];
    int is_missing = value->origin == SL_ORIGIN_NONE ||
                     (value->origin == SL_ORIGIN_OUTER && !is_visible(graph, value->name));
    if (is_missing) return sl_fail(err, SL_E_MODEL, "nothing makes output \"%s\"", value->name);
  }
  sorter s = {.graph = (sl_graph *)(uintptr_t)graph,
              .uses = sl_graph_uses(graph, scratch),
              .missing = SL_NEW_ARRAY(scratch, int32_t, graph->node_count),
              .heap = SL_NEW_ARRAY(scratch, sl_node_id, graph->node_count)};
  sl_node_id *order = SL_NEW_ARRAY(scratch, sl_node_id, graph->node_count);
  int32_t alive = 0;
  for (sl_node_id n = 1; n < graph->node_count; n++) alive += !graph->nodes[n].is_removed;
  count_missing(&s);
  if (find_order(&s, order) == alive) return SL_OK;
  sl_node_id stuck = 1;
  while (graph->nodes[stuck].is_removed || s.missing[stuck] == 0) stuck++;
  return sl_fail(err, SL_E_MODEL, "node \"%s\" depends on its own output",
                 sl_node_title(scratch, graph, stuck));
}

sl_status sl_graph_verify(const sl_graph *graph, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "verify");
  sl_status status = verify_one(graph, scratch, err);
  for (sl_node_id n = 1; status == SL_OK && n < graph->node_count; n++) {
    int32_t count;
    sl_graph *const *inner = sl_node_graphs(scratch, &graph->nodes[n], &count);
    for (int32_t i = 0; status == SL_OK && i < count; i++)
      status = verify_one(inner[i], scratch, err);
  }
  sl_arena_free(scratch);
  return status;
}
