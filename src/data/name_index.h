// SPDX-License-Identifier: Apache-2.0
// Finding samples by what other files call them: full name, absolute path, file name or stem.
#ifndef SL_DATA_NAME_INDEX_H
#define SL_DATA_NAME_INDEX_H

#include "base/map.h"

enum { SL_NAME_NONE = -1, SL_NAME_AMBIGUOUS = -2 };

typedef struct sl_name_index {
  sl_map *names, *bases, *stems;  // text -> row, or SL_NAME_AMBIGUOUS
} sl_name_index;

sl_name_index sl_name_index_new(sl_arena *arena);
void sl_name_index_add(sl_name_index *index, const char *name, int64_t row);

// The row named `text`; else the one whose name is the longest tail of the path `text`; else the
// only one with that file name; else the only one with that stem.
int64_t sl_name_index_find(const sl_name_index *index, const char *text);

#endif
