// SPDX-License-Identifier: Apache-2.0
// Parsing and evaluating clauses.
//
// Invariant: a clause costs one pass over one field; categories are decided once per distinct text,
// so a row costs one look-up. Start at sl_filter_run().
#include "explore/filter.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

enum { CLAUSES_MAX = 256, VALUES_MAX = 4096 };

typedef enum clause_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_HAS, OP_HAS_NOT } clause_op;

typedef struct span {
  double low, high;
} span;

typedef struct parsed {
  const char *clause, *value;
  const sl_field *field;
  clause_op op;
  const char **texts;  // alternatives of = and !=
  span *spans;         // the same as numbers
  size_t count;
} parsed;

// ---- parsing -----------------------------------------------------------------------------------

static sl_status parse_op(const char *clause, size_t *name_length, size_t *value_at, clause_op *op,
                          sl_error *err) {
  static const struct {
    const char *text;
    clause_op op;
  } ops[] = {{"!=", OP_NE}, {"!~", OP_HAS_NOT}, {"<=", OP_LE}, {">=", OP_GE},
             {"=", OP_EQ},  {"~", OP_HAS},      {"<", OP_LT},  {">", OP_GT}};
  size_t at = strcspn(clause, "=~<>!");
  for (size_t i = 0; i < sizeof ops / sizeof ops[0] && at > 0; i++) {
    if (!sl_starts_with(clause + at, ops[i].text)) continue;
    *name_length = at;
    *value_at = at + strlen(ops[i].text);
    *op = ops[i].op;
    return SL_OK;
  }
  sl_fail(err, SL_E_ARG, "clause \"%.200s\" has no operator at character %zu", clause, at + 1);
  return sl_hint(
      err, SL_E_ARG,
      "Write a field, one of = != < <= > >= ~ !~, and a value, such as confidence>=0.9.");
}

// A backslash takes the meaning of | \ . away, so that any text can be a value.
static int escapes(const char *in) {
  return in[0] == '\\' && in[1] != '\0' && strchr("|\\.", in[1]) != NULL;
}

// Splits at | that has no backslash before it; the backslash goes.
static void split_values(parsed *p, sl_arena *arena) {
  size_t capacity = 1;
  for (const char *c = p->value; *c != '\0'; c++) capacity += *c == '|';
  p->texts = SL_NEW_ARRAY(arena, const char *, capacity);
  char *piece = sl_arena_copy(arena, p->value), *out = piece;
  p->texts[p->count++] = piece;
  for (const char *in = p->value; *in != '\0'; in++) {
    if (escapes(in)) {
      *out++ = *++in;
    } else if (*in == '|') {
      *out++ = '\0';
      p->texts[p->count++] = out;
    } else {
      *out++ = *in;
    }
  }
  *out = '\0';
}

static int parse_span(sl_arena *arena, const char *text, span *out) {
  const char *dots = strstr(text, "..");
  if (dots == NULL) {
    if (!sl_parse_real(text, &out->low)) return 0;
    out->high = out->low;
    return 1;
  }
  const char *low = sl_arena_copy_bytes(arena, text, (size_t)(dots - text));
  out->low = -INFINITY;
  out->high = INFINITY;
  return (low[0] == '\0' || sl_parse_real(low, &out->low)) &&
         (dots[2] == '\0' || sl_parse_real(dots + 2, &out->high));
}

static sl_status need_number(const parsed *p, const char *text, sl_error *err) {
  return sl_fail(err, SL_E_ARG, "clause \"%.200s\" compares the number \"%s\" with \"%.64s\"",
                 p->clause, p->field->name, text);
}

// Out of line because GCC 12 at -O2 folds the two conversions away when it vectorises the pair.
__attribute__((noinline)) static double nearest_float(double value) { return (double)(float)value; }

// Bounds are written in decimal; a float column holds the nearest float of such a number, so the
// bound must be that float too, or 0.9 would not be >= 0.9.
static void round_to_field(parsed *p) {
  if (p->field->dtype != SL_DTYPE_F32) return;
  for (size_t i = 0; i < p->count; i++) {
    p->spans[i].low = nearest_float(p->spans[i].low);
    p->spans[i].high = nearest_float(p->spans[i].high);
  }
}

static sl_status parse_numbers(parsed *p, sl_arena *arena, sl_error *err) {
  p->spans = SL_NEW_ARRAY(arena, span, p->count);
  for (size_t i = 0; i < p->count; i++)
    if (p->texts[i][0] != '\0' && !parse_span(arena, p->texts[i], &p->spans[i]))
      return need_number(p, p->texts[i], err);
  if (p->op >= OP_LT && p->op <= OP_GE && (p->count != 1 || p->texts[0][0] == '\0'))
    return need_number(p, p->value, err);
  round_to_field(p);
  if (p->op >= OP_HAS)
    return sl_fail(err, SL_E_ARG, "clause \"%.200s\" searches text in the number \"%s\"", p->clause,
                   p->field->name);
  return SL_OK;
}

static sl_status parse_clause(const sl_table *table, sl_arena *arena, const char *clause,
                              parsed *out, sl_error *err) {
  size_t name_length = 0, value_at = 0;
  memset(out, 0, sizeof *out);
  out->clause = clause;
  SL_TRY(parse_op(clause, &name_length, &value_at, &out->op, err));
  SL_TRY(sl_table_need(table, sl_arena_copy_bytes(arena, clause, name_length), &out->field, err));
  out->value = clause + value_at;
  split_values(out, arena);
  if (out->count > VALUES_MAX)
    return sl_fail(err, SL_E_LIMIT, "a clause has more than %d values", VALUES_MAX);
  if (out->field->kind == SL_FIELD_NUMBER) return parse_numbers(out, arena, err);
  if (out->op >= OP_LT && out->op <= OP_GE)
    return sl_fail(err, SL_E_ARG, "clause \"%.200s\" orders the text field \"%s\"", clause,
                   out->field->name);
  return SL_OK;
}

// ---- evaluating --------------------------------------------------------------------------------

static int number_holds(const parsed *p, double value) {
  int missing = isnan(value);
  switch (p->op) {
    case OP_LT:
      return value < p->spans[0].low;
    case OP_LE:
      return value <= p->spans[0].high;
    case OP_GT:
      return value > p->spans[0].high;
    case OP_GE:
      return value >= p->spans[0].low;
    default:
      break;
  }
  int equal = 0;
  for (size_t i = 0; i < p->count && !equal; i++)
    equal =
        p->texts[i][0] == '\0' ? missing : value >= p->spans[i].low && value <= p->spans[i].high;
  return p->op == OP_EQ ? equal : !equal;
}

static int text_holds(const parsed *p, const char *text) {
  int found = 0;
  if (p->op == OP_HAS || p->op == OP_HAS_NOT) {
    found = text != NULL && strcasestr(text, p->value) != NULL;
    return p->op == OP_HAS ? found : !found;
  }
  for (size_t i = 0; i < p->count && !found; i++)
    found = p->texts[i][0] == '\0' ? text == NULL || text[0] == '\0' : sl_streq(p->texts[i], text);
  return p->op == OP_EQ ? found : !found;
}

// The common case without a call per row.
static void range_f32(const parsed *p, double low, double high, int64_t rows, sl_bitset *out) {
  const float *values = p->field->values;
  for (int64_t word = 0; word < (rows + 63) / 64; word++) {
    int64_t first = word * 64, last = first + 64 < rows ? first + 64 : rows;
    uint64_t bits = 0;
    for (int64_t row = first; row < last; row++)
      bits |= (uint64_t)(values[row] >= low && values[row] <= high) << (row - first);
    out->words[word] = bits;
  }
}

static void eval_number(const parsed *p, int64_t rows, sl_bitset *out) {
  int plain = p->field->dtype == SL_DTYPE_F32 && p->field->validity == NULL && p->count == 1 &&
              p->texts[0][0] != '\0';
  if (plain && p->op == OP_EQ) {
    range_f32(p, p->spans[0].low, p->spans[0].high, rows, out);
  } else if (plain && (p->op == OP_GE || p->op == OP_LE)) {
    range_f32(p, p->op == OP_GE ? p->spans[0].low : -INFINITY,
              p->op == OP_LE ? p->spans[0].high : INFINITY, rows, out);
  } else {
    for (int64_t row = 0; row < rows; row++)
      if (number_holds(p, sl_field_number(p->field, row))) sl_bitset_add(out, row);
  }
}

static void eval_category(const parsed *p, sl_arena *arena, int64_t rows, sl_bitset *out) {
  uint8_t *holds = SL_NEW_ARRAY(arena, uint8_t, p->field->text_count + 1);
  for (uint32_t code = 0; code < p->field->text_count; code++)
    holds[code] = (uint8_t)text_holds(p, p->field->texts[code]);
  int missing_holds = text_holds(p, NULL);
  const uint32_t *codes = p->field->values;
  for (int64_t row = 0; row < rows; row++) {
    int hit = sl_field_is_valid(p->field, row) ? holds[codes[row]] : missing_holds;
    if (hit) sl_bitset_add(out, row);
  }
}

static void eval_text(const parsed *p, int64_t rows, sl_bitset *out) {
  for (int64_t row = 0; row < rows; row++)
    if (text_holds(p, sl_field_text(p->field, row))) sl_bitset_add(out, row);
}

sl_status sl_filter_run(const sl_table *table, sl_arena *arena, const char *const *clauses,
                        size_t count, sl_filter *out, sl_error *err) {
  if (count > CLAUSES_MAX)
    return sl_fail(err, SL_E_LIMIT, "a view has more than %d clauses", CLAUSES_MAX);
  out->clauses = SL_NEW_ARRAY(arena, sl_clause, count + 1);
  out->count = count;
  out->matched = sl_bitset_new(arena, table->rows, 1);
  for (size_t i = 0; i < count; i++) {
    parsed p;
    SL_TRY(parse_clause(table, arena, clauses[i], &p, err));
    out->clauses[i].field = p.field;
    out->clauses[i].rows = sl_bitset_new(arena, table->rows, 0);
    if (p.field->kind == SL_FIELD_NUMBER)
      eval_number(&p, table->rows, &out->clauses[i].rows);
    else if (p.field->kind == SL_FIELD_CATEGORY)
      eval_category(&p, arena, table->rows, &out->clauses[i].rows);
    else
      eval_text(&p, table->rows, &out->clauses[i].rows);
    sl_bitset_and(&out->matched, &out->clauses[i].rows);
  }
  return SL_OK;
}

sl_bitset sl_filter_without(const sl_filter *filter, sl_arena *arena, const sl_field *field,
                            int64_t rows) {
  int named = 0;
  for (size_t i = 0; i < filter->count; i++) named |= filter->clauses[i].field == field;
  if (!named) return filter->matched;
  sl_bitset set = sl_bitset_new(arena, rows, 1);
  for (size_t i = 0; i < filter->count; i++)
    if (filter->clauses[i].field != field) sl_bitset_and(&set, &filter->clauses[i].rows);
  return set;
}
