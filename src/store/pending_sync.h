// SPDX-License-Identifier: Apache-2.0
// Column files of an open transaction that must be on the disk before it commits.
//
// Only files of src/store include this.
#ifndef SL_STORE_PENDING_SYNC_H
#define SL_STORE_PENDING_SYNC_H

#include "store/store.h"

// Takes `fd` of a file that was just renamed into columns/, inside a transaction. It is closed by
// one of the two below.
SL_MUST_CHECK sl_status sl_pending_add(sl_store *store, int fd, const char *file, sl_error *err);

// Syncs what was added, all files at once, and then the folder, once. The outermost commit does it.
SL_MUST_CHECK sl_status sl_pending_sync(sl_store *store, sl_error *err);

// Forgets what was added: the rows that name the files are gone.
void sl_pending_drop(sl_store *store);

#endif
