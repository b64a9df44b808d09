// SPDX-License-Identifier: Apache-2.0
// The search for a better pipeline.
//
// Invariant: an alternative's verdicts are a prefix of one fixed random order of the samples, so
// any two can be compared pairwise on what both have seen. Start at sl_pipeline_alternatives().
#include "model/alternatives.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "model/mcnemar.h"
#include "model/recipe.h"

enum {
  TRIALS_MAX = 48,
  SAMPLES_DEFAULT = 512,
  FIRST_SAMPLES = 64,    // for channel order and values, which matter much
  SECOND_SAMPLES = 160,  // for geometry and kernel, which matter less
  LEAST_SAMPLES = 16,    // fewer prove nothing after correction
  FIRST_RUNS = 18,       // about as many trials are run in each stage
  SECOND_RUNS = 7,
  SECONDS_DEFAULT = 60
};

static const double significant_below = 0.01;
// Geometry and kernel decide which part of a picture is seen and how sharply, so a small gain says
// more about these pictures than about how the model was trained: they must win more clearly.
static const double geometry_below = 0.001;

typedef struct trial {
  sl_recipe recipe;
  sl_pipeline pipeline;
  uint8_t *right;  // [samples], of the first `seen`
  int64_t seen, correct;
  int finalist;
} trial;

typedef struct search {
  sl_arena *arena;
  const sl_model *model;
  const sl_contract *contract;
  const sl_run_source *source;
  const int32_t *class_of_row;
  const sl_alternatives_options *options;
  sl_runner *runner;
  int64_t *order;                  // rows, shuffled
  int64_t first, second, samples;  // how many each stage looks at
  trial trials[TRIALS_MAX];
  size_t count, first_stage;  // trials in all, and before geometry and kernel were tried
  trial *running;
  int64_t steps_done, steps_total;  // in samples
} search;

// ---- running one trial
// ---------------------------------------------------------------------------

static sl_status fetch(void *ctx, int worker, int64_t index, sl_input *out, sl_error *err) {
  const search *s = ctx;
  int64_t row = s->order[s->running->seen + index];
  return s->source->fetch(s->source->ctx, worker, row, out, err);
}

static int64_t best_column(const sl_contract *contract, const float *scores, int64_t columns) {
  if (columns == 1) return scores[0] > (contract->scores_activated ? 0.5F : 0.0F);
  int64_t best = 0;
  for (int64_t c = 1; c < columns; c++)
    if (scores[c] > scores[best]) best = c;
  return best;
}

static sl_status take(void *ctx, const sl_run_block *block, sl_error *err) {
  (void)err;
  search *s = ctx;
  trial *t = s->running;
  for (int64_t i = 0; i < block->count; i++) {
    int64_t at = t->seen + block->first + i;
    int64_t pred = best_column(s->contract, block->scores + i * block->columns, block->columns);
    t->right[at] = block->status[i] == SL_OK && pred == s->class_of_row[s->order[at]];
    t->correct += t->right[at];
  }
  s->steps_done += block->count;
  if (s->options->progress != NULL)
    s->options->progress(s->options->progress_ctx, s->steps_done,
                         s->steps_done > s->steps_total ? s->steps_done : s->steps_total);
  return SL_OK;
}

// Runs the trial on samples [seen, until).
static sl_status run_until(search *s, trial *t, int64_t until, sl_error *err) {
  if (until > s->samples) until = s->samples;
  if (t->seen >= until) return SL_OK;
  sl_arena *scratch = sl_arena_new(s->arena, "trial");
  sl_prep *prep;
  sl_status status = sl_contract_prep(scratch, s->model, &t->pipeline, &prep, err);
  s->running = t;
  sl_run_source source = {.count = until - t->seen, .fetch = fetch, .ctx = s};
  sl_run_sink sink = {.take = take, .ctx = s};
  sl_run_stats stats;
  if (status == SL_OK) status = sl_runner_run(s->runner, prep, &source, &sink, &stats, err);
  if (status == SL_OK) t->seen = until;
  sl_arena_free(scratch);
  return status;
}

// The trial of a recipe on the declared pipeline; the same pipeline is never tried twice. NULL when
// there is no room or the recipe does not fit the model.
static trial *find_trial(search *s, const sl_recipe *recipe) {
  if (s->count == TRIALS_MAX) return NULL;
  trial *t = &s->trials[s->count];
  *t = (trial){.recipe = *recipe};
  sl_prep *prep;
  if (sl_recipe_make(s->arena, s->model, &s->contract->pipeline, recipe, &t->pipeline, NULL) !=
          SL_OK ||
      sl_contract_prep(s->arena, s->model, &t->pipeline, &prep, NULL) != SL_OK)
    return NULL;
  for (size_t i = 0; i < s->count; i++)
    if (strcmp(s->trials[i].pipeline.key, t->pipeline.key) == 0) return &s->trials[i];
  t->right = sl_arena_push(s->arena, (size_t)s->samples);
  s->count++;
  return t;
}

static double accuracy(const trial *t) {
  return t->seen > 0 ? (double)t->correct / (double)t->seen : 0;
}

static sl_status try_recipe(search *s, const sl_recipe *recipe, int64_t samples, trial **best,
                            sl_error *err) {
  trial *t = find_trial(s, recipe);
  if (t == NULL) return SL_OK;
  SL_TRY(run_until(s, t, samples, err));
  if (*best == NULL || accuracy(t) > accuracy(*best)) *best = t;
  return SL_OK;
}

// ---- the stages of the search
// --------------------------------------------------------------------

static const int32_t colour_values[] = {SL_VALUES_TORCH,    SL_VALUES_UNIT,   SL_VALUES_RAW,
                                        SL_VALUES_CAFFE,    SL_VALUES_TF,     SL_VALUES_CLIP,
                                        SL_VALUES_OWN_UNIT, SL_VALUES_OWN_RAW};
static const int32_t small_values[] = {SL_VALUES_CIFAR,    SL_VALUES_TORCH,  SL_VALUES_UNIT,
                                       SL_VALUES_RAW,      SL_VALUES_CAFFE,  SL_VALUES_TF,
                                       SL_VALUES_OWN_UNIT, SL_VALUES_OWN_RAW};
static const int32_t grey_values[] = {SL_VALUES_UNIT,   SL_VALUES_RAW,     SL_VALUES_TF,
                                      SL_VALUES_MNIST,  SL_VALUES_FASHION, SL_VALUES_OWN_UNIT,
                                      SL_VALUES_OWN_RAW};

static sl_status try_values(search *s, trial **best, sl_error *err) {
  const sl_model_input *input = &s->model->input;
  int grey = input->channels == 1;
  const int32_t *values = grey ? grey_values : input->width <= 64 ? small_values : colour_values;
  size_t count = grey ? sizeof grey_values / sizeof *grey_values
                      : sizeof colour_values / sizeof *colour_values;
  int whole = input->dtype == SL_DTYPE_U8 || input->dtype == SL_DTYPE_I8;
  for (int32_t mode = grey ? SL_MODE_GREY : SL_MODE_RGB;
       mode <= (grey ? SL_MODE_GREY : SL_MODE_BGR); mode++) {
    sl_recipe keep = {mode, SL_RECIPE_KEEP, SL_RECIPE_KEEP, SL_RECIPE_KEEP};
    SL_TRY(try_recipe(s, &keep, s->first, best, err));
    for (size_t i = 0; i < count && !whole; i++) {
      sl_recipe recipe = {mode, values[i], SL_RECIPE_KEEP, SL_RECIPE_KEEP};
      SL_TRY(try_recipe(s, &recipe, s->first, best, err));
    }
  }
  return SL_OK;
}

static sl_status try_geometry(search *s, trial **best, sl_error *err) {
  sl_recipe recipe = (*best)->recipe;
  SL_TRY(run_until(s, *best, s->second, err));
  for (int32_t geometry = 0; geometry < SL_GEOMETRY_NONE; geometry++) {
    recipe.geometry = geometry;
    SL_TRY(try_recipe(s, &recipe, s->second, best, err));
  }
  static const int32_t kernels[] = {SL_KERNEL_PILLOW_BILINEAR, SL_KERNEL_PILLOW_BICUBIC,
                                    SL_KERNEL_OPENCV_LINEAR, SL_KERNEL_PILLOW_NEAREST};
  recipe = (*best)->recipe;
  for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
    recipe.kernel = kernels[i];
    SL_TRY(try_recipe(s, &recipe, s->second, best, err));
  }
  return SL_OK;
}

static sl_status judge(search *s, trial *t, sl_error *err) {
  t->finalist = 1;
  return run_until(s, t, s->samples, err);
}

static int64_t between(double value, int64_t low, int64_t high) {
  return value >= (double)high ? high : value > (double)low ? (int64_t)value : low;
}

static int64_t samples_in_all(const search *s) {
  return FIRST_RUNS * s->first + SECOND_RUNS * s->second + 2 * s->samples;
}

// Runs the declared pipeline on a few samples and fits the number of samples to the time there is.
static sl_status plan_stages(search *s, trial *declared, sl_error *err) {
  int64_t most = s->samples, least = most < LEAST_SAMPLES ? most : LEAST_SAMPLES;
  s->first = most < FIRST_SAMPLES ? most : FIRST_SAMPLES;
  s->second = most < SECOND_SAMPLES ? most : SECOND_SAMPLES;
  SL_TRY(run_until(s, declared, least / 2, err));
  int64_t began = sl_clock_ns(), before = declared->seen;
  SL_TRY(run_until(s, declared, least, err));
  double sample_s = (double)(sl_clock_ns() - began) * 1e-9 / (double)(least - before);
  double budget_s = s->options->seconds_max > 0 ? s->options->seconds_max : SECONDS_DEFAULT;
  double part = budget_s / (sample_s * (double)samples_in_all(s));
  s->first = between(part * (double)s->first, least, s->first);
  s->second = between(part * (double)s->second, s->first, s->second);
  s->samples = between(part * (double)most, s->first, most);
  s->steps_total = samples_in_all(s);
  return SL_OK;
}

static sl_status run_search(search *s, trial *ladder[3], sl_error *err) {
  sl_recipe keep = {SL_RECIPE_KEEP, SL_RECIPE_KEEP, SL_RECIPE_KEEP, SL_RECIPE_KEEP};
  trial *best = find_trial(s, &keep);
  if (best == NULL) return sl_fail(err, SL_E_BUG, "the declared pipeline cannot be composed again");
  SL_TRY(plan_stages(s, best, err));
  SL_TRY(run_until(s, best, s->first, err));
  ladder[0] = best;
  SL_TRY(try_values(s, &best, err));
  ladder[1] = best;
  s->first_stage = s->count;
  SL_TRY(try_geometry(s, &best, err));
  ladder[2] = best;
  for (int i = 0; i < 3; i++) SL_TRY(judge(s, ladder[i], err));
  return SL_OK;
}

// ---- the verdict
// ---------------------------------------------------------------------------------

// McNemar's p of two trials on the samples both have seen; *better: the first has more right.
static double compare(const trial *a, const trial *b, int *better) {
  int64_t both = a->seen < b->seen ? a->seen : b->seen, only_a = 0, only_b = 0;
  for (int64_t i = 0; i < both; i++) {
    only_a += a->right[i] && !b->right[i];
    only_b += b->right[i] && !a->right[i];
  }
  *better = only_a > only_b;
  return sl_mcnemar(only_a, only_b);
}

static const char *mode_word(int32_t mode) {
  static const char *const words[] = {"RGB", "BGR", "grey"};
  return words[mode];
}

static const char *title_of(const search *s, const trial *t) {
  const sl_recipe *r = &t->recipe;
  const sl_step_mode_params *mode = sl_pipeline_find(&t->pipeline, "mode");
  sl_text text = {0};
  if (t == &s->trials[0])
    return s->contract->guessed ? "the guessed pipeline" : "the declared pipeline";
  if (mode != NULL && (r->mode >= 0 || r->values >= 0)) sl_text_puts(&text, mode_word(mode->to));
  if (r->values >= 0)
    sl_text_printf(&text, "%s%s", text.size > 0 ? " with " : "", sl_values_title(r->values));
  if (r->geometry >= 0)
    sl_text_printf(&text, "%s%s", text.size > 0 ? ", " : "", sl_geometry_title(r->geometry));
  if (r->kernel >= 0)
    sl_text_printf(&text, "%s%s", text.size > 0 ? ", " : "", sl_kernel_name((sl_kernel)r->kernel));
  return text.size > 0 ? sl_text_take(&text, s->arena) : "the same";
}

static int by_rank(const void *a, const void *b) {
  const sl_alternative *x = a, *y = b;
  if (x->finalist != y->finalist) return x->finalist ? -1 : 1;
  if (x->accuracy != y->accuracy) return x->accuracy < y->accuracy ? 1 : -1;
  return strcmp(x->pipeline.key, y->pipeline.key);
}

static sl_alternative *list_trials(const search *s) {
  sl_alternative *list = SL_NEW_ARRAY(s->arena, sl_alternative, s->count);
  double p_values[TRIALS_MAX], corrected[TRIALS_MAX];
  int better[TRIALS_MAX] = {0};
  for (size_t i = 1; i < s->count; i++)
    p_values[i] = compare(&s->trials[i], &s->trials[0], &better[i]);
  sl_holm(p_values + 1, s->count - 1, corrected + 1);
  for (size_t i = 0; i < s->count; i++) {
    const trial *t = &s->trials[i];
    double p = i == 0 ? 1 : corrected[i];
    list[i] = (sl_alternative){.pipeline = t->pipeline,
                               .title = title_of(s, t),
                               .accuracy = accuracy(t),
                               .p_value = p,
                               .samples = t->seen,
                               .correct = t->correct,
                               .significant = better[i] && p < significant_below,
                               .declared = i == 0,
                               .finalist = t->finalist != 0};
  }
  return list;
}

// Climbs from the declared pipeline to finalists with more changes, as long as each step is
// significant by itself.
static const trial *climb(const search *s, const sl_alternative *list, trial *const ladder[3]) {
  const trial *best = ladder[0];
  int better;
  if (list[ladder[1] - s->trials].significant) best = ladder[1];
  double p = compare(ladder[2], best, &better) * (double)(s->count - s->first_stage);
  return better && p < geometry_below ? ladder[2] : best;
}

static void conclude(const search *s, trial *const ladder[3], sl_alternatives *out) {
  sl_alternative *list = list_trials(s);
  const trial *best = climb(s, list, ladder);
  const sl_alternative *winner = &list[best - s->trials];
  const char *declared = s->contract->guessed ? "guessed" : "declared";
  out->found_better = best != ladder[0];
  if (out->found_better)
    out->sentence = sl_arena_printf(
        s->arena,
        "%s scores %.0f %% where the %s pipeline scores %.0f %% (%lld samples, p %s %.1g)",
        winner->title, 100 * winner->accuracy, declared, 100 * list[0].accuracy,
        (long long)winner->samples, winner->p_value < 1e-9 ? "<" : "=",
        fmax(winner->p_value, 1e-9));
  else
    out->sentence = sl_arena_printf(
        s->arena,
        "none of %zu other %s is significantly better than the %s one, which scores "
        "%.0f %% on %lld %s",
        s->count - 1, sl_plural((int64_t)s->count - 1, "pipeline", "pipelines"), declared,
        100 * list[0].accuracy, (long long)list[0].samples,
        sl_plural(list[0].samples, "sample", "samples"));
  const sl_alternative *last = &list[ladder[2] - s->trials];
  if (ladder[2] != best && last->accuracy > winner->accuracy)
    out->remark = sl_arena_printf(
        s->arena, "%s scores %.0f %%, which may say more about these pictures than about the model",
        last->title, 100 * last->accuracy);
  char key[65];
  memcpy(key, winner->pipeline.key, sizeof key);
  qsort(list, s->count, sizeof *list, by_rank);
  for (size_t i = 0; i < s->count; i++) {
    if (list[i].declared) out->declared = i;
    if (strcmp(list[i].pipeline.key, key) == 0) out->best = i;
  }
  out->at = list;
  out->count = s->count;
}

// ---- the whole
// -----------------------------------------------------------------------------------

// Labelled rows in one fixed random order, as many as wanted.
static sl_status choose_samples(search *s, sl_error *err) {
  int64_t want = s->options->samples_max > 0 ? s->options->samples_max : SAMPLES_DEFAULT;
  void *rows;
  SL_TRY(sl_arena_try_push(s->arena, (size_t)s->source->count + 1, sizeof(int64_t), SIZE_MAX,
                           "labelled rows", &rows, err));
  s->order = rows;
  int64_t count = 0;
  for (int64_t row = 0; row < s->source->count; row++)
    if (s->class_of_row[row] >= 0) s->order[count++] = row;
  sl_random random = {.state = 20};
  for (int64_t i = count - 1; i > 0; i--) {
    int64_t k = (int64_t)sl_random_below(&random, (uint64_t)i + 1), kept = s->order[i];
    s->order[i] = s->order[k];
    s->order[k] = kept;
  }
  s->samples = count < want ? count : want;
  if (s->samples == 0)
    return sl_fail(err, SL_E_ARG, "no sample has a label that names a class of the model");
  return SL_OK;
}

sl_status sl_pipeline_alternatives(sl_arena *arena, const sl_model *model,
                                   const sl_contract *contract, const sl_run_source *source,
                                   const int32_t *class_of_row,
                                   const sl_alternatives_options *options, sl_alternatives *out,
                                   sl_error *err) {
  search *s = SL_NEW(arena, search);
  *s = (search){.arena = arena,
                .model = model,
                .contract = contract,
                .source = source,
                .class_of_row = class_of_row,
                .options = options};
  *out = (sl_alternatives){.sentence = "", .remark = ""};
  SL_TRY(choose_samples(s, err));
  sl_run_options run = {
      .provider = options->provider, .threads = options->threads, .cancel = options->cancel};
  SL_TRY(sl_runner_new(model, &run, &s->runner, err));
  trial *ladder[3];
  sl_status status = run_search(s, ladder, err);
  sl_runner_free(s->runner);
  if (status == SL_OK) conclude(s, ladder, out);
  return status;
}
