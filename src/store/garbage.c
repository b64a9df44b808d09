// SPDX-License-Identifier: Apache-2.0
// Removing what no row names.
//
// Invariant: a file is removed inside a write transaction in which no row names it, so nobody can
// name it meanwhile; young files are left to those who are still writing them.
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "store/cache_limit.h"
#include "store/column_file.h"
#include "store/liveness.h"
#include "store/store_state.h"

typedef struct sweep {
  sl_store *store;
  sl_arena *scratch;
  const char *folder;  // below the workspace
  int64_t before_ns;   // files changed later stay
  sl_collected *done;
  sl_status (*is_garbage)(struct sweep *sweep, const char *relative, int *garbage, sl_error *err);
} sweep;

static sl_status visit(void *ctx, const char *relative, const sl_file_stat *stat, sl_error *err) {
  sweep *at = ctx;
  int garbage = 0;
  if (!stat->is_regular || stat->mtime_ns >= at->before_ns) return SL_OK;
  sl_status status = at->is_garbage(at, relative, &garbage, err);
  if (status != SL_OK || !garbage) return status;
  const char *path =
      sl_arena_printf(at->scratch, "%s/%s/%s", at->store->path, at->folder, relative);
  if (unlink(path) != 0) return SL_OK;  // gone already, or not ours to remove
  at->done->files++;
  at->done->bytes += stat->size_bytes;
  return SL_OK;
}

static sl_status column_is_garbage(sweep *at, const char *relative, int *garbage, sl_error *err) {
  int64_t named = 0;
  SL_TRY(sl_query_int(at->store,
                      "SELECT 1 FROM column_file WHERE file = ?1"
                      " UNION SELECT 1 FROM partial_file WHERE file = ?1",
                      SL_VALUES(sl_v_text(relative)), 0, &named, err));
  *garbage = !named && sl_column_is_name(relative);
  return SL_OK;
}

// Derived blobs (below derived/) have no rows; cache_limit.c looks after them.
static sl_status blob_is_garbage(sweep *at, const char *relative, int *garbage, sl_error *err) {
  int64_t named = 0;
  if (sl_starts_with(relative, "derived/")) return SL_OK;
  SL_TRY(sl_query_int(at->store, "SELECT 1 FROM blob WHERE key = ?",
                      SL_VALUES(sl_v_text(sl_path_base(relative))), 0, &named, err));
  *garbage = !named;
  return SL_OK;
}

static sl_status temporary_is_garbage(sweep *at, const char *relative, int *garbage,
                                      sl_error *err) {
  (void)at, (void)relative, (void)err;
  *garbage = 1;
  return SL_OK;
}

static sl_status owner_is_garbage(sweep *at, const char *relative, int *garbage, sl_error *err) {
  (void)err;
  *garbage = !sl_liveness_of(at->store, relative);
  return SL_OK;
}

static const struct {
  const char *folder;
  sl_status (*is_garbage)(sweep *, const char *, int *, sl_error *);
} sweeps[] = {
    {"columns", column_is_garbage},
    {"blobs", blob_is_garbage},
    {"tmp", temporary_is_garbage},
    {"live", owner_is_garbage},
};

static sl_status run_sweeps(sweep *at, sl_error *err) {
  sl_walk walk = {.visit = visit, .ctx = at};
  for (size_t i = 0; i < sizeof sweeps / sizeof *sweeps; i++) {
    at->folder = sweeps[i].folder;
    at->is_garbage = sweeps[i].is_garbage;
    SL_TRY(sl_file_walk(sl_path_join(at->scratch, at->store->path, at->folder), &walk, err));
  }
  return SL_OK;
}

sl_status sl_store_collect(sl_store *store, int64_t older_than_s, sl_collected *out,
                           sl_error *err) {
  *out = (sl_collected){0};
  SL_TRY(sl_cache_trim(store, out, err));
  SL_TRY(sl_write_enter(store, SL_WRITES_DATA, SL_COMMIT_FAST, err));
  sweep at = {.store = store,
              .scratch = sl_arena_new(NULL, "collect garbage"),
              .before_ns = ((int64_t)time(NULL) - older_than_s) * INT64_C(1000000000),
              .done = out};
  sl_status status = run_sweeps(&at, err);
  sl_arena_free(at.scratch);
  return sl_write_leave(store, status, err);
}
