// SPDX-License-Identifier: Apache-2.0
// Samples: immutable records that versions share.
//
// Invariant: a sample row is never updated; a new label or a changed file is a new sample. Rows are
// committed in batches while a version is staged, so an import that is killed finds its work again
// by sl_store_find_samples_of_file().
#ifndef SL_STORE_SAMPLE_TABLE_H
#define SL_STORE_SAMPLE_TABLE_H

#include "base/hash.h"
#include "store/store.h"

// Texts are NUL-ended; name, root and path may hold any bytes a file name can.
typedef struct sl_sample_row {
  int64_t id, dataset;
  const char *name;        // NULL on insert means: same as path
  const char *root;        // absolute folder, the container file, or "blob:<key>:<container file>"
  const char *path;        // relative to root; "" for an item inside a container
  int64_t offset, length;  // bytes of the item inside a container; 0, 0 when it is a whole file
  int64_t item;            // number of the item inside a container; -1 when it has none
  sl_hash content;         // SHA-256 of the sample's bytes
  int64_t size_bytes, mtime_ns;
  const char *format;     // "jpeg", ...; NULL when unknown
  int32_t width, height;  // of the stored pixels, before orientation
  int32_t bits;           // per channel
  const char *mode;       // "RGB", "L", ...; NULL when unknown
  int32_t orientation;    // EXIF 1..8; 0 = none
  int32_t has_gps;
  const char *camera, *taken_at;  // NULL when unknown
  const char *label;              // NULL = none
  const char *labels;             // JSON list for several labels, or NULL
  const char *split;              // NULL = none
  const char *fields;             // JSON object of metadata, or NULL
  const char *error;              // why it does not decode, or NULL
  int64_t journal;                // entry that made it, or 0
} sl_sample_row;

// Inserts `count` rows (id is ignored) in one FAST transaction, or in the open one; `ids` (may be
// NULL) gets their ids, ascending. Data: needs the write lock.
SL_MUST_CHECK sl_status sl_store_insert_samples(sl_store *store, const sl_sample_row *rows,
                                                size_t count, int64_t *ids, sl_error *err);

SL_MUST_CHECK sl_status sl_store_get_sample(sl_store *store, sl_arena *arena, int64_t id,
                                            sl_sample_row *out, sl_error *err);

// `out[i]` is the sample `ids[i]`; SL_E_NOT_FOUND names the first id that is missing.
SL_MUST_CHECK sl_status sl_store_get_samples(sl_store *store, sl_arena *arena, const int64_t *ids,
                                             size_t count, sl_sample_row **out, sl_error *err);

// What a file looks like on disk, for finding samples already made from it.
typedef struct sl_sample_file {
  int64_t dataset;
  const char *root, *path;
  int64_t item;  // -1 for a whole file
  int64_t size_bytes, mtime_ns;
} sl_sample_file;

// Samples made from exactly this file or item (same size and mtime), newest first: several when
// they differ in label or fields. None is no error.
SL_MUST_CHECK sl_status sl_store_find_samples_of_file(sl_store *store, sl_arena *arena,
                                                      const sl_sample_file *file,
                                                      sl_sample_row **out, size_t *count,
                                                      sl_error *err);

// Ids of the samples with these bytes in any dataset, oldest first, at most `limit`.
SL_MUST_CHECK sl_status sl_store_find_samples_of_content(sl_store *store, sl_arena *arena,
                                                         const sl_hash *content, size_t limit,
                                                         int64_t **ids, size_t *count,
                                                         sl_error *err);

// Ids above `after` of `dataset` (0 = all datasets), ascending, at most `limit`.
SL_MUST_CHECK sl_status sl_store_list_sample_ids(sl_store *store, sl_arena *arena, int64_t dataset,
                                                 int64_t after, size_t limit, int64_t **ids,
                                                 size_t *count, sl_error *err);

#endif
