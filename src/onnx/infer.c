// SPDX-License-Identifier: Apache-2.0
// The walk of inference: nodes in the order of their values, inner graphs in between.
//
// Inner graphs wait on a stack of our own; a loop's body is walked until its types are settled.
// Invariant: a node is inferred after everything it reads. Start at sl_onnx_infer_contents().
#include "onnx/infer_state.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 256 };

typedef struct frame {
  sl_graph *graph;
  const sl_node_id *order;
  int32_t at, count;
  bool is_tolerant;
  sl_infer_turns turns;  // of the node at hand, when it has inner graphs
} frame;

typedef struct walk {
  sl_inference infer;
  frame frames[DEPTH_MAX];
  int32_t depth;
} walk;

// ---- rules --------------------------------------------------------------------------------------

typedef struct rule_row {
  const char *type;
  sl_infer_rule rule;
} rule_row;

static const rule_row rule_rows[] = {
#define SL_INFER(type, rule) {#type, sl_infer_##rule},
#include "onnx/infer_list.h"
#undef SL_INFER
};

static int compare_row(const void *key, const void *row) {
  return strcmp(key, ((const rule_row *)row)->type);
}

static sl_infer_rule rule_of(const char *type) {
  const rule_row *row = bsearch(type, rule_rows, sizeof rule_rows / sizeof *rule_rows,
                                sizeof *rule_rows, compare_row);
  return row != NULL ? row->rule : NULL;
}

// ---- order --------------------------------------------------------------------------------------

// Makers before readers; nodes of a cycle are left out, their types stay unknown.
static int32_t order_nodes(const sl_graph *graph, sl_arena *scratch, sl_node_id *order) {
  sl_uses uses = sl_graph_uses(graph, scratch);
  int32_t *missing = SL_NEW_ARRAY(scratch, int32_t, graph->node_count), count = 0;
  for (sl_value_id v = 1; v < graph->value_count; v++)
    for (int32_t u = uses.first[v]; graph->values[v].maker != 0 && u < uses.first[v + 1]; u++)
      missing[uses.at[u].node]++;
  for (sl_node_id n = 1; n < graph->node_count; n++)
    if (!graph->nodes[n].is_removed && missing[n] == 0) order[count++] = n;
  for (int32_t at = 0; at < count; at++) {
    const sl_node *node = &graph->nodes[order[at]];
    for (int32_t i = 0; i < node->output_count; i++) {
      sl_value_id v = node->outputs[i];
      for (int32_t u = uses.first[v]; v != 0 && u < uses.first[v + 1]; u++)
        if (--missing[uses.at[u].node] == 0) order[count++] = uses.at[u].node;
    }
  }
  return count;
}

// ---- one graph ----------------------------------------------------------------------------------

// The type of a value of an enclosing graph, found by name.
static void take_outer_types(sl_graph *graph) {
  for (sl_value_id v = 1; v < graph->value_count; v++) {
    sl_value *value = &graph->values[v];
    if (value->origin != SL_ORIGIN_OUTER) continue;
    for (const sl_graph *outer = graph->outer; outer != NULL; outer = outer->outer) {
      sl_value_id found = sl_graph_find(outer, value->name);
      if (found == 0) continue;
      value->type = outer->values[found].type;
      break;
    }
  }
}

static sl_status push(walk *w, sl_graph *graph, bool is_tolerant) {
  if (w->depth == DEPTH_MAX)
    return sl_fail(w->infer.err, SL_E_LIMIT, "graphs inside nodes are more than %d deep",
                   DEPTH_MAX);
  sl_node_id *order = SL_NEW_ARRAY(w->infer.scratch, sl_node_id, graph->node_count);
  int32_t count = order_nodes(graph, w->infer.scratch, order);
  take_outer_types(graph);
  w->frames[w->depth++] =
      (frame){.graph = graph, .order = order, .count = count, .is_tolerant = is_tolerant};
  return SL_OK;
}

static int has_graphs(const sl_node *node) {
  for (int32_t a = 0; a < node->attribute_count; a++)
    if (node->attributes[a].graphs != NULL && node->attributes[a].count > 0) return 1;
  return 0;
}

static sl_status infer_plain(sl_inference *i) {
  sl_infer_rule rule = i->node->domain[0] == '\0' ? rule_of(i->node->type) : NULL;
  SL_TRY(rule != NULL ? rule(i) : SL_OK);
  sl_infer_follow(i);
  return SL_OK;
}

// One turn of the node at hand; *is_done when the frame may go on to the next.
static sl_status infer_node(walk *w, frame *f, int *is_done) {
  sl_inference *i = &w->infer;
  *is_done = 1;
  if (!has_graphs(i->node)) return infer_plain(i);
  sl_graph *next;
  SL_TRY(sl_infer_control(i, &f->turns, &next));
  if (next == NULL) return SL_OK;
  *is_done = 0;
  return push(w, next, f->is_tolerant || f->turns.is_tolerant);
}

static sl_status step(walk *w) {
  frame *f = &w->frames[w->depth - 1];
  sl_inference *i = &w->infer;
  if (f->at == f->count) {
    w->depth--;
    return SL_OK;
  }
  i->graph = f->graph;
  i->id = f->order[f->at];
  i->node = &f->graph->nodes[i->id];
  int is_done;
  sl_status status = infer_node(w, f, &is_done);
  if (status == SL_E_MODEL && f->is_tolerant) {
    sl_error_clear(i->err);
    status = SL_OK;
  }
  if (is_done) {
    f->at++;
    f->turns = (sl_infer_turns){0};
  }
  return status;
}

// ---- the model ----------------------------------------------------------------------------------

static sl_status run(walk *w) {
  sl_contents_enter(w->infer.contents, w->infer.model->graph);
  SL_TRY(push(w, w->infer.model->graph, false));
  while (w->depth > 0) SL_TRY(step(w));
  return SL_OK;
}

sl_status sl_onnx_infer_contents(sl_graph_model *model, sl_arena *arena,
                                 const sl_onnx_contents **out, sl_error *err) {
  sl_error own = {0};  // faults in branches that are not run come and go
  sl_arena *scratch = sl_arena_new(NULL, "infer");
  walk *w = SL_NEW(scratch, walk);
  sl_onnx_contents *contents = sl_contents_new(arena);
  w->infer = (sl_inference){.model = model,
                            .opset = sl_graph_opset(model, ""),
                            .scratch = scratch,
                            .contents = contents,
                            .err = err != NULL ? err : &own};
  sl_status status = run(w);
  sl_arena_free(scratch);
  *out = status == SL_OK ? contents : NULL;
  return status;
}

sl_status sl_onnx_infer(sl_graph_model *model, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "contents");
  const sl_onnx_contents *contents;
  sl_status status = sl_onnx_infer_contents(model, scratch, &contents, err);
  sl_arena_free(scratch);
  return status;
}
