// SPDX-License-Identifier: Apache-2.0
// Equal constants become one, and equal nodes with equal inputs.
//
// Big constants are looked up by their sizes and ends and then compared whole.
//
// Invariant: values asked to be kept and outputs keep their makers. Start at dedupe_graph().
#include <string.h>

#include "base/text.h"
#include "pass/pass.h"

enum { WHOLE_BYTES = 1024, ENDS_BYTES = 256 };

typedef struct deduper {
  sl_graph *graph;
  const sl_pass_context *context;
  sl_map *seen;
  sl_value_id *to;  // per value
  sl_text key;
} deduper;

static void add_bytes(sl_text *key, const void *bytes, size_t size) {
  if (size > 0) sl_text_append(key, bytes, size);
}

static void add_number(sl_text *key, int64_t number) { add_bytes(key, &number, sizeof number); }

static void add_constant(sl_text *key, const sl_constant *c) {
  add_number(key, c->element);
  add_number(key, c->rank);
  add_bytes(key, c->dims, (size_t)c->rank * sizeof *c->dims);
  add_number(key, (int64_t)c->data.size);
  if (c->data.size <= WHOLE_BYTES) {
    add_bytes(key, c->data.at, c->data.size);
  } else {
    add_bytes(key, c->data.at, ENDS_BYTES);
    add_bytes(key, c->data.at + c->data.size - ENDS_BYTES, ENDS_BYTES);
  }
}

static int is_comparable(const sl_constant *c) {
  return c != NULL && !c->is_sparse && c->strings == NULL && (c->data.at != NULL || c->count == 0);
}

static void dedupe_constants(deduper *d) {
  for (sl_value_id v = 1; v < d->graph->value_count; v++) {
    const sl_value *value = &d->graph->values[v];
    if (value->origin != SL_ORIGIN_CONSTANT || !is_comparable(value->constant)) continue;
    if (sl_pass_keeps(d->context, d->graph, v)) continue;
    sl_text_clear(&d->key);
    add_number(&d->key, 'c');
    add_constant(&d->key, value->constant);
    sl_value_id first = (sl_value_id)sl_map_get(d->seen, d->key.at, d->key.size, 0);
    if (first == 0) {
      sl_map_set(d->seen, d->key.at, d->key.size, v);
      continue;
    }
    sl_bytes a = d->graph->values[first].constant->data, b = value->constant->data;
    if (a.size == b.size && (a.size == 0 || a.at == b.at || memcmp(a.at, b.at, a.size) == 0))
      d->to[v] = first;
  }
}

// ---- nodes --------------------------------------------------------------------------------------

static int add_attribute(sl_text *key, const sl_attribute *a) {
  add_bytes(key, a->name, strlen(a->name) + 1);
  add_number(key, a->kind);
  add_number(key, a->count);
  for (int64_t i = 0; i < a->count; i++) {
    switch (a->kind) {
      case SL_ATTRIBUTE_INT:
      case SL_ATTRIBUTE_INTS:
        add_number(key, a->ints[i]);
        break;
      case SL_ATTRIBUTE_FLOAT:
      case SL_ATTRIBUTE_FLOATS:
        add_bytes(key, &a->floats[i], sizeof *a->floats);
        break;
      case SL_ATTRIBUTE_STRING:
      case SL_ATTRIBUTE_STRINGS:
        add_number(key, (int64_t)a->strings[i].size);
        add_bytes(key, a->strings[i].at, a->strings[i].size);
        break;
      case SL_ATTRIBUTE_TENSOR:
        if (!is_comparable(a->tensors) || a->tensors->data.size > WHOLE_BYTES) return 0;
        add_constant(key, a->tensors);
        break;
      default:
        return 0;
    }
  }
  return a->reference == NULL;
}

static int is_random(const sl_node *node) {
  static const char *const types[] = {"Bernoulli",        "Dropout",          "Multinomial",
                                      "RandomNormal",     "RandomNormalLike", "RandomUniform",
                                      "RandomUniformLike"};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (strcmp(node->type, types[i]) == 0) return 1;
  return 0;
}

// Only operators of ai.onnx: others might have effects or state.
static int make_key(deduper *d, const sl_node *node) {
  sl_text_clear(&d->key);
  if (node->domain[0] != '\0' || is_random(node)) return 0;
  add_number(&d->key, 'n');
  add_bytes(&d->key, node->type, strlen(node->type) + 1);
  add_number(&d->key, node->input_count);
  for (int32_t i = 0; i < node->input_count; i++) add_number(&d->key, node->inputs[i]);
  // Left-out outputs are part of what a node is asked for.
  add_number(&d->key, node->output_count);
  for (int32_t i = 0; i < node->output_count; i++) add_number(&d->key, node->outputs[i] != 0);
  for (int32_t i = 0; i < node->attribute_count; i++)
    if (!add_attribute(&d->key, &node->attributes[i])) return 0;
  return 1;
}

static int may_go(const deduper *d, const sl_node *node) {
  for (int32_t i = 0; i < node->output_count; i++)
    if (node->outputs[i] != 0 && sl_pass_keeps(d->context, d->graph, node->outputs[i])) return 0;
  return 1;
}

static void dedupe_node(deduper *d, sl_node_id n) {
  sl_pass_read_through(d->graph, n, d->to, d->graph->value_count);
  const sl_node *node = &d->graph->nodes[n];
  if (!make_key(d, node)) return;
  sl_node_id first = (sl_node_id)sl_map_get(d->seen, d->key.at, d->key.size, 0);
  if (first == 0) {
    sl_map_set(d->seen, d->key.at, d->key.size, n);
  } else if (may_go(d, node)) {
    for (int32_t i = 0; i < node->output_count; i++)
      if (node->outputs[i] != 0) d->to[node->outputs[i]] = d->graph->nodes[first].outputs[i];
  }
}

static sl_status dedupe_graph(sl_graph *graph, const sl_pass_context *context, sl_error *err) {
  SL_TRY(sl_graph_sort(graph, err));
  sl_arena *scratch = sl_arena_new(NULL, "dedupe");
  deduper d = {.graph = graph, .context = context, .seen = sl_map_new(scratch)};
  d.to = SL_NEW_ARRAY(scratch, sl_value_id, graph->value_count);
  dedupe_constants(&d);
  for (sl_node_id n = 1; n < graph->node_count; n++)
    if (!graph->nodes[n].is_removed) dedupe_node(&d, n);
  sl_pass_redirect_all(graph, d.to, graph->value_count);
  sl_text_free(&d.key);
  sl_arena_free(scratch);
  return SL_OK;
}

sl_status sl_pass_dedupe(sl_graph_model *model, const sl_pass_context *context, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "dedupe");
  int32_t count;
  sl_graph **graphs = sl_graph_nested(scratch, model->graph, &count);
  sl_status status = SL_OK;
  for (int32_t i = 0; status == SL_OK && i < count; i++)
    status = dedupe_graph(graphs[i], context, err);
  sl_arena_free(scratch);
  return status == SL_OK ? sl_pass_dead(model, context, err) : status;
}
