// SPDX-License-Identifier: Apache-2.0
// Nodes copied from graph to graph, with new names for values and what refers to them by name.
//
// Invariant: graphs wait in a list until their turn, so depth costs no stack. Start at
// sl_splice_run().
#include "pass/splice.h"

#include <string.h>

typedef struct expansion {
  const sl_graph *from;
  sl_graph *to;
  sl_value_id *map;  // value of `from` -> value of `to`
} expansion;

typedef struct splicer {
  const sl_splice *what;
  sl_arena *scratch;
  expansion *queue;  // the graph itself first
  int32_t count, capacity;
} splicer;

static void queue_graph(splicer *s, const sl_graph *from, sl_graph *to, sl_value_id *map) {
  if (s->count == s->capacity) {
    s->capacity = s->capacity * 2 + 8;
    expansion *grown = SL_NEW_ARRAY(s->scratch, expansion, s->capacity);
    if (s->count > 0) memcpy(grown, s->queue, (size_t)s->count * sizeof *grown);
    s->queue = grown;
  }
  s->queue[s->count++] = (expansion){from, to, map};
}

// ---- values -------------------------------------------------------------------------------------

// The name an outer value has now: that of its copy in the nearest enclosing graph that was copied.
static const char *outer_name(const splicer *s, const expansion *e, const char *name) {
  for (const sl_graph *from = e->from->outer; from != NULL; from = from->outer) {
    int32_t i = 0;
    while (i < s->count && s->queue[i].from != from) i++;
    if (i == s->count) return name;
    sl_value_id value = sl_graph_find(from, name);
    if (value != 0 && s->queue[i].map[value] != 0)
      return s->queue[i].to->values[s->queue[i].map[value]].name;
  }
  return name;
}

static const char *new_name(const splicer *s, const char *name) {
  return s->what->prefix[0] != '\0' ? sl_arena_printf(s->scratch, "%s/%s", s->what->prefix, name)
                                    : name;
}

static sl_value_id make_value(splicer *s, expansion *e, const sl_value *v) {
  if (v->origin == SL_ORIGIN_OUTER) {
    const char *name = outer_name(s, e, v->name);
    sl_value_id found = sl_graph_find(e->to, name);
    return found != 0 ? found : sl_graph_add_value(e->to, name, SL_ORIGIN_OUTER);
  }
  const char *hint = new_name(s, v->name);
  if (v->origin == SL_ORIGIN_CONSTANT) return sl_graph_borrow_constant(e->to, hint, v->constant);
  sl_value_id made = sl_graph_add_value(e->to, sl_graph_fresh_name(e->to, hint), v->origin);
  e->to->values[made].type = v->type;
  return made;
}

static sl_value_id map_value(splicer *s, expansion *e, sl_value_id value) {
  if (value == 0 || e->map[value] != 0) return e->map[value];
  const sl_value *v = &e->from->values[value];
  int is_left_out = e->from == s->what->from && v->origin == SL_ORIGIN_INPUT;
  if (!is_left_out) e->map[value] = make_value(s, e, v);
  return e->map[value];
}

static const sl_value_id *map_all(splicer *s, expansion *e, const sl_value_id *values,
                                  int32_t count) {
  sl_value_id *mapped = SL_NEW_ARRAY(s->scratch, sl_value_id, count + 1);
  for (int32_t i = 0; i < count; i++) mapped[i] = map_value(s, e, values[i]);
  return mapped;
}

// ---- nodes --------------------------------------------------------------------------------------

static void copy_attribute(splicer *s, sl_graph *to, sl_node_id node, const sl_attribute *from) {
  sl_attribute copy = *from;
  if (copy.reference != NULL) {
    const sl_attribute *given =
        s->what->resolve != NULL ? s->what->resolve(s->what->context, copy.reference) : NULL;
    if (given == NULL) return;
    copy = *given;  // a graph given by the call reads the scope of the call: shared as it is
    copy.name = from->name;
  } else if (copy.graphs != NULL) {
    sl_graph **graphs = SL_NEW_ARRAY(to->arena, sl_graph *, copy.count + 1);
    for (int64_t g = 0; g < copy.count; g++) {
      const sl_graph *inner = from->graphs[g];
      graphs[g] = sl_graph_new(to->arena, to, inner->name);
      queue_graph(s, inner, graphs[g], SL_NEW_ARRAY(s->scratch, sl_value_id, inner->value_count));
    }
    copy.graphs = graphs;
    copy.raw = (sl_bytes){0};
  }
  sl_graph_set_attribute(to, node, &copy);
}

static void copy_node(splicer *s, int32_t at, const sl_node *from) {
  expansion e = s->queue[at];
  const sl_value_id *inputs = map_all(s, &e, from->inputs, from->input_count);
  const sl_value_id *outputs = map_all(s, &e, from->outputs, from->output_count);
  const char *name = from->name[0] != '\0' ? new_name(s, from->name) : "";
  sl_node_id node = sl_graph_add_node(e.to, from->domain, from->type, name, inputs,
                                      from->input_count, outputs, from->output_count);
  e.to->nodes[node].origin = s->what->origin != NULL ? s->what->origin : from->origin;
  e.to->nodes[node].extra = from->extra;
  for (int32_t a = 0; a < from->attribute_count; a++)
    copy_attribute(s, e.to, node, &from->attributes[a]);
}

// The graph itself takes its inputs and outputs from where it goes; inner ones have their own.
static void copy_graph(splicer *s, int32_t at) {
  expansion e = s->queue[at];
  if (at > 0) {
    const sl_value_id *inputs = map_all(s, &e, e.from->inputs, e.from->input_count);
    sl_graph_set_inputs(e.to, inputs, e.from->input_count);
  }
  for (sl_node_id n = 1; n < e.from->node_count; n++)
    if (!e.from->nodes[n].is_removed) copy_node(s, at, &e.from->nodes[n]);
  const sl_value_id *outputs = map_all(s, &e, e.from->outputs, e.from->output_count);
  if (at > 0) sl_graph_set_outputs(e.to, outputs, e.from->output_count);
}

void sl_splice_run(const sl_splice *splice) {
  splicer s = {.what = splice, .scratch = sl_arena_new(NULL, "splice")};
  queue_graph(&s, splice->from, splice->to, splice->map);
  for (int32_t at = 0; at < s.count; at++) copy_graph(&s, at);
  sl_arena_free(s.scratch);
}
