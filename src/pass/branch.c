// SPDX-License-Identifier: Apache-2.0
// Branches taken in advance. Start at sl_branch_take().
#include "pass/branch.h"

#include "pass/splice.h"

static const sl_graph *branch_of(const sl_graph *graph, sl_node_id node) {
  const sl_node *n = &graph->nodes[node];
  sl_value_id condition = sl_node_input(n, 0);
  if (!sl_node_is(n, "If") || condition == 0 || graph->values[condition].is_input) return NULL;
  const sl_constant *value = sl_graph_constant(graph, condition);
  if (value == NULL || value->count != 1 || value->data.size < 1) return NULL;
  const sl_attribute *taken =
      sl_node_attribute(n, sl_constant_number(value, 0) != 0 ? "then_branch" : "else_branch");
  int is_graph = taken != NULL && taken->kind == SL_ATTRIBUTE_GRAPH && taken->reference == NULL;
  return is_graph && taken->graphs[0]->output_count >= n->output_count ? taken->graphs[0] : NULL;
}

int sl_branch_take(sl_graph *graph, sl_node_id node, sl_arena *scratch) {
  const sl_graph *branch = branch_of(graph, node);
  if (branch == NULL) return 0;
  sl_node n = graph->nodes[node];
  sl_value_id *map = SL_NEW_ARRAY(scratch, sl_value_id, branch->value_count);
  for (int32_t i = 0; i < n.output_count; i++) {
    sl_value_id output = branch->outputs[i];
    if (n.outputs[i] != 0 && map[output] == 0 && branch->values[output].origin == SL_ORIGIN_NODE)
      map[output] = n.outputs[i];
  }
  sl_graph_remove_node(graph, node);
  sl_splice splice = {.from = branch, .to = graph, .map = map, .prefix = ""};
  sl_splice_run(&splice);
  for (int32_t i = 0; i < n.output_count; i++) {
    sl_value_id made = map[branch->outputs[i]];
    if (n.outputs[i] != 0 && made != n.outputs[i])
      sl_graph_add_node(graph, "", "Identity", "", &made, 1, &n.outputs[i], 1);
  }
  return 1;
}
