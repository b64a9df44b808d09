// SPDX-License-Identifier: Apache-2.0
// How much each sample moves the ranking numbers: their derivative by the weight of the sample.
//
// AUROC is a mean over pairs, so a negative contributes the share of positives above it and a
// positive the share of negatives below it (DeLong et al. 1988, structural components). Average
// precision sums hits T/(T+F) over thresholds; a sample at or above a threshold moves T or F there.
// Both depend on the slot alone, so they are tables over slots.
// Invariant: a sample's influences sum over classes in class order. Start at
// sl_ranking_find_influence().
#include <math.h>

#include "base/thread.h"
#include "metric/array.h"
#include "metric/ranking.h"

enum { ROWS_PER_ITEM = 256 };

// What a pair in a slot adds to the three numbers; `pair` of a negative is its bare placement.
typedef struct share {
  double auroc, precision, pair;
} share;

typedef struct influence {
  const sl_ranking *ranking;
  share *negative, *positive;  // by slot; of positives only odd slots count
  share base;                  // of a sample whose scores all fall into slot 0
  int32_t both, positives;     // classes with positives and negatives; with positives
  double *buffers, *pair_sum;  // pair_sum: placements of each position as a negative, summed
  int32_t *class_buffers;
  sl_ranking_influence *out;
} influence;

// Fills the tables of one class (or the pool) from its slots.
static void tabulate(const sl_slots *slots, share *negative, share *positive) {
  double p = (double)slots->positives, n = (double)slots->negatives;
  double auroc = sl_slots_auroc(slots), precision = sl_slots_average_precision(slots);
  double below = 0.0, weight_below = 0.0, weight_all = 0.0;
  int64_t above = slots->positives, others_above = slots->negatives;
  for (int32_t s = 0; s <= 2 * slots->groups && slots->weights != NULL; s++) {
    weight_all += (double)slots->weights[s];
  }
  // Sums over the thresholds at or below the current one of hits F/(T+F)^2 and hits T/(T+F)^2.
  double gain = 0.0, loss = 0.0, pair_mean = 0.0;
  for (int32_t g = 0; g < slots->groups; g++) {
    double hits = (double)slots->hits[g], equal = (double)slots->others[2 * g + 1];
    share *under = &negative[2 * g], *at = &negative[2 * g + 1], *hit = &positive[2 * g + 1];
    *under = (share){.pair = (double)above / p, .precision = -loss / p};
    below += (double)slots->others[2 * g];
    others_above -= slots->others[2 * g];
    double t = (double)above, f = (double)others_above;
    gain += hits * f / ((t + f) * (t + f));
    loss += hits * t / ((t + f) * (t + f));
    *at = (share){.pair = ((double)above - 0.5 * hits) / p, .precision = -loss / p};
    *hit = (share){.auroc = (below + 0.5 * equal) / n,
                   .precision = (t / (t + f) - precision + gain) / p};
    if (slots->weights != NULL) {
      weight_below += (double)slots->weights[2 * g];
      hit->pair = (weight_below + 0.5 * (double)slots->weights[2 * g + 1]) / weight_all;
      weight_below += (double)slots->weights[2 * g + 1];
      pair_mean += hits * hit->pair / p;
    }
    below += equal;
    others_above -= slots->others[2 * g + 1];
    above -= slots->hits[g];
  }
  negative[2 * slots->groups] = (share){.precision = -loss / p};
  for (int32_t s = 0; s <= 2 * slots->groups; s++) {
    negative[s].auroc = (negative[s].pair - auroc) / n;
    positive[s].auroc = s % 2 == 1 ? (positive[s].auroc - auroc) / p : 0.0;
    positive[s].pair = s % 2 == 1 ? (positive[s].pair - pair_mean) / p : 0.0;
  }
}

// Standard errors from the tables: the root of the sum of squared influences.
static void find_errors(const sl_slots *slots, const share *negative, const share *positive,
                        double *auroc, double *precision) {
  double a = 0.0, p = 0.0;
  for (int32_t s = 0; s <= 2 * slots->groups; s++) {
    double others = (double)slots->others[s];
    double hits = s % 2 == 1 ? (double)slots->hits[s / 2] : 0.0;
    a += others * negative[s].auroc * negative[s].auroc;
    a += hits * positive[s].auroc * positive[s].auroc;
    p += others * negative[s].precision * negative[s].precision;
    p += hits * positive[s].precision * positive[s].precision;
  }
  *auroc = slots->negatives > 0 ? sqrt(a) : NAN;
  *precision = sqrt(p);
}

// From the influence on the number of one class to that on the mean over classes.
static void scale(share *table, int64_t count, bool both, double both_share, double any_share) {
  for (int64_t s = 0; s < count; s++) {
    table[s].auroc = both ? table[s].auroc * both_share : 0.0;
    table[s].precision *= any_share;
    if (!both) table[s].pair = 0.0;
  }
}

static void tabulate_all(influence *inf) {
  const sl_ranking *ranking = inf->ranking;
  for (int32_t c = 0; c < ranking->classes; c++) {
    inf->positives += ranking->slots[c].positives > 0;
    inf->both += ranking->slots[c].positives > 0 && ranking->slots[c].negatives > 0;
  }
  for (int32_t c = 0; c <= ranking->classes; c++) {
    const sl_slots *slots = &ranking->slots[c];
    share *negative = inf->negative + ranking->slot_at[c];
    share *positive = inf->positive + ranking->slot_at[c];
    double *auroc = inf->out->auroc_error, *precision = inf->out->average_precision_error;
    if (c < ranking->classes) auroc[c] = precision[c] = NAN;
    if (slots->positives == 0) continue;
    tabulate(slots, negative, positive);
    if (c == ranking->classes) continue;
    find_errors(slots, negative, positive, &auroc[c], &precision[c]);
    bool both = slots->negatives > 0;
    int64_t count = ranking->slot_at[c + 1] - ranking->slot_at[c];
    scale(negative, count, both, 1.0 / inf->both, 1.0 / inf->positives);
    scale(positive, count, both, 1.0 / inf->both, 1.0 / inf->positives);
    inf->base.auroc += negative[0].auroc;
    inf->base.pair += negative[0].pair;
  }
}

// Slot of class c for a score; the class has positives and the score is not below them all.
static int64_t slot_in(const sl_ranking *ranking, int32_t c, uint32_t key) {
  return ranking->slot_at[c] + sl_slot_of(&ranking->slots[c], key);
}

static void add_classes(influence *inf, const double *p, share *sum, share *pool) {
  const sl_ranking *ranking = inf->ranking;
  int32_t classes = ranking->classes;
  uint32_t pool_low = ranking->low[classes];
  const share *pool_base = inf->negative + ranking->slot_at[classes];
  for (int32_t c = 0; c < classes; c++) {
    uint32_t key = sl_scores_key((float)p[c]);
    const share *at = key >= pool_low ? inf->negative + slot_in(ranking, classes, key) : pool_base;
    pool->auroc += at->auroc;
    pool->precision += at->precision;
    if (key < ranking->low[c]) continue;
    const share *base = inf->negative + ranking->slot_at[c];
    at = inf->negative + slot_in(ranking, c, key);
    sum->auroc += at->auroc - base->auroc;
    sum->pair += at->pair - base->pair;
    sum->precision += at->precision;
  }
}

static void add_row(influence *inf, int64_t position, const double *p, int32_t *classes_of) {
  const sl_ranking *ranking = inf->ranking;
  share sum = inf->base, pool = {0};
  double pair = 0.0;
  add_classes(inf, p, &sum, &pool);
  int32_t count = sl_sample_set_positives(ranking->set, position, classes_of);
  for (int32_t k = 0; k < count; k++) {
    uint32_t key = sl_scores_key((float)p[classes_of[k]]);
    int64_t own = slot_in(ranking, classes_of[k], key),
            pooled = slot_in(ranking, ranking->classes, key);
    sum.auroc += inf->positive[own].auroc - inf->negative[own].auroc;
    sum.precision += inf->positive[own].precision - inf->negative[own].precision;
    sum.pair -= inf->negative[own].pair;
    pair += inf->positive[own].pair;
    pool.auroc += inf->positive[pooled].auroc - inf->negative[pooled].auroc;
    pool.precision += inf->positive[pooled].precision - inf->negative[pooled].precision;
  }
  double **of = inf->out->of;
  of[SL_RANK_AUROC][position] = sum.auroc;
  of[SL_RANK_AP][position] = sum.precision;
  of[SL_RANK_OVO][position] = pair / (inf->both > 0 ? inf->both : 1);
  of[SL_RANK_AUROC_MICRO][position] = pool.auroc;
  of[SL_RANK_AP_MICRO][position] = pool.precision;
  inf->pair_sum[position] = sum.pair;
}

static sl_status add_rows(void *ctx, int worker, int64_t item, sl_error *err) {
  (void)err;
  influence *inf = ctx;
  const sl_sample_set *set = inf->ranking->set;
  double *p = inf->buffers + (int64_t)worker * (set->classes + 1);
  int32_t *classes_of = inf->class_buffers + (int64_t)worker * set->classes;
  int64_t first = item * ROWS_PER_ITEM, end = first + ROWS_PER_ITEM;
  if (end > set->input->samples) end = set->input->samples;
  for (int64_t row = first; row < end; row++) {
    int64_t position = set->at_row[row];
    if (position < 0 || !sl_scores_probabilities(set->input, row, p)) continue;
    add_row(inf, position, p, classes_of);
  }
  return SL_OK;
}

// As a negative of the other classes, a sample of a class of n counts 1/n of how far its placements
// lie from the mean of its class.
static void centre_pairs(influence *inf) {
  const sl_ranking *ranking = inf->ranking;
  double *out = inf->out->of[SL_RANK_OVO];
  if (inf->both < 2) return;
  double pairs = (double)inf->both * (double)(inf->both - 1);
  for (int32_t c = 0; c < ranking->classes; c++) {
    int64_t first = ranking->positive_at[c], end = ranking->positive_at[c + 1];
    double mean = 0.0, count = (double)(end - first);
    for (int64_t k = first; k < end; k++) mean += inf->pair_sum[ranking->positive[k]] / count;
    for (int64_t k = first; k < end; k++) {
      int64_t position = ranking->positive[k];
      out[position] += (inf->pair_sum[position] - mean) / count / pairs;
    }
  }
}

static sl_status find(sl_arena *arena, sl_arena *scratch, influence *inf,
                      const sl_metric_options *options, sl_error *err) {
  const sl_ranking *ranking = inf->ranking;
  int32_t classes = ranking->classes;
  int workers = options->threads > 0 ? options->threads : sl_cpu_count();
  int64_t slots = ranking->slot_at[classes + 1], samples = ranking->set->input->samples;
  for (int k = 0; k < SL_RANK_COUNT; k++) {
    SL_TRY(SL_ARRAY(arena, ranking->set->count, inf->out->of[k], err));
  }
  SL_TRY(SL_ARRAY(arena, classes, inf->out->auroc_error, err));
  SL_TRY(SL_ARRAY(arena, classes, inf->out->average_precision_error, err));
  SL_TRY(SL_ARRAY(scratch, slots, inf->negative, err));
  SL_TRY(SL_ARRAY(scratch, slots, inf->positive, err));
  SL_TRY(SL_ARRAY(scratch, ranking->set->count, inf->pair_sum, err));
  SL_TRY(SL_ARRAY(scratch, (int64_t)workers * (classes + 1), inf->buffers, err));
  SL_TRY(SL_ARRAY(scratch, (int64_t)workers * classes, inf->class_buffers, err));
  tabulate_all(inf);
  int64_t items = (samples + ROWS_PER_ITEM - 1) / ROWS_PER_ITEM;
  SL_TRY(sl_parallel(workers, items, add_rows, inf, options->cancel, err));
  if (ranking->class_weight != NULL) centre_pairs(inf);
  return SL_OK;
}

sl_status sl_ranking_find_influence(sl_arena *arena, const sl_ranking *ranking,
                                    const sl_metric_options *options, sl_ranking_influence *out,
                                    sl_error *err) {
  *out = (sl_ranking_influence){0};
  influence inf = {.ranking = ranking, .out = out};
  sl_arena *scratch = sl_arena_new(arena, "evaluation: influence");
  sl_status status = find(arena, scratch, &inf, options, err);
  sl_arena_free(scratch);
  return status;
}
