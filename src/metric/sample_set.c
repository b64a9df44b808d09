// SPDX-License-Identifier: Apache-2.0
// Builds the set of samples that count; the contract is in sample_set.h.
//
// Invariant: rows are read in blocks by any thread, each writes only its own rows, and everything
// that depends on order happens afterwards on one thread. Start at sl_sample_set_build().
#include "metric/sample_set.h"

#include <math.h>
#include <string.h>

#include "base/thread.h"
#include "metric/array.h"
#include "metric/row_math.h"
#include "metric/scores.h"

enum { ROWS_PER_ITEM = 512 };

typedef enum row_status { ROW_USED = 0, ROW_UNLABELLED, ROW_UNSCORED, ROW_NAN } row_status;

// What is known of each input row.
typedef struct row_facts {
  uint8_t *status, *top5, *right;
  int32_t *pred;
  double *confidence, *label_score, *nll, *brier, *f1, *hamming, *ranking;
  uint64_t *decided;
} row_facts;

typedef struct reader {
  const sl_metric_input *input;
  const sl_metric_options *options;
  row_facts facts;
  bool has_confidence, has_scores, has_top;
  int32_t words, buffer_size;
  double *buffers;  // one row for each worker
} reader;

int32_t sl_metric_target_words(int32_t classes) { return (classes + 63) / 64; }

// ---- checks -------------------------------------------------------------------------------------

static sl_status check_classes(const int32_t *values, const sl_metric_input *input,
                               const char *what, sl_error *err) {
  if (values == NULL) return SL_OK;
  for (int64_t i = 0; i < input->samples; i++) {
    if (values[i] < -1 || values[i] >= input->classes) {
      return sl_fail(err, SL_E_ARG, "%s %d of sample %lld is outside the %d classes", what,
                     values[i], (long long)i, input->classes);
    }
  }
  return SL_OK;
}

static sl_status check_scores(const sl_metric_input *input, sl_error *err) {
  const sl_metric_scores *scores = &input->scores;
  if (scores->data == NULL) {
    if (input->multi_label) {
      return sl_fail(err, SL_E_ARG, "multi-label samples need the score of every class");
    }
    if (input->pred != NULL) return SL_OK;
    return sl_fail(err, SL_E_ARG, "samples have neither predictions nor scores");
  }
  sl_dtype dtype = scores->dtype;
  if (dtype != SL_DTYPE_F16 && dtype != SL_DTYPE_F32 && dtype != SL_DTYPE_F64) {
    return sl_fail(err, SL_E_ARG, "scores are %s, not floating point", sl_dtype_name(dtype));
  }
  bool sigmoid = scores->columns == 1 && input->classes == 2 && !input->multi_label;
  if (scores->columns == input->classes || sigmoid) return SL_OK;
  return sl_fail(err, SL_E_ARG, "scores have %d columns for %d classes", scores->columns,
                 input->classes);
}

static sl_status check_input(const sl_metric_input *input, sl_error *err) {
  if (input->samples < 0 || input->classes < 1) {
    return sl_fail(err, SL_E_ARG, "%lld samples of %d classes cannot be evaluated",
                   (long long)input->samples, input->classes);
  }
  if (input->multi_label ? input->targets == NULL : input->label == NULL) {
    return sl_fail(err, SL_E_ARG, "samples have no labels");
  }
  SL_TRY(check_scores(input, err));
  SL_TRY(check_classes(input->label, input, "label", err));
  return check_classes(input->multi_label ? NULL : input->pred, input, "prediction", err);
}

// ---- reading rows -------------------------------------------------------------------------------

// Is the label among the SL_METRIC_TOP best? Ties go to the lower index, as in the prediction.
static bool in_top(const double *p, int32_t classes, int32_t label) {
  int32_t better = 0;
  for (int32_t c = 0; c < classes; c++)
    better += p[c] > p[label] || (p[c] == p[label] && c < label);
  return better < SL_METRIC_TOP;
}

static bool in_top_list(const sl_metric_input *input, int64_t row, int32_t label) {
  const int32_t *top = input->top + row * input->top_count;
  for (int i = 0; i < SL_METRIC_TOP; i++) {
    if (top[i] == label) return true;
  }
  return false;
}

static int32_t best_class(const sl_metric_input *input, const double *p) {
  if (input->scores.columns == 1 && input->classes == 2) return p[1] >= 0.5;
  int32_t best = 0;
  for (int32_t c = 1; c < input->classes; c++) best = p[c] > p[best] ? c : best;
  return best;
}

static void measure_scores(reader *r, int64_t row, int32_t label, const double *p) {
  int32_t classes = r->input->classes;
  row_facts *facts = &r->facts;
  double brier = sl_row_dot(p, p, classes) - p[label] * p[label];
  brier += (1.0 - p[label]) * (1.0 - p[label]);
  facts->brier[row] = classes == 2 ? 0.5 * brier : brier;
  facts->nll[row] = -log(sl_scores_clip(r->input->scores.dtype, p[label]));
  facts->label_score[row] = p[label];
  if (r->has_top) facts->top5[row] = in_top(p, classes, label);
}

static row_status read_single(reader *r, int64_t row, double *p) {
  const sl_metric_input *input = r->input;
  row_facts *facts = &r->facts;
  int32_t label = input->label[row], pred = input->pred != NULL ? input->pred[row] : 0;
  if (label < 0) return ROW_UNLABELLED;
  if (pred < 0) return ROW_UNSCORED;
  if (r->has_scores && !sl_scores_probabilities(input, row, p)) return ROW_NAN;
  if (input->pred == NULL) pred = best_class(input, p);
  if (r->has_confidence) {
    double given = input->confidence != NULL ? (double)input->confidence[row] : p[pred];
    if (!isfinite(given)) return ROW_NAN;
    facts->confidence[row] = fmin(fmax(given, 0.0), 1.0);
  }
  facts->pred[row] = pred;
  facts->right[row] = pred == label;
  if (r->has_scores) {
    measure_scores(r, row, label, p);
  } else if (r->has_top) {
    facts->top5[row] = in_top_list(input, row, label);
  }
  return ROW_USED;
}

static bool has_bit(const uint64_t *words, int32_t c) { return words[c / 64] >> (c % 64) & 1u; }

// Label ranking average precision of one sample: over its classes, the share of its classes among
// all classes that rank at least as high (ties count as higher). 1 without any or with all classes.
static double ranking_of(const double *p, const uint64_t *truth, int32_t classes) {
  double sum = 0.0;
  int32_t positives = 0;
  for (int32_t c = 0; c < classes; c++) {
    if (!has_bit(truth, c)) continue;
    int32_t rank = 0, hits = 0;
    for (int32_t other = 0; other < classes; other++) {
      rank += p[other] >= p[c];
      hits += p[other] >= p[c] && has_bit(truth, other);
    }
    sum += (double)hits / (double)rank;
    positives++;
  }
  return positives == 0 || positives == classes ? 1.0 : sum / (double)positives;
}

static row_status read_multi(reader *r, int64_t row, double *p) {
  const sl_metric_input *input = r->input;
  int32_t classes = input->classes;
  if (input->label != NULL && input->label[row] < 0) return ROW_UNLABELLED;
  if (!sl_scores_probabilities(input, row, p)) return ROW_NAN;
  const uint64_t *truth = input->targets + row * r->words;
  uint64_t *decided = r->facts.decided + row * r->words;
  double nll = 0.0, brier = 0.0;
  int32_t wrong = 0, found = 0, sizes = 0;
  for (int32_t c = 0; c < classes; c++) {
    bool is = has_bit(truth, c), said = p[c] >= r->options->threshold;
    double of_truth = is ? p[c] : 1.0 - p[c];
    if (said) decided[c / 64] |= 1ull << (c % 64);
    nll -= log(sl_scores_clip(input->scores.dtype, of_truth));
    brier += (1.0 - of_truth) * (1.0 - of_truth);
    wrong += is != said;
    found += is && said;
    sizes += is + said;
  }
  row_facts *facts = &r->facts;
  facts->nll[row] = nll / classes;
  facts->brier[row] = brier / classes;
  facts->hamming[row] = (double)wrong / classes;
  facts->f1[row] = sizes > 0 ? 2.0 * found / sizes : 0.0;
  facts->right[row] = wrong == 0;
  facts->ranking[row] = ranking_of(p, truth, classes);
  return ROW_USED;
}

static sl_status read_rows(void *ctx, int worker, int64_t item, sl_error *err) {
  (void)err;
  reader *r = ctx;
  double *p = r->buffers + (int64_t)worker * r->buffer_size;
  int64_t first = item * ROWS_PER_ITEM, end = first + ROWS_PER_ITEM;
  if (end > r->input->samples) end = r->input->samples;
  for (int64_t row = first; row < end; row++) {
    row_status status = r->input->multi_label ? read_multi(r, row, p) : read_single(r, row, p);
    r->facts.status[row] = (uint8_t)status;
  }
  return SL_OK;
}

// ---- ordering and gathering ---------------------------------------------------------------------

// One stable counting sort by the byte at `shift`; false when all keys share it, nothing is moved.
static bool sort_by_byte(const uint64_t *keys, const int64_t *from, int64_t *to, int64_t count,
                         int shift) {
  int64_t start[256] = {0};
  for (int64_t i = 0; i < count; i++) start[keys[i] >> shift & 255u]++;
  if (start[keys[0] >> shift & 255u] == count) return false;
  int64_t sum = 0;
  for (int b = 0; b < 256; b++) {
    int64_t here = start[b];
    start[b] = sum;
    sum += here;
  }
  for (int64_t i = 0; i < count; i++) to[start[keys[from[i]] >> shift & 255u]++] = from[i];
  return true;
}

void sl_sort_order(const uint64_t *keys, int64_t *order, int64_t *scratch, int64_t count) {
  int64_t *from = order, *to = scratch;
  for (int64_t i = 0; i < count; i++) order[i] = i;
  for (int shift = 0; shift < 64 && count > 1; shift += 8) {
    if (!sort_by_byte(keys, from, to, count, shift)) continue;
    int64_t *swap = from;
    from = to;
    to = swap;
  }
  if (from != order) memcpy(order, from, (size_t)count * sizeof *order);
}

// Rows that count, in ascending confidence; ties and sets without confidence in input order.
static sl_status order_rows(sl_arena *arena, sl_arena *scratch, const reader *r, sl_sample_set *set,
                            sl_error *err) {
  int64_t samples = r->input->samples, *used, *order, *spare;
  uint64_t *keys;
  SL_TRY(SL_ARRAY(scratch, samples, used, err));
  SL_TRY(SL_ARRAY(scratch, samples, keys, err));
  SL_TRY(SL_ARRAY(scratch, samples, order, err));
  SL_TRY(SL_ARRAY(scratch, samples, spare, err));
  SL_TRY(SL_ARRAY(arena, samples, set->at_row, err));
  int64_t by_status[4] = {0};
  for (int64_t row = 0; row < samples; row++) {
    row_status status = (row_status)r->facts.status[row];
    set->at_row[row] = -1;
    if (status == ROW_USED) {
      int64_t at = by_status[ROW_USED];
      used[at] = row;
      // Doubles that are not negative have the order of their bits.
      if (r->has_confidence) memcpy(&keys[at], &r->facts.confidence[row], sizeof *keys);
    }
    by_status[status]++;
  }
  set->count = by_status[ROW_USED];
  set->unlabelled = by_status[ROW_UNLABELLED];
  set->unscored = by_status[ROW_UNSCORED];
  set->nan = by_status[ROW_NAN];
  SL_TRY(SL_ARRAY(arena, set->count, set->row, err));
  sl_sort_order(keys, order, spare, set->count);
  for (int64_t i = 0; i < set->count; i++) {
    set->row[i] = used[order[i]];
    set->at_row[set->row[i]] = i;
  }
  return SL_OK;
}

// The column of a fact by position; `*out` stays NULL for a fact that is not known.
static sl_status gather(sl_arena *arena, const sl_sample_set *set, const void *facts, size_t size,
                        void **out, sl_error *err) {
  if (facts == NULL) return SL_OK;
  SL_TRY(sl_array_push(arena, set->count, size, out, err));
  for (int64_t i = 0; i < set->count; i++) {
    memcpy((char *)*out + (size_t)i * size, (const char *)facts + (size_t)set->row[i] * size, size);
  }
  return SL_OK;
}

#define GATHER(from, to) gather(arena, set, (from), sizeof *(to), (void **)&(to), err)

static sl_status gather_single(sl_arena *arena, const reader *r, sl_sample_set *set,
                               sl_error *err) {
  const row_facts *facts = &r->facts;
  SL_TRY(GATHER(r->input->label, set->label));
  SL_TRY(GATHER(facts->pred, set->pred));
  SL_TRY(GATHER(facts->top5, set->top5));
  SL_TRY(GATHER(facts->confidence, set->confidence));
  if (!r->has_scores) return SL_OK;
  SL_TRY(SL_ARRAY(arena, set->count, set->label_key, err));
  for (int64_t i = 0; i < set->count; i++) {
    set->label_key[i] = sl_scores_key((float)facts->label_score[set->row[i]]);
  }
  return SL_OK;
}

static sl_status gather_multi(sl_arena *arena, const reader *r, sl_sample_set *set, sl_error *err) {
  const row_facts *facts = &r->facts;
  SL_TRY(GATHER(facts->f1, set->f1));
  SL_TRY(GATHER(facts->hamming, set->hamming));
  SL_TRY(GATHER(facts->ranking, set->ranking));
  SL_TRY(SL_ARRAY(arena, set->count, set->truth, err));
  SL_TRY(SL_ARRAY(arena, set->count * set->words, set->decided, err));
  for (int64_t i = 0; i < set->count; i++) {
    set->truth[i] = r->input->targets + set->row[i] * set->words;
    memcpy(set->decided + i * set->words, facts->decided + set->row[i] * set->words,
           (size_t)set->words * sizeof *set->decided);
  }
  return SL_OK;
}

static sl_status push_facts(sl_arena *scratch, reader *r, sl_error *err) {
  row_facts *facts = &r->facts;
  int64_t n = r->input->samples;
  SL_TRY(SL_ARRAY(scratch, n, facts->status, err));
  SL_TRY(SL_ARRAY(scratch, n, facts->right, err));
  if (r->has_top) SL_TRY(SL_ARRAY(scratch, n, facts->top5, err));
  if (r->has_confidence) SL_TRY(SL_ARRAY(scratch, n, facts->confidence, err));
  if (r->has_scores) {
    SL_TRY(SL_ARRAY(scratch, n, facts->label_score, err));
    SL_TRY(SL_ARRAY(scratch, n, facts->nll, err));
    SL_TRY(SL_ARRAY(scratch, n, facts->brier, err));
  }
  if (!r->input->multi_label) return SL_ARRAY(scratch, n, facts->pred, err);
  SL_TRY(SL_ARRAY(scratch, n, facts->f1, err));
  SL_TRY(SL_ARRAY(scratch, n, facts->hamming, err));
  SL_TRY(SL_ARRAY(scratch, n, facts->ranking, err));
  return SL_ARRAY(scratch, n * r->words, facts->decided, err);
}

static sl_status build(sl_arena *arena, sl_arena *scratch, reader *r, sl_sample_set *set,
                       sl_error *err) {
  int threads = r->options->threads > 0 ? r->options->threads : sl_cpu_count();
  int64_t items = (r->input->samples + ROWS_PER_ITEM - 1) / ROWS_PER_ITEM;
  r->buffer_size = r->input->classes + 1;
  SL_TRY(push_facts(scratch, r, err));
  SL_TRY(SL_ARRAY(scratch, (int64_t)threads * r->buffer_size, r->buffers, err));
  SL_TRY(sl_parallel(threads, items, read_rows, r, r->options->cancel, err));
  SL_TRY(order_rows(arena, scratch, r, set, err));
  SL_TRY(GATHER(r->facts.nll, set->nll));
  SL_TRY(GATHER(r->facts.brier, set->brier));
  SL_TRY(GATHER(r->facts.right, set->right));
  if (r->input->multi_label) return gather_multi(arena, r, set, err);
  return gather_single(arena, r, set, err);
}

sl_status sl_sample_set_build(sl_arena *arena, const sl_metric_input *input,
                              const sl_metric_options *options, sl_sample_set *out, sl_error *err) {
  SL_TRY(check_input(input, err));
  reader r = {.input = input, .options = options, .words = sl_metric_target_words(input->classes)};
  r.has_scores = input->scores.data != NULL;
  r.has_confidence = !input->multi_label && (r.has_scores || input->confidence != NULL);
  bool listed = input->top != NULL && input->top_count >= SL_METRIC_TOP;
  r.has_top = !input->multi_label && input->classes > SL_METRIC_TOP && (r.has_scores || listed);
  *out = (sl_sample_set){.input = input, .classes = input->classes, .words = r.words};
  out->has_scores = r.has_scores;
  out->has_confidence = r.has_confidence;
  out->has_top = r.has_top;
  sl_arena *scratch = sl_arena_new(arena, "evaluation: rows");
  sl_status status = build(arena, scratch, &r, out, err);
  sl_arena_free(scratch);
  return status;
}

int32_t sl_sample_set_positives(const sl_sample_set *set, int64_t position, int32_t *out) {
  if (!set->input->multi_label) {
    out[0] = set->label[position];
    return 1;
  }
  int32_t count = 0;
  for (int32_t w = 0; w < set->words; w++) {
    for (uint64_t bits = set->truth[position][w]; bits != 0; bits &= bits - 1) {
      out[count++] = w * 64 + __builtin_ctzll(bits);
    }
  }
  return count;
}
