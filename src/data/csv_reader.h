// SPDX-License-Identifier: Apache-2.0
// Comma, semicolon or tab separated values, record by record in bounded memory (RFC 4180: quotes,
// doubled quotes, line breaks inside quotes; LF, CRLF or CR; a UTF-8 byte-order mark is skipped).
#ifndef SL_DATA_CSV_READER_H
#define SL_DATA_CSV_READER_H

#include "base/text.h"

enum { SL_RECORD_BYTES_MAX = 16 << 20, SL_CSV_CELLS_MAX = 1 << 17 };

typedef struct sl_csv sl_csv;

// Closed with `arena`. SL_E_FORMAT for UTF-16; SL_E_NOT_FOUND, SL_E_IO.
SL_MUST_CHECK sl_status sl_csv_open(sl_arena *arena, const char *path, sl_csv **out, sl_error *err);

// The next record that is not blank; *more is 0 at the end. Errors name the line and the column
// (number of the cell).
SL_MUST_CHECK sl_status sl_csv_next(sl_csv *csv, int *more, sl_error *err);

// Of the current record; NUL-ended, borrowed until the next one.
size_t sl_csv_count(const sl_csv *csv);
const char *sl_csv_cell(const sl_csv *csv, size_t index);
int64_t sl_csv_line(const sl_csv *csv);  // where it begins, from 1

// Back to the first record.
SL_MUST_CHECK sl_status sl_csv_rewind(sl_csv *csv, sl_error *err);

#endif
