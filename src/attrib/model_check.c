// SPDX-License-Identifier: Apache-2.0
// Checks of a model that explain what a session or a sweep would only refuse.
//
// Invariant: nothing here changes the model. Start at sl_model_check_operators().
#include "attrib/model_check.h"

#include <math.h>
#include <string.h>

#include "base/map.h"
#include "onnx/scan.h"
#include "tensor/dtype.h"

enum { ROUNDS_MAX = 1000000, NOTES_MAX = 8 };

// ---- operators ----------------------------------------------------------------------------------

typedef struct counter {
  sl_arena *scratch;
  sl_map *seen;
  sl_onnx_op_count *operators;
  size_t count, capacity;
} counter;

static void count_node(counter *c, const sl_node *node) {
  const char *key = sl_arena_printf(c->scratch, "%s %s", node->domain, node->type);
  if (sl_map_get_text(c->seen, key, 0) != 0) return;
  sl_map_set_text(c->seen, key, 1);
  if (c->count == c->capacity) {
    c->capacity = c->capacity * 2 + 16;
    sl_onnx_op_count *grown = SL_NEW_ARRAY(c->scratch, sl_onnx_op_count, c->capacity);
    if (c->count > 0) memcpy(grown, c->operators, c->count * sizeof *grown);
    c->operators = grown;
  }
  c->operators[c->count++] = (sl_onnx_op_count){node->domain, node->type, 1};
}

static void count_nodes(counter *c, const sl_graph *graph) {
  for (sl_node_id n = 1; n < graph->node_count; n++)
    if (!graph->nodes[n].is_removed && graph->nodes[n].domain[0] != '\0')
      count_node(c, &graph->nodes[n]);
}

static void count_graph(counter *c, const sl_graph *graph) {
  count_nodes(c, graph);
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    if (graph->nodes[n].is_removed) continue;
    int32_t count;
    sl_graph *const *inner = sl_node_graphs(c->scratch, &graph->nodes[n], &count);
    for (int32_t i = 0; i < count; i++) count_nodes(c, inner[i]);
  }
}

sl_status sl_model_check_operators(const sl_graph_model *model, const char *name, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "operators");
  counter c = {.scratch = scratch, .seen = sl_map_new(scratch)};
  const char **functions = SL_NEW_ARRAY(scratch, const char *, model->function_count + 1);
  count_graph(&c, model->graph);
  for (size_t i = 0; i < model->function_count; i++) {
    count_graph(&c, model->functions[i].body);
    functions[i] =
        sl_arena_printf(scratch, "%s.%s", model->functions[i].domain, model->functions[i].name);
  }
  sl_onnx_summary summary = {.operators = c.operators,
                             .operator_count = c.count,
                             .functions = functions,
                             .function_count = model->function_count};
  sl_onnx_find_custom(scratch, &summary);
  sl_status status = sl_onnx_check_operators(&summary, name, err);
  sl_arena_free(scratch);
  return status;
}

// ---- loops --------------------------------------------------------------------------------------

// Rounds of a Loop without a condition; 0 when it may end by itself or the number is not known.
static int64_t rounds_of(const sl_graph *graph, const sl_node *node) {
  sl_value_id trips = node->input_count > 0 ? node->inputs[0] : 0;
  int has_condition = node->input_count > 1 && node->inputs[1] != 0;
  if (has_condition) return 0;
  if (trips == 0) return INT64_MAX;
  const sl_value *value = &graph->values[trips];
  int64_t rounds = 0;
  if (value->origin == SL_ORIGIN_CONSTANT && value->constant->data.size == sizeof rounds)
    memcpy(&rounds, value->constant->data.at, sizeof rounds);
  return rounds;
}

static sl_status check_loops_of(const sl_graph *graph, sl_error *err) {
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    const sl_node *node = &graph->nodes[n];
    if (node->is_removed || !sl_node_is(node, "Loop")) continue;
    int64_t rounds = rounds_of(graph, node);
    if (rounds <= ROUNDS_MAX) continue;
    sl_fail(err, SL_E_LIMIT, "node \"%s\" (Loop) would run %lld times, and nothing ends it before",
            node->name, (long long)rounds);
    return sl_hint(err, SL_E_LIMIT, "export the model with a loop of at most %d rounds",
                   ROUNDS_MAX);
  }
  return SL_OK;
}

sl_status sl_model_check_loops(const sl_graph_model *model, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "loops");
  const sl_graph *graph = model->graph;
  sl_status status = check_loops_of(graph, err);
  for (sl_node_id n = 1; status == SL_OK && n < graph->node_count; n++) {
    if (graph->nodes[n].is_removed) continue;
    int32_t count;
    sl_graph *const *inner = sl_node_graphs(scratch, &graph->nodes[n], &count);
    for (int32_t i = 0; status == SL_OK && i < count; i++) status = check_loops_of(inner[i], err);
  }
  sl_arena_free(scratch);
  return status;
}

// ---- what gradients need ------------------------------------------------------------------------

static int reads_marked(const sl_node *node, const uint8_t *marks) {
  for (int32_t i = 0; i < node->input_count; i++)
    if (marks[node->inputs[i]]) return 1;
  return 0;
}

static sl_value_id first_float_behind(const sl_graph *graph, sl_value_id from) {
  sl_arena *scratch = sl_arena_new(NULL, "behind");
  uint8_t *marks = SL_NEW_ARRAY(scratch, uint8_t, graph->value_count);
  sl_value_id found = 0;
  marks[from] = 1;
  for (sl_node_id n = 1; found == 0 && n < graph->node_count; n++) {
    const sl_node *node = &graph->nodes[n];
    if (node->is_removed || !reads_marked(node, marks)) continue;
    for (int32_t i = 0; i < node->output_count; i++) marks[node->outputs[i]] = 1;
    marks[0] = 0;
    sl_value_id first = node->output_count > 0 ? node->outputs[0] : 0;
    if (first != 0 && sl_element_is_float(graph->values[first].type.element)) found = first;
  }
  sl_arena_free(scratch);
  return found;
}

sl_status sl_model_check_wrt(const sl_graph *graph, sl_value_id wrt, sl_error *err) {
  const sl_value *value = &graph->values[wrt];
  if (value->type.element == SL_ELEMENT_NONE || sl_element_is_float(value->type.element))
    return SL_OK;
  sl_fail(err, SL_E_UNSUPPORTED, "\"%s\" is %s, and whole numbers have no gradient", value->name,
          sl_element_name(value->type.element));
  sl_value_id real = first_float_behind(graph, wrt);
  if (real == 0)
    return sl_hint(err, SL_E_UNSUPPORTED,
                   "use a method without gradients (occlusion, RISE, LIME, KernelSHAP)");
  return sl_hint(err, SL_E_UNSUPPORTED,
                 "\"%.80s\" is the first float value behind it: differentiate by that (grad --wrt "
                 "\"%.80s\"), or use a method that looks at a layer or one without gradients "
                 "(occlusion, RISE, LIME, KernelSHAP)",
                 graph->values[real].name, graph->values[real].name);
}

static int size_depends(const sl_type *type) {
  for (int32_t d = 0; d < type->rank; d++)
    if (type->dims[d].per_batch == 0 &&
        (type->dims[d].fixed == 0 || type->dims[d].fixed == SL_DIM_UNKNOWN))
      return 1;
  return 0;
}

static int chooses(const sl_node *node) {
  static const char *const types[] = {"NonZero", "Unique", "Compress", "NonMaxSuppression"};
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
    if (sl_node_is(node, types[i])) return 1;
  return 0;
}

// The node that decides how many numbers the value has; 0 when none is known to.
static sl_node_id chooser_before(const sl_graph *graph, sl_value_id value) {
  sl_arena *scratch = sl_arena_new(NULL, "before");
  uint8_t *needed = SL_NEW_ARRAY(scratch, uint8_t, graph->value_count);
  sl_node_id found = 0;
  needed[value] = 1;
  for (sl_node_id n = graph->node_count - 1; found == 0 && n > 0; n--) {
    const sl_node *node = &graph->nodes[n];
    int is_needed = 0;
    for (int32_t i = 0; i < node->output_count; i++) is_needed |= needed[node->outputs[i]];
    if (node->is_removed || !is_needed) continue;
    for (int32_t i = 0; i < node->input_count; i++) needed[node->inputs[i]] = 1;
    needed[0] = 0;
    if (chooses(node)) found = n;
  }
  sl_arena_free(scratch);
  return found;
}

sl_status sl_model_check_target(const sl_graph *graph, sl_value_id target, sl_error *err) {
  const sl_value *value = &graph->values[target];
  sl_node_id chooser = size_depends(&value->type) ? chooser_before(graph, target) : 0;
  if (chooser == 0) return SL_OK;
  const sl_node *node = &graph->nodes[chooser];
  sl_fail(err, SL_E_UNSUPPORTED,
          "the size of \"%s\" depends on the numbers in the input, by node \"%s\" (%s)",
          value->name, node->name, node->type);
  return sl_hint(err, SL_E_UNSUPPORTED,
                 "choose a value before that node, or a method without gradients (occlusion, RISE, "
                 "LIME, KernelSHAP)");
}

// ---- weights ------------------------------------------------------------------------------------

// Whether all are finite, by their exponents; a fast answer for the common case.
static int are_finite(const sl_constant *constant) {
  uint32_t worst = 0;
  for (int64_t i = 0; i < constant->count; i++) {
    uint32_t bits;
    memcpy(&bits, constant->data.at + (size_t)i * sizeof bits, sizeof bits);
    worst |= (bits & 0x7f800000u) == 0x7f800000u;
  }
  return worst == 0;
}

static const char *weight_note(const sl_value *value, sl_arena *arena) {
  const sl_constant *constant = value->constant;
  sl_dtype dtype = sl_element_dtype(constant->element);
  int64_t nans = 0, infinities = 0;
  if (!sl_element_is_float(constant->element) || dtype == SL_DTYPE_NONE || constant->is_sparse)
    return NULL;
  if (dtype == SL_DTYPE_F32 && are_finite(constant)) return NULL;
  for (int64_t i = 0; i < constant->count; i++) {
    double number = sl_dtype_load(dtype, constant->data.at, (size_t)i);
    nans += isnan(number) != 0;
    infinities += isinf(number) != 0;
  }
  if (nans + infinities == 0) return NULL;
  return sl_arena_printf(arena, "weight \"%.80s\" holds %lld NaN and %lld infinite numbers",
                         value->name, (long long)nans, (long long)infinities);
}

int32_t sl_model_weight_notes(const sl_graph_model *model, sl_arena *arena,
                              const char *const **out) {
  const char **notes = SL_NEW_ARRAY(arena, const char *, NOTES_MAX);
  int32_t count = 0;
  const sl_graph *graph = model->graph;
  for (sl_value_id v = 1; count < NOTES_MAX && v < graph->value_count; v++) {
    if (graph->values[v].origin != SL_ORIGIN_CONSTANT) continue;
    const char *note = weight_note(&graph->values[v], arena);
    if (note != NULL) notes[count++] = note;
  }
  *out = notes;
  return count;
}
