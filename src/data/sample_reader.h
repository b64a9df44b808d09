// SPDX-License-Identifier: Apache-2.0
// The bytes of a sample, wherever they lie: a file below its root, a blob, or an item of a
// container.
//
// Invariant: a file is opened beneath its root and must still have the size and time it had at
// import; what changed since is an error, never silently other pixels.
#ifndef SL_DATA_SAMPLE_READER_H
#define SL_DATA_SAMPLE_READER_H

#include "base/file.h"
#include "image/image.h"
#include "store/sample_table.h"

// One per thread: keeps a buffer and the folders it has open. Lives as long as its arena.
typedef struct sl_sample_reader sl_sample_reader;
sl_sample_reader *sl_sample_reader_new(sl_arena *arena, sl_store *store);

typedef struct sl_sample_data {
  int is_pixels;  // 0: `file` holds an image file; 1: `pixels` needs no decoding (IDX)
  sl_bytes file;
  const sl_image *pixels;  // the reader's own: do not release
} sl_sample_data;

// Borrowed until the reader's next call. Where the file is gone or changed, a copy the workspace
// has serves instead; without one: SL_E_STALE when the file changed since its import,
// SL_E_NOT_FOUND when it is gone, SL_E_DENIED when it left its root.
SL_MUST_CHECK sl_status sl_sample_read(sl_sample_reader *reader, const sl_sample_row *sample,
                                       sl_sample_data *out, sl_error *err);

#endif
