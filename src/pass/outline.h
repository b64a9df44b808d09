// SPDX-License-Identifier: Apache-2.0
// A model as people see it: blocks and stages, and the layers worth looking at, found without being
// told.
//
// Blocks come from names ("layer1.0.conv1", "/features/features.3/...", scopes that exporters write
// beside nodes, names of weights) or, where names say nothing, from the sizes of feature maps.
// Layers are values that all of the computation passes through (or that end a block), plus
// attention probabilities and scores.
//
// Invariant: nothing of the graph changes; the result holds numbers of its nodes and values. Start
// at sl_outline_make().
#ifndef SL_PASS_OUTLINE_H
#define SL_PASS_OUTLINE_H

#include "graph/graph.h"

typedef struct sl_block {
  const char *title;   // "layer1.0", "stage 2"
  int32_t parent;      // index of the block around it; -1 for the outermost
  int32_t depth;       // 0 for the outermost
  int32_t node_count;  // nodes inside, those of inner blocks included
  sl_value_id output;  // what the rest of the model reads last of it; 0 when there is none
} sl_block;

typedef enum sl_layer_kind {
  SL_LAYER_MAP = 0,    // features on a grid: rank 4, channels at `channel_axis`
  SL_LAYER_TOKENS,     // [N, tokens, width]
  SL_LAYER_ATTENTION,  // probabilities: [N,heads,T,T], [N*heads,T,T] or [N*windows,heads,T,T]
  SL_LAYER_SCORES      // [N,classes] before the last softmax or sigmoid
} sl_layer_kind;

typedef struct sl_layer {
  sl_value_id value;
  sl_layer_kind kind;
  const char *title;       // of the block it ends, else the name of its node
  int32_t block;           // index of the block it belongs to; -1 for none
  int32_t channel_axis;    // of maps and tokens; -1 for the others
  int64_t grid_h, grid_w;  // of maps and tokens; 0 when tokens are on no known grid
  int64_t extra_tokens;    // class and register tokens, before the grid
  int64_t heads, windows;  // of attention: heads per sample, windows per sample (1: global)
  int is_stage_end;        // the grid changes (or ends) after it
} sl_layer;

typedef struct sl_outline {
  const sl_block *blocks;  // outer before inner, in the order of the model
  int32_t block_count;
  const int32_t *block_of;  // [node_count]: innermost block of a node; -1 for none
  const sl_layer *layers;   // in the order of the model
  int32_t layer_count;
  int32_t target;  // the layer that class activation maps look at: the last map or grid of tokens
                   // that is larger than 1 x 1; -1 when there is none
  int names_are_used;  // blocks come from names
} sl_outline;

// The graph must be sorted and its types inferred; what has no known type is left out. In `arena`.
sl_outline *sl_outline_make(sl_arena *arena, const sl_graph *graph);

// ---- for outline_*.c ----------------------------------------------------------------------------

// Dotted path of each node ("layer1.0.conv1"), "" where names say nothing; [node_count].
const char **sl_outline_paths(sl_arena *arena, const sl_graph *graph);
// Fills layers and target.
void sl_outline_layers(sl_arena *arena, const sl_graph *graph, sl_outline *outline);

#endif
