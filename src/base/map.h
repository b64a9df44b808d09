// SPDX-License-Identifier: Apache-2.0
// Hash map from byte strings to 64-bit numbers (indices, usually). Open addressing; keys are
// copied.
#ifndef SL_BASE_MAP_H
#define SL_BASE_MAP_H

#include "base/arena.h"

typedef struct sl_map sl_map;

sl_map *sl_map_new(sl_arena *arena);  // lives and dies with the arena
size_t sl_map_count(const sl_map *map);

// Sets key -> value; returns 1 when the key was new.
int sl_map_set(sl_map *map, const void *key, size_t size, int64_t value);
// `missing` when the key is absent.
int64_t sl_map_get(const sl_map *map, const void *key, size_t size, int64_t missing);

int sl_map_set_text(sl_map *map, const char *key, int64_t value);
int64_t sl_map_get_text(const sl_map *map, const char *key, int64_t missing);

#endif
