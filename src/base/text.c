// SPDX-License-Identifier: Apache-2.0
// Growable text, display escaping, number parsing and near-name search.
//
// Start at sl_text_append(); sl_display() is what keeps hostile file names out of terminals.
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void sl_text_free(sl_text *text) {
  sl_heap_free(text->at);
  *text = (sl_text){0};
}

void sl_text_clear(sl_text *text) {
  text->size = 0;
  if (text->at != NULL) text->at[0] = '\0';
}

static void reserve(sl_text *text, size_t extra) {
  size_t need = text->size + extra + 1;
  if (need <= text->capacity) return;
  size_t capacity = text->capacity * 2 > need ? text->capacity * 2 : need + 32;
  char *grown = sl_heap_resize(text->at, capacity);
  if (grown == NULL) {
    fputs("slitlamp: out of memory\n", stderr);
    exit(4);
  }
  text->at = grown;
  text->capacity = capacity;
}

void sl_text_append(sl_text *text, const void *bytes, size_t size) {
  reserve(text, size);
  if (size > 0) memcpy(text->at + text->size, bytes, size);
  text->size += size;
  text->at[text->size] = '\0';
}

void sl_text_puts(sl_text *text, const char *string) {
  sl_text_append(text, string, strlen(string));
}

void sl_text_putc(sl_text *text, char c) { sl_text_append(text, &c, 1); }

void sl_text_printf(sl_text *text, const char *fmt, ...) {
  va_list args, again;
  va_start(args, fmt);
  va_copy(again, args);
  int length = vsnprintf(NULL, 0, fmt, args);
  va_end(args);
  SL_ASSERT(length >= 0);
  reserve(text, (size_t)length);
  vsnprintf(text->at + text->size, (size_t)length + 1, fmt, again);
  va_end(again);
  text->size += (size_t)length;
}

const char *sl_text_z(const sl_text *text) { return text->at != NULL ? text->at : ""; }

char *sl_text_take(sl_text *text, sl_arena *arena) {
  char *copy = sl_arena_copy_bytes(arena, text->at, text->size);
  sl_text_free(text);
  return copy;
}

int sl_streq(const char *a, const char *b) {
  if (a == NULL || b == NULL) return a == b;
  return strcmp(a, b) == 0;
}

const char *sl_plural(int64_t count, const char *one, const char *many) {
  return count == 1 ? one : many;
}

int sl_starts_with(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

int sl_ends_with(const char *text, const char *suffix) {
  size_t length = strlen(text), tail = strlen(suffix);
  return length >= tail && strcasecmp(text + length - tail, suffix) == 0;
}

// Bytes of the UTF-8 sequence at `at`, its code point in *code; 0 when it is invalid.
static size_t utf8_sequence(const unsigned char *at, size_t left, uint32_t *code) {
  static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
  size_t size = at[0] < 0x80 ? 1 : at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
  if (size == 0 || size > left || at[0] > 0xF4) return 0;
  uint32_t value = size == 1 ? at[0] : at[0] & (0x7Fu >> size);
  for (size_t i = 1; i < size; i++) {
    if ((at[i] & 0xC0u) != 0x80u) return 0;
    value = value << 6 | (at[i] & 0x3Fu);
  }
  if (value < smallest[size] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return 0;
  *code = value;
  return size;
}

size_t sl_utf8_valid_prefix(const char *text, size_t size) {
  const unsigned char *at = (const unsigned char *)text;
  size_t done = 0;
  uint32_t code;
  while (done < size) {
    size_t step = utf8_sequence(at + done, size - done, &code);
    if (step == 0) break;
    done += step;
  }
  return done;
}

static int must_escape(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x200E && code <= 0x200F) ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
         code == 0x061C || code == 0xFEFF;
}

static int needs_escape(const unsigned char *at, size_t size) {
  uint32_t code;
  for (size_t i = 0, step; i < size; i += step) {
    step = utf8_sequence(at + i, size - i, &code);
    if (step == 0 || must_escape(code)) return 1;
  }
  return 0;
}

char *sl_display(sl_arena *arena, const char *bytes, size_t size) {
  const unsigned char *at = (const unsigned char *)bytes;
  if (!needs_escape(at, size)) return sl_arena_copy_bytes(arena, bytes, size);
  sl_text out = {0};
  uint32_t code = 0;
  for (size_t i = 0, step; i < size; i += step) {
    step = utf8_sequence(at + i, size - i, &code);
    if (step == 0) {
      sl_text_printf(&out, "\\x%02X", at[i]);
      step = 1;
    } else if (must_escape(code)) {
      sl_text_printf(&out, code < 0x80 ? "\\x%02X" : "\\u{%04X}", code);
    } else {
      if (code == '\\') sl_text_putc(&out, '\\');
      sl_text_append(&out, at + i, step);
    }
  }
  return sl_text_take(&out, arena);
}

enum { NEAREST_LENGTH = 63 };

static size_t edit_distance(const char *a, const char *b) {
  size_t row[NEAREST_LENGTH + 1];
  size_t la = strlen(a), lb = strlen(b);
  if (la > NEAREST_LENGTH || lb > NEAREST_LENGTH) return SIZE_MAX;
  for (size_t j = 0; j <= lb; j++) row[j] = j;
  for (size_t i = 1; i <= la; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= lb; j++) {
      size_t substitute = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      size_t gap = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
      row[j] = substitute < gap ? substitute : gap;
    }
  }
  return row[lb];
}

const char *sl_nearest(const char *text, const char *const *names, size_t count) {
  const char *best = NULL;
  size_t best_distance = strlen(text) / 2 + 1;
  if (best_distance > 4) best_distance = 4;
  for (size_t i = 0; i < count; i++) {
    size_t distance = edit_distance(text, names[i]);
    if (distance < best_distance) {
      best_distance = distance;
      best = names[i];
    }
  }
  return best;
}

int sl_parse_int(const char *text, int64_t *out) {
  if (text == NULL || (!strchr("+-", text[0]) && (text[0] < '0' || text[0] > '9'))) return 0;
  char *end;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0') return 0;
  *out = value;
  return 1;
}

// The process never calls setlocale(), so strtod() reads the C locale's decimal point.
int sl_parse_real(const char *text, double *out) {
  if (text == NULL || !strchr("+-.0123456789ni", text[0]) || text[0] == '\0') return 0;
  char *end;
  double value = strtod(text, &end);
  if (end == text || *end != '\0') return 0;
  *out = value;
  return 1;
}

void sl_format_real(double value, char out[32]) {
  if (isnan(value) || isinf(value)) {
    snprintf(out, 32, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    return;
  }
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(out, 32, "%.*g", digits, value);
    if (strtod(out, NULL) == value) return;
  }
}

int sl_is_key(const char *text) {
  size_t length = 0;
  for (; text[length] != '\0'; length++) {
    char c = text[length];
    int good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!good || length >= 128) return 0;
  }
  return length > 0;
}
