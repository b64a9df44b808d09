// SPDX-License-Identifier: Apache-2.0
// Clauses such as "label=cat|dog" that must all hold, turned into row sets.
//
// Grammar of a clause: FIELD OP VALUE.
//   =  !=    equal to one of the values separated by |; a number may be a range 0.2..0.5, both ends
//            included; an empty value means "missing"; \| \\ and \. stand for | \ and . themselves
//   < <= > >=   numbers
//   ~  !~    the text contains the value, upper and lower case alike
// Text never needs quotes; field names hold no operator characters.
#ifndef SL_EXPLORE_FILTER_H
#define SL_EXPLORE_FILTER_H

#include "explore/bitset.h"
#include "explore/table.h"

typedef struct sl_clause {
  const sl_field *field;
  sl_bitset rows;  // rows where the clause holds
} sl_clause;

typedef struct sl_filter {
  sl_clause *clauses;
  size_t count;
  sl_bitset matched;  // rows where all hold
} sl_filter;

// Parses and evaluates. Errors name the clause and the character. Everything lives in `arena`.
SL_MUST_CHECK sl_status sl_filter_run(const sl_table *table, sl_arena *arena,
                                      const char *const *clauses, size_t count, sl_filter *out,
                                      sl_error *err);

// Rows where every clause on another field than `field` holds: what a cross-filtered facet counts.
sl_bitset sl_filter_without(const sl_filter *filter, sl_arena *arena, const sl_field *field,
                            int64_t rows);

#endif
