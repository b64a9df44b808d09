// SPDX-License-Identifier: Apache-2.0
// The passes that make a model ready, in their order. Start at sl_pass_prepare().
#include "pass/prepare.h"

#include "pass/pass.h"

sl_status sl_pass_prepare(sl_graph_model *model, const sl_prepare_options *options, sl_error *err) {
  static const sl_prepare_options none = {0};
  if (options == NULL) options = &none;
  sl_pass_context context = {options->keep, options->keep_count};
  SL_TRY(sl_onnx_bind(model, options->bounds, options->bound_count, err));
  // Before 13 what Softmax means depends on the rank of its input.
  if (sl_graph_opset(model, "") < 13) SL_TRY(sl_onnx_infer(model, err));
  SL_TRY(sl_pass_raise(model, &context, err));
  SL_TRY(sl_pass_inline(model, &context, err));
  SL_TRY(sl_onnx_infer(model, err));
  SL_TRY(sl_pass_fold(model, &context, err));
  SL_TRY(sl_pass_unroll(model, &context, err));
  SL_TRY(sl_onnx_infer(model, err));
  SL_TRY(sl_pass_fold(model, &context, err));
  SL_TRY(sl_pass_fuse_batch_norm(model, &context, err));
  SL_TRY(sl_pass_dedupe(model, &context, err));
  SL_TRY(sl_pass_dead(model, &context, err));
  return sl_onnx_infer(model, err);
}
