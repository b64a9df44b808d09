// SPDX-License-Identifier: Apache-2.0
// Builds the slots of every class and counts all scores into them; the idea is in ranking.h.
//
// Invariant: the counting pass puts every pair into a slot, positives too, without asking;
// positives are taken out again afterwards, and slot 0, which gets most of the scores, is what
// remains. Start at sl_ranking_build().
#include "metric/ranking.h"

#include <math.h>
#include <string.h>

#include "base/thread.h"
#include "metric/array.h"

enum { ROWS_PER_ITEM = 256, WORKERS_MAX = 8 };

// ---- positives ----------------------------------------------------------------------------------

static sl_status list_positives(sl_arena *arena, sl_arena *scratch, sl_ranking *ranking,
                                sl_error *err) {
  const sl_sample_set *set = ranking->set;
  int32_t *classes_of;
  int64_t *next;
  SL_TRY(SL_ARRAY(scratch, ranking->classes, classes_of, err));
  SL_TRY(SL_ARRAY(scratch, ranking->classes + 1, next, err));
  SL_TRY(SL_ARRAY(arena, ranking->classes + 1, ranking->positive_at, err));
  for (int64_t i = 0; i < set->count; i++) {
    int32_t count = sl_sample_set_positives(set, i, classes_of);
    for (int32_t k = 0; k < count; k++) ranking->positive_at[classes_of[k] + 1]++;
  }
  for (int32_t c = 0; c < ranking->classes; c++) {
    ranking->positive_at[c + 1] += ranking->positive_at[c];
    next[c + 1] = ranking->positive_at[c + 1];
  }
  SL_TRY(SL_ARRAY(arena, ranking->positive_at[ranking->classes], ranking->positive, err));
  for (int64_t i = 0; i < set->count; i++) {
    int32_t count = sl_sample_set_positives(set, i, classes_of);
    for (int32_t k = 0; k < count; k++) ranking->positive[next[classes_of[k]]++] = i;
  }
  return SL_OK;
}

// The score of every positive, in the order of `ranking->positive`.
static sl_status read_positive_keys(sl_arena *scratch, const sl_ranking *ranking, uint32_t *keys,
                                    sl_error *err) {
  const sl_sample_set *set = ranking->set;
  if (set->label_key != NULL) {
    int64_t total = ranking->positive_at[ranking->classes];
    for (int64_t k = 0; k < total; k++) keys[k] = set->label_key[ranking->positive[k]];
    return SL_OK;
  }
  double *p;
  int32_t *classes_of;
  int64_t *next;
  SL_TRY(SL_ARRAY(scratch, ranking->classes + 1, p, err));
  SL_TRY(SL_ARRAY(scratch, ranking->classes, classes_of, err));
  SL_TRY(SL_ARRAY(scratch, ranking->classes + 1, next, err));
  memcpy(next, ranking->positive_at, sizeof *next * (size_t)(ranking->classes + 1));
  for (int64_t i = 0; i < set->count; i++) {
    int32_t count = sl_sample_set_positives(set, i, classes_of);
    if (!sl_scores_probabilities(set->input, set->row[i], p)) continue;  // never: it counts
    for (int32_t k = 0; k < count; k++) {
      keys[next[classes_of[k]]++] = sl_scores_key((float)p[classes_of[k]]);
    }
  }
  return SL_OK;
}

static void sort_keys(uint32_t *keys, uint32_t *spare, int64_t count) {
  uint32_t *from = keys, *to = spare;
  for (int shift = 0; shift < 32; shift += 8) {
    int64_t start[257] = {0};
    for (int64_t i = 0; i < count; i++) start[(from[i] >> shift & 255u) + 1]++;
    for (int b = 0; b < 256; b++) start[b + 1] += start[b];
    for (int64_t i = 0; i < count; i++) to[start[from[i] >> shift & 255u]++] = from[i];
    uint32_t *swap = from;
    from = to;
    to = swap;
  }
}

// ---- slots --------------------------------------------------------------------------------------

// Buckets of equal key distance over s[0] to s[G-1], about two for each group, so that a search
// ends after a step or two.
static sl_status build_buckets(sl_arena *arena, sl_slots *slots, sl_error *err) {
  uint32_t range = slots->keys[slots->groups - 1] - slots->keys[0];
  slots->low = slots->keys[0];
  while (range >> slots->shift > 2u * (uint32_t)slots->groups) slots->shift++;
  slots->buckets = (range >> slots->shift) + 1;
  int32_t *start;
  SL_TRY(SL_ARRAY(arena, (int64_t)slots->buckets + 1, start, err));
  uint32_t bucket = 0;
  for (int32_t g = 0; g < slots->groups; g++) {
    while (bucket <= (slots->keys[g] - slots->low) >> slots->shift) start[bucket++] = g;
  }
  start[slots->buckets] = slots->groups;
  slots->start = start;
  return SL_OK;
}

// From the sorted scores of the positives.
static sl_status build_slots(sl_arena *arena, const uint32_t *sorted, int64_t count, bool weighted,
                             sl_slots *slots, sl_error *err) {
  int32_t groups = 0;
  for (int64_t i = 0; i < count; i++) groups += i == 0 || sorted[i] != sorted[i - 1];
  uint32_t *keys;
  SL_TRY(SL_ARRAY(arena, groups, keys, err));
  SL_TRY(SL_ARRAY(arena, groups, slots->hits, err));
  SL_TRY(SL_ARRAY(arena, 2 * (int64_t)groups + 1, slots->others, err));
  if (weighted) SL_TRY(SL_ARRAY(arena, 2 * (int64_t)groups + 1, slots->weights, err));
  slots->groups = 0;
  for (int64_t i = 0; i < count; i++) {
    if (i == 0 || sorted[i] != sorted[i - 1]) keys[slots->groups++] = sorted[i];
    slots->hits[slots->groups - 1]++;
  }
  slots->keys = keys;
  slots->positives = count;
  return groups > 0 ? build_buckets(arena, slots, err) : SL_OK;
}

static void find_groups(const sl_slots *slots, const uint32_t *keys, int64_t count,
                        int32_t *group) {
  for (int64_t k = 0; k < count; k++) group[k] = sl_slot_of(slots, keys[k]) / 2;
}

static sl_status build_all_slots(sl_arena *arena, sl_arena *scratch, sl_ranking *ranking,
                                 sl_error *err) {
  int32_t classes = ranking->classes;
  int64_t total = ranking->positive_at[classes];
  bool weighted = ranking->class_weight != NULL;
  uint32_t *keys, *sorted, *spare;
  SL_TRY(SL_ARRAY(scratch, total, keys, err));
  SL_TRY(SL_ARRAY(scratch, total, sorted, err));
  SL_TRY(SL_ARRAY(scratch, total, spare, err));
  SL_TRY(SL_ARRAY(arena, total, ranking->group, err));
  SL_TRY(SL_ARRAY(arena, total, ranking->micro_group, err));
  SL_TRY(read_positive_keys(scratch, ranking, keys, err));
  memcpy(sorted, keys, sizeof *keys * (size_t)total);
  ranking->slot_at[0] = 0;
  for (int32_t c = 0; c <= classes; c++) {
    int64_t first = c < classes ? ranking->positive_at[c] : 0;
    int64_t count = (c < classes ? ranking->positive_at[c + 1] : total) - first;
    sl_slots *slots = &ranking->slots[c];
    sort_keys(sorted + first, spare, count);
    SL_TRY(build_slots(arena, sorted + first, count, weighted && c < classes, slots, err));
    ranking->low[c] = slots->groups > 0 ? slots->low : UINT32_MAX;
    ranking->slot_at[c + 1] = ranking->slot_at[c] + 2 * slots->groups + 1;
    find_groups(slots, keys + first, count,
                (c < classes ? ranking->group : ranking->micro_group) + first);
  }
  return SL_OK;
}

// ---- counting -----------------------------------------------------------------------------------

typedef struct counter {
  sl_ranking *ranking;
  int32_t first, end;  // classes to count
  bool pooled;         // count the pool too
  int64_t *counts;     // a row of all slots for each worker
  uint64_t *weights;
  double *buffers;
} counter;

static void count_row(const counter *count, int64_t position, const double *p, int64_t *counts,
                      uint64_t *weights) {
  const sl_ranking *ranking = count->ranking;
  const sl_slots *pool = &ranking->slots[ranking->classes];
  int64_t *pool_counts = counts + ranking->slot_at[ranking->classes];
  uint32_t pool_low = count->pooled ? ranking->low[ranking->classes] : UINT32_MAX;
  uint64_t weight = weights != NULL ? ranking->class_weight[ranking->set->label[position]] : 0;
  for (int32_t c = count->first; c < count->end; c++) {
    uint32_t key = sl_scores_key((float)p[c]);
    if (key >= pool_low) pool_counts[sl_slot_of(pool, key)]++;
    if (key < ranking->low[c]) continue;
    int64_t slot = ranking->slot_at[c] + sl_slot_of(&ranking->slots[c], key);
    counts[slot]++;
    if (weights != NULL) weights[slot] += weight;
  }
}

static sl_status count_rows(void *ctx, int worker, int64_t item, sl_error *err) {
  (void)err;
  const counter *count = ctx;
  const sl_ranking *ranking = count->ranking;
  const sl_metric_input *input = ranking->set->input;
  int64_t slots = ranking->slot_at[ranking->classes + 1];
  double *p = count->buffers + (int64_t)worker * (ranking->classes + 1);
  uint64_t *weights = count->weights != NULL ? count->weights + worker * slots : NULL;
  int64_t first = item * ROWS_PER_ITEM, end = first + ROWS_PER_ITEM;
  if (end > input->samples) end = input->samples;
  for (int64_t row = first; row < end; row++) {
    int64_t position = ranking->set->at_row[row];
    if (position < 0 || !sl_scores_probabilities(input, row, p)) continue;
    count_row(count, position, p, count->counts + worker * slots, weights);
  }
  return SL_OK;
}

// Adds up the workers' counts of one class (or the pool), takes the positives out and gives slot 0
// the rest of `pairs` pairs.
static void settle(const counter *count, int workers, int32_t c, int64_t pairs) {
  sl_ranking *ranking = count->ranking;
  sl_slots *slots = &ranking->slots[c];
  int64_t all = ranking->slot_at[ranking->classes + 1], at = ranking->slot_at[c];
  int64_t left = pairs - slots->positives;
  for (int32_t s = 1; s <= 2 * slots->groups; s++) {
    for (int w = 0; w < workers; w++) slots->others[s] += count->counts[w * all + at + s];
    if (s % 2 == 1) slots->others[s] -= slots->hits[s / 2];
    left -= slots->others[s];
  }
  slots->others[0] = left;
  slots->negatives = pairs - slots->positives;
}

static void settle_weights(const counter *count, int workers, int32_t c, uint64_t total) {
  sl_ranking *ranking = count->ranking;
  sl_slots *slots = &ranking->slots[c];
  int64_t all = ranking->slot_at[ranking->classes + 1], at = ranking->slot_at[c];
  uint64_t own = ranking->class_weight[c], left = total - own * (uint64_t)slots->positives;
  for (int32_t s = 1; s <= 2 * slots->groups; s++) {
    for (int w = 0; w < workers; w++) slots->weights[s] += count->weights[w * all + at + s];
    if (s % 2 == 1) slots->weights[s] -= own * (uint64_t)slots->hits[s / 2];
    left -= slots->weights[s];
  }
  slots->weights[0] = left;
}

static sl_status count_all(sl_arena *scratch, sl_ranking *ranking, const sl_metric_options *options,
                           int32_t only, sl_error *err) {
  int32_t classes = ranking->classes;
  int64_t samples = ranking->set->input->samples, all = ranking->slot_at[classes + 1];
  int workers = options->threads > 0 ? options->threads : sl_cpu_count();
  if (workers > WORKERS_MAX) workers = WORKERS_MAX;  // each holds two counts of every slot
  bool one = only >= 0 && only < classes;
  counter count = {
      .ranking = ranking, .first = one ? only : 0, .end = one ? only + 1 : classes, .pooled = !one};
  SL_TRY(SL_ARRAY(scratch, workers * all, count.counts, err));
  if (ranking->class_weight != NULL) SL_TRY(SL_ARRAY(scratch, workers * all, count.weights, err));
  SL_TRY(SL_ARRAY(scratch, (int64_t)workers * (classes + 1), count.buffers, err));
  int64_t items = (samples + ROWS_PER_ITEM - 1) / ROWS_PER_ITEM;
  SL_TRY(sl_parallel(workers, items, count_rows, &count, options->cancel, err));
  uint64_t total = 0;
  for (int32_t c = 0; c < classes && count.weights != NULL; c++) {
    total += ranking->class_weight[c] * (uint64_t)ranking->slots[c].positives;
  }
  for (int32_t c = count.first; c < count.end; c++) {
    settle(&count, workers, c, ranking->set->count);
    if (count.weights != NULL) settle_weights(&count, workers, c, total);
  }
  if (count.pooled) settle(&count, workers, classes, ranking->set->count * classes);
  return SL_OK;
}

// Weights in units of 2^-62 times the number of classes: a class weighs the same whatever its size,
// and the sum over all samples stays below 2^63.
static sl_status weigh_classes(sl_arena *arena, sl_ranking *ranking, sl_error *err) {
  SL_TRY(SL_ARRAY(arena, ranking->classes, ranking->class_weight, err));
  uint64_t unit = ((uint64_t)1 << 62) / (uint64_t)ranking->classes;
  for (int32_t c = 0; c < ranking->classes; c++) {
    int64_t count = ranking->positive_at[c + 1] - ranking->positive_at[c];
    ranking->class_weight[c] = count > 0 ? unit / (uint64_t)count : 0;
  }
  return SL_OK;
}

static sl_status build(sl_arena *arena, sl_arena *scratch, const sl_metric_options *options,
                       int32_t only, sl_ranking *out, sl_error *err) {
  SL_TRY(SL_ARRAY(arena, out->classes + 1, out->slots, err));
  SL_TRY(SL_ARRAY(arena, out->classes + 1, out->low, err));
  SL_TRY(SL_ARRAY(arena, out->classes + 2, out->slot_at, err));
  SL_TRY(list_positives(arena, scratch, out, err));
  if (!out->set->input->multi_label && only < 0) SL_TRY(weigh_classes(arena, out, err));
  SL_TRY(build_all_slots(arena, scratch, out, err));
  return count_all(scratch, out, options, only, err);
}

sl_status sl_ranking_build(sl_arena *arena, const sl_sample_set *set,
                           const sl_metric_options *options, int32_t only, sl_ranking *out,
                           sl_error *err) {
  *out = (sl_ranking){.set = set, .classes = set->classes};
  sl_arena *scratch = sl_arena_new(arena, "evaluation: ranking");
  sl_status status = build(arena, scratch, options, only, out, err);
  sl_arena_free(scratch);
  return status;
}

// ---- numbers ------------------------------------------------------------------------------------

double sl_slots_auroc(const sl_slots *slots) {
  if (slots->positives == 0 || slots->negatives == 0) return NAN;
  double sum = 0.0;
  int64_t below = 0;
  for (int32_t g = 0; g < slots->groups; g++) {
    below += slots->others[2 * g];
    int64_t equal = slots->others[2 * g + 1];
    sum += (double)slots->hits[g] * ((double)below + 0.5 * (double)equal);
    below += equal;
  }
  return sum / (double)slots->positives / (double)slots->negatives;
}

double sl_slots_average_precision(const sl_slots *slots) {
  if (slots->positives == 0) return NAN;
  double sum = 0.0;
  int64_t hits = 0, others = 0;
  for (int32_t g = slots->groups - 1; g >= 0; g--) {
    hits += slots->hits[g];
    others += slots->others[2 * g + 2] + slots->others[2 * g + 1];
    sum += (double)slots->hits[g] * (double)hits / (double)(hits + others);
  }
  return sum / (double)slots->positives;
}

static double weighted_auroc(const sl_slots *slots) {
  double sum = 0.0;
  uint64_t below = 0;
  for (int32_t g = 0; g < slots->groups; g++) {
    below += slots->weights[2 * g];
    uint64_t equal = slots->weights[2 * g + 1];
    sum += (double)slots->hits[g] * ((double)below + 0.5 * (double)equal);
    below += equal;
  }
  return sum / (double)slots->positives / (double)(below + slots->weights[2 * slots->groups]);
}

void sl_ranking_values(const sl_ranking *ranking, double out[SL_RANK_COUNT]) {
  double auroc = 0.0, pairs = 0.0, precision = 0.0;
  int32_t both = 0, positive = 0;
  for (int32_t c = 0; c < ranking->classes; c++) {
    const sl_slots *slots = &ranking->slots[c];
    if (slots->positives == 0) continue;
    precision += sl_slots_average_precision(slots);
    positive++;
    if (slots->negatives == 0) continue;
    auroc += sl_slots_auroc(slots);
    if (slots->weights != NULL) pairs += weighted_auroc(slots);
    both++;
  }
  const sl_slots *pool = &ranking->slots[ranking->classes];
  out[SL_RANK_AUROC] = both > 0 ? auroc / both : NAN;
  out[SL_RANK_OVO] = both > 0 && ranking->class_weight != NULL ? pairs / both : NAN;
  out[SL_RANK_AP] = positive > 0 ? precision / positive : NAN;
  out[SL_RANK_AUROC_MICRO] = sl_slots_auroc(pool);
  out[SL_RANK_AP_MICRO] = sl_slots_average_precision(pool);
}
