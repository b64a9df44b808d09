// SPDX-License-Identifier: Apache-2.0
// Content-addressed and derived blobs.
//
// Invariant: a content blob's file is renamed into place inside the transaction that adds its row,
// so the garbage collector (which removes inside a transaction too) never meets one without the
// other. Derived blobs carry a header that tells a damaged file.
#include "store/blob_table.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/cache_limit.h"
#include "store/connection.h"
#include "store/store_error.h"
#include "store/store_io.h"
#include "store/store_state.h"

enum { MIME_MAX = 39, DERIVED_LIMIT = 1 << 30 };

typedef struct derived_header {
  char magic[8];  // "SLDERIV1"
  uint64_t size, check;
  char mime[MIME_MAX + 1];
} derived_header;
_Static_assert(sizeof(derived_header) == 64, "bytes of derived blobs start at 64");

static const char derived_magic[8] = {'S', 'L', 'D', 'E', 'R', 'I', 'V', '1'};

static int is_content_key(const char *key) {
  sl_hash hash;
  char again[SL_BLOB_KEY_SIZE];
  if (!sl_hash_from_hex(key, &hash)) return 0;
  sl_hash_hex(&hash, again);
  return strcmp(key, again) == 0;  // lower case only
}

static sl_status check_mime(const char *mime, sl_error *err) {
  if (mime != NULL && strlen(mime) <= MIME_MAX) return SL_OK;
  return sl_fail(err, SL_E_ARG, "a blob needs a media type of at most %d characters", MIME_MAX);
}

// blobs/ab/abcd... and blobs/derived/ab/<name>; derived names spread by their hash.
static const char *path_of(const sl_store *store, sl_arena *arena, const char *key) {
  if (is_content_key(key)) return sl_arena_printf(arena, "%s/blobs/%.2s/%s", store->path, key, key);
  return sl_arena_printf(arena, "%s/blobs/derived/%02x/%s", store->path,
                         (unsigned)(sl_hash64(key, strlen(key)) & 255u), key);
}

static sl_status refuse_read_only(const sl_store *store, sl_error *err) {
  return store->read_only ? sl_store_fail(store, NULL, SQLITE_READONLY, err) : SL_OK;
}

// ---- writing ------------------------------------------------------------------------------------

typedef struct draft {
  const char *temporary, *path;
} draft;

static sl_status write_parts(int fd, const char *path, sl_bytes head, sl_bytes body, int sync,
                             sl_error *err) {
  if (head.size > 0) SL_TRY(sl_io_write(fd, path, head.at, head.size, 0, err));
  SL_TRY(sl_io_write(fd, path, body.at, body.size, (int64_t)head.size, err));
  return sync ? sl_io_sync(fd, path, err) : SL_OK;
}

static sl_status write_draft(sl_store *store, sl_arena *scratch, const char *key, sl_bytes head,
                             sl_bytes body, int sync, draft *out, sl_error *err) {
  uint64_t bits;
  int fd;
  sl_random_bytes(&bits, sizeof bits);
  out->path = path_of(store, scratch, key);
  out->temporary =
      sl_arena_printf(scratch, "%s/tmp/blob-%016llx", store->path, (unsigned long long)bits);
  SL_TRY(sl_file_make_dirs(sl_path_dir(scratch, out->path), err));
  SL_TRY(sl_io_create(out->temporary, &fd, err));
  sl_status status = write_parts(fd, out->temporary, head, body, sync, err);
  close(fd);
  if (status != SL_OK) unlink(out->temporary);
  return status;
}

static sl_status place_draft(const draft *file, int sync, sl_error *err) {
  sl_status status = sl_io_rename(file->temporary, file->path, sync, err);
  if (status != SL_OK) unlink(file->temporary);
  return status;
}

static sl_status find_content(sl_store *store, const char *key, int64_t *size, sl_error *err) {
  return sl_query_int(store, "SELECT size_bytes FROM blob WHERE key = ?", SL_VALUES(sl_v_text(key)),
                      -1, size, err);
}

static int is_whole(const sl_store *store, sl_arena *scratch, const char *key, int64_t size) {
  sl_file_stat stat;
  return sl_file_stat_of(path_of(store, scratch, key), &stat, NULL) == SL_OK &&
         stat.size_bytes == size;
}

static sl_status place_content(sl_store *store, const draft *file, const char *key, size_t size,
                               const char *mime, sl_error *err) {
  SL_TRY(place_draft(file, 1, err));
  return sl_query_change(store,
                         "INSERT OR IGNORE INTO blob(key, size_bytes, mime, created_ms)"
                         " VALUES(?, ?, ?, ?)",
                         SL_VALUES(sl_v_text(key), sl_v_int((int64_t)size), sl_v_text(mime),
                                   sl_v_int(sl_clock_utc_ms())),
                         NULL, err);
}

static sl_status put_content(sl_store *store, sl_arena *scratch, sl_bytes bytes, const char *mime,
                             const char *key, sl_error *err) {
  int64_t known = -1;
  draft file = {0};
  SL_TRY(find_content(store, key, &known, err));
  if (known >= 0 && is_whole(store, scratch, key, known)) return SL_OK;
  SL_TRY(write_draft(store, scratch, key, (sl_bytes){0}, bytes, 1, &file, err));
  sl_status status = sl_write_enter(store, SL_WRITES_RECORD, SL_COMMIT_DURABLE, err);
  if (status != SL_OK) {
    unlink(file.temporary);
    return status;
  }
  return sl_write_leave(store, place_content(store, &file, key, bytes.size, mime, err), err);
}

sl_status sl_store_put_blob(sl_store *store, const void *bytes, size_t size, const char *mime,
                            char key[SL_BLOB_KEY_SIZE], sl_error *err) {
  SL_TRY(check_mime(mime, err));
  SL_TRY(refuse_read_only(store, err));
  sl_hash hash = sl_hash_of(bytes, size);
  sl_hash_hex(&hash, key);
  sl_arena *scratch = sl_arena_new(NULL, "put blob");
  sl_status status = put_content(store, scratch, (sl_bytes){bytes, size}, mime, key, err);
  sl_arena_free(scratch);
  return status;
}

static sl_status check_name(const char *name, sl_error *err) {
  if (name != NULL && sl_is_key(name)) return SL_OK;
  return sl_fail(err, SL_E_ARG, "a blob's key has 1 to 128 of a-z, 0-9, \"_\" and \"-\"");
}

sl_status sl_store_put_derived(sl_store *store, const char *name, const void *bytes, size_t size,
                               const char *mime, sl_error *err) {
  SL_TRY(check_name(name, err));
  SL_TRY(check_mime(mime, err));
  SL_TRY(refuse_read_only(store, err));
  if (is_content_key(name))
    return sl_fail(err, SL_E_ARG, "\"%s\" is the key of a content blob", name);
  derived_header header = {.size = size, .check = sl_hash64(bytes, size)};
  memcpy(header.magic, derived_magic, sizeof derived_magic);
  memcpy(header.mime, mime, strlen(mime));
  sl_bytes head = {(const uint8_t *)&header, sizeof header}, body = {bytes, size};
  sl_arena *scratch = sl_arena_new(NULL, "put blob");
  draft file = {0};
  sl_status status = write_draft(store, scratch, name, head, body, 0, &file, err);
  if (status == SL_OK) status = place_draft(&file, 0, err);
  sl_arena_free(scratch);
  SL_TRY(status);
  return sl_cache_note_added(store, (int64_t)(size + sizeof header), err);
}

// ---- reading ------------------------------------------------------------------------------------

static sl_status fail_missing(const sl_store *store, const char *key, sl_error *err) {
  return sl_fail(err, SL_E_NOT_FOUND, "no blob \"%s\" in workspace \"%s\"", key, store->path);
}

typedef struct content_row {
  int64_t size;
  const char *mime;
} content_row;

static void read_content(sl_cursor *cursor, void *out) {
  content_row *row = out;
  row->size = sl_take_int(cursor);
  row->mime = sl_take_text(cursor);
}

static sl_status get_content(sl_store *store, sl_arena *arena, const char *key, sl_blob_view *out,
                             sl_error *err) {
  void *rows = NULL;
  size_t count = 0;
  SL_TRY(sl_query_rows(store, arena, "SELECT size_bytes, mime FROM blob WHERE key = ?",
                       SL_VALUES(sl_v_text(key)), read_content, sizeof(content_row), &rows, &count,
                       err));
  if (count == 0) return fail_missing(store, key, err);
  const content_row *row = rows;
  out->mime = row->mime;
  SL_TRY(sl_file_map(arena, path_of(store, arena, key), &out->bytes, err));
  if (out->bytes.size == (size_t)row->size) return SL_OK;
  return sl_fail(err, SL_E_FORMAT, "blob \"%s\" is damaged: its file has %zu bytes, not %lld", key,
                 out->bytes.size, (long long)row->size);
}

// A damaged derived blob counts as absent: it is made again.
static int take_derived(sl_bytes file, sl_blob_view *out) {
  const derived_header *header = (const derived_header *)(const void *)file.at;
  if (file.size < sizeof *header || memcmp(header->magic, derived_magic, 8) != 0) return 0;
  sl_bytes body = {file.at + sizeof *header, file.size - sizeof *header};
  if (header->size != body.size || header->check != sl_hash64(body.at, body.size)) return 0;
  if (header->mime[MIME_MAX] != '\0') return 0;
  *out = (sl_blob_view){body, header->mime};
  return 1;
}

static sl_status get_derived(sl_store *store, sl_arena *arena, const char *key, sl_blob_view *out,
                             sl_error *err) {
  sl_bytes file;
  const char *path = path_of(store, arena, key);
  sl_status status = sl_file_read(arena, path, DERIVED_LIMIT, &file, err);
  if (status == SL_E_NOT_FOUND) return fail_missing(store, key, err);
  SL_TRY(status);
  if (!take_derived(file, out)) return fail_missing(store, key, err);
  sl_cache_note_used(store, path);
  return SL_OK;
}

sl_status sl_store_get_blob(sl_store *store, sl_arena *arena, const char *key, sl_blob_view *out,
                            sl_error *err) {
  memset(out, 0, sizeof *out);
  SL_TRY(check_name(key, err));
  return is_content_key(key) ? get_content(store, arena, key, out, err)
                             : get_derived(store, arena, key, out, err);
}

sl_status sl_store_has_blob(sl_store *store, const char *key, int *exists, sl_error *err) {
  *exists = 0;
  SL_TRY(check_name(key, err));
  if (!is_content_key(key)) {
    sl_arena *scratch = sl_arena_new(NULL, "has blob");
    *exists = sl_file_exists(path_of(store, scratch, key));
    sl_arena_free(scratch);
    return SL_OK;
  }
  int64_t size = -1;
  sl_status status = find_content(store, key, &size, err);
  *exists = size >= 0;
  return status;
}
