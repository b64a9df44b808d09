// SPDX-License-Identifier: Apache-2.0
// Three maps, from the most to the least precise. Invariant: a file name that several samples have
// matches none of them.
#include "data/name_index.h"

#include <string.h>

#include "base/file.h"

sl_name_index sl_name_index_new(sl_arena *arena) {
  return (sl_name_index){sl_map_new(arena), sl_map_new(arena), sl_map_new(arena)};
}

static size_t stem_size(const char *base) {
  const char *dot = strrchr(base, '.');
  return dot != NULL && dot != base ? (size_t)(dot - base) : strlen(base);
}

static void add_once(sl_map *map, const char *text, size_t size, int64_t row) {
  int64_t known = sl_map_get(map, text, size, SL_NAME_NONE);
  sl_map_set(map, text, size, known == SL_NAME_NONE ? row : SL_NAME_AMBIGUOUS);
}

void sl_name_index_add(sl_name_index *index, const char *name, int64_t row) {
  const char *base = sl_path_base(name);
  add_once(index->names, name, strlen(name), row);
  add_once(index->bases, base, strlen(base), row);
  add_once(index->stems, base, stem_size(base), row);
}

int64_t sl_name_index_find(const sl_name_index *index, const char *text) {
  while (text[0] == '.' && text[1] == '/') text += 2;
  for (const char *tail = text; tail != NULL; tail = strchr(tail, '/')) {
    tail += tail != text || *tail == '/';
    int64_t row = sl_map_get_text(index->names, tail, SL_NAME_NONE);
    if (row != SL_NAME_NONE) return row;
  }
  const char *base = sl_path_base(text);
  int64_t row = sl_map_get_text(index->bases, base, SL_NAME_NONE);
  if (row != SL_NAME_NONE) return row;
  row = sl_map_get_text(index->stems, base, SL_NAME_NONE);
  if (row != SL_NAME_NONE) return row;
  return sl_map_get(index->stems, base, stem_size(base), SL_NAME_NONE);
}
