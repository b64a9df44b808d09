// SPDX-License-Identifier: Apache-2.0
// RISE: random masks weighted by what the model says of the input seen through them.
//
// A mask is a coarse grid of cells that are on with probability p, made larger bilinearly to one
// cell more than the input in each direction and cut out at a random place. The map is
// sum_k F(mask_k) mask_k / (p * masks): the expectation of the paper, not the mean by coverage.
//
// Invariant: mask k of sample n depends on the seed, n and k only: first the cells, then the place.
// Start at run_rise().
#include "attrib/grid_resize.h"
#include "attrib/input_parts.h"
#include "attrib/normal_noise.h"

typedef struct rise_params {
  int64_t masks, cells;
  double probability;
} rise_params;

static const sl_row rise_rows[] = {
    SL_P_INT(rise_params, masks, 1, 1048576, 2000, "masks", "Masks that are drawn."),
    SL_P_INT(rise_params, cells, 1, 256, 7, NULL, "Cells along each side of a mask."),
    SL_P_REAL(rise_params, probability, 0.01, 0.99, 0.5, NULL, "That a cell is on."), SL_ROW_END};

// The mask last drawn.
typedef struct drawn_mask {
  int64_t sample, copy;
  float *cells, *large, *values;
} drawn_mask;

typedef struct rise {
  sl_attrib_case *work;
  const rise_params *params;
  sl_input_plane plane;
  int64_t cell_height, cell_width;
  drawn_mask mask;
  double *sum;  // [samples * places]
} rise;

static const float *draw_mask(rise *r, int64_t sample, int64_t copy) {
  drawn_mask *m = &r->mask;
  if (m->sample == sample && m->copy == copy) return m->values;
  int64_t side = r->params->cells, height = (side + 1) * r->cell_height;
  int64_t width = (side + 1) * r->cell_width;
  sl_random random = sl_noise_start(r->work->call->seed, sample, copy);
  for (int64_t i = 0; i < side * side; i++)
    m->cells[i] = sl_random_unit(&random) < r->params->probability;
  int64_t top = (int64_t)sl_random_below(&random, (uint64_t)r->cell_height);
  int64_t left = (int64_t)sl_random_below(&random, (uint64_t)r->cell_width);
  sl_grid_resize(m->cells, side, side, SL_GRID_BILINEAR, height, width, m->large);
  for (int64_t y = 0; y < r->plane.height; y++)
    for (int64_t x = 0; x < r->plane.width; x++)
      m->values[y * r->plane.width + x] = m->large[(y + top) * width + x + left];
  m->sample = sample;
  m->copy = copy;
  return m->values;
}

static void see_through(void *ctx, int64_t sample, int64_t copy, float *row) {
  rise *r = ctx;
  const sl_attrib_case *work = r->work;
  const float *mask = draw_mask(r, sample, copy), *x = work->x + sample * work->elements;
  const float *hidden = sl_attrib_case_baseline(work, sample);
  for (int64_t c = 0; c < r->plane.channels; c++)
    for (int64_t place = 0; place < r->plane.height * r->plane.width; place++) {
      int64_t i = sl_input_at(&r->plane, c, place);
      row[i] = x[i] * mask[place] + hidden[i] * (1 - mask[place]);
    }
}

static void take_mask(void *ctx, int64_t sample, int64_t copy, double value, const float *gradient,
                      const float *const *values) {
  (void)gradient, (void)values;
  rise *r = ctx;
  int64_t places = r->plane.height * r->plane.width;
  const float *mask = draw_mask(r, sample, copy);
  double *sum = r->sum + sample * places;
  for (int64_t i = 0; i < places; i++) sum[i] += value * (double)mask[i];
}

static void make_room(rise *r) {
  sl_arena *arena = r->work->call->arena;
  int64_t side = r->params->cells;
  r->cell_height = (r->plane.height + side - 1) / side;
  r->cell_width = (r->plane.width + side - 1) / side;
  int64_t large = (side + 1) * r->cell_height * (side + 1) * r->cell_width;
  r->mask = (drawn_mask){.sample = -1,
                         .cells = SL_NEW_ARRAY(arena, float, side *side),
                         .large = SL_NEW_ARRAY(arena, float, large),
                         .values = SL_NEW_ARRAY(arena, float, r->plane.height * r->plane.width)};
}

static sl_status sweep_masks(rise *r, sl_error *err) {
  sl_attrib_case *work = r->work;
  SL_TRY(sl_attrib_case_pair(work, err));
  SL_TRY(sl_input_plane_of(work, &r->plane, err));
  make_room(r);
  sl_shape shape = {.rank = 4, .dims = {work->samples, 1, r->plane.height, r->plane.width}};
  float *values;
  SL_TRY(sl_attrib_case_sums(work, sl_shape_count(&shape), &r->sum, err));
  SL_TRY(sl_attrib_case_values(work, &shape, &values, err));
  sl_sweep_plan plan = {
      .copies = r->params->masks, .make = see_through, .take = take_mask, .ctx = r};
  SL_TRY(sl_attrib_sweep(work->call, &work->start, &plan, work->out, err));
  double weight = 1 / (r->params->probability * (double)r->params->masks);
  for (int64_t i = 0; i < sl_shape_count(&shape); i++) values[i] = (float)(r->sum[i] * weight);
  return SL_OK;
}

static sl_status run_rise(const sl_attrib_call *call, const void *params, sl_attribution *out,
                          sl_error *err) {
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  rise r = {.work = &work, .params = params};
  sl_status status = sweep_masks(&r, err);
  sl_attrib_case_close(&work);
  return status;
}

const sl_attrib_method sl_attrib_rise = {
    .item = {.name = "rise",
             .title = "RISE",
             .help =
                 "Random masks averaged by what the target is through each: where the input must "
                 "be seen for the target to be high.",
             .since = "0.2.0",
             .params = rise_rows,
             .params_size = sizeof(rise_params)},
    .family = SL_ATTRIB_BLACK_BOX,
    .needs = SL_ATTRIB_NEEDS_BASELINE,
    .source = "Petsiuk, Das, Saenko 2018, section 3",
    .run = run_rise};
