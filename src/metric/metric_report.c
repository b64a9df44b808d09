// SPDX-License-Identifier: Apache-2.0
// Makes a report: reads the samples, finds temperature and ranking, sums up, resamples, writes
// down.
//
// Invariant: everything but the report itself lives in a scratch arena that ends with the call.
// Start at sl_metric_evaluate().
#include <math.h>
#include <string.h>

#include "metric/array.h"
#include "metric/report_parts.h"
#include "metric/temperature.h"

enum { RARE_BELOW = 5 };  // positives or negatives of a class

static sl_status read_options(const sl_metric_options *given, sl_metric_options *out,
                              sl_error *err) {
  *out = given != NULL ? *given : (sl_metric_options){0};
  if (out->bins == 0) out->bins = SL_METRIC_BINS;
  if (out->resamples == 0) out->resamples = SL_METRIC_RESAMPLES;
  if (out->level == 0.0) out->level = 0.95;
  if (out->threshold == 0.0) out->threshold = 0.5;
  if (out->curve_points == 0) out->curve_points = SL_METRIC_CURVE_POINTS;
  if (out->bins < 1 || out->bins > SL_METRIC_BINS_MAX) {
    return sl_fail(err, SL_E_ARG, "%d reliability bins are not between 1 and %d", out->bins,
                   SL_METRIC_BINS_MAX);
  }
  if (!(out->level > 0.0 && out->level < 1.0)) {
    return sl_fail(err, SL_E_ARG, "interval level %g is not between 0 and 1", out->level);
  }
  if (out->curve_points < 8) {
    return sl_fail(err, SL_E_ARG, "%d points are too few for a curve", out->curve_points);
  }
  return SL_OK;
}

// Sums over the samples themselves.
static sl_status sum_up(sl_evaluation *eval, sl_error *err) {
  const sl_sums_plan *plan = &eval->sums_plan;
  int64_t count = eval->set.count;
  uint8_t *times;
  SL_TRY(SL_ARRAY(eval->scratch, count, times, err));
  memset(times, 1, (size_t)count);
  SL_TRY(sl_sums_new(eval->scratch, plan, &eval->sums, err));
  for (int64_t first = 0; first < count; first += SL_SUMS_CHUNK) {
    int64_t end = first + SL_SUMS_CHUNK < count ? first + SL_SUMS_CHUNK : count;
    sl_sums_add(plan, times, first, end, &eval->sums);
  }
  sl_sums_finish(plan, times, &eval->sums);
  return SL_OK;
}

// A resample misses a class of k positives with a chance of about e^-k; counting the ones that it
// has, it draws the same few against fewer others, so ranking numbers of resamples lie above those
// of the samples. Influences keep every class and are centred on the value.
static bool has_rare_class(const sl_ranking *ranking) {
  for (int32_t c = 0; c < ranking->classes; c++) {
    const sl_slots *slots = &ranking->slots[c];
    int64_t fewer = slots->positives < slots->negatives ? slots->positives : slots->negatives;
    if (fewer > 0 && fewer < RARE_BELOW) return true;
  }
  return false;
}

static sl_status rank(sl_evaluation *eval, double out[SL_RANK_COUNT], sl_error *err) {
  bool exact;
  int32_t wanted = eval->options->resamples > 0 ? eval->options->resamples : 0;
  sl_resample_budget(eval->set.count, eval->set.classes, wanted, &exact, &eval->plan);
  for (int k = 0; k < SL_RANK_COUNT; k++) out[k] = NAN;
  if (!eval->set.has_scores) return SL_OK;
  SL_TRY(sl_ranking_build(eval->scratch, &eval->set, eval->options, -1, &eval->ranking, err));
  sl_ranking_values(&eval->ranking, out);
  if (wanted == 0) return SL_OK;
  if (!exact || has_rare_class(&eval->ranking)) {
    return sl_ranking_find_influence(eval->scratch, &eval->ranking, eval->options, &eval->influence,
                                     err);
  }
  return sl_ranking_index_build(eval->scratch, &eval->ranking, eval->options, &eval->index, err);
}

static sl_status collect(sl_evaluation *eval, sl_error *err) {
  double ranking[SL_RANK_COUNT], temperature = NAN;
  sl_sums_plan *sums = &eval->sums_plan;
  bool single = !eval->set.input->multi_label;
  if (single && eval->set.has_scores) {
    SL_TRY(sl_temperature_fit(eval->scratch, &eval->set, eval->options, &temperature,
                              &eval->temperature_influence, err));
  }
  SL_TRY(rank(eval, ranking, err));
  SL_TRY(sl_sums_plan_build(eval->scratch, &eval->set, eval->options->bins, sums, err));
  for (int k = 0; k < SL_RANK_COUNT; k++) {
    sums->column[SL_SUM_RANK_INFLUENCE + k] = eval->influence.of[k];
  }
  sums->column[SL_SUM_TEMPERATURE_INFLUENCE] = eval->temperature_influence;
  SL_TRY(sum_up(eval, err));
  memcpy(eval->sums.ranking, ranking, sizeof ranking);
  eval->sums.temperature = temperature;
  eval->plan.sums = sums;
  eval->plan.seen = &eval->sums;
  eval->plan.ranking = eval->set.has_scores ? &eval->ranking : NULL;
  eval->plan.index = eval->index;
  return sl_resample_run(eval->scratch, &eval->plan, eval->options, &eval->resamples, err);
}

static sl_status write_down(sl_evaluation *eval, sl_error *err) {
  sl_metric_report *report = eval->report;
  const sl_sample_set *set = &eval->set;
  report->samples = set->input->samples;
  report->used = set->count;
  report->unlabelled = set->unlabelled;
  report->unscored = set->unscored;
  report->nan = set->nan;
  report->classes = set->classes;
  report->bins = eval->sums.bins;
  report->resamples = eval->plan.resamples;
  report->correct = (int64_t)eval->sums.right;
  report->temperature = eval->sums.temperature;
  report->roc.class_index = report->pr.class_index = -1;
  report->pr.kind = SL_CURVE_PR;
  report->roc.area = report->pr.area = NAN;
  SL_TRY(sl_report_values(eval, err));
  SL_TRY(sl_report_classes(eval, err));
  SL_TRY(sl_report_cells(eval, err));
  SL_TRY(sl_report_bins(eval, err));
  if (set->has_scores) {
    sl_metric_curve curves[2];
    SL_TRY(sl_ranking_curves(eval->arena, &eval->ranking, -1, eval->options->curve_points, curves,
                             err));
    report->roc = curves[0];
    report->pr = curves[1];
  }
  if (set->input->multi_label) return SL_OK;
  return sl_permutation_find(eval->arena, set->classes, report->cells, report->cell_count,
                             eval->options->seed, &report->permutation, err);
}

sl_status sl_metric_evaluate(sl_arena *arena, const sl_metric_input *input,
                             const sl_metric_options *options, sl_metric_report *out,
                             sl_error *err) {
  sl_metric_options complete;
  *out = (sl_metric_report){.temperature = NAN};
  SL_TRY(read_options(options, &complete, err));
  sl_evaluation eval = {.arena = arena, .options = &complete, .report = out};
  eval.scratch = sl_arena_new(arena, "evaluation");
  sl_status status = sl_sample_set_build(eval.scratch, input, &complete, &eval.set, err);
  if (status == SL_OK) status = collect(&eval, err);
  if (status == SL_OK) status = write_down(&eval, err);
  sl_arena_free(eval.scratch);
  return status;
}

static sl_status find_curves(sl_arena *arena, sl_arena *scratch, const sl_metric_input *input,
                             const sl_metric_options *options, int32_t class_index,
                             sl_metric_curve out[2], sl_error *err) {
  sl_sample_set set;
  sl_ranking ranking;
  SL_TRY(sl_sample_set_build(scratch, input, options, &set, err));
  SL_TRY(sl_ranking_build(scratch, &set, options, class_index, &ranking, err));
  return sl_ranking_curves(arena, &ranking, class_index, options->curve_points, out, err);
}

sl_status sl_metric_curves(sl_arena *arena, const sl_metric_input *input,
                           const sl_metric_options *options, int32_t class_index,
                           sl_metric_curve out[2], sl_error *err) {
  sl_metric_options complete;
  SL_TRY(read_options(options, &complete, err));
  if (input->scores.data == NULL) {
    return sl_fail(err, SL_E_ARG, "curves need the score of every class");
  }
  if (class_index < -1 || class_index >= input->classes) {
    return sl_fail(err, SL_E_ARG, "class %d is outside the %d classes", class_index,
                   input->classes);
  }
  sl_arena *scratch = sl_arena_new(arena, "curves");
  sl_status status = find_curves(arena, scratch, input, &complete, class_index, out, err);
  sl_arena_free(scratch);
  return status;
}
