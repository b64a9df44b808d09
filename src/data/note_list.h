// SPDX-License-Identifier: Apache-2.0
// Remarks for people, gathered on the way.
#ifndef SL_DATA_NOTE_LIST_H
#define SL_DATA_NOTE_LIST_H

#include "base/rows.h"

typedef struct sl_note_list {
  sl_arena *arena;
  const char **at;
  int64_t count, capacity;
} sl_note_list;

void sl_note_add(sl_note_list *list, const char *fmt, ...) SL_PRINTF(2, 3);
sl_texts sl_note_texts(const sl_note_list *list);

#endif
