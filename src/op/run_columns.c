// SPDX-License-Identifier: Apache-2.0
// From a score matrix to the columns a view filters on: prediction, confidence, entropy, margin,
// loss, rank of the label, outcome. One pass over the scores.
//
// Entropy is Shannon's in nats over the class probabilities; margin is the gap between the two
// best; loss is -ln of the label's probability (floor 1e-12); rank counts classes that score at
// least as well as the label, the label first among equals.
#include <math.h>

#include "base/thread.h"
#include "op/evaluation.h"
#include "tensor/dtype.h"

typedef struct columns {
  int32_t *pred, *rank;
  float *confidence, *entropy, *margin, *loss;
  uint8_t *outcome;
} columns;

static columns new_columns(sl_arena *arena, int64_t rows) {
  return (columns){.pred = SL_NEW_ARRAY(arena, int32_t, rows + 1),
                   .rank = SL_NEW_ARRAY(arena, int32_t, rows + 1),
                   .confidence = SL_NEW_ARRAY(arena, float, rows + 1),
                   .entropy = SL_NEW_ARRAY(arena, float, rows + 1),
                   .margin = SL_NEW_ARRAY(arena, float, rows + 1),
                   .loss = SL_NEW_ARRAY(arena, float, rows + 1),
                   .outcome = SL_NEW_ARRAY(arena, uint8_t, rows + 1)};
}

static void blank(columns *c, int64_t row) {
  c->pred[row] = -1;
  c->confidence[row] = c->entropy[row] = c->margin[row] = c->loss[row] = NAN;
}

static void summarise(columns *c, int64_t row, const float *p, int64_t classes, int32_t target) {
  int32_t best = 0;
  float second = -INFINITY;
  double entropy = 0;
  int32_t above = 1;
  for (int64_t i = 0; i < classes; i++) {
    if (i > 0 && p[i] > p[best]) {
      second = p[best];
      best = (int32_t)i;
    } else if (i > 0 && p[i] > second) {
      second = p[i];
    }
    if (p[i] > 0) entropy -= (double)p[i] * log((double)p[i]);
    if (target >= 0 && i != target) above += p[i] > p[target];
  }
  c->pred[row] = best;
  c->confidence[row] = p[best];
  c->entropy[row] = (float)entropy;
  c->margin[row] = classes > 1 ? p[best] - second : p[best];
  c->rank[row] = target >= 0 ? above : 0;
  c->loss[row] = target >= 0 ? (float)-log(fmax((double)p[target], 1e-12)) : NAN;
}

static int multi_label_right(const float *p, int64_t classes, const uint64_t *set) {
  for (int64_t i = 0; i < classes; i++)
    if ((p[i] >= 0.5f) != (set[i / 64] >> (i % 64) & 1)) return 0;
  return 1;
}

// Scores of a row as float32, NaN first entry when there are none.
static const float *row_scores(const sl_run_columns *in, int64_t row, float *scratch) {
  if (in->scores != NULL) return in->scores + row * in->classes;
  const uint16_t *half = in->scores_f16 + row * in->classes;
  for (int64_t i = 0; i < in->classes; i++) scratch[i] = sl_f32_from_f16(half[i]);
  return scratch;
}

static int any_nan(const float *p, int64_t classes) {
  for (int64_t i = 0; i < classes; i++)
    if (isnan(p[i])) return 1;
  return 0;
}

static void fill_row(const sl_run_columns *in, columns *c, int64_t row, float *scratch) {
  int32_t target = in->target[row];
  blank(c, row);
  if (in->scores == NULL && in->scores_f16 == NULL) {
    c->pred[row] = in->pred[row];
    c->confidence[row] = in->confidence[row];
    if (target >= 0 && in->pred[row] == target) c->rank[row] = 1;
  } else {
    const float *p = row_scores(in, row, scratch);
    if (!any_nan(p, in->classes)) summarise(c, row, p, in->classes, target);
  }
  if (in->errors != NULL && in->errors[row] != NULL)
    c->outcome[row] = SL_OUTCOME_BROKEN;
  else if (c->pred[row] < 0 || target < 0)
    c->outcome[row] = SL_OUTCOME_UNKNOWN;
  else
    c->outcome[row] = c->pred[row] == target ? SL_OUTCOME_RIGHT : SL_OUTCOME_WRONG;
}

static void judge_sets(const sl_run_columns *in, columns *c, int64_t row, float *scratch) {
  int64_t words = (in->classes + 63) / 64;
  if (c->pred[row] < 0 || in->target_sets == NULL) return;
  const float *p = row_scores(in, row, scratch);
  c->outcome[row] = multi_label_right(p, in->classes, in->target_sets + row * words)
                        ? SL_OUTCOME_RIGHT
                        : SL_OUTCOME_WRONG;
}

static void count(const sl_run_columns *in, const columns *c, sl_run_tally *tally) {
  for (int64_t row = 0; row < in->rows; row++) {
    tally->scored += c->pred[row] >= 0;
    tally->right += c->outcome[row] == SL_OUTCOME_RIGHT;
    tally->labelled += c->outcome[row] == SL_OUTCOME_RIGHT || c->outcome[row] == SL_OUTCOME_WRONG;
    tally->broken += c->outcome[row] == SL_OUTCOME_BROKEN;
  }
}

typedef struct filling {
  const sl_run_columns *in;
  columns *out;
  float *scratch;  // a row per worker
} filling;

enum { ROWS_AT_ONCE = 1024 };

static sl_status fill_rows(void *ctx, int worker, int64_t item, sl_error *err) {
  (void)err;
  const filling *f = ctx;
  float *scratch = f->scratch + worker * f->in->classes;
  int64_t first = item * ROWS_AT_ONCE, last = first + ROWS_AT_ONCE;
  for (int64_t row = first; row < last && row < f->in->rows; row++) {
    fill_row(f->in, f->out, row, scratch);
    if (f->in->multi_label) judge_sets(f->in, f->out, row, scratch);
  }
  return SL_OK;
}

sl_status sl_run_columns_write(sl_op_call *call, const sl_run_columns *in, sl_run_tally *tally,
                               sl_error *err) {
  sl_arena *scratch = sl_arena_new(call->arena, "run columns");
  columns c = new_columns(scratch, in->rows);
  filling f = {in, &c, SL_NEW_ARRAY(scratch, float, in->classes * call->threads + 1)};
  SL_TRY(sl_parallel(call->threads, (in->rows + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE, fill_rows, &f,
                     NULL, err));
  count(in, &c, tally);
  const struct {
    const char *name;
    sl_column_type type;
    const void *values;
  } columns_out[] = {{SL_COLUMN_PRED, SL_COLUMN_I32, c.pred},
                     {SL_COLUMN_TARGET, SL_COLUMN_I32, in->target},
                     {SL_COLUMN_CONFIDENCE, SL_COLUMN_F32, c.confidence},
                     {SL_COLUMN_ENTROPY, SL_COLUMN_F32, c.entropy},
                     {SL_COLUMN_MARGIN, SL_COLUMN_F32, c.margin},
                     {SL_COLUMN_LOSS, SL_COLUMN_F32, c.loss},
                     {SL_COLUMN_RANK, SL_COLUMN_I32, c.rank},
                     {SL_COLUMN_OUTCOME, SL_COLUMN_U8, c.outcome}};
  sl_record_ref owner = {SL_RECORD_RUN, in->run};
  sl_status status = SL_OK;
  for (size_t i = 0; i < sizeof columns_out / sizeof columns_out[0] && status == SL_OK; i++)
    status = sl_column_write(call->store, owner, columns_out[i].name, columns_out[i].type, in->rows,
                             1, columns_out[i].values, NULL, err);
  int64_t words = (in->classes + 63) / 64;
  if (status == SL_OK && in->target_sets != NULL)
    status = sl_column_write(call->store, owner, SL_COLUMN_TARGETS, SL_COLUMN_U8, in->rows,
                             words * 8, in->target_sets, NULL, err);
  if (status == SL_OK && in->errors != NULL)
    status =
        sl_column_write_texts(call->store, owner, SL_COLUMN_RUN_ERROR, in->errors, in->rows, err);
  sl_arena_free(scratch);
  return status;
}
