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

enum { DEPTH_MAX = 64, NODES_MAX = 1000000, OVERLOAD_FIELD = 8 };

// One copy of a body, and of the graphs inside its nodes (a list: depth costs no stack).
typedef struct expansion {
  const sl_graph *from;
  sl_graph *to;
  sl_value_id *map;  // value of `from` -> value of `to`
} expansion;

typedef struct inliner {
  sl_graph_model *model;
  sl_arena *scratch;
  const sl_function *function;
  sl_node call;        // by value: the array of nodes may move
  const char *prefix;  // of names
  const char *last;    // function expanded last, for messages
  sl_map *prefixes;    // those in use
  expansion *queue;
  int32_t count, capacity;
} inliner;

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
  if (model->function_count == 0) return NULL;
  for (size_t i = 0; i < model->function_count; i++) {
    const sl_function *f = &model->functions[i];
    if (strcmp(f->name, node->type) == 0 && strcmp(f->domain, node->domain) == 0 &&
        strcmp(f->overload != NULL ? f->overload : "", overload_of(scratch, node)) == 0)
      return f;
  }
  return NULL;
}

// ---- attributes ---------------------------------------------------------------------------------

static const sl_attribute *called_with(const inliner *in, const char *name) {
  const sl_attribute *given = sl_node_attribute(&in->call, name);
  if (given != NULL) return given;
  for (size_t i = 0; i < in->function->default_count; i++)
    if (strcmp(in->function->defaults[i].name, name) == 0) return &in->function->defaults[i];
  return NULL;
}

static void queue_graph(inliner *in, const sl_graph *from, sl_graph *to) {
  if (in->count == in->capacity) {
    in->capacity = in->capacity * 2 + 8;
    expansion *grown = SL_NEW_ARRAY(in->scratch, expansion, in->capacity);
    if (in->count > 0) memcpy(grown, in->queue, (size_t)in->count * sizeof *grown);
    in->queue = grown;
  }
  sl_value_id *map = SL_NEW_ARRAY(in->scratch, sl_value_id, from->value_count);
  in->queue[in->count++] = (expansion){from, to, map};
}

static void copy_attribute(inliner *in, sl_graph *to, sl_node_id node, const sl_attribute *from) {
  sl_attribute copy = *from;
  if (copy.reference != NULL) {
    const sl_attribute *value = called_with(in, copy.reference);
    if (value == NULL) return;
    copy = *value;
    copy.name = from->name;
    copy.raw = value->raw;
    // A graph given by the call reads the scope of the call: it is shared as it is.
    sl_graph_set_attribute(to, node, &copy);
    return;
  }
  if (copy.graphs != NULL) {
    sl_graph **graphs = SL_NEW_ARRAY(to->arena, sl_graph *, copy.count + 1);
    for (int64_t g = 0; g < copy.count; g++) {
      graphs[g] = sl_graph_new(to->arena, to, from->graphs[g]->name);
      queue_graph(in, from->graphs[g], graphs[g]);
    }
    copy.graphs = graphs;
    copy.raw = (sl_bytes){0};
  }
  sl_graph_set_attribute(to, node, &copy);
}

// ---- values and nodes ---------------------------------------------------------------------------

// The name an outer value of the body has outside: that of its copy in the nearest enclosing graph.
static const char *outer_name(const inliner *in, const expansion *e, const char *name) {
  const sl_graph *from = e->from->outer;
  for (int32_t i = in->count - 1; from != NULL && i >= 0; i--) {
    if (in->queue[i].from != from) continue;
    sl_value_id value = sl_graph_find(from, name);
    if (value != 0 && in->queue[i].map[value] != 0)
      return in->queue[i].to->values[in->queue[i].map[value]].name;
    from = from->outer;
    i = in->count;
  }
  return name;
}

static sl_value_id map_value(inliner *in, expansion *e, sl_value_id value) {
  if (value == 0 || e->map[value] != 0) return e->map[value];
  const sl_value *v = &e->from->values[value];
  // An input that the call leaves out is left out wherever the body reads it.
  if (e->from == in->function->body && v->origin == SL_ORIGIN_INPUT) return 0;
  sl_value_id made;
  if (v->origin == SL_ORIGIN_OUTER) {
    const char *name = outer_name(in, e, v->name);
    made = sl_graph_find(e->to, name);
    if (made == 0) made = sl_graph_add_value(e->to, name, SL_ORIGIN_OUTER);
  } else if (v->origin == SL_ORIGIN_CONSTANT) {
    const char *hint = sl_arena_printf(in->scratch, "%s/%s", in->prefix, v->name);
    made = sl_graph_borrow_constant(e->to, hint, v->constant);
  } else {
    const char *hint = sl_arena_printf(in->scratch, "%s/%s", in->prefix, v->name);
    made = sl_graph_add_value(e->to, sl_graph_fresh_name(e->to, hint), v->origin);
    e->to->values[made].type = v->type;
  }
  e->map[value] = made;
  return made;
}

static const sl_value_id *map_all(inliner *in, expansion *e, const sl_value_id *values,
                                  int32_t count) {
  sl_value_id *mapped = SL_NEW_ARRAY(in->scratch, sl_value_id, count + 1);
  for (int32_t i = 0; i < count; i++) mapped[i] = map_value(in, e, values[i]);
  return mapped;
}

static void copy_node(inliner *in, int32_t at, const sl_node *from) {
  expansion e = in->queue[at];
  const sl_value_id *inputs = map_all(in, &e, from->inputs, from->input_count);
  const sl_value_id *outputs = map_all(in, &e, from->outputs, from->output_count);
  const char *name =
      from->name[0] != '\0' ? sl_arena_printf(in->scratch, "%s/%s", in->prefix, from->name) : "";
  sl_node_id node = sl_graph_add_node(e.to, from->domain, from->type, name, inputs,
                                      from->input_count, outputs, from->output_count);
  e.to->nodes[node].origin = in->call.name[0] != '\0' ? in->call.name : in->call.origin;
  e.to->nodes[node].extra = from->extra;
  for (int32_t a = 0; a < from->attribute_count; a++)
    copy_attribute(in, e.to, node, &from->attributes[a]);
}

static void copy_graph(inliner *in, int32_t at) {
  expansion e = in->queue[at];
  // Inputs and outputs first: copies of inner graphs have their own, the body has the call's.
  if (at > 0) {
    const sl_value_id *inputs = map_all(in, &e, e.from->inputs, e.from->input_count);
    sl_graph_set_inputs(e.to, inputs, e.from->input_count);
  }
  for (sl_node_id n = 1; n < e.from->node_count; n++)
    if (!e.from->nodes[n].is_removed) copy_node(in, at, &e.from->nodes[n]);
  if (at > 0) {
    const sl_value_id *outputs = map_all(in, &e, e.from->outputs, e.from->output_count);
    sl_graph_set_outputs(e.to, outputs, e.from->output_count);
  }
}

// ---- calls --------------------------------------------------------------------------------------

// An output of the body that is also an input, or a second output of one value, needs a node.
static void bind_outputs(inliner *in, sl_graph *graph, const sl_value_id *made) {
  expansion *body = &in->queue[0];
  for (int32_t i = 0; i < in->call.output_count; i++) {
    if (in->call.outputs[i] == 0 || i >= body->from->output_count) continue;
    if (body->map[body->from->outputs[i]] == in->call.outputs[i]) continue;
    sl_graph_add_node(graph, "", "Identity", "", &made[i], 1, &in->call.outputs[i], 1);
  }
}

static void expand(inliner *in, sl_graph *graph, sl_node_id node) {
  in->call = graph->nodes[node];
  in->count = 0;
  sl_value_id first = sl_node_output(&in->call, 0);
  in->prefix = in->call.name[0] != '\0' ? in->call.name : graph->values[first].name;
  while (!sl_map_set_text(in->prefixes, in->prefix, 1))
    in->prefix = sl_arena_printf(in->scratch, "%s_%zu", in->prefix, sl_map_count(in->prefixes));
  in->last = in->function->name;
  const sl_graph *body = in->function->body;
  sl_graph_remove_node(graph, node);
  queue_graph(in, body, graph);
  sl_value_id *map = in->queue[0].map;
  for (int32_t i = 0; i < body->input_count; i++)
    map[body->inputs[i]] = sl_node_input(&in->call, i);
  for (int32_t i = 0; i < body->output_count && i < in->call.output_count; i++)
    if (in->call.outputs[i] != 0 && map[body->outputs[i]] == 0 &&
        body->values[body->outputs[i]].origin == SL_ORIGIN_NODE)
      map[body->outputs[i]] = in->call.outputs[i];
  for (int32_t at = 0; at < in->count; at++) copy_graph(in, at);
  sl_value_id *made = SL_NEW_ARRAY(in->scratch, sl_value_id, body->output_count + 1);
  for (int32_t i = 0; i < body->output_count; i++)
    made[i] = map_value(in, &in->queue[0], body->outputs[i]);
  bind_outputs(in, graph, made);
}

static void import_opsets(sl_graph_model *model, const sl_function *function) {
  for (size_t i = 0; i < function->opset_count; i++)
    if (sl_graph_opset(model, function->opsets[i].domain) == 0)
      sl_graph_set_opset(model, function->opsets[i].domain, function->opsets[i].version);
}

// The calls that are there now; those that come with the bodies wait for the next round.
static sl_status inline_round(inliner *in, int64_t *calls, sl_error *err) {
  int32_t count;
  sl_graph **graphs = sl_pass_graphs(in->scratch, in->model, &count);
  *calls = 0;
  for (int32_t i = 0; i < count; i++)
    for (sl_node_id n = 1, end = graphs[i]->node_count; n < end; n++) {
      if (graphs[i]->nodes[n].is_removed) continue;
      in->function = find_function(in->model, &graphs[i]->nodes[n], in->scratch);
      if (in->function == NULL) continue;
      import_opsets(in->model, in->function);
      expand(in, graphs[i], n);
      *calls += 1;
      if (graphs[i]->node_count > NODES_MAX)
        return sl_fail(err, SL_E_LIMIT, "the functions of the model expand to more than %d nodes",
                       NODES_MAX);
    }
  return SL_OK;
}

static sl_status inline_all(inliner *in, sl_error *err) {
  int64_t calls = 1;
  for (int depth = 0; calls > 0; depth++) {
    SL_TRY(inline_round(in, &calls, err));
    if (depth > DEPTH_MAX)
      return sl_fail(err, SL_E_MODEL,
                     "function \"%s\" calls itself, or calls are nested deeper "
                     "than %d",
                     in->last, DEPTH_MAX);
  }
  in->model->function_count = 0;
  int32_t count;
  sl_graph **graphs = sl_pass_graphs(in->scratch, in->model, &count);
  for (int32_t i = 0; i < count; i++) SL_TRY(sl_graph_sort(graphs[i], err));
  return SL_OK;
}

sl_status sl_pass_inline(sl_graph_model *model, const sl_pass_context *context, sl_error *err) {
  (void)context;
  if (model->function_count == 0) return SL_OK;
  sl_arena *scratch = sl_arena_new(NULL, "inline");
  inliner in = {.model = model, .scratch = scratch, .prefixes = sl_map_new(scratch)};
  sl_status status = inline_all(&in, err);
  sl_arena_free(scratch);
  return status;
}
