// SPDX-License-Identifier: Apache-2.0
// Reading class maps: lines, JSON, YAML, Python dictionaries, model metadata.
//
// Invariant: names are in output order; a source that leaves a gap or names a place twice is
// refused.
#include "model/classes.h"

#include <ctype.h>
#include <string.h>

#include "base/file.h"

enum { CLASSES_MAX = 1 << 20, FILE_MAX_BYTES = 64 << 20 };

typedef struct draft {
  sl_arena *arena;
  const char *what;
  const char **names, **ids;
  size_t count;
  int has_ids;
} draft;

static sl_status start(draft *d, sl_arena *arena, const char *what, size_t count, sl_error *err) {
  void *names, *ids;
  if (count == 0) return sl_fail(err, SL_E_FORMAT, "%s names no classes", what);
  SL_TRY(sl_arena_try_push(arena, count, sizeof(char *), CLASSES_MAX * sizeof(char *),
                           "class names", &names, err));
  SL_TRY(sl_arena_try_push(arena, count, sizeof(char *), CLASSES_MAX * sizeof(char *), "class ids",
                           &ids, err));
  *d = (draft){.arena = arena, .what = what, .names = names, .ids = ids, .count = count};
  return SL_OK;
}

static void finish(const draft *d, sl_class_map *out) {
  out->names = (sl_texts){d->names, (int64_t)d->count};
  out->ids = d->has_ids ? (sl_texts){d->ids, (int64_t)d->count} : (sl_texts){0};
  out->source = d->what;
}

// ---- JSON and YAML
// -------------------------------------------------------------------------------

static sl_status put(draft *d, int64_t index, const char *id, const char *name, sl_error *err) {
  if (index < 0 || index >= (int64_t)d->count)
    return sl_fail(err, SL_E_FORMAT, "%s has the class number %lld among %zu classes", d->what,
                   (long long)index, d->count);
  if (d->names[index] != NULL)
    return sl_fail(err, SL_E_FORMAT, "%s has the class number %lld twice", d->what,
                   (long long)index);
  if (name == NULL)
    return sl_fail(err, SL_E_FORMAT, "%s has no name for class number %lld", d->what,
                   (long long)index);
  d->names[index] = sl_arena_copy(d->arena, name);
  d->ids[index] = sl_arena_copy(d->arena, id != NULL ? id : "");
  d->has_ids |= id != NULL;
  return SL_OK;
}

// "name", a number, ["id", "name"] or {"id": ..., "name": ...}.
static sl_status put_value(draft *d, int64_t index, const sl_json *value, sl_error *err) {
  if (sl_json_kind_of(value) == SL_JSON_OBJECT)
    return put(d, index, sl_json_text(sl_json_get(value, "id"), NULL),
               sl_json_text(sl_json_get(value, "name"), NULL), err);
  if (sl_json_is_number(value)) return put(d, index, NULL, sl_json_print(d->arena, value), err);
  if (sl_json_kind_of(value) != SL_JSON_LIST)
    return put(d, index, NULL, sl_json_text(value, NULL), err);
  const char *pair[2] = {NULL, NULL};
  sl_json_iter it = sl_json_each(value);
  for (int i = 0; i < 2 && sl_json_next(&it); i++) pair[i] = sl_json_text(it.value, NULL);
  return put(d, index, pair[0], pair[1], err);
}

static sl_status read_value(sl_arena *arena, const char *what, const sl_json *value,
                            sl_class_map *out, sl_error *err) {
  static const char *const wrappers[] = {"names", "classes", "class_names", "labels", "id2label"};
  for (size_t i = 0; i < sizeof wrappers / sizeof wrappers[0]; i++) {
    const sl_json *inner = sl_json_get(value, wrappers[i]);
    if (sl_json_kind_of(inner) < SL_JSON_LIST) continue;
    value = inner;
    break;
  }
  draft d;
  SL_TRY(start(&d, arena, what, sl_json_count(value), err));
  sl_json_iter it = sl_json_each(value);
  for (int64_t i = 0; sl_json_next(&it); i++) {
    int64_t index;
    if (it.key == NULL)
      SL_TRY(put_value(&d, i, it.value, err));
    else if (sl_parse_int(it.key, &index))
      SL_TRY(put_value(&d, index, it.value, err));
    else
      SL_TRY(put(&d, sl_json_int(it.value, -1), NULL, it.key, err));
  }
  finish(&d, out);
  return SL_OK;
}

// ---- lines
// ---------------------------------------------------------------------------------------

typedef struct line {
  const char *text, *rest;  // the whole line; what follows its first word
  size_t word;              // length of the first word
} line;

static int is_separator(char c) {
  return c == ' ' || c == '\t' || c == ',' || c == ':' || c == ';';
}

// Letters, then digits: "7", "n01440764".
static int is_id(const line *l) {
  size_t i = 0;
  while (i < l->word && isalpha((unsigned char)l->text[i])) i++;
  size_t letters = i;
  while (i < l->word && isdigit((unsigned char)l->text[i])) i++;
  return l->rest[0] != '\0' && i == l->word && i > letters && letters <= 2;
}

static line split(char *text) {
  line l = {.text = text};
  while (text[l.word] != '\0' && !is_separator(text[l.word])) l.word++;
  l.rest = text + l.word;
  while (is_separator(*l.rest)) l.rest++;
  return l;
}

static size_t split_lines(sl_arena *arena, const char *text, size_t size, line *lines) {
  size_t count = 0;
  for (size_t at = 0; at < size;) {
    const char *newline = memchr(text + at, '\n', size - at);
    size_t end = newline != NULL ? (size_t)(newline - text) : size;
    size_t from = at, to = end;
    while (from < to && isspace((unsigned char)text[from])) from++;
    while (to > from && isspace((unsigned char)text[to - 1])) to--;
    if (to > from && lines != NULL)
      lines[count] = split(sl_arena_copy_bytes(arena, text + from, to - from));
    count += to > from;
    at = end + 1;
  }
  return count;
}

static sl_status read_lines(sl_arena *arena, const char *text, size_t size, const char *what,
                            sl_class_map *out, sl_error *err) {
  draft d;
  SL_TRY(start(&d, arena, what, split_lines(arena, text, size, NULL), err));
  void *at;
  SL_TRY(sl_arena_try_push(arena, d.count, sizeof(line), SIZE_MAX, "class lines", &at, err));
  line *lines = at;
  split_lines(arena, text, size, lines);
  int with_ids = 1, numbered = 1;
  for (size_t i = 0; i < d.count; i++) {
    with_ids &= is_id(&lines[i]);
    numbered &= isdigit((unsigned char)lines[i].text[0]) != 0;
  }
  for (size_t i = 0; i < d.count; i++) {
    const line *l = &lines[i];
    const char *id = with_ids ? sl_arena_copy_bytes(arena, l->text, l->word) : NULL;
    int64_t index = (int64_t)i;
    if (with_ids && numbered && !sl_parse_int(id, &index)) index = -1;
    SL_TRY(put(&d, index, numbered ? NULL : id, with_ids ? l->rest : l->text, err));
  }
  finish(&d, out);
  return SL_OK;
}

// ---- sources
// -------------------------------------------------------------------------------------

sl_status sl_class_map_parse(sl_arena *arena, const char *text, size_t size, const char *what,
                             sl_class_map *out, sl_error *err) {
  size_t skip = 0;
  if (sl_utf8_valid_prefix(text, size) != size)
    return sl_fail(err, SL_E_FORMAT, "%s is not UTF-8 text", what);
  while (skip < size && isspace((unsigned char)text[skip])) skip++;
  char first = skip < size ? text[skip] : '\0';
  if (first != '[' && first != '{') {
    int yaml = sl_ends_with(what, ".yaml\"") || sl_ends_with(what, ".yml\"");
    if (!yaml) return read_lines(arena, text, size, what, out, err);
  }
  const sl_json *value;
  // Python writes its dictionaries with single quotes and bare numbers, which YAML reads.
  if (sl_json_parse(arena, text, size, what, &value, NULL) != SL_OK)
    SL_TRY(sl_yaml_parse(arena, text, size, what, &value, err));
  return read_value(arena, what, value, out, err);
}

sl_status sl_class_map_read(sl_arena *arena, const char *path, sl_class_map *out, sl_error *err) {
  sl_bytes bytes;
  SL_TRY(sl_file_read(arena, path, FILE_MAX_BYTES, &bytes, err));
  const char *what =
      sl_arena_printf(arena, "class file \"%s\"", sl_display(arena, path, strlen(path)));
  return sl_class_map_parse(arena, (const char *)bytes.at, bytes.size, what, out, err);
}

sl_status sl_class_map_from_metadata(sl_arena *arena, const sl_onnx_summary *summary,
                                     sl_class_map *out, sl_error *err) {
  static const char *const keys[] = {"slitlamp.classes", "names",    "classes",    "class_names",
                                     "labels",           "id2label", "categories", "class_labels"};
  *out = (sl_class_map){.source = ""};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    const char *text = sl_onnx_metadata(summary, keys[i]);
    if (text == NULL || text[0] == '\0') continue;
    const char *what = sl_arena_printf(arena, "metadata \"%s\"", keys[i]);
    return sl_class_map_parse(arena, text, strlen(text), what, out, err);
  }
  return SL_OK;
}
