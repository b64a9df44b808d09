// SPDX-License-Identifier: Apache-2.0
// Ranking numbers on a resample, exactly: every score's slot is remembered, weights are added into
// slots.
//
// Invariant: the index holds two slots for each (sample, class) pair, so it is built only where the
// bootstrap over all pairs is affordable (see resample.c). Start at sl_ranking_resample().
#include <math.h>
#include <string.h>

#include "base/thread.h"
#include "metric/array.h"
#include "metric/ranking.h"

enum { ROWS_PER_ITEM = 256 };

struct sl_ranking_index {
  const sl_ranking *ranking;
  int64_t widest;          // slots of the largest class or the pool
  int32_t *slot, *pooled;  // class-major, classes x count
  double *buffers;         // while building
};

static void index_row(const sl_ranking_index *index, int64_t position, const double *p) {
  const sl_ranking *ranking = index->ranking;
  const sl_slots *pool = &ranking->slots[ranking->classes];
  int64_t count = ranking->set->count;
  for (int32_t c = 0; c < ranking->classes; c++) {
    uint32_t key = sl_scores_key((float)p[c]);
    int64_t at = c * count + position;
    index->slot[at] = key >= ranking->low[c] ? sl_slot_of(&ranking->slots[c], key) : 0;
    index->pooled[at] = key >= ranking->low[ranking->classes] ? sl_slot_of(pool, key) : 0;
  }
}

static sl_status index_rows(void *ctx, int worker, int64_t item, sl_error *err) {
  (void)err;
  const sl_ranking_index *index = ctx;
  const sl_sample_set *set = index->ranking->set;
  double *p = index->buffers + (int64_t)worker * (set->classes + 1);
  int64_t first = item * ROWS_PER_ITEM, end = first + ROWS_PER_ITEM;
  if (end > set->input->samples) end = set->input->samples;
  for (int64_t row = first; row < end; row++) {
    int64_t position = set->at_row[row];
    if (position < 0 || !sl_scores_probabilities(set->input, row, p)) continue;
    index_row(index, position, p);
  }
  return SL_OK;
}

sl_status sl_ranking_index_build(sl_arena *arena, const sl_ranking *ranking,
                                 const sl_metric_options *options, const sl_ranking_index **out,
                                 sl_error *err) {
  sl_ranking_index *index = SL_NEW(arena, sl_ranking_index);
  int64_t pairs = ranking->set->count * ranking->classes, samples = ranking->set->input->samples;
  int workers = options->threads > 0 ? options->threads : sl_cpu_count();
  index->ranking = ranking;
  for (int32_t c = 0; c <= ranking->classes; c++) {
    int64_t slots = ranking->slot_at[c + 1] - ranking->slot_at[c];
    if (slots > index->widest) index->widest = slots;
  }
  SL_TRY(SL_ARRAY(arena, pairs, index->slot, err));
  SL_TRY(SL_ARRAY(arena, pairs, index->pooled, err));
  SL_TRY(SL_ARRAY(arena, (int64_t)workers * (ranking->classes + 1), index->buffers, err));
  int64_t items = (samples + ROWS_PER_ITEM - 1) / ROWS_PER_ITEM;
  SL_TRY(sl_parallel(workers, items, index_rows, index, options->cancel, err));
  *out = index;
  return SL_OK;
}

int64_t sl_ranking_scratch_size(const sl_ranking_index *index) {
  return 3 * index->widest + index->ranking->classes;
}

// Weights of one class on the resample.
typedef struct weighed {
  const sl_slots *slots;
  double *others, *hits, *fair;  // by slot; hits by group; fair: each class weighing the same
} weighed;

// AUROC from weights by slot, whose positives are still among them.
static double auroc_of(const weighed *w, const double *others, double *positives,
                       double *negatives) {
  double sum = 0.0, below = 0.0, hits = 0.0;
  for (int32_t g = 0; g < w->slots->groups; g++) {
    below += others[2 * g];
    sum += w->hits[g] * (below + 0.5 * others[2 * g + 1]);
    below += others[2 * g + 1];
    hits += w->hits[g];
  }
  *positives = hits;
  *negatives = below + others[2 * w->slots->groups];
  return hits > 0.0 && *negatives > 0.0 ? sum / hits / *negatives : NAN;
}

static double precision_of(const weighed *w) {
  double sum = 0.0, hits = 0.0, others = 0.0;
  for (int32_t g = w->slots->groups - 1; g >= 0; g--) {
    others += w->others[2 * g + 2] + w->others[2 * g + 1];
    hits += w->hits[g];
    if (w->hits[g] > 0.0) sum += w->hits[g] * hits / (hits + others);
  }
  return hits > 0.0 ? sum / hits : NAN;
}

static void add_slots(const int32_t *slot, const uint8_t *times, int64_t count, double *others) {
  for (int64_t i = 0; i < count; i++) others[slot[i]] += (double)times[i];
}

// Like add_slots() with each sample's weight divided by the resampled size of its class.
static void add_fair(const sl_ranking *ranking, const int32_t *slot, const uint8_t *times,
                     const double *share, double *fair) {
  const int32_t *label = ranking->set->label;
  for (int64_t i = 0; i < ranking->set->count; i++) {
    fair[slot[i]] += (double)times[i] * share[label[i]];
  }
}

static void add_hits(const sl_ranking *ranking, int64_t first, int64_t end, const int32_t *group,
                     const uint8_t *times, double *hits) {
  for (int64_t k = first; k < end; k++) hits[group[k]] += (double)times[ranking->positive[k]];
}

static void take_hits_out(const weighed *w, double share) {
  for (int32_t g = 0; g < w->slots->groups; g++) {
    w->others[2 * g + 1] -= w->hits[g];
    if (w->fair != NULL) {
      // Rounding may leave a trace where only the class itself was.
      double left = w->fair[2 * g + 1] - w->hits[g] * share;
      w->fair[2 * g + 1] = w->others[2 * g + 1] > 0.0 ? left : 0.0;
    }
  }
}

static void weigh_class(const sl_ranking_index *index, int32_t c, const uint8_t *times,
                        const double *share, weighed *w) {
  const sl_ranking *ranking = index->ranking;
  int64_t count = ranking->set->count;
  size_t slots = (size_t)(2 * w->slots->groups + 1);
  memset(w->others, 0, slots * sizeof *w->others);
  memset(w->hits, 0, slots * sizeof *w->hits);
  add_slots(index->slot + c * count, times, count, w->others);
  add_hits(ranking, ranking->positive_at[c], ranking->positive_at[c + 1], ranking->group, times,
           w->hits);
  if (w->fair != NULL) {
    memset(w->fair, 0, slots * sizeof *w->fair);
    add_fair(ranking, index->slot + c * count, times, share, w->fair);
  }
  take_hits_out(w, share != NULL ? share[c] : 0.0);
}

static void weigh_pool(const sl_ranking_index *index, const uint8_t *times, weighed *w) {
  const sl_ranking *ranking = index->ranking;
  int64_t count = ranking->set->count;
  size_t slots = (size_t)(2 * w->slots->groups + 1);
  memset(w->others, 0, slots * sizeof *w->others);
  memset(w->hits, 0, slots * sizeof *w->hits);
  for (int32_t c = 0; c < ranking->classes; c++) {
    add_slots(index->pooled + c * count, times, count, w->others);
  }
  add_hits(ranking, 0, ranking->positive_at[ranking->classes], ranking->micro_group, times,
           w->hits);
  w->fair = NULL;
  take_hits_out(w, 0.0);
}

// 1 / resampled size of each class.
static void find_shares(const sl_ranking *ranking, const uint8_t *times, double *share) {
  for (int32_t c = 0; c < ranking->classes; c++) {
    int64_t size = 0;
    for (int64_t k = ranking->positive_at[c]; k < ranking->positive_at[c + 1]; k++) {
      size += times[ranking->positive[k]];
    }
    share[c] = size > 0 ? 1.0 / (double)size : 0.0;
  }
}

typedef struct mean {
  double sum;
  int32_t count;
} mean;

static void add_to_mean(mean *m, double value) {
  if (isnan(value)) return;
  m->sum += value;
  m->count++;
}

static double mean_of(const mean *m) { return m->count > 0 ? m->sum / m->count : NAN; }

void sl_ranking_resample(const sl_ranking_index *index, const uint8_t *times, double *scratch,
                         double out[SL_RANK_COUNT], double *auroc, double *precision) {
  const sl_ranking *ranking = index->ranking;
  int32_t classes = ranking->classes;
  bool pairs = ranking->class_weight != NULL;
  double *share = pairs ? scratch + 3 * index->widest : NULL, positives, negatives;
  mean means[3] = {0};
  if (pairs) find_shares(ranking, times, share);
  for (int32_t c = 0; c < classes; c++) {
    weighed w = {.slots = &ranking->slots[c], .others = scratch};
    w.hits = scratch + index->widest;
    w.fair = pairs ? scratch + 2 * index->widest : NULL;
    auroc[c] = precision[c] = NAN;
    if (w.slots->groups == 0) continue;
    weigh_class(index, c, times, share, &w);
    auroc[c] = auroc_of(&w, w.others, &positives, &negatives);
    precision[c] = precision_of(&w);
    add_to_mean(&means[SL_RANK_AUROC], auroc[c]);
    add_to_mean(&means[SL_RANK_AP], precision[c]);
    if (pairs) add_to_mean(&means[SL_RANK_OVO], auroc_of(&w, w.fair, &positives, &negatives));
  }
  for (int k = 0; k < 3; k++) out[k] = mean_of(&means[k]);
  weighed pool = {.slots = &ranking->slots[classes], .others = scratch};
  pool.hits = scratch + index->widest;
  weigh_pool(index, times, &pool);
  out[SL_RANK_AUROC_MICRO] = auroc_of(&pool, pool.others, &positives, &negatives);
  out[SL_RANK_AP_MICRO] = precision_of(&pool);
}
