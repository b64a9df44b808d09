// SPDX-License-Identifier: Apache-2.0
// Sample rows for workers that walk through a version side by side: looked up in stretches, because
// a look-up by itself costs more than reading the row.
#ifndef SL_OP_SAMPLE_WINDOW_H
#define SL_OP_SAMPLE_WINDOW_H

#include "store/sample_table.h"

typedef struct sl_sample_windows sl_sample_windows;

// `ids[row]` is the sample of each of `count` rows; borrowed. Lives as long as `arena`.
sl_sample_windows *sl_sample_windows_new(sl_arena *arena, sl_store *store, const int64_t *ids,
                                         int64_t count, int workers);

// `*out` is borrowed until the same worker's next call. Any order of rows is right; rows near
// those other workers are at are fast.
SL_MUST_CHECK sl_status sl_sample_windows_get(sl_sample_windows *windows, int worker, int64_t row,
                                              const sl_sample_row **out, sl_error *err);

#endif
