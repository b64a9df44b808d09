// SPDX-License-Identifier: Apache-2.0
// Rules of free_batch.c: where the samples are after each operator.
#ifndef SL_PASS_FREE_BATCH_RULES_H
#define SL_PASS_FREE_BATCH_RULES_H

#include "graph/graph.h"

typedef enum sl_batch_edit_kind {
  SL_BATCH_RESHAPE,  // the target gets -1 at `axis`
  SL_BATCH_REPEAT,   // the input is expanded to N at `axis`
  SL_BATCH_SIZES     // the first of the sizes becomes N
} sl_batch_edit_kind;

// A rewrite that a node needs; made when all nodes have passed.
typedef struct sl_batch_edit {
  sl_batch_edit_kind kind;
  sl_node_id node;
  int32_t slot;  // input that is replaced
  int32_t axis;
  sl_value_id like;       // value with the samples in front (REPEAT, SIZES)
  int32_t like_axis;      // where its samples are
  int64_t like_count;     // size of that axis for one sample
  const int64_t *target;  // of RESHAPE
  int64_t target_count;
} sl_batch_edit;

typedef struct sl_batch {
  sl_graph *graph;
  sl_arena *scratch;
  int32_t *axis;   // per value: the axis that holds the samples; -1 for none
  uint8_t *inner;  // per value: samples are innermost in their axis instead of outermost
  int32_t capacity;
  sl_batch_edit *edits;
  int32_t edit_count;
  sl_node_id node;   // being followed
  uint8_t is_inner;  // of its inputs, and of its outputs unless a rule says otherwise
  const char *why;   // of a refusal
} sl_batch;

// Sets the axes of the outputs of `batch->node`; 0 when it cannot be proved, with `why`.
int sl_batch_follow(sl_batch *batch);
void sl_batch_apply(sl_batch *batch, const sl_batch_edit *edit);

#endif
