// SPDX-License-Identifier: Apache-2.0
// Syncs that wait for the end of a transaction. A run or a version has a dozen columns; synced one
// by one, each waits for the disk twice, synced together they share the file system's commits.
//
// Invariant: sl_pending_sync() is done before the rows that name the files are committed.
#include "store/pending_sync.h"

#include <stdio.h>
#include <unistd.h>

#include "base/thread.h"
#include "store/store_io.h"
#include "store/store_state.h"

static sl_status sync_one(void *ctx, int worker, int64_t item, sl_error *err) {
  (void)worker;
  const sl_store *store = ctx;
  return sl_io_sync(store->pending[item].fd, store->pending[item].file, err);
}

void sl_pending_drop(sl_store *store) {
  for (int i = 0; i < store->pending_count; i++) close(store->pending[i].fd);
  store->pending_count = 0;
}

sl_status sl_pending_sync(sl_store *store, sl_error *err) {
  if (store->pending_count == 0) return SL_OK;
  char folder[4096];
  int size = snprintf(folder, sizeof folder, "%s/columns", store->path);
  sl_status status =
      sl_parallel(store->pending_count, store->pending_count, sync_one, store, NULL, err);
  sl_pending_drop(store);
  if (status != SL_OK) return status;
  if (size < 0 || (size_t)size >= sizeof folder)
    return sl_fail(err, SL_E_LIMIT, "the path of workspace \"%s\" is too long", store->path);
  return sl_io_sync_dir(folder, err);
}

sl_status sl_pending_add(sl_store *store, int fd, const char *file, sl_error *err) {
  SL_ASSERT(sl_store_in_transaction(store));
  sl_status status = SL_OK;
  if (store->pending_count == SL_PENDING_MAX) status = sl_pending_sync(store, err);
  sl_pending_file *pending = &store->pending[store->pending_count++];
  pending->fd = fd;
  snprintf(pending->file, sizeof pending->file, "%s", file);
  return status;
}
