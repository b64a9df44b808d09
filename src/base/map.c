// SPDX-License-Identifier: Apache-2.0
// Open-addressing table with linear probing; at most 70 % full.
#include "base/map.h"

#include <string.h>

#include "base/hash.h"

typedef struct slot {
  const char *key;  // NULL when free; in the map's arena
  size_t size;
  uint64_t hash;
  int64_t value;
} slot;

struct sl_map {
  sl_arena *arena;
  slot *slots;
  size_t capacity, count;
};

static void free_slots(void *arg) { sl_heap_free(((sl_map *)arg)->slots); }

static slot *new_slots(size_t capacity) {
  slot *slots = sl_heap_alloc_zero(capacity, sizeof *slots);
  SL_ASSERT(slots != NULL);
  return slots;
}

sl_map *sl_map_new(sl_arena *arena) {
  sl_map *map = SL_NEW(arena, sl_map);
  map->arena = arena;
  map->capacity = 16;
  map->slots = new_slots(map->capacity);
  sl_arena_on_free(arena, free_slots, map);
  return map;
}

size_t sl_map_count(const sl_map *map) { return map->count; }

static slot *find(slot *slots, size_t capacity, const void *key, size_t size, uint64_t hash) {
  for (size_t i = hash & (capacity - 1);; i = (i + 1) & (capacity - 1)) {
    slot *at = &slots[i];
    if (at->key == NULL) return at;
    if (at->hash == hash && at->size == size && memcmp(at->key, key, size) == 0) return at;
  }
}

static void grow(sl_map *map) {
  size_t capacity = map->capacity * 2;
  slot *slots = new_slots(capacity);
  for (size_t i = 0; i < map->capacity; i++) {
    slot *old = &map->slots[i];
    if (old->key != NULL) *find(slots, capacity, old->key, old->size, old->hash) = *old;
  }
  sl_heap_free(map->slots);
  map->slots = slots;
  map->capacity = capacity;
}

int sl_map_set(sl_map *map, const void *key, size_t size, int64_t value) {
  if ((map->count + 1) * 10 > map->capacity * 7) grow(map);
  uint64_t hash = sl_hash64(key, size);
  slot *at = find(map->slots, map->capacity, key, size, hash);
  int fresh = at->key == NULL;
  if (fresh) {
    *at = (slot){sl_arena_copy_bytes(map->arena, key, size), size, hash, 0};
    map->count++;
  }
  at->value = value;
  return fresh;
}

int64_t sl_map_get(const sl_map *map, const void *key, size_t size, int64_t missing) {
  const slot *at = find(map->slots, map->capacity, key, size, sl_hash64(key, size));
  return at->key != NULL ? at->value : missing;
}

int sl_map_set_text(sl_map *map, const char *key, int64_t value) {
  return sl_map_set(map, key, strlen(key), value);
}

int64_t sl_map_get_text(const sl_map *map, const char *key, int64_t missing) {
  return sl_map_get(map, key, strlen(key), missing);
}
