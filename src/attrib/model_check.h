// SPDX-License-Identifier: Apache-2.0
// What is wrong with a model, said in words before a session or a sweep stumbles over it.
//
// Invariant: nothing here changes the model. Start at sl_model_check_operators().
#ifndef SL_ATTRIB_MODEL_CHECK_H
#define SL_ATTRIB_MODEL_CHECK_H

#include "graph/graph.h"

// SL_E_MODEL naming operators that are neither standard nor ONNX Runtime's nor functions of the
// file. The model as loaded: before functions are inlined.
SL_MUST_CHECK sl_status sl_model_check_operators(const sl_graph_model *model, const char *name,
                                                 sl_error *err);
// SL_E_LIMIT naming a Loop that nothing stops before a million rounds.
SL_MUST_CHECK sl_status sl_model_check_loops(const sl_graph_model *model, sl_error *err);
// SL_E_UNSUPPORTED when `wrt` is no float value (the hint offers the first one behind it), or when
// the size of `target` depends on the numbers in the input. The graph is sorted.
SL_MUST_CHECK sl_status sl_model_check_wrt(const sl_graph *graph, sl_value_id wrt, sl_error *err);
SL_MUST_CHECK sl_status sl_model_check_target(const sl_graph *graph, sl_value_id target,
                                              sl_error *err);

// One sentence for each weight of the main graph that holds NaN or infinity ("weight \"w\" holds 1
// NaN and 2 infinities"), at most eight; in `arena`. Returns how many sentences.
int32_t sl_model_weight_notes(const sl_graph_model *model, sl_arena *arena,
                              const char *const **out);

#endif
