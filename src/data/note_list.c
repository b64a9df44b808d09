// SPDX-License-Identifier: Apache-2.0
// A growing list of texts in an arena.
#include "data/note_list.h"

#include <string.h>

void sl_note_add(sl_note_list *list, const char *fmt, ...) {
  if (list->count == list->capacity) {
    list->capacity = list->capacity * 2 + 8;
    const char **grown = SL_NEW_ARRAY(list->arena, const char *, list->capacity);
    if (list->count > 0) memcpy(grown, list->at, (size_t)list->count * sizeof *grown);
    list->at = grown;
  }
  va_list args;
  va_start(args, fmt);
  list->at[list->count++] = sl_arena_vprintf(list->arena, fmt, args);
  va_end(args);
}

sl_texts sl_note_texts(const sl_note_list *list) {
  return (sl_texts){.at = list->at, .count = list->count};
}
