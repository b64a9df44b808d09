// SPDX-License-Identifier: Apache-2.0
// Counting parameters and operations.
#include "pass/cost.h"

#include <string.h>

// Elements for one sample; 0 where not known.
static int64_t elements_of(const sl_graph *graph, sl_value_id value) {
  sl_dim count = sl_type_elements(&graph->values[value].type);
  return count.fixed == SL_DIM_UNKNOWN ? 0 : count.fixed + count.per_batch;
}

static int64_t dim_of(const sl_graph *graph, sl_value_id value, int32_t axis) {
  const sl_type *type = &graph->values[value].type;
  if (axis < 0) axis += type->rank;
  if (type->rank < 1 || axis < 0 || axis >= type->rank) return 0;
  sl_dim dim = type->dims[axis];
  return dim.fixed == SL_DIM_UNKNOWN ? 0 : dim.fixed + dim.per_batch;
}

// Weights W[O, C/g, k...]: every output element takes C/g * k products.
static int64_t conv_flops(const sl_graph *graph, const sl_node *node, int transposed) {
  sl_value_id weights = sl_node_input(node, 1);
  int64_t first = dim_of(graph, weights, 0);
  if (first == 0) return 0;
  int64_t per_output = elements_of(graph, weights) / first;
  sl_value_id counted = transposed ? sl_node_input(node, 0) : sl_node_output(node, 0);
  return 2 * elements_of(graph, counted) * per_output;
}

static int64_t pool_flops(const sl_graph *graph, const sl_node *node) {
  int64_t count, window = 1;
  const int64_t *kernel = sl_node_ints(node, "kernel_shape", &count);
  for (int64_t i = 0; i < count; i++) window *= kernel[i];
  return window * elements_of(graph, sl_node_output(node, 0));
}

static int is_any(const sl_node *node, const char *const *types) {
  for (; *types != NULL; types++)
    if (sl_node_is(node, *types)) return 1;
  return 0;
}

static int64_t flops_of(const sl_graph *graph, const sl_node *node) {
  static const char *const moves[] = {
      "Reshape", "Transpose", "Flatten",  "Squeeze",      "Unsqueeze",
      "Slice",   "Gather",    "Split",    "Concat",       "Identity",
      "Pad",     "Expand",    "Shape",    "Constant",     "Tile",
      "Cast",    "Where",     "GatherND", "SpaceToDepth", "DepthToSpace",
      "Dropout", "Size",      "Range",    "ScatterND",    "ConstantOfShape",
      NULL};
  static const char *const pools[] = {"MaxPool", "AveragePool", "LpPool", NULL};
  static const char *const whole[] = {
      "GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceSum",
      "ReduceMax",         "ReduceL2",      NULL};
  int64_t out = elements_of(graph, sl_node_output(node, 0));
  if (is_any(node, moves)) return 0;
  if (sl_node_is(node, "Conv")) return conv_flops(graph, node, 0);
  if (sl_node_is(node, "ConvTranspose")) return conv_flops(graph, node, 1);
  if (sl_node_is(node, "MatMul")) return 2 * out * dim_of(graph, sl_node_input(node, 0), -1);
  if (sl_node_is(node, "Gemm"))
    return 2 * out *
           dim_of(graph, sl_node_input(node, 0), sl_node_int(node, "transA", 0) != 0 ? 0 : 1);
  if (is_any(node, pools)) return pool_flops(graph, node);
  if (is_any(node, whole)) return elements_of(graph, sl_node_input(node, 0));
  return out;
}

sl_node_cost sl_node_cost_of(const sl_graph *graph, sl_node_id node) {
  const sl_node *n = &graph->nodes[node];
  sl_node_cost cost = {.flops = flops_of(graph, n)};
  for (int32_t i = 0; i < n->input_count; i++) {
    const sl_constant *constant = n->inputs[i] != 0 ? sl_graph_constant(graph, n->inputs[i]) : NULL;
    int counts = constant != NULL && constant->element != SL_ELEMENT_I64 &&
                 constant->element != SL_ELEMENT_BOOL && constant->element != SL_ELEMENT_STRING;
    if (counts) cost.parameters += constant->count;
  }
  return cost;
}
