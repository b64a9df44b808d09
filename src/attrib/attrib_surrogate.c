// SPDX-License-Identifier: Apache-2.0
// A linear model fitted to the target over parts of the input shown or hidden: LIME, Kernel SHAP;
// and Shapley values from orders in which parts appear.
//
// Invariant: what draw k of sample n shows depends on the seed, n and k only. Start at run_lime(),
// run_kernel_shap() and run_shapley().
#include <math.h>
#include <string.h>

#include "attrib/input_parts.h"
#include "attrib/linear_fit.h"
#include "attrib/normal_noise.h"

typedef struct surrogate surrogate;
// Which parts draw `copy` shows, and its weight.
typedef double (*draw_parts)(surrogate *s, int64_t sample, int64_t copy, uint8_t *shown);

struct surrogate {
  sl_attrib_case *work;
  sl_input_parts parts;
  int64_t copies;
  draw_parts draw;
  bool weigh_by_distance;
  double width;     // of the kernel
  uint8_t *shown;   // [samples * copies * parts]
  double *weights;  // [samples * copies]
  double *numbers;  // [samples * copies]: the target
  double *chances;  // [parts]: cumulative, of how many are shown
  int32_t *order;   // [parts]
};

static double cosine_distance(const float *a, const float *b, int64_t count) {
  double product = 0, aa = 0, bb = 0;
  for (int64_t i = 0; i < count; i++) {
    product += (double)a[i] * (double)b[i];
    aa += (double)a[i] * (double)a[i];
    bb += (double)b[i] * (double)b[i];
  }
  // The floor is PyTorch's: a row of zeros is at distance 1.
  return 1 - product / (fmax(sqrt(aa), 1e-8) * fmax(sqrt(bb), 1e-8));
}

static void show_parts(void *ctx, int64_t sample, int64_t copy, float *row) {
  surrogate *s = ctx;
  const sl_attrib_case *work = s->work;
  int64_t at = sample * s->copies + copy;
  uint8_t *shown = s->shown + at * s->parts.count;
  s->weights[at] = s->draw(s, sample, copy, shown);
  sl_input_parts_show(work, &s->parts, sample, shown, row);
  if (!s->weigh_by_distance) return;
  double distance = cosine_distance(work->x + sample * work->elements, row, work->elements);
  s->weights[at] = exp(-distance * distance / (2 * s->width * s->width));
}

static void take_number(void *ctx, int64_t sample, int64_t copy, double value,
                        const float *gradient, const float *const *values) {
  (void)gradient, (void)values;
  surrogate *s = ctx;
  s->numbers[sample * s->copies + copy] = value;
}

static sl_status sweep_draws(surrogate *s, sl_error *err) {
  sl_attrib_case *work = s->work;
  int64_t draws = work->samples * s->copies;
  void *room;
  SL_TRY(sl_attrib_case_sums(work, draws, &s->weights, err));
  SL_TRY(sl_attrib_case_sums(work, draws, &s->numbers, err));
  SL_TRY(sl_arena_try_push(work->call->arena, (size_t)draws, (size_t)s->parts.count, SIZE_MAX,
                           "parts shown", &room, err));
  s->shown = room;
  sl_sweep_plan plan = {.copies = s->copies, .make = show_parts, .take = take_number, .ctx = s};
  return sl_attrib_sweep(work->call, &work->start, &plan, work->out, err);
}

static sl_status fit_draws(const surrogate *s, sl_fit_penalty kind, double penalty, sl_error *err) {
  sl_attrib_case *work = s->work;
  float *values;
  SL_TRY(sl_attrib_case_values(work, NULL, &values, err));
  double *b = SL_NEW_ARRAY(work->call->arena, double, s->parts.count + 1);
  for (int64_t n = 0; n < work->samples; n++) {
    sl_fit_data data = {.rows = s->copies,
                        .columns = s->parts.count,
                        .x = s->shown + n * s->copies * s->parts.count,
                        .y = s->numbers + n * s->copies,
                        .weights = s->weights + n * s->copies};
    SL_TRY(sl_linear_fit(&data, kind, penalty, b, err));
    sl_input_parts_spread(work, &s->parts, b, values + n * work->elements);
  }
  return SL_OK;
}

// The beginning of all three.
static sl_status open_parts(surrogate *s, int64_t cell, bool channels_apart, sl_error *err) {
  SL_TRY(sl_attrib_case_pair(s->work, err));
  SL_TRY(sl_input_parts_make(s->work, cell, channels_apart, &s->parts, err));
  s->chances = SL_NEW_ARRAY(s->work->call->arena, double, s->parts.count + 1);
  s->order = SL_NEW_ARRAY(s->work->call->arena, int32_t, s->parts.count + 1);
  return SL_OK;
}

// ---- LIME ---------------------------------------------------------------------------------------

static const sl_choice fit_choices[] = {
    {"lasso", "few parts: the others are exactly 0"}, {"ridge", "all parts, shrunk together"}, {0}};

typedef struct lime_params {
  int64_t samples, cell;
  int32_t fit;
  double penalty, width;
} lime_params;

static const sl_row lime_rows[] = {
    SL_P_INT(lime_params, samples, 2, 1048576, 1000, "draws", "Inputs with parts hidden."),
    SL_P_INT(lime_params, cell, 1, 4096, 32, "px", "Side of the cells that are the parts."),
    SL_P_ENUM(lime_params, fit, fit_choices, SL_FIT_LASSO, "How the linear model is fitted."),
    SL_P_REAL(lime_params, penalty, 0, 1e6, 0.01, NULL, "On large coefficients."),
    SL_P_REAL(lime_params, width, 1e-3, 1e6, 1, NULL,
              "Of the kernel over the cosine distance to the input."),
    SL_ROW_END};

static double draw_half(surrogate *s, int64_t sample, int64_t copy, uint8_t *shown) {
  sl_random random = sl_noise_start(s->work->call->seed, sample, copy);
  for (int64_t j = 0; j < s->parts.count; j++) shown[j] = sl_random_unit(&random) < 0.5;
  return 1;
}

static sl_status run_lime(const sl_attrib_call *call, const void *params, sl_attribution *out,
                          sl_error *err) {
  const lime_params *p = params;
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  surrogate s = {.work = &work,
                 .copies = p->samples,
                 .draw = draw_half,
                 .weigh_by_distance = true,
                 .width = p->width};
  sl_status status = open_parts(&s, p->cell, false, err);
  if (status == SL_OK) status = sweep_draws(&s, err);
  if (status == SL_OK) status = fit_draws(&s, (sl_fit_penalty)p->fit, p->penalty, err);
  sl_attrib_case_close(&work);
  return status;
}

const sl_attrib_method sl_attrib_lime = {
    .item = {.name = "lime",
             .title = "LIME",
             .help = "A linear model of the target over cells of the input shown or hidden, fitted "
                     "near the input.",
             .since = "0.2.0",
             .params = lime_rows,
             .params_size = sizeof(lime_params)},
    .family = SL_ATTRIB_BLACK_BOX,
    .needs = SL_ATTRIB_SIGNED | SL_ATTRIB_NEEDS_BASELINE,
    .source = "Ribeiro, Singh, Guestrin 2016, section 3; kernel and fit as in Captum, Lime",
    .run = run_lime};

// ---- Kernel SHAP --------------------------------------------------------------------------------

typedef struct shap_params {
  int64_t samples, cell;
} shap_params;

static const sl_row kernel_rows[] = {
    SL_P_INT(shap_params, samples, 4, 1048576, 1000, "draws",
             "Inputs with parts hidden; when all combinations are no more than that, they are "
             "counted out instead and values are exact."),
    SL_P_INT(shap_params, cell, 1, 4096, 32, "px", "Side of the cells that are the parts."),
    SL_ROW_END};

// How many parts are shown has probability (M - 1) / (k (M - k)), over its sum.
static void fill_chances(surrogate *s) {
  double total = 0;
  int64_t count = s->parts.count;
  for (int64_t k = 1; k < count; k++) {
    total += (double)(count - 1) / ((double)k * (double)(count - k));
    s->chances[k] = total;
  }
  for (int64_t k = 1; k < count; k++) s->chances[k] /= total;
}

static void shuffle(surrogate *s, sl_random *random) {
  for (int64_t j = 0; j < s->parts.count; j++) s->order[j] = (int32_t)j;
  for (int64_t j = s->parts.count - 1; j > 0; j--) {
    int64_t k = (int64_t)sl_random_below(random, (uint64_t)j + 1);
    int32_t kept = s->order[j];
    s->order[j] = s->order[k];
    s->order[k] = kept;
  }
}

// All and none come first, with a weight that makes the fit pass through both, as in Captum.
static double draw_kernel(surrogate *s, int64_t sample, int64_t copy, uint8_t *shown) {
  memset(shown, copy == 0, (size_t)s->parts.count);
  if (copy < 2) return 1e6;
  sl_random random = sl_noise_start(s->work->call->seed, sample, copy);
  double place = sl_random_unit(&random);
  int64_t wanted = 1;
  while (wanted < s->parts.count - 1 && s->chances[wanted] <= place) wanted++;
  shuffle(s, &random);
  for (int64_t j = 0; j < wanted; j++) shown[s->order[j]] = 1;
  return 1;
}

static double draw_counted(surrogate *s, int64_t sample, int64_t copy, uint8_t *shown) {
  (void)sample;
  for (int64_t j = 0; j < s->parts.count; j++) shown[j] = copy >> j & 1;
  return 1;
}

static int bits(int64_t set) {
  int count = 0;
  for (; set != 0; set &= set - 1) count++;
  return count;
}

// Weight of a set of `size` others: size! (M - 1 - size)! / M!.
static double set_weight(int64_t size, int64_t count) {
  return exp(lgamma((double)size + 1) + lgamma((double)(count - size)) - lgamma((double)count + 1));
}

// Shapley values from all sets: what Kernel SHAP's fit over all of them gives (theorem 2).
static sl_status sum_sets(const surrogate *s, sl_error *err) {
  sl_attrib_case *work = s->work;
  int64_t count = s->parts.count;
  float *values;
  SL_TRY(sl_attrib_case_values(work, NULL, &values, err));
  double *b = SL_NEW_ARRAY(work->call->arena, double, count + 1);
  for (int64_t n = 0; n < work->samples; n++) {
    const double *numbers = s->numbers + n * s->copies;
    memset(b, 0, (size_t)count * sizeof *b);
    for (int64_t set = 0; set < s->copies; set++)
      for (int64_t j = 0; j < count; j++)
        if (!(set >> j & 1))
          b[j] += set_weight(bits(set), count) * (numbers[set | INT64_C(1) << j] - numbers[set]);
    sl_input_parts_spread(work, &s->parts, b, values + n * work->elements);
  }
  return SL_OK;
}

static sl_status explain_kernel(surrogate *s, const shap_params *p, sl_error *err) {
  SL_TRY(open_parts(s, p->cell, false, err));
  int64_t count = s->parts.count;
  int counted = count < 20 && INT64_C(1) << count <= p->samples;
  s->copies = counted ? INT64_C(1) << count : p->samples;
  s->draw = counted ? draw_counted : draw_kernel;
  fill_chances(s);
  SL_TRY(sweep_draws(s, err));
  return counted ? sum_sets(s, err) : fit_draws(s, SL_FIT_RIDGE, 0, err);
}

static sl_status run_kernel_shap(const sl_attrib_call *call, const void *params,
                                 sl_attribution *out, sl_error *err) {
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  surrogate s = {.work = &work};
  sl_status status = explain_kernel(&s, params, err);
  if (status == SL_E_ARG)
    status = sl_hint(err, status, "use more samples than parts, or larger cells");
  sl_attrib_case_close(&work);
  return status;
}

const sl_attrib_method sl_attrib_kernel_shap = {
    .item = {.name = "kernel_shap",
             .title = "Kernel SHAP",
             .help = "Shapley values of cells of the input, from a weighted linear fit; exact when "
                     "the cells are few.",
             .since = "0.2.0",
             .params = kernel_rows,
             .params_size = sizeof(shap_params)},
    .family = SL_ATTRIB_BLACK_BOX,
    .needs = SL_ATTRIB_SIGNED | SL_ATTRIB_NEEDS_BASELINE,
    .source = "Lundberg, Lee 2017, section 4.1; draws and weights as in Captum, KernelShap",
    .run = run_kernel_shap};

// ---- Shapley values from orders -----------------------------------------------------------------

static const sl_row order_rows[] = {
    SL_P_INT(shap_params, samples, 1, 65536, 25, "orders", "Orders in which the parts appear."),
    SL_P_INT(shap_params, cell, 1, 4096, 32, "px", "Side of the cells that are the parts."),
    SL_ROW_END};

static void order_of(surrogate *s, int64_t sample, int64_t round) {
  sl_random random = sl_noise_start(s->work->call->seed, sample, round);
  shuffle(s, &random);
}

static double draw_order(surrogate *s, int64_t sample, int64_t copy, uint8_t *shown) {
  order_of(s, sample, copy / s->parts.count);
  memset(shown, 0, (size_t)s->parts.count);
  for (int64_t j = 0; j <= copy % s->parts.count; j++) shown[s->order[j]] = 1;
  return 1;
}

static sl_status average_orders(surrogate *s, int64_t orders, sl_error *err) {
  sl_attrib_case *work = s->work;
  int64_t count = s->parts.count;
  float *values;
  double *empty = SL_NEW_ARRAY(work->call->arena, double, work->samples + 1);
  double *b = SL_NEW_ARRAY(work->call->arena, double, count + 1);
  SL_TRY(sl_attrib_case_at_baseline(work, empty, err));
  SL_TRY(sl_attrib_case_values(work, NULL, &values, err));
  for (int64_t n = 0; n < work->samples; n++) {
    memset(b, 0, (size_t)count * sizeof *b);
    for (int64_t round = 0; round < orders; round++) {
      const double *numbers = s->numbers + n * s->copies + round * count;
      order_of(s, n, round);
      for (int64_t j = 0; j < count; j++)
        b[s->order[j]] += (numbers[j] - (j > 0 ? numbers[j - 1] : empty[n])) / (double)orders;
    }
    sl_input_parts_spread(work, &s->parts, b, values + n * work->elements);
  }
  return SL_OK;
}

static sl_status run_shapley(const sl_attrib_call *call, const void *params, sl_attribution *out,
                             sl_error *err) {
  const shap_params *p = params;
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  surrogate s = {.work = &work, .draw = draw_order};
  sl_status status = open_parts(&s, p->cell, false, err);
  s.copies = p->samples * s.parts.count;
  if (status == SL_OK) status = sweep_draws(&s, err);
  if (status == SL_OK) status = average_orders(&s, p->samples, err);
  sl_attrib_case_close(&work);
  return status;
}

const sl_attrib_method sl_attrib_shapley_sampling = {
    .item = {.name = "shapley_sampling",
             .title = "Shapley value sampling",
             .help = "What each cell of the input adds to the target when cells appear in random "
                     "orders.",
             .since = "0.2.0",
             .params = order_rows,
             .params_size = sizeof(shap_params)},
    .family = SL_ATTRIB_BLACK_BOX,
    .needs = SL_ATTRIB_SIGNED | SL_ATTRIB_NEEDS_BASELINE,
    .source = "Castro, Gomez, Tejada 2009, section 3; as in Captum, ShapleyValueSampling",
    .run = run_shapley};
