// SPDX-License-Identifier: Apache-2.0
// Operation "attribute": which parts of an input made a target what it is.
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "op/choices.h"
#include "op/opened.h"
#include "op/ready_tensor.h"

typedef enum baseline_kind { BASELINE_ZEROS = 0, BASELINE_MEAN, BASELINE_FILE } baseline_kind;
static const sl_choice baselines[] = {{"zeros", "zero in every element of the tensor"},
                                      {"mean", "each channel's mean over the input"},
                                      {"file", "the tensor of --baseline-tensor"},
                                      {0}};

typedef struct attribute_params {
  sl_case_params which;
  sl_variant method;
  const char *target, *layer, *baseline_tensor, *out;
  int32_t baseline;
  int64_t seed, memory;
} attribute_params;

#define P attribute_params
static const sl_row params[] = {
    SL_ROWS_CASE(P, which),
    SL_P_VARIANT(P, method, sl_attrib_registry, 0,
                 "Method and its options; grad_cam where the model has a feature map, else "
                 "saliency."),
    SL_P_TEXT(
        P, target, "predicted",
        "What is explained: a class by number or name, \"predicted\", \"label\", a contrast such "
        "as \"label-predicted\" or \"283-281\", elements of a value such as "
        "\"boxes[0,3]\"."),
    SL_P_TEXT(P, layer, NULL, "Layer for methods that look at one; found when left out."),
    SL_P_ENUM(P, baseline, baselines, 0, "What absent means, for methods that compare with it."),
    SL_P_PATH(P, baseline_tensor, SL_ROW_ADVANCED, "Baseline as an .npy file."),
    SL_P_INT(P, seed, 0, 9007199254740991.0, 0, NULL, "Of everything random."),
    SL_P_INT(P, memory, 0, 1e7, 0, "MiB", "Bound of activations at once; 0 is 1,024."),
    SL_P_PATH(P, out, 0, "File to write the values to (.npy)."),
    SL_ROW_END};
#undef P

typedef struct attribute_result {
  const char *sample, *run, *method, *target, *layer, *map;
  sl_reals target_values, delta;
  sl_rec_tensor values;
  int64_t runs, batch;
  double seconds;
  sl_texts notes;
} attribute_result;

#define R attribute_result
static const sl_row result[] = {
    SL_R_ID(R, sample, "sample", "The sample; null for a ready tensor."),
    SL_R_ID(R, run, "run", "Run whose model and pipeline were used."),
    SL_R_TEXT(R, method, "The method."),
    SL_R_TEXT(R, target, "What was explained."),
    SL_R_TEXT(R, layer, "Layer that was looked at; null where the method looks at none."),
    SL_R_KEY(R, map, "Blob of the values (.npy, float32); null without a workspace."),
    SL_R_REALS(R, target_values, "The target at each input."),
    SL_R_REALS(R, delta, "Completeness: sum of values less the target's change, for each input."),
    SL_R_RECORD(R, values, sl_rec_tensor, sl_rows_tensor, "The values."),
    SL_R_INT(R, runs, "rows", "Inputs that went through the model."),
    SL_R_INT(R, batch, "rows", "Inputs at once."),
    SL_R_REAL(R, seconds, "s", "Time it took, without loading the model."),
    SL_R_TEXTS(R, notes, "What was not exact, and what was chosen."),
    SL_ROW_END};
#undef R

typedef struct attribute_work {
  sl_op_call *call;
  const attribute_params *in;
  sl_opened opened;
  sl_target target;
  sl_variant method;
  sl_tensor baseline;
  sl_attrib_call attrib;
} attribute_work;

static void report(void *ctx, int64_t done, int64_t total) {
  sl_op_progress(ctx, "attribute", "rows", done, total);
}

// ---- what to run --------------------------------------------------------------------------------

static sl_status choose_method(attribute_work *w, sl_error *err) {
  w->method = w->in->method;
  static const char *const favourites[] = {"grad_cam", "saliency"};
  for (size_t i = 0; w->method.index < 0 && i < sizeof favourites / sizeof favourites[0]; i++) {
    int64_t index = sl_registry_find(&sl_attrib_registry, favourites[i]);
    const sl_attrib_method *m = sl_attrib_method_at(index);
    if (m == NULL || (m->unfit != NULL && m->unfit(w->call->arena, w->opened.box) != NULL))
      continue;
    void *defaults = sl_arena_push(w->call->arena, m->item.params_size + 1);
    sl_rows_defaults(m->item.params, defaults);
    w->method = (sl_variant){index, defaults};
  }
  return w->method.index >= 0 ? SL_OK : sl_fail(err, SL_E_ARG, "no attribution method was chosen");
}

// Each channel's mean over the first sample's elements, for inputs [N, C, ...].
static void fill_means(const sl_tensor *input, float *out) {
  int64_t channels = input->shape.rank > 2 ? input->shape.dims[1] : 1;
  int64_t elements = sl_shape_count(&input->shape) / input->shape.dims[0];
  int64_t inner = elements / channels;
  for (int64_t c = 0; c < channels; c++) {
    double sum = 0;
    for (int64_t i = 0; i < inner; i++)
      sum += sl_dtype_load(input->dtype, input->data, (size_t)(c * inner + i));
    for (int64_t i = 0; i < inner; i++) out[c * inner + i] = (float)(sum / (double)inner);
  }
}

static sl_status make_baseline(attribute_work *w, sl_error *err) {
  if (w->in->baseline_tensor != NULL)
    return sl_ready_tensor_read(w->in->baseline_tensor, SL_DTYPE_F32, &w->baseline, err);
  if (w->in->baseline == BASELINE_FILE)
    return sl_fail(err, SL_E_ARG, "baseline \"file\" needs a baseline_tensor");
  if (w->in->baseline == BASELINE_ZEROS) return SL_OK;
  sl_shape shape = w->opened.input.shape;
  shape.dims[0] = 1;
  SL_TRY(sl_tensor_new(SL_DTYPE_F32, &shape, &w->baseline, err));
  fill_means(&w->opened.input, w->baseline.data);
  return SL_OK;
}

static sl_status prepare(attribute_work *w, sl_error *err) {
  size_t keep_count = w->in->layer != NULL;
  SL_TRY(sl_opened_open(w->call, &w->in->which, &w->in->layer, keep_count, &w->opened, err));
  if (w->opened.input.buffer == NULL)
    return sl_fail(err, SL_E_ARG, "a sample or a ready tensor is needed");
  SL_TRY(choose_method(w, err));
  SL_TRY(sl_opened_target(w->call, &w->opened, w->in->target, &w->target, err));
  SL_TRY(make_baseline(w, err));
  w->attrib = (sl_attrib_call){.arena = w->call->arena,
                               .box = w->opened.box,
                               .input = &w->opened.input,
                               .target = &w->target,
                               .baseline = w->baseline.buffer != NULL ? &w->baseline : NULL,
                               .seed = (uint64_t)w->in->seed,
                               .memory_max_bytes = w->in->memory << 20,
                               .cancel = w->call->cancel,
                               .progress = report,
                               .progress_ctx = w->call};
  if (w->in->layer == NULL) return SL_OK;
  return sl_white_box_value(w->opened.box, w->in->layer, &w->attrib.layer, err);
}

// ---- what came out ------------------------------------------------------------------------------

static sl_status fill_result(attribute_work *w, const sl_attribution *a, attribute_result *out,
                             sl_error *err) {
  sl_arena *arena = w->call->arena;
  int64_t samples = sl_shape_count(&a->target_values.shape);
  double *numbers = SL_NEW_ARRAY(arena, double, samples + 1);
  memcpy(numbers, a->target_values.data, (size_t)samples * sizeof *numbers);
  const char **notes = SL_NEW_ARRAY(arena, const char *, a->note_count + 1);
  for (int32_t i = 0; i < a->note_count; i++) notes[i] = sl_arena_copy(arena, a->notes[i]);
  *out = (attribute_result){
      .sample = w->opened.sample,
      .run = w->opened.run,
      .method = sl_attrib_method_at(w->method.index)->item.name,
      .target = w->target.text,
      .layer =
          a->layer != 0 ? sl_white_box_model(w->opened.box)->graph->values[a->layer].name : NULL,
      .target_values = {numbers, samples},
      .delta = {a->delta, a->delta != NULL ? samples : 0},
      .runs = a->runs,
      .batch = a->batch,
      .seconds = out->seconds,
      .notes = {notes, a->note_count}};
  out->layer = sl_arena_copy(arena, out->layer);
  if (w->in->out != NULL) SL_TRY(sl_ready_tensor_write(w->in->out, &a->values, err));
  sl_fill_tensor(w->call, "values", &a->values, w->in->out, &out->values);
  return sl_ready_tensor_keep(w->call, &a->values, &out->map, err);
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  attribute_result *out = result_out;
  attribute_work w = {.call = call, .in = params_in};
  sl_attribution a = {0};
  sl_status status = prepare(&w, err);
  int64_t began = sl_clock_ns();
  if (status == SL_OK) status = sl_attrib_run(&w.attrib, &w.method, &a, err);
  out->seconds = (double)(sl_clock_ns() - began) * 1e-9;
  if (status == SL_OK) status = fill_result(&w, &a, out, err);
  sl_attribution_release(&a);
  sl_tensor_release(&w.baseline);
  sl_opened_close(call, &w.opened);
  return status;
}

const sl_op sl_op_attribute = {
    .info = {.name = "attribute",
             .title = "Attribute a decision",
             .help = "Which parts of an input made a target what it is, by any method.",
             .example = "slitlamp attribute --sample s12 --method integrated_gradients --steps 64",
             .since = "0.2.0",
             .flags = SL_OP_UNTRUSTED | SL_OP_OPTIONAL | SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(attribute_params),
             .result = result,
             .result_size = sizeof(attribute_result)},
    .run = run};
