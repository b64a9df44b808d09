// SPDX-License-Identifier: Apache-2.0
// From folders and files to a dataset version: walk, recognise, hash, probe, commit, compare.
//
// Invariant: samples are committed in batches and found again by file, size and time, so an import
// that was killed goes on where it was; a version becomes visible in one transaction.
#ifndef SL_DATA_IMPORT_RUN_H
#define SL_DATA_IMPORT_RUN_H

#include <stdatomic.h>

#include "base/rows.h"
#include "store/dataset_table.h"

// Columns of a version, one row per member; besides SL_COLUMN_MEMBERS. Metadata fields are
// "meta.<name>".
#define SL_COLUMN_NAME "name"            // text
#define SL_COLUMN_LABEL "label"          // text
#define SL_COLUMN_LABELS "labels"        // text: JSON list; only where samples have several
#define SL_COLUMN_SPLIT "split"          // text
#define SL_COLUMN_FORMAT "format"        // text
#define SL_COLUMN_MODE "mode"            // text
#define SL_COLUMN_WIDTH "width"          // i32, px as stored
#define SL_COLUMN_HEIGHT "height"        // i32
#define SL_COLUMN_SIZE "size_bytes"      // i64
#define SL_COLUMN_ERROR "error"          // text: why it does not decode
#define SL_COLUMN_DUPLICATE "duplicate"  // i64: first row with the same bytes; invalid when unique
#define SL_COLUMN_CONTENT "content"      // u8 x 32: SHA-256

typedef struct sl_import_options {
  const char *const *sources;  // folders or files
  size_t source_count;
  const char *name;    // of the dataset; NULL = from the first source
  const char *format;  // row of format_list.h; NULL = recognised by content
  const char *labels;  // file with a label per name, or NULL
  const char *split;   // for samples that state none, or NULL
  int copy;            // keep the bytes in the workspace
  int64_t journal;
  int threads;  // 0 = all processors
  const atomic_int *cancel;
  // Any thread, one at a time; total is 0 while the walk goes on.
  void (*progress)(void *ctx, const char *phase, int64_t done, int64_t total);
  void *progress_ctx;
} sl_import_options;

typedef struct sl_import_problem {
  const char *name, *error;  // ready to show
} sl_import_problem;

enum { SL_IMPORT_PROBLEMS_MAX = 100 };

typedef struct sl_import_result {
  int64_t dataset, version;
  int unchanged;                      // an equal version was there already
  int64_t reused;                     // samples known from before
  const sl_import_problem *problems;  // the first SL_IMPORT_PROBLEMS_MAX
  size_t problem_listed;
  int64_t problem_count;
  sl_texts notes;  // ignored files, the rule that gave the labels, ...
} sl_import_result;

// SL_E_NOT_FOUND / SL_E_FORMAT when a source is missing, unreadable or holds no sample;
// SL_E_CANCELLED keeps what was committed.
SL_MUST_CHECK sl_status sl_import_run(sl_store *store, sl_arena *arena,
                                      const sl_import_options *options, sl_import_result *out,
                                      sl_error *err);

#endif
