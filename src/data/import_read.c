// SPDX-License-Identifier: Apache-2.0
// Phase 2 of an import: records become samples, read on all processors and committed in batches.
//
// Invariant: a file with the size and time of a known sample is not read again; what fails to be
// read becomes a sample with an error. Only the workspace's own failures end the import. Batches
// are sized by time, so that a kill loses about half a second. Start at sl_import_read().
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/thread.h"
#include "data/import_state.h"
#include "data/sample_reader.h"
#include "data/whole_check.h"
#include "store/blob_table.h"

enum { BATCH_FIRST = 64, BATCH_MAX = 4096, WORKERS_MAX = 256 };
static const int64_t batch_ns = INT64_C(400000000);

typedef struct item {
  sl_sample_row row;
  const sl_sample_row *maybe;  // what it was before, if it still cannot be read
  int64_t id;                  // not 0: known already
  int done;
} item;

typedef struct worker {
  sl_arena *arena;  // of the batch
  sl_arena *reader_arena;
  sl_sample_reader *reader;
} worker;

typedef struct batch {
  sl_import *import;
  size_t first;
  item *items;
  worker *workers;
  int may_be_known;  // the dataset has samples
} batch;

// ---- what the file looks like -------------------------------------------------------------------

static int is_inside(const char *root, const char *path) {
  size_t size = strlen(root);
  return strncmp(root, path, size) == 0 && (path[size] == '/' || root[size - 1] == '/');
}

// Links inside the root are replaced by what they lead to; sets row->error for anything unusable.
static void follow_link(worker *w, sl_sample_row *row) {
  char *target = realpath(sl_path_join(w->arena, row->root, row->path), NULL);
  size_t size = strlen(row->root);
  if (target == NULL)
    row->error = "it is a symbolic link to nothing";
  else if (!is_inside(row->root, target))
    row->error = "it is a symbolic link that leaves the folder of the data set";
  else
    row->path = sl_arena_copy(w->arena, target + size + (target[size] == '/'));
  sl_heap_free(target);
}

static void examine(worker *w, sl_sample_row *row) {
  struct stat info;
  const char *path = sl_path_join(w->arena, row->root, row->path);
  char *real = realpath(path, NULL);
  int is_link = real != NULL && strcmp(real, path) != 0;
  sl_heap_free(real);
  if (is_link) follow_link(w, row);
  if (row->error != NULL) return;
  if (stat(sl_path_join(w->arena, row->root, row->path), &info) != 0) {
    row->error = sl_arena_printf(w->arena, "the file cannot be opened: %m");
    row->size_bytes = 0;
  } else if (!S_ISREG(info.st_mode)) {
    row->error = "it is not a regular file";
    row->size_bytes = 0;
  } else {
    row->size_bytes = info.st_size;
    row->mtime_ns = info.st_mtim.tv_sec * INT64_C(1000000000) + info.st_mtim.tv_nsec;
  }
}

static void start_row(const sl_import *import, const sl_record *record, sl_sample_row *row) {
  *row = (sl_sample_row){.dataset = import->dataset,
                         .name = sl_record_name(record),
                         .root = record->root,
                         .path = record->path,
                         .offset = record->offset,
                         .length = record->length,
                         .item = record->item,
                         .size_bytes = record->size_bytes,
                         .mtime_ns = record->mtime_ns,
                         .label = record->label,
                         .labels = record->labels,
                         .split = record->split,
                         .fields = record->fields,
                         .error = record->problem,
                         .journal = import->options->journal};
  if (record->channels == 0) return;
  row->format = "idx";
  row->width = record->width;
  row->height = record->height;
  row->bits = 8;
  row->mode = record->channels == 3 ? "RGB" : "L";
}

// ---- samples known from before ------------------------------------------------------------------

static int has_content(const sl_sample_row *row) {
  static const sl_hash none;
  return !sl_hash_equal(&row->content, &none);
}

static int says_the_same(const sl_sample_row *a, const sl_sample_row *b) {
  return sl_streq(a->name, b->name) && sl_streq(a->label, b->label) &&
         sl_streq(a->labels, b->labels) && sl_streq(a->split, b->split) &&
         sl_streq(a->fields, b->fields) && a->offset == b->offset && a->length == b->length;
}

static void take_facts(sl_sample_row *row, const sl_sample_row *known) {
  row->content = known->content;
  row->format = known->format;
  row->width = known->width;
  row->height = known->height;
  row->bits = known->bits;
  row->mode = known->mode;
  row->orientation = known->orientation;
  row->has_gps = known->has_gps;
  row->camera = known->camera;
  row->taken_at = known->taken_at;
  row->error = known->error;
}

static sl_status is_kept(const batch *b, const sl_sample_row *row, int *kept, sl_error *err) {
  char key[SL_BLOB_KEY_SIZE];
  *kept = 1;
  if (!b->import->options->copy || row->item >= 0) return SL_OK;
  sl_hash_hex(&row->content, key);
  return sl_store_has_blob(b->import->store, key, kept, err);
}

// Sets it->id when this very sample exists, *facts when one from the same bytes does, it->maybe
// when one exists that could not be read (a file may have been repaired, or we may read more now).
static sl_status find_known(const batch *b, worker *w, const sl_record *record, item *it,
                            int *facts, sl_error *err) {
  sl_sample_row *row = &it->row, *known = NULL;
  size_t count = 0;
  sl_hash inline_bytes;
  int is_inline = record->blob != NULL && sl_hash_from_hex(record->blob, &inline_bytes);
  sl_sample_file file = {.dataset = row->dataset,
                         .root = row->root,
                         .path = row->path,
                         .item = row->item,
                         .size_bytes = row->size_bytes,
                         .mtime_ns = row->mtime_ns};
  SL_TRY(sl_store_find_samples_of_file(b->import->store, w->arena, &file, &known, &count, err));
  const sl_sample_row *source = NULL;
  for (size_t i = 0; i < count && it->id == 0; i++) {
    if (is_inline && !sl_hash_equal(&known[i].content, &inline_bytes)) continue;
    int same = says_the_same(&known[i], row);
    int good = known[i].error == NULL && row->error == NULL && has_content(&known[i]);
    if (same && !good && it->maybe == NULL) it->maybe = &known[i];
    if (same && good) it->id = known[i].id;
    if (good && (source == NULL || same)) source = &known[i];
  }
  if (source == NULL) return SL_OK;
  take_facts(row, source);
  return is_kept(b, row, facts, err);
}

// ---- reading ------------------------------------------------------------------------------------

static void keep_error(worker *w, sl_sample_row *row, const sl_error *why) {
  const char *message = sl_error_message(why);
  row->error = sl_display(w->arena, message, strlen(message));
}

static void take_info(worker *w, sl_sample_row *row, const sl_image_info *info) {
  row->format = info->format != SL_FILE_UNKNOWN ? sl_file_format_name(info->format) : NULL;
  row->width = info->width;
  row->height = info->height;
  row->bits = info->bits;
  row->mode = info->mode[0] != '\0' ? sl_arena_copy(w->arena, info->mode) : NULL;
  row->orientation = info->orientation;
  row->has_gps = info->has_gps;
  row->camera = info->camera[0] != '\0' ? sl_arena_copy(w->arena, info->camera) : NULL;
  row->taken_at = info->taken_at[0] != '\0' ? sl_arena_copy(w->arena, info->taken_at) : NULL;
}

// The decoder has the last word on a file that looks cut off.
static sl_status check_whole(sl_bytes file, const sl_image_info *info, sl_error *why) {
  if (sl_whole_check(file, info, why) == SL_OK) return SL_OK;
  sl_error decoder = {0};
  sl_image image = {0};
  sl_decode_options options = {.colour = SL_COLOUR_RGB};
  sl_status status = sl_image_decode(file.at, file.size, &options, &image, &decoder);
  sl_image_release(&image);
  return status == SL_OK ? SL_OK : SL_E_FORMAT;
}

static void take_file(worker *w, sl_sample_row *row, sl_bytes file) {
  sl_image_info info = {0};
  sl_error why = {0};
  row->content = sl_hash_of(file.at, file.size);
  row->size_bytes = (int64_t)file.size;
  sl_status status = sl_image_probe(file.at, file.size, NULL, &info, &why);
  take_info(w, row, &info);
  if (status == SL_OK) status = check_whole(file, &info, &why);
  if (status != SL_OK) keep_error(w, row, &why);
}

static void take_pixels(sl_sample_row *row, const sl_image *pixels) {
  char dims[64];
  sl_hasher hasher;
  sl_text size = {0};
  sl_text_printf(&size, "pixels %dx%dx%d\n", pixels->width, pixels->height, pixels->channels);
  size_t length = size.size < sizeof dims ? size.size : sizeof dims;
  memcpy(dims, size.at, length);
  sl_text_free(&size);
  sl_hasher_init(&hasher);
  sl_hasher_add(&hasher, dims, length);
  sl_hasher_add(&hasher, pixels->pixels, (size_t)row->length);
  row->content = sl_hasher_done(&hasher);
}

static sl_status keep_copy(const batch *b, const sl_sample_row *row, sl_bytes file, sl_error *err) {
  char key[SL_BLOB_KEY_SIZE];
  const char *mime = row->format != NULL
                         ? sl_streq(row->format, "pnm") ? "image/x-portable-anymap" : NULL
                         : "application/octet-stream";
  char image_mime[40] = "image/";
  if (mime == NULL) {
    memcpy(image_mime + 6, row->format, strlen(row->format) + 1);
    mime = image_mime;
  }
  return sl_store_put_blob(b->import->store, file.at, file.size, mime, key, err);
}

static sl_status read_sample(const batch *b, worker *w, const sl_record *record, sl_sample_row *row,
                             sl_error *err) {
  sl_sample_data data;
  sl_error why = {0};
  if (record->blob != NULL && !sl_hash_from_hex(record->blob, &row->content))
    return sl_fail(err, SL_E_BUG, "\"%s\" is no key of a blob", record->blob);
  sl_status status = sl_sample_read(w->reader, row, &data, &why);
  if (status == SL_E_STALE && row->item < 0) {  // it changed since the walk
    examine(w, row);
    if (row->error != NULL) return SL_OK;
    status = sl_sample_read(w->reader, row, &data, &why);
  }
  if (status != SL_OK) {
    keep_error(w, row, &why);
    return SL_OK;
  }
  if (data.is_pixels) {
    take_pixels(row, data.pixels);
    return SL_OK;
  }
  take_file(w, row, data.file);
  if (!b->import->options->copy || record->blob != NULL) return SL_OK;
  return keep_copy(b, row, data.file, err);
}

static sl_status make_sample(void *ctx, int worker_index, int64_t index, sl_error *err) {
  batch *b = ctx;
  worker *w = &b->workers[worker_index];
  item *it = &b->items[index];
  const sl_record *record = &b->import->records[b->first + (size_t)index];
  int facts = 0;
  start_row(b->import, record, &it->row);
  if (record->size_bytes < 0 && it->row.error == NULL) examine(w, &it->row);
  if (it->row.size_bytes < 0) it->row.size_bytes = 0;
  if (b->may_be_known) SL_TRY(find_known(b, w, record, it, &facts, err));
  if (it->row.error == NULL && !facts) SL_TRY(read_sample(b, w, record, &it->row, err));
  if (it->maybe != NULL && sl_streq(it->maybe->error, it->row.error) &&
      sl_hash_equal(&it->maybe->content, &it->row.content))
    it->id = it->maybe->id;
  it->done = 1;
  return SL_OK;
}

// ---- committing ---------------------------------------------------------------------------------

typedef struct interned {
  sl_map *index;
  const char *texts[256];
  int64_t count;
} interned;

// Formats and modes are few: one copy each.
static const char *intern(sl_import *import, interned *table, const char *text) {
  if (text == NULL) return NULL;
  int64_t at = sl_map_get_text(table->index, text, -1);
  if (at >= 0) return table->texts[at];
  const char *copy = sl_arena_copy(import->arena, text);
  if (table->count == (int64_t)(sizeof table->texts / sizeof *table->texts)) return copy;
  sl_map_set_text(table->index, text, table->count);
  table->texts[table->count++] = copy;
  return copy;
}

static void keep_members(batch *b, size_t count, interned *table) {
  sl_import *import = b->import;
  for (size_t i = 0; i < count; i++) {
    const item *it = &b->items[i];
    import->members[b->first + i] =
        (sl_member){.id = it->id,
                    .content = it->row.content,
                    .size_bytes = it->row.size_bytes,
                    .width = it->row.width,
                    .height = it->row.height,
                    .format = intern(import, table, it->row.format),
                    .mode = intern(import, table, it->row.mode),
                    .error = sl_arena_copy(import->arena, it->row.error)};
  }
}

// Inserts what is new and done, also of a batch that was stopped.
static sl_status commit_batch(batch *b, size_t count, sl_arena *scratch, sl_error *err) {
  sl_sample_row *rows = SL_NEW_ARRAY(scratch, sl_sample_row, count);
  int64_t *ids = SL_NEW_ARRAY(scratch, int64_t, count);
  size_t fresh = 0;
  for (size_t i = 0; i < count; i++) {
    if (b->items[i].done && b->items[i].id == 0) rows[fresh++] = b->items[i].row;
    b->import->reused += b->items[i].done && b->items[i].id != 0;
  }
  if (fresh == 0) return SL_OK;
  SL_TRY(sl_store_insert_samples(b->import->store, rows, fresh, ids, err));
  fresh = 0;
  for (size_t i = 0; i < count; i++)
    if (b->items[i].done && b->items[i].id == 0) b->items[i].id = ids[fresh++];
  return SL_OK;
}

static sl_status run_batch(batch *b, size_t count, int threads, interned *table, sl_error *err) {
  memset(b->items, 0, count * sizeof *b->items);
  sl_status status =
      sl_parallel(threads, (int64_t)count, make_sample, b, b->import->options->cancel, err);
  sl_arena *scratch = sl_arena_new(NULL, "commit batch");
  if (status == SL_OK || status == SL_E_CANCELLED) {
    sl_error other = {0};
    sl_status committed = commit_batch(b, count, scratch, status == SL_OK ? err : &other);
    if (status == SL_OK) status = committed;
  }
  if (status == SL_OK) keep_members(b, count, table);
  sl_arena_free(scratch);
  for (int i = 0; i < threads; i++) sl_arena_reset(b->workers[i].arena);
  return status;
}

static size_t next_size(size_t size, int64_t took_ns) {
  if (took_ns * 2 < batch_ns && size < BATCH_MAX) return size * 2;
  return took_ns > batch_ns * 2 && size > 16 ? size / 2 : size;
}

static sl_status read_all(sl_import *import, batch *b, int threads, sl_error *err) {
  interned table = {.index = sl_map_new(import->arena)};
  size_t size = BATCH_FIRST;
  for (b->first = 0; b->first < import->count;) {
    size_t left = import->count - b->first, count = size < left ? size : left;
    int64_t start = sl_clock_ns();
    SL_TRY(run_batch(b, count, threads, &table, err));
    b->first += count;
    size = next_size(size, sl_clock_ns() - start);
    sl_import_show(import, "read files", (int64_t)b->first, (int64_t)import->count);
  }
  return SL_OK;
}

static sl_status has_samples(const sl_import *import, sl_arena *scratch, int *out, sl_error *err) {
  int64_t *ids = NULL;
  size_t count = 0;
  SL_TRY(
      sl_store_list_sample_ids(import->store, scratch, import->dataset, 0, 1, &ids, &count, err));
  *out = count > 0;
  return SL_OK;
}

sl_status sl_import_read(sl_import *import, sl_error *err) {
  int threads = import->options->threads > 0 ? import->options->threads : sl_cpu_count();
  if (threads > WORKERS_MAX) threads = WORKERS_MAX;
  import->members = sl_heap_alloc_zero(import->count, sizeof *import->members);
  if (import->members == NULL)
    return sl_fail(err, SL_E_MEMORY, "no memory for %zu samples", import->count);
  sl_arena *scratch = sl_arena_new(NULL, "read samples");
  batch b = {.import = import,
             .items = SL_NEW_ARRAY(scratch, item, BATCH_MAX),
             .workers = SL_NEW_ARRAY(scratch, worker, threads)};
  for (int i = 0; i < threads; i++) {
    worker *w = &b.workers[i];
    w->arena = sl_arena_new(scratch, "batch");
    w->reader_arena = sl_arena_new(scratch, "sample reader");
    w->reader = sl_sample_reader_new(w->reader_arena, import->store);
  }
  sl_import_show(import, "read files", 0, (int64_t)import->count);
  sl_status status = has_samples(import, scratch, &b.may_be_known, err);
  if (status == SL_OK) status = read_all(import, &b, threads, err);
  sl_arena_free(scratch);
  return status;
}
