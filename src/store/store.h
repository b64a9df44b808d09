// SPDX-License-Identifier: Apache-2.0
// The workspace: opening and closing, transactions, the write lock and garbage.
//
// Invariant: a file of the workspace is visible only through the catalogue row that names it, and
// the row is committed after the file was written and synced. What no row names is garbage.
//
// Threads: an open sl_store may be used from any thread. Reads run on connections of their own and
// never wait for a writer; writes take turns. A thread inside sl_store_begin() reads its own
// uncommitted rows.
//
// Processes: any number may have a workspace open. Short records (journal, jobs, models, blobs,
// cached results) may be written by all of them. Data (datasets, samples, versions, runs, columns)
// needs the workspace's write lock, which one process holds at a time.
#ifndef SL_STORE_STORE_H
#define SL_STORE_STORE_H

#include "base/arena.h"
#include "store/record_id.h"

typedef struct sl_store sl_store;

#define SL_CACHE_BYTES (INT64_C(2) << 30)

typedef struct sl_store_options {
  int create;     // make the folder and an empty catalogue when there is none
  int read_only;  // no writes; works on a read-only file system too
  // What derived blobs and cached results may take together, in bytes; 0 = SL_CACHE_BYTES. The
  // least recently used go first; nothing else is ever removed for it.
  int64_t cache_bytes;
} sl_store_options;

// `path` is the workspace folder itself (".../.slitlamp"). Migrates older catalogues. Refuses with
// SL_E_NOT_FOUND (no workspace), SL_E_UNSUPPORTED (made by a newer Slitlamp) or SL_E_STORE (not
// ours, altered, or damaged). Jobs, runs and journal entries that a dead process left "running"
// become "interrupted".
SL_MUST_CHECK sl_status sl_store_open(const char *path, const sl_store_options *options,
                                      sl_store **out, sl_error *err);

// NULL is allowed. Rolls back what the calling thread left open. No other thread may be inside.
void sl_store_close(sl_store *store);

const char *sl_store_library_version(void);  // of SQLite

const char *sl_store_path(const sl_store *store);  // absolute; borrowed
int sl_store_is_read_only(const sl_store *store);

// ---- the write lock ---------------------------------------------------------------------------

// Takes the workspace's write lock for this process, or gives SL_E_BUSY with the number of the
// process that holds it, at once. Counted: each success needs one sl_store_unlock(). Long
// operations (import, eval) hold it throughout; functions that write data take it for their
// transaction when nobody did.
SL_MUST_CHECK sl_status sl_store_lock(sl_store *store, sl_error *err);
void sl_store_unlock(sl_store *store);

// ---- transactions -----------------------------------------------------------------------------

// What a commit waits for. Neither loses anything when a process dies; only a power cut can take
// back the latest FAST commits (whole ones, in order). DURABLE is for the commits that make results
// visible, and carries all earlier commits to the disk with it.
typedef enum sl_commit { SL_COMMIT_FAST = 0, SL_COMMIT_DURABLE } sl_commit;

// Groups the writes of the calling thread. Transactions nest: the inner begin and commit only
// count, and the level asked for first holds. Every function that writes makes its own transaction
// when there is none. Other threads' writes wait until the end.
SL_MUST_CHECK sl_status sl_store_begin(sl_store *store, sl_commit commit, sl_error *err);

// Ends the level begun last. After a failed write inside it everything is rolled back and the
// commit fails. Always ends the level, also when it fails.
SL_MUST_CHECK sl_status sl_store_commit(sl_store *store, sl_error *err);

// Ends the level begun last and undoes the whole transaction when the outermost one ends.
void sl_store_rollback(sl_store *store);

// ---- garbage ----------------------------------------------------------------------------------

enum { SL_COLLECT_AGE_S = 3600 };

typedef struct sl_collected {
  int64_t files, bytes;  // removed
} sl_collected;

// Removes files that no row names and that nobody touched for `older_than_s` seconds (normally
// SL_COLLECT_AGE_S, so that files of work in progress stay), and trims derived blobs and cached
// results to their limit. Takes the write lock.
SL_MUST_CHECK sl_status sl_store_collect(sl_store *store, int64_t older_than_s, sl_collected *out,
                                         sl_error *err);

#endif
