// SPDX-License-Identifier: Apache-2.0
// Reading the text form piece by piece.
//
// Spaces, newlines and comments between pieces are skipped when a piece is read, not before, so
// that a comment behind a line can still be asked for. Invariant: `at` never passes the ending NUL.
// Start at sl_lexer_accept().
#ifndef SL_GRAPH_GRAPH_LEXER_H
#define SL_GRAPH_GRAPH_LEXER_H

#include "graph/graph.h"

typedef struct sl_lexer {
  sl_arena *arena;
  const char *start, *at;
} sl_lexer;

// SL_E_FORMAT at the next piece: `what` says what is wrong or expected.
sl_status sl_lexer_fail(const sl_lexer *lexer, sl_error *err, const char *what);

char sl_lexer_peek(const sl_lexer *lexer);                 // first character of the next piece
int sl_lexer_accept(sl_lexer *lexer, char c);              // 1 when it was there
int sl_lexer_accept_word(sl_lexer *lexer, const char *w);  // likewise, as a whole bare word
SL_MUST_CHECK sl_status sl_lexer_expect(sl_lexer *lexer, char c, sl_error *err);

// Bare or quoted; in the arena.
SL_MUST_CHECK sl_status sl_lexer_word(sl_lexer *lexer, const char *more, const char **out,
                                      sl_error *err);
SL_MUST_CHECK sl_status sl_lexer_string(sl_lexer *lexer, sl_bytes *out, sl_error *err);
SL_MUST_CHECK sl_status sl_lexer_hex(sl_lexer *lexer, sl_bytes *out, sl_error *err);
SL_MUST_CHECK sl_status sl_lexer_int(sl_lexer *lexer, int64_t *out, sl_error *err);
SL_MUST_CHECK sl_status sl_lexer_unsigned(sl_lexer *lexer, uint64_t *out, sl_error *err);
SL_MUST_CHECK sl_status sl_lexer_real(sl_lexer *lexer, double *out, sl_error *err);
// Whether the next piece is a number that is not whole: it has a point or an exponent, or is no
// finite number.
int sl_lexer_is_real(const sl_lexer *lexer);
// The comment on the rest of the line, NULL when there is none.
SL_MUST_CHECK sl_status sl_lexer_comment(sl_lexer *lexer, const char **out, sl_error *err);

// Parts of lines, in graph_text_data.c: a type with what stands behind it, into a value; a
// constant.
SL_MUST_CHECK sl_status sl_lexer_type(sl_lexer *lexer, sl_value *value, sl_error *err);
SL_MUST_CHECK sl_status sl_lexer_constant(sl_lexer *lexer, sl_constant *out, sl_error *err);

#endif
