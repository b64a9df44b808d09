// SPDX-License-Identifier: Apache-2.0
// Rewrites of single nodes from an older spelling of their operator to a later one (raise.c).
#ifndef SL_PASS_RAISE_REWRITE_H
#define SL_PASS_RAISE_REWRITE_H

#include "pass/pass.h"

typedef struct sl_raise {
  sl_graph *graph;
  sl_arena *scratch;
  int64_t from, to;  // operator sets: of the graph now, and wanted
  int64_t step;      // version of the rewrite that runs
} sl_raise;

typedef sl_status (*sl_raise_rewrite)(sl_raise *raise, sl_node_id node, sl_error *err);

sl_status sl_raise_broadcast(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_is_test(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_slope(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_batch_norm(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_batch_norm_outputs(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_upsample_scales(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_upsample(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_dropout(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_slice(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_top_k(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_clip(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_pad(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_resize(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_scatter(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_softmax(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_axes(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_split(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_split_count(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_roi_align(sl_raise *raise, sl_node_id node, sl_error *err);
sl_status sl_raise_grid_sample(sl_raise *raise, sl_node_id node, sl_error *err);
// For spellings that no rewrite knows: SL_E_UNSUPPORTED naming the node.
sl_status sl_raise_refuse(sl_raise *raise, sl_node_id node, sl_error *err);

#endif
