// SPDX-License-Identifier: Apache-2.0
// Measures of maps that need no other model: curves, ROAD, infidelity, sensitivity, complexity,
// pointing.
//
// Start at sl_quality_open().
#include "attrib/map_quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attrib/grid_resize.h"
#include "attrib/linear_impute.h"
#include "attrib/normal_noise.h"

static int64_t places_of(const sl_quality *q) { return q->plane.height * q->plane.width; }

sl_status sl_quality_places(const sl_attrib_case *work, const sl_input_plane *plane,
                            const sl_tensor *values, double *out, sl_error *err) {
  int64_t places = plane->height * plane->width, rank = values->shape.rank;
  const int64_t *d = values->shape.dims;
  const float *from = values->data;
  memset(out, 0, (size_t)places * sizeof *out);
  if (sl_shape_equal(&values->shape, &work->input.shape)) {
    for (int64_t c = 0; c < plane->channels; c++)
      for (int64_t i = 0; i < places; i++) out[i] += (double)from[sl_input_at(plane, c, i)];
    return SL_OK;
  }
  if (rank != 4 || d[1] != 1)
    return sl_fail(err, SL_E_UNSUPPORTED, "a map of %s lies on no plane like the input's",
                   sl_shape_text(work->call->arena, &values->shape));
  float *large = SL_NEW_ARRAY(work->call->arena, float, places);
  sl_grid_resize(from, d[2], d[3], SL_GRID_BILINEAR, plane->height, plane->width, large);
  for (int64_t i = 0; i < places; i++) out[i] = (double)large[i];
  return SL_OK;
}

sl_status sl_quality_open(const sl_attrib_call *call, const sl_variant *method,
                          const sl_attribution *map, sl_quality *out, sl_error *err) {
  *out = (sl_quality){.method = method, .map = map};
  if (call->input->shape.dims[0] != 1)
    return sl_fail(err, SL_E_ARG, "maps are judged one input at a time, %lld were given",
                   (long long)call->input->shape.dims[0]);
  SL_TRY(sl_attrib_case_open(call, &out->scratch, &out->work, err));
  sl_status status = sl_input_plane_of(&out->work, &out->plane, err);
  if (status == SL_OK) {
    out->importance = SL_NEW_ARRAY(call->arena, double, places_of(out) + 1);
    status = sl_quality_places(&out->work, &out->plane, &map->values, out->importance, err);
  }
  if (status != SL_OK) sl_quality_close(out);
  return status;
}

void sl_quality_close(sl_quality *quality) {
  if (quality->work.call != NULL) sl_attrib_case_close(&quality->work);
  sl_attribution_release(&quality->scratch);
  quality->work.call = NULL;
}

// ---- curves -------------------------------------------------------------------------------------

typedef struct ranked {
  double importance;
  int64_t place;
} ranked;

static int by_importance(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  if (x->importance != y->importance) return x->importance > y->importance ? -1 : 1;
  return (x->place > y->place) - (x->place < y->place);
}

// (*ranks)[place]: 0 for the most important one.
static int64_t *rank_places(const sl_quality *q) {
  int64_t places = places_of(q);
  ranked *order = SL_NEW_ARRAY(q->work.call->arena, ranked, places);
  int64_t *ranks = SL_NEW_ARRAY(q->work.call->arena, int64_t, places);
  for (int64_t i = 0; i < places; i++) order[i] = (ranked){q->importance[i], i};
  qsort(order, (size_t)places, sizeof *order, by_importance);
  for (int64_t i = 0; i < places; i++) ranks[order[i].place] = i;
  return ranks;
}

static int64_t clamp_to(int64_t at, int64_t size) { return at < 0 ? 0 : at < size ? at : size - 1; }

// One direction of the blur: `stride` between neighbours of a line of `size` places.
static void blur_line(const float *from, float *to, int64_t size, int64_t stride,
                      const double *kernel) {
  enum { RADIUS = 5 };
  for (int64_t i = 0; i < size; i++) {
    double sum = 0;
    for (int64_t k = -RADIUS; k <= RADIUS; k++)
      sum += kernel[k + RADIUS] * (double)from[clamp_to(i + k, size) * stride];
    to[i * stride] = (float)sum;
  }
}

static float *blurred(const sl_quality *q) {
  double kernel[11], total = 0;
  for (int k = 0; k < 11; k++) total += kernel[k] = exp(-(k - 5) * (k - 5) / 50.0);
  for (int k = 0; k < 11; k++) kernel[k] /= total;
  const sl_input_plane *p = &q->plane;
  float *half = SL_NEW_ARRAY(q->work.call->arena, float, q->work.elements);
  float *out = SL_NEW_ARRAY(q->work.call->arena, float, q->work.elements);
  int64_t across = sl_input_at(p, 0, 1), down = sl_input_at(p, 0, p->width);
  for (int64_t c = 0; c < p->channels; c++) {
    int64_t first = sl_input_at(p, c, 0);
    for (int64_t y = 0; y < p->height; y++)
      blur_line(q->work.x + first + y * down, half + first + y * down, p->width, across, kernel);
    for (int64_t x = 0; x < p->width; x++)
      blur_line(half + first + x * across, out + first + x * across, p->height, down, kernel);
  }
  return out;
}

typedef struct curve_run {
  sl_quality *q;
  const int64_t *ranks;
  const float *first, *last;  // what places are before and after their turn
  int64_t steps, score_count;
  double *curve;
  bool is_probability;
} curve_run;

static void make_step(void *ctx, int64_t sample, int64_t copy, float *row) {
  (void)sample;
  const curve_run *r = ctx;
  const sl_input_plane *p = &r->q->plane;
  int64_t places = places_of(r->q), shown = copy * places / r->steps;
  for (int64_t c = 0; c < p->channels; c++)
    for (int64_t i = 0; i < places; i++) {
      int64_t at = sl_input_at(p, c, i);
      row[at] = r->ranks[i] < shown ? r->last[at] : r->first[at];
    }
}

// Softmax of scores, unless they are probabilities already.
static double probability_of(const float *scores, int64_t count, int64_t wanted) {
  double sum = 0, top = -INFINITY, low = INFINITY, total = 0;
  for (int64_t i = 0; i < count; i++) {
    sum += (double)scores[i];
    top = fmax(top, (double)scores[i]);
    low = fmin(low, (double)scores[i]);
  }
  if (low >= 0 && fabs(sum - 1) < 1e-3) return (double)scores[wanted];
  for (int64_t i = 0; i < count; i++) total += exp((double)scores[i] - top);
  return exp((double)scores[wanted] - top) / total;
}

static void take_step(void *ctx, int64_t sample, int64_t copy, double value, const float *gradient,
                      const float *const *values) {
  (void)sample, (void)gradient;
  curve_run *r = ctx;
  const sl_target *target = &r->q->work.start.targets[0];
  r->curve[copy] = r->is_probability
                       ? probability_of(values[0], r->score_count, target->terms[0].index[0])
                       : value;
}

sl_status sl_quality_curve(sl_quality *quality, sl_quality_way way, int64_t steps, double *curve,
                           double *area, bool *is_probability, sl_error *err) {
  sl_attrib_case *work = &quality->work;
  const sl_target *target = &work->start.targets[0];
  const sl_shape *scores = &work->start.value.shape;
  int64_t places = places_of(quality);
  curve_run r = {.q = quality,
                 .ranks = rank_places(quality),
                 .steps = steps < places ? steps : places,
                 .score_count = scores->rank == 2 ? scores->dims[1] : 1,
                 .curve = curve};
  r.is_probability = *is_probability =
      r.score_count > 1 && target->term_count == 1 && target->terms[0].rank == 1;
  r.first = way == SL_QUALITY_INSERTION ? blurred(quality) : work->x;
  r.last = way == SL_QUALITY_INSERTION ? work->x : sl_attrib_case_baseline(work, 0);
  sl_sweep_plan plan = {.copies = r.steps + 1,
                        .values = &target->value,
                        .value_count = 1,
                        .make = make_step,
                        .take = take_step,
                        .ctx = &r};
  SL_TRY(sl_attrib_sweep(work->call, &work->start, &plan, work->out, err));
  for (int64_t i = r.steps + 1; i <= steps; i++) curve[i] = curve[r.steps];
  *area = -(curve[0] + curve[steps]) / 2;
  for (int64_t i = 0; i <= steps; i++) *area += curve[i];
  *area /= (double)steps;
  return SL_OK;
}

// ---- ROAD ---------------------------------------------------------------------------------------

enum { SHARES = 9 };

typedef struct road_run {
  sl_quality *q;
  double *sorted;  // [places], rising
  double noise, sum;
  double *channel;
  uint8_t *known;
} road_run;

static int rising(const void *a, const void *b) {
  const double *x = a, *y = b;
  return (*x > *y) - (*x < *y);
}

// The value with `share` of the sorted ones below it, between neighbours linearly.
static double quantile(const double *sorted, int64_t count, double share) {
  double place = share * (double)(count - 1);
  int64_t low = (int64_t)place, high = low + 1 < count ? low + 1 : low;
  return sorted[low] + (place - (double)low) * (sorted[high] - sorted[low]);
}

// Copies 0 to 8 keep the least important 10 % to 90 %, copies 9 to 17 the most important.
static void keep_share(road_run *r, int64_t copy) {
  int64_t places = places_of(r->q);
  double share = (double)(copy % SHARES + 1) / (SHARES + 1);
  double bound = quantile(r->sorted, places, copy < SHARES ? share : 1 - share);
  for (int64_t i = 0; i < places; i++)
    r->known[i] = copy < SHARES ? r->q->importance[i] < bound : r->q->importance[i] > bound;
}

static void make_filled(void *ctx, int64_t sample, int64_t copy, float *row) {
  road_run *r = ctx;
  const sl_input_plane *p = &r->q->plane;
  int64_t places = places_of(r->q);
  sl_random random = sl_noise_start(r->q->work.call->seed, sample, copy);
  keep_share(r, copy);
  for (int64_t c = 0; c < p->channels; c++) {
    for (int64_t i = 0; i < places; i++) r->channel[i] = (double)r->q->work.x[sl_input_at(p, c, i)];
    sl_linear_impute(r->channel, r->known, p->height, p->width);
    for (int64_t i = 0; i < places; i++) {
      float filled = (float)r->channel[i];
      if (!r->known[i]) sl_noise_add(&random, &filled, r->noise, 1, &filled);
      row[sl_input_at(p, c, i)] = filled;
    }
  }
}

static void take_filled(void *ctx, int64_t sample, int64_t copy, double value,
                        const float *gradient, const float *const *values) {
  (void)sample, (void)gradient, (void)values;
  ((road_run *)ctx)->sum += copy < SHARES ? -value : value;
}

sl_status sl_quality_road(sl_quality *quality, double noise, double *out, sl_error *err) {
  sl_arena *arena = quality->work.call->arena;
  int64_t places = places_of(quality);
  road_run r = {.q = quality,
                .sorted = SL_NEW_ARRAY(arena, double, places),
                .noise = noise,
                .channel = SL_NEW_ARRAY(arena, double, places),
                .known = SL_NEW_ARRAY(arena, uint8_t, places)};
  memcpy(r.sorted, quality->importance, (size_t)places * sizeof *r.sorted);
  qsort(r.sorted, (size_t)places, sizeof *r.sorted, rising);
  sl_sweep_plan plan = {.copies = 2 * SHARES, .make = make_filled, .take = take_filled, .ctx = &r};
  SL_TRY(sl_attrib_sweep(quality->work.call, &quality->work.start, &plan, quality->work.out, err));
  *out = r.sum / (2 * SHARES);
  return SL_OK;
}

// ---- infidelity ---------------------------------------------------------------------------------

typedef struct infidelity_run {
  sl_quality *q;
  double noise, sum;
  float *moved;
  const float *zeros;
} infidelity_run;

static void draw_noise(infidelity_run *r, int64_t sample, int64_t copy) {
  const sl_attrib_case *work = &r->q->work;
  sl_random random = sl_noise_start(work->call->seed, sample, copy);
  sl_noise_add(&random, r->zeros, r->noise, work->elements, r->moved);
}

static void make_moved(void *ctx, int64_t sample, int64_t copy, float *row) {
  infidelity_run *r = ctx;
  draw_noise(r, sample, copy);
  for (int64_t i = 0; i < r->q->work.elements; i++) row[i] = r->q->work.x[i] - r->moved[i];
}

static void take_moved(void *ctx, int64_t sample, int64_t copy, double value, const float *gradient,
                       const float *const *values) {
  (void)gradient, (void)values;
  infidelity_run *r = ctx;
  const sl_quality *q = r->q;
  int full = sl_shape_equal(&q->map->values.shape, &q->work.input.shape);
  const float *map = q->map->values.data;
  double product = 0;
  draw_noise(r, sample, copy);
  for (int64_t c = 0; c < q->plane.channels; c++)
    for (int64_t i = 0; i < places_of(q); i++) {
      int64_t at = sl_input_at(&q->plane, c, i);
      double weight = full ? (double)map[at] : q->importance[i] / (double)q->plane.channels;
      product += weight * (double)r->moved[at];
    }
  double off = product - (q->work.start.numbers[0] - value);
  r->sum += off * off;
}

sl_status sl_quality_infidelity(sl_quality *quality, int64_t copies, double noise, double *out,
                                sl_error *err) {
  sl_attrib_case *work = &quality->work;
  infidelity_run r = {.q = quality,
                      .noise = noise,
                      .moved = SL_NEW_ARRAY(work->call->arena, float, work->elements),
                      .zeros = SL_NEW_ARRAY(work->call->arena, float, work->elements)};
  sl_sweep_plan plan = {.copies = copies, .make = make_moved, .take = take_moved, .ctx = &r};
  SL_TRY(sl_attrib_sweep(work->call, &work->start, &plan, work->out, err));
  *out = r.sum / (double)copies;
  return SL_OK;
}

// ---- sensitivity --------------------------------------------------------------------------------

static double relative_change(const sl_tensor *a, const sl_tensor *b) {
  const float *x = a->data, *y = b->data;
  double change = 0, size = 0;
  for (int64_t i = 0; i < sl_shape_count(&b->shape); i++) {
    change += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
    size += (double)y[i] * (double)y[i];
  }
  return sqrt(change) / fmax(sqrt(size), 1e-12);
}

sl_status sl_quality_sensitivity(sl_quality *quality, int64_t copies, double radius, double *out,
                                 sl_error *err) {
  const sl_attrib_case *work = &quality->work;
  if (work->call->input->dtype != SL_DTYPE_F32)
    return sl_fail(err, SL_E_UNSUPPORTED, "sensitivity needs an input in float32");
  sl_tensor near;
  SL_TRY(sl_tensor_new(SL_DTYPE_F32, &work->input.shape, &near, err));
  sl_attrib_call call = *work->call;
  call.input = &near;
  call.target = &work->start.targets[0];
  call.progress = NULL;
  sl_status status = SL_OK;
  *out = 0;
  for (int64_t k = 0; k < copies && status == SL_OK; k++) {
    sl_random random = sl_noise_start(call.seed, 0, k);
    float *row = near.data;
    for (int64_t i = 0; i < work->elements; i++)
      row[i] = work->x[i] + (float)(radius * (2 * sl_random_unit(&random) - 1));
    sl_attribution moved;
    status = sl_attrib_run(&call, quality->method, &moved, err);
    if (status != SL_OK) break;
    *out = fmax(*out, relative_change(&moved.values, &quality->map->values));
    sl_attribution_release(&moved);
  }
  sl_tensor_release(&near);
  return status;
}

// ---- of the map alone ---------------------------------------------------------------------------

double sl_quality_complexity(const sl_quality *quality) {
  const sl_tensor *values = &quality->map->values;
  const float *map = values->data;
  double total = 0, entropy = 0;
  for (int64_t i = 0; i < sl_shape_count(&values->shape); i++) total += fabs((double)map[i]);
  for (int64_t i = 0; i < sl_shape_count(&values->shape); i++) {
    double share = total > 0 ? fabs((double)map[i]) / total : 0;
    if (share > 0) entropy -= share * log(share);
  }
  return entropy;
}

static int is_inside(const sl_quality *q, int64_t place, const double box[4]) {
  double x = (double)(place % q->plane.width) + 0.5, y = (double)(place / q->plane.width) + 0.5;
  return x >= box[0] && y >= box[1] && x <= box[2] && y <= box[3];
}

double sl_quality_pointing(const sl_quality *quality, const double box[4]) {
  int64_t top = 0;
  for (int64_t i = 1; i < places_of(quality); i++)
    if (quality->importance[i] > quality->importance[top]) top = i;
  return is_inside(quality, top, box);
}

double sl_quality_inside(const sl_quality *quality, const double box[4]) {
  double inside = 0, total = 0;
  for (int64_t i = 0; i < places_of(quality); i++) {
    double one = fmax(quality->importance[i], 0);
    total += one;
    inside += is_inside(quality, i, box) ? one : 0;
  }
  return total > 0 ? inside / total : 0;
}
