// SPDX-License-Identifier: Apache-2.0
// Targets: parsing, seeds, values.
//
// Invariant: a parsed target's indices are inside its value. Start at sl_target_parse().
#include "attrib/target.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { TERMS_MAX = 256 };

typedef struct reader {
  sl_arena *arena;
  const sl_white_box *box;
  const char *text, *at;
  const char *const *class_names;
  int64_t class_count;
  sl_target *out;
  sl_target_term terms[TERMS_MAX];
} reader;

static sl_status wrong(const reader *r, const char *why, sl_error *err) {
  sl_fail(err, SL_E_ARG, "target \"%s\", character %d: %s", r->text, (int)(r->at - r->text) + 1,
          why);
  return sl_hint(err, SL_E_ARG,
                 "a target is an output element (283), a contrast (283-281), \"predicted\", or "
                 "elements of a value (boxes[0,3]), with weights (2*3-0.5*7)");
}

static void skip_space(reader *r) {
  while (*r->at == ' ') r->at++;
}

// ---- names of classes ---------------------------------------------------------------------------

// The longest class name that stands at the reader's place; -1 when none does.
static int64_t read_class(reader *r) {
  int64_t best = -1;
  size_t best_size = 0;
  for (int64_t c = 0; c < r->class_count; c++) {
    size_t size = strlen(r->class_names[c]);
    if (size > best_size && strncmp(r->at, r->class_names[c], size) == 0) {
      best = c;
      best_size = size;
    }
  }
  r->at += best_size;
  return best;
}

// ---- elements -----------------------------------------------------------------------------------

static sl_status use_value(reader *r, const char *name, sl_error *err) {
  sl_value_id value;
  SL_TRY(sl_white_box_value(r->box, name, &value, err));
  if (r->out->value != 0 && r->out->value != value)
    return wrong(r, "all terms must be of one value", err);
  r->out->value = value;
  return SL_OK;
}

static sl_status check_term(const reader *r, const sl_target_term *term, sl_error *err) {
  const sl_graph *graph = sl_white_box_model(r->box)->graph;
  const sl_value *value = &graph->values[r->out->value];
  if (value->type.rank < 0) return SL_OK;
  if (term->rank > value->type.rank - 1)
    return sl_fail(err, SL_E_ARG, "target \"%s\" names %d axes; \"%s\" is %s", r->text, term->rank,
                   value->name, sl_type_text(r->arena, &value->type));
  for (int32_t d = 0; d < term->rank; d++) {
    sl_dim dim = value->type.dims[d + 1];
    if (dim.fixed == SL_DIM_UNKNOWN || dim.per_batch != 0 || term->index[d] < dim.fixed) continue;
    sl_fail(err, SL_E_ARG, "target \"%s\" is out of range: \"%s\" is %s", r->text, value->name,
            sl_type_text(r->arena, &value->type));
    return sl_hint(err, SL_E_ARG, "elements are counted from 0 to %lld", (long long)dim.fixed - 1);
  }
  return SL_OK;
}

static sl_status read_list(reader *r, sl_target_term *term, sl_error *err) {
  r->at++;  // [
  while (*r->at != ']') {
    char *end;
    skip_space(r);
    long long index = strtoll(r->at, &end, 10);
    if (end == r->at || index < 0) return wrong(r, "a number is wanted", err);
    if (term->rank == SL_RANK_MAX - 1) return wrong(r, "too many axes", err);
    term->index[term->rank++] = index;
    r->at = end;
    skip_space(r);
    if (*r->at == ',') r->at++;
    if (*r->at == '\0') return wrong(r, "\"]\" is missing", err);
  }
  r->at++;
  return SL_OK;
}

static sl_status read_named(reader *r, sl_target_term *term, sl_error *err) {
  const char *open = strchr(r->at, '[');
  int64_t class_index = read_class(r);
  if (class_index >= 0) {
    term->rank = 1;
    term->index[0] = class_index;
    return use_value(r, NULL, err);
  }
  if (open == NULL) return wrong(r, "no class and no value of that name", err);
  SL_TRY(use_value(r, sl_arena_copy_bytes(r->arena, r->at, (size_t)(open - r->at)), err));
  r->at = open;
  return read_list(r, term, err);
}

static sl_status read_element(reader *r, sl_target_term *term, sl_error *err) {
  skip_space(r);
  if (!isdigit((unsigned char)*r->at)) return read_named(r, term, err);
  char *end;
  long long index = strtoll(r->at, &end, 10);
  term->rank = 1;
  term->index[0] = index;
  r->at = end;
  return use_value(r, NULL, err);
}

static sl_status read_term(reader *r, double sign, sl_target_term *term, sl_error *err) {
  *term = (sl_target_term){.weight = sign};
  skip_space(r);
  char *end;
  double factor = strtod(r->at, &end);
  const char *after = end;
  while (end != r->at && *after == ' ') after++;
  if (end != r->at && *after == '*') {
    term->weight *= factor;
    r->at = after + 1;
  }
  SL_TRY(read_element(r, term, err));
  skip_space(r);
  return check_term(r, term, err);
}

static sl_status read_sum(reader *r, sl_error *err) {
  double sign = 1;
  skip_space(r);
  do {
    if (*r->at == '+' || *r->at == '-') sign = *r->at++ == '-' ? -1 : 1;
    if (r->out->term_count == TERMS_MAX) return wrong(r, "more than 256 terms", err);
    SL_TRY(read_term(r, sign, &r->terms[r->out->term_count++], err));
  } while (*r->at == '+' || *r->at == '-');
  if (*r->at != '\0') return wrong(r, "\"+\" or \"-\" is wanted", err);
  return SL_OK;
}

sl_status sl_target_parse(sl_arena *arena, const sl_white_box *box, const char *text,
                          const char *const *class_names, int64_t class_count, sl_target *out,
                          sl_error *err) {
  *out = (sl_target){.text = sl_arena_copy(arena, text)};
  if (strcmp(text, "predicted") == 0) {
    out->predicted = true;
    out->value = sl_white_box_output(box);
    return SL_OK;
  }
  reader *r = SL_NEW(arena, reader);
  *r = (reader){.arena = arena,
                .box = box,
                .text = text,
                .at = text,
                .class_names = class_names,
                .class_count = class_count,
                .out = out};
  SL_TRY(read_sum(r, err));
  out->terms = r->terms;
  return SL_OK;
}

// ---- elements of a row --------------------------------------------------------------------------

// A run of elements inside a row: those that a term does not fix are whole trailing axes.
static void span_of(const sl_target_term *term, const sl_shape *shape, int64_t *first,
                    int64_t *count) {
  *first = 0;
  *count = 1;
  for (int32_t d = 1; d < shape->rank; d++) {
    int64_t size = shape->dims[d];
    int is_fixed = d - 1 < term->rank;
    *first = *first * size + (is_fixed ? term->index[d - 1] : 0);
    if (!is_fixed) *count *= size;
  }
}

static int64_t row_elements(const sl_shape *shape) {
  int64_t count = 1;
  for (int32_t d = 1; d < shape->rank; d++) count *= shape->dims[d];
  return count;
}

static int64_t largest(const sl_tensor *value, int64_t row) {
  int64_t elements = row_elements(&value->shape), best = 0;
  double top = -1.0 / 0.0;
  for (int64_t i = 0; i < elements; i++) {
    double number = sl_dtype_load(value->dtype, value->data, (size_t)(row * elements + i));
    if (number > top) {
      top = number;
      best = i;
    }
  }
  return best;
}

static void put(const sl_tensor *to, int64_t at, double number) {
  double before = sl_dtype_load(to->dtype, to->data, (size_t)at);
  sl_dtype_store(to->dtype, to->data, (size_t)at, before + number);
}

static sl_status check_float(const sl_tensor *value, sl_error *err) {
  if (value->dtype == SL_DTYPE_F32 || value->dtype == SL_DTYPE_F64 || value->dtype == SL_DTYPE_F16)
    return SL_OK;
  return sl_fail(err, SL_E_UNSUPPORTED, "a target must be of float elements, not %s",
                 sl_dtype_name(value->dtype));
}

sl_status sl_target_seed(const sl_target *target, const sl_tensor *value, sl_tensor *out,
                         sl_error *err) {
  SL_TRY(check_float(value, err));
  SL_TRY(sl_tensor_new(value->dtype, &value->shape, out, err));
  int64_t rows = value->shape.rank > 0 ? value->shape.dims[0] : 1;
  int64_t elements = row_elements(&value->shape);
  memset(out->data, 0, (size_t)(rows * elements) * sl_dtype_size(out->dtype));
  for (int64_t row = 0; row < rows; row++) {
    if (target->predicted) put(out, row * elements + largest(value, row), 1);
    for (int32_t t = 0; t < target->term_count; t++) {
      int64_t first, count;
      span_of(&target->terms[t], &value->shape, &first, &count);
      for (int64_t i = 0; i < count; i++)
        put(out, row * elements + first + i, target->terms[t].weight);
    }
  }
  return SL_OK;
}

sl_status sl_target_read(const sl_target *target, const sl_tensor *value, double *out,
                         sl_error *err) {
  SL_TRY(check_float(value, err));
  int64_t rows = value->shape.rank > 0 ? value->shape.dims[0] : 1;
  int64_t elements = row_elements(&value->shape);
  for (int64_t row = 0; row < rows; row++) {
    out[row] = 0;
    size_t base = (size_t)(row * elements);
    if (target->predicted)
      out[row] = sl_dtype_load(value->dtype, value->data, base + (size_t)largest(value, row));
    for (int32_t t = 0; t < target->term_count; t++) {
      int64_t first, count;
      span_of(&target->terms[t], &value->shape, &first, &count);
      for (int64_t i = 0; i < count; i++)
        out[row] += target->terms[t].weight *
                    sl_dtype_load(value->dtype, value->data, base + (size_t)(first + i));
    }
  }
  return SL_OK;
}

sl_status sl_target_settle(sl_arena *arena, const sl_target *target, const sl_tensor *value,
                           int64_t row, sl_target *out, sl_error *err) {
  *out = *target;
  if (!target->predicted) return SL_OK;
  SL_TRY(check_float(value, err));
  sl_target_term *term = SL_NEW(arena, sl_target_term);
  term->weight = 1;
  term->rank = value->shape.rank - 1;
  int64_t at = largest(value, row);
  for (int32_t d = value->shape.rank - 1; d >= 1; d--) {
    term->index[d - 1] = at % value->shape.dims[d];
    at /= value->shape.dims[d];
  }
  out->predicted = false;
  out->terms = term;
  out->term_count = 1;
  return SL_OK;
}
