// SPDX-License-Identifier: Apache-2.0
// Making the table of a dataset version and its runs; table_cache.h keeps what was made.
#ifndef SL_OP_OPEN_TABLE_H
#define SL_OP_OPEN_TABLE_H

#include "op/table_cache.h"

// `run` and `other` may be 0. Free with sl_arena_free((*out)->arena).
SL_MUST_CHECK sl_status sl_open_table_make(sl_op_call *call, int64_t version, int64_t run,
                                           int64_t other, sl_open_table **out, sl_error *err);

#endif
