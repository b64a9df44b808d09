// SPDX-License-Identifier: Apache-2.0
// Collects sl_metric_sums; the contract is in sums.h.
//
// Invariant: positions ascend in confidence, so bins are stretches of positions and ties are
// neighbours. Start at sl_sums_add().
#include "metric/sums.h"

#include <math.h>
#include <string.h>

#include "metric/array.h"
#include "metric/row_math.h"

int32_t sl_sums_width_bin(double confidence, int32_t bins) {
  int32_t bin = (int32_t)(confidence * bins);
  if (bin >= bins) bin = bins - 1;
  // The product may round across an edge, which is the double nearest to bin / bins.
  if (bin > 0 && confidence < (double)bin / bins) bin--;
  if (bin + 1 < bins && confidence >= (double)(bin + 1) / bins) bin++;
  return bin;
}

// ---- plan ---------------------------------------------------------------------------------------

static sl_status plan_bins(sl_arena *arena, sl_sums_plan *plan, sl_error *err) {
  const sl_sample_set *set = plan->set;
  SL_TRY(SL_ARRAY(arena, plan->bins + 1, plan->width_at, err));
  SL_TRY(SL_ARRAY(arena, set->count, plan->new_confidence, err));
  for (int64_t i = 0; i < set->count; i++) {
    plan->width_at[sl_sums_width_bin(set->confidence[i], plan->bins) + 1]++;
    plan->new_confidence[i] = i > 0 && set->confidence[i] != set->confidence[i - 1];
  }
  for (int32_t b = 0; b < plan->bins; b++) plan->width_at[b + 1] += plan->width_at[b];
  if (set->confidence_after == NULL) return SL_OK;
  SL_TRY(SL_ARRAY(arena, set->count, plan->after_bin, err));
  for (int64_t i = 0; i < set->count; i++) {
    plan->after_bin[i] = (uint8_t)sl_sums_width_bin(set->confidence_after[i], plan->bins);
  }
  return SL_OK;
}

sl_status sl_sums_plan_build(sl_arena *arena, const sl_sample_set *set, int32_t bins,
                             sl_sums_plan *out, sl_error *err) {
  *out = (sl_sums_plan){.set = set, .bins = bins};
  out->column[SL_SUM_NLL] = set->nll;
  out->column[SL_SUM_BRIER] = set->brier;
  out->column[SL_SUM_NLL_AFTER] = set->nll_after;
  out->column[SL_SUM_BRIER_AFTER] = set->brier_after;
  out->column[SL_SUM_CONFIDENCE] = set->confidence;
  out->column[SL_SUM_F1] = set->f1;
  out->column[SL_SUM_HAMMING] = set->hamming;
  out->column[SL_SUM_RANKING] = set->ranking;
  return set->has_confidence ? plan_bins(arena, out, err) : SL_OK;
}

sl_status sl_sums_new(sl_arena *arena, const sl_sums_plan *plan, sl_metric_sums *out,
                      sl_error *err) {
  const sl_sample_set *set = plan->set;
  *out = (sl_metric_sums){.multi_label = set->input->multi_label, .classes = set->classes};
  out->bins = plan->bins;
  SL_TRY(SL_ARRAY(arena, set->classes, out->support, err));
  SL_TRY(SL_ARRAY(arena, set->classes, out->predicted, err));
  SL_TRY(SL_ARRAY(arena, set->classes, out->correct, err));
  if (!set->has_confidence) return SL_OK;
  SL_TRY(SL_ARRAY(arena, set->classes, out->gap, err));
  SL_TRY(SL_ARRAY(arena, plan->bins, out->width, err));
  SL_TRY(SL_ARRAY(arena, plan->bins, out->mass, err));
  SL_TRY(SL_ARRAY(arena, plan->bins + 1, out->mass_edge, err));
  return plan->after_bin != NULL ? SL_ARRAY(arena, plan->bins, out->after, err) : SL_OK;
}

void sl_sums_clear(sl_metric_sums *sums) {
  size_t classes = (size_t)sums->classes, bins = (size_t)sums->bins;
  sums->n = sums->right = sums->top5 = 0.0;
  memset(sums->column, 0, sizeof sums->column);
  memset(sums->support, 0, classes * sizeof *sums->support);
  memset(sums->predicted, 0, classes * sizeof *sums->predicted);
  memset(sums->correct, 0, classes * sizeof *sums->correct);
  if (sums->gap != NULL) memset(sums->gap, 0, classes * sizeof *sums->gap);
  if (sums->width != NULL) memset(sums->width, 0, bins * sizeof *sums->width);
  if (sums->mass != NULL) memset(sums->mass, 0, bins * sizeof *sums->mass);
  if (sums->after != NULL) memset(sums->after, 0, bins * sizeof *sums->after);
}

// ---- adding -------------------------------------------------------------------------------------

static void add_single(const sl_sample_set *set, const uint8_t *times, int64_t first, int64_t end,
                       sl_metric_sums *sums) {
  for (int64_t i = first; i < end; i++) {
    if (times[i] == 0) continue;
    double w = (double)times[i], right = w * (double)set->right[i];
    sums->support[set->label[i]] += w;
    sums->predicted[set->pred[i]] += w;
    sums->correct[set->label[i]] += right;
    if (sums->gap != NULL) sums->gap[set->pred[i]] += w * set->confidence[i] - right;
  }
}

static void add_set(const uint64_t *words, int32_t count, double w, double *by_class) {
  for (int32_t k = 0; k < count; k++) {
    for (uint64_t bits = words[k]; bits != 0; bits &= bits - 1) {
      by_class[k * 64 + __builtin_ctzll(bits)] += w;
    }
  }
}

static void add_multi(const sl_sample_set *set, const uint8_t *times, int64_t first, int64_t end,
                      sl_metric_sums *sums) {
  for (int64_t i = first; i < end; i++) {
    const uint64_t *truth = set->truth[i], *decided = set->decided + i * set->words;
    double w = (double)times[i];
    if (times[i] == 0) continue;
    add_set(truth, set->words, w, sums->support);
    add_set(decided, set->words, w, sums->predicted);
    for (int32_t k = 0; k < set->words; k++) {
      uint64_t both = truth[k] & decided[k];
      if (both != 0) add_set(&both, 1, w, sums->correct + k * 64);
    }
  }
}

static void add_after(const sl_sums_plan *plan, const double *w, int64_t first, int64_t end,
                      sl_metric_sums *sums) {
  const sl_sample_set *set = plan->set;
  for (int64_t i = first; i < end; i++) {
    sl_bin_sum *bin = &sums->after[plan->after_bin[i]];
    bin->count += w[i - first];
    bin->confidence += w[i - first] * set->confidence_after[i];
    bin->right += w[i - first] * (double)set->right[i];
  }
}

static int64_t count_marked(const uint8_t *times, const uint8_t *marks, int64_t count) {
  int64_t sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (int64_t)times[i] * marks[i];
  return sum;
}

void sl_sums_add(const sl_sums_plan *plan, const uint8_t *times, int64_t first, int64_t end,
                 sl_metric_sums *sums) {
  const sl_sample_set *set = plan->set;
  int32_t count = (int32_t)(end - first);
  double w[SL_SUMS_CHUNK] = {0};
  for (int32_t i = 0; i < count; i++) w[i] = (double)times[first + i];
  sums->n += sl_row_sum(w, count);
  sums->right += (double)count_marked(times + first, set->right + first, count);
  if (set->has_top) sums->top5 += (double)count_marked(times + first, set->top5 + first, count);
  for (int k = 0; k < SL_SUM_COUNT; k++) {
    if (plan->column[k] == NULL) continue;
    sums->column[k] += sl_row_dot(w, plan->column[k] + first, count);
  }
  if (sums->after != NULL) add_after(plan, w, first, end, sums);
  if (sums->multi_label) {
    add_multi(set, times, first, end, sums);
  } else {
    add_single(set, times, first, end, sums);
  }
}

// ---- bins and the AUROC of confidence -----------------------------------------------------------

// Resampled confidences of ranks rank[1..bins-1] (ascending, 0-based) and of the ranks after them.
static void find_ranks(const sl_sums_plan *plan, const uint8_t *times, const int64_t *rank,
                       double *low, double *high) {
  int64_t seen = 0;
  int32_t a = 1, b = 1, bins = plan->bins;
  for (int64_t i = 0; i < plan->set->count && b < bins; i++) {
    seen += times[i];
    while (a < bins && rank[a] < seen) low[a++] = plan->set->confidence[i];
    while (b < bins && rank[b] + 1 < seen) high[b++] = plan->set->confidence[i];
  }
  for (; b < bins; b++) high[b] = low[b];  // the last rank has none after it
}

// Inner edges at the quantiles b / bins of the resampled confidences, interpolated as NumPy does.
static void find_mass_edges(const sl_sums_plan *plan, const uint8_t *times, sl_metric_sums *sums) {
  int64_t rank[SL_METRIC_BINS_MAX + 1] = {0};
  double low[SL_METRIC_BINS_MAX + 1], high[SL_METRIC_BINS_MAX + 1], last = sums->n - 1.0;
  int32_t bins = plan->bins;
  for (int32_t b = 1; b < bins; b++) rank[b] = (int64_t)(last * ((double)b / bins));
  find_ranks(plan, times, rank, low, high);
  for (int32_t b = 1; b < bins; b++) {
    double t = last * ((double)b / bins) - (double)rank[b], rise = high[b] - low[b];
    sums->mass_edge[b] = t < 0.5 ? low[b] + rise * t : high[b] - rise * (1.0 - t);
  }
  sums->mass_edge[0] = 0.0;
  sums->mass_edge[bins] = 1.0;
}

// First position whose confidence is at least `edge`.
static int64_t position_of(const sl_sample_set *set, double edge) {
  int64_t low = 0, high = set->count;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    if (set->confidence[middle] < edge) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static sl_bin_sum sum_stretch(const sl_sample_set *set, const uint8_t *times, int64_t first,
                              int64_t end) {
  sl_bin_sum sum = {0};
  int64_t count = 0, right = 0;
  for (int64_t i = first; i < end; i++) {
    count += times[i];
    right += (int64_t)times[i] * set->right[i];
    sum.confidence += (double)times[i] * set->confidence[i];
  }
  sum.count = (double)count;
  sum.right = (double)right;
  return sum;
}

static void add_bin(sl_bin_sum *to, const sl_bin_sum *from) {
  to->count += from->count;
  to->confidence += from->confidence;
  to->right += from->right;
}

// Both kinds of bins at once: the stretches between all edges are summed and added to the bin of
// either kind that holds them.
static void fill_bins(const sl_sums_plan *plan, const uint8_t *times, sl_metric_sums *sums) {
  int64_t at = 0, count = plan->set->count;
  int32_t width = 0, mass = 0, bins = plan->bins;
  int64_t mass_end = bins > 1 ? position_of(plan->set, sums->mass_edge[1]) : count;
  while (at < count) {
    while (plan->width_at[width + 1] <= at && width + 1 < bins) width++;
    while (mass_end <= at && mass + 1 < bins) {
      mass++;
      mass_end = mass + 1 < bins ? position_of(plan->set, sums->mass_edge[mass + 1]) : count;
    }
    int64_t end = plan->width_at[width + 1] < mass_end ? plan->width_at[width + 1] : mass_end;
    sl_bin_sum stretch = sum_stretch(plan->set, times, at, end);
    add_bin(&sums->width[width], &stretch);
    add_bin(&sums->mass[mass], &stretch);
    at = end;
  }
}

// Chance that a right prediction has more confidence than a wrong one, ties count half.
static double find_confidence_auroc(const sl_sums_plan *plan, const uint8_t *times) {
  const sl_sample_set *set = plan->set;
  int64_t right = 0, wrong = 0, right_here = 0, wrong_here = 0;
  double pairs = 0.0;
  for (int64_t i = 0; i < set->count; i++) {
    if (plan->new_confidence[i]) {
      pairs += (double)right_here * ((double)wrong + 0.5 * (double)wrong_here);
      right += right_here;
      wrong += wrong_here;
      right_here = wrong_here = 0;
    }
    int64_t hits = (int64_t)times[i] * set->right[i];
    right_here += hits;
    wrong_here += times[i] - hits;
  }
  pairs += (double)right_here * ((double)wrong + 0.5 * (double)wrong_here);
  right += right_here;
  wrong += wrong_here;
  return right > 0 && wrong > 0 ? pairs / (double)right / (double)wrong : NAN;
}

void sl_sums_finish(const sl_sums_plan *plan, const uint8_t *times, sl_metric_sums *sums) {
  sums->confidence_auroc = NAN;
  if (sums->width == NULL || plan->set->count == 0) return;
  find_mass_edges(plan, times, sums);
  fill_bins(plan, times, sums);
  sums->confidence_auroc = find_confidence_auroc(plan, times);
}
