// SPDX-License-Identifier: Apache-2.0
// The layers worth looking at: values that everything passes through or that end a block, attention
// probabilities, scores.
//
// Invariant: nodes are sorted, so when a node is reached, what lives on is exactly what the rest of
// the model can still read. Start at sl_outline_layers().
#include <string.h>

#include "pass/outline.h"

typedef enum layout { LAYOUT_NONE = 0, LAYOUT_FIRST, LAYOUT_LAST } layout;

enum { GRIDS_MAX = 16, EXTRA_TOKENS_MAX = 16 };

typedef struct finder {
  const sl_graph *graph;
  sl_arena *arena, *scratch;
  sl_outline *outline;
  sl_uses uses;
  uint8_t *layouts;             // per value: where channels are
  uint8_t *is_data;             // per value: float that depends on an input
  uint8_t *is_passage;          // per value: everything passes through it
  int64_t grids[GRIDS_MAX][2];  // seen so far, the last one first to be tried
  int32_t grid_count;
  int32_t base_depth;  // of the blocks that the model is a row of
  sl_layer *layers;
  int32_t count;
} finder;

static const sl_type *type_of(const finder *f, sl_value_id value) {
  return &f->graph->values[value].type;
}

static int is_one_of(const sl_node *node, const char *const *types, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (sl_node_is(node, types[i])) return 1;
  return 0;
}
#define IS_ONE_OF(node, types) is_one_of((node), (types), sizeof(types) / sizeof *(types))

// ---- where channels are -------------------------------------------------------------------------

static const char *const channels_first[] = {"AveragePool",
                                             "BatchNormalization",
                                             "Conv",
                                             "ConvTranspose",
                                             "DepthToSpace",
                                             "GlobalAveragePool",
                                             "GlobalMaxPool",
                                             "GroupNormalization",
                                             "InstanceNormalization",
                                             "LRN",
                                             "LpPool",
                                             "MaxPool",
                                             "QLinearConv",
                                             "ConvInteger",
                                             "Resize",
                                             "SpaceToDepth",
                                             "Upsample"};
static const char *const breaks_layout[] = {"Reshape", "Squeeze", "Unsqueeze", "Gemm", "Einsum"};

static layout of_transpose(const finder *f, const sl_node *node, layout from) {
  int64_t count;
  const int64_t *perm = sl_node_ints(node, "perm", &count);
  const sl_type *x = type_of(f, node->inputs[0]);
  if (perm == NULL || count != 4 || x->rank != 4) return LAYOUT_NONE;
  if (from == LAYOUT_FIRST && perm[3] == 1) return LAYOUT_LAST;
  if (from == LAYOUT_LAST && perm[1] == 3) return LAYOUT_FIRST;
  return perm[1] == 1 || perm[3] == 3 ? from : LAYOUT_NONE;
}

static layout layout_after(const finder *f, const sl_node *node) {
  if (IS_ONE_OF(node, channels_first)) return LAYOUT_FIRST;
  if (IS_ONE_OF(node, breaks_layout)) return LAYOUT_NONE;
  layout from = LAYOUT_NONE;
  for (int32_t i = 0; i < node->input_count && from == LAYOUT_NONE; i++)
    if (node->inputs[i] != 0) from = (layout)f->layouts[node->inputs[i]];
  return sl_node_is(node, "Transpose") ? of_transpose(f, node, from) : from;
}

static void find_layouts(finder *f) {
  for (sl_node_id n = 1; n < f->graph->node_count; n++) {
    const sl_node *node = &f->graph->nodes[n];
    layout after = layout_after(f, node);
    for (int32_t i = 0; i < node->output_count; i++)
      if (node->outputs[i] != 0) f->layouts[node->outputs[i]] = (uint8_t)after;
  }
}

// ---- what everything passes through -------------------------------------------------------------

static void find_data(finder *f) {
  const sl_graph *graph = f->graph;
  for (int32_t i = 0; i < graph->input_count; i++) f->is_data[graph->inputs[i]] = 1;
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    const sl_node *node = &graph->nodes[n];
    int depends = 0;
    if (sl_node_is(node, "Shape") || sl_node_is(node, "Size")) continue;
    for (int32_t i = 0; i < node->input_count; i++)
      depends |= node->inputs[i] != 0 && f->is_data[node->inputs[i]];
    for (int32_t i = 0; i < node->output_count; i++) {
      sl_value_id value = node->outputs[i];
      if (value == 0) continue;
      int32_t element = type_of(f, value)->element;
      f->is_data[value] = depends && (element == SL_ELEMENT_NONE || sl_element_is_float(element));
    }
  }
}

// Reads of `value` still to come, in nodes.
static void find_passages(finder *f) {
  const sl_graph *graph = f->graph;
  int32_t *pending = SL_NEW_ARRAY(f->scratch, int32_t, graph->value_count), alive = 0;
  for (sl_value_id v = 1; v < graph->value_count; v++) {
    pending[v] = f->is_data[v] ? sl_uses_count(&f->uses, v) : 0;
    alive += graph->values[v].origin == SL_ORIGIN_INPUT && pending[v] > 0;
  }
  for (sl_node_id n = 1; n < graph->node_count; n++) {
    const sl_node *node = &graph->nodes[n];
    sl_value_id made = 0;
    for (int32_t i = 0; i < node->input_count; i++)
      if (node->inputs[i] != 0 && pending[node->inputs[i]] > 0)
        alive -= --pending[node->inputs[i]] == 0;
    for (int32_t i = 0; i < node->output_count; i++)
      if (node->outputs[i] != 0 && pending[node->outputs[i]] > 0) {
        made = node->outputs[i];
        alive++;
      }
    if (made != 0 && alive == 1) f->is_passage[made] = 1;
  }
}

// ---- grids and tokens ---------------------------------------------------------------------------

static int is_batch(sl_dim dim) {
  return dim.fixed == 0 ? dim.per_batch == 1 : dim.fixed == 1 && dim.per_batch == 0;
}

static int find_grid(const finder *f, sl_value_id value, sl_layer *out) {
  const sl_type *type = type_of(f, value);
  if (type->rank != 4 || !sl_type_is_known(type) || !sl_element_is_float(type->element)) return 0;
  if (!is_batch(type->dims[0]) || f->layouts[value] == LAYOUT_NONE) return 0;
  int is_last = f->layouts[value] == LAYOUT_LAST;
  const sl_dim *space = type->dims + (is_last ? 1 : 2);
  if (space[0].per_batch != 0 || space[1].per_batch != 0) return 0;
  if (space[0].fixed * space[1].fixed <= 1) return 0;
  *out = (sl_layer){.value = value,
                    .kind = SL_LAYER_MAP,
                    .channel_axis = is_last ? 3 : 1,
                    .grid_h = space[0].fixed,
                    .grid_w = space[1].fixed};
  return 1;
}

static void remember_grid(finder *f, int64_t h, int64_t w) {
  if (h < 2 || w < 2) return;
  for (int32_t i = 0; i < f->grid_count; i++)
    if (f->grids[i][0] == h && f->grids[i][1] == w) return;
  if (f->grid_count == GRIDS_MAX) {
    memmove(f->grids, f->grids + 1, sizeof f->grids - sizeof *f->grids);
    f->grid_count--;
  }
  f->grids[f->grid_count][0] = h;
  f->grids[f->grid_count++][1] = w;
}

static int64_t root_of(int64_t number) {
  int64_t root = 1;
  while ((root + 1) * (root + 1) <= number) root++;
  return root * root == number ? root : 0;
}

// Tokens that fill a grid seen before, with at most a few in front; else a square.
static void place_tokens(const finder *f, int64_t tokens, sl_layer *out) {
  for (int64_t extra = 0; extra <= EXTRA_TOKENS_MAX; extra++)
    for (int32_t g = f->grid_count - 1; g >= 0; g--)
      if (f->grids[g][0] * f->grids[g][1] == tokens - extra) {
        out->grid_h = f->grids[g][0];
        out->grid_w = f->grids[g][1];
        out->extra_tokens = extra;
        return;
      }
  for (int64_t extra = 0; extra <= 2; extra++) {
    int64_t root = tokens - extra > 3 ? root_of(tokens - extra) : 0;
    if (root == 0) continue;
    out->grid_h = out->grid_w = root;
    out->extra_tokens = extra;
    return;
  }
}

static int find_tokens(const finder *f, sl_value_id value, sl_layer *out) {
  const sl_type *type = type_of(f, value);
  if (type->rank != 3 || !sl_type_is_known(type) || !sl_element_is_float(type->element)) return 0;
  if (!is_batch(type->dims[0]) || type->dims[1].per_batch != 0) return 0;
  if (type->dims[1].fixed < 4 || type->dims[2].fixed < 4) return 0;
  *out = (sl_layer){.value = value, .kind = SL_LAYER_TOKENS, .channel_axis = 2};
  place_tokens(f, type->dims[1].fixed, out);
  // [N, width, tokens]: on its way to become tokens.
  sl_layer turned = {0};
  place_tokens(f, type->dims[2].fixed, &turned);
  return out->grid_h > 0 || turned.grid_h == 0;
}

// ---- attention ----------------------------------------------------------------------------------

static const char *const between[] = {"Add",   "Sub",      "Mul",       "Div",
                                      "Where", "Cast",     "Clip",      "Reshape",
                                      "IsNaN", "Identity", "Unsqueeze", "Squeeze"};

static int comes_from_matmul(const finder *f, sl_value_id value) {
  for (int steps = 0; steps < 12; steps++) {
    const sl_value *v = &f->graph->values[value];
    if (v->origin != SL_ORIGIN_NODE) return 0;
    const sl_node *node = &f->graph->nodes[v->maker];
    if (sl_node_is(node, "MatMul") || sl_node_is(node, "Einsum")) return 1;
    if (!IS_ONE_OF(node, between)) return 0;
    sl_value_id next = 0;
    for (int32_t i = 0; i < node->input_count && next == 0; i++)
      if (node->inputs[i] != 0 && f->is_data[node->inputs[i]]) next = node->inputs[i];
    if (next == 0) return 0;
    value = next;
  }
  return 0;
}

static int goes_to_matmul(const finder *f, sl_value_id value) {
  for (int steps = 0; steps < 4; steps++) {
    sl_value_id next = 0;
    for (int32_t u = f->uses.first[value]; u < f->uses.first[value + 1]; u++) {
      const sl_node *node = &f->graph->nodes[f->uses.at[u].node];
      if (sl_node_is(node, "MatMul") || sl_node_is(node, "Einsum")) return 1;
      if (IS_ONE_OF(node, between)) next = node->outputs[0];
    }
    if (next == 0) return 0;
    value = next;
  }
  return 0;
}

static int find_attention(const finder *f, const sl_node *node, sl_layer *out) {
  if (!sl_node_is(node, "Softmax")) return 0;
  const sl_type *type = type_of(f, node->outputs[0]);
  int64_t axis = sl_node_int(node, "axis", -1);
  if ((type->rank != 4 && type->rank != 3) || !sl_type_is_known(type)) return 0;
  if (axis != -1 && axis != type->rank - 1) return 0;
  if (!comes_from_matmul(f, node->inputs[0]) || !goes_to_matmul(f, node->outputs[0])) return 0;
  sl_dim first = type->dims[0];
  int64_t rows = first.per_batch != 0 ? first.per_batch : first.fixed;
  *out = (sl_layer){.value = node->outputs[0], .kind = SL_LAYER_ATTENTION, .channel_axis = -1};
  out->heads = type->rank == 4 ? type->dims[1].fixed : rows;
  out->windows = type->rank == 4 ? rows : 1;
  return 1;
}

// ---- scores -------------------------------------------------------------------------------------

static int is_scores(const finder *f, sl_value_id value) {
  const sl_type *type = type_of(f, value);
  return type->rank == 2 && sl_element_is_float(type->element) && is_batch(type->dims[0]) &&
         (type->dims[1].fixed > 1 || type->dims[1].fixed == SL_DIM_UNKNOWN);
}

static sl_value_id before_squashing(const finder *f, sl_value_id value) {
  const sl_value *v = &f->graph->values[value];
  if (v->origin != SL_ORIGIN_NODE) return value;
  const sl_node *node = &f->graph->nodes[v->maker];
  int squashes =
      sl_node_is(node, "Softmax") || sl_node_is(node, "Sigmoid") || sl_node_is(node, "LogSoftmax");
  return squashes ? node->inputs[0] : value;
}

// ---- choosing -----------------------------------------------------------------------------------

// Blocks that hold most of the model are only its frame: the row of blocks is inside of them.
static void find_base_depth(finder *f) {
  const sl_outline *o = f->outline;
  int32_t alive = 0;
  for (sl_node_id n = 1; n < f->graph->node_count; n++) alive += !f->graph->nodes[n].is_removed;
  for (int32_t b = 0; b < o->block_count; b++)
    if (o->blocks[b].depth == f->base_depth && o->blocks[b].node_count * 5 > alive * 3)
      f->base_depth++;
}

static int same_sizes(const sl_type *a, const sl_type *b) {
  if (a->rank != b->rank) return 0;
  for (int32_t d = 0; d < a->rank; d++)
    if (!sl_dim_equal(a->dims[d], b->dims[d])) return 0;
  return 1;
}

// The outermost block that ends with this value; -1 when none does, or when it is a part of a block
// of the row that gives something else (the inside of a bottleneck).
static int32_t ends_block(const finder *f, sl_value_id value) {
  const sl_outline *o = f->outline;
  sl_node_id maker = f->graph->values[value].maker;
  int32_t ended = -1;
  for (int32_t b = maker != 0 ? o->block_of[maker] : -1; b >= 0; b = o->blocks[b].parent) {
    if (o->blocks[b].output == value) ended = b;
    int is_of_row = o->blocks[b].depth == f->base_depth;
    if (is_of_row && ended >= 0 && !same_sizes(type_of(f, value), type_of(f, o->blocks[b].output)))
      ended = -1;
  }
  return ended;
}

static void add_layer(finder *f, sl_layer layer) {
  sl_node_id maker = f->graph->values[layer.value].maker;
  int32_t ended = ends_block(f, layer.value);
  layer.block = ended >= 0 ? ended : maker != 0 ? f->outline->block_of[maker] : -1;
  const sl_node *node = &f->graph->nodes[maker];
  layer.title = ended >= 0              ? f->outline->blocks[ended].title
                : node->name[0] != '\0' ? node->name
                                        : f->graph->values[layer.value].name;
  f->layers[f->count++] = layer;
}

static int same_grid(const sl_layer *a, const sl_layer *b) {
  return a->grid_h == b->grid_h && a->grid_w == b->grid_w && a->extra_tokens == b->extra_tokens &&
         a->kind == b->kind;
}

// Of values on one grid: those that end a block, and the last one.
static void flush_run(finder *f, const sl_layer *run, int32_t count, int32_t stage_end) {
  for (int32_t i = 0; i < count; i++) {
    int is_end = i == stage_end;
    if (!is_end && ends_block(f, run[i].value) < 0) continue;
    sl_layer layer = run[i];
    layer.is_stage_end = is_end;
    add_layer(f, layer);
  }
}

// The end of a stage is the last value that ends a block, where blocks come from names; else the
// last one there is.
static int32_t stage_end_of(const finder *f, const sl_layer *run, int32_t count) {
  for (int32_t i = count - 1; f->outline->names_are_used && i >= 0; i--)
    if (ends_block(f, run[i].value) >= 0) return i;
  return count - 1;
}

// Candidates in the order of the model, cut into runs of one grid.
static void choose(finder *f, const sl_layer *all, int32_t count) {
  for (int32_t start = 0, end; start < count; start = end) {
    for (end = start + 1; end < count && same_grid(&all[start], &all[end]);) end++;
    flush_run(f, all + start, end - start, stage_end_of(f, all + start, end - start));
  }
}

static int32_t find_candidates(finder *f, sl_layer *all) {
  int32_t count = 0;
  for (sl_node_id n = 1; n < f->graph->node_count; n++) {
    const sl_node *node = &f->graph->nodes[n];
    for (int32_t i = 0; !node->is_removed && i < node->output_count; i++) {
      sl_value_id value = node->outputs[i];
      sl_layer layer;
      if (value == 0 || !f->is_data[value]) continue;
      int is_map = find_grid(f, value, &layer);
      if (is_map) remember_grid(f, layer.grid_h, layer.grid_w);
      int is_end = f->outline->names_are_used && ends_block(f, value) >= 0 &&
                   f->outline->blocks[ends_block(f, value)].depth <= f->base_depth;
      if (!f->is_passage[value] && !is_end) continue;
      if (is_map || find_tokens(f, value, &layer)) all[count++] = layer;
    }
  }
  return count;
}

static void add_attention(finder *f) {
  sl_layer layer;
  for (sl_node_id n = 1; n < f->graph->node_count; n++)
    if (!f->graph->nodes[n].is_removed && find_attention(f, &f->graph->nodes[n], &layer))
      add_layer(f, layer);
}

static void add_scores(finder *f) {
  for (int32_t i = 0; i < f->graph->output_count; i++) {
    sl_value_id value = before_squashing(f, f->graph->outputs[i]);
    if (is_scores(f, value) && f->graph->values[value].origin == SL_ORIGIN_NODE)
      add_layer(f, (sl_layer){.value = value, .kind = SL_LAYER_SCORES, .channel_axis = -1});
  }
}

static void sort_layers(finder *f) {
  for (int32_t i = 1; i < f->count; i++) {
    sl_layer layer = f->layers[i];
    int32_t at = i;
    for (; at > 0 &&
           f->graph->values[f->layers[at - 1].value].maker > f->graph->values[layer.value].maker;
         at--)
      f->layers[at] = f->layers[at - 1];
    f->layers[at] = layer;
  }
}

static int32_t find_target(const finder *f) {
  int32_t target = -1;
  for (int32_t i = 0; i < f->count; i++) {
    const sl_layer *layer = &f->layers[i];
    int is_spatial = layer->kind == SL_LAYER_MAP || layer->kind == SL_LAYER_TOKENS;
    if (is_spatial && layer->is_stage_end && layer->grid_h * layer->grid_w > 1) target = i;
  }
  return target;
}

void sl_outline_layers(sl_arena *arena, const sl_graph *graph, sl_outline *outline) {
  sl_arena *scratch = sl_arena_new(NULL, "outline");
  finder f = {.graph = graph,
              .arena = arena,
              .scratch = scratch,
              .outline = outline,
              .uses = sl_graph_uses(graph, scratch),
              .layouts = SL_NEW_ARRAY(scratch, uint8_t, graph->value_count),
              .is_data = SL_NEW_ARRAY(scratch, uint8_t, graph->value_count),
              .is_passage = SL_NEW_ARRAY(scratch, uint8_t, graph->value_count),
              .layers = SL_NEW_ARRAY(arena, sl_layer, 2 * graph->value_count + 1)};
  find_base_depth(&f);
  find_data(&f);
  find_layouts(&f);
  find_passages(&f);
  sl_layer *all = SL_NEW_ARRAY(scratch, sl_layer, graph->value_count);
  choose(&f, all, find_candidates(&f, all));
  add_attention(&f);
  add_scores(&f);
  sort_layers(&f);
  outline->layers = f.layers;
  outline->layer_count = f.count;
  outline->target = find_target(&f);
  sl_arena_free(scratch);
}
