// SPDX-License-Identifier: Apache-2.0
// Nodes that give one of their inputs unchanged.
#ifndef SL_PASS_NOOP_H
#define SL_PASS_NOOP_H

#include "graph/graph.h"

// The input that output 0 of the node equals for every run (inference, batch of any size); 0 when
// it may differ. Types must be inferred for the cases that depend on sizes.
sl_value_id sl_noop_source(const sl_graph *graph, sl_node_id node);

// The type of a value; for values of outer graphs that of the original.
const sl_type *sl_noop_type(const sl_graph *graph, sl_value_id value);

#endif
