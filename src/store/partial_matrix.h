// SPDX-License-Identifier: Apache-2.0
// Matrices under construction: many threads write rows in any order, and the work survives a kill.
//
// Invariant: the file has its final size and name from the start; only a column row, written by
// sl_partial_adopt(), makes it a column. Which rows are good is told by the run's chunks, never by
// the file: sync first, then commit the chunk (sl_store_add_run_chunk does both in that order).
#ifndef SL_STORE_PARTIAL_MATRIX_H
#define SL_STORE_PARTIAL_MATRIX_H

#include "store/column.h"

typedef struct sl_partial sl_partial;

// A new zeroed matrix of rows x cols (type: any but text); its space is reserved on the disk, so
// that a full one is met here. A name the owner has already is SL_E_ARG. Data: needs the write
// lock.
SL_MUST_CHECK sl_status sl_partial_create(sl_store *store, sl_record_ref owner, const char *name,
                                          sl_column_type type, int64_t rows, int64_t cols,
                                          sl_partial **out, sl_error *err);
// One that an earlier process left. SL_E_NOT_FOUND when there is none, SL_E_FORMAT when its file is
// damaged or gone.
SL_MUST_CHECK sl_status sl_partial_open(sl_store *store, sl_record_ref owner, const char *name,
                                        sl_partial **out, sl_error *err);

sl_column_type sl_partial_type(const sl_partial *partial);
int64_t sl_partial_rows(const sl_partial *partial);
int64_t sl_partial_cols(const sl_partial *partial);

// Any thread, any rows; rows written by two threads at once are the caller's mistake.
SL_MUST_CHECK sl_status sl_partial_write(sl_partial *partial, int64_t first, int64_t rows,
                                         const void *values, sl_error *err);
SL_MUST_CHECK sl_status sl_partial_read(sl_partial *partial, int64_t first, int64_t rows,
                                        void *values, sl_error *err);

// Everything written before is on the disk when this returns.
SL_MUST_CHECK sl_status sl_partial_sync(sl_partial *partial, sl_error *err);

// Makes it a column in the open transaction (or its own): sync, then the rows change places. The
// handle stays open for reading; close it. `validity` as in sl_column, or NULL. Data.
SL_MUST_CHECK sl_status sl_partial_adopt(sl_partial *partial, const uint8_t *validity,
                                         sl_error *err);

// Closes the handle; the matrix stays in the workspace. NULL is allowed.
void sl_partial_close(sl_partial *partial);

// Forgets a matrix under construction; none of that name is no error. Data.
SL_MUST_CHECK sl_status sl_partial_drop(sl_store *store, sl_record_ref owner, const char *name,
                                        sl_error *err);

#endif
