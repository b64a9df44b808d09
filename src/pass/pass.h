// SPDX-License-Identifier: Apache-2.0
// Passes: graph to graph, in place.
//
// Every pass leaves a graph that sl_graph_verify() accepts and whose outputs are equal on equal
// input. The passes here take no options; those that do (tap, cut, gate) have headers of their own.
//
// Invariant: values keep their names as long as they live. Start at pass_list.h.
#ifndef SL_PASS_PASS_H
#define SL_PASS_PASS_H

#include "graph/graph.h"

// Names of values of the main graph that must survive. NULL instead of a context: none.
typedef struct sl_pass_context {
  const char *const *keep;
  size_t keep_count;
} sl_pass_context;

typedef sl_status (*sl_pass_run)(sl_graph_model *model, const sl_pass_context *context,
                                 sl_error *err);

typedef struct sl_pass {
  const char *name, *help;
  int is_idempotent;  // running it again at once changes nothing
  sl_pass_run run;
} sl_pass;

const sl_pass *sl_pass_find(const char *name);  // NULL when there is none

#define SL_PASS(name, is_idempotent, help)                                                      \
  SL_MUST_CHECK sl_status sl_pass_##name(sl_graph_model *model, const sl_pass_context *context, \
                                         sl_error *err);
#include "pass/pass_list.h"
#undef SL_PASS

// ---- what passes share --------------------------------------------------------------------------

// 1 when the value's name must stay: it is an output, an input, or asked to be kept.
int sl_pass_keeps(const sl_pass_context *context, const sl_graph *graph, sl_value_id value);

// A copy of a node with other inputs and outputs; attributes are shared, its name and origin too.
sl_node_id sl_pass_clone(sl_graph *graph, sl_node_id node, const sl_value_id *inputs,
                         int32_t input_count, const sl_value_id *outputs, int32_t output_count);

// Inputs of a node become what `to[input]` says in the end (0: itself). Values from `capacity` on
// stand for themselves.
void sl_pass_read_through(sl_graph *graph, sl_node_id node, const sl_value_id *to,
                          int32_t capacity);

// Every reader of `value` reads what `to[value]` says in the end (0: itself), in one sweep. Values
// from `capacity` on stand for themselves. Graph outputs stay what they are.
void sl_pass_redirect_all(sl_graph *graph, const sl_value_id *to, int32_t capacity);

// A scalar constant of an element type, from a number; 0 where tensors of ours cannot hold it.
sl_value_id sl_pass_scalar(sl_graph *graph, const char *hint, int32_t element, double number);

#endif
