// SPDX-License-Identifier: Apache-2.0
// Counting a field in one pass.
#include "explore/facet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct value_count {
  uint32_t code;
  int64_t total, matched, wrong;
} value_count;

// The rows counted apart from the total.
typedef struct parts {
  const sl_bitset *matched, *wrong;
} parts;

static void range_of(const sl_table *table, const sl_field *field, sl_facet_counts *out,
                     int *whole) {
  out->min = INFINITY;
  out->max = -INFINITY;
  *whole = 1;
  for (int64_t row = 0; row < table->rows; row++) {
    double value = sl_field_number(field, row);
    if (!isfinite(value)) continue;
    if (value < out->min) out->min = value;
    if (value > out->max) out->max = value;
    *whole &= value == trunc(value);
  }
  if (out->min > out->max) out->min = out->max = NAN;
}

// A probability-like field gets the whole unit interval, so that histograms of two runs line up.
static void round_range(sl_facet_counts *out) {
  if (out->min >= 0 && out->max <= 1 && out->max > 0.5) {
    out->min = 0;
    out->max = 1;
  }
}

static void choose_bins(sl_facet_counts *out, int64_t bins, int whole, sl_arena *arena) {
  double low = out->min, high = out->max;
  double span = high - low;
  if (whole && span < (double)bins) {  // a bin per whole number
    bins = (int64_t)span + 1;
    low -= 0.5;
    high += 0.5;
  }
  if (!(high > low)) {
    bins = 1;
    low -= 0.5;
    high += 0.5;
  }
  out->bins = bins;
  out->edges = SL_NEW_ARRAY(arena, double, bins + 1);
  for (int64_t i = 0; i <= bins; i++) out->edges[i] = low + (high - low) * (double)i / (double)bins;
}

static void count_missing(sl_facet_counts *out, int hit, int bad) {
  out->missing++;
  out->missing_matched += hit;
  out->missing_wrong += bad;
}

static void count_numbers(const sl_table *table, const sl_field *field, const parts *of,
                          int64_t bins, sl_arena *arena, sl_facet_counts *out) {
  int whole;
  range_of(table, field, out, &whole);
  if (isnan(out->min)) bins = 1;
  if (!whole) round_range(out);
  choose_bins(out, bins, whole, arena);
  out->total = SL_NEW_ARRAY(arena, int64_t, out->bins);
  out->matched = SL_NEW_ARRAY(arena, int64_t, out->bins);
  out->wrong = SL_NEW_ARRAY(arena, int64_t, out->bins);
  double low = out->edges[0], scale = (double)out->bins / (out->edges[out->bins] - low);
  for (int64_t row = 0; row < table->rows; row++) {
    double value = sl_field_number(field, row);
    int hit = sl_bitset_has(of->matched, row), bad = hit & sl_bitset_has(of->wrong, row);
    if (!isfinite(value)) {
      count_missing(out, hit, bad);
      continue;
    }
    int64_t bin = (int64_t)((value - low) * scale);
    if (bin >= out->bins) bin = out->bins - 1;
    out->total[bin]++;
    out->matched[bin] += hit;
    out->wrong[bin] += bad;
  }
}

static int by_frequency(const void *a, const void *b) {
  const value_count *x = a, *y = b;
  if (x->total != y->total) return x->total < y->total ? 1 : -1;
  return x->code < y->code ? -1 : x->code > y->code;
}

static void list_values(const sl_field *field, value_count *counts, uint32_t count, sl_arena *arena,
                        sl_facet_counts *out) {
  qsort(counts, count, sizeof *counts, by_frequency);
  while (count > 0 && counts[count - 1].total == 0) count--;
  out->distinct = count;
  out->bins = count < SL_FACET_VALUES_MAX ? count : SL_FACET_VALUES_MAX;
  out->values = SL_NEW_ARRAY(arena, const char *, out->bins + 1);
  out->total = SL_NEW_ARRAY(arena, int64_t, out->bins + 1);
  out->matched = SL_NEW_ARRAY(arena, int64_t, out->bins + 1);
  out->wrong = SL_NEW_ARRAY(arena, int64_t, out->bins + 1);
  for (int64_t i = 0; i < out->bins; i++) {
    out->values[i] = field->kind == SL_FIELD_FLAG ? (counts[i].code ? "true" : "false")
                                                  : field->texts[counts[i].code];
    out->total[i] = counts[i].total;
    out->matched[i] = counts[i].matched;
    out->wrong[i] = counts[i].wrong;
  }
}

static void count_codes(const sl_table *table, const sl_field *field, const parts *of,
                        sl_arena *arena, sl_facet_counts *out) {
  int is_flag = field->kind == SL_FIELD_FLAG;
  uint32_t count = is_flag ? 2 : field->text_count;
  value_count *counts = SL_NEW_ARRAY(arena, value_count, count + 1);
  for (uint32_t code = 0; code < count; code++) counts[code].code = code;
  for (int64_t row = 0; row < table->rows; row++) {
    int hit = sl_bitset_has(of->matched, row), bad = hit & sl_bitset_has(of->wrong, row);
    if (!sl_field_is_valid(field, row)) {
      count_missing(out, hit, bad);
      continue;
    }
    uint32_t code = is_flag ? ((const uint8_t *)field->values)[row] != 0
                            : ((const uint32_t *)field->values)[row];
    counts[code].total++;
    counts[code].matched += hit;
    counts[code].wrong += bad;
  }
  list_values(field, counts, count, arena, out);
}

void sl_facet_count(const sl_table *table, const sl_field *field, const sl_bitset *matched,
                    const sl_bitset *wrong, int64_t bins, sl_arena *arena, sl_facet_counts *out) {
  parts of = {matched, wrong};
  memset(out, 0, sizeof *out);
  out->field = field;
  out->min = out->max = NAN;
  if (field->kind == SL_FIELD_NUMBER)
    count_numbers(table, field, &of, bins, arena, out);
  else
    count_codes(table, field, &of, arena, out);
}
