// SPDX-License-Identifier: Apache-2.0
// If nodes whose condition is a constant become the nodes of the branch that is taken.
#ifndef SL_PASS_BRANCH_H
#define SL_PASS_BRANCH_H

#include "graph/graph.h"

// 1 when the node was such an If and is gone; the new nodes are the last of the graph, so it must
// be sorted again.
int sl_branch_take(sl_graph *graph, sl_node_id node, sl_arena *scratch);

#endif
