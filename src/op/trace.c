// SPDX-License-Identifier: Apache-2.0
// Operation "trace": the layer and the region that make a case fail, found by patching in the
// activations of a twin that passes.
#include <math.h>
#include <string.h>

#include "attrib/causal_trace.h"
#include "base/clock.h"
#include "op/choices.h"
#include "op/opened.h"
#include "op/ready_tensor.h"
#include "op/twin.h"

typedef struct trace_params {
  sl_case_params which;
  const char *twin, *twin_tensor, *target;
  sl_texts layer;
  bool neutral;
} trace_params;

#define P trace_params
static const sl_row params[] = {
    SL_ROWS_CASE(P, which),
    SL_P_ID(P, twin, "sample", 0,
            "Sample that passes; the most alike one of the same label when left out."),
    SL_P_BOOL(P, neutral, 0,
              "Take a blurred copy of the case for the twin: which places speak for the wrong "
              "answer. Done by itself where no sample of the label passes."),
    SL_P_PATH(P, twin_tensor, SL_ROW_ADVANCED, "The twin as an .npy file, for a ready tensor."),
    SL_P_TEXT(P, target, NULL,
              "What should grow; label less prediction when left out, such as \"283-281\"."),
    SL_P_TEXTS(P, layer, 0, "Layers to patch; the feature layers of the model when left out."),
    SL_ROW_END};
#undef P

typedef struct trace_layer_record {
  const char *layer, *title, *places, *mask;
  int64_t height, width, channels, fewest, runs;
  double whole, first_order, fewest_target;
  bool whole_repairs, changes_nothing;
} trace_layer_record;

#define R trace_layer_record
static const sl_row layer_rows[] = {
    SL_R_TEXT(R, layer, "Name of the value."),
    SL_R_TEXT(R, title, "What to call it."),
    SL_R_INT(R, height, NULL, "Rows of its grid."),
    SL_R_INT(R, width, NULL, "Columns of its grid."),
    SL_R_INT(R, channels, NULL, "Its channels."),
    SL_R_REAL(R, whole, NULL, "The target with the whole layer taken from the twin (measured)."),
    SL_R_BOOL(R, whole_repairs, "That makes the case pass."),
    SL_R_BOOL(R, changes_nothing, "Not even the whole layer moves the target."),
    SL_R_REAL(R, first_order, NULL, "Change of the target that the gradient expects of it."),
    SL_R_INT(R, fewest, "places",
             "Fewest places found that make the case pass (measured); 0: none do."),
    SL_R_REAL(R, fewest_target, NULL, "The target with those places patched."),
    SL_R_KEY(R, places, "Blob (.npy, [1,1,h,w]): expected effect of each place."),
    SL_R_KEY(R, mask, "Blob (.npy, [1,1,h,w]): 1 where a place is among the fewest."),
    SL_R_INT(R, runs, "rows", "Patched cases that were run."),
    SL_ROW_END};
#undef R

typedef struct trace_result {
  const char *sample, *run, *twin, *target, *smallest;
  double similarity, before, twin_target, seconds;
  int64_t candidates;
  sl_records layers;
  sl_texts notes;
} trace_result;

#define R trace_result
static const sl_row result[] = {
    SL_R_ID(R, sample, "sample", "The sample; null for a ready tensor."),
    SL_R_ID(R, run, "run", "Run whose model and pipeline were used."),
    SL_R_ID(R, twin, "sample", "The twin; null for a ready tensor."),
    SL_R_REAL(R, similarity, NULL,
              "Cosine of the pooled features; null for a twin that was named."),
    SL_R_INT(R, candidates, "samples", "Samples the twin was chosen from."),
    SL_R_TEXT(R, target, "What should grow."),
    SL_R_REAL(R, before, NULL, "The target of the case."),
    SL_R_REAL(R, twin_target, NULL, "The target of the twin."),
    SL_R_TEXT(R, smallest, "Layer whose patch repairs with the smallest part of its places."),
    SL_R_RECORDS(R, layers, trace_layer_record, layer_rows, "From input to output."),
    SL_R_REAL(R, seconds, "s", "Time of the patching."),
    SL_R_TEXTS(R, notes, "What to know when reading this."),
    SL_ROW_END};
#undef R

typedef struct trace_work {
  sl_op_call *call;
  const trace_params *in;
  sl_opened opened;
  sl_twin twin;
  sl_target target;
  int64_t wanted;
  bool is_neutral;
  sl_feature_layers layers;
} trace_work;

// ---- what to patch ------------------------------------------------------------------------------

static sl_status find_target(trace_work *w, sl_error *err) {
  const sl_opened *o = &w->opened;
  const char *text = w->in->target;
  int is_wrong = o->label >= 0 && o->pred >= 0 && o->label != o->pred;
  if (text == NULL) text = is_wrong ? "label-predicted" : o->label >= 0 ? "label" : NULL;
  if (text == NULL) {
    sl_fail(err, SL_E_ARG, "there is no label: a target is needed");
    return sl_hint(err, SL_E_ARG,
                   "Give a contrast such as \"283-281\": what should win, less what does.");
  }
  SL_TRY(sl_opened_target(w->call, o, text, &w->target, err));
  w->wanted = w->in->target != NULL ? -1 : o->label;
  if (!w->target.predicted) return SL_OK;
  return sl_fail(err, SL_E_ARG, "the prediction itself cannot be what should grow");
}

// Without a twin that passes, the blurred case stands in: patching it takes something away.
static sl_status find_or_blur(trace_work *w, sl_error *err) {
  sl_error why = {0};
  sl_status status = SL_E_NOT_FOUND;
  if (!w->in->neutral) status = sl_twin_find(w->call, &w->opened, w->in->twin, &w->twin, &why);
  w->is_neutral = w->in->twin == NULL && status == SL_E_NOT_FOUND;
  if (w->is_neutral) w->wanted = -1;  // taking away can only unmake the wrong answer
  if (w->is_neutral) return sl_twin_blur(&w->opened, &w->twin, err);
  if (status != SL_OK && err != NULL) *err = why;
  return status;
}

static sl_status find_twin(trace_work *w, sl_error *err) {
  if (w->in->twin_tensor == NULL) return find_or_blur(w, err);
  w->twin.similarity = NAN;
  return sl_ready_tensor_read(w->in->twin_tensor, w->opened.input.dtype, &w->twin.input, err);
}

static sl_status prepare(trace_work *w, sl_error *err) {
  SL_TRY(sl_opened_open(w->call, &w->in->which, w->in->layer.at, (size_t)w->in->layer.count,
                        &w->opened, err));
  if (w->opened.input.buffer == NULL)
    return sl_fail(err, SL_E_ARG, "a sample or a ready tensor is needed");
  SL_TRY(find_target(w, err));
  SL_TRY(find_twin(w, err));
  return sl_feature_layers_find(w->call->arena, w->opened.box, &w->in->layer, &w->layers, err);
}

// ---- what came out ------------------------------------------------------------------------------

static sl_status keep_places(trace_work *w, const sl_traced_layer *layer, trace_layer_record *out,
                             sl_error *err) {
  sl_tensor map;
  sl_shape shape = {.rank = 4, .dims = {1, 1, layer->layer.height, layer->layer.width}};
  int64_t places = layer->layer.height * layer->layer.width;
  SL_TRY(sl_tensor_new(SL_DTYPE_F32, &shape, &map, err));
  memcpy(map.data, layer->places, (size_t)places * sizeof(float));
  sl_status status = sl_ready_tensor_keep(w->call, &map, &out->places, err);
  for (int64_t i = 0; i < places; i++) ((float *)map.data)[i] = layer->fewest_mask[i];
  if (status == SL_OK) status = sl_ready_tensor_keep(w->call, &map, &out->mask, err);
  sl_tensor_release(&map);
  return status;
}

static sl_status fill_layer(trace_work *w, int32_t index, const sl_traced_layer *layer,
                            trace_layer_record *out, sl_error *err) {
  const sl_graph *graph = sl_white_box_model(w->opened.box)->graph;
  *out = (trace_layer_record){
      .layer = sl_arena_copy(w->call->arena, graph->values[layer->layer.value].name),
      .title = w->layers.titles[index],
      .height = layer->layer.height,
      .width = layer->layer.width,
      .channels = layer->layer.channels,
      .fewest = layer->fewest,
      .runs = layer->runs,
      .whole = layer->whole,
      .first_order = layer->first_order,
      .fewest_target = layer->fewest > 0 ? layer->fewest_target : NAN,
      .whole_repairs = layer->whole_repairs,
      .changes_nothing = layer->changes_nothing};
  return keep_places(w, layer, out, err);
}

static const char *find_smallest(const trace_work *w, const sl_trace *trace) {
  double best = 2;
  int32_t found = -1;
  for (int32_t i = 0; i < trace->layer_count; i++) {
    const sl_traced_layer *layer = &trace->layers[i];
    double part = (double)layer->fewest / (double)(layer->layer.height * layer->layer.width);
    if (layer->fewest > 0 && part < best) {
      best = part;
      found = i;
    }
  }
  if (found < 0) return NULL;
  const sl_graph *graph = sl_white_box_model(w->opened.box)->graph;
  return sl_arena_copy(w->call->arena, graph->values[trace->layers[found].layer.value].name);
}

static sl_texts list_notes(const trace_work *w, const sl_trace *trace) {
  const char **list = SL_NEW_ARRAY(w->call->arena, const char *, 4);
  int64_t count = 0;
  if (w->is_neutral)
    list[count++] = w->in->neutral
                        ? "the twin is a blurred copy of the case: patches take away what it shows"
                        : "no sample of the label passes: a blurred copy of the case is the twin, "
                          "patches take away what it shows";
  if (trace->repaired_before) list[count++] = "the case passes already: there is nothing to repair";
  if (trace->twin <= trace->before && !w->is_neutral)
    list[count++] =
        "the target of the twin is not larger: patches from it cannot be expected to help";
  return (sl_texts){list, count};
}

static sl_status fill_result(trace_work *w, const sl_trace *trace, trace_result *out,
                             sl_error *err) {
  trace_layer_record *layers =
      SL_NEW_ARRAY(w->call->arena, trace_layer_record, trace->layer_count + 1);
  for (int32_t i = 0; i < trace->layer_count; i++)
    SL_TRY(fill_layer(w, i, &trace->layers[i], &layers[i], err));
  *out = (trace_result){.sample = w->opened.sample,
                        .run = w->opened.run,
                        .twin = w->twin.sample,
                        .target = w->target.text,
                        .smallest = find_smallest(w, trace),
                        .similarity = w->twin.similarity,
                        .candidates = w->twin.candidates,
                        .before = trace->before,
                        .twin_target = trace->twin,
                        .seconds = out->seconds,
                        .layers = {layers, trace->layer_count},
                        .notes = list_notes(w, trace)};
  return SL_OK;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  trace_result *out = result_out;
  trace_work w = {.call = call, .in = params_in};
  sl_trace trace;
  sl_status status = prepare(&w, err);
  int64_t began = sl_clock_ns();
  if (status == SL_OK) {
    sl_trace_ask ask = {.box = w.opened.box,
                        .input = &w.opened.input,
                        .twin = &w.twin.input,
                        .target = &w.target,
                        .wanted_class = w.wanted,
                        .layers = w.layers.at,
                        .layer_count = w.layers.count};
    status = sl_trace_layers(call->arena, &ask, &trace, err);
  }
  out->seconds = (double)(sl_clock_ns() - began) * 1e-9;
  if (status == SL_OK) status = fill_result(&w, &trace, out, err);
  sl_twin_release(&w.twin);
  sl_opened_close(call, &w.opened);
  return status;
}

const sl_op sl_op_trace = {
    .info = {.name = "trace",
             .title = "Trace a failure",
             .help = "The layer and the region that make a case fail, by patching in a twin.",
             .example = "slitlamp trace --sample s12",
             .since = "0.2.0",
             .flags = SL_OP_UNTRUSTED | SL_OP_OPTIONAL | SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(trace_params),
             .result = result,
             .result_size = sizeof(trace_result)},
    .run = run};
