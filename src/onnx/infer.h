// SPDX-License-Identifier: Apache-2.0
// Element types and shapes of every value, as far as they follow from the inputs.
//
// Sizes are fixed + per_batch * N (graph/graph.h), so a model is inferred once for every batch
// size. Contents of small integer tensors (Shape, Gather, Concat, ... into Reshape) are followed in
// the same form.
#ifndef SL_ONNX_INFER_H
#define SL_ONNX_INFER_H

#include "graph/graph.h"

// What to put for the sizes that the inputs leave free.
typedef struct sl_onnx_bound {
  const char *input;  // name of the input
  int32_t rank;
  const int64_t *dims;  // -1 in the first place: the batch, stays free
} sl_onnx_bound;

// Sets the dims of inputs: the first free dim of each image-like input becomes N; others take the
// sizes of `bounds`, or stay unknown. Symbols that occur several times get the same size.
SL_MUST_CHECK sl_status sl_onnx_bind(sl_graph_model *model, const sl_onnx_bound *bounds,
                                     size_t count, sl_error *err);

// Fills the types of all values it can, inner graphs included; what cannot be known stays unknown
// (a probe run fills it: model/graph_session.h). SL_E_MODEL naming the node when shapes contradict
// each other or what the file declares.
SL_MUST_CHECK sl_status sl_onnx_infer(sl_graph_model *model, sl_error *err);

#endif
