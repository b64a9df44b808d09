// SPDX-License-Identifier: Apache-2.0
// Histograms and value counts of a field, over all rows and over a set.
#ifndef SL_EXPLORE_FACET_H
#define SL_EXPLORE_FACET_H

#include "explore/filter.h"

enum { SL_FACET_VALUES_MAX = 1000 };

typedef struct sl_facet_counts {
  const sl_field *field;
  double min, max;      // of numbers, over all rows; NaN without any
  int64_t bins;         // bins of a number, values listed of a category or flag
  double *edges;        // of numbers: bins + 1
  const char **values;  // of categories and flags, most frequent first
  int64_t *total, *matched, *wrong;
  int64_t missing, missing_matched, missing_wrong;
  int64_t distinct;
} sl_facet_counts;

// One pass. Numbers get `bins` bins of equal width between min and max (fewer for whole numbers
// with fewer values); categories list their SL_FACET_VALUES_MAX most frequent values. Not for
// names. Of the matched rows those in `wrong` are counted too.
void sl_facet_count(const sl_table *table, const sl_field *field, const sl_bitset *matched,
                    const sl_bitset *wrong, int64_t bins, sl_arena *arena, sl_facet_counts *out);

#endif
