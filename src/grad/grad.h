// SPDX-License-Identifier: Apache-2.0
// Exact gradients of a model as more nodes of the same graph.
//
// sl_grad_append() adds the reverse sweep: for each target value an input of its shape (the seed,
// dL/dtarget), for each value of `wrt` an output of its shape (dL/dwrt). Rows of a batch do not mix
// where the model does not mix them, so one run serves N samples. Only operators of ai.onnx are
// added, so the result runs on every provider.
//
// Invariant: nothing of the forward part changes. Start at sl_grad_append(); rules are in
// grad_list.h.
#ifndef SL_GRAD_GRAD_H
#define SL_GRAD_GRAD_H

#include "graph/graph.h"

typedef struct sl_sweep sl_sweep;

// Adds the gradient of one node: reads sl_sweep_grad() of its outputs, calls sl_sweep_add() for
// those inputs that sl_sweep_wants().
typedef sl_status (*sl_grad_rule)(sl_sweep *sweep, sl_node_id node, sl_error *err);

// A rule that takes the place of the table's for one operator (guided backpropagation, LRP, ...).
typedef struct sl_grad_override {
  const char *type;  // operator of ai.onnx
  sl_grad_rule rule;
} sl_grad_override;

typedef struct sl_grad_options {
  const sl_value_id *targets;
  int32_t target_count;
  const sl_value_id *wrt;
  int32_t wrt_count;
  const sl_grad_override *overrides;  // NULL: none
  int32_t override_count;
  void *context;  // for overrides: sl_sweep_context()
} sl_grad_options;

typedef struct sl_grad_result {
  const sl_value_id *seeds;      // inputs, [target_count]
  const sl_value_id *gradients;  // outputs, [wrt_count]; 0 where no target depends on the value
  // What was not differentiated exactly, one sentence each ("Round counts as constant", "straight
  // through 12 QuantizeLinear"); in the graph's arena.
  const char *const *notes;
  int32_t note_count;
} sl_grad_result;

// The model must be prepared (pass/prepare.h): operator set 17 or later, functions inlined, types
// known on the way from wrt to targets. SL_E_UNSUPPORTED naming the node and the reason when an
// operator on the way is refused; the hint says what works instead.
SL_MUST_CHECK sl_status sl_grad_append(sl_graph_model *model, const sl_grad_options *options,
                                       sl_grad_result *out, sl_error *err);

typedef enum sl_grad_state {
  SL_GRAD_UNKNOWN = 0,  // no row
  SL_GRAD_RULE,
  SL_GRAD_ZERO,
  SL_GRAD_REFUSED
} sl_grad_state;
// What the table says of an operator of ai.onnx; *why (may be NULL) is the reason of zero/refused.
sl_grad_state sl_grad_state_of(const char *type, const char **why);

#endif
