// SPDX-License-Identifier: Apache-2.0
// Datasets and their versions.
//
// Invariant: a version is "staging" until one transaction names its columns, fills its numbers and
// makes it "ready"; a ready version never changes. The ordered member list of a version is a column
// of sample ids named SL_COLUMN_MEMBERS, owned by the version.
#ifndef SL_STORE_DATASET_TABLE_H
#define SL_STORE_DATASET_TABLE_H

#include "store/store.h"

#define SL_COLUMN_MEMBERS "members"  // i64, one row per member, in order

typedef struct sl_dataset_row {
  int64_t id;
  const char *name;  // unique in the workspace
  int64_t created_ms;
} sl_dataset_row;

// Finds the dataset of that name or makes it. Data: needs the write lock.
SL_MUST_CHECK sl_status sl_store_ensure_dataset(sl_store *store, const char *name, int64_t *id,
                                                sl_error *err);
SL_MUST_CHECK sl_status sl_store_get_dataset(sl_store *store, sl_arena *arena, int64_t id,
                                             sl_dataset_row *out, sl_error *err);
// *id is 0 when there is none of that name.
SL_MUST_CHECK sl_status sl_store_find_dataset(sl_store *store, const char *name, int64_t *id,
                                              sl_error *err);
// In order of creation.
SL_MUST_CHECK sl_status sl_store_list_datasets(sl_store *store, sl_arena *arena,
                                               sl_dataset_row **out, size_t *count, sl_error *err);

typedef enum sl_version_state { SL_VERSION_STAGING = 0, SL_VERSION_READY } sl_version_state;

typedef struct sl_version_row {
  int64_t id, dataset;
  int64_t seq;      // 1, 2, ... within the dataset; 0 while staging
  const char *key;  // 64 hex digits: hash over the ordered (name, content, label, split, fields)
  int64_t parent;   // version before this one, or 0
  int64_t samples, labelled, broken, duplicates;
  int64_t added, removed, relabelled, moved;  // against the parent
  const char *format;                         // name of the dataset format
  const char *source;                         // path it was read from, as any bytes
  const char *classes;                        // JSON list of class names, or NULL
  sl_version_state state;
  int64_t journal;  // entry that made it, or 0
  int64_t created_ms;
} sl_version_row;

// Makes a staging version of `row->dataset` from parent, format, source and journal. Data.
SL_MUST_CHECK sl_status sl_store_stage_version(sl_store *store, const sl_version_row *row,
                                               int64_t *id, sl_error *err);

// Makes the staging version `row->id` ready with the key, counts and classes of `row`, and gives it
// the next seq of its dataset (returned in *seq, which may be NULL). Call it inside the DURABLE
// transaction that also finished the version's columns; SL_E_STALE when it is not staging. Data.
SL_MUST_CHECK sl_status sl_store_finish_version(sl_store *store, const sl_version_row *row,
                                                int64_t *seq, sl_error *err);

// Forgets a staging version (its samples stay for reuse). Data.
SL_MUST_CHECK sl_status sl_store_discard_version(sl_store *store, int64_t id, sl_error *err);

SL_MUST_CHECK sl_status sl_store_get_version(sl_store *store, sl_arena *arena, int64_t id,
                                             sl_version_row *out, sl_error *err);
// The ready version of `dataset` with that key; *id is 0 when there is none.
SL_MUST_CHECK sl_status sl_store_find_version(sl_store *store, int64_t dataset, const char *key,
                                              int64_t *id, sl_error *err);
// The latest ready version of `dataset`; *id is 0 when there is none.
SL_MUST_CHECK sl_status sl_store_latest_version(sl_store *store, int64_t dataset, int64_t *id,
                                                sl_error *err);
// Versions in `state` of `dataset` (0 = of all), oldest first.
SL_MUST_CHECK sl_status sl_store_list_versions(sl_store *store, sl_arena *arena, int64_t dataset,
                                               sl_version_state state, sl_version_row **out,
                                               size_t *count, sl_error *err);

#endif
