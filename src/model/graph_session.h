// SPDX-License-Identifier: Apache-2.0
// Graphs in ONNX Runtime: a session made from a graph, and a probe that fills types by running.
//
// Invariant: weights are not copied into the serialised model: sessions of one model and of its
// variants (taps, gates, gradients) read the same bytes.
#ifndef SL_MODEL_GRAPH_SESSION_H
#define SL_MODEL_GRAPH_SESSION_H

#include "graph/graph.h"
#include "ort/session.h"

// `name` stands in messages. The graph must outlive the session. Inputs and outputs of the session
// are those of the graph, in its order.
SL_MUST_CHECK sl_status sl_graph_session(const sl_graph_model *model, const char *name,
                                         const sl_session_options *options, sl_session **out,
                                         sl_error *err);

// Fills the types that inference left unknown by one run with N = 1 and one with N = 2 (one where
// the model's batch is fixed) on zeros, every value an output. A size is kept as fixed + per_batch
// * N. Values inside branches and loops stay as they are.
SL_MUST_CHECK sl_status sl_graph_probe(sl_graph_model *model, sl_error *err);

// Zeros of the input's size for `batch` samples; release it. SL_E_MODEL when its size is not known.
SL_MUST_CHECK sl_status sl_graph_zero_input(const sl_graph *graph, sl_value_id input, int64_t batch,
                                            sl_tensor *out, sl_error *err);

#endif
