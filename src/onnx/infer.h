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

// Sets the dims of inputs: the first dim of each input of rank 2 or more becomes N when it is free;
// others take the sizes of `bounds`, or stay unknown. A bound with a number in the first place
// fixes the batch. Symbols that occur several times get the same size, in every graph of the model.
// SL_E_NOT_FOUND when a bound names no input, SL_E_ARG when it does not fit what the file says.
SL_MUST_CHECK sl_status sl_onnx_bind(sl_graph_model *model, const sl_onnx_bound *bounds,
                                     size_t count, sl_error *err);

// Fills the types of all values it can, inner graphs included; what cannot be known stays unknown
// (a probe run fills it: model/graph_session.h). SL_E_MODEL naming the node when shapes contradict
// each other or what the file declares. A size that grows with N where the file declares a number
// is no contradiction: the file was written for one batch size. Sizes hold for every N >= 1.
//
// Types of node outputs are made anew in every call; what the file declares (sl_value.is_declared)
// is kept where inference knows less. To keep a type found otherwise, set is_declared.
SL_MUST_CHECK sl_status sl_onnx_infer(sl_graph_model *model, sl_error *err);

// ---- contents -----------------------------------------------------------------------------------

// An element of a small tensor: integers and bools in the first pair, floats in the second.
typedef struct sl_onnx_number {
  bool is_known;
  int64_t fixed, per_batch;     // fixed + per_batch * N
  double real, real_per_batch;  // the same for float types, rounded to the element type
} sl_onnx_number;

enum { SL_ONNX_CONTENT_MAX = 64 };  // elements of the largest tensor that is followed

typedef struct sl_onnx_contents sl_onnx_contents;

// As sl_onnx_infer(), and what is known of the contents of small tensors; in `arena`, good until
// the graphs change.
SL_MUST_CHECK sl_status sl_onnx_infer_contents(sl_graph_model *model, sl_arena *arena,
                                               const sl_onnx_contents **out, sl_error *err);

// The elements of a value in row-major order; NULL when it is not followed. Constants are among
// them. *count is the number of elements; single ones may be unknown.
const sl_onnx_number *sl_onnx_content(const sl_onnx_contents *contents, const sl_graph *graph,
                                      sl_value_id value, int64_t *count);

#endif
