// SPDX-License-Identifier: Apache-2.0
// Samples: inserting them in batches and finding them again.
//
// Invariant: rows are inserted and never updated or deleted; a batch is one transaction. Roots are
// stored once each. Start at sl_store_insert_samples().
#include "store/sample_table.h"

#include <string.h>

#include "base/text.h"
#include "store/connection.h"
#include "store/store_state.h"

// First 8 bytes of a content hash as a number, for the index; collisions are compared in full.
static int64_t content_at(const sl_hash *content) {
  int64_t at;
  memcpy(&at, content->bytes, sizeof at);
  return at;
}

// ---- inserting ----------------------------------------------------------------------------------

static sl_status intern_root(sl_store *store, const char *path, int64_t *id, sl_error *err) {
  *id = store->last_root_id;
  if (*id != 0 && sl_streq(store->last_root, path)) return SL_OK;
  SL_TRY(sl_query_change(store, "INSERT OR IGNORE INTO root(path) VALUES(?)",
                         SL_VALUES(sl_v_name(path)), NULL, err));
  SL_TRY(sl_query_int(store, "SELECT id FROM root WHERE path = ?", SL_VALUES(sl_v_name(path)), 0,
                      id, err));
  size_t size = strlen(path) + 1;
  char *copy = sl_heap_resize(store->last_root, size);
  store->last_root_id = copy != NULL ? *id : 0;
  if (copy != NULL) store->last_root = memcpy(copy, path, size);
  return SL_OK;
}

static const char insert_sql[] =
    "INSERT INTO sample(dataset, name, root, path, offset, length, item, content, content_at,"
    " size_bytes, mtime_ns, format, width, height, bits, mode, orientation, has_gps, camera,"
    " taken_at, label, labels, split, fields, error, journal)"
    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

static sl_status insert_one(sl_store *store, sl_cursor *cursor, const sl_sample_row *row,
                            int64_t *id, sl_error *err) {
  int64_t root = 0;
  SL_TRY(intern_root(store, row->root, &root, err));
  const char *name = row->name == NULL || strcmp(row->name, row->path) == 0 ? NULL : row->name;
  SL_TRY(sl_cursor_rebind(
      cursor,
      SL_VALUES(sl_v_int(row->dataset), sl_v_name(name), sl_v_int(root), sl_v_name(row->path),
                sl_v_int(row->offset), sl_v_int(row->length), sl_v_int(row->item),
                sl_v_bytes(row->content.bytes, sizeof row->content.bytes),
                sl_v_int(content_at(&row->content)), sl_v_int(row->size_bytes),
                sl_v_int(row->mtime_ns), sl_v_text(row->format), sl_v_int(row->width),
                sl_v_int(row->height), sl_v_int(row->bits), sl_v_text(row->mode),
                sl_v_int(row->orientation), sl_v_int(row->has_gps), sl_v_text(row->camera),
                sl_v_text(row->taken_at), sl_v_text(row->label), sl_v_text(row->labels),
                sl_v_text(row->split), sl_v_text(row->fields), sl_v_text(row->error),
                sl_v_ref(row->journal)),
      err));
  int more = 0;
  SL_TRY(sl_cursor_step(cursor, &more, err));
  *id = sqlite3_last_insert_rowid(store->writer->db);
  return SL_OK;
}

static sl_status insert_all(sl_store *store, const sl_sample_row *rows, size_t count, int64_t *ids,
                            sl_error *err) {
  sl_cursor cursor;
  SL_TRY(sl_cursor_open(store, NULL, insert_sql, SL_NO_VALUES, &cursor, err));
  sl_status status = SL_OK;
  for (size_t i = 0; status == SL_OK && i < count; i++) {
    int64_t id = 0;
    status = insert_one(store, &cursor, &rows[i], &id, err);
    if (ids != NULL) ids[i] = id;
  }
  sl_cursor_close(&cursor);
  return status;
}

sl_status sl_store_insert_samples(sl_store *store, const sl_sample_row *rows, size_t count,
                                  int64_t *ids, sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_DATA, SL_COMMIT_FAST, err));
  return sl_write_leave(store, insert_all(store, rows, count, ids, err), err);
}

// ---- reading ------------------------------------------------------------------------------------

#define SAMPLE_QUERY                                                                             \
  "SELECT s.id, dataset, coalesce(name, s.path), r.path, s.path, offset, length, item, content," \
  " size_bytes, mtime_ns, format, width, height, bits, mode, orientation, has_gps, camera,"      \
  " taken_at, label, labels, split, fields, error, journal FROM sample AS s"                     \
  " JOIN root AS r ON r.id = s.root "

static void read_sample(sl_cursor *cursor, void *out) {
  sl_sample_row *row = out;
  row->id = sl_take_int(cursor);
  row->dataset = sl_take_int(cursor);
  row->name = sl_take_text(cursor);
  row->root = sl_take_text(cursor);
  row->path = sl_take_text(cursor);
  row->offset = sl_take_int(cursor);
  row->length = sl_take_int(cursor);
  row->item = sl_take_int(cursor);
  sl_take_bytes(cursor, row->content.bytes, sizeof row->content.bytes);
  row->size_bytes = sl_take_int(cursor);
  row->mtime_ns = sl_take_int(cursor);
  row->format = sl_take_text(cursor);
  row->width = (int32_t)sl_take_int(cursor);
  row->height = (int32_t)sl_take_int(cursor);
  row->bits = (int32_t)sl_take_int(cursor);
  row->mode = sl_take_text(cursor);
  row->orientation = (int32_t)sl_take_int(cursor);
  row->has_gps = (int32_t)sl_take_int(cursor);
  row->camera = sl_take_text(cursor);
  row->taken_at = sl_take_text(cursor);
  row->label = sl_take_text(cursor);
  row->labels = sl_take_text(cursor);
  row->split = sl_take_text(cursor);
  row->fields = sl_take_text(cursor);
  row->error = sl_take_text(cursor);
  row->journal = sl_take_int(cursor);
}

sl_status sl_store_get_sample(sl_store *store, sl_arena *arena, int64_t id, sl_sample_row *out,
                              sl_error *err) {
  return sl_query_record(store, arena, SAMPLE_QUERY "WHERE s.id = ?",
                         (sl_record_ref){SL_RECORD_SAMPLE, id}, read_sample, out, err);
}

// Ids that follow one another, as an import gives them, are one query instead of many.
static sl_status get_stretch(sl_store *store, sl_arena *arena, const int64_t *ids, size_t count,
                             sl_sample_row **out, size_t *found, sl_error *err) {
  void *rows = NULL;
  *found = 0;
  if (count < 2 || ids[count - 1] - ids[0] != (int64_t)count - 1) return SL_OK;
  for (size_t i = 1; i < count; i++)
    if (ids[i] != ids[i - 1] + 1) return SL_OK;
  sl_status status =
      sl_query_rows(store, arena, SAMPLE_QUERY "WHERE s.id BETWEEN ? AND ? ORDER BY s.id",
                    SL_VALUES(sl_v_int(ids[0]), sl_v_int(ids[count - 1])), read_sample,
                    sizeof **out, &rows, found, err);
  *out = rows;
  return status;
}

sl_status sl_store_get_samples(sl_store *store, sl_arena *arena, const int64_t *ids, size_t count,
                               sl_sample_row **out, sl_error *err) {
  void *rows = NULL;
  size_t found;
  SL_TRY(get_stretch(store, arena, ids, count, out, &found, err));
  if (found == count && count > 0) return SL_OK;
  SL_TRY(sl_arena_try_push(arena, count, sizeof **out, SIZE_MAX, "samples", &rows, err));
  *out = rows;
  for (size_t i = 0; i < count; i++)
    SL_TRY(sl_store_get_sample(store, arena, ids[i], &(*out)[i], err));
  return SL_OK;
}

sl_status sl_store_find_samples_of_file(sl_store *store, sl_arena *arena,
                                        const sl_sample_file *file, sl_sample_row **out,
                                        size_t *count, sl_error *err) {
  void *rows = NULL;
  sl_values values =
      SL_VALUES(sl_v_name(file->root), sl_v_name(file->path), sl_v_int(file->item),
                sl_v_int(file->dataset), sl_v_int(file->size_bytes), sl_v_int(file->mtime_ns));
  sl_status status =
      sl_query_rows(store, arena,
                    SAMPLE_QUERY
                    "WHERE s.root = (SELECT id FROM root WHERE path = ?1) AND s.path = ?2"
                    " AND item = ?3 AND dataset = ?4 AND size_bytes = ?5 AND mtime_ns = ?6"
                    " ORDER BY s.id DESC",
                    values, read_sample, sizeof **out, &rows, count, err);
  *out = rows;
  return status;
}

sl_status sl_store_find_samples_of_content(sl_store *store, sl_arena *arena, const sl_hash *content,
                                           size_t limit, int64_t **ids, size_t *count,
                                           sl_error *err) {
  void *rows = NULL;
  sl_status status = sl_query_rows(
      store, arena,
      "SELECT id FROM sample WHERE content_at = ?1 AND content = ?2 ORDER BY id LIMIT ?3",
      SL_VALUES(sl_v_int(content_at(content)), sl_v_bytes(content->bytes, sizeof content->bytes),
                sl_v_int((int64_t)limit)),
      sl_read_int, sizeof(int64_t), &rows, count, err);
  *ids = rows;
  return status;
}

sl_status sl_store_list_sample_ids(sl_store *store, sl_arena *arena, int64_t dataset, int64_t after,
                                   size_t limit, int64_t **ids, size_t *count, sl_error *err) {
  void *rows = NULL;
  sl_status status = sl_query_rows(
      store, arena,
      "SELECT id FROM sample WHERE id > ?2 AND (?1 = 0 OR dataset = ?1) ORDER BY id LIMIT ?3",
      SL_VALUES(sl_v_int(dataset), sl_v_int(after), sl_v_int((int64_t)limit)), sl_read_int,
      sizeof(int64_t), &rows, count, err);
  *ids = rows;
  return status;
}
