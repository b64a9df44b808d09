// SPDX-License-Identifier: Apache-2.0
// Types and constants of the text form, read.
//
// Invariant: memory follows what is written, never what dims claim. Start at sl_lexer_constant().
#include <string.h>

#include "base/text.h"
#include "graph/graph_lexer.h"
#include "graph/graph_words.h"

// ---- types --------------------------------------------------------------------------------------

static sl_status read_element(sl_lexer *lexer, int32_t *out, sl_error *err) {
  const char *name;
  sl_lexer before = *lexer;
  SL_TRY(sl_lexer_word(lexer, "", &name, err));
  *out = sl_element_from_name(name);
  if (*out != SL_ELEMENT_NONE || strcmp(name, "none") == 0) return SL_OK;
  return sl_lexer_fail(&before, err, "expected an element type");
}

// "64", "N", "2N" with a following "+1"; the word is there already.
static sl_status read_size(sl_lexer *lexer, const char *word, sl_dim *out, sl_error *err) {
  const char *letter = strchr(word, 'N');
  sl_lexer number = {.arena = lexer->arena, .start = word, .at = word};
  uint64_t value = 1;
  if (letter != word) SL_TRY(sl_lexer_unsigned(&number, &value, err));
  if (value > INT64_MAX) return sl_lexer_fail(lexer, err, "a size is too large");
  *out =
      letter == NULL ? SL_DIM((int64_t)value) : (sl_dim){.fixed = 0, .per_batch = (int64_t)value};
  if (letter == NULL) return SL_OK;
  if (letter[1] != '\0') return sl_lexer_fail(lexer, err, "expected a sign behind N");
  char sign = sl_lexer_peek(lexer);
  if (sign == '+' || sign == '-') SL_TRY(sl_lexer_int(lexer, &out->fixed, err));
  return SL_OK;
}

static sl_status read_dim(sl_lexer *lexer, sl_dim *out, sl_error *err) {
  *out = SL_DIM(SL_DIM_UNKNOWN);
  if (sl_lexer_accept(lexer, '?')) return SL_OK;
  int is_quoted = sl_lexer_peek(lexer) == '"';
  const char *word;
  SL_TRY(sl_lexer_word(lexer, SL_WORD_SYMBOL, &word, err));
  if (is_quoted || !sl_word_is_size(word)) {
    out->symbol = word;
    return SL_OK;
  }
  SL_TRY(read_size(lexer, word, out, err));
  if (sl_lexer_accept(lexer, ':')) return sl_lexer_word(lexer, SL_WORD_SYMBOL, &out->symbol, err);
  return SL_OK;
}

// One size of a list, and its denotation.
static sl_status read_dims_item(sl_lexer *lexer, int is_first, sl_text *dims, sl_text *denotations,
                                sl_error *err) {
  sl_dim dim;
  const char *denotation = NULL;
  if (!is_first) SL_TRY(sl_lexer_expect(lexer, ',', err));
  SL_TRY(read_dim(lexer, &dim, err));
  if (sl_lexer_accept(lexer, '@')) SL_TRY(sl_lexer_word(lexer, SL_WORD_SYMBOL, &denotation, err));
  sl_text_append(dims, &dim, sizeof dim);
  sl_text_append(denotations, &denotation, sizeof denotation);
  return SL_OK;
}

static const char *const *keep_denotations(sl_arena *arena, const sl_text *denotations) {
  size_t count = denotations->size / sizeof(char *);
  const char **copy = SL_NEW_ARRAY(arena, const char *, count + 1);
  if (count > 0) memcpy(copy, denotations->at, denotations->size);
  for (size_t i = 0; i < count; i++)
    if (copy[i] != NULL) return copy;
  return NULL;
}

static sl_status read_dims(sl_lexer *lexer, sl_type *out, sl_error *err) {
  sl_text dims = {0}, denotations = {0};
  sl_status status = SL_OK;
  out->rank = 0;
  if (sl_lexer_accept(lexer, '.')) {
    int is_whole = sl_lexer_accept(lexer, '.') && sl_lexer_accept(lexer, '.');
    out->rank = -1;
    return is_whole ? sl_lexer_expect(lexer, ']', err)
                    : sl_lexer_fail(lexer, err, "expected \"...\"");
  }
  while (status == SL_OK && sl_lexer_peek(lexer) != ']') {
    status = read_dims_item(lexer, out->rank == 0, &dims, &denotations, err);
    out->rank += status == SL_OK;
  }
  if (status == SL_OK) status = sl_lexer_expect(lexer, ']', err);
  sl_dim *copy = SL_NEW_ARRAY(lexer->arena, sl_dim, out->rank + 1);
  if (dims.size > 0) memcpy(copy, dims.at, dims.size);
  out->dims = copy;
  out->dim_denotations = keep_denotations(lexer->arena, &denotations);
  sl_text_free(&dims);
  sl_text_free(&denotations);
  return status;
}

sl_status sl_lexer_type(sl_lexer *lexer, sl_value *value, sl_error *err) {
  if (sl_lexer_accept(lexer, '_')) return SL_OK;
  value->is_declared = !sl_lexer_accept(lexer, '~');
  value->type = (sl_type){.rank = -1};
  SL_TRY(read_element(lexer, &value->type.element, err));
  if (sl_lexer_accept(lexer, '[')) SL_TRY(read_dims(lexer, &value->type, err));
  if (sl_lexer_accept(lexer, '@'))
    SL_TRY(sl_lexer_word(lexer, SL_WORD_SYMBOL, &value->type.denotation, err));
  if (sl_lexer_peek(lexer) == '!') SL_TRY(sl_lexer_hex(lexer, &value->type.raw, err));
  if (sl_lexer_accept(lexer, '+')) SL_TRY(sl_lexer_hex(lexer, &value->extra, err));
  return SL_OK;
}

// ---- constants ----------------------------------------------------------------------------------

static sl_status read_constant_dims(sl_lexer *lexer, sl_constant *out, sl_error *err) {
  sl_type type = {0};
  SL_TRY(sl_lexer_expect(lexer, '[', err));
  SL_TRY(read_dims(lexer, &type, err));
  if (type.rank < 0) return sl_lexer_fail(lexer, err, "a constant must say its size");
  int64_t *dims = SL_NEW_ARRAY(lexer->arena, int64_t, type.rank + 1);
  out->count = 1;
  for (int32_t i = 0; i < type.rank; i++) {
    dims[i] = type.dims[i].fixed;
    if (dims[i] < 0 || type.dims[i].per_batch != 0 ||
        (dims[i] > 0 && out->count > INT64_MAX / 128 / dims[i]))
      return sl_lexer_fail(lexer, err, "a constant must have sizes of whole numbers");
    out->count *= dims[i];
  }
  out->rank = type.rank;
  out->dims = dims;
  return SL_OK;
}

static sl_status read_float(sl_lexer *lexer, int32_t element, sl_text *out, sl_error *err) {
  double value;
  uint8_t bytes[sizeof value];
  SL_TRY(sl_lexer_real(lexer, &value, err));
  sl_element_store(element, bytes, 0, value);
  sl_text_append(out, bytes, sl_element_bytes(element, 1));
  return SL_OK;
}

static int is_unsigned(int32_t element) {
  return element == SL_ELEMENT_U8 || element == SL_ELEMENT_U16 || element == SL_ELEMENT_U32 ||
         element == SL_ELEMENT_BOOL;
}

static int fits(int32_t element, int64_t value) {
  int32_t bits = element == SL_ELEMENT_BOOL ? 1 : sl_element_bits(element);
  if (bits == 64) return 1;
  int64_t top = (int64_t)1 << (is_unsigned(element) ? bits : bits - 1);
  return value < top && value >= (is_unsigned(element) ? 0 : -top);
}

static sl_status read_element_value(sl_lexer *lexer, int32_t element, sl_text *out, sl_error *err) {
  if (sl_element_is_float(element)) return read_float(lexer, element, out, err);
  uint64_t word;
  if (element == SL_ELEMENT_U64) {
    SL_TRY(sl_lexer_unsigned(lexer, &word, err));
  } else {
    sl_lexer before = *lexer;
    int64_t value;
    SL_TRY(sl_lexer_int(lexer, &value, err));
    if (!fits(element, value)) return sl_lexer_fail(&before, err, "a number does not fit its type");
    word = (uint64_t)value;
  }
  sl_text_append(out, &word, (size_t)sl_element_bits(element) / 8);
  return SL_OK;
}

static sl_status read_elements(sl_lexer *lexer, sl_constant *out, sl_text *bytes, sl_error *err) {
  int64_t count = 0;
  for (; sl_lexer_peek(lexer) != '}'; count++) {
    if (count > 0) SL_TRY(sl_lexer_expect(lexer, ',', err));
    if (out->element == SL_ELEMENT_STRING) {
      sl_bytes string;
      SL_TRY(sl_lexer_string(lexer, &string, err));
      sl_text_append(bytes, &string, sizeof string);
    } else {
      SL_TRY(read_element_value(lexer, out->element, bytes, err));
    }
  }
  if (count != out->count) return sl_lexer_fail(lexer, err, "a constant has not as many elements");
  return sl_lexer_expect(lexer, '}', err);
}

static sl_status read_list(sl_lexer *lexer, sl_constant *out, sl_error *err) {
  if (sl_element_dtype(out->element) == SL_DTYPE_NONE && out->element != SL_ELEMENT_STRING)
    return sl_lexer_fail(lexer, err, "elements of this type are written as bytes");
  sl_text bytes = {0};
  sl_status status = read_elements(lexer, out, &bytes, err);
  uint8_t *copy = sl_arena_push(lexer->arena, bytes.size + 1);
  if (bytes.size > 0) memcpy(copy, bytes.at, bytes.size);
  if (out->element == SL_ELEMENT_STRING)
    out->strings = (const sl_bytes *)(const void *)copy;
  else
    out->data = (sl_bytes){.at = copy, .size = bytes.size};
  sl_text_free(&bytes);
  return status;
}

static sl_status read_bytes(sl_lexer *lexer, sl_constant *out, sl_error *err) {
  SL_TRY(sl_lexer_hex(lexer, &out->data, err));
  if (out->data.size == sl_element_bytes(out->element, out->count)) return SL_OK;
  return sl_lexer_fail(lexer, err, "a constant has not as many bytes");
}

sl_status sl_lexer_constant(sl_lexer *lexer, sl_constant *out, sl_error *err) {
  *out = (sl_constant){.is_sparse = sl_lexer_accept_word(lexer, "sparse")};
  SL_TRY(read_element(lexer, &out->element, err));
  SL_TRY(read_constant_dims(lexer, out, err));
  if (out->is_sparse || out->element == SL_ELEMENT_NONE)
    return sl_lexer_hex(lexer, &out->message, err);
  if (sl_lexer_accept_word(lexer, "external")) {
    SL_TRY(sl_lexer_word(lexer, "", &out->location, err));
    return sl_lexer_int(lexer, &out->offset, err);
  }
  if (sl_lexer_accept(lexer, '{')) return read_list(lexer, out, err);
  return read_bytes(lexer, out, err);
}
