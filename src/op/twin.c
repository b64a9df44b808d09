// SPDX-License-Identifier: Apache-2.0
// Finding a twin.
#include "op/twin.h"

#include <math.h>
#include <string.h>

#include "attrib/feature_layer.h"
#include "attrib/row_run.h"
#include "op/table_cache.h"

enum { CANDIDATES_MAX = 64 };

typedef struct search {
  sl_op_call *call;
  const sl_opened *opened;
  const sl_piece *piece;
  sl_feature_layer layer;
  double *features;  // of the case, [channels]
} search;

static double cosine(const double *a, const double *b, int64_t count) {
  double ab = 0, aa = 0, bb = 0;
  for (int64_t i = 0; i < count; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

static sl_status features_of(search *s, const sl_tensor *input, double *out, sl_error *err) {
  sl_tensor value, floats;
  sl_row_run how = {.rows = 1, .fixed_batch = sl_white_box_batch(s->opened->box)};
  SL_TRY(sl_piece_run_rows(s->piece, &how, input, &value, err));
  sl_status status = sl_tensor_to_f32(&value, &floats, err);
  sl_tensor_release(&value);
  SL_TRY(status);
  sl_feature_mean(&s->layer, floats.data, out);
  sl_tensor_release(&floats);
  return SL_OK;
}

static sl_status open_layer(search *s, sl_error *err) {
  sl_value_id value = sl_feature_layer_last(s->opened->box, sl_white_box_output(s->opened->box));
  if (value == 0)
    return sl_fail(err, SL_E_UNSUPPORTED, "model \"%s\" has no layer to compare samples by",
                   sl_white_box_name(s->opened->box));
  SL_TRY(sl_feature_layer_of(s->opened->box, value, &s->layer, err));
  SL_TRY(sl_white_box_tap(s->opened->box, &value, 1, &s->piece, err));
  s->features = SL_NEW_ARRAY(s->call->arena, double, s->layer.channels + 1);
  return features_of(s, &s->opened->input, s->features, err);
}

static sl_status compare(search *s, const char *sample, sl_twin *best, sl_error *err) {
  sl_tensor input;
  double *features = SL_NEW_ARRAY(s->call->arena, double, s->layer.channels + 1);
  SL_TRY(sl_opened_sample(s->call, s->opened, sample, &input, err));
  sl_status status = features_of(s, &input, features, err);
  double similarity = cosine(s->features, features, s->layer.channels);
  best->candidates++;
  if (status == SL_OK && (best->sample == NULL || similarity > best->similarity)) {
    sl_tensor_release(&best->input);
    best->input = input;
    best->sample = sl_arena_copy(s->call->arena, sample);
    best->similarity = similarity;
    return SL_OK;
  }
  sl_tensor_release(&input);
  return status;
}

static sl_status compare_all(search *s, const sl_open_view *view, sl_twin *best, sl_error *err) {
  int64_t found = view->order.count, wanted = found < CANDIDATES_MAX ? found : CANDIDATES_MAX;
  for (int64_t i = 0; i < wanted; i++) {
    sl_rec_sample sample;
    sl_view_sample(s->call, view, view->order.rows[i * found / wanted], &sample);
    if (strcmp(sample.sample, s->opened->sample) == 0) continue;
    if (atomic_load(s->call->cancel)) return sl_fail(err, SL_E_CANCELLED, "stopped");
    SL_TRY(compare(s, sample.sample, best, err));
  }
  return SL_OK;
}

static sl_status search_label(search *s, sl_twin *out, sl_error *err) {
  const char *label = s->opened->classes.at[s->opened->label];
  const char *where[2] = {"outcome=right", sl_arena_printf(s->call->arena, "label=%s", label)};
  sl_view_params params = {.run = s->opened->run, .where = {where, 2}};
  sl_open_view *view;
  SL_TRY(sl_view_open(s->call, &params, &view, err));
  sl_status status = compare_all(s, view, out, err);
  sl_view_release(s->call, view);
  if (status != SL_OK || out->sample != NULL) return status;
  sl_fail(err, SL_E_NOT_FOUND, "no sample of \"%s\" was classified right: there is no twin", label);
  return sl_hint(err, SL_E_NOT_FOUND, "Name a sample to compare with as the twin.");
}

sl_status sl_twin_find(sl_op_call *call, const sl_opened *opened, const char *named, sl_twin *out,
                       sl_error *err) {
  *out = (sl_twin){.similarity = NAN};
  if (named != NULL) {
    out->sample = sl_arena_copy(call->arena, named);
    return sl_opened_sample(call, opened, named, &out->input, err);
  }
  if (opened->run == NULL || opened->label < 0 || opened->label >= opened->classes.count) {
    sl_fail(err, SL_E_ARG, "the case has no label in a run: a twin cannot be looked for");
    return sl_hint(err, SL_E_ARG, "Name a sample to compare with as the twin.");
  }
  search s = {.call = call, .opened = opened};
  SL_TRY(open_layer(&s, err));
  sl_status status = search_label(&s, out, err);
  if (status != SL_OK) sl_twin_release(out);
  return status;
}

// One box filter along a line of `count` elements, `step` apart; ends repeat.
static void blur_line(float *line, int64_t count, int64_t step, int64_t radius, float *scratch) {
  for (int64_t i = 0; i < count; i++) scratch[i] = line[i * step];
  for (int64_t i = 0; i < count; i++) {
    double sum = 0;
    for (int64_t k = i - radius; k <= i + radius; k++)
      sum += (double)scratch[k < 0 ? 0 : k >= count ? count - 1 : k];
    line[i * step] = (float)(sum / (double)(2 * radius + 1));
  }
}

static void blur_plane(float *plane, int64_t height, int64_t width, float *scratch) {
  int64_t side = height < width ? height : width, radius = side / 16 > 0 ? side / 16 : 1;
  for (int pass = 0; pass < 3; pass++) {
    for (int64_t y = 0; y < height; y++) blur_line(plane + y * width, width, 1, radius, scratch);
    for (int64_t x = 0; x < width; x++) blur_line(plane + x, height, width, radius, scratch);
  }
}

sl_status sl_twin_blur(const sl_opened *opened, sl_twin *out, sl_error *err) {
  const sl_shape *shape = &opened->input.shape;
  *out = (sl_twin){.similarity = NAN};
  int is_last = shape->rank == 4 && shape->dims[3] <= 4 && shape->dims[1] > 4;
  if (shape->rank != 4 || is_last || opened->input.dtype != SL_DTYPE_F32)
    return sl_fail(err, SL_E_UNSUPPORTED, "only inputs [N, C, H, W] of float32 can be blurred");
  SL_TRY(sl_tensor_to_f32(&opened->input, &out->input, err));
  int64_t height = shape->dims[2], width = shape->dims[3];
  sl_arena *scratch = sl_arena_new(NULL, "blur");
  float *line = SL_NEW_ARRAY(scratch, float, height > width ? height : width);
  for (int64_t plane = 0; plane < shape->dims[0] * shape->dims[1]; plane++)
    blur_plane((float *)out->input.data + plane * height * width, height, width, line);
  sl_arena_free(scratch);
  return SL_OK;
}

void sl_twin_release(sl_twin *twin) { sl_tensor_release(&twin->input); }
