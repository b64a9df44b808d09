// SPDX-License-Identifier: Apache-2.0
// Operation "lens": what the layers of a model say a case is, read by a probe from each.
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "op/choices.h"
#include "op/lens_fit.h"
#include "op/lookup.h"

typedef struct lens_params {
  sl_case_params which;
  sl_texts layer;
  int64_t per_class;
} lens_params;

#define P lens_params
static const sl_row params[] = {
    SL_ROWS_CASE(P, which),
    SL_P_TEXTS(P, layer, SL_ROW_ADVANCED,
               "Layers to read; the feature layers of the model when left out."),
    SL_P_INT(P, per_class, 2, 10000, 20, "samples",
             "Labelled samples of each class to fit on, at most; 4,096 in all."),
    SL_ROW_END};
#undef P

typedef struct lens_layer_record {
  const char *layer, *title, *pred;
  int64_t channels, pred_index, label_rank;
  double pred_score, label_score, final_score, accuracy;
  bool is_final;
} lens_layer_record;

#define R lens_layer_record
static const sl_row layer_rows[] = {
    SL_R_TEXT(R, layer, "Name of the value."),
    SL_R_TEXT(R, title, "What to call it."),
    SL_R_INT(R, channels, NULL, "Features the probe reads: the class token, or means over places."),
    SL_R_INT(R, pred_index, NULL, "Class the probe says."),
    SL_R_TEXT(R, pred, "Its name; null where not known."),
    SL_R_REAL(R, pred_score, "nats", "Log posterior of that class."),
    SL_R_REAL(R, label_score, "nats",
              "Log posterior of the label; null where no fitted sample has it."),
    SL_R_REAL(R, final_score, "nats",
              "Log posterior of the model's answer; null where no fitted sample has it."),
    SL_R_INT_OR_NULL(R, label_rank, NULL, "Place of the label among the classes; 1 is first."),
    SL_R_BOOL(R, is_final, "The probe says what the model says in the end."),
    SL_R_REAL(R, accuracy, NULL,
              "Accuracy of the probe on fitted samples, each judged without itself, 0 to 1: what "
              "the reading is worth; null where no class has two samples."),
    SL_ROW_END};
#undef R

typedef struct lens_result {
  const char *sample, *run, *label, *final, *turns;
  int64_t label_index, final_index, turns_index, classes, samples, per_class;
  double chance, seconds;
  sl_records layers;
  sl_texts notes;
} lens_result;

#define R lens_result
static const sl_row result[] = {
    SL_R_ID(R, sample, "sample", "The sample; null for a ready tensor."),
    SL_R_ID(R, run, "run", "Run whose model, pipeline and labelled samples were used."),
    SL_R_INT_OR_NULL(R, label_index, NULL, "Class of the label."),
    SL_R_TEXT(R, label, "Its name."),
    SL_R_INT(R, final_index, NULL, "Class the model says."),
    SL_R_TEXT(R, final, "Its name; null where not known."),
    SL_R_TEXT(R, turns,
              "Layer from which on every probe gives the model's answer; null when the last one "
              "does not."),
    SL_R_INT_OR_NULL(R, turns_index, NULL, "Its place among the layers, from 0."),
    SL_R_INT(R, classes, NULL, "Classes with fitted samples."),
    SL_R_INT(R, samples, "samples", "Samples the probes are fitted on."),
    SL_R_INT(R, per_class, "samples", "Of each class, at most."),
    SL_R_REAL(R, chance, NULL, "Accuracy of guessing: 1 / classes."),
    SL_R_RECORDS(R, layers, lens_layer_record, layer_rows, "From input to output."),
    SL_R_REAL(R, seconds, "s", "Time it took, without loading the model."),
    SL_R_TEXTS(R, notes, "What to know when reading this."),
    SL_ROW_END};
#undef R

typedef struct lens_work {
  sl_op_call *call;
  const lens_params *in;
  sl_opened opened;
  sl_layer_features features;
  sl_lens_fit fit;
  double **values;       // [layers]: of the case
  int32_t own;           // its class when it is among the fitted samples, else -1
  int64_t label, final;  // positions among the fitted classes; -1 for none
  int64_t final_index;
} lens_work;

// ---- the case -----------------------------------------------------------------------------------

static sl_status check_input(const lens_work *w, sl_error *err) {
  const sl_tensor *input = &w->opened.input;
  if (input->buffer == NULL) return sl_fail(err, SL_E_ARG, "a sample or a ready tensor is needed");
  if (input->shape.dims[0] == 1) return SL_OK;
  return sl_fail(err, SL_E_ARG, "one case is read at a time, the tensor holds %lld",
                 (long long)input->shape.dims[0]);
}

static sl_status read_final(lens_work *w, const sl_tensor *scores, sl_error *err) {
  int64_t count = sl_shape_count(&scores->shape);
  if (count < 2)
    return sl_fail(err, SL_E_UNSUPPORTED,
                   "the model gives %lld number: scores of classes are needed", (long long)count);
  for (int64_t i = 1; i < count; i++)
    if (sl_dtype_load(scores->dtype, scores->data, (size_t)i) >
        sl_dtype_load(scores->dtype, scores->data, (size_t)w->final_index))
      w->final_index = i;
  return SL_OK;
}

static sl_status run_case(lens_work *w, sl_error *err) {
  sl_tensor scores = {0};
  w->values = SL_NEW_ARRAY(w->call->arena, double *, w->features.count);
  for (int32_t i = 0; i < w->features.count; i++)
    w->values[i] = SL_NEW_ARRAY(w->call->arena, double, w->features.layers[i].channels);
  SL_TRY(sl_layer_features_run(&w->features, &w->opened.input, w->values, &scores, err));
  sl_status status = read_final(w, &scores, err);
  sl_tensor_release(&scores);
  return status;
}

static int64_t position_of(const sl_lens_fit *fit, int64_t class_index) {
  for (int64_t c = 0; c < fit->classes; c++)
    if (fit->class_index[c] == class_index) return c;
  return -1;
}

static void find_places(lens_work *w) {
  int64_t id = w->opened.sample != NULL ? sl_record_parse(SL_RECORD_SAMPLE, w->opened.sample) : 0;
  w->own = -1;
  for (int64_t i = 0; i < w->fit.samples; i++)
    if (w->fit.ids[i] == id) w->own = (int32_t)w->fit.members[i];
  w->label = w->opened.label >= 0 ? position_of(&w->fit, w->opened.label) : -1;
  w->final = position_of(&w->fit, w->final_index);
}

// ---- readings -----------------------------------------------------------------------------------

static const char *class_name(const lens_work *w, int64_t index) {
  return index >= 0 && index < w->opened.classes.count ? w->opened.classes.at[index] : NULL;
}

static double score_at(const double *scores, int64_t position) {
  return position >= 0 && isfinite(scores[position]) ? scores[position] : NAN;
}

static int64_t rank_of(const double *scores, int64_t count, int64_t position) {
  if (position < 0 || !isfinite(scores[position])) return SL_INT_NULL;
  int64_t rank = 1;
  for (int64_t c = 0; c < count; c++) rank += scores[c] > scores[position];
  return rank;
}

static void read_layer(const lens_work *w, int32_t index, lens_layer_record *out) {
  const sl_class_means *probe = &w->fit.probes[index];
  double *scores = SL_NEW_ARRAY(w->call->arena, double, probe->classes);
  sl_class_means_score(probe, w->values[index], w->own, scores);
  int64_t best = 0;
  for (int64_t c = 1; c < probe->classes; c++)
    if (scores[c] > scores[best]) best = c;
  const sl_graph *graph = sl_white_box_model(w->opened.box)->graph;
  int64_t pred = w->fit.class_index[best];
  *out = (lens_layer_record){
      .layer = sl_arena_copy(w->call->arena, graph->values[w->features.layers[index].value].name),
      .title = sl_arena_copy(w->call->arena, w->features.titles[index]),
      .channels = probe->features,
      .pred_index = pred,
      .pred = class_name(w, pred),
      .pred_score = scores[best],
      .label_score = score_at(scores, w->label),
      .final_score = score_at(scores, w->final),
      .label_rank = rank_of(scores, probe->classes, w->label),
      .is_final = pred == w->final_index,
      .accuracy = probe->accuracy};
}

static sl_texts list_notes(const lens_work *w) {
  const char **list = SL_NEW_ARRAY(w->call->arena, const char *, 5);
  const sl_class_means *probe = &w->fit.probes[0];
  int64_t count = 0;
  if (w->fit.note != NULL) list[count++] = w->fit.note;
  if (probe->judged == 0)
    list[count++] =
        "no class has two labelled samples: the variance is that of all samples, and what the "
        "readings are worth is not known";
  if (w->own >= 0 && probe->counts[w->own] == 1)
    list[count++] = "no other sample has the label of this case: the probes do not know its class";
  if (w->final < 0)
    list[count++] = "no labelled sample has the class the model says: the probes cannot say it";
  if (w->fit.per_class < w->in->per_class)
    list[count++] = "there are many classes: fewer samples of each were taken than asked for";
  return (sl_texts){list, count};
}

static void fill_result(lens_work *w, lens_result *out) {
  lens_layer_record *layers = SL_NEW_ARRAY(w->call->arena, lens_layer_record, w->features.count);
  int32_t turns = w->features.count;
  for (int32_t i = 0; i < w->features.count; i++) read_layer(w, i, &layers[i]);
  while (turns > 0 && layers[turns - 1].is_final) turns--;
  int has_turn = turns < w->features.count, label = w->opened.label;
  *out = (lens_result){.sample = w->opened.sample,
                       .run = w->opened.run,
                       .label_index = label >= 0 ? label : SL_INT_NULL,
                       .label = class_name(w, label),
                       .final_index = w->final_index,
                       .final = class_name(w, w->final_index),
                       .turns = has_turn ? layers[turns].layer : NULL,
                       .turns_index = has_turn ? turns : SL_INT_NULL,
                       .classes = w->fit.classes,
                       .samples = w->fit.samples,
                       .per_class = w->fit.per_class,
                       .chance = 1 / (double)w->fit.classes,
                       .layers = {layers, w->features.count},
                       .notes = list_notes(w)};
}

static sl_status find_fit(lens_work *w, sl_error *err) {
  bool found;
  const lens_params *in = w->in;
  SL_TRY(sl_lens_fit_find(w->call, &w->opened, &w->features, in->per_class, &w->fit, &found, err));
  if (found) return SL_OK;
  SL_TRY(
      sl_opened_own(w->call, &in->which, in->layer.at, (size_t)in->layer.count, &w->opened, err));
  SL_TRY(sl_layer_features_open(w->call->arena, w->opened.box, &w->in->layer, &w->features, err));
  return sl_lens_fit_make(w->call, &w->opened, &w->features, in->per_class, &w->fit, err);
}

static sl_status read_case(lens_work *w, lens_result *out, sl_error *err) {
  int64_t began = sl_clock_ns();
  SL_TRY(check_input(w, err));
  SL_TRY(sl_layer_features_open(w->call->arena, w->opened.box, &w->in->layer, &w->features, err));
  SL_TRY(find_fit(w, err));
  SL_TRY(run_case(w, err));
  find_places(w);
  fill_result(w, out);
  out->seconds = (double)(sl_clock_ns() - began) * 1e-9;
  return SL_OK;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  lens_work w = {.call = call, .in = params_in};
  SL_TRY(sl_opened_open(call, &w.in->which, w.in->layer.at, (size_t)w.in->layer.count, &w.opened,
                        err));
  sl_status status = read_case(&w, result_out, err);
  sl_opened_close(call, &w.opened);
  return status;
}

const sl_op sl_op_lens = {
    .info = {.name = "lens",
             .title = "Read the layers",
             .help = "What each layer says a case is, and the layer where the decision turns.",
             .example = "slitlamp lens --sample s12",
             .since = "0.2.0",
             .flags = SL_OP_UNTRUSTED | SL_OP_OPTIONAL | SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(lens_params),
             .result = result,
             .result_size = sizeof(lens_result)},
    .run = run};
