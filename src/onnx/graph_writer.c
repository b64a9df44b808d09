// SPDX-License-Identifier: Apache-2.0
// Graphs, bodies of functions and their nodes.
//
// Invariant: the list of graphs and their writing walk attributes in one order, so that a graph
// finds its inner ones by counting. Start at sl_writer_graphs().
#include <string.h>

#include "onnx/model_writer.h"

// ---- values -------------------------------------------------------------------------------------

static void write_dim(sl_message *out, sl_dim dim, const char *denotation) {
  sl_message_mark mark = sl_message_begin(out, 1);
  if (dim.fixed != SL_DIM_UNKNOWN && dim.per_batch == 0)
    sl_message_int(out, 1, dim.fixed);
  else if (dim.symbol != NULL)
    sl_message_text(out, 2, dim.symbol);
  else if (dim.fixed == 0 && dim.per_batch == 1)
    sl_message_text(out, 2, "N");
  if (denotation != NULL) sl_message_text(out, 3, denotation);
  sl_message_end(out, mark);
}

static void write_type(sl_message *out, uint32_t field, const sl_type *type) {
  if (type->raw.size > 0) {
    sl_message_bytes(out, field, type->raw);
    return;
  }
  if (type->element == SL_ELEMENT_NONE) return;
  sl_message_mark whole = sl_message_begin(out, field), tensor = sl_message_begin(out, 1);
  sl_message_int(out, 1, type->element);
  if (type->rank >= 0) {
    sl_message_mark shape = sl_message_begin(out, 2);
    for (int32_t i = 0; i < type->rank; i++)
      write_dim(out, type->dims[i],
                type->dim_denotations != NULL ? type->dim_denotations[i] : NULL);
    sl_message_end(out, shape);
  }
  sl_message_end(out, tensor);
  if (type->denotation != NULL) sl_message_text(out, 6, type->denotation);
  sl_message_end(out, whole);
}

static void write_value(sl_message *out, uint32_t field, const sl_value *value) {
  sl_message_mark mark = sl_message_begin(out, field);
  sl_message_text(out, 1, value->name);
  write_type(out, 2, &value->type);
  sl_message_fields(out, value->extra);
  sl_message_end(out, mark);
}

static void write_infos(sl_message *out, uint32_t field, const sl_graph *graph, int with_ports) {
  for (sl_value_id v = 1; v < graph->value_count; v++) {
    const sl_value *value = &graph->values[v];
    int is_port = !with_ports && (value->is_input || value->is_output);
    if (value->is_declared && value->origin != SL_ORIGIN_NONE && !is_port)
      write_value(out, field, value);
  }
}

// ---- weights ------------------------------------------------------------------------------------

static int is_detached(const sl_writer *w, const sl_constant *constant) {
  // A session takes tensors only of types that tensors here can have.
  if (w->for_session && sl_element_dtype(constant->element) == SL_DTYPE_NONE) return 0;
  return w->detach_above_bytes > 0 && !constant->is_sparse &&
         constant->data.size > (size_t)w->detach_above_bytes;
}

// ONNX Runtime drops what nothing reads, and then refuses to be given it.
static int is_forgotten(const sl_writer *w, const sl_uses *uses, const sl_value *value,
                        sl_value_id v) {
  return w->for_session && !value->is_input && !value->is_output && sl_uses_count(uses, v) == 0;
}

static void detach(sl_writer *w, sl_message *out, const sl_value *value) {
  if (w->detached_count == w->detached_capacity) {
    w->detached_capacity = w->detached_capacity * 2 + 16;
    sl_onnx_detached *grown = SL_NEW_ARRAY(w->arena, sl_onnx_detached, w->detached_capacity);
    if (w->detached_count > 0) memcpy(grown, w->detached, w->detached_count * sizeof *grown);
    w->detached = grown;
  }
  w->detached[w->detached_count++] = (sl_onnx_detached){value->name, value->constant};
  int64_t offset =
      (w->data_end + SL_WRITER_ALIGNMENT - 1) / SL_WRITER_ALIGNMENT * SL_WRITER_ALIGNMENT;
  sl_writer_external(out, 5, value->constant, value->name, w->location, offset);
  w->data_end = offset + (int64_t)value->constant->data.size;
}

static void write_initializers(sl_writer *w, sl_message *out, const sl_graph *graph) {
  sl_uses uses = sl_graph_uses(graph, w->arena);
  for (sl_value_id v = 1; v < graph->value_count; v++) {
    const sl_value *value = &graph->values[v];
    if (value->origin != SL_ORIGIN_CONSTANT) continue;
    if (graph == w->model->graph && is_forgotten(w, &uses, value, v)) continue;
    if (graph == w->model->graph && is_detached(w, value->constant))
      detach(w, out, value);
    else
      sl_writer_constant(out, value->constant->is_sparse ? 15 : 5, value->constant, value->name);
  }
}

// ---- nodes --------------------------------------------------------------------------------------

static void write_names(sl_message *out, uint32_t field, const sl_graph *graph,
                        const sl_value_id *values, int32_t count) {
  for (int32_t i = 0; i < count; i++)
    sl_message_text(out, field, values[i] == 0 ? "" : graph->values[values[i]].name);
}

static void write_node(sl_writer *w, sl_writer_graph *at, uint32_t field, const sl_node *node) {
  sl_message *out = &at->message;
  sl_message_mark mark = sl_message_begin(out, field);
  write_names(out, 1, at->graph, node->inputs, node->input_count);
  write_names(out, 2, at->graph, node->outputs, node->output_count);
  if (node->name[0] != '\0') sl_message_text(out, 3, node->name);
  sl_message_text(out, 4, node->type);
  for (int32_t i = 0; i < node->attribute_count; i++)
    sl_writer_attribute(w, at, 5, &node->attributes[i]);
  if (node->domain[0] != '\0') sl_message_text(out, 7, node->domain);
  sl_message_fields(out, node->extra);
  sl_message_end(out, mark);
}

static void write_nodes(sl_writer *w, sl_writer_graph *at, uint32_t field) {
  for (sl_node_id n = 1; n < at->graph->node_count; n++)
    if (!at->graph->nodes[n].is_removed) write_node(w, at, field, &at->graph->nodes[n]);
}

// ---- graphs and functions -----------------------------------------------------------------------

static void write_graph(sl_writer *w, sl_writer_graph *at) {
  const sl_graph *graph = at->graph;
  sl_message *out = &at->message;
  write_nodes(w, at, 1);
  if (graph->name[0] != '\0') sl_message_text(out, 2, graph->name);
  write_initializers(w, out, graph);
  for (int32_t i = 0; i < graph->input_count; i++)
    write_value(out, 11, &graph->values[graph->inputs[i]]);
  for (int32_t i = 0; i < graph->output_count; i++)
    write_value(out, 12, &graph->values[graph->outputs[i]]);
  write_infos(out, 13, graph, 0);
  sl_message_fields(out, graph->extra);
}

static void write_function(sl_writer *w, sl_writer_graph *at) {
  const sl_function *function = at->function;
  const sl_graph *body = at->graph;
  sl_message *out = &at->message;
  sl_message_text(out, 1, function->name);
  write_names(out, 4, body, body->inputs, body->input_count);
  write_names(out, 5, body, body->outputs, body->output_count);
  for (size_t i = 0; i < function->attribute_count; i++)
    sl_message_text(out, 6, function->attributes[i]);
  for (size_t i = 0; i < function->default_count; i++)
    sl_writer_attribute(w, at, 11, &function->defaults[i]);
  write_nodes(w, at, 7);
  for (size_t i = 0; i < function->opset_count; i++) sl_writer_opset(out, 9, &function->opsets[i]);
  if (function->domain[0] != '\0') sl_message_text(out, 10, function->domain);
  write_infos(out, 12, body, 1);
  if (function->overload[0] != '\0') sl_message_text(out, 13, function->overload);
  sl_message_fields(out, function->extra);
}

// ---- the list of graphs -------------------------------------------------------------------------

static void list_graph(sl_writer *w, const sl_graph *graph, const sl_function *function) {
  if (w->graph_count == w->graph_capacity) {
    w->graph_capacity = w->graph_capacity * 2 + 8;
    sl_writer_graph *grown = SL_NEW_ARRAY(w->arena, sl_writer_graph, w->graph_capacity);
    if (w->graph_count > 0) memcpy(grown, w->graphs, w->graph_count * sizeof *grown);
    w->graphs = grown;
  }
  w->graphs[w->graph_count++] =
      (sl_writer_graph){.graph = graph, .function = function, .message = {.arena = w->arena}};
}

static void list_inner(sl_writer *w, const sl_attribute *attributes, size_t count) {
  for (size_t a = 0; a < count; a++)
    for (int64_t g = 0; attributes[a].graphs != NULL && g < attributes[a].count; g++)
      list_graph(w, attributes[a].graphs[g], NULL);
}

static void list_graphs(sl_writer *w) {
  list_graph(w, w->model->graph, NULL);
  for (size_t i = 0; i < w->model->function_count; i++)
    list_graph(w, w->model->functions[i].body, &w->model->functions[i]);
  for (size_t i = 0; i < w->graph_count; i++) {
    const sl_graph *graph = w->graphs[i].graph;
    const sl_function *function = w->graphs[i].function;
    w->graphs[i].next_child = w->graph_count;
    if (function != NULL) list_inner(w, function->defaults, function->default_count);
    for (sl_node_id n = 1; n < graph->node_count; n++)
      if (!graph->nodes[n].is_removed)
        list_inner(w, graph->nodes[n].attributes, (size_t)graph->nodes[n].attribute_count);
  }
}

void sl_writer_graphs(sl_writer *w) {
  list_graphs(w);
  for (size_t i = w->graph_count; i-- > 0;) {
    if (w->graphs[i].function != NULL)
      write_function(w, &w->graphs[i]);
    else
      write_graph(w, &w->graphs[i]);
  }
}
