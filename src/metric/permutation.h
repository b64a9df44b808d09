// SPDX-License-Identifier: Apache-2.0
// Are the classes of model and data in a different order? Found from the confusion matrix alone.
//
// The assignment of predicted to true classes that would make most samples right is computed on one
// random half of the samples and judged on the other, so that fitting noise cannot look like
// success. Start at sl_permutation_find().
#ifndef SL_METRIC_PERMUTATION_H
#define SL_METRIC_PERMUTATION_H

#include <stdbool.h>

#include "base/arena.h"

enum { SL_PERMUTATION_CLASSES_MAX = 2000 };  // the assignment costs classes^3 at worst

// `found` needs all of: on the held-out half, among samples of the classes that move, accuracy
// rises by 0.3 or more, to 0.4 or more; and the sign test of samples made right against samples
// made wrong has p <= 1e-6.
typedef struct sl_permutation {
  bool checked;  // false: too many classes, or no samples
  bool found;
  int32_t moved;             // classes that get another index
  double accuracy;           // over all samples, as they are
  double accuracy_permuted;  // over all samples, with every prediction p read as map[p]
  double moved_accuracy, moved_accuracy_permuted;  // held-out half, labels of moved classes
  double p_value;                                  // one-sided sign test on the held-out half
  const int32_t *map;  // predicted index -> true index, a permutation; identity unless a
                       // better one exists; NULL when not checked
} sl_permutation;

struct sl_metric_cell;

// `cells` are the non-empty cells of the confusion matrix, in any order. Deterministic in `seed`.
// Arrays are in `arena`.
SL_MUST_CHECK sl_status sl_permutation_find(sl_arena *arena, int32_t classes,
                                            const struct sl_metric_cell *cells, int64_t count,
                                            uint64_t seed, sl_permutation *out, sl_error *err);

// The permutation `match` (row -> column) of the square row-major matrix `gain` that maximises the
// sum of gain[r, match[r]] (Jonker & Volgenant 1987: shortest augmenting paths, O(n^3)).
// `match` holds n entries and is written only. SL_E_MEMORY when memory runs out.
SL_MUST_CHECK sl_status sl_permutation_assign(sl_arena *arena, int32_t n, const int32_t *gain,
                                              int32_t *match, sl_error *err);

#endif
