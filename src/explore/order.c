// SPDX-License-Identifier: Apache-2.0
// Ordering rows by a least-significant-digit radix sort on 64-bit keys.
//
// A double's bits become an unsigned key that sorts the same way; equal keys keep their row order.
#include "explore/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
  uint64_t key;
  uint32_t row;
} entry;

typedef struct ranked {
  const char *text;
  uint32_t code;
} ranked;

static uint64_t key_of_number(double value, int descending) {
  if (isnan(value)) return UINT64_MAX;
  uint64_t bits;
  value += 0.0;  // -0 equals 0
  memcpy(&bits, &value, sizeof bits);
  bits = bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
  return descending ? ~bits : bits;
}

static int by_text(const void *a, const void *b) {
  return strcmp(((const ranked *)a)->text, ((const ranked *)b)->text);
}

static uint32_t *rank_codes(const sl_field *field, sl_arena *arena) {
  ranked *list = SL_NEW_ARRAY(arena, ranked, field->text_count + 1);
  uint32_t *rank = SL_NEW_ARRAY(arena, uint32_t, field->text_count + 1);
  for (uint32_t i = 0; i < field->text_count; i++) list[i] = (ranked){field->texts[i], i};
  qsort(list, field->text_count, sizeof *list, by_text);
  for (uint32_t i = 0; i < field->text_count; i++) rank[list[i].code] = i;
  return rank;
}

static uint64_t key_of(const sl_field *field, const uint32_t *rank, int64_t row, int descending) {
  if (field->kind != SL_FIELD_CATEGORY)
    return key_of_number(field->kind == SL_FIELD_NAME ? (double)row : sl_field_number(field, row),
                         descending);
  if (!sl_field_is_valid(field, row)) return UINT64_MAX;
  uint32_t at = rank[((const uint32_t *)field->values)[row]];
  return descending ? UINT32_MAX - at : at;
}

static void radix_sort(entry *items, entry *spare, int64_t count) {
  for (int shift = 0; shift < 64; shift += 16) {
    static _Thread_local uint32_t starts[65536];
    memset(starts, 0, sizeof starts);
    for (int64_t i = 0; i < count; i++) starts[items[i].key >> shift & 0xFFFF]++;
    if (count > 0 && starts[items[0].key >> shift & 0xFFFF] == (uint32_t)count) continue;
    uint32_t sum = 0;
    for (int digit = 0; digit < 65536; digit++) {
      uint32_t here = starts[digit];
      starts[digit] = sum;
      sum += here;
    }
    for (int64_t i = 0; i < count; i++) spare[starts[items[i].key >> shift & 0xFFFF]++] = items[i];
    memcpy(items, spare, (size_t)count * sizeof *items);
  }
}

void sl_order_rows(const sl_bitset *set, const sl_field *field, int descending, sl_arena *arena,
                   sl_order *out) {
  out->count = sl_bitset_count(set);
  out->rows = SL_NEW_ARRAY(arena, uint32_t, out->count + 1);
  sl_arena *scratch = sl_arena_new(NULL, "order");
  entry *items = field != NULL ? SL_NEW_ARRAY(scratch, entry, out->count + 1) : NULL;
  uint32_t *rank =
      field != NULL && field->kind == SL_FIELD_CATEGORY ? rank_codes(field, scratch) : NULL;
  int64_t at = 0, words = sl_bitset_word_count(set);
  for (int64_t word = 0; word < words; word++) {
    for (uint64_t bits = set->words[word]; bits != 0; bits &= bits - 1) {
      int64_t row = word * 64 + __builtin_ctzll(bits);
      if (items != NULL) items[at] = (entry){key_of(field, rank, row, descending), (uint32_t)row};
      out->rows[at++] = (uint32_t)row;
    }
  }
  if (items != NULL) {
    radix_sort(items, SL_NEW_ARRAY(scratch, entry, out->count + 1), out->count);
    for (int64_t i = 0; i < out->count; i++) out->rows[i] = items[i].row;
  }
  sl_arena_free(scratch);
}
