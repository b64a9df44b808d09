// SPDX-License-Identifier: Apache-2.0
// An import under way, shared by its three phases; only files of src/data include this.
//
// records[i] is what the formats found, members[i] what reading made of it.
#ifndef SL_DATA_IMPORT_STATE_H
#define SL_DATA_IMPORT_STATE_H

#include "data/format.h"
#include "data/import_run.h"
#include "store/sample_table.h"

typedef struct sl_member {
  int64_t id;
  sl_hash content;  // zero when the bytes could not be read
  int64_t size_bytes;
  int32_t width, height;
  const char *format, *mode, *error;
} sl_member;

typedef struct sl_import {
  sl_store *store;
  sl_arena *arena;
  const sl_import_options *options;
  sl_note_list notes;
  const char *format;  // names of the formats read
  const char *source;  // paths they were read from
  const char *name;    // of the dataset
  sl_record *records;  // from the heap
  size_t count;
  sl_member *members;  // from the heap, [count]
  int64_t dataset;
  int64_t reused;
} sl_import;

// Phase 1 (import_find.c): sources to records; labels, splits and unique names.
SL_MUST_CHECK sl_status sl_import_find(sl_import *import, sl_error *err);
// Phase 2 (import_read.c): records to samples, committed in batches.
SL_MUST_CHECK sl_status sl_import_read(sl_import *import, sl_error *err);
// Phase 3 (import_version.c): samples to a version, in one transaction.
SL_MUST_CHECK sl_status sl_import_version(sl_import *import, sl_import_result *out, sl_error *err);

static inline const char *sl_record_name(const sl_record *record) {
  return record->name != NULL ? record->name : record->path;
}
static inline void sl_import_show(const sl_import *import, const char *phase, int64_t done,
                                  int64_t total) {
  const sl_import_options *o = import->options;
  if (o->progress != NULL) o->progress(o->progress_ctx, phase, done, total);
}

#endif
