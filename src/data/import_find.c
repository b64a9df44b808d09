// SPDX-License-Identifier: Apache-2.0
// Phase 1 of an import: from sources to records with labels, splits and unique names.
//
// Invariant: same sources, same records in the same order; names are unique when it is done.
// Start at sl_import_find().
#include <string.h>

#include "base/map.h"
#include "data/import_state.h"
#include "data/labels_file.h"

// ---- sources ------------------------------------------------------------------------------------

static sl_status choose_format(const sl_import *import, const sl_source *source,
                               const sl_format **out, sl_error *err) {
  const char *asked = import->options->format;
  if (asked == NULL) return sl_format_of_source(source, out, err);
  *out = sl_format_find(asked);
  if (*out == NULL) return sl_fail(err, SL_E_ARG, "there is no format \"%s\"", asked);
  return SL_OK;
}

static sl_status fail_empty(const sl_import *import, const sl_source *source,
                            const sl_format *format, sl_error *err) {
  sl_fail(err, SL_E_FORMAT, "\"%s\" holds no sample (read as %s)", source->shown,
          format->info.title);
  if (import->notes.count == 0)
    return sl_hint(err, SL_E_FORMAT, "name a folder with images, a manifest or IDX files");
  return sl_hint(err, SL_E_FORMAT, "%s", import->notes.at[import->notes.count - 1]);
}

static void append_text(sl_import *import, const char **list, const char *text) {
  *list = *list == NULL ? text : sl_arena_printf(import->arena, "%s, %s", *list, text);
}

static sl_status read_source(sl_import *import, sl_reading *reading, const char *path,
                             sl_error *err) {
  sl_source source;
  const sl_format *format = NULL;
  SL_TRY(sl_source_open(import->arena, path, &source, err));
  SL_TRY(choose_format(import, &source, &format, err));
  size_t before = reading->count;
  reading->source = &source;
  SL_TRY(format->read(reading, err));
  if (reading->count == before) return fail_empty(import, &source, format, err);
  if (import->format == NULL || strstr(import->format, format->info.name) == NULL)
    append_text(import, &import->format, format->info.name);
  append_text(import, &import->source, source.path);
  return SL_OK;
}

// ---- unique names -------------------------------------------------------------------------------

typedef struct part {
  size_t from, to;  // records of one source
  const char *prefix;
} part;

static int collides(const sl_map *names, const sl_record *records, const part *p) {
  for (size_t i = p->from; i < p->to; i++)
    if (sl_map_get_text(names, sl_record_name(&records[i]), -1) >= 0) return 1;
  return 0;
}

static void add_names(sl_map *names, const sl_record *records, const part *p) {
  for (size_t i = p->from; i < p->to; i++)
    sl_map_set_text(names, sl_record_name(&records[i]), (int64_t)i);
}

// Names of a later source that an earlier one has too get the later source's name in front.
static void prefix_sources(sl_import *import, const part *parts, size_t count) {
  sl_arena *scratch = sl_arena_new(NULL, "names");
  sl_map *names = sl_map_new(scratch);
  for (size_t p = 0; p < count; p++) {
    if (p > 0 && collides(names, import->records, &parts[p])) {
      for (size_t i = parts[p].from; i < parts[p].to; i++) {
        sl_record *record = &import->records[i];
        record->name =
            sl_arena_printf(import->arena, "%s/%s", parts[p].prefix, sl_record_name(record));
      }
      sl_note_add(&import->notes,
                  "names of source %zu begin with \"%s/\", because source names clash", p + 1,
                  sl_display(import->arena, parts[p].prefix, strlen(parts[p].prefix)));
    }
    add_names(names, import->records, &parts[p]);
  }
  sl_arena_free(scratch);
}

// What is named twice even so gets a number: "a.png#2".
static void number_repeats(sl_import *import) {
  sl_arena *scratch = sl_arena_new(NULL, "names");
  sl_map *names = sl_map_new(scratch);
  size_t repeats = 0;
  for (size_t i = 0; i < import->count; i++) {
    sl_record *record = &import->records[i];
    const char *plain = sl_record_name(record);
    int64_t seen = sl_map_get_text(names, plain, 0);
    sl_map_set_text(names, plain, seen + 1);
    if (seen == 0) continue;
    repeats++;
    while (sl_map_get_text(names, sl_record_name(record), 0) > 0)
      record->name = sl_arena_printf(import->arena, "%s#%lld", plain, (long long)++seen);
    sl_map_set_text(names, record->name, 1);
  }
  if (repeats > 0)
    sl_note_add(&import->notes, "samples named more than once: %zu; their names end with a number",
                repeats);
  sl_arena_free(scratch);
}

// ---- the dataset's name -------------------------------------------------------------------------

static const char *name_of_source(sl_arena *arena, const char *path) {
  const char *base = sl_path_base(path);
  if (sl_file_is_dir(path)) {
    if (sl_split_of_name(base, strlen(base)) == NULL) return base;
    return sl_path_base(sl_path_dir(arena, path));
  }
  const char *dot = strchr(base, '.');
  return dot == NULL || dot == base ? base : sl_arena_copy_bytes(arena, base, (size_t)(dot - base));
}

// 1 when the dataset `name` may get a version from our source.
static sl_status is_ours(sl_import *import, const char *name, int *ours, sl_error *err) {
  int64_t dataset = 0, latest = 0;
  sl_version_row version;
  *ours = 1;
  SL_TRY(sl_store_find_dataset(import->store, name, &dataset, err));
  if (dataset == 0) return SL_OK;
  SL_TRY(sl_store_latest_version(import->store, dataset, &latest, err));
  if (latest == 0) return SL_OK;
  SL_TRY(sl_store_get_version(import->store, import->arena, latest, &version, err));
  *ours = sl_streq(version.source, import->source);
  return SL_OK;
}

// A name the user did not choose never mixes two sources.
static sl_status choose_name(sl_import *import, const char *first_source, sl_error *err) {
  if (import->options->name != NULL && import->options->name[0] != '\0') {
    import->name = import->options->name;
    return SL_OK;
  }
  const char *path = sl_path_absolute(import->arena, first_source);
  const char *plain = name_of_source(import->arena, path);
  plain = plain[0] != '\0' ? sl_display(import->arena, plain, strlen(plain)) : "data";
  import->name = plain;
  for (int number = 2;; number++) {
    int ours = 0;
    SL_TRY(is_ours(import, import->name, &ours, err));
    if (ours) break;
    import->name = sl_arena_printf(import->arena, "%s-%d", plain, number);
  }
  if (import->name != plain)
    sl_note_add(&import->notes, "named \"%s\", because \"%s\" comes from another place",
                import->name, plain);
  return SL_OK;
}

// ---- all of it ----------------------------------------------------------------------------------

static sl_status read_sources(sl_import *import, sl_reading *reading, part *parts, sl_error *err) {
  const sl_import_options *o = import->options;
  for (size_t i = 0; i < o->source_count; i++) {
    parts[i].from = reading->count;
    SL_TRY(read_source(import, reading, o->sources[i], err));
    parts[i].to = reading->count;
    const char *path = sl_path_absolute(import->arena, o->sources[i]);
    parts[i].prefix = sl_path_base(path);
  }
  return SL_OK;
}

static int has_label(const sl_import *import) {
  for (size_t i = 0; i < import->count; i++)
    if (import->records[i].label != NULL || import->records[i].labels != NULL) return 1;
  return 0;
}

// A file "labels.csv" (or .tsv, .jsonl, .txt) in a folder of images, NULL when there is none.
static const char *find_labels_file(const sl_import *import) {
  static const char *const names[] = {"labels.csv", "labels.tsv", "labels.jsonl", "labels.txt"};
  for (size_t i = 0; i < import->options->source_count; i++) {
    const char *folder = import->options->sources[i];
    for (size_t n = 0; n < sizeof names / sizeof *names && sl_file_is_dir(folder); n++) {
      const char *path = sl_path_join(import->arena, folder, names[n]);
      if (sl_file_exists(path)) return path;
    }
  }
  return NULL;
}

// A file the user named must fit; one that merely lies there may turn out to be something else.
static sl_status apply_labels(sl_import *import, sl_error *err) {
  const char *asked = import->options->labels;
  if (asked != NULL && asked[0] != '\0') return sl_labels_file_apply(import, asked, err);
  const char *found = has_label(import) ? NULL : find_labels_file(import);
  if (found == NULL) return SL_OK;
  sl_status status = sl_labels_file_apply(import, found, err);
  if (status != SL_E_FORMAT) return status;
  sl_note_add(&import->notes, "no labels were taken: %s", sl_error_message(err));
  sl_error_clear(err);
  return SL_OK;
}

static void fill_splits(sl_import *import) {
  const char *split = import->options->split;
  if (split == NULL || split[0] == '\0') return;
  for (size_t i = 0; i < import->count; i++)
    if (import->records[i].split == NULL) import->records[i].split = split;
}

sl_status sl_import_find(sl_import *import, sl_error *err) {
  const sl_import_options *o = import->options;
  if (o->source_count == 0) return sl_fail(err, SL_E_ARG, "no folder or file to import was named");
  sl_import_show(import, "find files", 0, 0);
  sl_reading reading = {.store = import->store,
                        .arena = import->arena,
                        .copy = o->copy,
                        .cancel = o->cancel,
                        .progress = o->progress,
                        .progress_ctx = o->progress_ctx,
                        .notes = &import->notes};
  part *parts = SL_NEW_ARRAY(import->arena, part, o->source_count);
  sl_status status = read_sources(import, &reading, parts, err);
  import->records = reading.records;
  import->count = reading.count;
  if (status != SL_OK) return status;
  fill_splits(import);
  SL_TRY(apply_labels(import, err));
  prefix_sources(import, parts, o->source_count);
  number_repeats(import);
  return choose_name(import, o->sources[0], err);
}
