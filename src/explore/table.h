// SPDX-License-Identifier: Apache-2.0
// A table of fields over the samples of one dataset version: what filters, facets and orders run
// on.
//
// Invariant: fields borrow their values (mapped columns, mostly) and never change once added, so
// any number of threads may read a table. Nothing here touches the catalogue.
#ifndef SL_EXPLORE_TABLE_H
#define SL_EXPLORE_TABLE_H

#include "base/arena.h"
#include "tensor/dtype.h"

typedef enum sl_field_kind {
  SL_FIELD_NUMBER = 0,  // values of `dtype`; NaN counts as missing
  SL_FIELD_CATEGORY,    // uint32_t codes into `texts`
  SL_FIELD_FLAG,        // uint8_t 0 or 1
  SL_FIELD_NAME         // a text of its own per row, for ~ and = only; ordered by row
} sl_field_kind;

typedef struct sl_field {
  const char *name, *title, *unit;
  sl_field_kind kind;
  sl_dtype dtype;
  const void *values;
  const uint8_t *validity;  // bit row % 8 of byte row / 8; NULL = every row is valid
  const char *const *texts;
  uint32_t text_count;
  const char *(*text_at)(const void *ctx, int64_t row);  // of a name; NULL text = missing
  const void *ctx;
} sl_field;

typedef struct sl_table {
  sl_arena *arena;
  int64_t rows;
  sl_field *fields;
  size_t field_count, field_capacity;
} sl_table;

sl_table *sl_table_new(sl_arena *arena, int64_t rows);

// Texts of `field` are copied into the table's arena, values are borrowed. A field of that name
// must not be there yet.
void sl_table_add(sl_table *table, const sl_field *field);

const sl_field *sl_table_find(const sl_table *table, const char *name);  // NULL when unknown

// SL_E_NOT_FOUND with "did you mean" and the list of fields.
SL_MUST_CHECK sl_status sl_table_need(const sl_table *table, const char *name, const sl_field **out,
                                      sl_error *err);

int sl_field_is_valid(const sl_field *field, int64_t row);
double sl_field_number(const sl_field *field, int64_t row);     // NaN when missing
const char *sl_field_text(const sl_field *field, int64_t row);  // NULL when missing; not of numbers

#endif
