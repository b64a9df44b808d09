// SPDX-License-Identifier: Apache-2.0
// Blocks of a model: a tree from dotted paths, or runs of equal grids. Paths are read in
// outline_names.c, layers found in outline_layers.c.
//
// Invariant: a block stands after the block around it. Start at sl_outline_make().
#include "pass/outline.h"

#include <string.h>

#include "pass/pass.h"

typedef struct tree {
  sl_arena *arena;
  sl_map *index;  // path -> block
  sl_block *blocks;
  int32_t count, capacity;
} tree;

static int32_t add_block(tree *t, const char *title, int32_t parent) {
  if (t->count == t->capacity) {
    t->capacity = t->capacity * 2 + 16;
    sl_block *grown = SL_NEW_ARRAY(t->arena, sl_block, t->capacity);
    if (t->count > 0) memcpy(grown, t->blocks, (size_t)t->count * sizeof *grown);
    t->blocks = grown;
  }
  int32_t depth = parent >= 0 ? t->blocks[parent].depth + 1 : 0;
  t->blocks[t->count] = (sl_block){.title = title, .parent = parent, .depth = depth};
  return t->count++;
}

// The block of a path; the blocks around it are made when they are new.
static int32_t block_of_path(tree *t, const char *path) {
  int32_t block = -1;
  for (size_t size = 1; path[0] != '\0'; size++) {
    if (path[size] != '.' && path[size] != '\0') continue;
    int32_t found = (int32_t)sl_map_get(t->index, path, size, -1);
    if (found < 0) {
      found = add_block(t, sl_arena_copy_bytes(t->arena, path, size), block);
      sl_map_set(t->index, path, size, found);
    }
    block = found;
    if (path[size] == '\0') break;
  }
  return block;
}

static void count_nodes(tree *t, const int32_t *of, int32_t node_count) {
  for (sl_node_id n = 1; n < node_count; n++)
    for (int32_t b = of[n]; b >= 0; b = t->blocks[b].parent) t->blocks[b].node_count++;
}

// Blocks of one node and blocks that hold just one other block say nothing: they go.
static void tidy(tree *t, int32_t *of, int32_t node_count) {
  int32_t *goes_to = SL_NEW_ARRAY(t->arena, int32_t, t->count + 1), kept = 0;
  int32_t *child = SL_NEW_ARRAY(t->arena, int32_t, t->count + 1);
  int32_t *number = SL_NEW_ARRAY(t->arena, int32_t, t->count + 1);
  for (int32_t b = 0; b < t->count; b++) child[b] = -1;
  for (int32_t b = 0; b < t->count; b++)
    if (t->blocks[b].parent >= 0 &&
        t->blocks[b].node_count == t->blocks[t->blocks[b].parent].node_count)
      child[t->blocks[b].parent] = b;
  for (int32_t b = 0; b < t->count; b++) {
    int32_t parent = t->blocks[b].parent;
    goes_to[b] = parent >= 0 ? goes_to[parent] : -1;
    number[b] = -1;
    if (t->blocks[b].node_count <= 1 || child[b] >= 0) continue;
    sl_block block = t->blocks[b];
    block.parent = goes_to[b];
    block.depth = block.parent >= 0 ? t->blocks[block.parent].depth + 1 : 0;
    goes_to[b] = kept;
    t->blocks[kept++] = block;
  }
  for (sl_node_id n = 1; n < node_count; n++) of[n] = of[n] >= 0 ? goes_to[of[n]] : -1;
  t->count = kept;
}

static int is_inside(const tree *t, int32_t block, int32_t outer) {
  for (; block >= 0; block = t->blocks[block].parent)
    if (block == outer) return 1;
  return 0;
}

// The last value of each block that a node outside of it reads.
static void find_outputs(tree *t, const sl_graph *graph, const int32_t *of) {
  sl_arena *scratch = sl_arena_new(NULL, "outline");
  sl_uses uses = sl_graph_uses(graph, scratch);
  for (sl_node_id n = 1; n < graph->node_count; n++)
    for (int32_t i = 0; of[n] >= 0 && i < graph->nodes[n].output_count; i++) {
      sl_value_id value = graph->nodes[n].outputs[i];
      if (value == 0) continue;
      for (int32_t u = uses.first[value]; u < uses.first[value + 1]; u++)
        for (int32_t b = of[n]; b >= 0 && !is_inside(t, of[uses.at[u].node], b);
             b = t->blocks[b].parent)
          t->blocks[b].output = value;
      for (int32_t b = of[n]; graph->values[value].is_output && b >= 0; b = t->blocks[b].parent)
        t->blocks[b].output = value;
    }
  sl_arena_free(scratch);
}

static void finish(tree *t, const sl_graph *graph, int32_t *of, sl_outline *outline) {
  find_outputs(t, graph, of);
  outline->blocks = t->blocks;
  outline->block_count = t->count;
  outline->block_of = of;
}

// Fills blocks and block_of from paths; 0 when the names are of no use.
static int blocks_from_names(sl_arena *arena, const sl_graph *graph, sl_outline *outline) {
  const char **paths = sl_outline_paths(arena, graph);
  tree t = {.arena = arena, .index = sl_map_new(arena)};
  int32_t *of = SL_NEW_ARRAY(arena, int32_t, graph->node_count);
  int32_t alive = 0, named = 0;
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    of[n] = block_of_path(&t, paths[n]);
    alive += !graph->nodes[n].is_removed;
    named += of[n] >= 0;
  }
  count_nodes(&t, of, graph->node_count);
  tidy(&t, of, graph->node_count);
  if (named * 5 < alive * 2 || t.count < 2) return 0;
  finish(&t, graph, of, outline);
  return 1;
}

// The two sizes of space, whichever end the channels are at; 0 for values without.
static int64_t grid_of(const sl_graph *graph, sl_value_id value) {
  const sl_type *type = &graph->values[value].type;
  if (type->rank != 4 || !sl_type_is_known(type) || type->dims[0].per_batch == 0) return 0;
  int is_last = type->dims[1].fixed == type->dims[2].fixed;
  const sl_dim *space = type->dims + (is_last ? 1 : 2);
  return space[0].fixed * 65536 + space[1].fixed;
}

// The same from sizes: a new block where the grid of the layers changes.
static void blocks_from_sizes(sl_arena *arena, const sl_graph *graph, sl_outline *outline) {
  tree t = {.arena = arena, .index = sl_map_new(arena)};
  int32_t *of = SL_NEW_ARRAY(arena, int32_t, graph->node_count), block = -1;
  int64_t grid = 0;
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    of[n] = -1;
    if (graph->nodes[n].is_removed) continue;
    sl_value_id output = sl_node_output(&graph->nodes[n], 0);
    int64_t here = output != 0 ? grid_of(graph, output) : 0;
    int is_new = here != 0 && (block < 0 || here < grid);
    if (is_new) {
      grid = here;
      block = add_block(&t, sl_arena_printf(arena, "stage %d", t.count + 1), -1);
    }
    of[n] = block;
  }
  count_nodes(&t, of, graph->node_count);
  finish(&t, graph, of, outline);
}

sl_outline *sl_outline_make(sl_arena *arena, const sl_graph *graph) {
  sl_outline *outline = SL_NEW(arena, sl_outline);
  outline->names_are_used = blocks_from_names(arena, graph, outline);
  if (!outline->names_are_used) blocks_from_sizes(arena, graph, outline);
  sl_outline_layers(arena, graph, outline);
  return outline;
}
