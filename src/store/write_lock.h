// SPDX-License-Identifier: Apache-2.0
// The file behind sl_store_lock(): who may write data. Only files of src/store include this.
#ifndef SL_STORE_WRITE_LOCK_H
#define SL_STORE_WRITE_LOCK_H

#include "store/store.h"

// Process that holds the write lock; 0 when nobody does or it cannot be told.
int64_t sl_write_lock_holder(const sl_store *store);

// Gives the lock back whatever its count, when the store closes.
void sl_write_lock_drop(sl_store *store);

#endif
