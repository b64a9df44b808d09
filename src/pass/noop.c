// SPDX-License-Identifier: Apache-2.0
// Which nodes change nothing. Start at `checks`.
#include "pass/noop.h"

#include <string.h>

typedef struct noop_check {
  const sl_graph *graph;
  const sl_node *node;
} noop_check;

const sl_type *sl_noop_type(const sl_graph *graph, sl_value_id value) {
  const sl_value *v = &graph->values[value];
  while (v->origin == SL_ORIGIN_OUTER && graph->outer != NULL) {
    graph = graph->outer;
    v = &graph->values[sl_graph_find(graph, v->name)];
  }
  return &v->type;
}

static int has_input(const noop_check *c, int32_t slot) {
  return sl_node_input(c->node, slot) != 0;
}

static int same_type(const noop_check *c) {
  const sl_type *x = sl_noop_type(c->graph, c->node->inputs[0]);
  const sl_type *y = sl_noop_type(c->graph, c->node->outputs[0]);
  if (x->rank < 0 || x->rank != y->rank) return 0;
  for (int32_t d = 0; d < x->rank; d++)
    if (!sl_dim_equal(x->dims[d], y->dims[d])) return 0;
  return 1;
}

static int all_are(const noop_check *c, int32_t slot, int64_t wanted) {
  int64_t ints[64];
  int64_t count = sl_graph_constant_ints(c->graph, sl_node_input(c->node, slot), ints, 64);
  for (int64_t i = 0; i < count; i++)
    if (ints[i] != wanted) return 0;
  return count >= 0;
}

static int always(const noop_check *c) {
  (void)c;
  return 1;
}

static int is_single(const noop_check *c) { return c->node->input_count == 1; }

// Inference unless an input says otherwise.
static int is_dropout(const noop_check *c) {
  if (sl_node_output(c->node, 1) != 0) return 0;
  if (!has_input(c, 2)) return 1;
  const sl_constant *training = sl_graph_constant(c->graph, c->node->inputs[2]);
  return training != NULL && training->count == 1 && sl_constant_number(training, 0) == 0;
}

static int is_cast(const noop_check *c) {
  int32_t element = sl_noop_type(c->graph, c->node->inputs[0])->element;
  return element != SL_ELEMENT_NONE && sl_node_int(c->node, "to", 0) == element;
}

static int is_cast_like(const noop_check *c) {
  int32_t element = sl_noop_type(c->graph, c->node->inputs[0])->element;
  return element != SL_ELEMENT_NONE && has_input(c, 1) &&
         sl_noop_type(c->graph, c->node->inputs[1])->element == element;
}

// Sizes equal on both sides; moving an axis of size 1 past others is not looked for.
static int is_transpose(const noop_check *c) {
  int64_t count;
  const int64_t *perm = sl_node_ints(c->node, "perm", &count);
  if (perm == NULL) {
    int32_t rank = sl_noop_type(c->graph, c->node->inputs[0])->rank;
    return rank == 0 || rank == 1;
  }
  for (int64_t i = 0; i < count; i++)
    if (perm[i] != i) return 0;
  return 1;
}

static int is_pad(const noop_check *c) { return all_are(c, 1, 0); }
static int is_tile(const noop_check *c) { return all_are(c, 1, 1); }

// A slice with steps of 1 that keeps all sizes keeps everything.
static int is_slice(const noop_check *c) {
  return same_type(c) && (!has_input(c, 4) || all_are(c, 4, 1));
}

static int is_clip(const noop_check *c) { return !has_input(c, 1) && !has_input(c, 2); }

static int is_one_part(const noop_check *c) { return c->node->output_count == 1 && same_type(c); }

static const struct {
  const char *type;
  int (*holds)(const noop_check *c);
} checks[] = {
    {"Cast", is_cast},           {"CastLike", is_cast_like}, {"Clip", is_clip},
    {"Concat", is_single},       {"Dropout", is_dropout},    {"Expand", same_type},
    {"Flatten", same_type},      {"Identity", always},       {"Max", is_single},
    {"Mean", is_single},         {"Min", is_single},         {"Pad", is_pad},
    {"Reshape", same_type},      {"Slice", is_slice},        {"Split", is_one_part},
    {"Squeeze", same_type},      {"Sum", is_single},         {"Tile", is_tile},
    {"Transpose", is_transpose}, {"Unsqueeze", same_type},
};

sl_value_id sl_noop_source(const sl_graph *graph, sl_node_id node) {
  noop_check c = {graph, &graph->nodes[node]};
  if (c.node->domain[0] != '\0' || sl_node_input(c.node, 0) == 0 || sl_node_output(c.node, 0) == 0)
    return 0;
  for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
    if (strcmp(checks[i].type, c.node->type) == 0)
      return checks[i].holds(&c) ? c.node->inputs[0] : 0;
  return 0;
}
