// SPDX-License-Identifier: Apache-2.0
// The store of contents of small tensors, and of declared types.
//
// Invariant: numbers in the store are right for every N, in every run. Start at sl_onnx_content().
#include <string.h>

#include "onnx/infer_state.h"

typedef struct content {
  const sl_onnx_number *numbers;  // NULL when not followed
  int64_t count;
} content;

typedef struct graph_contents {
  const sl_graph *graph;
  sl_type *declared;  // per value, before inference; the unknown type when not declared
  content *at;        // per value
  int32_t value_count;
} graph_contents;

struct sl_onnx_contents {
  sl_arena *arena;
  sl_map *graphs;  // address of a graph -> index, from 1
  graph_contents *list;
  int64_t count, capacity;
};

sl_onnx_contents *sl_contents_new(sl_arena *arena) {
  sl_onnx_contents *contents = SL_NEW(arena, sl_onnx_contents);
  *contents = (sl_onnx_contents){.arena = arena, .graphs = sl_map_new(arena)};
  return contents;
}

static graph_contents *of_graph(const sl_onnx_contents *contents, const sl_graph *graph) {
  int64_t index = sl_map_get(contents->graphs, &graph, sizeof graph, 0);
  return index > 0 ? &contents->list[index - 1] : NULL;
}

static graph_contents *add_graph(sl_onnx_contents *contents, const sl_graph *graph) {
  if (contents->count == contents->capacity) {
    contents->capacity = contents->capacity * 2 + 4;
    graph_contents *grown = SL_NEW_ARRAY(contents->arena, graph_contents, contents->capacity);
    if (contents->count > 0) memcpy(grown, contents->list, (size_t)contents->count * sizeof *grown);
    contents->list = grown;
  }
  graph_contents *added = &contents->list[contents->count++];
  *added = (graph_contents){.graph = graph,
                            .declared = SL_NEW_ARRAY(contents->arena, sl_type, graph->value_count),
                            .at = SL_NEW_ARRAY(contents->arena, content, graph->value_count),
                            .value_count = graph->value_count};
  sl_map_set(contents->graphs, &graph, sizeof graph, contents->count);
  return added;
}

// ---- constants ----------------------------------------------------------------------------------

static sl_onnx_number number_of(const sl_constant *constant, int64_t index) {
  if (sl_element_is_float(constant->element))
    return sl_number_real(sl_constant_number(constant, index));
  return sl_number_of(sl_constant_int(constant, index));
}

static int is_followed(int32_t element) {
  return sl_element_is_float(element) ||
         (sl_element_dtype(element) != SL_DTYPE_NONE && element != SL_ELEMENT_STRING &&
          element != SL_ELEMENT_U64);
}

static int is_readable(const sl_constant *constant) {
  size_t size = sl_element_bytes(constant->element, constant->count);
  return constant->count <= SL_ONNX_CONTENT_MAX && !constant->is_sparse &&
         is_followed(constant->element) && constant->data.size >= size;
}

int64_t sl_contents_read(const sl_constant *constant, sl_onnx_number *out) {
  if (!is_readable(constant)) return -1;
  for (int64_t n = 0; n < constant->count; n++) out[n] = number_of(constant, n);
  return constant->count;
}

static void load_constants(sl_onnx_contents *contents, graph_contents *graph) {
  sl_onnx_number numbers[SL_ONNX_CONTENT_MAX];
  for (sl_value_id v = 1; v < graph->value_count; v++) {
    const sl_value *value = &graph->graph->values[v];
    if (value->origin != SL_ORIGIN_CONSTANT || value->constant == NULL) continue;
    int64_t count = sl_contents_read(value->constant, numbers);
    if (count >= 0) sl_contents_set(contents, graph->graph, v, numbers, count);
  }
}

// ---- the store ----------------------------------------------------------------------------------

void sl_contents_set(sl_onnx_contents *contents, const sl_graph *graph, sl_value_id value,
                     const sl_onnx_number *numbers, int64_t count) {
  graph_contents *found = of_graph(contents, graph);
  if (found == NULL || value == 0) return;
  found->at[value] = (content){0};
  if (numbers == NULL) return;
  sl_onnx_number *copy = SL_NEW_ARRAY(contents->arena, sl_onnx_number, count + 1);
  if (count > 0) memcpy(copy, numbers, (size_t)count * sizeof *copy);
  found->at[value] = (content){.numbers = copy, .count = count};
}

const sl_onnx_number *sl_onnx_content(const sl_onnx_contents *contents, const sl_graph *graph,
                                      sl_value_id value, int64_t *count) {
  *count = 0;
  while (value != 0 && graph->values[value].origin == SL_ORIGIN_OUTER) {
    const char *name = graph->values[value].name;
    graph = graph->outer;
    value = graph != NULL ? sl_graph_find(graph, name) : 0;
    // The name may come from further out without being known in between.
    while (value == 0 && graph != NULL && (graph = graph->outer) != NULL)
      value = sl_graph_find(graph, name);
  }
  const graph_contents *found = value != 0 ? of_graph(contents, graph) : NULL;
  if (found == NULL || value >= found->value_count) return NULL;
  *count = found->at[value].count;
  return found->at[value].numbers;
}

static int is_remade(const sl_graph *graph, const sl_value *value) {
  if (value->origin == SL_ORIGIN_INPUT) return graph->outer != NULL;
  return value->origin == SL_ORIGIN_NODE && graph->nodes[value->maker].domain[0] == '\0';
}

static void keep_declared(graph_contents *kept, const sl_graph *graph) {
  for (sl_value_id v = 1; v < graph->value_count; v++) {
    const sl_value *value = &graph->values[v];
    int is_kept = value->is_declared || !is_remade(graph, value);
    kept->declared[v] = is_kept ? value->type : (sl_type){.rank = -1};
  }
}

void sl_contents_enter(sl_onnx_contents *contents, sl_graph *graph) {
  graph_contents *found = of_graph(contents, graph);
  int is_new = found == NULL;
  if (is_new) keep_declared(found = add_graph(contents, graph), graph);
  for (sl_value_id v = 1; v < graph->value_count; v++) {
    if (graph->values[v].origin != SL_ORIGIN_CONSTANT) graph->values[v].type = found->declared[v];
    if (graph->values[v].origin != SL_ORIGIN_CONSTANT) found->at[v] = (content){0};
  }
  if (is_new) load_constants(contents, found);
}
