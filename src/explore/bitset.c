// SPDX-License-Identifier: Apache-2.0
// Dense bit sets.
#include "explore/bitset.h"

#include <string.h>

sl_bitset sl_bitset_new(sl_arena *arena, int64_t rows, int filled) {
  sl_bitset set = {.rows = rows};
  int64_t words = (rows + 63) / 64;
  set.words = SL_NEW_ARRAY(arena, uint64_t, words > 0 ? words : 1);
  if (!filled || rows == 0) return set;
  memset(set.words, 0xFF, (size_t)words * sizeof *set.words);
  if (rows % 64 != 0) set.words[words - 1] = (UINT64_C(1) << (rows % 64)) - 1;
  return set;
}

void sl_bitset_and(sl_bitset *set, const sl_bitset *other) {
  int64_t words = sl_bitset_word_count(set);
  for (int64_t i = 0; i < words; i++) set->words[i] &= other->words[i];
}

int64_t sl_bitset_count(const sl_bitset *set) {
  int64_t count = 0, words = sl_bitset_word_count(set);
  for (int64_t i = 0; i < words; i++) count += __builtin_popcountll(set->words[i]);
  return count;
}
