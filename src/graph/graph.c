// SPDX-License-Identifier: Apache-2.0
// Reading a graph: names, attributes, constants, uses, types. Building is in graph_build.c.
//
// Invariant: nothing here changes a graph. Start at sl_graph_find().
#include "graph/graph.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

int64_t sl_graph_opset(const sl_graph_model *model, const char *domain) {
  for (size_t i = 0; i < model->opset_count; i++)
    if (strcmp(model->opsets[i].domain, domain) == 0) return model->opsets[i].version;
  return 0;
}

sl_value_id sl_graph_find(const sl_graph *graph, const char *name) {
  return (sl_value_id)sl_map_get_text(graph->names, name, 0);
}

sl_node_id sl_graph_find_node(const sl_graph *graph, const char *name) {
  for (sl_node_id n = 1; n < graph->node_count; n++)
    if (!graph->nodes[n].is_removed && strcmp(graph->nodes[n].name, name) == 0) return n;
  sl_value_id value = sl_graph_find(graph, name);
  return value != 0 ? graph->values[value].maker : 0;
}

sl_value_id sl_node_input(const sl_node *node, int32_t index) {
  return index < node->input_count ? node->inputs[index] : 0;
}

sl_value_id sl_node_output(const sl_node *node, int32_t index) {
  return index < node->output_count ? node->outputs[index] : 0;
}

int sl_node_is(const sl_node *node, const char *type) {
  return node->domain[0] == '\0' && strcmp(node->type, type) == 0;
}

const char *sl_node_title(sl_arena *arena, const sl_graph *graph, sl_node_id node) {
  const sl_node *n = &graph->nodes[node];
  const char *name = n->name[0] != '\0' ? n->name : n->origin;
  if (name[0] != '\0') return sl_arena_printf(arena, "%s (%s)", name, n->type);
  sl_value_id output = sl_node_output(n, 0);
  return sl_arena_printf(arena, "%s (%s)", output != 0 ? graph->values[output].name : "?", n->type);
}

// ---- attributes ---------------------------------------------------------------------------------

const sl_attribute *sl_node_attribute(const sl_node *node, const char *name) {
  for (int32_t i = 0; i < node->attribute_count; i++)
    if (strcmp(node->attributes[i].name, name) == 0) return &node->attributes[i];
  return NULL;
}

static const sl_attribute *of_kind(const sl_node *node, const char *name, sl_attribute_kind kind) {
  const sl_attribute *found = sl_node_attribute(node, name);
  return found != NULL && found->kind == kind && found->reference == NULL ? found : NULL;
}

int64_t sl_node_int(const sl_node *node, const char *name, int64_t missing) {
  const sl_attribute *found = of_kind(node, name, SL_ATTRIBUTE_INT);
  return found != NULL ? found->ints[0] : missing;
}

double sl_node_float(const sl_node *node, const char *name, double missing) {
  const sl_attribute *found = of_kind(node, name, SL_ATTRIBUTE_FLOAT);
  return found != NULL ? (double)found->floats[0] : missing;
}

const char *sl_node_string(sl_arena *arena, const sl_node *node, const char *name,
                           const char *missing) {
  const sl_attribute *found = of_kind(node, name, SL_ATTRIBUTE_STRING);
  if (found == NULL) return missing;
  return sl_arena_copy_bytes(arena, found->strings[0].at, found->strings[0].size);
}

const int64_t *sl_node_ints(const sl_node *node, const char *name, int64_t *count) {
  const sl_attribute *found = of_kind(node, name, SL_ATTRIBUTE_INTS);
  *count = found != NULL ? found->count : 0;
  return found != NULL ? found->ints : NULL;
}

int64_t sl_node_int_at(const sl_node *node, const char *name, int32_t index, int64_t missing) {
  int64_t count;
  const int64_t *ints = sl_node_ints(node, name, &count);
  return index < count ? ints[index] : missing;
}

// ---- constants ----------------------------------------------------------------------------------

double sl_constant_number(const sl_constant *constant, int64_t index) {
  sl_dtype dtype = sl_element_dtype(constant->element);
  if (dtype == SL_DTYPE_NONE || (size_t)(index + 1) * sl_dtype_size(dtype) > constant->data.size)
    return NAN;
  return sl_dtype_load(dtype, constant->data.at, (size_t)index);
}

int64_t sl_constant_int(const sl_constant *constant, int64_t index) {
  int64_t value;
  if (constant->element != SL_ELEMENT_I64) return (int64_t)sl_constant_number(constant, index);
  if ((size_t)(index + 1) * sizeof value > constant->data.size) return 0;
  memcpy(&value, constant->data.at + (size_t)index * sizeof value, sizeof value);
  return value;
}

const sl_constant *sl_graph_constant(const sl_graph *graph, sl_value_id value) {
  const sl_value *v = &graph->values[value];
  if (v->origin == SL_ORIGIN_OUTER && graph->outer != NULL)
    return sl_graph_constant(graph->outer, sl_graph_find(graph->outer, v->name));
  if (v->origin == SL_ORIGIN_CONSTANT) return v->constant;
  if (v->origin != SL_ORIGIN_NODE || !sl_node_is(&graph->nodes[v->maker], "Constant")) return NULL;
  const sl_attribute *tensor = of_kind(&graph->nodes[v->maker], "value", SL_ATTRIBUTE_TENSOR);
  return tensor != NULL ? tensor->tensors : NULL;
}

int64_t sl_graph_constant_ints(const sl_graph *graph, sl_value_id value, int64_t *out,
                               int64_t max) {
  const sl_constant *constant = value != 0 ? sl_graph_constant(graph, value) : NULL;
  if (constant == NULL || constant->count > max) return -1;
  if (constant->element != SL_ELEMENT_I64 && constant->element != SL_ELEMENT_I32) return -1;
  for (int64_t i = 0; i < constant->count; i++) out[i] = sl_constant_int(constant, i);
  return constant->count;
}

// ---- uses ---------------------------------------------------------------------------------------

typedef struct graph_list {
  sl_arena *arena;
  sl_graph **at;
  int32_t size, capacity;
} graph_list;

static void list_graph(graph_list *list, sl_graph *graph) {
  if (list->size == list->capacity) {
    list->capacity = list->capacity * 2 + 4;
    sl_graph **grown = SL_NEW_ARRAY(list->arena, sl_graph *, list->capacity);
    if (list->size > 0) memcpy(grown, list->at, (size_t)list->size * sizeof *grown);
    list->at = grown;
  }
  list->at[list->size++] = graph;
}

static void list_graphs_of(graph_list *list, const sl_node *node) {
  for (int32_t a = 0; a < node->attribute_count; a++)
    for (int64_t g = 0; node->attributes[a].graphs != NULL && g < node->attributes[a].count; g++)
      list_graph(list, node->attributes[a].graphs[g]);
}

// Depth costs no stack: the list grows while it is walked.
sl_graph *const *sl_node_graphs(sl_arena *arena, const sl_node *node, int32_t *count) {
  graph_list list = {.arena = arena};
  list_graphs_of(&list, node);
  for (int32_t i = 0; i < list.size; i++)
    for (sl_node_id n = 1; n < list.at[i]->node_count; n++)
      list_graphs_of(&list, &list.at[i]->nodes[n]);
  *count = list.size;
  return list.at;
}

sl_graph **sl_graph_nested(sl_arena *arena, sl_graph *graph, int32_t *count) {
  graph_list list = {.arena = arena};
  list_graph(&list, graph);
  for (int32_t i = 0; i < list.size; i++)
    for (sl_node_id n = 1; n < list.at[i]->node_count; n++)
      if (!list.at[i]->nodes[n].is_removed) list_graphs_of(&list, &list.at[i]->nodes[n]);
  *count = list.size;
  return list.at;
}

const sl_value_id *sl_node_captured(sl_arena *arena, const sl_graph *graph, const sl_node *node,
                                    int32_t *count) {
  int32_t graph_count, most = 0;
  sl_graph *const *inner = sl_node_graphs(arena, node, &graph_count);
  *count = 0;
  for (int32_t i = 0; i < graph_count; i++) most += inner[i]->value_count;
  if (most == 0) return NULL;
  sl_value_id *captured = SL_NEW_ARRAY(arena, sl_value_id, most);
  for (int32_t i = 0; i < graph_count; i++)
    for (sl_value_id v = 1; v < inner[i]->value_count; v++) {
      if (inner[i]->values[v].origin != SL_ORIGIN_OUTER) continue;
      sl_value_id found = sl_graph_find(graph, inner[i]->values[v].name);
      if (found != 0) captured[(*count)++] = found;
    }
  return captured;
}

typedef struct use_walk {
  const sl_graph *graph;
  sl_arena *scratch;
  int32_t *next;  // per value: how many so far, or where the next one goes
  sl_use *at;     // NULL while counting
} use_walk;

static void note_use(use_walk *w, sl_value_id value, sl_node_id node, int32_t slot) {
  if (value == 0) return;
  int32_t index = w->next[value]++;
  if (w->at != NULL) w->at[index] = (sl_use){node, slot};
}

static void note_inner(use_walk *w, sl_node_id node) {
  int32_t count;
  const sl_value_id *captured =
      sl_node_captured(w->scratch, w->graph, &w->graph->nodes[node], &count);
  for (int32_t i = 0; i < count; i++) note_use(w, captured[i], node, -1);
}

static void walk_uses(use_walk *w) {
  for (sl_node_id n = 1; n < w->graph->node_count; n++) {
    const sl_node *node = &w->graph->nodes[n];
    if (node->is_removed) continue;
    for (int32_t i = 0; i < node->input_count; i++) note_use(w, node->inputs[i], n, i);
    note_inner(w, n);
  }
}

sl_uses sl_graph_uses(const sl_graph *graph, sl_arena *arena) {
  int32_t *first = SL_NEW_ARRAY(arena, int32_t, graph->value_count + 2);
  sl_arena *scratch = sl_arena_new(NULL, "uses");
  int32_t *next = SL_NEW_ARRAY(scratch, int32_t, graph->value_count + 1);
  use_walk walk = {.graph = graph, .scratch = scratch, .next = next};
  walk_uses(&walk);
  for (int32_t v = 0; v < graph->value_count; v++) {
    first[v + 1] = first[v] + next[v];
    next[v] = first[v];
  }
  walk.at = SL_NEW_ARRAY(arena, sl_use, first[graph->value_count] + 1);
  walk_uses(&walk);
  sl_arena_free(scratch);
  return (sl_uses){first, walk.at};
}

// ---- types --------------------------------------------------------------------------------------

int sl_dim_equal(sl_dim a, sl_dim b) {
  return a.fixed != SL_DIM_UNKNOWN && a.fixed == b.fixed && a.per_batch == b.per_batch;
}

int sl_dim_is(sl_dim dim, int64_t size) { return dim.fixed == size && dim.per_batch == 0; }

int sl_type_is_known(const sl_type *type) {
  if (type->element == SL_ELEMENT_NONE || type->rank < 0) return 0;
  for (int32_t i = 0; i < type->rank; i++)
    if (type->dims[i].fixed == SL_DIM_UNKNOWN) return 0;
  return 1;
}

sl_dim sl_type_elements(const sl_type *type) {
  sl_dim total = SL_DIM(1);
  if (type->rank < 0) return SL_DIM(SL_DIM_UNKNOWN);
  for (int32_t i = 0; i < type->rank; i++) {
    sl_dim dim = type->dims[i];
    int both_grow = dim.per_batch != 0 && total.per_batch != 0;
    if (dim.fixed == SL_DIM_UNKNOWN || both_grow) return SL_DIM(SL_DIM_UNKNOWN);
    int64_t grown, more;
    if (__builtin_mul_overflow(total.per_batch, dim.fixed, &grown) ||
        __builtin_mul_overflow(total.fixed, dim.per_batch, &more) ||
        __builtin_add_overflow(grown, more, &total.per_batch) ||
        __builtin_mul_overflow(total.fixed, dim.fixed, &total.fixed))
      return SL_DIM(SL_DIM_UNKNOWN);
  }
  return total;
}

static void dim_text(sl_text *text, sl_dim dim) {
  if (dim.fixed == SL_DIM_UNKNOWN) {
    sl_text_puts(text, dim.symbol != NULL ? dim.symbol : "?");
  } else if (dim.per_batch == 0) {
    sl_text_printf(text, "%lld", (long long)dim.fixed);
  } else {
    if (dim.per_batch != 1) sl_text_printf(text, "%lld", (long long)dim.per_batch);
    sl_text_putc(text, 'N');
    if (dim.fixed != 0) sl_text_printf(text, "+%lld", (long long)dim.fixed);
  }
}

const char *sl_type_text(sl_arena *arena, const sl_type *type) {
  sl_text text = {0};
  sl_text_printf(&text, "%s[", sl_element_name(type->element));
  if (type->rank < 0) sl_text_puts(&text, "...");
  for (int32_t i = 0; i < type->rank; i++) {
    if (i > 0) sl_text_putc(&text, ',');
    dim_text(&text, type->dims[i]);
  }
  sl_text_putc(&text, ']');
  return sl_text_take(&text, arena);
}
