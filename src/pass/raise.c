// SPDX-License-Identifier: Apache-2.0
// The operator set raised to 17 (sl_pass_raise), and that of functions to the model's.
//
// Each row of `steps` says from which version on an operator is spelled differently, and rewrites a
// node of an older spelling. Rows are applied in the order of versions, so a node passes through
// every spelling between. Rewrites are in raise_rewrite.c. Source: the ONNX operator changelog.
//
// Invariant: what a node computes stays, bit for bit. Start at raise_graph().
#include <string.h>

#include "pass/raise_rewrite.h"

enum { OLDEST = 6, WANTED = 17 };

typedef struct raise_step {
  const char *type;
  int64_t version;  // first operator set with the new spelling
  sl_raise_rewrite rewrite;
} raise_step;

static const raise_step steps[] = {
    {"Add", 7, sl_raise_broadcast},
    {"And", 7, sl_raise_broadcast},
    {"BatchNormalization", 7, sl_raise_is_test},
    {"Div", 7, sl_raise_broadcast},
    {"Dropout", 7, sl_raise_is_test},
    {"Equal", 7, sl_raise_broadcast},
    {"Gemm", 7, sl_raise_broadcast},
    {"Greater", 7, sl_raise_broadcast},
    {"Less", 7, sl_raise_broadcast},
    {"Mul", 7, sl_raise_broadcast},
    {"Or", 7, sl_raise_broadcast},
    {"PRelu", 7, sl_raise_slope},
    {"Pow", 7, sl_raise_broadcast},
    {"Sub", 7, sl_raise_broadcast},
    {"Upsample", 7, sl_raise_refuse},
    {"Xor", 7, sl_raise_broadcast},
    {"BatchNormalization", 9, sl_raise_batch_norm},
    {"Scan", 9, sl_raise_refuse},
    {"Upsample", 9, sl_raise_upsample_scales},
    {"Dropout", 10, sl_raise_dropout},
    {"Slice", 10, sl_raise_slice},
    {"TopK", 10, sl_raise_top_k},
    {"Upsample", 10, sl_raise_upsample},
    {"Clip", 11, sl_raise_clip},
    {"Pad", 11, sl_raise_pad},
    {"Resize", 11, sl_raise_resize},
    {"Scatter", 11, sl_raise_scatter},
    {"Dropout", 12, sl_raise_dropout},
    {"Hardmax", 13, sl_raise_softmax},
    {"LogSoftmax", 13, sl_raise_softmax},
    {"ReduceSum", 13, sl_raise_axes},
    {"Softmax", 13, sl_raise_softmax},
    {"Split", 13, sl_raise_split},
    {"Squeeze", 13, sl_raise_axes},
    {"Unsqueeze", 13, sl_raise_axes},
    {"BatchNormalization", 14, sl_raise_batch_norm_outputs},
    {"RoiAlign", 16, sl_raise_roi_align},
    // Only bodies of functions in a model of a later operator set come here.
    {"ReduceL1", 18, sl_raise_axes},
    {"ReduceL2", 18, sl_raise_axes},
    {"ReduceLogSum", 18, sl_raise_axes},
    {"ReduceLogSumExp", 18, sl_raise_axes},
    {"ReduceMax", 18, sl_raise_axes},
    {"ReduceMean", 18, sl_raise_axes},
    {"ReduceMin", 18, sl_raise_axes},
    {"ReduceProd", 18, sl_raise_axes},
    {"ReduceSumSquare", 18, sl_raise_axes},
    {"Split", 18, sl_raise_split_count},
    {"DFT", 20, sl_raise_refuse},
    {"GridSample", 20, sl_raise_grid_sample},
    {"GroupNormalization", 21, sl_raise_refuse},
};

static sl_status raise_node(sl_raise *raise, sl_node_id node, sl_error *err) {
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    const raise_step *step = &steps[i];
    if (step->version <= raise->from || step->version > raise->to) continue;
    if (raise->graph->nodes[node].is_removed) return SL_OK;
    if (!sl_node_is(&raise->graph->nodes[node], step->type)) continue;
    raise->step = step->version;
    sl_status status = step->rewrite(raise, node, err);
    if (status != SL_OK) return status;
  }
  return SL_OK;
}

// The graph and those inside its nodes. New nodes are in the new spelling already.
static sl_status raise_graph(sl_graph *graph, int64_t from, int64_t to, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "raise");
  int32_t count;
  sl_graph **graphs = sl_graph_nested(scratch, graph, &count);
  sl_status status = SL_OK;
  for (int32_t i = 0; status == SL_OK && i < count; i++) {
    sl_raise raise = {.graph = graphs[i], .scratch = scratch, .from = from, .to = to};
    for (sl_node_id n = 1, end = graphs[i]->node_count; status == SL_OK && n < end; n++)
      if (!graphs[i]->nodes[n].is_removed) status = raise_node(&raise, n, err);
    if (status == SL_OK) status = sl_graph_sort(graphs[i], err);
  }
  sl_arena_free(scratch);
  return status;
}

static sl_status raise_function(sl_graph_model *model, sl_function *function, int64_t to,
                                sl_error *err) {
  for (size_t i = 0; i < function->opset_count; i++) {
    const sl_opset *set = &function->opsets[i];
    if (set->domain[0] != '\0' || set->version >= to) continue;
    SL_TRY(raise_graph(function->body, set->version, to, err));
    sl_opset *raised = SL_NEW_ARRAY(model->arena, sl_opset, function->opset_count);
    memcpy(raised, function->opsets, function->opset_count * sizeof *raised);
    raised[i].version = to;
    function->opsets = raised;
  }
  return SL_OK;
}

// Initializers listed among the inputs are defaults; from now on they are constants.
static void settle_inputs(sl_graph *graph) {
  sl_arena *scratch = sl_arena_new(NULL, "inputs");
  sl_value_id *real = SL_NEW_ARRAY(scratch, sl_value_id, graph->input_count + 1);
  int32_t count = 0;
  for (int32_t i = 0; i < graph->input_count; i++)
    if (graph->values[graph->inputs[i]].origin != SL_ORIGIN_CONSTANT)
      real[count++] = graph->inputs[i];
  if (count < graph->input_count) sl_graph_set_inputs(graph, real, count);
  sl_arena_free(scratch);
}

sl_status sl_pass_raise(sl_graph_model *model, const sl_pass_context *context, sl_error *err) {
  (void)context;
  int64_t from = sl_graph_opset(model, ""), to = from;
  for (size_t i = 0; i < model->function_count; i++)
    for (size_t s = 0; s < model->functions[i].opset_count; s++) {
      const sl_opset *set = &model->functions[i].opsets[s];
      if (set->domain[0] == '\0' && set->version > to) to = set->version;
    }
  if (to < WANTED) to = WANTED;
  settle_inputs(model->graph);
  if (from != 0 && from < OLDEST) {
    sl_fail(err, SL_E_UNSUPPORTED,
            "the model uses operator set %lld of ONNX; 6 is the oldest that "
            "can be opened up",
            (long long)from);
    return sl_hint(err, SL_E_UNSUPPORTED,
                   "export the model again, or convert it with "
                   "onnx.version_converter to operator set 17");
  }
  if (from != 0 && from < to) SL_TRY(raise_graph(model->graph, from, to, err));
  for (size_t i = 0; i < model->function_count; i++)
    SL_TRY(raise_function(model, &model->functions[i], to, err));
  if (from != to) sl_graph_set_opset(model, "", to);
  if (model->ir_version < 8) model->ir_version = 8;
  return SL_OK;
}
