// SPDX-License-Identifier: Apache-2.0
// Operation "quality": what an attribution of one input is worth, in numbers with their direction.
#include <math.h>
#include <stdio.h>

#include "attrib/map_quality.h"
#include "base/clock.h"
#include "op/choices.h"
#include "op/opened.h"
#include "op/ready_tensor.h"

enum { LEVELS = 4, MEASURES_MAX = 9 };
// From here on a map of shuffled weights is taken for the same map.
static const double same_map = 0.5;

typedef struct quality_params {
  sl_case_params which;
  sl_variant method;
  const char *target, *layer, *box;
  int64_t steps, copies, seed, memory;
  double noise, radius;
  bool shuffle;
} quality_params;

#define P quality_params
static const sl_row params[] = {
    SL_ROWS_CASE(P, which),
    SL_P_VARIANT(P, method, sl_attrib_registry, SL_ROW_REQUIRED, "Method that is judged."),
    SL_P_TEXT(P, target, "predicted", "What is explained, as for \"attribute\"."),
    SL_P_TEXT(P, layer, NULL, "Layer for methods that look at one; found when left out."),
    SL_P_TEXT(P, box, NULL,
              "Where the object is, for the pointing game: \"left,top,right,bottom\" in places of "
              "the input tensor."),
    SL_P_INT(P, steps, 2, 4096, 50, "steps", "Of the insertion and deletion curves."),
    SL_P_INT(P, copies, 1, 4096, 10, "copies", "Changed inputs, for infidelity and sensitivity."),
    SL_P_REAL(P, noise, 0, 1e6, 0.03, NULL,
              "Standard deviation of the noise of infidelity, in units of the tensor."),
    SL_P_REAL(P, radius, 0, 1e6, 0.02, NULL,
              "Largest change of an element for sensitivity, in units of the tensor."),
    SL_P_BOOL(P, shuffle, 1, "Also the sanity check with shuffled weights."),
    SL_P_INT(P, seed, 0, 9007199254740991.0, 0, NULL, "Of everything random."),
    SL_P_INT(P, memory, 0, 1e7, 0, "MiB", "Bound of activations at once; 0 is 1,024."),
    SL_ROW_END};
#undef P

static const sl_choice measure_choices[] = {
    {"insertion", "area below the target as important places appear"},
    {"deletion", "area below the target as important places vanish"},
    {"road", "what removing important places costs more than removing the others"},
    {"infidelity", "how wrongly the map foretells the target under noise"},
    {"sensitivity", "how much the map changes when the input hardly does"},
    {"complexity", "entropy of the map"},
    {"pointing", "the most important place is inside the box"},
    {"inside", "share of positive importance inside the box"},
    {"sanity", "rank correlation with the map of a model whose weights are shuffled"},
    {0}};
typedef enum measure {
  INSERTION = 0,
  DELETION,
  ROAD,
  INFIDELITY,
  SENSITIVITY,
  COMPLEXITY,
  POINTING,
  INSIDE,
  SANITY
} measure;

static const sl_choice better_choices[] = {{"high", "large values speak for the map"},
                                           {"low", "small values speak for the map"},
                                           {"near_zero", "small magnitudes speak for the map"},
                                           {0}};
typedef enum better { HIGH = 0, LOW, NEAR_ZERO } better;

static const struct {
  better better;
  const char *source;
} facts[] = {[INSERTION] = {HIGH, "Petsiuk, Das, Saenko 2018, section 4.1"},
             [DELETION] = {LOW, "Petsiuk, Das, Saenko 2018, section 4.1"},
             [ROAD] = {HIGH, "Rong et al. 2022, section 4.2"},
             [INFIDELITY] = {LOW, "Yeh et al. 2019, definition 2.1"},
             [SENSITIVITY] = {LOW, "Yeh et al. 2019, definition 3.1"},
             [COMPLEXITY] = {LOW, "Bhatt, Weller, Moura 2020, definition 3"},
             [POINTING] = {HIGH, "Zhang et al. 2016, section 4.3"},
             [INSIDE] = {HIGH, "Wang et al. 2020, section 4.4"},
             [SANITY] = {NEAR_ZERO, "Adebayo et al. 2018, section 3"}};

typedef struct measure_record {
  int32_t measure, better;
  double value;
  const char *words, *source;
} measure_record;

#define R measure_record
static const sl_row measure_rows[] = {
    SL_R_ENUM(R, measure, measure_choices, "What was measured."),
    SL_R_REAL(R, value, NULL, "The number; null where it has none."),
    SL_R_ENUM(R, better, better_choices, "Which values speak for the map."),
    SL_R_TEXT(R, words, "What it says of this map, or why it has no number."),
    SL_R_TEXT(R, source, "Paper it is from."),
    SL_ROW_END};
#undef R

typedef struct quality_result {
  const char *sample, *run, *method, *target;
  sl_records measures;
  sl_reals insertion, deletion, shuffled;
  bool is_probability;
  int64_t runs;
  double seconds;
} quality_result;

#define R quality_result
static const sl_row result[] = {
    SL_R_ID(R, sample, "sample", "The sample; null for a ready tensor."),
    SL_R_ID(R, run, "run", "Run whose model and pipeline were used."),
    SL_R_TEXT(R, method, "The method."),
    SL_R_TEXT(R, target, "What was explained."),
    SL_R_RECORDS(R, measures, measure_record, measure_rows, "The measures."),
    SL_R_REALS(R, insertion, "The target from the blurred input to the input."),
    SL_R_REALS(R, deletion, "The target from the input to zeros."),
    SL_R_REALS(R, shuffled,
               "Rank correlations with a quarter, half, three quarters and all of the weights "
               "shuffled, from the output down."),
    SL_R_BOOL(R, is_probability, "The curves are of the class's probability, not its score."),
    SL_R_INT(R, runs, "rows", "Inputs that went through the model, without those of the map."),
    SL_R_REAL(R, seconds, "s", "Time it took, without loading the model."),
    SL_ROW_END};
#undef R

typedef struct quality_work {
  sl_op_call *call;
  const quality_params *in;
  sl_opened opened;
  sl_target target;
  sl_attrib_call attrib;
  sl_quality quality;
  double box[4];
  measure_record *measures;
  int64_t count;
} quality_work;

static void report(void *ctx, int64_t done, int64_t total) {
  sl_op_progress(ctx, "quality", "rows", done, total);
}

static sl_status parse_box(quality_work *w, sl_error *err) {
  char rest;
  double *b = w->box;
  if (w->in->box == NULL) return SL_OK;
  if (sscanf(w->in->box, "%lf,%lf,%lf,%lf%c", &b[0], &b[1], &b[2], &b[3], &rest) != 4 ||
      !(b[0] < b[2] && b[1] < b[3]))
    return sl_fail(err, SL_E_ARG, "box \"%s\" is not \"left,top,right,bottom\"", w->in->box);
  return SL_OK;
}

static sl_status prepare(quality_work *w, sl_error *err) {
  SL_TRY(parse_box(w, err));
  size_t keep_count = w->in->layer != NULL;
  SL_TRY(sl_opened_open(w->call, &w->in->which, &w->in->layer, keep_count, &w->opened, err));
  if (w->opened.input.buffer == NULL)
    return sl_fail(err, SL_E_ARG, "a sample or a ready tensor is needed");
  SL_TRY(sl_opened_target(w->call, &w->opened, w->in->target, &w->target, err));
  w->attrib = (sl_attrib_call){.arena = w->call->arena,
                               .box = w->opened.box,
                               .input = &w->opened.input,
                               .target = &w->target,
                               .seed = (uint64_t)w->in->seed,
                               .memory_max_bytes = w->in->memory << 20,
                               .cancel = w->call->cancel,
                               .progress = report,
                               .progress_ctx = w->call};
  if (w->in->layer == NULL) return SL_OK;
  return sl_white_box_value(w->opened.box, w->in->layer, &w->attrib.layer, err);
}

static void add(quality_work *w, measure which, double value, const char *words) {
  w->measures[w->count++] = (measure_record){.measure = (int32_t)which,
                                             .better = (int32_t)facts[which].better,
                                             .value = value,
                                             .words = words,
                                             .source = facts[which].source};
}

// ---- the measures -------------------------------------------------------------------------------

static sl_status draw_curves(quality_work *w, quality_result *out, sl_error *err) {
  double *curves[2], areas[2];
  for (int way = 0; way < 2; way++) {
    curves[way] = SL_NEW_ARRAY(w->call->arena, double, w->in->steps + 1);
    SL_TRY(sl_quality_curve(&w->quality, (sl_quality_way)way, w->in->steps, curves[way],
                            &areas[way], &out->is_probability, err));
  }
  out->insertion = (sl_reals){curves[0], w->in->steps + 1};
  out->deletion = (sl_reals){curves[1], w->in->steps + 1};
  const char *words = areas[0] > areas[1] ? NULL : "important places do not carry the target";
  add(w, INSERTION, areas[0], words);
  add(w, DELETION, areas[1], words);
  return SL_OK;
}

static sl_status disturb(quality_work *w, sl_error *err) {
  double value;
  SL_TRY(sl_quality_road(&w->quality, 0.01, &value, err));
  add(w, ROAD, value, value > 0 ? NULL : "removing other places costs as much");
  SL_TRY(sl_quality_infidelity(&w->quality, w->in->copies, w->in->noise, &value, err));
  add(w, INFIDELITY, value, NULL);
  SL_TRY(sl_quality_sensitivity(&w->quality, w->in->copies, w->in->radius, &value, err));
  add(w, SENSITIVITY, value, NULL);
  add(w, COMPLEXITY, sl_quality_complexity(&w->quality), NULL);
  if (w->in->box == NULL) return SL_OK;
  value = sl_quality_pointing(&w->quality, w->box);
  add(w, POINTING, value, value > 0 ? "a hit" : "a miss");
  add(w, INSIDE, sl_quality_inside(&w->quality, w->box), NULL);
  return SL_OK;
}

static const char *judge(double correlation) {
  if (isnan(correlation)) return "no verdict: a map is the same everywhere";
  return fabs(correlation) > same_map
             ? "fails: the map hardly changes when all the model has learnt is lost"
             : "passes: the map depends on the weights";
}

// A model without float32 weights can still be judged by the other measures.
static sl_status check_sanity(quality_work *w, quality_result *out, sl_error *err) {
  if (!w->in->shuffle) return SL_OK;
  double *found = SL_NEW_ARRAY(w->call->arena, double, LEVELS);
  sl_white_box_options options = {.provider = (sl_provider)w->in->which.provider,
                                  .threads = (int32_t)w->in->which.threads,
                                  .keep = &w->in->layer,
                                  .keep_count = w->in->layer != NULL};
  sl_status status =
      sl_quality_randomisation(&w->quality, w->opened.path, &options, LEVELS, found, err);
  if (status == SL_E_UNSUPPORTED) {
    add(w, SANITY, NAN, sl_arena_copy(w->call->arena, sl_error_message(err)));
    sl_error_clear(err);
    return SL_OK;
  }
  SL_TRY(status);
  out->shuffled = (sl_reals){found, LEVELS};
  add(w, SANITY, found[LEVELS - 1], judge(found[LEVELS - 1]));
  return SL_OK;
}

static sl_status measure_map(quality_work *w, const sl_attribution *map, quality_result *out,
                             sl_error *err) {
  w->measures = SL_NEW_ARRAY(w->call->arena, measure_record, MEASURES_MAX);
  SL_TRY(sl_quality_open(&w->attrib, &w->in->method, map, &w->quality, err));
  sl_status status = draw_curves(w, out, err);
  if (status == SL_OK) status = disturb(w, err);
  if (status == SL_OK) status = check_sanity(w, out, err);
  out->runs = w->quality.scratch.runs;
  sl_quality_close(&w->quality);
  return status;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  quality_result *out = result_out;
  quality_work w = {.call = call, .in = params_in};
  sl_attribution map = {0};
  sl_status status = prepare(&w, err);
  int64_t began = sl_clock_ns();
  if (status == SL_OK) status = sl_attrib_run(&w.attrib, &w.in->method, &map, err);
  if (status == SL_OK) status = measure_map(&w, &map, out, err);
  out->seconds = (double)(sl_clock_ns() - began) * 1e-9;
  if (status == SL_OK) {
    out->sample = w.opened.sample;
    out->run = w.opened.run;
    out->method = sl_attrib_method_at(w.in->method.index)->item.name;
    out->target = w.target.text;
    out->measures = (sl_records){w.measures, w.count};
  }
  sl_attribution_release(&map);
  sl_opened_close(call, &w.opened);
  return status;
}

const sl_op sl_op_quality = {
    .info = {.name = "quality",
             .title = "Judge an attribution",
             .help = "What a map of one input is worth: faithfulness, stability, complexity, and "
                     "whether it depends on the weights at all.",
             .example = "slitlamp quality --sample s12 --method grad_cam",
             .since = "0.2.0",
             .flags = SL_OP_UNTRUSTED | SL_OP_OPTIONAL | SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(quality_params),
             .result = result,
             .result_size = sizeof(quality_result)},
    .run = run};
