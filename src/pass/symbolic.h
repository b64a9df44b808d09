// SPDX-License-Identifier: Apache-2.0
// Contents of small integer tensors in the form fixed + per_batch * N: what exporters compute from
// Shape to feed Reshape, Expand, Slice.
//
// Invariant: an entry that is not known says so; nothing is guessed. Start at sl_symbolic_node().
#ifndef SL_PASS_SYMBOLIC_H
#define SL_PASS_SYMBOLIC_H

#include "graph/graph.h"

// A scalar (rank 0) or a list (rank 1) of integers or truth values.
typedef struct sl_symbolic {
  int32_t element;
  int32_t rank;
  int64_t count;
  const sl_dim *at;  // fixed is SL_SYMBOLIC_UNKNOWN where not known
} sl_symbolic;

// Unlike a size, a number may be negative.
#define SL_SYMBOLIC_UNKNOWN INT64_MIN

typedef struct sl_symbolics {
  sl_arena *arena;
  const sl_graph *graph;
  const sl_symbolic **of;  // [capacity], by value; NULL where nothing is known
  int32_t capacity;
} sl_symbolics;

sl_symbolics sl_symbolics_new(sl_arena *arena, const sl_graph *graph);
// What is known of a value: also of constants. NULL when nothing is.
const sl_symbolic *sl_symbolic_of(sl_symbolics *symbolics, sl_value_id value);
// Follows one node; makers must come before readers.
void sl_symbolic_node(sl_symbolics *symbolics, sl_node_id node);
// Every entry known and the same for every batch.
int sl_symbolic_is_fixed(const sl_symbolic *symbolic);

#endif
