// SPDX-License-Identifier: Apache-2.0
// ROC and precision-recall curves from the slots of a ranking.
//
// Invariant: vertices go from the highest threshold down; the area belongs to the full curve, and
// thinning keeps its ends and vertices spread evenly along its length.
// Start at sl_ranking_curves().
#include <math.h>

#include "metric/array.h"
#include "metric/ranking.h"

typedef struct vertex {
  double x, y, threshold;
} vertex;

// Vertices while a threshold sinks: before each group of positives (negatives came in) and at it.
typedef struct walk {
  const sl_slots *slots;
  sl_metric_curve_kind kind;
  vertex *at;
  int64_t count;
} walk;

static void add_vertex(walk *w, int64_t hits, int64_t others, double threshold) {
  double p = (double)w->slots->positives, n = (double)w->slots->negatives;
  vertex v = {.threshold = threshold};
  if (w->kind == SL_CURVE_ROC) {
    v.x = n > 0.0 ? (double)others / n : 0.0;
    v.y = p > 0.0 ? (double)hits / p : 0.0;
  } else {
    v.x = p > 0.0 ? (double)hits / p : 0.0;
    v.y = hits + others > 0 ? (double)hits / (double)(hits + others) : 1.0;
  }
  w->at[w->count++] = v;
}

static void find_vertices(walk *w) {
  const sl_slots *slots = w->slots;
  int64_t hits = 0, others = 0;
  add_vertex(w, 0, 0, INFINITY);
  for (int32_t g = slots->groups - 1; g >= 0; g--) {
    double score = (double)sl_scores_of_key(slots->keys[g]);
    others += slots->others[2 * g + 2];
    if (slots->others[2 * g + 2] > 0) {
      add_vertex(w, hits, others, (double)nextafterf((float)score, INFINITY));
    }
    hits += slots->hits[g];
    others += slots->others[2 * g + 1];
    add_vertex(w, hits, others, score);
  }
  if (others < slots->negatives) add_vertex(w, hits, slots->negatives, -INFINITY);
}

static double distance(const vertex *a, const vertex *b) { return hypot(b->x - a->x, b->y - a->y); }

// Keeps the first vertex of each of points - 1 equal stretches of the curve, and its last one.
static int64_t thin(vertex *at, int64_t count, int32_t points) {
  if (count <= points) return count;
  double length = 0.0, walked = 0.0;
  for (int64_t i = 1; i < count; i++) length += distance(&at[i - 1], &at[i]);
  double stretch = length / (double)(points - 1);
  int64_t kept = 1, reached = 0;
  vertex previous = at[0], last = at[count - 1];
  for (int64_t i = 1; i < count - 1; i++) {
    walked += distance(&previous, &at[i]);
    previous = at[i];
    int64_t here = stretch > 0.0 ? (int64_t)(walked / stretch) : 0;
    if (here <= reached || kept >= points - 1) continue;
    reached = here;
    at[kept++] = at[i];
  }
  at[kept++] = last;
  return kept;
}

static sl_status copy_out(sl_arena *arena, const walk *w, sl_metric_curve *out, sl_error *err) {
  double *x, *y, *threshold;
  SL_TRY(SL_ARRAY(arena, w->count, x, err));
  SL_TRY(SL_ARRAY(arena, w->count, y, err));
  SL_TRY(SL_ARRAY(arena, w->count, threshold, err));
  for (int64_t i = 0; i < w->count; i++) {
    x[i] = w->at[i].x;
    y[i] = w->at[i].y;
    threshold[i] = w->at[i].threshold;
  }
  out->count = (int32_t)w->count;
  out->x = x;
  out->y = y;
  out->threshold = threshold;
  return SL_OK;
}

static sl_status trace(sl_arena *arena, sl_arena *scratch, walk *w, int32_t points,
                       sl_metric_curve *out, sl_error *err) {
  SL_TRY(SL_ARRAY(scratch, 2 * (int64_t)w->slots->groups + 2, w->at, err));
  find_vertices(w);
  w->count = thin(w->at, w->count, points);
  return copy_out(arena, w, out, err);
}

sl_status sl_ranking_curves(sl_arena *arena, const sl_ranking *ranking, int32_t class_index,
                            int32_t points, sl_metric_curve out[2], sl_error *err) {
  const sl_slots *slots = &ranking->slots[class_index >= 0 ? class_index : ranking->classes];
  out[0] = (sl_metric_curve){.class_index = class_index, .kind = SL_CURVE_ROC};
  out[1] = (sl_metric_curve){.class_index = class_index, .kind = SL_CURVE_PR};
  out[0].area = sl_slots_auroc(slots);
  out[1].area = sl_slots_average_precision(slots);
  sl_arena *scratch = sl_arena_new(arena, "evaluation: curves");
  sl_status status = SL_OK;
  for (int k = 0; k < 2 && status == SL_OK; k++) {
    walk w = {.slots = slots, .kind = out[k].kind};
    status = trace(arena, scratch, &w, points, &out[k], err);
  }
  sl_arena_free(scratch);
  return status;
}
