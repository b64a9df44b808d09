// SPDX-License-Identifier: Apache-2.0
// Values as additional outputs. Start at sl_pass_tap().
#include "pass/taps.h"

#include "base/text.h"

static const char *nearest(const sl_graph *graph, sl_arena *scratch, const char *name) {
  const char **names =
      SL_NEW_ARRAY(scratch, const char *, graph->value_count + graph->node_count + 1);
  size_t count = 0;
  for (sl_value_id v = 1; v < graph->value_count; v++) {
    sl_origin origin = graph->values[v].origin;
    if (origin == SL_ORIGIN_NODE || origin == SL_ORIGIN_INPUT)
      names[count++] = graph->values[v].name;
  }
  for (sl_node_id n = 1; n < graph->node_count; n++)
    if (!graph->nodes[n].is_removed && graph->nodes[n].name[0] != '\0')
      names[count++] = graph->nodes[n].name;
  return sl_nearest(name, names, count);
}

sl_status sl_tap_find(const sl_graph *graph, const char *model, const char *name, sl_value_id *out,
                      sl_error *err) {
  sl_value_id value = sl_graph_find(graph, name);
  sl_node_id node = value == 0 ? sl_graph_find_node(graph, name) : 0;
  if (node != 0) value = sl_node_output(&graph->nodes[node], 0);
  *out = value;
  if (value != 0 && graph->values[value].origin != SL_ORIGIN_NONE) return SL_OK;
  sl_arena *scratch = sl_arena_new(NULL, "names");
  const char *near = nearest(graph, scratch, name);
  const char *owner = "the model";
  if (model != NULL) owner = sl_arena_printf(scratch, "model \"%s\"", model);
  sl_fail(err, SL_E_NOT_FOUND, "%s has no value or node \"%s\"", owner, name);
  if (near != NULL)
    sl_hint(err, SL_E_NOT_FOUND, "did you mean \"%s\"?", near);
  else
    sl_hint(err, SL_E_NOT_FOUND, "\"slitlamp inspect\" lists the layers of a model");
  sl_arena_free(scratch);
  return SL_E_NOT_FOUND;
}

void sl_pass_tap(sl_graph_model *model, const sl_value_id *values, int32_t count,
                 sl_value_id *outputs) {
  sl_graph *graph = model->graph;
  for (int32_t i = 0; i < count; i++) {
    sl_value_id value = values[i];
    if (graph->values[value].origin != SL_ORIGIN_NODE || graph->values[value].is_output) {
      const char *hint = sl_arena_printf(graph->arena, "%s_tap", graph->values[value].name);
      value = sl_graph_apply(graph, "Identity", hint, "", &value, 1, 1);
      graph->values[value].type = graph->values[values[i]].type;
    }
    sl_graph_add_output(graph, value);
    if (outputs != NULL) outputs[i] = value;
  }
}
