// SPDX-License-Identifier: Apache-2.0
// Rows of a set in the order of a field: stable, missing values last in both directions.
#ifndef SL_EXPLORE_ORDER_H
#define SL_EXPLORE_ORDER_H

#include "explore/filter.h"

typedef struct sl_order {
  uint32_t *rows;
  int64_t count;
} sl_order;

// `field` NULL keeps row order. Radix sort: linear in the number of rows.
void sl_order_rows(const sl_bitset *set, const sl_field *field, int descending, sl_arena *arena,
                   sl_order *out);

#endif
