// SPDX-License-Identifier: Apache-2.0
// What differs between two models: structure, attributes, weights.
//
// Nodes are matched by name, then by the names of what they make, then by structure (operator,
// attributes and what feeds them), then by following matched inputs. Start at sl_model_diff_make().
#ifndef SL_PASS_MODEL_DIFF_H
#define SL_PASS_MODEL_DIFF_H

#include "graph/graph.h"

typedef enum sl_change_kind {
  SL_CHANGE_OPSET = 0,  // version of an operator set: `what` is the domain
  SL_CHANGE_PORT,       // an input or output of the model: `what` is its name
  SL_CHANGE_ADDED,      // a node of the second model only
  SL_CHANGE_REMOVED,    // a node of the first model only
  SL_CHANGE_OPERATOR,   // matched nodes of one name and different operators
  SL_CHANGE_ATTRIBUTE,  // `what` is the attribute
  SL_CHANGE_WIRING,     // reads another value: `what` is the input's index
  SL_CHANGE_WEIGHT      // `what` is the constant's name
} sl_change_kind;

typedef struct sl_change {
  sl_change_kind kind;
  sl_node_id node_a, node_b;  // 0 where there is none
  const char *node;           // title of the node; "" for opsets and ports
  const char *what;
  const char *before, *after;  // in words; "" where there is nothing
  double max_delta;            // of weights of equal shape: largest |difference|; else NaN
  double max_before;           // largest |number| of the weight in the first model; else NaN
  int64_t differing, count;    // of weights: elements that differ, and all
} sl_change;

typedef struct sl_model_diff {
  const sl_change *changes;  // opsets and ports first, then in the order of the models
  int32_t count;
  int32_t matched, only_a, only_b;  // nodes
  const sl_node_id *node_of;        // [nodes of a]: the node of b; 0 for none
} sl_model_diff;

// Both graphs sorted; main graphs are compared, graphs inside nodes are not. In `arena`.
sl_model_diff *sl_model_diff_make(sl_arena *arena, const sl_graph_model *a,
                                  const sl_graph_model *b);

#endif
