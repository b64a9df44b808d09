// SPDX-License-Identifier: Apache-2.0
// Trimming derived blobs by file time and results by row time. Start at sl_cache_trim().
#include "store/cache_limit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "store/store_state.h"

enum { KEPT_S = 60 };
static const int64_t second_ns = INT64_C(1000000000);

typedef struct cached {
  int64_t used_ns, bytes;
  const char *path;
} cached;

typedef struct trimming {
  sl_arena *arena;
  const char *folder;
  int64_t bytes, count, room;  // of all files; `room`: entries of `list`
  cached *list;                // NULL while only counting
} trimming;

static int64_t now_ns(void) { return (int64_t)time(NULL) * second_ns; }

// ---- derived blobs ------------------------------------------------------------------------------

static sl_status count_file(void *ctx, const char *relative, const sl_file_stat *stat,
                            sl_error *err) {
  (void)err;
  trimming *t = ctx;
  if (!stat->is_regular) return SL_OK;
  if (t->list != NULL && t->count < t->room)
    t->list[t->count] = (cached){stat->mtime_ns, stat->size_bytes,
                                 sl_arena_printf(t->arena, "%s/%s", t->folder, relative)};
  t->bytes += stat->size_bytes;
  t->count++;
  return SL_OK;
}

static int by_use(const void *a, const void *b) {
  const cached *x = a, *y = b;
  return (x->used_ns > y->used_ns) - (x->used_ns < y->used_ns);
}

static void remove_oldest(trimming *t, int64_t target, sl_collected *out) {
  int64_t count = t->count < t->room ? t->count : t->room, young = now_ns() - KEPT_S * second_ns;
  qsort(t->list, (size_t)count, sizeof *t->list, by_use);
  for (int64_t i = 0; i < count && t->bytes > target && t->list[i].used_ns < young; i++) {
    if (unlink(t->list[i].path) != 0) continue;  // another process was faster
    t->bytes -= t->list[i].bytes;
    out->files++;
    out->bytes += t->list[i].bytes;
  }
}

static sl_status trim_derived(sl_store *store, sl_arena *scratch, int64_t limit, sl_collected *out,
                              sl_error *err) {
  trimming t = {.arena = scratch,
                .folder = sl_arena_printf(scratch, "%s/blobs/derived", store->path)};
  sl_walk walk = {.visit = count_file, .ctx = &t};
  if (!sl_file_is_dir(t.folder)) return SL_OK;
  SL_TRY(sl_file_walk(t.folder, &walk, err));
  if (t.bytes <= limit) return SL_OK;
  void *list;
  SL_TRY(sl_arena_try_push(scratch, (size_t)t.count, sizeof(cached), SIZE_MAX, "derived blobs",
                           &list, err));
  t.list = list;
  t.room = t.count;
  t.count = t.bytes = 0;
  SL_TRY(sl_file_walk(t.folder, &walk, err));
  remove_oldest(&t, limit / 10 * 9, out);
  return SL_OK;
}

// ---- results ------------------------------------------------------------------------------------

static sl_status remove_results(sl_store *store, int64_t target, sl_error *err) {
  return sl_query_change(
      store,
      "DELETE FROM result WHERE key IN (SELECT key FROM (SELECT key, SUM(length(text))"
      " OVER (ORDER BY created_ms DESC, key) AS newer FROM result) WHERE newer > ?)",
      SL_VALUES(sl_v_int(target)), NULL, err);
}

static sl_status trim_results(sl_store *store, int64_t limit, sl_collected *out, sl_error *err) {
  static const char sum[] = "SELECT COALESCE(SUM(length(text)), 0) FROM result";
  int64_t before = 0, after = 0;
  SL_TRY(sl_query_int(store, sum, SL_NO_VALUES, 0, &before, err));
  if (before <= limit) return SL_OK;
  SL_TRY(sl_write_enter(store, SL_WRITES_RECORD, SL_COMMIT_FAST, err));
  SL_TRY(sl_write_leave(store, remove_results(store, limit / 10 * 9, err), err));
  SL_TRY(sl_query_int(store, sum, SL_NO_VALUES, 0, &after, err));
  out->bytes += before - after;
  return SL_OK;
}

// ---- both ---------------------------------------------------------------------------------------

sl_status sl_cache_trim(sl_store *store, sl_collected *out, sl_error *err) {
  int64_t results = store->cache_bytes / 8;
  sl_arena *scratch = sl_arena_new(NULL, "trim cache");
  sl_status status = trim_derived(store, scratch, store->cache_bytes - results, out, err);
  if (status == SL_OK) status = trim_results(store, results, out, err);
  sl_arena_free(scratch);
  return status;
}

sl_status sl_cache_note_added(sl_store *store, int64_t bytes, sl_error *err) {
  int64_t part = store->cache_bytes / 32 + 1;
  int64_t before = atomic_fetch_add(&store->cache_added, bytes);
  if ((before + bytes) / part == before / part) return SL_OK;
  sl_collected removed = {0};
  return sl_cache_trim(store, &removed, err);
}

void sl_cache_note_used(const sl_store *store, const char *path) {
  struct stat info;
  if (store->read_only || stat(path, &info) != 0) return;
  if (now_ns() - (int64_t)info.st_mtim.tv_sec * second_ns < SL_CACHE_USE_S * second_ns) return;
  // A file that cannot be touched only leaves earlier.
  if (utimensat(AT_FDCWD, path, NULL, 0) != 0) return;
}
