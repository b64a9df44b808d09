// SPDX-License-Identifier: Apache-2.0
// An operation as the code behind it sees it: a row in op_list.h, a parameter struct, a result
// struct and one function.
//
// An operation never prints, never writes JSON and never relies on the memory of a server: all it
// knows is its call. Start at sl_op.
#ifndef SL_OP_OP_H
#define SL_OP_OP_H

#include <slitlamp/engine.h>
#include <slitlamp/op.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/rows.h"
#include "store/store.h"

// One running call. Everything an operation returns lives in `arena`, which dies with the reply.
typedef struct sl_op_call {
  sl_engine *engine;
  sl_store *store;  // NULL for SL_OP_NO_WORKSPACE operations
  sl_arena *arena;
  const atomic_int *cancel;
  int threads;
  int64_t journal;            // row of this call, 0 for SL_OP_PEEK operations
  struct sl_op_trace *trace;  // what the call has read and written (dispatch.c)
} sl_op_call;

typedef struct sl_op {
  sl_op_info info;
  // Fills the zeroed `result` of info.result_size bytes.
  sl_status (*run)(sl_op_call *call, const void *params, void *result, sl_error *err);
} sl_op;

// Reports progress; cheap to call often. Thread-safe.
void sl_op_progress(sl_op_call *call, const char *phase, const char *unit, int64_t done,
                    int64_t total);
// Notes an id or key that the call has read or written, for the journal.
void sl_op_reads(sl_op_call *call, const char *key);
void sl_op_writes(sl_op_call *call, const char *key);

// Runs another operation inside this one, journalled as its child. `params` and `result` are the
// other operation's structs.
SL_MUST_CHECK sl_status sl_op_run_inner(sl_op_call *call, const sl_op *op, const void *params,
                                        void *result, sl_error *err);

#define SL_OP(name) extern const sl_op sl_op_##name;
#include "op/op_list.h"
#undef SL_OP

const sl_op *sl_op_row(const char *name);  // NULL when unknown

#endif
