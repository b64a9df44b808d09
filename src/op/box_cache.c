// SPDX-License-Identifier: Apache-2.0
// The cache of white boxes.
//
// Invariant: a box is used by one call at a time; one that falls out of the cache lives on until
// its last user gives it back. Start at sl_box_take().
#include <pthread.h>
#include <string.h>

#include "base/file.h"
#include "op/box_cache.h"
#include "op/engine_state.h"

enum { BOXES_MAX = 4 };

struct sl_box_cache {
  pthread_mutex_t lock;
  sl_kept_box *at[BOXES_MAX];  // most recent first
};

void sl_box_cache_open(sl_engine *engine) {
  engine->boxes = SL_NEW(engine->arena, struct sl_box_cache);
  pthread_mutex_init(&engine->boxes->lock, NULL);
}

// Callers hold the lock.
static void drop(sl_kept_box *kept) {
  if (kept == NULL || --kept->references > 0) return;
  pthread_mutex_destroy(&kept->busy);
  sl_arena_free(kept->arena);
}

void sl_box_cache_close(sl_engine *engine) {
  for (int i = 0; i < BOXES_MAX; i++) drop(engine->boxes->at[i]);
  pthread_mutex_destroy(&engine->boxes->lock);
}

static void move_to_front(struct sl_box_cache *cache, int from, sl_kept_box *kept) {
  memmove(cache->at + 1, cache->at, (size_t)from * sizeof cache->at[0]);
  cache->at[0] = kept;
}

static sl_kept_box *find(struct sl_box_cache *cache, const char *key) {
  for (int i = 0; i < BOXES_MAX; i++) {
    sl_kept_box *kept = cache->at[i];
    if (kept == NULL || strcmp(kept->key, key) != 0) continue;
    move_to_front(cache, i, kept);
    return kept;
  }
  return NULL;
}

static sl_status make_key(sl_op_call *call, const char *path, const sl_white_box_options *options,
                          const char **out, sl_error *err) {
  sl_file_stat stat;
  SL_TRY(sl_file_stat_of(path, &stat, err));
  sl_text key = {0};
  sl_text_printf(&key, "%s|%lld|%lld|%d|%d|", sl_path_absolute(call->arena, path),
                 (long long)stat.size_bytes, (long long)stat.mtime_ns, (int)options->provider,
                 options->threads);
  for (int32_t d = 1; options->input_shape != NULL && d < options->input_shape->rank; d++)
    sl_text_printf(&key, "%lldx", (long long)options->input_shape->dims[d]);
  for (size_t i = 0; i < options->keep_count; i++) sl_text_printf(&key, "|%s", options->keep[i]);
  *out = sl_text_take(&key, call->arena);
  return SL_OK;
}

static sl_status open_box(sl_op_call *call, const char *path, const char *key,
                          const sl_white_box_options *options, sl_kept_box **out, sl_error *err) {
  sl_arena *arena = sl_arena_new(call->engine->arena, "white box");
  sl_kept_box *kept = SL_NEW(arena, sl_kept_box);
  *kept = (sl_kept_box){.arena = arena, .key = sl_arena_copy(arena, key), .references = 1};
  sl_status status = sl_white_box_open(arena, path, options, &kept->box, err);
  if (status != SL_OK) {
    sl_arena_free(arena);
    return status;
  }
  pthread_mutex_init(&kept->busy, NULL);
  struct sl_box_cache *cache = call->engine->boxes;
  drop(cache->at[BOXES_MAX - 1]);
  move_to_front(cache, BOXES_MAX - 1, kept);
  *out = kept;
  return SL_OK;
}

// The lock is held while a box is opened: a second call for the same model waits for it.
sl_status sl_box_take(sl_op_call *call, const char *path, const sl_white_box_options *options,
                      sl_kept_box **out, sl_error *err) {
  struct sl_box_cache *cache = call->engine->boxes;
  const char *key;
  SL_TRY(make_key(call, path, options, &key, err));
  pthread_mutex_lock(&cache->lock);
  sl_kept_box *kept = find(cache, key);
  sl_status status = SL_OK;
  if (kept == NULL) status = open_box(call, path, key, options, &kept, err);
  if (status == SL_OK) kept->references++;
  pthread_mutex_unlock(&cache->lock);
  if (status != SL_OK) return status;
  pthread_mutex_lock(&kept->busy);
  *out = kept;
  return SL_OK;
}

void sl_box_give(sl_op_call *call, sl_kept_box *kept) {
  if (kept == NULL) return;
  pthread_mutex_unlock(&kept->busy);
  pthread_mutex_lock(&call->engine->boxes->lock);
  drop(kept);
  pthread_mutex_unlock(&call->engine->boxes->lock);
}
