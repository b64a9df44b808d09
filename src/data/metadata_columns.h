// SPDX-License-Identifier: Apache-2.0
// The columns "meta.<name>" of a version, typed by what its samples' fields hold.
#ifndef SL_DATA_METADATA_COLUMNS_H
#define SL_DATA_METADATA_COLUMNS_H

#include "data/import_state.h"

enum { SL_METADATA_COLUMNS_MAX = 256 };

typedef struct sl_metadata_columns sl_metadata_columns;

// Writes the files; *out (in `arena`) must be finished or abandoned. Notes what is beyond
// SL_METADATA_COLUMNS_MAX.
SL_MUST_CHECK sl_status sl_metadata_columns_write(sl_import *import, sl_arena *arena,
                                                  sl_record_ref owner, sl_metadata_columns **out,
                                                  sl_error *err);
// Adds their rows to the catalogue.
SL_MUST_CHECK sl_status sl_metadata_columns_finish(sl_metadata_columns *columns, sl_error *err);
void sl_metadata_columns_abandon(sl_metadata_columns *columns);  // NULL is allowed

#endif
