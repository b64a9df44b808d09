// SPDX-License-Identifier: Apache-2.0
// Freeing the batch: which axis of each value holds the samples, followed from the inputs on.
//
// With one sample every size is a number. The axis that holds the samples has size k for one and
// k * N for N, samples outermost (or innermost: `inner`): that is what `axis` says of a value (-1:
// it holds none). A node passes when its outputs follow the same rule; see free_batch_rules.c.
//
// Invariant: the graph is changed only when every node has passed. Start at sl_pass_free_batch().
#include "pass/free_batch.h"

#include <string.h>

#include "pass/free_batch_rules.h"
#include "pass/pass.h"

static int is_one_sample(const sl_type *type) {
  return type->rank >= 1 && sl_dim_is(type->dims[0], 1);
}

static int is_free_already(const sl_graph *graph) {
  for (int32_t i = 0; i < graph->input_count; i++) {
    const sl_type *type = &graph->values[graph->inputs[i]].type;
    for (int32_t d = 0; d < type->rank; d++)
      if (type->dims[d].per_batch != 0) return 1;
  }
  return 0;
}

static sl_status refuse(const sl_batch *b, sl_node_id node, const char *why, sl_error *err) {
  sl_fail(err, SL_E_UNSUPPORTED, "the model runs one sample at a time: node \"%s\" %s",
          sl_node_title(b->scratch, b->graph, node), why);
  return sl_hint(err, SL_E_UNSUPPORTED,
                 "export the model with a free batch size (dynamic_axes or dynamic_shapes)");
}

static int reads_samples(const sl_batch *b, const sl_node *node) {
  for (int32_t i = 0; i < node->input_count; i++)
    if (node->inputs[i] != 0 && b->axis[node->inputs[i]] >= 0) return 1;
  int32_t count;
  const sl_value_id *captured = sl_node_captured(b->scratch, b->graph, node, &count);
  for (int32_t i = 0; i < count; i++)
    if (b->axis[captured[i]] >= 0) return 1;
  return 0;
}

static sl_status check_node(sl_batch *b, sl_node_id n, sl_error *err) {
  const sl_node *node = &b->graph->nodes[n];
  if (node->is_removed || !reads_samples(b, node)) return SL_OK;
  for (int32_t i = 0; i < node->input_count + node->output_count; i++) {
    sl_value_id value =
        i < node->input_count ? node->inputs[i] : node->outputs[i - node->input_count];
    if (value != 0 && !sl_type_is_known(&b->graph->values[value].type))
      return refuse(b, n, "has sizes that are not known", err);
  }
  b->node = n;
  b->why = "mixes samples, or its rule is not known";
  return sl_batch_follow(b) ? SL_OK : refuse(b, n, b->why, err);
}

static sl_status check_outputs(const sl_batch *b, sl_error *err) {
  for (int32_t i = 0; i < b->graph->output_count; i++) {
    const sl_value *value = &b->graph->values[b->graph->outputs[i]];
    if (b->axis[b->graph->outputs[i]] == 0 && is_one_sample(&value->type)) continue;
    if (value->origin == SL_ORIGIN_NODE)
      return refuse(b, value->maker, "gives an output that has no row per sample", err);
  }
  return SL_OK;
}

// ---- applying -----------------------------------------------------------------------------------

static void set_types(sl_batch *b) {
  sl_graph *graph = b->graph;
  for (sl_value_id v = 1; v < b->capacity; v++) {
    sl_type type = graph->values[v].type;
    if (b->axis[v] < 0 || b->axis[v] >= type.rank) continue;
    sl_dim *dims = SL_NEW_ARRAY(graph->arena, sl_dim, type.rank);
    memcpy(dims, type.dims, (size_t)type.rank * sizeof *dims);
    dims[b->axis[v]] = (sl_dim){.fixed = 0, .per_batch = dims[b->axis[v]].fixed};
    sl_graph_set_type(graph, v, type.element, type.rank, dims);
  }
}

static sl_status apply(sl_batch *b, sl_error *err) {
  set_types(b);
  for (int32_t i = 0; i < b->edit_count; i++) sl_batch_apply(b, &b->edits[i]);
  return sl_graph_sort(b->graph, err);
}

static sl_status run(sl_batch *b, sl_error *err) {
  sl_graph *graph = b->graph;
  SL_TRY(sl_graph_sort(graph, err));
  int32_t inputs = 0;
  for (int32_t i = 0; i < graph->input_count; i++) {
    int is_one = is_one_sample(&graph->values[graph->inputs[i]].type);
    if (is_one) b->axis[graph->inputs[i]] = 0;
    inputs += is_one;
  }
  if (inputs == 0)
    return sl_fail(err, SL_E_UNSUPPORTED, "no input of the model has one sample as its first size");
  for (sl_node_id n = 1; n < graph->node_count; n++) SL_TRY(check_node(b, n, err));
  SL_TRY(check_outputs(b, err));
  return apply(b, err);
}

sl_status sl_pass_free_batch(sl_graph_model *model, sl_error *err) {
  if (is_free_already(model->graph)) return SL_OK;
  sl_arena *scratch = sl_arena_new(NULL, "free batch");
  sl_batch b = {.graph = model->graph, .scratch = scratch, .capacity = model->graph->value_count};
  b.axis = SL_NEW_ARRAY(scratch, int32_t, b.capacity);
  b.inner = SL_NEW_ARRAY(scratch, uint8_t, b.capacity);
  for (int32_t v = 0; v < b.capacity; v++) b.axis[v] = -1;
  // A node asks for one rewrite per input at most.
  int64_t slots = 0;
  for (sl_node_id n = 1; n < b.graph->node_count; n++) slots += b.graph->nodes[n].input_count;
  b.edits = SL_NEW_ARRAY(scratch, sl_batch_edit, slots + 1);
  sl_status status = run(&b, err);
  sl_arena_free(scratch);
  return status;
}
