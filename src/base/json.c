// SPDX-License-Identifier: Apache-2.0
// Reading JSON through yyjson, with the checks yyjson leaves to its caller.
//
// Start at sl_json_parse(); the writer is in json_write.c, YAML in yaml.c.
#include "base/json.h"

#include <math.h>
#include <string.h>
#include <yyjson.h>

#include "base/map.h"

static void *pool_alloc(void *ctx, size_t size) {
  (void)ctx;
  return sl_heap_alloc(size);
}
static void *pool_realloc(void *ctx, void *at, size_t old_size, size_t size) {
  (void)ctx;
  (void)old_size;
  return sl_heap_resize(at, size);
}
static void pool_free(void *ctx, void *at) {
  (void)ctx;
  sl_heap_free(at);
}
static const yyjson_alc allocator = {pool_alloc, pool_realloc, pool_free, NULL};

static void free_document(void *doc) { yyjson_doc_free(doc); }

// Nesting is measured on the text, so that a deep document is refused before it costs anything.
static sl_status check_depth(const char *text, size_t size, const char *what, sl_error *err) {
  int depth = 0, in_string = 0;
  for (size_t i = 0; i < size; i++) {
    char c = text[i];
    if (in_string) {
      if (c == '\\')
        i++;
      else if (c == '"')
        in_string = 0;
      continue;
    }
    if (c == '"')
      in_string = 1;
    else if (c == '[' || c == '{')
      depth++;
    else if (c == ']' || c == '}')
      depth--;
    if (depth > SL_JSON_DEPTH_MAX)
      return sl_fail(err, SL_E_LIMIT, "%s is nested more than %d deep at byte %zu", what,
                     SL_JSON_DEPTH_MAX, i);
  }
  return SL_OK;
}

static sl_status check_object(sl_arena *scratch, yyjson_val *object, const char *what,
                              sl_error *err) {
  sl_map *seen = sl_map_new(scratch);
  yyjson_obj_iter it = yyjson_obj_iter_with(object);
  for (yyjson_val *key; (key = yyjson_obj_iter_next(&it)) != NULL;) {
    const char *name = yyjson_get_str(key);
    size_t length = yyjson_get_len(key);
    if (strlen(name) != length)
      return sl_fail(err, SL_E_FORMAT, "%s holds a NUL character in a key", what);
    if (!sl_map_set(seen, name, length, 1))
      return sl_fail(err, SL_E_FORMAT, "%s has the key \"%.64s\" twice in one object", what, name);
  }
  return SL_OK;
}

// Values of a document stand one after another in memory, so a flat loop visits them all.
static sl_status check_values(yyjson_doc *doc, const char *what, sl_error *err) {
  yyjson_val *value = yyjson_doc_get_root(doc);
  size_t count = yyjson_doc_get_val_count(doc);
  sl_arena *scratch = sl_arena_new(NULL, "json check");
  sl_status status = SL_OK;
  for (size_t i = 0; i < count && status == SL_OK; i++, value++) {
    if (yyjson_is_str(value) && strlen(yyjson_get_str(value)) != yyjson_get_len(value))
      status = sl_fail(err, SL_E_FORMAT, "%s holds a NUL character in a string", what);
    else if (yyjson_is_obj(value))
      status = check_object(scratch, value, what, err);
  }
  sl_arena_free(scratch);
  return status;
}

sl_status sl_json_parse(sl_arena *arena, const char *text, size_t size, const char *what,
                        const sl_json **out, sl_error *err) {
  *out = NULL;
  if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
    return sl_fail(err, SL_E_FORMAT, "%s starts with a byte-order mark at byte 0", what);
  SL_TRY(check_depth(text, size, what, err));
  yyjson_read_err reason;
  yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)text, size, 0, &allocator, &reason);
  if (doc == NULL)
    return sl_fail(err, SL_E_FORMAT, "%s is not valid JSON: %s at byte %zu", what, reason.msg,
                   reason.pos);
  sl_arena_on_free(arena, free_document, doc);
  SL_TRY(check_values(doc, what, err));
  *out = yyjson_doc_get_root(doc);
  return SL_OK;
}

static yyjson_val *mut(const sl_json *value) { return (yyjson_val *)(uintptr_t)value; }

sl_json_kind sl_json_kind_of(const sl_json *value) {
  if (value == NULL) return SL_JSON_ABSENT;
  switch (yyjson_get_type(mut(value))) {
    case YYJSON_TYPE_NULL:
      return SL_JSON_NULL;
    case YYJSON_TYPE_BOOL:
      return SL_JSON_BOOL;
    case YYJSON_TYPE_NUM:
      return yyjson_is_real(mut(value)) ? SL_JSON_REAL : SL_JSON_INT;
    case YYJSON_TYPE_STR:
      return SL_JSON_TEXT;
    case YYJSON_TYPE_ARR:
      return SL_JSON_LIST;
    case YYJSON_TYPE_OBJ:
      return SL_JSON_OBJECT;
    default:
      return SL_JSON_ABSENT;
  }
}

const char *sl_json_kind_name(sl_json_kind kind) {
  static const char *const names[] = {"nothing",  "null", "true or false", "a whole number",
                                      "a number", "text", "a list",        "an object"};
  return names[kind];
}

int sl_json_bool(const sl_json *value, int fallback) {
  return yyjson_is_bool(mut(value)) ? yyjson_get_bool(mut(value)) : fallback;
}

int sl_json_is_number(const sl_json *value) { return yyjson_is_num(mut(value)); }

int sl_json_is_int(const sl_json *value) {
  yyjson_val *v = mut(value);
  if (yyjson_is_sint(v)) return 1;
  if (yyjson_is_uint(v)) return yyjson_get_uint(v) <= INT64_MAX;
  if (!yyjson_is_real(v)) return 0;
  double real = yyjson_get_real(v);
  return fabs(real) < 9007199254740992.0 && real == trunc(real);
}

int64_t sl_json_int(const sl_json *value, int64_t fallback) {
  if (!sl_json_is_int(value)) return fallback;
  return yyjson_is_real(mut(value)) ? (int64_t)yyjson_get_real(mut(value))
                                    : yyjson_get_sint(mut(value));
}

double sl_json_real(const sl_json *value, double fallback) {
  return sl_json_is_number(value) ? yyjson_get_num(mut(value)) : fallback;
}

const char *sl_json_text(const sl_json *value, const char *fallback) {
  const char *text = yyjson_get_str(mut(value));
  return text != NULL ? text : fallback;
}

size_t sl_json_count(const sl_json *value) {
  yyjson_val *v = mut(value);
  return yyjson_is_obj(v) ? yyjson_obj_size(v) : yyjson_arr_size(v);
}

const sl_json *sl_json_get(const sl_json *object, const char *key) {
  return yyjson_obj_get(mut(object), key);
}

sl_json_iter sl_json_each(const sl_json *container) {
  return (sl_json_iter){.container = container, .left = sl_json_count(container)};
}

int sl_json_next(sl_json_iter *it) {
  if (it->left == 0) return 0;
  it->left--;
  int in_object = yyjson_is_obj(mut(it->container));
  yyjson_val *at = it->cursor == NULL ? unsafe_yyjson_get_first(mut(it->container))
                                      : unsafe_yyjson_get_next(mut(it->cursor));
  it->key = in_object ? yyjson_get_str(at) : NULL;
  it->value = in_object ? at + 1 : at;
  it->cursor = it->value;
  return 1;
}

char *sl_json_print(sl_arena *arena, const sl_json *value) {
  size_t size = 0;
  char *text = yyjson_val_write_opts(mut(value), 0, &allocator, &size, NULL);
  char *copy = sl_arena_copy_bytes(arena, text != NULL ? text : "null", text != NULL ? size : 4);
  sl_heap_free(text);
  return copy;
}
