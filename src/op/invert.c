// SPDX-License-Identifier: Apache-2.0
// Operation "invert": a picture that a target of the model answers to, found by gradient ascent.
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "op/choices.h"
#include "op/engine_state.h"
#include "op/pixel_range.h"
#include "op/ready_tensor.h"
#include "store/blob_table.h"

enum { PNG_LEVEL = 6, CURVE_MAX = 64 };

static const sl_choice spaces[] = {
    {"fourier", "frequencies and colours made independent: looks less like noise"},
    {"pixel", "the pixels themselves"},
    {0}};

typedef struct invert_params {
  sl_case_params which;
  const char *target, *out, *png;
  int32_t space;
  int64_t steps, jitter, seed;
  double rate, rotate, zoom, total_variation, square;
} invert_params;

#define P invert_params
static const sl_row params[] = {
    SL_ROWS_CASE(P, which),
    SL_P_TEXT_(P, target, SL_T_TEXT, SL_ROW_REQUIRED, NULL, NULL,
               "What the picture should show: a class by number or name, a channel such as "
               "\"layer4[12]\", one place of it such as \"layer4[12,3,3]\"."),
    SL_P_ENUM(P, space, spaces, 0, "What the ascent moves in."),
    SL_P_INT(P, steps, 1, 100000, 256, NULL, "Steps."),
    SL_P_REAL(P, rate, 1e-6, 10, 0.05, NULL, "Length of a step (Adam)."),
    SL_P_INT(P, jitter, -1, 1024, -1, "px",
             "Each step shifts the picture at most so far; -1 is a 28th of its width."),
    SL_P_REAL(P, rotate, 0, 180, 5, "deg", "Each step turns it at most so far."),
    SL_P_REAL(P, zoom, 0, 0.5, 0.05, NULL, "Each step changes its size by at most this part."),
    SL_P_REAL(P, total_variation, 0, 1000, 0.1, NULL,
              "Weight of smoothness; the target's gradient has root mean square 1."),
    SL_P_REAL(P, square, 0, 1000, 0.1, NULL, "Weight of staying near grey."),
    SL_P_INT(P, seed, 0, 9007199254740991.0, 0, NULL, "Of everything random."),
    SL_P_PATH(P, out, 0, "File to write the model's input to (.npy)."),
    SL_P_PATH(P, png, 0, "File to write the picture to (.png)."),
    SL_ROW_END};
#undef P

typedef struct invert_result {
  const char *sample, *run, *target, *map, *picture, *top;
  double before, after, seconds;
  int64_t width, height, steps, flat_steps, top_index;
  sl_reals curve;
  sl_rec_tensor input;
  sl_texts notes;
} invert_result;

#define R invert_result
static const sl_row result[] = {
    SL_R_ID(R, sample, "sample", "The sample it started from; null for grey noise."),
    SL_R_ID(R, run, "run", "Run whose model and pipeline were used."),
    SL_R_TEXT(R, target, "What the picture should show."),
    SL_R_REAL(R, before, NULL, "The target at the start."),
    SL_R_REAL(R, after, NULL, "The target at the end, the picture as it is."),
    SL_R_REALS(R, curve, "The target on the way, at most 64 steps spread evenly, warped."),
    SL_R_INT(R, steps, NULL, "Steps."),
    SL_R_INT(R, flat_steps, NULL, "Of these: without a gradient."),
    SL_R_INT_OR_NULL(R, top_index, NULL,
                     "Class the model says of the picture; null for targets inside the model."),
    SL_R_TEXT(R, top, "Its name; null where not known."),
    SL_R_KEY(R, picture, "Blob of the picture (PNG); null without a workspace."),
    SL_R_KEY(R, map, "Blob of the model's input (.npy, float32); null without a workspace."),
    SL_R_INT(R, width, "px", "Width of the picture."),
    SL_R_INT(R, height, "px", "Height of it."),
    SL_R_RECORD(R, input, sl_rec_tensor, sl_rows_tensor, "The picture as the model takes it."),
    SL_R_REAL(R, seconds, "s", "Time it took, without loading the model."),
    SL_R_TEXTS(R, notes, "What to know when reading this."),
    SL_ROW_END};
#undef R

typedef struct invert_work {
  sl_op_call *call;
  const invert_params *in;
  sl_opened opened;
  sl_target target;
  sl_ascent_ask ask;
  sl_ascent ascent;
  const char *problem;  // why the range of the input is not known
} invert_work;

static void report(void *ctx, int64_t done, int64_t total) {
  sl_op_progress(ctx, "invert", "steps", done, total);
}

static sl_status make_start(invert_work *w, sl_error *err) {
  const sl_tensor *input = &w->opened.input;
  const sl_pixel_scale *scale = &w->ask.scale;
  if (input->buffer == NULL) return SL_OK;
  if (input->shape.dims[0] != 1 || input->dtype != SL_DTYPE_F32)
    return sl_fail(err, SL_E_ARG, "the start must be one picture of float32");
  float *start =
      SL_NEW_ARRAY(w->call->arena, float, scale->channels * scale->height * scale->width);
  sl_pixel_scale_undo(scale, input->data, start);
  w->ask.start = start;
  return SL_OK;
}

static sl_status prepare(invert_work *w, sl_error *err) {
  const invert_params *in = w->in;
  SL_TRY(sl_opened_open(w->call, &in->which, NULL, 0, &w->opened, err));
  SL_TRY(sl_opened_target(w->call, &w->opened, in->target, &w->target, err));
  w->ask = (sl_ascent_ask){.arena = w->call->arena,
                           .box = w->opened.box,
                           .target = &w->target,
                           .is_plain = in->space == 1,
                           .steps = in->steps,
                           .rate = in->rate,
                           .rotate = in->rotate,
                           .zoom = in->zoom,
                           .total_variation = in->total_variation,
                           .square = in->square,
                           .seed = (uint64_t)in->seed,
                           .cancel = w->call->cancel,
                           .progress = report,
                           .ctx = w->call};
  SL_TRY(sl_pixel_range_find(w->call, &w->opened, &w->ask.scale, &w->problem, err));
  w->ask.jitter = in->jitter >= 0 ? (double)in->jitter : (double)(w->ask.scale.width / 28);
  return make_start(w, err);
}

// ---- what came out ------------------------------------------------------------------------------

static sl_status keep_picture(const invert_work *w, const sl_buffer *png, const char **key,
                              sl_error *err) {
  char hex[65];
  if (w->in->png != NULL) SL_TRY(sl_file_write_atomic(w->in->png, png->bytes, png->size, err));
  if (w->call->store == NULL || w->call->engine->read_only) return SL_OK;
  sl_hash hash = sl_hash_of(png->bytes, png->size);
  sl_hash_hex(&hash, hex);
  *key = sl_arena_printf(w->call->arena, "picture-%s", hex);
  return sl_store_put_derived(w->call->store, *key, png->bytes, png->size, "image/png", err);
}

static sl_status write_picture(const invert_work *w, const char **key, sl_error *err) {
  sl_image image;
  sl_buffer *png;
  SL_TRY(sl_pixel_range_image(&w->ask.scale, w->ascent.picture, &image, err));
  sl_status status = sl_image_encode(&image, SL_ENCODING_PNG, PNG_LEVEL, &png, err);
  sl_image_release(&image);
  SL_TRY(status);
  status = keep_picture(w, png, key, err);
  sl_buffer_release(png);
  return status;
}

static sl_reals thin_curve(const invert_work *w) {
  int64_t steps = w->ask.steps, count = steps < CURVE_MAX ? steps : CURVE_MAX;
  double *points = SL_NEW_ARRAY(w->call->arena, double, count);
  for (int64_t i = 0; i < count; i++) points[i] = w->ascent.curve[i * steps / count];
  return (sl_reals){points, count};
}

static int64_t top_class(const invert_work *w) {
  const sl_tensor *value = &w->ascent.value;
  int64_t count = sl_shape_count(&value->shape), best = 0;
  if (w->target.value != sl_white_box_output(w->opened.box) || count < 2) return SL_INT_NULL;
  for (int64_t i = 1; i < count; i++)
    if (sl_dtype_load(value->dtype, value->data, (size_t)i) >
        sl_dtype_load(value->dtype, value->data, (size_t)best))
      best = i;
  return best;
}

// The scores in front of a softmax, where the target is what comes after it; NULL elsewhere.
static const char *scores_before(const invert_work *w) {
  const sl_graph *graph = sl_white_box_model(w->opened.box)->graph;
  const sl_node *maker = &graph->nodes[graph->values[w->target.value].maker];
  if (graph->values[w->target.value].origin != SL_ORIGIN_NODE || !sl_node_is(maker, "Softmax"))
    return NULL;
  return graph->values[sl_node_input(maker, 0)].name;
}

static sl_texts list_notes(const invert_work *w) {
  const char **list = SL_NEW_ARRAY(w->call->arena, const char *, 4);
  const char *scores = scores_before(w);
  int64_t count = 0;
  if (scores != NULL)
    list[count++] = sl_arena_printf(
        w->call->arena,
        "the target is a probability, which stops growing near 1: elements of \"%s\" do not",
        scores);
  if (w->problem != NULL)
    list[count++] = sl_arena_printf(
        w->call->arena, "the input is taken to go from 0 to 1, the pipeline is not known: %s",
        w->problem);
  if (w->ascent.flat == w->ask.steps)
    list[count++] =
        "no step had a gradient: the target does not answer to the start; try another seed or "
        "start from a sample that moves it";
  if (w->ascent.after <= w->ascent.before)
    list[count++] = "the target did not grow: try more steps or smaller priors";
  return (sl_texts){list, count};
}

static sl_status fill_result(invert_work *w, invert_result *out, sl_error *err) {
  int64_t top = top_class(w);
  int has_name = top != SL_INT_NULL && top < w->opened.classes.count;
  const sl_graph *graph = sl_white_box_model(w->opened.box)->graph;
  *out = (invert_result){.sample = w->opened.sample,
                         .run = w->opened.run,
                         .target = w->target.text,
                         .before = w->ascent.before,
                         .after = w->ascent.after,
                         .seconds = out->seconds,
                         .width = w->ask.scale.width,
                         .height = w->ask.scale.height,
                         .steps = w->ask.steps,
                         .flat_steps = w->ascent.flat,
                         .top_index = top,
                         .top = has_name ? w->opened.classes.at[top] : NULL,
                         .curve = thin_curve(w),
                         .notes = list_notes(w)};
  sl_fill_tensor(w->call, graph->values[sl_white_box_input(w->opened.box)].name, &w->ascent.input,
                 w->in->out, &out->input);
  if (w->in->out != NULL) SL_TRY(sl_ready_tensor_write(w->in->out, &w->ascent.input, err));
  SL_TRY(write_picture(w, &out->picture, err));
  return sl_ready_tensor_keep(w->call, &w->ascent.input, &out->map, err);
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  invert_result *out = result_out;
  invert_work w = {.call = call, .in = params_in};
  sl_status status = prepare(&w, err);
  int64_t began = sl_clock_ns();
  if (status == SL_OK) status = sl_image_ascent_run(&w.ask, &w.ascent, err);
  out->seconds = (double)(sl_clock_ns() - began) * 1e-9;
  if (status == SL_OK) status = fill_result(&w, out, err);
  sl_ascent_release(&w.ascent);
  sl_opened_close(call, &w.opened);
  return status;
}

const sl_op sl_op_invert = {
    .info = {.name = "invert",
             .title = "Show what a unit wants",
             .help = "A picture that a class or channel answers to most, by gradient ascent.",
             .example = "slitlamp invert --target \"tabby\" --png tabby.png",
             .since = "0.2.0",
             .flags = SL_OP_UNTRUSTED | SL_OP_OPTIONAL | SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(invert_params),
             .result = result,
             .result_size = sizeof(invert_result)},
    .run = run};
