// SPDX-License-Identifier: Apache-2.0
// Calls of the model's own functions become the nodes of the functions' bodies.
//
// Values of a body are named "<call>/<name in the body>"; its nodes the same. Attribute references
// take what the call says, else the function's default, else are left out. Bodies may call further
// functions; a call that is nested too deep (or calls itself) is an error.
//
// Invariant: the inputs and outputs of a call keep their names. Start at sl_pass_inline().
#include <string.h>

#include "onnx/wire.h"
#include "pass/pass.h"
#include "pass/splice.h"

enum { DEPTH_MAX = 64, NODES_MAX = 1000000, OVERLOAD_FIELD = 8 };

typedef struct inliner {
  sl_graph_model *model;
  sl_arena *scratch;
  const char *last;  // function expanded last, for messages
  sl_map *prefixes;  // those in use
} inliner;

typedef struct call {
  const sl_function *function;
  sl_node node;  // by value: the array of nodes may move
} call;

static const char *overload_of(sl_arena *arena, const sl_node *node) {
  sl_wire wire = {node->extra.at, node->extra.at + node->extra.size};
  sl_wire_field field;
  if (node->extra.size == 0) return "";
  while (sl_wire_next(&wire, &field) == SL_WIRE_FIELD)
    if (field.number == OVERLOAD_FIELD && field.type == SL_WIRE_BYTES)
      return sl_arena_copy_bytes(arena, field.bytes.at, (size_t)(field.bytes.end - field.bytes.at));
  return "";
}

static const sl_function *find_function(const sl_graph_model *model, const sl_node *node,
                                        sl_arena *scratch) {
  for (size_t i = 0; i < model->function_count; i++) {
    const sl_function *f = &model->functions[i];
    if (strcmp(f->name, node->type) == 0 && strcmp(f->domain, node->domain) == 0 &&
        strcmp(f->overload != NULL ? f->overload : "", overload_of(scratch, node)) == 0)
      return f;
  }
  return NULL;
}

static const sl_attribute *called_with(const void *context, const char *name) {
  const call *c = context;
  const sl_attribute *given = sl_node_attribute(&c->node, name);
  if (given != NULL) return given;
  for (size_t i = 0; i < c->function->default_count; i++)
    if (strcmp(c->function->defaults[i].name, name) == 0) return &c->function->defaults[i];
  return NULL;
}

static const char *prefix_of(inliner *in, const sl_graph *graph, const sl_node *node) {
  const char *prefix = node->name;
  if (prefix[0] == '\0') {
    sl_value_id first = sl_node_output(node, 0);
    prefix = first != 0 ? graph->values[first].name : node->type;
  }
  while (!sl_map_set_text(in->prefixes, prefix, 1))
    prefix = sl_arena_printf(in->scratch, "%s_%zu", prefix, sl_map_count(in->prefixes));
  return prefix;
}

// An output of the body that is also an input, or a second output of one value, needs a node.
static void bind_outputs(sl_graph *graph, const call *c, const sl_value_id *map) {
  const sl_graph *body = c->function->body;
  for (int32_t i = 0; i < c->node.output_count && i < body->output_count; i++) {
    sl_value_id made = map[body->outputs[i]];
    if (c->node.outputs[i] != 0 && made != 0 && made != c->node.outputs[i])
      sl_graph_add_node(graph, "", "Identity", "", &made, 1, &c->node.outputs[i], 1);
  }
}

static void expand(inliner *in, sl_graph *graph, sl_node_id node, const sl_function *function) {
  call c = {function, graph->nodes[node]};
  const sl_graph *body = function->body;
  sl_value_id *map = SL_NEW_ARRAY(in->scratch, sl_value_id, body->value_count);
  for (int32_t i = 0; i < body->input_count; i++) map[body->inputs[i]] = sl_node_input(&c.node, i);
  for (int32_t i = 0; i < body->output_count && i < c.node.output_count; i++)
    if (c.node.outputs[i] != 0 && map[body->outputs[i]] == 0 &&
        body->values[body->outputs[i]].origin == SL_ORIGIN_NODE)
      map[body->outputs[i]] = c.node.outputs[i];
  sl_graph_remove_node(graph, node);
  sl_splice splice = {.from = body,
                      .to = graph,
                      .map = map,
                      .prefix = prefix_of(in, graph, &c.node),
                      .origin = c.node.name[0] != '\0' ? c.node.name : c.node.origin,
                      .resolve = called_with,
                      .context = &c};
  sl_splice_run(&splice);
  bind_outputs(graph, &c, map);
  in->last = function->name;
}

static void import_opsets(sl_graph_model *model, const sl_function *function) {
  for (size_t i = 0; i < function->opset_count; i++)
    if (sl_graph_opset(model, function->opsets[i].domain) == 0)
      sl_graph_set_opset(model, function->opsets[i].domain, function->opsets[i].version);
}

// The calls that are there now; those that come with the bodies wait for the next round.
static sl_status inline_round(inliner *in, int64_t *calls, sl_error *err) {
  int32_t count;
  sl_graph **graphs = sl_graph_nested(in->scratch, in->model->graph, &count);
  *calls = 0;
  for (int32_t i = 0; i < count; i++)
    for (sl_node_id n = 1, end = graphs[i]->node_count; n < end; n++) {
      if (graphs[i]->nodes[n].is_removed) continue;
      const sl_function *function = find_function(in->model, &graphs[i]->nodes[n], in->scratch);
      if (function == NULL) continue;
      import_opsets(in->model, function);
      expand(in, graphs[i], n, function);
      *calls += 1;
      if (graphs[i]->node_count > NODES_MAX)
        return sl_fail(err, SL_E_LIMIT, "function \"%s\" expands to more than %d nodes", in->last,
                       NODES_MAX);
    }
  return SL_OK;
}

static sl_status inline_all(inliner *in, sl_error *err) {
  int64_t calls = 1;
  for (size_t i = 0; i < in->model->function_count; i++)
    SL_TRY(sl_graph_sort(in->model->functions[i].body, err));
  for (int depth = 0; calls > 0; depth++) {
    SL_TRY(inline_round(in, &calls, err));
    if (depth > DEPTH_MAX)
      return sl_fail(err, SL_E_MODEL,
                     "function \"%s\" calls itself, or calls are nested deeper than %d", in->last,
                     DEPTH_MAX);
  }
  in->model->function_count = 0;
  int32_t count;
  sl_graph **graphs = sl_graph_nested(in->scratch, in->model->graph, &count);
  for (int32_t i = 0; i < count; i++) SL_TRY(sl_graph_sort(graphs[i], err));
  return SL_OK;
}

sl_status sl_pass_inline(sl_graph_model *model, const sl_pass_context *context, sl_error *err) {
  (void)context;
  if (model->function_count == 0) return SL_OK;
  sl_arena *scratch = sl_arena_new(NULL, "inline");
  inliner in = {.model = model, .scratch = scratch, .last = "?", .prefixes = sl_map_new(scratch)};
  sl_status status = inline_all(&in, err);
  sl_arena_free(scratch);
  return status;
}
