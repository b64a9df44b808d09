// SPDX-License-Identifier: Apache-2.0
// The passes that make a model ready, in their order. Start at sl_pass_prepare().
#include "pass/prepare.h"

#include "onnx/operator.h"
#include "pass/pass.h"

enum { ROUNDS_MAX = 64 };

static int32_t count_unknown(const sl_graph *graph) {
  int32_t count = 0;
  for (sl_value_id v = 1; v < graph->value_count; v++)
    count += graph->values[v].origin == SL_ORIGIN_NODE && !sl_type_is_known(&graph->values[v].type);
  return count;
}

// Sizes that are computed from sizes (a Pad before a window, the size of that window, ...) become
// known layer by layer: a constant makes a type known, a type makes the next constant.
static sl_status fold_all_known(sl_graph_model *model, const sl_pass_context *context,
                                sl_error *err) {
  int32_t unknown = INT32_MAX;
  for (int32_t round = 0; round < ROUNDS_MAX; round++) {
    SL_TRY(sl_pass_fold(model, context, err));
    int32_t left = count_unknown(model->graph);
    if (left == 0 || left >= unknown) return SL_OK;
    unknown = left;
  }
  return SL_OK;
}

sl_status sl_pass_prepare(sl_graph_model *model, const sl_prepare_options *options, sl_error *err) {
  static const sl_prepare_options none = {0};
  if (options == NULL) options = &none;
  sl_pass_context context = {options->keep, options->keep_count};
  int64_t opset = sl_graph_opset(model, "");
  // Later passes rely on the arity of nodes.
  if (opset >= 7) SL_TRY(sl_onnx_check(model, err));
  SL_TRY(sl_onnx_bind(model, options->bounds, options->bound_count, err));
  // Before 13 what Softmax means depends on the rank of its input. Broadcasting before 7 is none
  // that inference knows.
  if (opset >= 7 && opset < 13) SL_TRY(sl_onnx_infer(model, err));
  SL_TRY(sl_pass_raise(model, &context, err));
  SL_TRY(sl_pass_inline(model, &context, err));
  SL_TRY(fold_all_known(model, &context, err));
  SL_TRY(sl_pass_unroll(model, &context, err));
  SL_TRY(fold_all_known(model, &context, err));
  SL_TRY(sl_pass_fuse_batch_norm(model, &context, err));
  SL_TRY(sl_pass_dedupe(model, &context, err));
  SL_TRY(sl_pass_dead(model, &context, err));
  return sl_onnx_infer(model, err);
}
