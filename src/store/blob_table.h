// SPDX-License-Identifier: Apache-2.0
// Bytes by key: content-addressed blobs (64 hex digits) and derived ones (a name we choose).
//
// A content blob is named by a catalogue row and is on the disk before the row. A derived blob
// (thumbnails: many, small, made again at will) has no row and is never synced; a file that a power
// cut damaged is noticed and counts as absent.
#ifndef SL_STORE_BLOB_TABLE_H
#define SL_STORE_BLOB_TABLE_H

#include "base/file.h"
#include "store/store.h"

enum { SL_BLOB_KEY_SIZE = 65 };  // 64 hex digits and the NUL

typedef struct sl_blob_view {
  sl_bytes bytes;    // lives as long as the arena it was got into
  const char *mime;  // such as "image/png"
} sl_blob_view;

// Keeps the bytes under their SHA-256; putting the same bytes again is cheap. `mime` has at most 39
// characters.
SL_MUST_CHECK sl_status sl_store_put_blob(sl_store *store, const void *bytes, size_t size,
                                          const char *mime, char key[SL_BLOB_KEY_SIZE],
                                          sl_error *err);

// Keeps re-creatable bytes under `name` (^[a-z0-9_-]{1,128}$, but not 64 hex digits), replacing
// what was there.
SL_MUST_CHECK sl_status sl_store_put_derived(sl_store *store, const char *name, const void *bytes,
                                             size_t size, const char *mime, sl_error *err);

// Either kind by key or name: bytes mapped (content) or read (derived). SL_E_NOT_FOUND when there
// is none, SL_E_ARG when `key` is not well-formed, SL_E_FORMAT when a content blob's file is
// damaged.
SL_MUST_CHECK sl_status sl_store_get_blob(sl_store *store, sl_arena *arena, const char *key,
                                          sl_blob_view *out, sl_error *err);
SL_MUST_CHECK sl_status sl_store_has_blob(sl_store *store, const char *key, int *exists,
                                          sl_error *err);

#endif
