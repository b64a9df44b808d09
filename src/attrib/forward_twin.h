// SPDX-License-Identifier: Apache-2.0
// A second forward pass in the same graph, for another input: what every value would have been.
//
// Used by overrides of gradient rules that compare the input with a baseline. The twin takes one
// row (or the model's fixed batch), which broadcasts against the rows of the batch.
//
// Invariant: nothing of the first pass changes. Start at sl_twin_of().
#ifndef SL_ATTRIB_FORWARD_TWIN_H
#define SL_ATTRIB_FORWARD_TWIN_H

#include "grad/rule.h"

typedef struct sl_forward_twin {
  sl_value_id input;      // set by the caller: the value that has another one
  const sl_value_id *at;  // per forward value: its twin; 0 where it is the same
  const sl_graph *graph;  // for which `at` was made
} sl_forward_twin;

// Makes the twin at the first call. It takes a further input of the graph, behind all others.
// SL_E_UNSUPPORTED for nodes with inner graphs.
SL_MUST_CHECK sl_status sl_twin_of(sl_forward_twin *twin, sl_sweep *sweep, sl_value_id value,
                                   sl_value_id *out, sl_error *err);

#endif
