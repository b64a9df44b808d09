// SPDX-License-Identifier: Apache-2.0
// Where a model's time goes, node by node, as ONNX Runtime runs it.
#ifndef SL_ATTRIB_NODE_TIME_H
#define SL_ATTRIB_NODE_TIME_H

#include "attrib/white_box.h"

typedef struct sl_node_times {
  double *node_us;  // [node_count of the box's graph]: mean of the runs; fused nodes count where
                    // the last of them stands
  double other_us;  // layout changes and what belongs to no node
  double total_us;
} sl_node_times;

// Profiles `runs` runs of one sample of zeros after one to warm up. In `arena`.
SL_MUST_CHECK sl_status sl_node_times_measure(sl_arena *arena, sl_white_box *box, int32_t runs,
                                              sl_node_times *out, sl_error *err);

#endif
