// SPDX-License-Identifier: Apache-2.0
// Building and changing a graph; the only file that writes its arrays.
//
// Invariant: after every call names are unique and each value's maker is right. Start at
// sl_graph_add_value() and sl_graph_add_node().
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "graph/graph.h"

sl_graph_model *sl_graph_model_new(sl_arena *arena) {
  sl_graph_model *model = SL_NEW(arena, sl_graph_model);
  *model = (sl_graph_model){.arena = arena,
                            .ir_version = 10,
                            .producer = "",
                            .producer_version = "",
                            .domain = "",
                            .doc = ""};
  return model;
}

sl_graph *sl_graph_new(sl_arena *arena, sl_graph *outer, const char *name) {
  sl_graph *graph = SL_NEW(arena, sl_graph);
  *graph = (sl_graph){.arena = arena,
                      .name = sl_arena_copy(arena, name),
                      .outer = outer,
                      .nodes = SL_NEW(arena, sl_node),
                      .node_count = 1,
                      .node_capacity = 1,
                      .values = SL_NEW(arena, sl_value),
                      .value_count = 1,
                      .value_capacity = 1,
                      .names = sl_map_new(arena)};
  return graph;
}

void sl_graph_set_opset(sl_graph_model *model, const char *domain, int64_t version) {
  for (size_t i = 0; i < model->opset_count; i++)
    if (strcmp(model->opsets[i].domain, domain) == 0) {
      model->opsets[i].version = version;
      return;
    }
  sl_opset *grown = SL_NEW_ARRAY(model->arena, sl_opset, model->opset_count + 1);
  if (model->opset_count > 0) memcpy(grown, model->opsets, model->opset_count * sizeof *grown);
  grown[model->opset_count++] = (sl_opset){sl_arena_copy(model->arena, domain), version};
  model->opsets = grown;
}

// Room for one more in an array of the arena.
static void *room(sl_arena *arena, void *at, int32_t count, int32_t *capacity, size_t size) {
  if (count < *capacity) return at;
  int32_t wanted = *capacity < 8 ? 16 : *capacity * 2;
  void *grown = sl_arena_push(arena, (size_t)wanted * size);
  if (count > 0) memcpy(grown, at, (size_t)count * size);
  *capacity = wanted;
  return grown;
}

// ---- values -------------------------------------------------------------------------------------

const char *sl_graph_fresh_name(sl_graph *graph, const char *hint) {
  if (hint[0] != '\0' && sl_graph_find(graph, hint) == 0) return sl_arena_copy(graph->arena, hint);
  for (;;) {
    char *name = sl_arena_printf(graph->arena, "%s_%lld", hint, (long long)++graph->serial);
    if (sl_graph_find(graph, name) == 0) return name;
  }
}

sl_value_id sl_graph_add_value(sl_graph *graph, const char *name, sl_origin origin) {
  if (sl_graph_find(graph, name) != 0) return 0;
  graph->values = room(graph->arena, graph->values, graph->value_count, &graph->value_capacity,
                       sizeof *graph->values);
  sl_value_id value = graph->value_count++;
  graph->values[value] =
      (sl_value){.name = sl_arena_copy(graph->arena, name), .type = {.rank = -1}, .origin = origin};
  sl_map_set_text(graph->names, name, value);
  return value;
}

sl_value_id sl_graph_resolve(sl_graph *graph, const char *name) {
  sl_graph *around = graph;
  while (around != NULL && sl_graph_find(around, name) == 0) around = around->outer;
  if (around == NULL) return 0;
  for (sl_graph *at = graph; at != around; at = at->outer)
    (void)sl_graph_add_value(at, name, SL_ORIGIN_OUTER);
  return sl_graph_find(graph, name);
}

void sl_graph_set_type(sl_graph *graph, sl_value_id value, int32_t element, int32_t rank,
                       const sl_dim *dims) {
  sl_type *type = &graph->values[value].type;
  *type = (sl_type){.element = element, .rank = rank};
  if (rank <= 0) return;
  sl_dim *copy = SL_NEW_ARRAY(graph->arena, sl_dim, rank);
  memcpy(copy, dims, (size_t)rank * sizeof *copy);
  type->dims = copy;
}

sl_value_id sl_graph_add_input(sl_graph *graph, const char *hint, int32_t element, int32_t rank,
                               const sl_dim *dims) {
  sl_value_id value = sl_graph_add_value(graph, sl_graph_fresh_name(graph, hint), SL_ORIGIN_INPUT);
  sl_graph_set_type(graph, value, element, rank, dims);
  graph->values[value].is_input = true;
  graph->inputs = room(graph->arena, graph->inputs, graph->input_count, &graph->input_capacity,
                       sizeof *graph->inputs);
  graph->inputs[graph->input_count++] = value;
  return value;
}

void sl_graph_make_constant(sl_graph *graph, sl_value_id value, const sl_constant *constant) {
  sl_constant *copy = SL_NEW(graph->arena, sl_constant);
  *copy = *constant;
  sl_dim *dims = SL_NEW_ARRAY(graph->arena, sl_dim, constant->rank + 1);
  for (int32_t i = 0; i < constant->rank; i++) dims[i] = SL_DIM(constant->dims[i]);
  sl_value *v = &graph->values[value];
  v->origin = SL_ORIGIN_CONSTANT;
  v->constant = copy;
  v->maker = 0;
  v->type = (sl_type){.element = constant->element, .rank = constant->rank, .dims = dims};
}

sl_value_id sl_graph_borrow_constant(sl_graph *graph, const char *hint,
                                     const sl_constant *constant) {
  sl_value_id value =
      sl_graph_add_value(graph, sl_graph_fresh_name(graph, hint), SL_ORIGIN_CONSTANT);
  sl_graph_make_constant(graph, value, constant);
  return value;
}

void sl_graph_drop(sl_graph *graph, sl_value_id value) {
  sl_value *v = &graph->values[value];
  if (sl_graph_find(graph, v->name) == value) sl_map_set_text(graph->names, v->name, 0);
  v->origin = SL_ORIGIN_NONE;
  v->constant = NULL;
  v->maker = 0;
}

sl_value_id sl_graph_add_constant(sl_graph *graph, const char *hint, int32_t element, int32_t rank,
                                  const int64_t *dims, const void *data) {
  int64_t *own = SL_NEW_ARRAY(graph->arena, int64_t, rank + 1);
  int64_t count = 1;
  for (int32_t i = 0; i < rank; i++) count *= own[i] = dims[i];
  size_t size = sl_element_bytes(element, count);
  uint8_t *bytes = sl_arena_push(graph->arena, size > 0 ? size : 1);
  if (size > 0) memcpy(bytes, data, size);
  return sl_graph_borrow_constant(graph, hint,
                                  &(sl_constant){.element = element,
                                                 .rank = rank,
                                                 .dims = own,
                                                 .count = count,
                                                 .data = {.at = bytes, .size = size}});
}

sl_value_id sl_graph_add_ints(sl_graph *graph, const char *hint, const int64_t *ints,
                              int64_t count) {
  return sl_graph_add_constant(graph, hint, SL_ELEMENT_I64, 1, &count, ints);
}

void sl_graph_add_output(sl_graph *graph, sl_value_id value) {
  graph->outputs = room(graph->arena, graph->outputs, graph->output_count, &graph->output_capacity,
                        sizeof *graph->outputs);
  graph->outputs[graph->output_count++] = value;
  graph->values[value].is_output = true;
}

void sl_graph_set_outputs(sl_graph *graph, const sl_value_id *values, int32_t count) {
  for (int32_t i = 0; i < graph->output_count; i++)
    graph->values[graph->outputs[i]].is_output = false;
  graph->output_count = 0;
  for (int32_t i = 0; i < count; i++) sl_graph_add_output(graph, values[i]);
}

void sl_graph_set_inputs(sl_graph *graph, const sl_value_id *values, int32_t count) {
  for (int32_t i = 0; i < graph->input_count; i++) graph->values[graph->inputs[i]].is_input = false;
  graph->input_count = 0;
  for (int32_t i = 0; i < count; i++) {
    graph->inputs = room(graph->arena, graph->inputs, graph->input_count, &graph->input_capacity,
                         sizeof *graph->inputs);
    graph->inputs[graph->input_count++] = values[i];
    sl_value *value = &graph->values[values[i]];
    value->is_input = true;
    if (value->origin != SL_ORIGIN_CONSTANT) value->origin = SL_ORIGIN_INPUT;
    value->maker = 0;
  }
}

void sl_graph_rename(sl_graph *graph, sl_value_id value, const char *name) {
  sl_map_set_text(graph->names, graph->values[value].name, 0);
  graph->values[value].name = sl_arena_copy(graph->arena, name);
  sl_map_set_text(graph->names, name, value);
}

// ---- nodes --------------------------------------------------------------------------------------

static const sl_value_id *copy_ids(sl_arena *arena, const sl_value_id *ids, int32_t count) {
  sl_value_id *copy = SL_NEW_ARRAY(arena, sl_value_id, count + 1);
  if (count > 0) memcpy(copy, ids, (size_t)count * sizeof *copy);
  return copy;
}

sl_node_id sl_graph_add_node(sl_graph *graph, const char *domain, const char *type,
                             const char *name, const sl_value_id *inputs, int32_t input_count,
                             const sl_value_id *outputs, int32_t output_count) {
  sl_arena *arena = graph->arena;
  graph->nodes =
      room(arena, graph->nodes, graph->node_count, &graph->node_capacity, sizeof *graph->nodes);
  sl_node_id node = graph->node_count++;
  graph->nodes[node] = (sl_node){.domain = sl_arena_copy(arena, domain),
                                 .type = sl_arena_copy(arena, type),
                                 .name = sl_arena_copy(arena, name),
                                 .origin = "",
                                 .inputs = copy_ids(arena, inputs, input_count),
                                 .outputs = copy_ids(arena, outputs, output_count),
                                 .input_count = input_count,
                                 .output_count = output_count};
  for (int32_t i = 0; i < output_count; i++) {
    if (outputs[i] == 0) continue;
    sl_value *value = &graph->values[outputs[i]];
    value->origin = SL_ORIGIN_NODE;
    value->maker = node;
    value->maker_slot = i;
  }
  return node;
}

enum { OUTPUTS_MAX = 256 };

sl_value_id sl_graph_apply(sl_graph *graph, const char *type, const char *hint, const char *origin,
                           const sl_value_id *inputs, int32_t input_count, int32_t output_count) {
  sl_value_id outputs[OUTPUTS_MAX];
  SL_ASSERT(output_count > 0 && output_count <= OUTPUTS_MAX);
  for (int32_t i = 0; i < output_count; i++)
    outputs[i] = sl_graph_add_value(graph, sl_graph_fresh_name(graph, hint), SL_ORIGIN_NODE);
  sl_node_id node =
      sl_graph_add_node(graph, "", type, "", inputs, input_count, outputs, output_count);
  graph->nodes[node].origin = sl_arena_copy(graph->arena, origin);
  return outputs[0];
}

void sl_graph_set_attribute(sl_graph *graph, sl_node_id node, const sl_attribute *attribute) {
  sl_node *n = &graph->nodes[node];
  sl_attribute *grown = SL_NEW_ARRAY(graph->arena, sl_attribute, n->attribute_count + 1);
  int32_t count = 0;
  for (int32_t i = 0; i < n->attribute_count; i++)
    if (strcmp(n->attributes[i].name, attribute->name) != 0) grown[count++] = n->attributes[i];
  grown[count] = *attribute;
  grown[count++].name = sl_arena_copy(graph->arena, attribute->name);
  n->attributes = grown;
  n->attribute_count = count;
}

void sl_graph_unset(sl_graph *graph, sl_node_id node, const char *name) {
  sl_node *n = &graph->nodes[node];
  sl_attribute *kept = SL_NEW_ARRAY(graph->arena, sl_attribute, n->attribute_count + 1);
  int32_t count = 0;
  for (int32_t i = 0; i < n->attribute_count; i++)
    if (strcmp(n->attributes[i].name, name) != 0) kept[count++] = n->attributes[i];
  n->attributes = kept;
  n->attribute_count = count;
}

void sl_graph_set_ints(sl_graph *graph, sl_node_id node, const char *name, const int64_t *values,
                       int64_t count) {
  int64_t *copy = SL_NEW_ARRAY(graph->arena, int64_t, count + 1);
  if (count > 0) memcpy(copy, values, (size_t)count * sizeof *copy);
  sl_graph_set_attribute(
      graph, node,
      &(sl_attribute){.name = name, .kind = SL_ATTRIBUTE_INTS, .count = count, .ints = copy});
}

void sl_graph_set_int(sl_graph *graph, sl_node_id node, const char *name, int64_t value) {
  int64_t *copy = SL_NEW(graph->arena, int64_t);
  *copy = value;
  sl_graph_set_attribute(
      graph, node,
      &(sl_attribute){.name = name, .kind = SL_ATTRIBUTE_INT, .count = 1, .ints = copy});
}

void sl_graph_set_float(sl_graph *graph, sl_node_id node, const char *name, double value) {
  float *copy = SL_NEW(graph->arena, float);
  *copy = (float)value;
  sl_graph_set_attribute(
      graph, node,
      &(sl_attribute){.name = name, .kind = SL_ATTRIBUTE_FLOAT, .count = 1, .floats = copy});
}

void sl_graph_set_string(sl_graph *graph, sl_node_id node, const char *name, const char *value) {
  sl_bytes *copy = SL_NEW(graph->arena, sl_bytes);
  *copy =
      (sl_bytes){.at = (const uint8_t *)sl_arena_copy(graph->arena, value), .size = strlen(value)};
  sl_graph_set_attribute(
      graph, node,
      &(sl_attribute){.name = name, .kind = SL_ATTRIBUTE_STRING, .count = 1, .strings = copy});
}

void sl_graph_set_inputs_of(sl_graph *graph, sl_node_id node, const sl_value_id *inputs,
                            int32_t count) {
  graph->nodes[node].inputs = copy_ids(graph->arena, inputs, count);
  graph->nodes[node].input_count = count;
}

void sl_graph_set_input(sl_graph *graph, sl_node_id node, int32_t slot, sl_value_id value) {
  sl_node *n = &graph->nodes[node];
  int32_t count = slot < n->input_count ? n->input_count : slot + 1;
  sl_value_id *inputs = SL_NEW_ARRAY(graph->arena, sl_value_id, count);
  if (n->input_count > 0) memcpy(inputs, n->inputs, (size_t)n->input_count * sizeof *inputs);
  inputs[slot] = value;
  n->inputs = inputs;
  n->input_count = count;
}

void sl_graph_set_node_type(sl_graph *graph, sl_node_id node, const char *domain,
                            const char *type) {
  graph->nodes[node].domain = sl_arena_copy(graph->arena, domain);
  graph->nodes[node].type = sl_arena_copy(graph->arena, type);
}

void sl_graph_remove_node(sl_graph *graph, sl_node_id node) {
  sl_node *n = &graph->nodes[node];
  n->is_removed = true;
  for (int32_t i = 0; i < n->output_count; i++) {
    sl_value *value = &graph->values[n->outputs[i]];
    if (n->outputs[i] != 0 && value->maker == node) {
      value->origin = SL_ORIGIN_NONE;
      value->maker = 0;
    }
  }
}

// ---- replacing ----------------------------------------------------------------------------------

// Inner graphs read outer values by name.
static void rename_outer(sl_graph *graph, const char *from, const char *to) {
  sl_arena *scratch = sl_arena_new(NULL, "rename");
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    int32_t count;
    sl_graph *const *inner = sl_node_graphs(scratch, &graph->nodes[n], &count);
    for (int32_t i = 0; i < count; i++) {
      sl_value_id value = sl_graph_find(inner[i], from);
      if (value != 0 && inner[i]->values[value].origin == SL_ORIGIN_OUTER)
        sl_graph_rename(inner[i], value, to);
    }
  }
  sl_arena_free(scratch);
}

// All inputs at once: a copy for each would be quadratic in a node that reads a value many times.
static void redirect_node(sl_graph *graph, sl_node *node, sl_value_id from, sl_value_id to) {
  int32_t at = 0;
  while (at < node->input_count && node->inputs[at] != from) at++;
  if (at == node->input_count) return;
  sl_value_id *inputs = SL_NEW_ARRAY(graph->arena, sl_value_id, node->input_count);
  for (int32_t i = 0; i < node->input_count; i++)
    inputs[i] = node->inputs[i] == from ? to : node->inputs[i];
  node->inputs = inputs;
}

void sl_graph_redirect(sl_graph *graph, sl_value_id from, sl_value_id to, sl_node_id except) {
  for (sl_node_id n = 1; n < graph->node_count; n++)
    if (!graph->nodes[n].is_removed && n != except)
      redirect_node(graph, &graph->nodes[n], from, to);
  rename_outer(graph, graph->values[from].name, graph->values[to].name);
}

static void replace_output(sl_graph *graph, sl_value_id from, sl_value_id to) {
  for (int32_t i = 0; i < graph->output_count; i++)
    if (graph->outputs[i] == from) graph->outputs[i] = to;
  graph->values[from].is_output = false;
  graph->values[to].is_output = true;
}

void sl_graph_replace(sl_graph *graph, sl_value_id from, sl_value_id to) {
  sl_graph_redirect(graph, from, to, 0);
  if (!graph->values[from].is_output) return;
  const char *name = graph->values[from].name;
  sl_graph_rename(graph, from, sl_graph_fresh_name(graph, "replaced"));
  // An input, a constant or another output keeps its own name: an Identity carries this one.
  if (graph->values[to].is_output || graph->values[to].origin != SL_ORIGIN_NODE) {
    sl_value_id copy = sl_graph_add_value(graph, name, SL_ORIGIN_NODE);
    graph->values[copy].type = graph->values[to].type;
    sl_graph_add_node(graph, "", "Identity", "", &to, 1, &copy, 1);
    replace_output(graph, from, copy);
    return;
  }
  const char *before = graph->values[to].name;
  sl_graph_rename(graph, to, name);
  rename_outer(graph, before, name);
  replace_output(graph, from, to);
}
