// SPDX-License-Identifier: Apache-2.0
// JSON in (strict, bounded, not recursive) and JSON out (streaming writer). YAML in, as JSON.
//
// Values are borrowed from the arena they were parsed into. Reading refuses a byte-order mark,
// duplicate keys, NUL inside strings, numbers out of range and nesting above SL_JSON_DEPTH_MAX, and
// says at which byte.
#ifndef SL_BASE_JSON_H
#define SL_BASE_JSON_H

#include "base/arena.h"
#include "base/text.h"

enum { SL_JSON_DEPTH_MAX = 64 };

typedef struct yyjson_val sl_json;  // one value; NULL stands for "absent"

typedef enum sl_json_kind {
  SL_JSON_ABSENT = 0,
  SL_JSON_NULL,
  SL_JSON_BOOL,
  SL_JSON_INT,
  SL_JSON_REAL,
  SL_JSON_TEXT,
  SL_JSON_LIST,
  SL_JSON_OBJECT
} sl_json_kind;

// `what` names the text in messages ("request body", "file \"x.json\"").
SL_MUST_CHECK sl_status sl_json_parse(sl_arena *arena, const char *text, size_t size,
                                      const char *what, const sl_json **out, sl_error *err);

// YAML 1.1 as people write it: mappings, sequences, plain and quoted scalars. Aliases, anchors,
// tags and more than one document are refused. Plain scalars that read as numbers, true/false or
// null are those; quoted ones are text.
SL_MUST_CHECK sl_status sl_yaml_parse(sl_arena *arena, const char *text, size_t size,
                                      const char *what, const sl_json **out, sl_error *err);

sl_json_kind sl_json_kind_of(const sl_json *value);
const char *sl_json_kind_name(sl_json_kind kind);

// Each returns the fallback when `value` is absent or of another kind. Int accepts reals that are
// whole; real accepts ints.
int sl_json_bool(const sl_json *value, int fallback);
int64_t sl_json_int(const sl_json *value, int64_t fallback);
double sl_json_real(const sl_json *value, double fallback);
const char *sl_json_text(const sl_json *value, const char *fallback);
int sl_json_is_int(const sl_json *value);
int sl_json_is_number(const sl_json *value);

size_t sl_json_count(const sl_json *value);  // of a list or object, else 0
const sl_json *sl_json_get(const sl_json *object, const char *key);

// Walks a list or an object: `for (sl_json_iter it = sl_json_each(v); sl_json_next(&it);)`.
typedef struct sl_json_iter {
  const sl_json *container, *cursor;
  size_t left;
  const char *key;       // of the current member; NULL in a list
  const sl_json *value;  // current
} sl_json_iter;
sl_json_iter sl_json_each(const sl_json *container);
int sl_json_next(sl_json_iter *it);

// Minified text of a value with members in their order; in `arena`.
char *sl_json_print(sl_arena *arena, const sl_json *value);

// ---- writing --------------------------------------------------------------------------------

// Writes into `out`. Commas and quoting are the writer's business. Text that is not valid UTF-8 is
// written through sl_display(). NaN and infinities become null.
typedef struct sl_json_writer {
  sl_text *out;
  uint32_t depth;
  uint8_t has_member[SL_JSON_DEPTH_MAX];
  uint8_t after_key;
} sl_json_writer;

void sl_json_begin(sl_json_writer *w, sl_text *out);
void sl_json_open_object(sl_json_writer *w);
void sl_json_close_object(sl_json_writer *w);
void sl_json_open_list(sl_json_writer *w);
void sl_json_close_list(sl_json_writer *w);
void sl_json_key(sl_json_writer *w, const char *key);
void sl_json_put_null(sl_json_writer *w);
void sl_json_put_bool(sl_json_writer *w, int value);
void sl_json_put_int(sl_json_writer *w, int64_t value);
void sl_json_put_real(sl_json_writer *w, double value);
void sl_json_put_text(sl_json_writer *w, const char *value);  // NULL becomes null
void sl_json_put_raw(sl_json_writer *w, const char *json);    // text that is JSON already

#endif
