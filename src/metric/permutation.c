// SPDX-License-Identifier: Apache-2.0
// Finds a wrong order of classes; the contract is in permutation.h.
//
// Invariant: the half of the samples that chooses the assignment never judges it. Start at
// sl_permutation_find().
#include "metric/permutation.h"

#include "metric/array.h"
#include "metric/draw.h"
#include "metric/metric.h"
#include "metric/stats.h"

#define GAIN_LEAST 0.3      // of accuracy among samples of moved classes
#define ACCURACY_LEAST 0.4  // among them after the move
#define P_VALUE_MOST 1e-6
#define SAMPLES_LEAST 20  // fewer samples to win are no reason to search

// ---- assignment ---------------------------------------------------------------------------------

// Rows enter one by one; each grows a tree of cheapest paths over columns until a free one is
// reached. Index n stands for "no column yet". `slack` is the distance of a column to the tree.
typedef struct assignment {
  int32_t n;
  const int32_t *gain;
  int64_t *row_price, *column_price, *slack;
  int32_t *owner, *way;  // of columns: the row matched to it, the column before it on the path
  uint8_t *in_tree;
} assignment;

// Relaxes the edges of the row that owns `column`; returns the nearest column outside the tree.
static int32_t relax(assignment *a, int32_t column, int64_t *distance) {
  int32_t row = a->owner[column], nearest = -1;
  const int32_t *gain = a->gain + (int64_t)row * a->n;
  for (int32_t c = 0; c < a->n; c++) {
    if (a->in_tree[c]) continue;
    int64_t cost = -(int64_t)gain[c] - a->row_price[row] - a->column_price[c];
    if (cost < a->slack[c]) {
      a->slack[c] = cost;
      a->way[c] = column;
    }
    if (nearest < 0 || a->slack[c] < a->slack[nearest]) nearest = c;
  }
  *distance = a->slack[nearest];
  return nearest;
}

static void reprice(assignment *a, int64_t distance) {
  for (int32_t c = 0; c <= a->n; c++) {
    if (a->in_tree[c]) {
      a->row_price[a->owner[c]] += distance;
      a->column_price[c] -= distance;
    } else {
      a->slack[c] -= distance;
    }
  }
}

static void insert_row(assignment *a, int32_t row) {
  int32_t column = a->n;
  for (int32_t c = 0; c <= a->n; c++) {
    a->slack[c] = INT64_MAX / 2;
    a->in_tree[c] = 0;
  }
  a->owner[a->n] = row;
  do {
    int64_t distance;
    a->in_tree[column] = 1;
    int32_t next = relax(a, column, &distance);
    reprice(a, distance);
    column = next;
  } while (a->owner[column] >= 0);
  while (column != a->n) {
    int32_t before = a->way[column];
    a->owner[column] = a->owner[before];
    column = before;
  }
}

static sl_status assign(sl_arena *scratch, int32_t n, const int32_t *gain, int32_t *match,
                        sl_error *err) {
  assignment a = {.n = n, .gain = gain};
  SL_TRY(SL_ARRAY(scratch, n, a.row_price, err));
  SL_TRY(SL_ARRAY(scratch, n + 1, a.column_price, err));
  SL_TRY(SL_ARRAY(scratch, n + 1, a.slack, err));
  SL_TRY(SL_ARRAY(scratch, n + 1, a.owner, err));
  SL_TRY(SL_ARRAY(scratch, n + 1, a.way, err));
  SL_TRY(SL_ARRAY(scratch, n + 1, a.in_tree, err));
  for (int32_t c = 0; c <= n; c++) a.owner[c] = -1;
  for (int32_t row = 0; row < n; row++) insert_row(&a, row);
  for (int32_t c = 0; c < n; c++) match[a.owner[c]] = c;
  return SL_OK;
}

sl_status sl_permutation_assign(sl_arena *arena, int32_t n, const int32_t *gain, int32_t *match,
                                sl_error *err) {
  sl_arena *scratch = sl_arena_new(arena, "assignment");
  sl_status status = assign(scratch, n, gain, match, err);
  sl_arena_free(scratch);
  return status;
}

// ---- detection ----------------------------------------------------------------------------------

typedef struct detector {
  int32_t classes;
  const sl_metric_cell *cells;
  int64_t count;
  int64_t *held;  // of each cell: samples of the judging half
  int32_t *map;
  uint8_t *moved;  // of true classes: another prediction is read as it
} detector;

// Most samples that any assignment could win: for each label, by how much its most frequent
// prediction exceeds the right one.
static int64_t most_to_win(const detector *d, int64_t *best, int64_t *right) {
  for (int64_t i = 0; i < d->count; i++) {
    const sl_metric_cell *cell = &d->cells[i];
    if (cell->count > best[cell->label]) best[cell->label] = cell->count;
    if (cell->label == cell->pred) right[cell->label] = cell->count;
  }
  int64_t sum = 0;
  for (int32_t c = 0; c < d->classes; c++) sum += best[c] - right[c];
  return sum;
}

// Splits every cell at random and fills the gains of the choosing half; a draw between assignments
// goes to the one that moves less.
static void split(detector *d, uint64_t seed, int32_t *gain) {
  sl_random random = sl_draw_start(seed, 0);
  for (int64_t i = 0; i < d->count; i++) {
    const sl_metric_cell *cell = &d->cells[i];
    int64_t chosen = sl_draw_binomial(&random, cell->count, 0.5);
    d->held[i] = cell->count - chosen;
    if (chosen > INT32_MAX / 4) chosen = INT32_MAX / 4;
    gain[(int64_t)cell->pred * d->classes + cell->label] = (int32_t)(2 * chosen);
  }
  for (int32_t c = 0; c < d->classes; c++) gain[(int64_t)c * d->classes + c] += 1;
}

static void judge(const detector *d, sl_permutation *out) {
  int64_t fixed = 0, broken = 0, moved = 0, right = 0, right_after = 0, total = 0, all_after = 0;
  for (int64_t i = 0; i < d->count; i++) {
    const sl_metric_cell *cell = &d->cells[i];
    bool before = cell->pred == cell->label, after = d->map[cell->pred] == cell->label;
    total += cell->count;
    all_after += after ? cell->count : 0;
    fixed += after && !before ? d->held[i] : 0;
    broken += before && !after ? d->held[i] : 0;
    if (!d->moved[cell->label]) continue;
    moved += d->held[i];
    right += before ? d->held[i] : 0;
    right_after += after ? d->held[i] : 0;
  }
  out->accuracy_permuted = (double)all_after / (double)total;
  out->p_value = sl_stats_sign_one_sided(fixed, broken);
  out->moved_accuracy = moved > 0 ? (double)right / (double)moved : 0.0;
  out->moved_accuracy_permuted = moved > 0 ? (double)right_after / (double)moved : 0.0;
  out->found = out->p_value <= P_VALUE_MOST && out->moved_accuracy_permuted >= ACCURACY_LEAST &&
               out->moved_accuracy_permuted - out->moved_accuracy >= GAIN_LEAST;
}

static sl_status detect(sl_arena *scratch, detector *d, uint64_t seed, sl_permutation *out,
                        sl_error *err) {
  int64_t *best, *right, total = 0, correct = 0;
  SL_TRY(SL_ARRAY(scratch, d->classes, best, err));
  SL_TRY(SL_ARRAY(scratch, d->classes, right, err));
  int64_t to_win = most_to_win(d, best, right);
  for (int64_t i = 0; i < d->count; i++) total += d->cells[i].count;
  for (int32_t c = 0; c < d->classes; c++) correct += right[c];
  out->accuracy = out->accuracy_permuted = (double)correct / (double)total;
  if (to_win < SAMPLES_LEAST) return SL_OK;
  int32_t *gain;
  SL_TRY(SL_ARRAY(scratch, d->count, d->held, err));
  SL_TRY(SL_ARRAY(scratch, d->classes, d->moved, err));
  SL_TRY(SL_ARRAY(scratch, (int64_t)d->classes * d->classes, gain, err));
  split(d, seed, gain);
  SL_TRY(sl_permutation_assign(scratch, d->classes, gain, d->map, err));
  for (int32_t c = 0; c < d->classes; c++) {
    d->moved[d->map[c]] = d->map[c] != c;
    out->moved += d->map[c] != c;
  }
  judge(d, out);
  return SL_OK;
}

sl_status sl_permutation_find(sl_arena *arena, int32_t classes, const sl_metric_cell *cells,
                              int64_t count, uint64_t seed, sl_permutation *out, sl_error *err) {
  *out = (sl_permutation){.p_value = 1.0};
  if (count == 0 || classes > SL_PERMUTATION_CLASSES_MAX) return SL_OK;
  detector d = {.classes = classes, .cells = cells, .count = count};
  SL_TRY(SL_ARRAY(arena, classes, d.map, err));
  for (int32_t c = 0; c < classes; c++) d.map[c] = c;
  sl_arena *scratch = sl_arena_new(arena, "class order");
  sl_status status = detect(scratch, &d, seed, out, err);
  sl_arena_free(scratch);
  out->checked = status == SL_OK;
  out->map = d.map;
  return status;
}
