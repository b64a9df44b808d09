// SPDX-License-Identifier: Apache-2.0
// Commits the finished chunks of a run once a second, beside the workers, so that none of them
// waits for the disk.
#ifndef SL_OP_RUN_COMMIT_H
#define SL_OP_RUN_COMMIT_H

#include "store/partial_matrix.h"
#include "store/run_table.h"

typedef struct sl_run_commit sl_run_commit;

// Starts the thread. `scores` stays open until sl_run_commit_end().
SL_MUST_CHECK sl_status sl_run_commit_begin(sl_store *store, int64_t run, sl_partial *scores,
                                            sl_run_commit **out, sl_error *err);

// Rows [first, first + count) are written to the matrix. Any thread. Gives the error of a commit
// that failed meanwhile.
SL_MUST_CHECK sl_status sl_run_commit_add(sl_run_commit *commit, int64_t first, int64_t count,
                                          sl_error *err);

// Commits what is left, ends the thread and frees everything.
SL_MUST_CHECK sl_status sl_run_commit_end(sl_run_commit *commit, sl_error *err);

#endif
