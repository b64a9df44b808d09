// SPDX-License-Identifier: Apache-2.0
// Columns: one typed value (or one fixed-length row of values) per sample, in a mapped file.
//
// Invariant: a column file never changes once a catalogue row names it, so readers map it without
// locks. Everything its header says is checked against the file before a pointer is handed out.
// Start at sl_column_open() to read and sl_column_write() to write.
#ifndef SL_STORE_COLUMN_H
#define SL_STORE_COLUMN_H

#include "store/store.h"

typedef enum sl_column_type {
  SL_COLUMN_NONE = 0,
  SL_COLUMN_BOOL,  // uint8_t, 0 or 1
  SL_COLUMN_U8,
  SL_COLUMN_I32,
  SL_COLUMN_I64,
  SL_COLUMN_F16,  // uint16_t with the bits of an IEEE 754 binary16
  SL_COLUMN_F32,
  SL_COLUMN_F64,
  SL_COLUMN_TEXT,  // uint32_t codes into a table of distinct texts
  SL_COLUMN_TYPE_COUNT
} sl_column_type;

size_t sl_column_type_size(sl_column_type type);  // bytes per value (4 for text); 0 when unknown
const char *sl_column_type_name(sl_column_type type);  // "f32", "text", ...; never NULL

// An open column; all pointers live as long as the arena it was opened into. Little endian, as in
// memory; values are aligned to 64 bytes. Rows that are not valid hold zero.
typedef struct sl_column {
  sl_record_ref owner;
  const char *name;
  sl_column_type type;
  int64_t rows, cols;       // cols is 1 for plain columns
  const void *values;       // rows x cols, row-major
  const uint8_t *validity;  // bit row % 8 of byte row / 8; NULL = every row is valid
  int has_range;            // of plain number columns with at least one valid number
  double min, max;          // over valid rows, NaN left out
  uint32_t text_count;      // distinct texts; codes are below this
  const uint64_t *text_at;  // text_count + 1 offsets into text_bytes
  const char *text_bytes;   // NUL-ended texts, in order of first use
} sl_column;

static inline int sl_column_is_valid(const sl_column *column, int64_t row) {
  return column->validity == NULL || (column->validity[row >> 3] >> (row & 7) & 1) != 0;
}

// Text of a code, or of a row (NULL when the row is not valid). Borrowed from the map.
static inline const char *sl_column_text_of_code(const sl_column *column, uint32_t code) {
  return column->text_bytes + column->text_at[code];
}
const char *sl_column_text(const sl_column *column, int64_t row);

// Any number column's value as double; NaN for rows that are not valid. Plain columns only.
double sl_column_number(const sl_column *column, int64_t row);

// Maps the column `name` of `owner`; unmapped with `arena`. SL_E_NOT_FOUND when there is none,
// SL_E_FORMAT (naming file and owner) when the file is damaged.
SL_MUST_CHECK sl_status sl_column_open(sl_store *store, sl_arena *arena, sl_record_ref owner,
                                       const char *name, sl_column *out, sl_error *err);

typedef struct sl_column_row {
  sl_record_ref owner;
  const char *name;
  sl_column_type type;
  int64_t rows, cols, size_bytes;
  const char *file;  // below columns/
} sl_column_row;

// Columns of `owner`, in the order they were written.
SL_MUST_CHECK sl_status sl_column_list(sl_store *store, sl_arena *arena, sl_record_ref owner,
                                       sl_column_row **out, size_t *count, sl_error *err);
SL_MUST_CHECK sl_status sl_column_exists(sl_store *store, sl_record_ref owner, const char *name,
                                         int *exists, sl_error *err);

// Removes the row; the file becomes garbage and open maps stay valid. Data.
SL_MUST_CHECK sl_status sl_column_drop(sl_store *store, sl_record_ref owner, const char *name,
                                       sl_error *err);

// ---- writing ----------------------------------------------------------------------------------

// Writes a whole column: file, sync, rename, row. `values` holds rows x cols little-endian values;
// `validity` is a bitmap as in sl_column, or NULL. Not for text. A name the owner has already is
// SL_E_ARG. Data: needs the write lock.
SL_MUST_CHECK sl_status sl_column_write(sl_store *store, sl_record_ref owner, const char *name,
                                        sl_column_type type, int64_t rows, int64_t cols,
                                        const void *values, const uint8_t *validity, sl_error *err);
// NULL texts are rows that are not valid. Data.
SL_MUST_CHECK sl_status sl_column_write_texts(sl_store *store, sl_record_ref owner,
                                              const char *name, const char *const *texts,
                                              int64_t rows, sl_error *err);

// Row by row, for columns that are never whole in memory. One thread per writer. Between open and
// finish the file is garbage to everyone else.
typedef struct sl_column_writer sl_column_writer;

SL_MUST_CHECK sl_status sl_column_writer_open(sl_store *store, sl_record_ref owner,
                                              const char *name, sl_column_type type, int64_t cols,
                                              sl_column_writer **out, sl_error *err);
// `rows` rows of values, all valid. Not for text.
SL_MUST_CHECK sl_status sl_column_writer_add(sl_column_writer *writer, const void *values,
                                             int64_t rows, sl_error *err);
// `rows` rows that are not valid. Any type.
SL_MUST_CHECK sl_status sl_column_writer_skip(sl_column_writer *writer, int64_t rows,
                                              sl_error *err);
SL_MUST_CHECK sl_status sl_column_writer_add_text(sl_column_writer *writer, const char *text,
                                                  sl_error *err);
// Ends the writer, also on failure. The row is part of the open transaction when there is one.
// Data.
SL_MUST_CHECK sl_status sl_column_writer_finish(sl_column_writer *writer, sl_error *err);
void sl_column_writer_abandon(sl_column_writer *writer);  // NULL is allowed

#endif
