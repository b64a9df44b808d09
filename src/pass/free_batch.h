// SPDX-License-Identifier: Apache-2.0
// Models exported for one sample run with any number.
#ifndef SL_PASS_FREE_BATCH_H
#define SL_PASS_FREE_BATCH_H

#include "graph/graph.h"

// The first size of the inputs becomes N where it is 1, and what was written for one sample is
// rewritten: targets of Reshape, repeated constants that meet the batch in Concat, sizes of Resize.
// Sample n of every output then depends on sample n of the inputs alone, which is proved node by
// node; a node for which it cannot be is named and the model stays as it was: SL_E_UNSUPPORTED.
// The model must be prepared (pass/prepare.h) with all types known; a model whose batch is free
// already stays as it is.
SL_MUST_CHECK sl_status sl_pass_free_batch(sl_graph_model *model, sl_error *err);

#endif
