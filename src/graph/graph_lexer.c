// SPDX-License-Identifier: Apache-2.0
// Pieces of the text form: words, strings, bytes, numbers. Start at next().
#include "graph/graph_lexer.h"

#include <string.h>

#include "base/text.h"
#include "graph/graph_words.h"

// Where the next piece begins.
static const char *next(const sl_lexer *lexer) {
  const char *at = lexer->at;
  for (;;) {
    at += strspn(at, " \t\r\n");
    if (*at != '#') return at;
    at += strcspn(at, "\n");
  }
}

sl_status sl_lexer_fail(const sl_lexer *lexer, sl_error *err, const char *what) {
  const char *at = next(lexer);
  size_t line = 1, column = 1;
  for (const char *c = lexer->start; c < at; c++) {
    column = *c == '\n' ? 1 : column + 1;
    line += *c == '\n';
  }
  sl_arena *scratch = sl_arena_new(NULL, "lexer");
  size_t size = strcspn(at, "\n");
  const char *found = size == 0 ? "the end" : sl_display(scratch, at, size < 20 ? size : 20);
  sl_status status = sl_fail(err, SL_E_FORMAT, "graph text, line %zu, column %zu: %s, found \"%s\"",
                             line, column, what, found);
  sl_arena_free(scratch);
  return status;
}

char sl_lexer_peek(const sl_lexer *lexer) { return *next(lexer); }

int sl_lexer_accept(sl_lexer *lexer, char c) {
  const char *at = next(lexer);
  if (*at != c) return 0;
  lexer->at = at + 1;
  return 1;
}

int sl_lexer_accept_word(sl_lexer *lexer, const char *word) {
  const char *at = next(lexer);
  size_t size = strlen(word);
  if (sl_word_size(at, "") != size || strncmp(at, word, size) != 0) return 0;
  lexer->at = at + size;
  return 1;
}

sl_status sl_lexer_expect(sl_lexer *lexer, char c, sl_error *err) {
  if (sl_lexer_accept(lexer, c)) return SL_OK;
  const char what[] = {'e', 'x', 'p', 'e', 'c', 't', 'e', 'd', ' ', '\'', c, '\'', '\0'};
  return sl_lexer_fail(lexer, err, what);
}

// ---- words and bytes ----------------------------------------------------------------------------

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int hex_byte(const char *at) {
  int high = hex_digit(at[0]);
  int low = high < 0 ? -1 : hex_digit(at[1]);
  return low < 0 ? -1 : high * 16 + low;
}

// One character of a string; -1 when it is not one. *at is moved behind it.
static int unescape(const char **at) {
  const char *c = *at;
  if ((unsigned char)*c < 32) return -1;
  *at = c + 1;
  if (*c != '\\') return (unsigned char)*c;
  *at = c + 2;
  if (c[1] == 'n') return '\n';
  if (c[1] == '"' || c[1] == '\\') return c[1];
  *at = c + 1;
  if (c[1] != 'x') return -1;
  int byte = hex_byte(c + 2);
  if (byte >= 0) *at = c + 4;
  return byte;
}

sl_status sl_lexer_string(sl_lexer *lexer, sl_bytes *out, sl_error *err) {
  SL_TRY(sl_lexer_expect(lexer, '"', err));
  const char *end = lexer->at;
  size_t size = 0;
  for (; *end != '"'; size++)
    if (unescape(&end) < 0) return sl_lexer_fail(lexer, err, "a string is not closed");
  uint8_t *bytes = sl_arena_push(lexer->arena, size + 1);
  for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)unescape(&lexer->at);
  lexer->at = end + 1;
  *out = (sl_bytes){.at = bytes, .size = size};
  return SL_OK;
}

sl_status sl_lexer_word(sl_lexer *lexer, const char *more, const char **out, sl_error *err) {
  const char *at = next(lexer);
  if (*at == '"') {
    sl_bytes bytes;
    SL_TRY(sl_lexer_string(lexer, &bytes, err));
    *out = (const char *)bytes.at;
    if (memchr(bytes.at, 0, bytes.size) == NULL) return SL_OK;
    return sl_lexer_fail(lexer, err, "a name has a zero byte");
  }
  size_t size = sl_word_size(at, more);
  if (size == 0) return sl_lexer_fail(lexer, err, "expected a name");
  *out = sl_arena_copy_bytes(lexer->arena, at, size);
  lexer->at = at + size;
  return SL_OK;
}

sl_status sl_lexer_hex(sl_lexer *lexer, sl_bytes *out, sl_error *err) {
  SL_TRY(sl_lexer_expect(lexer, '!', err));
  size_t size = 0;
  while (hex_byte(lexer->at + 2 * size) >= 0) size++;
  uint8_t *bytes = sl_arena_push(lexer->arena, size + 1);
  for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)hex_byte(lexer->at + 2 * i);
  lexer->at += 2 * size;
  *out = (sl_bytes){.at = bytes, .size = size};
  return SL_OK;
}

// ---- numbers ------------------------------------------------------------------------------------

enum { DIGITS_MAX = 64 };

// The next piece as a number's characters, copied; its size, 0 when it is none.
static size_t number_text(const sl_lexer *lexer, char out[DIGITS_MAX]) {
  const char *at = next(lexer);
  size_t size = strspn(at, "+-.0123456789einfa");
  if (size == 0 || size >= DIGITS_MAX) return 0;
  memcpy(out, at, size);
  out[size] = '\0';
  return size;
}

static void pass(sl_lexer *lexer, size_t size) { lexer->at = next(lexer) + size; }

sl_status sl_lexer_int(sl_lexer *lexer, int64_t *out, sl_error *err) {
  char text[DIGITS_MAX];
  size_t size = number_text(lexer, text);
  if (size == 0 || !sl_parse_int(text, out))
    return sl_lexer_fail(lexer, err, "expected a whole number");
  pass(lexer, size);
  return SL_OK;
}

sl_status sl_lexer_unsigned(sl_lexer *lexer, uint64_t *out, sl_error *err) {
  const char *at = next(lexer);
  size_t size = strspn(at, "0123456789");
  *out = 0;
  for (size_t i = 0; i < size; i++)
    if (__builtin_mul_overflow(*out, 10U, out) ||
        __builtin_add_overflow(*out, (uint64_t)(at[i] - '0'), out))
      return sl_lexer_fail(lexer, err, "a number is too large");
  if (size == 0) return sl_lexer_fail(lexer, err, "expected a whole number");
  pass(lexer, size);
  return SL_OK;
}

sl_status sl_lexer_real(sl_lexer *lexer, double *out, sl_error *err) {
  char text[DIGITS_MAX];
  size_t size = number_text(lexer, text);
  if (size == 0 || !sl_parse_real(text, out)) return sl_lexer_fail(lexer, err, "expected a number");
  pass(lexer, size);
  return SL_OK;
}

int sl_lexer_is_real(const sl_lexer *lexer) {
  char text[DIGITS_MAX];
  return number_text(lexer, text) > 0 && strpbrk(text, ".einf") != NULL;
}

// ---- comments -----------------------------------------------------------------------------------

sl_status sl_lexer_comment(sl_lexer *lexer, const char **out, sl_error *err) {
  *out = NULL;
  const char *at = lexer->at + strspn(lexer->at, " \t");
  if (*at != '#') return SL_OK;
  at += 1 + (at[1] == ' ');
  size_t size = strcspn(at, "\n");
  lexer->at = at;
  if (*at == '"') return sl_lexer_word(lexer, "", out, err);
  while (size > 0 && (at[size - 1] == ' ' || at[size - 1] == '\r')) size--;
  *out = sl_arena_copy_bytes(lexer->arena, at, size);
  lexer->at += strcspn(at, "\n");
  return SL_OK;
}
