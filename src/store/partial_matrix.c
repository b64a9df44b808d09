// SPDX-License-Identifier: Apache-2.0
// Matrices under construction.
//
// Invariant: adopting changes rows of the catalogue, never the file's name, so there is no moment
// at which a crash could separate the two. Start at sl_partial_create() and sl_partial_adopt().
#include "store/partial_matrix.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/column_file.h"
#include "store/store_error.h"
#include "store/store_io.h"
#include "store/store_state.h"

struct sl_partial {
  sl_arena *arena;
  sl_store *store;
  sl_column_row row;
  const char *path;
  int fd;
};

sl_column_type sl_partial_type(const sl_partial *partial) { return partial->row.type; }
int64_t sl_partial_rows(const sl_partial *partial) { return partial->row.rows; }
int64_t sl_partial_cols(const sl_partial *partial) { return partial->row.cols; }

void sl_partial_close(sl_partial *partial) {
  if (partial == NULL) return;
  if (partial->fd >= 0) close(partial->fd);
  sl_arena_free(partial->arena);
}

static sl_partial *new_partial(sl_store *store, const sl_column_row *row) {
  sl_arena *arena = sl_arena_new(NULL, "partial matrix");
  sl_partial *partial = SL_NEW(arena, sl_partial);
  *partial = (sl_partial){.arena = arena, .store = store, .row = *row, .fd = -1};
  partial->row.name = sl_arena_copy(arena, row->name);
  return partial;
}

static void name_file(sl_partial *partial, const char *file) {
  partial->row.file = file;
  partial->path = sl_arena_printf(partial->arena, "%s/columns/%s", partial->store->path, file);
}

static sl_column_header header_of(const sl_partial *partial, uint32_t flags) {
  return (sl_column_header){.type = (uint32_t)partial->row.type,
                            .rows = (uint64_t)partial->row.rows,
                            .cols = (uint64_t)partial->row.cols,
                            .flags = flags};
}

// ---- creating -----------------------------------------------------------------------------------

static sl_status create_file(sl_partial *partial, sl_error *err) {
  sl_column_layout layout;
  sl_column_header header = header_of(partial, SL_COLUMN_UNFINISHED);
  if (!sl_column_layout_of(&header, &layout))
    return sl_fail(err, SL_E_LIMIT, "matrix \"%s\" is too large", partial->row.name);
  sl_column_header_seal(&header);
  SL_TRY(sl_io_create(partial->path, &partial->fd, err));
  SL_TRY(sl_io_reserve(partial->fd, partial->path, (int64_t)layout.file_size, err));
  SL_TRY(sl_io_write(partial->fd, partial->path, &header, sizeof header, 0, err));
  return sl_io_sync(partial->fd, partial->path, err);
}

static sl_status add_row(sl_partial *partial, sl_error *err) {
  const sl_column_row *row = &partial->row;
  sl_owner_kind kind = sl_owner_kind_of(row->owner);
  int64_t taken = 0;
  SL_TRY(
      sl_query_int(partial->store,
                   "SELECT 1 FROM column_file WHERE owner_kind = ?1 AND owner = ?2 AND name = ?3"
                   " UNION SELECT 1 FROM partial_file"
                   " WHERE owner_kind = ?1 AND owner = ?2 AND name = ?3",
                   SL_VALUES(sl_v_text(kind.text), sl_v_int(row->owner.id), sl_v_text(row->name)),
                   0, &taken, err));
  if (taken)
    return sl_fail(err, SL_E_ARG, "%s \"%s\" has a matrix \"%s\" already",
                   sl_record_kind_name(row->owner.kind),
                   sl_record_text_of(row->owner.kind, row->owner.id).text, row->name);
  return sl_query_change(partial->store,
                         "INSERT INTO partial_file(owner_kind, owner, name, type, rows, cols, file)"
                         " VALUES(?, ?, ?, ?, ?, ?, ?)",
                         SL_VALUES(sl_v_text(kind.text), sl_v_int(row->owner.id),
                                   sl_v_text(row->name), sl_v_text(sl_column_type_name(row->type)),
                                   sl_v_int(row->rows), sl_v_int(row->cols), sl_v_text(row->file)),
                         NULL, err);
}

static sl_status create(sl_partial *partial, sl_error *err) {
  name_file(partial, sl_column_new_name(partial->arena, partial->row.owner));
  SL_TRY(create_file(partial, err));
  SL_TRY(sl_io_sync_dir(sl_arena_printf(partial->arena, "%s/columns", partial->store->path), err));
  SL_TRY(sl_write_enter(partial->store, SL_WRITES_DATA, SL_COMMIT_FAST, err));
  return sl_write_leave(partial->store, add_row(partial, err), err);
}

sl_status sl_partial_create(sl_store *store, sl_record_ref owner, const char *name,
                            sl_column_type type, int64_t rows, int64_t cols, sl_partial **out,
                            sl_error *err) {
  sl_column_row row = {.owner = owner, .name = name, .type = type, .rows = rows, .cols = cols};
  *out = NULL;
  SL_TRY(sl_column_check(&row, err));
  if (type == SL_COLUMN_TEXT)
    return sl_fail(err, SL_E_ARG, "matrix \"%s\" cannot hold texts", name);
  sl_partial *partial = new_partial(store, &row);
  sl_status status = create(partial, err);
  if (status == SL_OK) {
    *out = partial;
    return SL_OK;
  }
  if (partial->fd >= 0) unlink(partial->path);
  sl_partial_close(partial);
  return status;
}

// ---- opening again ------------------------------------------------------------------------------

static sl_status check_file(sl_partial *partial, sl_error *err) {
  struct stat info;
  sl_column_header found, wanted = header_of(partial, 0);
  sl_column_layout layout;
  partial->fd = open(partial->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (partial->fd < 0 || fstat(partial->fd, &info) != 0)
    return sl_column_fail_damaged(&partial->row, "the file cannot be opened", err);
  if (!sl_column_layout_of(&wanted, &layout) || !S_ISREG(info.st_mode) ||
      (uint64_t)info.st_size < layout.file_size)
    return sl_column_fail_damaged(&partial->row, "it ends early", err);
  SL_TRY(sl_io_read(partial->fd, partial->path, &found, sizeof found, 0, err));
  const char *fault = sl_column_header_fault(&found);
  if (fault == NULL &&
      (found.type != wanted.type || found.rows != wanted.rows || found.cols != wanted.cols))
    fault = "it is not the file that was written";
  return fault == NULL ? SL_OK : sl_column_fail_damaged(&partial->row, fault, err);
}

static sl_status find_row(sl_partial *partial, sl_error *err) {
  void *rows = NULL;
  size_t count = 0;
  sl_record_ref owner = partial->row.owner;
  const char *name = partial->row.name;
  sl_owner_kind kind = sl_owner_kind_of(owner);
  SL_TRY(sl_query_rows(partial->store, partial->arena,
                       "SELECT name, type, rows, cols, 0, file FROM partial_file"
                       " WHERE owner_kind = ? AND owner = ? AND name = ?",
                       SL_VALUES(sl_v_text(kind.text), sl_v_int(owner.id), sl_v_text(name)),
                       sl_column_read_row, sizeof partial->row, &rows, &count, err));
  if (count == 0)
    return sl_fail(err, SL_E_NOT_FOUND, "%s \"%s\" has no unfinished matrix \"%s\"",
                   sl_record_kind_name(owner.kind), sl_record_text_of(owner.kind, owner.id).text,
                   name);
  partial->row = *(sl_column_row *)rows;
  partial->row.owner = owner;
  name_file(partial, partial->row.file);
  return check_file(partial, err);
}

sl_status sl_partial_open(sl_store *store, sl_record_ref owner, const char *name, sl_partial **out,
                          sl_error *err) {
  sl_column_row row = {.owner = owner, .name = name};
  sl_partial *partial = new_partial(store, &row);
  sl_status status = find_row(partial, err);
  *out = status == SL_OK ? partial : NULL;
  if (status != SL_OK) sl_partial_close(partial);
  return status;
}

// ---- rows ---------------------------------------------------------------------------------------

static size_t row_size(const sl_partial *partial) {
  return sl_column_type_size(partial->row.type) * (size_t)partial->row.cols;
}

static sl_status check_rows(const sl_partial *partial, int64_t first, int64_t rows, sl_error *err) {
  if (first >= 0 && rows >= 0 && first <= partial->row.rows && rows <= partial->row.rows - first)
    return SL_OK;
  return sl_fail(err, SL_E_ARG, "matrix \"%s\" has no rows %lld to %lld", partial->row.name,
                 (long long)first, (long long)(first + rows - 1));
}

static int64_t offset_of(const sl_partial *partial, int64_t row) {
  return SL_COLUMN_HEADER_SIZE + row * (int64_t)row_size(partial);
}

sl_status sl_partial_write(sl_partial *partial, int64_t first, int64_t rows, const void *values,
                           sl_error *err) {
  SL_TRY(check_rows(partial, first, rows, err));
  return sl_io_write(partial->fd, partial->path, values, (size_t)rows * row_size(partial),
                     offset_of(partial, first), err);
}

sl_status sl_partial_read(sl_partial *partial, int64_t first, int64_t rows, void *values,
                          sl_error *err) {
  SL_TRY(check_rows(partial, first, rows, err));
  return sl_io_read(partial->fd, partial->path, values, (size_t)rows * row_size(partial),
                    offset_of(partial, first), err);
}

sl_status sl_partial_sync(sl_partial *partial, sl_error *err) {
  return sl_io_sync(partial->fd, partial->path, err);
}

// ---- adopting -----------------------------------------------------------------------------------

static sl_status find_range(sl_partial *partial, const uint8_t *validity, sl_range *range,
                            sl_error *err) {
  union {
    double alignment;
    char bytes[16384];
  } block;
  if (partial->row.cols != 1) return SL_OK;
  int64_t step = (int64_t)(sizeof block / row_size(partial));
  for (int64_t first = 0; first < partial->row.rows; first += step) {
    int64_t left = partial->row.rows - first;
    int64_t rows = left < step ? left : step;
    SL_TRY(sl_partial_read(partial, first, rows, block.bytes, err));
    sl_range_add(range, partial->row.type, block.bytes, rows, validity, first);
  }
  return SL_OK;
}

static sl_status complete_file(sl_partial *partial, const uint8_t *validity, sl_error *err) {
  sl_column_layout layout;
  sl_range range = {INFINITY, -INFINITY};
  sl_column_header header = header_of(partial, validity != NULL ? SL_COLUMN_HAS_VALIDITY : 0);
  SL_ASSERT(sl_column_layout_of(&header, &layout));
  SL_TRY(find_range(partial, validity, &range, err));
  sl_range_store(&range, &header);
  sl_column_header_seal(&header);
  partial->row.size_bytes = (int64_t)layout.file_size;
  SL_TRY(sl_io_resize(partial->fd, partial->path, partial->row.size_bytes, err));
  SL_TRY(sl_io_write(partial->fd, partial->path, validity, (size_t)layout.validity_size,
                     (int64_t)layout.validity_at, err));
  SL_TRY(sl_io_write(partial->fd, partial->path, &header, sizeof header, 0, err));
  return sl_io_sync(partial->fd, partial->path, err);
}

static sl_status delete_row(sl_store *store, sl_record_ref owner, const char *name,
                            int64_t *changed, sl_error *err) {
  sl_owner_kind kind = sl_owner_kind_of(owner);
  return sl_query_change(
      store, "DELETE FROM partial_file WHERE owner_kind = ? AND owner = ? AND name = ?",
      SL_VALUES(sl_v_text(kind.text), sl_v_int(owner.id), sl_v_text(name)), changed, err);
}

static sl_status change_rows(sl_partial *partial, sl_error *err) {
  int64_t changed = 0;
  SL_TRY(delete_row(partial->store, partial->row.owner, partial->row.name, &changed, err));
  if (changed == 0) return sl_store_fail_stale(partial->row.owner, "writing this matrix", err);
  return sl_column_add_row(partial->store, &partial->row, err);
}

sl_status sl_partial_adopt(sl_partial *partial, const uint8_t *validity, sl_error *err) {
  SL_TRY(complete_file(partial, validity, err));
  SL_TRY(sl_write_enter(partial->store, SL_WRITES_DATA, SL_COMMIT_DURABLE, err));
  return sl_write_leave(partial->store, change_rows(partial, err), err);
}

sl_status sl_partial_drop(sl_store *store, sl_record_ref owner, const char *name, sl_error *err) {
  SL_TRY(sl_write_enter(store, SL_WRITES_DATA, SL_COMMIT_FAST, err));
  return sl_write_leave(store, delete_row(store, owner, name, NULL, err), err);
}
