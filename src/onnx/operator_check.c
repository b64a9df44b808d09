// SPDX-License-Identifier: Apache-2.0
// Holds the nodes of a model against the operator table.
//
// Invariant: the first fault ends the check, in the order of the file. Start at sl_onnx_check().
#include <string.h>

#include "base/text.h"
#include "onnx/operator_attribute.h"

const char *sl_operator_title(sl_arena *arena, const sl_graph *graph, const sl_node *node) {
  const char *name = node->name[0] != '\0' ? node->name : node->origin;
  for (int32_t i = 0; name[0] == '\0' && i < node->output_count; i++)
    name = graph->values[node->outputs[i]].name != NULL ? graph->values[node->outputs[i]].name : "";
  name = sl_display(arena, name, strlen(name));
  return sl_arena_printf(arena, "node \"%s\" (%.60s)", name, node->type);
}

typedef struct checker {
  sl_arena *scratch;
  const sl_graph *graph;
  const sl_node *node;
  int64_t opset;
  const sl_operator *row;
  sl_error *err;
} checker;

static const char *title(const checker *c) {
  return sl_operator_title(c->scratch, c->graph, c->node);
}

// ---- which operator -----------------------------------------------------------------------------

static sl_status fail_unknown(const checker *c) {
  size_t count;
  const sl_operator *rows = sl_operator_rows(c->node->type, &count);
  if (count == 0) return sl_fail(c->err, SL_E_MODEL, "%s: ai.onnx has no such operator", title(c));
  if (c->opset < rows[0].since)
    return sl_fail(c->err, SL_E_MODEL,
                   "%s: the model imports operator set %lld, which has no %s yet; it came with "
                   "set %d",
                   title(c), (long long)c->opset, c->node->type, rows[0].since);
  return sl_fail(c->err, SL_E_MODEL,
                 "%s: the model imports operator set %lld, which has no %s any more; it went after "
                 "set %d",
                 title(c), (long long)c->opset, c->node->type, rows[count - 1].until);
}

static sl_status check_count(const checker *c, const char *one, const char *many, int32_t count,
                             int32_t min, int32_t max) {
  if (count >= min && count <= max) return SL_OK;
  const char *what = sl_plural(count, one, many);
  if (count > max)
    return sl_fail(c->err, SL_E_MODEL, "%s: has %d %s, the operator takes %d at most", title(c),
                   count, what, max);
  return sl_fail(c->err, SL_E_MODEL, "%s: has %d %s, the operator needs %d", title(c), count, what,
                 min);
}

// ---- attributes ---------------------------------------------------------------------------------

static const struct {
  char letter;
  sl_attribute_kind kind;
  const char *name;
} kinds[] = {
    {'f', SL_ATTRIBUTE_FLOAT, "a number"},
    {'i', SL_ATTRIBUTE_INT, "an integer"},
    {'s', SL_ATTRIBUTE_STRING, "a text"},
    {'t', SL_ATTRIBUTE_TENSOR, "a tensor"},
    {'g', SL_ATTRIBUTE_GRAPH, "a graph"},
    {'F', SL_ATTRIBUTE_FLOATS, "a list of numbers"},
    {'I', SL_ATTRIBUTE_INTS, "a list of integers"},
    {'S', SL_ATTRIBUTE_STRINGS, "a list of texts"},
    {'T', SL_ATTRIBUTE_TENSORS, "a list of tensors"},
    {'G', SL_ATTRIBUTE_GRAPHS, "a list of graphs"},
    {'p', SL_ATTRIBUTE_SPARSE_TENSOR, "a sparse tensor"},
    {'y', SL_ATTRIBUTE_TYPE, "a type"},
};

enum { NAMES_MAX = 32 };

static sl_status fail_attribute(const checker *c, const char *name) {
  const char *names[NAMES_MAX], *text = c->row->attributes;
  size_t count = 0;
  sl_operator_attribute at;
  while (count < NAMES_MAX && sl_operator_next_attribute(&text, &at))
    names[count++] = sl_arena_copy_bytes(c->scratch, at.name, at.name_size);
  const char *near = sl_nearest(name, names, count);
  const char *shown = sl_display(c->scratch, name, strlen(name));
  if (near != NULL)
    return sl_fail(c->err, SL_E_MODEL, "%s: unknown attribute \"%s\"; did you mean \"%s\"?",
                   title(c), shown, near);
  return sl_fail(c->err, SL_E_MODEL, "%s: unknown attribute \"%s\" in operator set %lld", title(c),
                 shown, (long long)c->opset);
}

static sl_status check_kind(const checker *c, const sl_attribute *attribute, char letter) {
  size_t i = 0;
  while (i < sizeof kinds / sizeof *kinds && kinds[i].letter != letter) i++;
  SL_ASSERT(i < sizeof kinds / sizeof *kinds);
  // A list without items says nothing of its kind in older files.
  int is_fine = attribute->kind == kinds[i].kind || attribute->reference != NULL ||
                (attribute->kind == SL_ATTRIBUTE_NONE && attribute->count == 0);
  if (is_fine) return SL_OK;
  return sl_fail(c->err, SL_E_MODEL, "%s: attribute \"%s\" must be %s", title(c), attribute->name,
                 kinds[i].name);
}

static sl_status check_attributes(const checker *c) {
  sl_operator_attribute known;
  for (int32_t i = 0; i < c->node->attribute_count; i++) {
    const sl_attribute *attribute = &c->node->attributes[i];
    if (!sl_operator_attribute_find(c->row, attribute->name, &known))
      return fail_attribute(c, attribute->name);
    SL_TRY(check_kind(c, attribute, known.kind));
  }
  const char *text = c->row->attributes;
  while (sl_operator_next_attribute(&text, &known)) {
    const char *name = sl_arena_copy_bytes(c->scratch, known.name, known.name_size);
    if (known.is_needed && sl_node_attribute(c->node, name) == NULL)
      return sl_fail(c->err, SL_E_MODEL, "%s: attribute \"%s\" is missing", title(c), name);
  }
  return SL_OK;
}

// ---- the walk -----------------------------------------------------------------------------------

static sl_status check_node(checker *c) {
  c->row = sl_operator_find(c->node->type, c->opset);
  if (c->row == NULL) return fail_unknown(c);
  SL_TRY(check_count(c, "input", "inputs", c->node->input_count, c->row->min_inputs,
                     c->row->max_inputs));
  SL_TRY(check_count(c, "output", "outputs", c->node->output_count, c->row->min_outputs,
                     c->row->max_outputs));
  return check_attributes(c);
}

static sl_status check_nodes(checker *c, const sl_graph *graph) {
  c->graph = graph;
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    c->node = &graph->nodes[n];
    if (c->node->is_removed || c->node->domain[0] != '\0') continue;
    SL_TRY(check_node(c));
  }
  return SL_OK;
}

// A graph and all graphs inside its nodes.
static sl_status check_graph(checker *c, const sl_graph *graph) {
  SL_TRY(check_nodes(c, graph));
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    if (graph->nodes[n].is_removed) continue;
    int32_t count;
    sl_graph *const *inner = sl_node_graphs(c->scratch, &graph->nodes[n], &count);
    for (int32_t i = 0; i < count; i++) SL_TRY(check_nodes(c, inner[i]));
  }
  return SL_OK;
}

static int64_t opset_of(const sl_function *function) {
  for (size_t i = 0; i < function->opset_count; i++)
    if (function->opsets[i].domain[0] == '\0') return function->opsets[i].version;
  return 0;
}

static sl_status check_all(checker *c, const sl_graph_model *model) {
  c->opset = sl_graph_opset(model, "");
  SL_TRY(check_graph(c, model->graph));
  for (size_t i = 0; i < model->function_count; i++) {
    c->opset = opset_of(&model->functions[i]);
    SL_TRY(check_graph(c, model->functions[i].body));
  }
  return SL_OK;
}

sl_status sl_onnx_check(const sl_graph_model *model, sl_error *err) {
  checker c = {.scratch = sl_arena_new(NULL, "check"), .err = err};
  sl_status status = check_all(&c, model);
  sl_arena_free(c.scratch);
  return status;
}
