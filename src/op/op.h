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
  const char *op;
  int64_t journal;            // entry of this call, 0 for SL_OP_PEEK operations
  int64_t job;                // job it runs under, or 0
  struct sl_op_meter *meter;  // progress so far (progress.c)
} sl_op_call;

typedef struct sl_op {
  sl_op_info info;
  // Fills the zeroed `result` of info.result_size bytes.
  sl_status (*run)(sl_op_call *call, const void *params, void *result, sl_error *err);
  // Of SL_OP_CACHED operations: fills in defaults that depend on the workspace ("newest run") and
  // appends to `key` whatever decides the result besides the parameters; nothing = not cached.
  sl_status (*resolve)(sl_op_call *call, void *params, sl_text *key, sl_error *err);
} sl_op;

// Reports progress; cheap to call often. Thread-safe.
void sl_op_progress(sl_op_call *call, const char *phase, const char *unit, int64_t done,
                    int64_t total);
// Notes an id or key that the call has read or written, for the journal. A failure to note is the
// journal's and ends the call.
SL_MUST_CHECK sl_status sl_op_reads(sl_op_call *call, const char *key, sl_error *err);
SL_MUST_CHECK sl_status sl_op_writes(sl_op_call *call, const char *key, sl_error *err);

// Runs another operation inside this one, journalled as its child. `params` and `result` are the
// other operation's structs; the result lives in the outer call's arena.
SL_MUST_CHECK sl_status sl_op_run_inner(sl_op_call *call, const sl_op *op, void *params,
                                        void *result, sl_error *err);

#define SL_OP(name) extern const sl_op sl_op_##name;
#include "op/op_list.h"
#undef SL_OP

const sl_op *sl_op_row(const char *name);  // NULL when unknown

#endif
