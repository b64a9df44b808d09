// SPDX-License-Identifier: Apache-2.0
// Phase 3 of an import: samples become a version, with its columns, key and difference.
//
// Invariant: column files are written first, and one durable transaction makes them and the version
// visible together. Start at sl_import_version().
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "data/import_state.h"
#include "data/metadata_columns.h"
#include "store/column.h"

static int has_content(const sl_member *member) {
  static const sl_hash none;
  return !sl_hash_equal(&member->content, &none);
}

// ---- key ----------------------------------------------------------------------------------------

static void add_text(sl_hasher *hasher, const char *text) {
  uint64_t size = text != NULL ? strlen(text) : UINT64_MAX;
  sl_hasher_add(hasher, &size, sizeof size);
  if (text != NULL) sl_hasher_add(hasher, text, strlen(text));
}

static void version_key(const sl_import *import, char key[65]) {
  sl_hasher hasher;
  sl_hasher_init(&hasher);
  for (size_t i = 0; i < import->count; i++) {
    const sl_record *record = &import->records[i];
    add_text(&hasher, sl_record_name(record));
    sl_hasher_add(&hasher, import->members[i].content.bytes, sizeof(sl_hash));
    add_text(&hasher, record->label);
    add_text(&hasher, record->labels);
    add_text(&hasher, record->split);
    add_text(&hasher, record->fields);
  }
  sl_hash hash = sl_hasher_done(&hasher);
  sl_hash_hex(&hash, key);
}

// ---- duplicates ---------------------------------------------------------------------------------

// first[i] is the first row with the bytes of row i, -1 when no other has them.
static int64_t find_duplicates(const sl_import *import, int64_t *first) {
  sl_arena *scratch = sl_arena_new(NULL, "duplicates");
  sl_map *rows = sl_map_new(scratch);
  int64_t repeats = 0;
  for (size_t i = 0; i < import->count; i++) {
    const sl_member *member = &import->members[i];
    first[i] = -1;
    if (!has_content(member)) continue;
    int64_t at = sl_map_get(rows, member->content.bytes, sizeof(sl_hash), -1);
    if (at < 0) {
      sl_map_set(rows, member->content.bytes, sizeof(sl_hash), (int64_t)i);
      continue;
    }
    first[i] = first[at] = at;
    repeats++;
  }
  sl_arena_free(scratch);
  return repeats;
}

// ---- classes ------------------------------------------------------------------------------------

static int by_text(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int by_number(const void *a, const void *b) {
  int64_t x = 0, y = 0;
  (void)sl_parse_int(*(const char *const *)a, &x);
  (void)sl_parse_int(*(const char *const *)b, &y);
  return x != y ? (x > y) - (x < y) : by_text(a, b);
}

typedef struct class_set {
  sl_arena *arena;
  sl_map *seen;
  const char **names;
  size_t count, capacity;
  int all_numbers;
} class_set;

static void add_class(class_set *set, const char *name) {
  int64_t number;
  if (!sl_map_set_text(set->seen, name, 1)) return;
  if (set->count == set->capacity) {
    set->capacity = set->capacity * 2 + 64;
    const char **grown = SL_NEW_ARRAY(set->arena, const char *, set->capacity);
    if (set->count > 0) memcpy(grown, set->names, set->count * sizeof *grown);
    set->names = grown;
  }
  set->names[set->count++] = sl_arena_copy(set->arena, name);
  set->all_numbers &= sl_parse_int(name, &number);
}

static void add_classes_of(class_set *set, const sl_record *record) {
  if (record->label != NULL) add_class(set, record->label);
  if (record->labels == NULL) return;
  const sl_json *list = NULL;
  sl_arena *scratch = sl_arena_new(NULL, "labels");
  if (sl_json_parse(scratch, record->labels, strlen(record->labels), "labels", &list, NULL) ==
      SL_OK)
    for (sl_json_iter it = sl_json_each(list); sl_json_next(&it);)
      if (sl_json_text(it.value, NULL) != NULL) add_class(set, sl_json_text(it.value, NULL));
  sl_arena_free(scratch);
}

// JSON list of the distinct labels, NULL when there are none.
static const char *list_classes(const sl_import *import) {
  sl_arena *scratch = sl_arena_new(NULL, "classes");
  class_set set = {.arena = scratch, .seen = sl_map_new(scratch), .all_numbers = 1};
  for (size_t i = 0; i < import->count; i++) add_classes_of(&set, &import->records[i]);
  const char *json = NULL;
  if (set.count > 0) {
    sl_text text = {0};
    sl_json_writer w;
    qsort(set.names, set.count, sizeof *set.names, set.all_numbers ? by_number : by_text);
    sl_json_begin(&w, &text);
    sl_json_open_list(&w);
    for (size_t i = 0; i < set.count; i++) sl_json_put_text(&w, set.names[i]);
    sl_json_close_list(&w);
    json = sl_text_take(&text, import->arena);
  }
  sl_arena_free(scratch);
  return json;
}

// ---- the difference to the parent ---------------------------------------------------------------

typedef struct parent {
  sl_column name, label, content;
  int has_label;
  uint8_t *found;  // [rows] 1: the row is in the new version too
  sl_map *name_index;
} parent;

static const uint8_t *content_of(const parent *p, int64_t row) {
  return (const uint8_t *)p->content.values + row * (int64_t)sizeof(sl_hash);
}

static const char *label_of(const parent *p, int64_t row) {
  return p->has_label ? sl_column_text(&p->label, row) : NULL;
}

static sl_status open_parent(const sl_import *import, sl_arena *scratch, int64_t version,
                             parent *out, sl_error *err) {
  sl_record_ref owner = {SL_RECORD_VERSION, version};
  void *found = NULL;
  *out = (parent){.name_index = sl_map_new(scratch)};
  SL_TRY(sl_column_open(import->store, scratch, owner, SL_COLUMN_NAME, &out->name, err));
  SL_TRY(sl_column_open(import->store, scratch, owner, SL_COLUMN_CONTENT, &out->content, err));
  if (out->content.type != SL_COLUMN_U8 || out->content.cols != (int64_t)sizeof(sl_hash) ||
      out->content.rows != out->name.rows || out->name.type != SL_COLUMN_TEXT)
    return sl_fail(err, SL_E_FORMAT, "the columns of version \"v%lld\" do not fit one another",
                   (long long)version);
  SL_TRY(sl_column_exists(import->store, owner, SL_COLUMN_LABEL, &out->has_label, err));
  if (out->has_label)
    SL_TRY(sl_column_open(import->store, scratch, owner, SL_COLUMN_LABEL, &out->label, err));
  SL_TRY(sl_arena_try_push(scratch, (size_t)out->name.rows + 1, 1, SIZE_MAX, "rows", &found, err));
  out->found = found;
  for (int64_t row = 0; row < out->name.rows; row++)
    sl_map_set_text(out->name_index, sl_column_text(&out->name, row), row);
  return SL_OK;
}

// Marks what is the same sample by name and bytes, and counts changed labels. fresh[i] is set for
// rows the parent has not.
static void match_names(const sl_import *import, parent *p, uint8_t *fresh, sl_version_row *out) {
  for (size_t i = 0; i < import->count; i++) {
    const sl_record *record = &import->records[i];
    int64_t row = sl_map_get_text(p->name_index, sl_record_name(record), -1);
    fresh[i] = row < 0 || memcmp(content_of(p, row), import->members[i].content.bytes, 32) != 0;
    if (fresh[i]) continue;
    p->found[row] = 1;
    out->relabelled += !sl_streq(label_of(p, row), record->label);
  }
}

// Bytes that left one name and appeared under another moved; the rest was added or removed.
static void match_contents(const sl_import *import, sl_arena *scratch, parent *p,
                           const uint8_t *fresh, sl_version_row *out) {
  sl_map *left = sl_map_new(scratch);
  int64_t *next = SL_NEW_ARRAY(scratch, int64_t, p->name.rows + 1);
  for (int64_t row = p->name.rows - 1; row >= 0; row--) {
    if (p->found[row]) continue;
    out->removed++;
    next[row] = sl_map_get(left, content_of(p, row), sizeof(sl_hash), -1);
    sl_map_set(left, content_of(p, row), sizeof(sl_hash), row);
  }
  for (size_t i = 0; i < import->count; i++) {
    if (!fresh[i]) continue;
    const sl_member *member = &import->members[i];
    int64_t row =
        has_content(member) ? sl_map_get(left, member->content.bytes, sizeof(sl_hash), -1) : -1;
    if (row < 0) {
      out->added++;
      continue;
    }
    sl_map_set(left, member->content.bytes, sizeof(sl_hash), next[row]);
    out->moved++;
    out->removed--;
    out->relabelled += !sl_streq(label_of(p, row), import->records[i].label);
  }
}

static sl_status compare(const sl_import *import, int64_t version, sl_version_row *out,
                         sl_error *err) {
  if (version == 0) {
    out->added = (int64_t)import->count;
    return SL_OK;
  }
  parent p;
  sl_arena *scratch = sl_arena_new(NULL, "compare versions");
  sl_status status = open_parent(import, scratch, version, &p, err);
  if (status == SL_OK) {
    uint8_t *fresh = SL_NEW_ARRAY(scratch, uint8_t, import->count + 1);
    match_names(import, &p, fresh, out);
    match_contents(import, scratch, &p, fresh, out);
  }
  sl_arena_free(scratch);
  return status;
}

// ---- columns ------------------------------------------------------------------------------------

typedef struct version_columns {
  const sl_import *import;
  sl_record_ref owner;
  const int64_t *duplicate;
  sl_column_writer *open[16];  // finished together
  size_t count;
} version_columns;

typedef const char *(*text_of)(const sl_import *import, size_t row);
typedef int64_t (*number_of)(const version_columns *c, size_t row);

static const char *text_name(const sl_import *i, size_t row) {
  return sl_record_name(&i->records[row]);
}
static const char *text_label(const sl_import *i, size_t row) { return i->records[row].label; }
static const char *text_labels(const sl_import *i, size_t row) { return i->records[row].labels; }
static const char *text_split(const sl_import *i, size_t row) { return i->records[row].split; }
static const char *text_format(const sl_import *i, size_t row) { return i->members[row].format; }
static const char *text_mode(const sl_import *i, size_t row) { return i->members[row].mode; }
static const char *text_error(const sl_import *i, size_t row) { return i->members[row].error; }

// Numbers below 0 mean that there is none.
static int64_t number_member(const version_columns *c, size_t row) {
  return c->import->members[row].id;
}
static int64_t number_width(const version_columns *c, size_t row) {
  int32_t width = c->import->members[row].width;
  return width > 0 ? width : -1;
}
static int64_t number_height(const version_columns *c, size_t row) {
  int32_t height = c->import->members[row].height;
  return height > 0 ? height : -1;
}
static int64_t number_size(const version_columns *c, size_t row) {
  return c->import->members[row].size_bytes;
}
static int64_t number_duplicate(const version_columns *c, size_t row) { return c->duplicate[row]; }

static sl_status open_writer(version_columns *c, const char *name, sl_column_type type,
                             int64_t cols, sl_column_writer **out, sl_error *err) {
  SL_ASSERT(c->count < sizeof c->open / sizeof *c->open);
  SL_TRY(sl_column_writer_open(c->import->store, c->owner, name, type, cols, out, err));
  c->open[c->count++] = *out;
  return SL_OK;
}

// A column nobody has a value in is not written.
static sl_status write_texts(version_columns *c, const char *name, text_of of, sl_error *err) {
  size_t count = c->import->count, some = 0;
  while (some < count && of(c->import, some) == NULL) some++;
  if (some == count) return SL_OK;
  sl_column_writer *writer = NULL;
  SL_TRY(open_writer(c, name, SL_COLUMN_TEXT, 1, &writer, err));
  for (size_t i = 0; i < count; i++) {
    const char *text = of(c->import, i);
    SL_TRY(text != NULL ? sl_column_writer_add_text(writer, text, err)
                        : sl_column_writer_skip(writer, 1, err));
  }
  return SL_OK;
}

static sl_status write_numbers(version_columns *c, const char *name, sl_column_type type,
                               number_of of, sl_error *err) {
  size_t count = c->import->count, some = 0;
  while (some < count && of(c, some) < 0) some++;
  if (some == count) return SL_OK;
  sl_column_writer *writer = NULL;
  SL_TRY(open_writer(c, name, type, 1, &writer, err));
  for (size_t i = 0; i < count; i++) {
    int64_t wide = of(c, i);
    int32_t narrow = (int32_t)wide;
    const void *value = type == SL_COLUMN_I32 ? (const void *)&narrow : &wide;
    SL_TRY(wide >= 0 ? sl_column_writer_add(writer, value, 1, err)
                     : sl_column_writer_skip(writer, 1, err));
  }
  return SL_OK;
}

static sl_status write_contents(version_columns *c, sl_error *err) {
  sl_column_writer *writer = NULL;
  SL_TRY(open_writer(c, SL_COLUMN_CONTENT, SL_COLUMN_U8, sizeof(sl_hash), &writer, err));
  for (size_t i = 0; i < c->import->count; i++)
    SL_TRY(sl_column_writer_add(writer, c->import->members[i].content.bytes, 1, err));
  return SL_OK;
}

static sl_status write_columns(version_columns *c, sl_error *err) {
  static const struct {
    const char *name;
    text_of of;
  } texts[] = {{SL_COLUMN_NAME, text_name},     {SL_COLUMN_LABEL, text_label},
               {SL_COLUMN_LABELS, text_labels}, {SL_COLUMN_SPLIT, text_split},
               {SL_COLUMN_FORMAT, text_format}, {SL_COLUMN_MODE, text_mode},
               {SL_COLUMN_ERROR, text_error}};
  static const struct {
    const char *name;
    sl_column_type type;
    number_of of;
  } numbers[] = {{SL_COLUMN_MEMBERS, SL_COLUMN_I64, number_member},
                 {SL_COLUMN_WIDTH, SL_COLUMN_I32, number_width},
                 {SL_COLUMN_HEIGHT, SL_COLUMN_I32, number_height},
                 {SL_COLUMN_SIZE, SL_COLUMN_I64, number_size},
                 {SL_COLUMN_DUPLICATE, SL_COLUMN_I64, number_duplicate}};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    sl_import_show(c->import, "write columns", (int64_t)i, 12);
    SL_TRY(write_texts(c, texts[i].name, texts[i].of, err));
  }
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    SL_TRY(write_numbers(c, numbers[i].name, numbers[i].type, numbers[i].of, err));
  return write_contents(c, err);
}

static void abandon(version_columns *c) {
  for (size_t i = 0; i < c->count; i++) sl_column_writer_abandon(c->open[i]);
  c->count = 0;
}

static sl_status finish_columns(version_columns *c, sl_error *err) {
  sl_status status = SL_OK;
  for (size_t i = 0; i < c->count; i++) {
    if (status == SL_OK)
      status = sl_column_writer_finish(c->open[i], err);
    else
      sl_column_writer_abandon(c->open[i]);
  }
  c->count = 0;
  return status;
}

// ---- the version --------------------------------------------------------------------------------

// What a killed import left.
static sl_status discard_staging(const sl_import *import, sl_arena *scratch, sl_error *err) {
  sl_version_row *rows = NULL;
  size_t count = 0;
  SL_TRY(sl_store_list_versions(import->store, scratch, import->dataset, SL_VERSION_STAGING, &rows,
                                &count, err));
  for (size_t i = 0; i < count; i++)
    SL_TRY(sl_store_discard_version(import->store, rows[i].id, err));
  return SL_OK;
}

static sl_status make_visible(version_columns *c, sl_metadata_columns *fields,
                              const sl_version_row *row, sl_error *err) {
  sl_status status = finish_columns(c, err);
  if (status == SL_OK)
    status = sl_metadata_columns_finish(fields, err);
  else
    sl_metadata_columns_abandon(fields);
  return status == SL_OK ? sl_store_finish_version(c->import->store, row, NULL, err) : status;
}

static sl_status write_version(sl_import *import, sl_arena *scratch, sl_version_row *row,
                               const int64_t *duplicate, sl_error *err) {
  SL_TRY(discard_staging(import, scratch, err));
  SL_TRY(sl_store_stage_version(import->store, row, &row->id, err));
  version_columns c = {
      .import = import, .owner = {SL_RECORD_VERSION, row->id}, .duplicate = duplicate};
  sl_metadata_columns *fields = NULL;
  sl_status status = write_columns(&c, err);
  if (status == SL_OK) status = sl_metadata_columns_write(import, scratch, c.owner, &fields, err);
  if (status == SL_OK) status = sl_store_begin(import->store, SL_COMMIT_DURABLE, err);
  if (status != SL_OK) {
    abandon(&c);
    sl_metadata_columns_abandon(fields);
    return status;
  }
  status = make_visible(&c, fields, row, err);
  if (status == SL_OK) return sl_store_commit(import->store, err);
  sl_store_rollback(import->store);
  return status;
}

static void count_members(const sl_import *import, sl_version_row *row) {
  row->samples = (int64_t)import->count;
  for (size_t i = 0; i < import->count; i++) {
    row->labelled += import->records[i].label != NULL || import->records[i].labels != NULL;
    row->broken += import->members[i].error != NULL;
  }
}

static sl_status version_of(sl_import *import, sl_arena *scratch, sl_import_result *out,
                            sl_error *err) {
  char key[65];
  sl_version_row latest = {0};
  version_key(import, key);
  SL_TRY(sl_store_latest_version(import->store, import->dataset, &out->version, err));
  if (out->version != 0)
    SL_TRY(sl_store_get_version(import->store, scratch, out->version, &latest, err));
  out->unchanged = out->version != 0 && sl_streq(latest.key, key);
  if (out->unchanged) return discard_staging(import, scratch, err);
  void *duplicate = NULL;
  SL_TRY(sl_arena_try_push(scratch, import->count, sizeof(int64_t), SIZE_MAX, "samples", &duplicate,
                           err));
  sl_version_row row = {.dataset = import->dataset,
                        .key = key,
                        .parent = out->version,
                        .format = import->format,
                        .source = import->source,
                        .classes = list_classes(import),
                        .journal = import->options->journal};
  count_members(import, &row);
  row.duplicates = find_duplicates(import, duplicate);
  SL_TRY(compare(import, out->version, &row, err));
  SL_TRY(write_version(import, scratch, &row, duplicate, err));
  out->version = row.id;
  return SL_OK;
}

sl_status sl_import_version(sl_import *import, sl_import_result *out, sl_error *err) {
  sl_import_show(import, "write columns", 0, 12);
  sl_arena *scratch = sl_arena_new(NULL, "make version");
  sl_status status = version_of(import, scratch, out, err);
  sl_arena_free(scratch);
  if (status == SL_OK) sl_import_show(import, "write columns", 12, 12);
  return status;
}
