// SPDX-License-Identifier: Apache-2.0
// Growable text and bytes, and small string helpers.
//
// A zeroed sl_text is empty and valid; it is always NUL-ended once something was appended. It owns
// heap memory: give it back with sl_text_free(), or move it into an arena with sl_text_take().
#ifndef SL_BASE_TEXT_H
#define SL_BASE_TEXT_H

#include "base/arena.h"

typedef struct sl_text {
  char *at;
  size_t size, capacity;
} sl_text;

void sl_text_free(sl_text *text);   // zeroes it
void sl_text_clear(sl_text *text);  // keeps the memory
void sl_text_append(sl_text *text, const void *bytes, size_t size);
void sl_text_puts(sl_text *text, const char *string);
void sl_text_putc(sl_text *text, char c);
void sl_text_printf(sl_text *text, const char *fmt, ...) SL_PRINTF(2, 3);
const char *sl_text_z(const sl_text *text);  // "" when empty; borrowed

// Copies the text into `arena`, frees `text` and returns the NUL-ended copy.
char *sl_text_take(sl_text *text, sl_arena *arena);

int sl_streq(const char *a, const char *b);  // NULL equals only NULL
int sl_starts_with(const char *text, const char *prefix);
int sl_ends_with(const char *text, const char *suffix);  // ASCII case ignored

// Length of the longest valid UTF-8 prefix.
size_t sl_utf8_valid_prefix(const char *text, size_t size);

// Bytes that are safe to show in a terminal, JSON or a page: control characters, invalid UTF-8 and
// bidirectional overrides become \xNN or \u{NNNN}; a backslash is doubled only in a text that
// needed an escape, so that ordinary names stay as they are. In `arena`.
char *sl_display(sl_arena *arena, const char *bytes, size_t size);

// The closest of `count` names to `text` by edit distance, NULL when none is near. For "did you
// mean".
const char *sl_nearest(const char *text, const char *const *names, size_t count);

// Whole-string number parsing, independent of the locale; 0 on failure.
int sl_parse_int(const char *text, int64_t *out);
int sl_parse_real(const char *text, double *out);

// The word that fits a number: sl_plural(1, "sample", "samples") is "sample". Borrows both.
const char *sl_plural(int64_t count, const char *one, const char *many);

// Shortest decimal form that reads back as the same double ("0.1", "1e-300", "nan", "inf").
void sl_format_real(double value, char out[32]);

// Ids and keys that come from outside: ^[a-z0-9_-]{1,128}$.
int sl_is_key(const char *text);

#endif
