// SPDX-License-Identifier: Apache-2.0
// The second forward pass.
#include "attrib/forward_twin.h"

typedef struct copier {
  sl_sweep *sweep;
  sl_value_id *at;
} copier;

// The type with a batch of one row.
static void set_twin_type(copier *c, sl_value_id twin, sl_value_id value) {
  sl_type type = *sl_type_of(c->sweep, value);
  sl_dim *dims = SL_NEW_ARRAY(c->sweep->scratch, sl_dim, type.rank > 0 ? type.rank : 1);
  for (int32_t d = 0; d < type.rank; d++) {
    dims[d] = type.dims[d];
    if (dims[d].fixed != SL_DIM_UNKNOWN) dims[d] = SL_DIM(dims[d].fixed + dims[d].per_batch);
  }
  sl_emit_type(c->sweep, twin, type.element, type.rank, dims);
}

static void copy_attributes(sl_sweep *sweep, const sl_node *from) {
  for (int32_t i = 0; i < from->attribute_count; i++)
    sl_graph_set_attribute(sweep->graph, sl_emitted(sweep), &from->attributes[i]);
}

static sl_status copy_node(copier *c, sl_node_id id, sl_error *err) {
  sl_sweep *sweep = c->sweep;
  sl_node node = sweep->graph->nodes[id];
  int differs = 0;
  for (int32_t i = 0; i < node.input_count; i++) differs |= c->at[node.inputs[i]] != 0;
  if (node.is_removed || !differs) return SL_OK;
  int32_t inner;
  sl_node_graphs(sweep->scratch, &node, &inner);
  if (inner > 0 || node.domain[0] != '\0')
    return sl_sweep_refuse(sweep, id, err, "a baseline is not followed through it");
  sl_value_id *inputs = SL_NEW_ARRAY(sweep->scratch, sl_value_id, node.input_count + 1);
  for (int32_t i = 0; i < node.input_count; i++)
    inputs[i] = c->at[node.inputs[i]] != 0 ? c->at[node.inputs[i]] : node.inputs[i];
  sl_value_id first = sl_graph_apply(sweep->graph, node.type, "baseline", node.origin, inputs,
                                     node.input_count, node.output_count);
  copy_attributes(sweep, &node);
  for (int32_t i = 0; i < node.output_count; i++) {
    if (node.outputs[i] == 0) continue;
    c->at[node.outputs[i]] = first + i;
    set_twin_type(c, first + i, node.outputs[i]);
  }
  return SL_OK;
}

static sl_status make_twin(sl_forward_twin *twin, sl_sweep *sweep, sl_error *err) {
  copier c = {.sweep = sweep,
              .at = SL_NEW_ARRAY(sweep->scratch, sl_value_id, sweep->forward_values)};
  sl_graph *graph = sweep->graph;
  sl_value_id input = sl_graph_add_input(graph, "baseline", SL_ELEMENT_F32, -1, NULL);
  c.at[twin->input] = input;
  set_twin_type(&c, input, twin->input);
  // Nodes behind these were emitted by the sweep: their inputs may have no entry in `at`.
  sl_node_id count = graph->node_count;
  for (sl_node_id n = 1; n < count; n++) {
    const sl_node *node = &graph->nodes[n];
    if (node->output_count > 0 && node->outputs[0] >= sweep->forward_values) break;
    SL_TRY(copy_node(&c, n, err));
  }
  twin->at = c.at;
  twin->graph = graph;
  return SL_OK;
}

sl_status sl_twin_of(sl_forward_twin *twin, sl_sweep *sweep, sl_value_id value, sl_value_id *out,
                     sl_error *err) {
  if (twin->graph != sweep->graph) SL_TRY(make_twin(twin, sweep, err));
  *out = value < sweep->forward_values && twin->at[value] != 0 ? twin->at[value] : value;
  return SL_OK;
}
