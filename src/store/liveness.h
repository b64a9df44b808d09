// SPDX-License-Identifier: Apache-2.0
// Who is alive: each open workspace holds a lock on a file of its own in live/.
//
// Process numbers are reused and differ between containers; a file lock ends with its process and
// is seen by all. Only files of src/store include this.
#ifndef SL_STORE_LIVENESS_H
#define SL_STORE_LIVENESS_H

#include "store/store_state.h"

// Chooses store->owner and takes its lock; the folder live/ exists.
SL_MUST_CHECK sl_status sl_liveness_start(sl_store *store, sl_error *err);
void sl_liveness_end(sl_store *store);

// True when the store that calls itself `owner` is open somewhere.
int sl_liveness_of(const sl_store *store, const char *owner);

// Number of other open stores of this workspace.
int sl_liveness_peers(const sl_store *store);

// Marks as "interrupted" what dead owners left running.
SL_MUST_CHECK sl_status sl_liveness_recover(sl_store *store, sl_error *err);

#endif
