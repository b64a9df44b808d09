// SPDX-License-Identifier: Apache-2.0
// BatchNormalization after Conv, ConvTranspose or Gemm goes into the weights.
//
// y = (w*x + b - mean) * s + beta with s = gamma / sqrt(var + epsilon) becomes (w*s)*x + (b - mean)
// * s + beta; computed in double, rounded once.
//
// Invariant: the value between the two has no other reader and was not asked to be kept; the value
// after them keeps its name. Start at sl_pass_fuse_batch_norm().
#include <math.h>
#include <string.h>

#include "pass/pass.h"

typedef struct fusion {
  sl_graph *graph;
  sl_node_id norm, layer;
  const sl_constant *weight, *bias;  // bias may be NULL
  int64_t channels;                  // of the output
  int64_t axis;                      // of the weight that counts them (ConvTranspose: with group)
  int64_t group;                     // of ConvTranspose; 1 for the others
  double *scale, *shift;             // [channels]
} fusion;

static int is_plain(const sl_constant *constant) {
  return constant != NULL && constant->data.at != NULL &&
         (constant->element == SL_ELEMENT_F32 || constant->element == SL_ELEMENT_F64 ||
          constant->element == SL_ELEMENT_F16);
}

static const sl_constant *plain_input(const fusion *f, sl_node_id node, int32_t slot) {
  sl_value_id value = sl_node_input(&f->graph->nodes[node], slot);
  const sl_constant *constant = value != 0 ? sl_graph_constant(f->graph, value) : NULL;
  return is_plain(constant) && !f->graph->values[value].is_input ? constant : NULL;
}

static int find_norm(fusion *f, sl_arena *scratch) {
  const sl_node *norm = &f->graph->nodes[f->norm];
  double epsilon = sl_node_float(norm, "epsilon", 1e-5);
  const sl_constant *of[4];
  if (sl_node_int(norm, "training_mode", 0) != 0) return 0;
  for (int32_t i = 1; i < norm->output_count; i++)
    if (norm->outputs[i] != 0) return 0;
  for (int32_t i = 0; i < 4; i++) {
    of[i] = plain_input(f, f->norm, i + 1);
    if (of[i] == NULL || of[i]->count != of[0]->count) return 0;
  }
  f->channels = of[0]->count;
  f->scale = SL_NEW_ARRAY(scratch, double, f->channels);
  f->shift = SL_NEW_ARRAY(scratch, double, f->channels);
  for (int64_t c = 0; c < f->channels; c++) {
    double s = sl_constant_number(of[0], c) / sqrt(sl_constant_number(of[3], c) + epsilon);
    f->scale[c] = s;
    f->shift[c] = sl_constant_number(of[1], c) - sl_constant_number(of[2], c) * s;
    if (!isfinite(f->scale[c]) || !isfinite(f->shift[c])) return 0;
  }
  return 1;
}

static int find_layer(fusion *f) {
  const sl_node *layer = &f->graph->nodes[f->layer];
  f->weight = plain_input(f, f->layer, 1);
  f->group = 1;
  if (f->weight == NULL || layer->input_count > 3) return 0;
  int has_bias = sl_node_input(layer, 2) != 0;
  f->bias = plain_input(f, f->layer, 2);
  if (has_bias && f->bias == NULL) return 0;
  if (sl_node_is(layer, "Conv")) {
    f->axis = 0;
  } else if (sl_node_is(layer, "ConvTranspose")) {
    f->axis = 1;
    f->group = sl_node_int(layer, "group", 1);
  } else if (sl_node_is(layer, "Gemm")) {
    f->axis = sl_node_int(layer, "transB", 0) != 0 ? 0 : 1;
  } else {
    return 0;
  }
  if (f->weight->rank < 2 || f->group < 1 || f->weight->dims[f->axis] * f->group != f->channels)
    return 0;
  // A bias of Gemm may broadcast: one number, or one per channel in the last place.
  int is_row = f->bias == NULL || f->bias->count == 1 ||
               (f->bias->count == f->channels && f->bias->dims[f->bias->rank - 1] == f->channels);
  return is_row;
}

static sl_value_id add_weight(fusion *f, const char *hint) {
  const sl_constant *w = f->weight;
  void *data = sl_arena_push(f->graph->arena, sl_element_bytes(w->element, w->count) + 1);
  int64_t inner = 1;
  for (int32_t d = (int32_t)f->axis + 1; d < w->rank; d++) inner *= w->dims[d];
  int64_t size = w->dims[f->axis], rows_per_group = w->dims[0] / f->group;
  for (int64_t i = 0; i < w->count; i++) {
    int64_t channel = i / inner % size;
    if (f->axis == 1) channel += i / (inner * size) / rows_per_group * size;
    sl_element_store(w->element, data, i, sl_constant_number(w, i) * f->scale[channel]);
  }
  sl_constant made = {.element = w->element, .rank = w->rank, .dims = w->dims, .count = w->count};
  made.data = (sl_bytes){.at = data, .size = sl_element_bytes(w->element, w->count)};
  return sl_graph_borrow_constant(f->graph, hint, &made);
}

static sl_value_id add_bias(fusion *f, const char *hint) {
  const sl_node *layer = &f->graph->nodes[f->layer];
  double alpha = sl_node_is(layer, "Gemm") ? sl_node_float(layer, "beta", 1) : 1;
  void *data = sl_arena_push(f->graph->arena, sl_element_bytes(f->weight->element, f->channels));
  for (int64_t c = 0; c < f->channels; c++) {
    double b = f->bias == NULL ? 0 : sl_constant_number(f->bias, f->bias->count == 1 ? 0 : c);
    sl_element_store(f->weight->element, data, c, alpha * b * f->scale[c] + f->shift[c]);
  }
  return sl_graph_add_constant(f->graph, hint, f->weight->element, 1, &f->channels, data);
}

static void apply(fusion *f, sl_arena *scratch) {
  const sl_node *layer = &f->graph->nodes[f->layer];
  const char *name = f->graph->values[layer->inputs[1]].name;
  sl_value_id inputs[3] = {layer->inputs[0]};
  inputs[1] = add_weight(f, sl_arena_printf(scratch, "%s_fused", name));
  inputs[2] = add_bias(f, sl_arena_printf(scratch, "%s_fused_bias", name));
  sl_value_id output = f->graph->nodes[f->norm].outputs[0];
  sl_graph_remove_node(f->graph, f->norm);
  sl_graph_remove_node(f->graph, f->layer);
  sl_node_id made = sl_pass_clone(f->graph, f->layer, inputs, 3, &output, 1);
  sl_graph_unset(f->graph, made, "beta");
}

static int try_fuse(sl_graph *graph, sl_node_id norm, const sl_uses *uses,
                    const sl_pass_context *context, sl_arena *scratch) {
  sl_value_id between = sl_node_input(&graph->nodes[norm], 0);
  if (between == 0) return 0;
  const sl_value *value = &graph->values[between];
  if (value->origin != SL_ORIGIN_NODE || sl_pass_keeps(context, graph, between)) return 0;
  fusion f = {.graph = graph, .norm = norm, .layer = value->maker};
  if (sl_uses_count(uses, between) != 1 || !find_norm(&f, scratch) || !find_layer(&f)) return 0;
  apply(&f, scratch);
  return 1;
}

sl_status sl_pass_fuse_batch_norm(sl_graph_model *model, const sl_pass_context *context,
                                  sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "fuse batch norm");
  int32_t count;
  sl_graph **graphs = sl_graph_nested(scratch, model->graph, &count);
  sl_status status = SL_OK;
  for (int32_t i = 0; status == SL_OK && i < count; i++) {
    sl_uses uses = sl_graph_uses(graphs[i], scratch);
    for (sl_node_id n = 1, end = graphs[i]->node_count; n < end; n++)
      if (!graphs[i]->nodes[n].is_removed && sl_node_is(&graphs[i]->nodes[n], "BatchNormalization"))
        try_fuse(graphs[i], n, &uses, context, scratch);
    status = sl_graph_sort(graphs[i], err);
  }
  sl_arena_free(scratch);
  return status;
}
