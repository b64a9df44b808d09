// SPDX-License-Identifier: Apache-2.0
// The streaming JSON writer.
//
// Invariant: between calls the text in `out` is a prefix of a valid document. Start at
// before_value(), which places commas.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

static void before_value(sl_json_writer *w) {
  if (w->after_key) {
    w->after_key = 0;
    return;
  }
  if (w->has_member[w->depth]) sl_text_putc(w->out, ',');
  w->has_member[w->depth] = 1;
}

void sl_json_begin(sl_json_writer *w, sl_text *out) { *w = (sl_json_writer){.out = out}; }

static void open_container(sl_json_writer *w, char bracket) {
  before_value(w);
  SL_ASSERT(w->depth + 1 < SL_JSON_DEPTH_MAX);
  sl_text_putc(w->out, bracket);
  w->has_member[++w->depth] = 0;
}

static void close_container(sl_json_writer *w, char bracket) {
  SL_ASSERT(w->depth > 0);
  w->depth--;
  sl_text_putc(w->out, bracket);
}

void sl_json_open_object(sl_json_writer *w) { open_container(w, '{'); }
void sl_json_close_object(sl_json_writer *w) { close_container(w, '}'); }
void sl_json_open_list(sl_json_writer *w) { open_container(w, '['); }
void sl_json_close_list(sl_json_writer *w) { close_container(w, ']'); }

static void put_quoted(sl_text *out, const char *text) {
  sl_text_putc(out, '"');
  const char *run = text;
  for (; *text != '\0'; text++) {
    unsigned char c = (unsigned char)*text;
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    sl_text_append(out, run, (size_t)(text - run));
    run = text + 1;
    if (c == '"' || c == '\\')
      sl_text_printf(out, "\\%c", c);
    else if (c == '\n')
      sl_text_puts(out, "\\n");
    else if (c == '\t')
      sl_text_puts(out, "\\t");
    else
      sl_text_printf(out, "\\u%04x", c);
  }
  sl_text_append(out, run, (size_t)(text - run));
  sl_text_putc(out, '"');
}

static void put_text(sl_text *out, const char *text) {
  size_t size = strlen(text);
  if (sl_utf8_valid_prefix(text, size) == size) {
    put_quoted(out, text);
    return;
  }
  sl_arena *scratch = sl_arena_new(NULL, "json text");
  put_quoted(out, sl_display(scratch, text, size));
  sl_arena_free(scratch);
}

void sl_json_key(sl_json_writer *w, const char *key) {
  before_value(w);
  put_text(w->out, key);
  sl_text_putc(w->out, ':');
  w->after_key = 1;
}

void sl_json_put_raw(sl_json_writer *w, const char *json) {
  before_value(w);
  sl_text_puts(w->out, json);
}

void sl_json_put_null(sl_json_writer *w) { sl_json_put_raw(w, "null"); }
void sl_json_put_bool(sl_json_writer *w, int value) {
  sl_json_put_raw(w, value ? "true" : "false");
}

void sl_json_put_int(sl_json_writer *w, int64_t value) {
  before_value(w);
  sl_text_printf(w->out, "%lld", (long long)value);
}

void sl_json_put_real(sl_json_writer *w, double value) {
  char text[32];
  if (!isfinite(value)) {
    sl_json_put_null(w);
    return;
  }
  sl_format_real(value, text);
  sl_json_put_raw(w, text);
}

void sl_json_put_text(sl_json_writer *w, const char *value) {
  if (value == NULL) {
    sl_json_put_null(w);
    return;
  }
  before_value(w);
  put_text(w->out, value);
}
