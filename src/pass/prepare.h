// SPDX-License-Identifier: Apache-2.0
// A model made ready for the white box: one dialect, known types, no work that is constant.
#ifndef SL_PASS_PREPARE_H
#define SL_PASS_PREPARE_H

#include "onnx/infer.h"

// In place: functions inlined, operator set raised to 17 (later ones stay), sizes bound and
// inferred, constants folded, no-ops and dead nodes removed, batch normalisation fused into its
// convolution, sizes inferred again. Names of values that survive are those of the original.
// `keep` names values that must survive (layers somebody asked for); may be NULL.
typedef struct sl_prepare_options {
  const sl_onnx_bound *bounds;
  size_t bound_count;
  const char *const *keep;
  size_t keep_count;
} sl_prepare_options;
SL_MUST_CHECK sl_status sl_pass_prepare(sl_graph_model *model, const sl_prepare_options *options,
                                        sl_error *err);

#endif
