// SPDX-License-Identifier: Apache-2.0
// Guided integrated gradients: the way from the baseline goes first where the model hardly reacts,
// so that noise on the way is not summed up.
//
// Invariant: after step k of K the distance to the input (L1) is the (K - k) / K of the whole, and
// no element is further than `distance` off the straight way. Start at one_step().
#include <math.h>
#include <string.h>

#include "attrib/attrib_case.h"

typedef struct guided_params {
  int64_t steps;
  double fraction, distance;
} guided_params;

static const sl_row guided_rows[] = {
    SL_P_INT(guided_params, steps, 1, 4096, 200, "steps", "Points on the path, one after another."),
    SL_P_REAL(guided_params, fraction, 0.001, 1, 0.25, NULL,
              "Part of the elements, those of smallest gradient, that move in a step."),
    SL_P_REAL(guided_params, distance, 0, 1, 0.02, NULL,
              "How far an element may be off the straight way; 0 is integrated gradients."),
    SL_ROW_END};

typedef struct guide {
  sl_attrib_case *work;
  const guided_params *params;
  double *at, *before;     // [samples * elements], [elements]: where the path is
  float *gradients;        // [samples * elements]
  double *sums;            // [samples * elements]
  double *sizes, *sorted;  // [elements]: |gradient|, infinite where an element is at its end
} guide;

static void make_place(void *ctx, int64_t sample, int64_t copy, float *row) {
  (void)copy;
  const guide *g = ctx;
  const double *at = g->at + sample * g->work->elements;
  for (int64_t i = 0; i < g->work->elements; i++) row[i] = (float)at[i];
}

static void keep_gradient(void *ctx, int64_t sample, int64_t copy, double value,
                          const float *gradient, const float *const *values) {
  (void)copy, (void)value, (void)values;
  guide *g = ctx;
  memcpy(g->gradients + sample * g->work->elements, gradient,
         (size_t)g->work->elements * sizeof *gradient);
}

// The element of this rank (Hoare's selection); `x` is reordered.
static double select_rank(double *x, int64_t count, int64_t rank) {
  int64_t low = 0, high = count - 1;
  while (low < high) {
    double pivot = x[low + (high - low) / 2];
    int64_t i = low, j = high;
    while (i <= j) {
      while (x[i] < pivot) i++;
      while (x[j] > pivot) j--;
      if (i > j) break;
      double kept = x[i];
      x[i++] = x[j];
      x[j--] = kept;
    }
    if (rank <= j)
      high = j;
    else if (rank >= i)
      low = i;
    else
      break;
  }
  return x[rank];
}

typedef struct corridor {
  const float *x, *from;
  double low, high;  // alpha on the straight way
} corridor;

static double point(const corridor *c, double alpha, int64_t i) {
  return (double)c->from[i] + ((double)c->x[i] - (double)c->from[i]) * alpha;
}

// Elements behind the corridor are taken to its low end.
static void catch_up(const corridor *c, double *at, int64_t elements) {
  for (int64_t i = 0; i < elements; i++) {
    double way = (double)c->x[i] - (double)c->from[i];
    if (way != 0 && (at[i] - (double)c->from[i]) / way < c->low) at[i] = point(c, c->low, i);
  }
}

static double distance_left(const corridor *c, const double *at, int64_t elements) {
  double sum = 0;
  for (int64_t i = 0; i < elements; i++) sum += fabs(at[i] - (double)c->x[i]);
  return sum;
}

// Moves the elements of smallest gradient towards the high end by as much as is wanted, at most to
// it. Returns 1 when that was enough.
static int move_smallest(guide *g, const corridor *c, double *at, double excess) {
  int64_t elements = g->work->elements;
  for (int64_t i = 0; i < elements; i++)
    if (at[i] == point(c, c->high, i)) g->sizes[i] = INFINITY;
  memcpy(g->sorted, g->sizes, (size_t)elements * sizeof *g->sorted);
  int64_t rank = (int64_t)floor((double)(elements - 1) * g->params->fraction);
  double threshold = select_rank(g->sorted, elements, rank), reach = 0;
  for (int64_t i = 0; i < elements; i++)
    if (g->sizes[i] <= threshold && g->sizes[i] < INFINITY)
      reach += fabs(at[i] - point(c, c->high, i));
  double part = reach > 0 ? excess / reach : INFINITY;
  for (int64_t i = 0; i < elements; i++) {
    if (!(g->sizes[i] <= threshold) || g->sizes[i] == INFINITY) continue;
    double end = point(c, c->high, i);
    at[i] = part > 1 ? end : at[i] + (end - at[i]) * part;
  }
  return part <= 1;
}

static void one_step(guide *g, int64_t sample, int64_t step, double whole) {
  int64_t elements = g->work->elements;
  double alpha = ((double)step + 1) / (double)g->params->steps;
  double wanted = whole * (1 - alpha), *at = g->at + sample * elements;
  const float *gradient = g->gradients + sample * elements;
  corridor c = {.x = g->work->x + sample * elements,
                .from = sl_attrib_case_baseline(g->work, sample),
                .low = fmax(alpha - g->params->distance, 0),
                .high = fmin(alpha + g->params->distance, 1)};
  for (int64_t i = 0; i < elements; i++) g->sizes[i] = fabs((double)gradient[i]);
  // Every round takes at least one element to its end, so that many rounds are the most.
  for (int64_t round = 0; round <= elements; round++) {
    memcpy(g->before, at, (size_t)elements * sizeof *at);
    catch_up(&c, at, elements);
    double left = distance_left(&c, at, elements), excess = left - wanted;
    int done = fabs(excess) <= fmax(1e-9 * fmax(fabs(left), fabs(wanted)), 1e-9);
    if (!done) done = move_smallest(g, &c, at, excess);
    double *sums = g->sums + sample * elements;
    for (int64_t i = 0; i < elements; i++) sums[i] += (at[i] - g->before[i]) * (double)gradient[i];
    if (done) return;
  }
}

static sl_status make_room(guide *g, sl_error *err) {
  sl_attrib_case *work = g->work;
  int64_t all = work->samples * work->elements;
  SL_TRY(sl_attrib_case_pair(work, err));
  SL_TRY(sl_attrib_case_sums(work, all, &g->at, err));
  SL_TRY(sl_attrib_case_sums(work, all, &g->sums, err));
  SL_TRY(sl_attrib_case_sums(work, work->elements, &g->before, err));
  SL_TRY(sl_attrib_case_sums(work, work->elements, &g->sizes, err));
  SL_TRY(sl_attrib_case_sums(work, work->elements, &g->sorted, err));
  g->gradients = SL_NEW_ARRAY(work->call->arena, float, all);
  for (int64_t i = 0; i < all; i++)
    g->at[i] = (double)sl_attrib_case_baseline(work, i / work->elements)[i % work->elements];
  return SL_OK;
}

static sl_status walk(guide *g, sl_error *err) {
  sl_attrib_case *work = g->work;
  sl_arena *arena = work->call->arena;
  double *whole = SL_NEW_ARRAY(arena, double, work->samples);
  double *at_start = SL_NEW_ARRAY(arena, double, work->samples);
  float *values;
  SL_TRY(make_room(g, err));
  SL_TRY(sl_attrib_case_values(work, NULL, &values, err));
  SL_TRY(sl_attrib_case_at_baseline(work, at_start, err));
  for (int64_t n = 0; n < work->samples; n++) {
    corridor c = {.x = work->x + n * work->elements, .from = sl_attrib_case_baseline(work, n)};
    whole[n] = distance_left(&c, g->at + n * work->elements, work->elements);
  }
  sl_sweep_plan plan = {
      .copies = 1, .gradients = true, .make = make_place, .take = keep_gradient, .ctx = g};
  for (int64_t step = 0; step < g->params->steps; step++) {
    SL_TRY(sl_attrib_sweep(work->call, &work->start, &plan, work->out, err));
    for (int64_t n = 0; n < work->samples; n++)
      if (whole[n] > 0) one_step(g, n, step, whole[n]);
  }
  work->out->delta = SL_NEW_ARRAY(arena, double, work->samples);
  for (int64_t i = 0; i < work->samples * work->elements; i++) {
    values[i] = (float)g->sums[i];
    work->out->delta[i / work->elements] += g->sums[i];
  }
  for (int64_t n = 0; n < work->samples; n++)
    work->out->delta[n] -= work->start.numbers[n] - at_start[n];
  return SL_OK;
}

static sl_status run_guided(const sl_attrib_call *call, const void *params, sl_attribution *out,
                            sl_error *err) {
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  guide g = {.work = &work, .params = params};
  sl_status status = walk(&g, err);
  sl_attrib_case_close(&work);
  return status;
}

const sl_attrib_method sl_attrib_guided_integrated_gradients = {
    .item = {.name = "guided_integrated_gradients",
             .title = "Guided integrated gradients",
             .help = "Integrated gradients on a way that goes first where the model hardly reacts.",
             .since = "0.2.0",
             .params = guided_rows,
             .params_size = sizeof(guided_params)},
    .needs = SL_ATTRIB_SIGNED | SL_ATTRIB_NEEDS_BASELINE,
    .source = "Kapishnikov et al. 2021, section 4",
    .run = run_guided};
