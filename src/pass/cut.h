// SPDX-License-Identifier: Apache-2.0
// Models that start in the middle: given values become the inputs, what computes them goes.
#ifndef SL_PASS_CUT_H
#define SL_PASS_CUT_H

#include "graph/graph.h"

typedef struct sl_cut_options {
  const sl_value_id *frontier;  // values of the main graph; inputs of the result, in this order
  int32_t frontier_count;
  // Outputs may also depend on inputs of the model around the frontier: those stay, after it.
  int allow_around;
  // Outputs may depend on nothing of the frontier.
  int allow_independent;
} sl_cut_options;

// The outputs of the graph are the targets: set them before. Numbers and names of values stay.
// Where the rest reads the shape of something in front of the frontier and types are known, the
// shape is computed from the batch of the frontier instead. SL_E_ARG naming the output when it does
// not depend on the frontier, and the node when an output depends on an input around it.
SL_MUST_CHECK sl_status sl_pass_cut(sl_graph_model *model, const sl_cut_options *options,
                                    sl_error *err);

#endif
