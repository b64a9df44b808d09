// SPDX-License-Identifier: Apache-2.0
// The column file format, shared by its reader, its writer and matrices under construction.
//
// A file is: header (128 bytes), values, validity bitmap, text offsets, texts; each part padded to
// 64 bytes, all little endian. Every offset follows from the header's counts, so a file cannot
// contradict itself: its size is right or it is damaged. Only files of src/store include this.
#ifndef SL_STORE_COLUMN_FILE_H
#define SL_STORE_COLUMN_FILE_H

#include "store/column.h"
#include "store/connection.h"

enum { SL_COLUMN_HEADER_SIZE = 128, SL_COLUMN_FORMAT = 1 };

enum {
  SL_COLUMN_HAS_VALIDITY = 1,
  SL_COLUMN_HAS_RANGE = 2,
  SL_COLUMN_UNFINISHED = 4  // a matrix under construction
};

typedef struct sl_column_header {
  char magic[8];  // "SLCOLUMN"
  uint32_t format, type;
  uint64_t rows, cols;
  uint64_t text_count, text_bytes;
  uint32_t flags, reserved;
  double min, max;
  uint8_t padding[48];
  uint64_t check;  // sl_hash64 of what is before
} sl_column_header;

typedef struct sl_column_layout {
  uint64_t values_at, values_size;
  uint64_t validity_at, validity_size;
  uint64_t text_at, text_at_size;
  uint64_t texts_at, texts_size;
  uint64_t file_size;
} sl_column_layout;

// 0 when the counts are impossible (they overflow, or the type is unknown).
int sl_column_layout_of(const sl_column_header *header, sl_column_layout *out);

// Fills magic, format and check.
void sl_column_header_seal(sl_column_header *header);

// NULL when the header is whole and of a known format, else what is wrong with it.
const char *sl_column_header_fault(const sl_column_header *header);

typedef struct sl_range {
  double min, max;  // start with {INFINITY, -INFINITY}
} sl_range;

// Widens `range` by the values of a plain number column; `validity` (may be NULL) is the whole
// column's bitmap and `first` the row of values[0].
void sl_range_add(sl_range *range, sl_column_type type, const void *values, int64_t rows,
                  const uint8_t *validity, int64_t first);
void sl_range_store(const sl_range *range, sl_column_header *header);

// ---- names and rows ---------------------------------------------------------------------------

// A fresh file name such as "r12-5f0c...e1.col"; and whether a name can be one.
char *sl_column_new_name(sl_arena *arena, sl_record_ref owner);
int sl_column_is_name(const char *name);

// "v", "r", ...: how owner kinds are stored.
typedef struct sl_owner_kind {
  char text[2];
} sl_owner_kind;
sl_owner_kind sl_owner_kind_of(sl_record_ref owner);

// Fails with SL_E_ARG for an owner that is no record, an impossible name, type, or size.
SL_MUST_CHECK sl_status sl_column_check(const sl_column_row *row, sl_error *err);

// Adds the row that makes the file visible; in the open transaction.
SL_MUST_CHECK sl_status sl_column_add_row(sl_store *store, const sl_column_row *row, sl_error *err);

// SL_E_FORMAT naming file and owner.
sl_status sl_column_fail_damaged(const sl_column_row *row, const char *why, sl_error *err);

// An sl_read_row for "name, type, rows, cols, size_bytes, file"; leaves `owner` alone.
void sl_column_read_row(sl_cursor *cursor, void *out);

#endif
