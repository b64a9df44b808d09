// SPDX-License-Identifier: Apache-2.0
// Labels kept in a file of their own: a CSV, TSV or JSON Lines row per sample.
#ifndef SL_DATA_LABELS_FILE_H
#define SL_DATA_LABELS_FILE_H

#include "data/import_state.h"

// Labels the records of `import` that the file names (name, file name or stem) and notes what
// matched. SL_E_FORMAT when no row matches any sample.
SL_MUST_CHECK sl_status sl_labels_file_apply(sl_import *import, const char *path, sl_error *err);

#endif
