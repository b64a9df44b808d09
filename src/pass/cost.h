// SPDX-License-Identifier: Apache-2.0
// What a node costs: parameters it reads and floating-point operations for one sample.
#ifndef SL_PASS_COST_H
#define SL_PASS_COST_H

#include "graph/graph.h"

typedef struct sl_node_cost {
  int64_t parameters;  // elements of its constants of float or quantised type
  int64_t flops;       // a multiply-add counts as two; 0 for nodes that only move elements
} sl_node_cost;

// Types must be inferred; a node whose sizes are not known costs 0 operations.
sl_node_cost sl_node_cost_of(const sl_graph *graph, sl_node_id node);

#endif
