// SPDX-License-Identifier: Apache-2.0
// XRAI: integrated gradients gathered into regions, the densest region first.
//
// Regions are Felzenszwalb segments of the input at six scales, made wider by a few pixels, at the
// input's own size (PAIR's library resizes to 224 x 224 first). Without a baseline, black and white
// (the input's smallest and largest number) are both used and averaged.
//
// Invariant: every place gets the mean attribution of the part of a region that reached it first.
// Start at gather().
#include <math.h>
#include <string.h>

#include "attrib/attrib_case.h"
#include "attrib/quadrature.h"
#include "attrib/segments.h"

enum { SCALES = 6 };
static const double scales[SCALES] = {50, 100, 150, 250, 500, 1200};
static const double SEGMENT_SIGMA = 0.8;

typedef struct xrai_params {
  int64_t steps, segment_min, gain_min, widen;
} xrai_params;

static const sl_row xrai_rows[] = {
    SL_P_INT(xrai_params, steps, 1, 4096, 50, "steps", "Points on each path."),
    SL_P_INT(xrai_params, segment_min, 1, 1000000, 150, "px", "Smallest segment."),
    SL_P_INT(xrai_params, widen, 0, 64, 5, "px", "By how much segments are made wider."),
    SL_P_INT(xrai_params, gain_min, 1, 1000000, 50, "px",
             "A region that adds fewer pixels than this is left out."),
    SL_ROW_END};

typedef struct xrai {
  sl_attrib_case *work;
  const xrai_params *params;
  int64_t planes, height, width;
  int64_t baselines;  // 2 when black and white are used, else 1
  double *nodes, *weights;
  double *sums;  // [samples * elements]
} xrai;

// ---- integrated gradients -----------------------------------------------------------------------

static void ends_of(const float *x, int64_t count, float *low, float *high) {
  *low = *high = x[0];
  for (int64_t i = 1; i < count; i++) {
    *low = fminf(*low, x[i]);
    *high = fmaxf(*high, x[i]);
  }
}

static float baseline_at(const xrai *r, int64_t sample, int64_t which, int64_t i) {
  float low, high;
  if (r->baselines == 1) return sl_attrib_case_baseline(r->work, sample)[i];
  ends_of(r->work->x + sample * r->work->elements, r->work->elements, &low, &high);
  return which == 0 ? low : high;
}

static void make_point(void *ctx, int64_t sample, int64_t copy, float *row) {
  const xrai *r = ctx;
  const float *x = r->work->x + sample * r->work->elements;
  int64_t which = copy / r->params->steps;
  float alpha = (float)r->nodes[copy % r->params->steps];
  float from = baseline_at(r, sample, which, 0);
  for (int64_t i = 0; i < r->work->elements; i++) {
    if (r->baselines == 1) from = baseline_at(r, sample, which, i);
    row[i] = from + alpha * (x[i] - from);
  }
}

static void take_point(void *ctx, int64_t sample, int64_t copy, double value, const float *gradient,
                       const float *const *values) {
  (void)value, (void)values;
  const xrai *r = ctx;
  const float *x = r->work->x + sample * r->work->elements;
  int64_t which = copy / r->params->steps;
  double weight = r->weights[copy % r->params->steps] / (double)r->baselines;
  double *sums = r->sums + sample * r->work->elements;
  float from = baseline_at(r, sample, which, 0);
  for (int64_t i = 0; i < r->work->elements; i++) {
    if (r->baselines == 1) from = baseline_at(r, sample, which, i);
    sums[i] += weight * (double)gradient[i] * ((double)x[i] - (double)from);
  }
}

// ---- regions ------------------------------------------------------------------------------------

// The input with its numbers stretched to [-1, 1].
static double *stretched(sl_arena *arena, const float *x, int64_t count) {
  double *out = SL_NEW_ARRAY(arena, double, count);
  float low, high;
  ends_of(x, count, &low, &high);
  double range = high > low ? (double)high - (double)low : 1;
  for (int64_t i = 0; i < count; i++) out[i] = ((double)x[i] - (double)low) / range * 2 - 1;
  return out;
}

// Regions of all scales in one list.
typedef struct regions {
  sl_place_sets sets[SCALES];
  int64_t count;
} regions;

static void find_regions(const xrai *r, sl_arena *arena, int64_t sample, regions *out) {
  int64_t places = r->height * r->width;
  double *image = stretched(arena, r->work->x + sample * r->work->elements, r->work->elements);
  int32_t *labels = SL_NEW_ARRAY(arena, int32_t, places);
  out->count = 0;
  for (int s = 0; s < SCALES; s++) {
    sl_segment_params how = {
        .scale = scales[s], .sigma = SEGMENT_SIGMA, .pixels_min = r->params->segment_min};
    int64_t count = sl_segments_felzenszwalb(image, r->planes, r->height, r->width, &how, labels);
    sl_segments_dilated(arena, labels, count, r->height, r->width, r->params->widen, &out->sets[s]);
    out->count += count;
  }
}

// ---- gathering ----------------------------------------------------------------------------------

// What a region would still add: places nobody took yet, and their attribution.
typedef struct gain {
  const int32_t *places;
  int64_t size, left;
  double sum;
  int is_out;
} gain;

typedef struct gathering {
  const double *attribution;  // [places]
  gain *gains;
  int64_t count, places;
  const int64_t *first;  // per place: the regions it is in
  const int32_t *members;
  uint8_t *taken;
  double *map;
} gathering;

static void list_gains(const regions *all, const double *attribution, gain *gains) {
  int64_t at = 0;
  for (int s = 0; s < SCALES; s++)
    for (int64_t k = 0; k < all->sets[s].count; k++) {
      gain *g = &gains[at++];
      g->places = all->sets[s].places + all->sets[s].first[k];
      g->size = g->left = all->sets[s].first[k + 1] - all->sets[s].first[k];
      for (int64_t i = 0; i < g->size; i++) g->sum += attribution[g->places[i]];
    }
}

static void list_members(gathering *g, sl_arena *arena) {
  int64_t *first = SL_NEW_ARRAY(arena, int64_t, g->places + 2), total = 0;
  for (int64_t k = 0; k < g->count; k++) {
    total += g->gains[k].size;
    for (int64_t i = 0; i < g->gains[k].size; i++) first[g->gains[k].places[i] + 2]++;
  }
  for (int64_t p = 2; p <= g->places + 1; p++) first[p] += first[p - 1];
  int32_t *members = SL_NEW_ARRAY(arena, int32_t, total + 1);
  for (int64_t k = 0; k < g->count; k++)
    for (int64_t i = 0; i < g->gains[k].size; i++)
      members[first[g->gains[k].places[i] + 1]++] = (int32_t)k;
  g->first = first;
  g->members = members;
}

// The region of largest mean over what it would add; -1 when none adds enough.
static int64_t best_region(const gathering *g, int64_t gain_min) {
  int64_t best = -1;
  for (int64_t k = 0; k < g->count; k++) {
    const gain *one = &g->gains[k];
    if (one->is_out || one->left < gain_min) continue;
    if (best < 0 || one->sum / (double)one->left > g->gains[best].sum / (double)g->gains[best].left)
      best = k;
  }
  return best;
}

static void take_region(gathering *g, int64_t index) {
  gain *chosen = &g->gains[index];
  double mean = chosen->sum / (double)chosen->left;
  chosen->is_out = 1;
  for (int64_t i = 0; i < chosen->size; i++) {
    int32_t place = chosen->places[i];
    if (g->taken[place]) continue;
    g->taken[place] = 1;
    g->map[place] = mean;
    for (int64_t m = g->first[place]; m < g->first[place + 1]; m++) {
      g->gains[g->members[m]].left--;
      g->gains[g->members[m]].sum -= g->attribution[place];
    }
  }
}

// What no region took has its own mean.
static void fill_rest(gathering *g) {
  double sum = 0;
  int64_t count = 0;
  for (int64_t p = 0; p < g->places; p++)
    if (!g->taken[p]) {
      sum += g->attribution[p];
      count++;
    }
  for (int64_t p = 0; p < g->places; p++)
    if (!g->taken[p]) g->map[p] = sum / (double)count;
}

static void gather(const xrai *r, int64_t sample, float *out) {
  sl_arena *arena = sl_arena_new(NULL, "xrai");
  int64_t places = r->height * r->width;
  const double *sums = r->sums + sample * r->work->elements;
  double *attribution = SL_NEW_ARRAY(arena, double, places);
  for (int64_t i = 0; i < places; i++) {
    attribution[i] = sums[i];
    for (int64_t p = 1; p < r->planes; p++)
      attribution[i] = fmax(attribution[i], sums[p * places + i]);
  }
  regions all;
  find_regions(r, arena, sample, &all);
  gathering g = {.attribution = attribution,
                 .gains = SL_NEW_ARRAY(arena, gain, all.count + 1),
                 .count = all.count,
                 .places = places,
                 .taken = SL_NEW_ARRAY(arena, uint8_t, places),
                 .map = SL_NEW_ARRAY(arena, double, places)};
  list_gains(&all, attribution, g.gains);
  list_members(&g, arena);
  for (int64_t k = best_region(&g, r->params->gain_min); k >= 0;
       k = best_region(&g, r->params->gain_min))
    take_region(&g, k);
  fill_rest(&g);
  for (int64_t i = 0; i < places; i++) out[i] = (float)g.map[i];
  sl_arena_free(arena);
}

// ---- the run ------------------------------------------------------------------------------------

static sl_status gather_all(xrai *r, sl_error *err) {
  sl_attrib_case *work = r->work;
  const sl_shape *shape = &work->input.shape;
  float *values;
  if (shape->rank != 4 || shape->dims[2] * shape->dims[3] > INT32_MAX / 4)
    return sl_fail(err, SL_E_UNSUPPORTED, "xrai needs an input [N, C, H, W]");
  r->planes = shape->dims[1];
  r->height = shape->dims[2];
  r->width = shape->dims[3];
  r->baselines = work->call->baseline == NULL ? 2 : 1;
  SL_TRY(sl_attrib_case_pair(work, err));
  r->nodes = SL_NEW_ARRAY(work->call->arena, double, r->params->steps);
  r->weights = SL_NEW_ARRAY(work->call->arena, double, r->params->steps);
  sl_quadrature_points(SL_QUADRATURE_GAUSS_LEGENDRE, r->params->steps, r->nodes, r->weights);
  SL_TRY(sl_attrib_case_sums(work, work->samples * work->elements, &r->sums, err));
  sl_shape map = {.rank = 4, .dims = {work->samples, 1, r->height, r->width}};
  SL_TRY(sl_attrib_case_values(work, &map, &values, err));
  sl_sweep_plan plan = {.copies = r->params->steps * r->baselines,
                        .gradients = true,
                        .make = make_point,
                        .take = take_point,
                        .ctx = r};
  SL_TRY(sl_attrib_sweep(work->call, &work->start, &plan, work->out, err));
  for (int64_t n = 0; n < work->samples; n++) gather(r, n, values + n * r->height * r->width);
  return SL_OK;
}

static sl_status run_xrai(const sl_attrib_call *call, const void *params, sl_attribution *out,
                          sl_error *err) {
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  xrai r = {.work = &work, .params = params};
  sl_status status = gather_all(&r, err);
  sl_attrib_case_close(&work);
  return status;
}

const sl_attrib_method sl_attrib_xrai = {
    .item = {.name = "xrai",
             .title = "XRAI",
             .help = "Integrated gradients gathered into regions of the picture, the densest "
                     "first.",
             .since = "0.2.0",
             .params = xrai_rows,
             .params_size = sizeof(xrai_params)},
    .needs = SL_ATTRIB_SIGNED | SL_ATTRIB_NEEDS_BASELINE,
    .source = "Kapishnikov, Bolukbasi, Viegas, Terry 2019, section 3",
    .run = run_xrai};
