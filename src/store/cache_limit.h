// SPDX-License-Identifier: Apache-2.0
// The limit of what can be made again: derived blobs and cached results; private to src/store but
// for its number.
//
// Invariant: only files below blobs/derived and rows of the table "result" are ever removed, the
// least recently used first; what somebody imported, scored or wrote is none of them. Derived blobs
// of the last minute stay, because their names are on the way to whoever asked.
#ifndef SL_STORE_CACHE_LIMIT_H
#define SL_STORE_CACHE_LIMIT_H

#include "store/store.h"

// Results may take an eighth of the limit, derived blobs the rest. Above it, they shrink to nine
// tenths of that.
SL_MUST_CHECK sl_status sl_cache_trim(sl_store *store, sl_collected *out, sl_error *err);

// Notes that `bytes` were added; trims after each 32nd part of the limit.
SL_MUST_CHECK sl_status sl_cache_note_added(sl_store *store, int64_t bytes, sl_error *err);

// Notes that a derived blob was used, at most once an hour.
void sl_cache_note_used(const sl_store *store, const char *path);

enum { SL_CACHE_USE_S = 3600 };

#endif
