// SPDX-License-Identifier: Apache-2.0
// Groups of samples with the same bytes.
#ifndef SL_DATA_DUPLICATES_H
#define SL_DATA_DUPLICATES_H

#include "store/dataset_table.h"

typedef struct sl_duplicate_group {
  const int64_t *rows;  // two or more, ascending
  int64_t count;
  int labels_differ, splits_differ;
} sl_duplicate_group;

// Largest groups first.
SL_MUST_CHECK sl_status sl_duplicates_of_version(sl_store *store, sl_arena *arena, int64_t version,
                                                 sl_duplicate_group **out, size_t *count,
                                                 sl_error *err);

#endif
