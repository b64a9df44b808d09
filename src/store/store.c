// SPDX-License-Identifier: Apache-2.0
// Opening and closing a workspace, and transactions.
//
// Invariant: whoever holds write_mutex is tx_thread, and the writer connection is used by no other
// thread. Start at sl_store_open() and sl_store_begin().
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "store/cache_limit.h"
#include "store/catalogue.h"
#include "store/liveness.h"
#include "store/pending_sync.h"
#include "store/store_error.h"
#include "store/write_lock.h"

static const char *const folders[] = {"columns", "blobs", "blobs/derived", "tmp", "live"};

const char *sl_store_path(const sl_store *store) { return store->path; }
int sl_store_is_read_only(const sl_store *store) { return store->read_only; }

// ---- the mark of a clean close ------------------------------------------------------------------
// The file "closed" describes the catalogue as the last process left it. When it does not fit (a
// crash, a copy, a stranger's file), the pages are checked on open.

static int describe_catalogue(const sl_store *store, char *out, size_t size) {
  struct stat info;
  if (stat(store->catalogue, &info) != 0) return 0;
  snprintf(out, size, "%llu %lld %lld.%09ld\n", (unsigned long long)info.st_ino,
           (long long)info.st_size, (long long)info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  return 1;
}

static int log_is_empty(const sl_store *store) {
  char path[4096];
  struct stat info;
  snprintf(path, sizeof path, "%s-wal", store->catalogue);
  return stat(path, &info) != 0 || info.st_size == 0;
}

static void mark_path(const sl_store *store, char *out, size_t size) {
  snprintf(out, size, "%s/closed", store->path);
}

static int was_closed(const sl_store *store) {
  char path[4096], mark[128] = "", now[128] = "";
  mark_path(store, path, sizeof path);
  FILE *file = fopen(path, "re");
  if (file == NULL) return 0;
  size_t size = fread(mark, 1, sizeof mark - 1, file);
  fclose(file);
  return size > 0 && log_is_empty(store) && describe_catalogue(store, now, sizeof now) &&
         strcmp(mark, now) == 0;
}

// The mark saves time and nothing else, so failing to write it is no failure.
static void write_mark(const sl_store *store) {
  char path[4096], now[128];
  if (!log_is_empty(store) || !describe_catalogue(store, now, sizeof now)) return;
  mark_path(store, path, sizeof path);
  FILE *file = fopen(path, "we");
  if (file == NULL) return;
  fputs(now, file);
  fclose(file);
}

static void remove_mark(const sl_store *store) {
  char path[4096];
  mark_path(store, path, sizeof path);
  unlink(path);
}

// ---- opening ------------------------------------------------------------------------------------

static sl_store *new_store(const sl_store_options *options) {
  sl_arena *arena = sl_arena_new(NULL, "workspace");
  sl_store *store = SL_NEW(arena, sl_store);
  store->arena = arena;
  store->read_only = options->read_only;
  store->cache_bytes = options->cache_bytes > 0 ? options->cache_bytes : SL_CACHE_BYTES;
  store->read_access = SL_ACCESS_READ;
  store->live_fd = store->lock_fd = -1;
  pthread_mutex_init(&store->lock_mutex, NULL);
  pthread_mutex_init(&store->pool_mutex, NULL);
  pthread_mutex_init(&store->write_mutex, NULL);
  return store;
}

static sl_status refuse_missing(const char *path, sl_error *err) {
  sl_fail(err, SL_E_NOT_FOUND, "no workspace at \"%s\"", path);
  return sl_hint(err, SL_E_NOT_FOUND,
                 "Make one by importing data (slitlamp import), or name another --workspace.");
}

static sl_status find_folder(sl_store *store, const char *path, int create, sl_error *err) {
  if (create) SL_TRY(sl_file_make_dirs(path, err));
  store->path = sl_path_absolute(store->arena, path);
  store->catalogue = sl_path_join(store->arena, store->path, "catalogue.db");
  if (strlen(store->path) > 3900)
    return sl_fail(err, SL_E_LIMIT, "the path of workspace \"%s\" is too long", store->path);
  if (!create && !sl_file_exists(store->catalogue)) return refuse_missing(store->path, err);
  return SL_OK;
}

static sl_status make_folders(sl_store *store, sl_error *err) {
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    SL_TRY(sl_file_make_dirs(sl_path_join(store->arena, store->path, folders[i]), err));
  return SL_OK;
}

// Where nobody can write the folder, SQLite cannot keep its shared memory beside the catalogue; a
// file that nobody changes needs none.
static sl_status choose_access(sl_store *store, sl_error *err) {
  if (access(store->path, W_OK) == 0) return SL_OK;
  if (!log_is_empty(store)) {
    sl_fail(err, SL_E_DENIED, "workspace \"%s\" was not closed and cannot be written", store->path);
    return sl_hint(err, SL_E_DENIED, "Copy it to where it can be written and open the copy.");
  }
  store->read_access = SL_ACCESS_IMMUTABLE;
  return SL_OK;
}

static sl_status open_read_only(sl_store *store, sl_error *err) {
  SL_TRY(choose_access(store, err));
  sl_catalogue_options options = {.read_only = 1,
                                  .check = !was_closed(store) && sl_liveness_peers(store) == 0};
  sl_connection *connection;
  SL_TRY(sl_connection_open(store, store->read_access, &connection, err));
  store->idle = connection;
  store->idle_count = 1;
  return sl_catalogue_prepare(store, connection, options, err);
}

// Foreign files are refused by sl_catalogue_prepare() before any of our folders is made in there.
static sl_status open_for_writing(sl_store *store, int create, sl_error *err) {
  sl_catalogue_options options = {.create = create,
                                  .check = !was_closed(store) && sl_liveness_peers(store) == 0};
  SL_TRY(sl_connection_open(store, SL_ACCESS_WRITE, &store->writer, err));
  SL_TRY(sl_catalogue_prepare(store, store->writer, options, err));
  SL_TRY(make_folders(store, err));
  SL_TRY(sl_liveness_start(store, err));
  remove_mark(store);
  return sl_liveness_recover(store, err);
}

sl_status sl_store_open(const char *path, const sl_store_options *options, sl_store **out,
                        sl_error *err) {
  *out = NULL;
  sl_store *store = new_store(options);
  int create = options->create && !options->read_only;
  sl_status status = find_folder(store, path, create, err);
  if (status == SL_OK)
    status = store->read_only ? open_read_only(store, err) : open_for_writing(store, create, err);
  if (status == SL_OK)
    *out = store;
  else
    sl_store_close(store);
  return status;
}

// Short-lived processes would else never meet the limit. Whoever adds next tries again.
static void trim_at_end(sl_store *store) {
  sl_collected removed = {0};
  sl_error ignored = {0};
  if (store->read_only || atomic_load(&store->cache_added) == 0) return;
  if (sl_cache_trim(store, &removed, &ignored) != SL_OK) return;
}

void sl_store_close(sl_store *store) {
  if (store == NULL) return;
  while (sl_store_in_transaction(store)) sl_store_rollback(store);
  trim_at_end(store);
  while (store->idle != NULL) {
    sl_connection *top = store->idle;
    store->idle = top->next;
    sl_connection_close(top);
  }
  sl_connection_close(store->writer);
  if (store->live_fd >= 0 && sl_liveness_peers(store) == 0) write_mark(store);
  sl_liveness_end(store);
  sl_write_lock_drop(store);
  pthread_mutex_destroy(&store->lock_mutex);
  pthread_mutex_destroy(&store->pool_mutex);
  pthread_mutex_destroy(&store->write_mutex);
  sl_heap_free(store->last_root);
  sl_arena_free(store->arena);
}

// ---- transactions -------------------------------------------------------------------------------

// An address that no other living thread has.
static const void *this_thread(void) {
  static _Thread_local char mark;
  return &mark;
}

int sl_store_in_transaction(const sl_store *store) {
  return atomic_load(&store->tx_thread) == this_thread();
}

// The level cannot be changed inside a transaction.
static sl_status set_level(sl_store *store, sl_commit commit, sl_error *err) {
  int synced = commit == SL_COMMIT_DURABLE;
  if (store->synced == synced) return SL_OK;
  SL_TRY(sl_connection_exec(store, store->writer,
                            synced ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", err));
  store->synced = synced;
  return SL_OK;
}

static sl_status begin_outermost(sl_store *store, sl_commit commit, sl_error *err) {
  pthread_mutex_lock(&store->write_mutex);
  sl_status status = set_level(store, commit, err);
  if (status == SL_OK) status = sl_connection_exec(store, store->writer, "BEGIN IMMEDIATE", err);
  if (status != SL_OK) {
    pthread_mutex_unlock(&store->write_mutex);
    return status;
  }
  atomic_store(&store->tx_thread, this_thread());
  store->tx_depth = 1;
  store->tx_failed = store->tx_locked = 0;
  return SL_OK;
}

sl_status sl_store_begin(sl_store *store, sl_commit commit, sl_error *err) {
  if (store->read_only) return sl_store_fail(store, NULL, SQLITE_READONLY, err);
  if (!sl_store_in_transaction(store)) return begin_outermost(store, commit, err);
  store->tx_depth++;
  return SL_OK;
}

static void end_outermost(sl_store *store) {
  sl_pending_drop(store);
  if (!sqlite3_get_autocommit(store->writer->db)) {
    int rc = sqlite3_exec(store->writer->db, "ROLLBACK", NULL, NULL, NULL);
    SL_ASSERT(rc == SQLITE_OK || sqlite3_get_autocommit(store->writer->db));
  }
  if (store->tx_locked) sl_store_unlock(store);
  store->tx_depth = 0;
  atomic_store(&store->tx_thread, NULL);
  pthread_mutex_unlock(&store->write_mutex);
}

static sl_status commit_outermost(sl_store *store, sl_error *err) {
  if (store->tx_failed || sqlite3_get_autocommit(store->writer->db))
    return sl_fail(err, SL_E_STORE,
                   "workspace \"%s\": nothing was written, because an earlier step failed",
                   store->path);
  SL_TRY(sl_pending_sync(store, err));
  return sl_connection_exec(store, store->writer, "COMMIT", err);
}

sl_status sl_store_commit(sl_store *store, sl_error *err) {
  SL_ASSERT(sl_store_in_transaction(store));
  if (store->tx_depth > 1) {
    store->tx_depth--;
    return SL_OK;
  }
  sl_status status = commit_outermost(store, err);
  if (status != SL_OK) store->last_root_id = 0;
  end_outermost(store);
  return status;
}

void sl_store_rollback(sl_store *store) {
  SL_ASSERT(sl_store_in_transaction(store));
  store->tx_failed = 1;
  store->last_root_id = 0;  // its row may go
  if (store->tx_depth > 1)
    store->tx_depth--;
  else
    end_outermost(store);
}

sl_status sl_write_enter(sl_store *store, sl_writes what, sl_commit commit, sl_error *err) {
  SL_TRY(sl_store_begin(store, commit, err));
  if (what != SL_WRITES_DATA || store->tx_locked) return SL_OK;
  sl_status status = sl_store_lock(store, err);
  if (status == SL_OK)
    store->tx_locked = 1;
  else
    sl_store_rollback(store);
  return status;
}

sl_status sl_write_leave(sl_store *store, sl_status status, sl_error *err) {
  if (status == SL_OK) return sl_store_commit(store, err);
  sl_store_rollback(store);
  return status;
}

const char *sl_store_library_version(void) { return sqlite3_libversion(); }
