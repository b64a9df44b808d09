// SPDX-License-Identifier: Apache-2.0
// Values of a model as additional outputs.
#ifndef SL_PASS_TAPS_H
#define SL_PASS_TAPS_H

#include "graph/graph.h"

// A value of the main graph by its name, or the first output of a node by the node's name.
// SL_E_NOT_FOUND with "did you mean" when there is none; `model` names the file in the message and
// may be NULL.
SL_MUST_CHECK sl_status sl_tap_find(const sl_graph *graph, const char *model, const char *name,
                                    sl_value_id *out, sl_error *err);

// Adds outputs at the end, in the order of `values`; the outputs that were there stay. An output of
// the graph is a value that a node makes and that is no output yet: for others (inputs, constants,
// outputs, repeats) an Identity named "<value>_tap" stands in. outputs[i] (may be NULL) is what
// became the output for values[i].
void sl_pass_tap(sl_graph_model *model, const sl_value_id *values, int32_t count,
                 sl_value_id *outputs);

#endif
