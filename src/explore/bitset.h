// SPDX-License-Identifier: Apache-2.0
// Sets of rows, one bit each. Invariant: bits past the last row are zero.
#ifndef SL_EXPLORE_BITSET_H
#define SL_EXPLORE_BITSET_H

#include "base/arena.h"

typedef struct sl_bitset {
  uint64_t *words;
  int64_t rows;
} sl_bitset;

sl_bitset sl_bitset_new(sl_arena *arena, int64_t rows, int filled);
void sl_bitset_and(sl_bitset *set, const sl_bitset *other);
int64_t sl_bitset_count(const sl_bitset *set);

static inline int64_t sl_bitset_word_count(const sl_bitset *set) { return (set->rows + 63) / 64; }

static inline int sl_bitset_has(const sl_bitset *set, int64_t row) {
  return (int)(set->words[row >> 6] >> (row & 63) & 1);
}

static inline void sl_bitset_add(sl_bitset *set, int64_t row) {
  set->words[row >> 6] |= UINT64_C(1) << (row & 63);
}

#endif
