// SPDX-License-Identifier: Apache-2.0
// Graphs, bodies of functions and their nodes.
//
// A message is walked several times, each time for one kind of field (lengths are skipped, so
// weights are not touched): inputs, initializers, nodes with what they make, then what nodes read,
// outputs, and what is said about values. So nodes may stand in any order.
// Invariant: after this every name a node reads has a value. Start at sl_reader_read_graph().
#include <string.h>

#include "onnx/model_reader.h"

// Numbers of the fields; functions have the same things in other places.
typedef struct layout {
  uint32_t input, initializer, sparse, node, output, info;
  uint64_t known;
} layout;

#define BIT(n) ((uint64_t)1 << (n))

static const layout graph_layout = {
    .input = 11,
    .initializer = 5,
    .sparse = 15,
    .node = 1,
    .output = 12,
    .info = 13,
    .known = BIT(1) | BIT(2) | BIT(5) | BIT(11) | BIT(12) | BIT(13) | BIT(15)};
static const layout function_layout = {.input = 4,
                                       .node = 7,
                                       .output = 5,
                                       .info = 12,
                                       .known = BIT(1) | BIT(4) | BIT(5) | BIT(6) | BIT(7) |
                                                BIT(9) | BIT(10) | BIT(11) | BIT(12) | BIT(13)};

typedef struct graph_reader {
  sl_reader *r;
  sl_graph *graph;
  const layout *layout;
  int32_t depth;
  int is_function;
  sl_node_id node;  // whose inputs are read next
} graph_reader;

static sl_status fail_value(const graph_reader *g, const char *name, const char *what,
                            sl_error *err) {
  return sl_fail(err, SL_E_MODEL, "\"%.80s\" in graph \"%.80s\" of model \"%s\" %s", name,
                 g->graph->name, g->r->scan.name, what);
}

static sl_status fail_node(const graph_reader *g, sl_node_id node, const char *verb,
                           const char *name, const char *what, sl_error *err) {
  return sl_fail(err, SL_E_MODEL, "node \"%.120s\" of model \"%s\" %s \"%.80s\"%s",
                 sl_node_title(g->r->scan.arena, g->graph, node), g->r->scan.name, verb, name,
                 what);
}

// ---- values -------------------------------------------------------------------------------------

// `name` must be free.
static sl_status add_value(graph_reader *g, const char *name, sl_origin origin, sl_value_id *out,
                           sl_error *err) {
  if (++g->r->scan.items > g->r->scan.limits.items_max)
    return sl_fail(err, SL_E_LIMIT, "model \"%s\" lists more than %lld things", g->r->scan.name,
                   (long long)g->r->scan.limits.items_max);
  SL_TRY(sl_scan_check_memory(&g->r->scan, 2 * sizeof(sl_value), err));
  *out = sl_graph_add_value(g->graph, name, origin);
  return SL_OK;
}

static sl_value_id find(const sl_graph *graph, sl_wire name) {
  if (name.at == name.end) return 0;
  return (sl_value_id)sl_map_get(graph->names, name.at, (size_t)(name.end - name.at), 0);
}

static sl_status new_text(graph_reader *g, sl_wire name, const char **out, sl_error *err) {
  return sl_scan_text(&g->r->scan, &(sl_wire_field){.bytes = name}, out, err);
}

static sl_status resolve(graph_reader *g, sl_wire name, sl_value_id *out, sl_error *err) {
  *out = find(g->graph, name);
  if (*out != 0 || g->graph->outer == NULL) return SL_OK;
  // Each graph on the way may get a value.
  SL_TRY(sl_scan_check_memory(&g->r->scan, (size_t)g->depth * sizeof(sl_value), err));
  const char *text;
  SL_TRY(new_text(g, name, &text, err));
  *out = sl_graph_resolve(g->graph, text);
  return SL_OK;
}

typedef struct value_info {
  sl_wire name, type;
} value_info;

static sl_status look_at_info(graph_reader *g, sl_wire message, value_info *out, sl_error *err) {
  sl_wire_field field;
  *out = (value_info){0};
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&g->r->scan, &message, &field, &more, err));
    if (!more || field.type != SL_WIRE_BYTES) continue;
    if (field.number == 1) out->name = field.bytes;
    if (field.number == 2) out->type = field.bytes;
  }
  return SL_OK;
}

// What a ValueInfoProto says about a value that is there.
static sl_status declare(graph_reader *g, sl_value_id id, sl_wire message, const value_info *info,
                         sl_error *err) {
  sl_value *value = &g->graph->values[id];
  value->is_declared = true;
  if (info->type.at != NULL) SL_TRY(sl_reader_type(g->r, info->type, &value->type, err));
  return sl_reader_extra(g->r, message, BIT(1) | BIT(2), &value->extra, err);
}

static sl_status add_input(graph_reader *g, sl_wire message, sl_error *err) {
  value_info info = {.name = message};
  if (!g->is_function) SL_TRY(look_at_info(g, message, &info, err));
  const char *name;
  SL_TRY(new_text(g, info.name, &name, err));
  if (name[0] == '\0') return fail_value(g, "", "is an input without a name", err);
  if (find(g->graph, info.name) != 0) return fail_value(g, name, "is an input twice", err);
  sl_value_id value;
  SL_TRY(add_value(g, name, SL_ORIGIN_INPUT, &value, err));
  g->graph->values[value].is_input = true;
  g->graph->inputs[g->graph->input_count++] = value;
  return g->is_function ? SL_OK : declare(g, value, message, &info, err);
}

// ---- initializers -------------------------------------------------------------------------------

static sl_status set_constant_type(graph_reader *g, sl_value *value, sl_error *err) {
  const sl_constant *constant = value->constant;
  void *at;
  SL_TRY(sl_reader_new(g->r, constant->rank, sizeof(sl_dim), &at, err));
  sl_dim *dims = at;
  for (int32_t i = 0; i < constant->rank; i++) dims[i] = SL_DIM(constant->dims[i]);
  value->type = (sl_type){.element = constant->element, .rank = constant->rank, .dims = dims};
  return SL_OK;
}

static sl_status add_initializer(graph_reader *g, sl_wire message, int is_sparse, sl_error *err) {
  SL_TRY(sl_scan_check_memory(&g->r->scan, sizeof(sl_constant), err));
  sl_constant *constant = SL_NEW(g->r->scan.arena, sl_constant);
  const char *name;
  if (is_sparse)
    SL_TRY(sl_reader_sparse(g->r, message, constant, &name, err));
  else
    SL_TRY(sl_reader_tensor(g->r, message, constant, &name, err));
  if (name[0] == '\0') return fail_value(g, "", "is an initializer without a name", err);
  sl_value_id id = sl_graph_find(g->graph, name);
  if (id != 0 && g->graph->values[id].origin != SL_ORIGIN_INPUT)
    return fail_value(g, name, "is an initializer twice", err);
  int is_new = id == 0;
  if (is_new) SL_TRY(add_value(g, name, SL_ORIGIN_CONSTANT, &id, err));
  sl_value *value = &g->graph->values[id];
  value->origin = SL_ORIGIN_CONSTANT;
  value->constant = constant;
  return is_new ? set_constant_type(g, value, err) : SL_OK;
}

// ---- nodes --------------------------------------------------------------------------------------

enum { NODE_KNOWN = BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(7) };

static sl_status read_names(graph_reader *g, sl_wire message, sl_node *node, sl_error *err) {
  sl_wire_field field;
  node->domain = node->type = node->name = "";
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&g->r->scan, &message, &field, &more, err));
    if (!more || field.type != SL_WIRE_BYTES) continue;
    if (field.number == 3) SL_TRY(sl_scan_text(&g->r->scan, &field, &node->name, err));
    if (field.number == 4) SL_TRY(sl_scan_text(&g->r->scan, &field, &node->type, err));
    if (field.number == 7) SL_TRY(sl_scan_text(&g->r->scan, &field, &node->domain, err));
    node->input_count += field.number == 1;
    node->output_count += field.number == 2;
    node->attribute_count += field.number == 5;
  }
  if (strcmp(node->domain, "ai.onnx") == 0) node->domain = "";
  if (node->type[0] != '\0') return SL_OK;
  return fail_value(g, node->name, "is a node that does not say its operator", err);
}

static sl_status add_outputs(graph_reader *g, sl_wire message, const sl_node *node,
                             sl_value_id *out, sl_error *err) {
  sl_wire_field field;
  for (int32_t i = 0; sl_wire_next(&message, &field) == SL_WIRE_FIELD;) {
    if (field.number != 2 || field.type != SL_WIRE_BYTES) continue;
    sl_value_id *value = &out[i++];
    if (field.bytes.at == field.bytes.end) continue;
    const char *name;
    SL_TRY(new_text(g, field.bytes, &name, err));
    if (find(g->graph, field.bytes) != 0)
      return sl_fail(err, SL_E_MODEL,
                     "node \"%.80s (%s)\" of model \"%s\" makes \"%.80s\", which is there already",
                     node->name, node->type, g->r->scan.name, name);
    SL_TRY(add_value(g, name, SL_ORIGIN_NODE, value, err));
  }
  return SL_OK;
}

static sl_status check_attribute_names(graph_reader *g, sl_node_id id, sl_error *err) {
  const sl_node *node = &g->graph->nodes[id];
  if (node->attribute_count < 2) return SL_OK;
  sl_arena *scratch = sl_arena_new(NULL, "attributes");
  sl_map *names = sl_map_new(scratch);
  const char *twice = NULL;
  for (int32_t i = 0; i < node->attribute_count && twice == NULL; i++)
    if (!sl_map_set_text(names, node->attributes[i].name, 1)) twice = node->attributes[i].name;
  sl_arena_free(scratch);
  return twice == NULL ? SL_OK : fail_node(g, id, "has two attributes", twice, "", err);
}

static sl_status read_attributes(graph_reader *g, sl_wire message, sl_node_id id, int32_t count,
                                 sl_error *err) {
  if (count == 0) return SL_OK;
  void *at;
  SL_TRY(sl_reader_new(g->r, count, sizeof(sl_attribute), &at, err));
  sl_attribute *attributes = at;
  sl_wire_field field;
  for (int32_t i = 0; sl_wire_next(&message, &field) == SL_WIRE_FIELD;)
    if (field.number == 5 && field.type == SL_WIRE_BYTES) {
      sl_status status =
          sl_reader_attribute(g->r, g->graph, field.bytes, g->depth, &attributes[i++], err);
      if (status != SL_OK) {
        sl_context(err, "node \"%.120s\"", sl_node_title(g->r->scan.arena, g->graph, id));
        return status;
      }
    }
  g->graph->nodes[id].attributes = attributes;
  g->graph->nodes[id].attribute_count = count;
  return check_attribute_names(g, id, err);
}

static sl_status add_node(graph_reader *g, sl_wire message, sl_error *err) {
  sl_scan *scan = &g->r->scan;
  if (++g->r->nodes > scan->limits.nodes_max)
    return sl_fail(err, SL_E_LIMIT, "model \"%s\" has more than %lld nodes", scan->name,
                   (long long)scan->limits.nodes_max);
  SL_TRY(sl_scan_check_memory(scan, 2 * sizeof(sl_node), err));
  sl_node node = {0};
  SL_TRY(read_names(g, message, &node, err));
  void *at;
  SL_TRY(sl_reader_new(g->r, node.output_count, sizeof(sl_value_id), &at, err));
  sl_value_id *outputs = at;
  SL_TRY(add_outputs(g, message, &node, outputs, err));
  sl_node_id id = sl_graph_add_node(g->graph, node.domain, node.type, node.name, NULL, 0, outputs,
                                    node.output_count);
  sl_node *added = &g->graph->nodes[id];
  added->origin = added->name;
  if (added->name[0] == '\0' && node.output_count > 0 && outputs[0] != 0)
    added->origin = g->graph->values[outputs[0]].name;
  SL_TRY(sl_reader_extra(g->r, message, NODE_KNOWN, &added->extra, err));
  return read_attributes(g, message, id, node.attribute_count, err);
}

// Nodes come in the order they were added.
static sl_status connect_node(graph_reader *g, sl_wire message, sl_error *err) {
  sl_node_id node = g->node++;
  int64_t count = sl_reader_count(message, 1);
  void *at;
  SL_TRY(sl_reader_new(g->r, count, sizeof(sl_value_id), &at, err));
  sl_value_id *inputs = at;
  sl_wire_field field;
  for (int64_t i = 0; sl_wire_next(&message, &field) == SL_WIRE_FIELD;) {
    if (field.number != 1 || field.type != SL_WIRE_BYTES) continue;
    sl_value_id *input = &inputs[i++];
    if (field.bytes.at == field.bytes.end) continue;
    SL_TRY(resolve(g, field.bytes, input, err));
    if (*input != 0) continue;
    const char *name;
    SL_TRY(new_text(g, field.bytes, &name, err));
    return fail_node(g, node, "reads", name, ", which nothing makes", err);
  }
  g->graph->nodes[node].inputs = inputs;
  g->graph->nodes[node].input_count = (int32_t)count;
  return SL_OK;
}

// ---- outputs and what is said about values ------------------------------------------------------

static sl_status add_output(graph_reader *g, sl_wire message, sl_error *err) {
  value_info info = {.name = message};
  if (!g->is_function) SL_TRY(look_at_info(g, message, &info, err));
  sl_value_id value = 0;
  if (info.name.at != info.name.end) SL_TRY(resolve(g, info.name, &value, err));
  if (value == 0) {
    const char *name;
    SL_TRY(new_text(g, info.name, &name, err));
    return fail_value(g, name, "is an output, which nothing makes", err);
  }
  g->graph->outputs[g->graph->output_count++] = value;
  sl_value *v = &g->graph->values[value];
  v->is_output = true;
  // An input that is an output too says its type where it comes in.
  return g->is_function || v->is_declared ? SL_OK : declare(g, value, message, &info, err);
}

// A ValueInfo of a name that is not in the graph says nothing and is dropped.
static sl_status add_info(graph_reader *g, sl_wire message, sl_error *err) {
  value_info info;
  SL_TRY(look_at_info(g, message, &info, err));
  sl_value_id value = find(g->graph, info.name);
  if (value == 0 || g->graph->values[value].is_declared) return SL_OK;
  return declare(g, value, message, &info, err);
}

// ---- the walks ----------------------------------------------------------------------------------

static sl_status take(graph_reader *g, uint32_t number, sl_wire message, sl_error *err) {
  const layout *at = g->layout;
  if (number == at->input) return add_input(g, message, err);
  if (number == at->output) return add_output(g, message, err);
  if (number == at->info) return add_info(g, message, err);
  return add_initializer(g, message, number == at->sparse, err);
}

static sl_status walk(graph_reader *g, sl_wire message, uint32_t number, sl_error *err) {
  sl_wire_field field;
  for (int more = 1; number != 0 && more;) {
    SL_TRY(sl_scan_next(&g->r->scan, &message, &field, &more, err));
    if (more && field.number == number && field.type == SL_WIRE_BYTES)
      SL_TRY(take(g, number, field.bytes, err));
  }
  return SL_OK;
}

typedef sl_status (*node_step)(graph_reader *g, sl_wire message, sl_error *err);

static sl_status walk_nodes(graph_reader *g, sl_wire message, node_step step, sl_error *err) {
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&g->r->scan, &message, &field, &more, err));
    if (more && field.number == g->layout->node && field.type == SL_WIRE_BYTES)
      SL_TRY(step(g, field.bytes, err));
  }
  return SL_OK;
}

static sl_status make_room(graph_reader *g, sl_wire message, sl_error *err) {
  sl_graph *graph = g->graph;
  int64_t inputs = sl_reader_count(message, g->layout->input);
  int64_t outputs = sl_reader_count(message, g->layout->output);
  void *at;
  SL_TRY(sl_reader_new(g->r, inputs, sizeof *graph->inputs, &at, err));
  graph->inputs = at;
  graph->input_capacity = (int32_t)inputs;
  SL_TRY(sl_reader_new(g->r, outputs, sizeof *graph->outputs, &at, err));
  graph->outputs = at;
  graph->output_capacity = (int32_t)outputs;
  return SL_OK;
}

static sl_status read_name(graph_reader *g, sl_wire message, sl_error *err) {
  sl_wire_field field;
  for (int more = 1; more;) {
    SL_TRY(sl_scan_next(&g->r->scan, &message, &field, &more, err));
    if (more && field.number == (g->is_function ? 1 : 2) && field.type == SL_WIRE_BYTES)
      SL_TRY(sl_scan_text(&g->r->scan, &field, &g->graph->name, err));
  }
  return SL_OK;
}

sl_status sl_reader_read_graph(sl_reader *r, const sl_reader_graph *from, sl_error *err) {
  graph_reader g = {.r = r,
                    .graph = from->graph,
                    .layout = from->function != NULL ? &function_layout : &graph_layout,
                    .depth = from->depth,
                    .is_function = from->function != NULL,
                    .node = 1};
  SL_TRY(read_name(&g, from->bytes, err));
  SL_TRY(make_room(&g, from->bytes, err));
  SL_TRY(walk(&g, from->bytes, g.layout->input, err));
  SL_TRY(walk(&g, from->bytes, g.layout->initializer, err));
  SL_TRY(walk(&g, from->bytes, g.layout->sparse, err));
  SL_TRY(walk_nodes(&g, from->bytes, add_node, err));
  SL_TRY(walk_nodes(&g, from->bytes, connect_node, err));
  SL_TRY(walk(&g, from->bytes, g.layout->output, err));
  SL_TRY(walk(&g, from->bytes, g.layout->info, err));
  sl_bytes *extra = from->function != NULL ? &from->function->extra : &from->graph->extra;
  return sl_reader_extra(r, from->bytes, g.layout->known, extra, err);
}
