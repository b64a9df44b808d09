// SPDX-License-Identifier: Apache-2.0
// Copies of whole models: deep in structure, shallow in weights.
//
// Invariant: numbers of nodes and values are the same in the copy. Start at sl_graph_model_copy().
#include <string.h>

#include "graph/graph.h"

// Graphs wait in a list until their nodes are copied, so that depth costs no stack.
typedef struct copier {
  sl_arena *arena;
  const sl_graph **from;
  sl_graph **to;
  int32_t count, capacity;
} copier;

static sl_graph *queue_graph(copier *c, const sl_graph *from, sl_graph *outer) {
  if (c->count == c->capacity) {
    int32_t wanted = c->capacity * 2 + 8;
    const sl_graph **old_from = c->from;
    sl_graph **old_to = c->to;
    c->from = SL_NEW_ARRAY(c->arena, const sl_graph *, wanted);
    c->to = SL_NEW_ARRAY(c->arena, sl_graph *, wanted);
    for (int32_t i = 0; i < c->count; i++) {
      c->from[i] = old_from[i];
      c->to[i] = old_to[i];
    }
    c->capacity = wanted;
  }
  sl_graph *to = sl_graph_new(c->arena, outer, from->name);
  c->from[c->count] = from;
  c->to[c->count++] = to;
  return to;
}

static void *copy_array(sl_arena *arena, const void *from, size_t count, size_t size) {
  void *to = sl_arena_push(arena, (count + 1) * size);
  if (count > 0) memcpy(to, from, count * size);
  return to;
}

static const sl_attribute *copy_attributes(copier *c, const sl_attribute *from, int32_t count,
                                           sl_graph *outer) {
  sl_attribute *to = copy_array(c->arena, from, (size_t)count, sizeof *to);
  for (int32_t i = 0; i < count; i++) {
    if (from[i].graphs == NULL) continue;
    sl_graph **graphs = SL_NEW_ARRAY(c->arena, sl_graph *, from[i].count + 1);
    for (int64_t g = 0; g < from[i].count; g++)
      graphs[g] = queue_graph(c, from[i].graphs[g], outer);
    to[i].graphs = graphs;
    to[i].raw = (sl_bytes){0};
  }
  return to;
}

static void copy_graph(copier *c, const sl_graph *from, sl_graph *to) {
  sl_arena *arena = c->arena;
  to->nodes = copy_array(arena, from->nodes, (size_t)from->node_count, sizeof *to->nodes);
  to->node_count = from->node_count;
  to->node_capacity = from->node_count;
  to->values = copy_array(arena, from->values, (size_t)from->value_count, sizeof *to->values);
  to->value_count = from->value_count;
  to->value_capacity = from->value_count;
  to->inputs = copy_array(arena, from->inputs, (size_t)from->input_count, sizeof *to->inputs);
  to->input_count = to->input_capacity = from->input_count;
  to->outputs = copy_array(arena, from->outputs, (size_t)from->output_count, sizeof *to->outputs);
  to->output_count = to->output_capacity = from->output_count;
  to->serial = from->serial;
  to->extra = from->extra;
  for (sl_value_id v = 1; v < from->value_count; v++)
    if (sl_graph_find(from, from->values[v].name) == v)
      sl_map_set_text(to->names, from->values[v].name, v);
  for (sl_node_id n = 1; n < from->node_count; n++)
    to->nodes[n].attributes =
        copy_attributes(c, from->nodes[n].attributes, from->nodes[n].attribute_count, to);
}

sl_graph_model *sl_graph_model_copy(sl_arena *arena, const sl_graph_model *model) {
  sl_graph_model *copy = SL_NEW(arena, sl_graph_model);
  *copy = *model;
  copy->arena = arena;
  copy->opsets = copy_array(arena, model->opsets, model->opset_count, sizeof *copy->opsets);
  copy->metadata =
      copy_array(arena, model->metadata, model->metadata_count, sizeof *copy->metadata);
  copy->functions =
      copy_array(arena, model->functions, model->function_count, sizeof *copy->functions);
  copier c = {.arena = arena};
  copy->graph = queue_graph(&c, model->graph, NULL);
  for (size_t i = 0; i < model->function_count; i++)
    copy->functions[i].body = queue_graph(&c, model->functions[i].body, NULL);
  for (int32_t i = 0; i < c.count; i++) copy_graph(&c, c.from[i], c.to[i]);
  return copy;
}
