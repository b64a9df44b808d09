// SPDX-License-Identifier: Apache-2.0
// A model that starts in the middle.
#ifndef SL_PASS_CUT_H
#define SL_PASS_CUT_H

#include "graph/graph.h"

typedef struct sl_cut_options {
  const sl_value_id *frontier;  // become inputs, in this order, before inputs that are still needed
  int32_t frontier_count;
  bool keep_inputs;  // outputs may depend on the model's inputs around the frontier
} sl_cut_options;

// In place: the frontier's values are inputs, what only they needed is gone. SL_E_ARG naming the
// node through which an output depends on a model input around the frontier (unless keep_inputs),
// or an output that does not depend on the frontier at all.
SL_MUST_CHECK sl_status sl_pass_cut(sl_graph_model *model, const sl_cut_options *options,
                                    sl_error *err);

#endif
