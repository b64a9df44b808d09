// SPDX-License-Identifier: Apache-2.0
// Fitting a pipeline to a model's input and computing the table of pixel values.
//
// Invariant: after sl_prep_new() succeeded, only the image itself can make sl_prep_run() fail.
#include <math.h>
#include <string.h>

#include "model/prep_state.h"

static const sl_step *step_at(const sl_prep *prep, int64_t index) {
  return sl_step_at(prep->pipeline.steps.at[index].index);
}

float sl_prep_value(const sl_prep *prep, int64_t steps, int32_t channel, float x) {
  const sl_variant *at = prep->pipeline.steps.at + prep->image_end;
  for (int64_t i = 0; i < steps; i++) x = sl_step_at(at[i].index)->value(at[i].params, channel, x);
  return x;
}

static int64_t quantise(const sl_prep *prep, float value, int64_t low, int64_t high) {
  float whole = nearbyintf(value / (float)prep->scale) + (float)prep->zero_point;
  if (!(whole > (float)low)) return low;
  return whole < (float)high ? (int64_t)whole : high;
}

void sl_prep_store(const sl_prep *prep, float value, void *element) {
  uint16_t half;
  switch (prep->dtype) {
    case SL_DTYPE_U8:
      *(uint8_t *)element = (uint8_t)quantise(prep, value, 0, 255);
      break;
    case SL_DTYPE_I8:
      *(int8_t *)element = (int8_t)quantise(prep, value, -128, 127);
      break;
    case SL_DTYPE_F16:
      half = sl_f16_from_f32(value);
      memcpy(element, &half, sizeof half);
      break;
    default:
      memcpy(element, &value, sizeof value);
      break;
  }
}

static void read_decode(sl_prep *prep) {
  const sl_step_decode_params *decode = prep->pipeline.steps.at[0].params;
  int follows = decode->exif == SL_EXIF_AUTO && decode->like == SL_LIKE_OPENCV;
  prep->decode = (sl_decode_options){.like = (sl_decode_like)decode->like,
                                     .apply_exif = follows || decode->exif == SL_EXIF_APPLY};
  const sl_variant *second = &prep->pipeline.steps.at[1];
  if (sl_step_at(second->index) != &sl_step_mode) return;
  static const sl_colour colours[] = {SL_COLOUR_RGB, SL_COLOUR_BGR, SL_COLOUR_GREY};
  prep->fused = colours[((const sl_step_mode_params *)second->params)->to];
}

// Size and channels that the image steps give any image; 0 where it depends on the image.
static void follow_sizes(const sl_prep *prep, int32_t *width, int32_t *height, int32_t *channels) {
  *width = *height = *channels = 0;
  for (int64_t i = 1; i < prep->image_end; i++) {
    const sl_step *step = step_at(prep, i);
    const void *params = prep->pipeline.steps.at[i].params;
    if (step->fixed_size != NULL) step->fixed_size(params, width, height);
    if (step == &sl_step_mode)
      *channels = ((const sl_step_mode_params *)params)->to == SL_MODE_GREY ? 1 : 3;
  }
}

static sl_status fit_size(sl_prep *prep, const sl_prep_target *target, sl_error *err) {
  int32_t width, height, channels;
  follow_sizes(prep, &width, &height, &channels);
  prep->width = target->width > 0 ? target->width : width;
  prep->height = target->height > 0 ? target->height : height;
  prep->channels = target->channels > 0 ? target->channels : channels;
  if ((width > 0 && width != prep->width) || (height > 0 && height != prep->height)) {
    sl_fail(err, SL_E_MODEL, "the pipeline gives %d x %d px, the model takes %d x %d", width,
            height, prep->width, prep->height);
    return sl_hint(err, SL_E_MODEL, "Change the crop or the resize of the pipeline.");
  }
  if (prep->width == 0 || prep->height == 0) {
    sl_fail(err, SL_E_ARG, "neither the model nor the pipeline says how large an image is");
    return sl_hint(err, SL_E_ARG, "Add a resize or crop step, or --resize and --crop.");
  }
  if (channels > 0 && channels != prep->channels) {
    sl_fail(err, SL_E_MODEL, "the pipeline gives %d channels, the model takes %d", channels,
            prep->channels);
    return sl_hint(err, SL_E_MODEL, "Change the mode step: rgb, bgr or grey.");
  }
  if (prep->channels == 0)
    return sl_fail(err, SL_E_ARG, "neither the model nor the pipeline says how many channels");
  return SL_OK;
}

static sl_status fit_layout(sl_prep *prep, const sl_prep_target *target, sl_error *err) {
  static const sl_dtype dtypes[] = {SL_DTYPE_F32, SL_DTYPE_F16, SL_DTYPE_U8, SL_DTYPE_I8};
  const sl_step_layout_params *layout =
      prep->pipeline.steps.at[prep->pipeline.steps.count - 1].params;
  prep->dtype = dtypes[layout->dtype];
  prep->order = layout->order;
  prep->scale = layout->scale;
  prep->zero_point = layout->zero_point;
  if (target->dtype != SL_DTYPE_NONE && target->dtype != prep->dtype)
    return sl_fail(err, SL_E_MODEL, "the pipeline gives %s elements, the model takes %s",
                   sl_dtype_name(prep->dtype), sl_dtype_name(target->dtype));
  if (target->order != prep->order)
    return sl_fail(err, SL_E_MODEL, "the pipeline gives %s, the model takes %s",
                   prep->order == SL_ORDER_NHWC ? "NHWC" : "NCHW",
                   target->order == SL_ORDER_NHWC ? "NHWC" : "NCHW");
  return SL_OK;
}

static sl_status check_lists(const sl_prep *prep, sl_error *err) {
  for (int64_t i = 0; i < prep->pipeline.steps.count; i++) {
    if (step_at(prep, i) != &sl_step_normalize) continue;
    const sl_step_normalize_params *p = prep->pipeline.steps.at[i].params;
    int64_t most = p->mean.count > p->std.count ? p->mean.count : p->std.count;
    if (most > 1 && most != prep->channels)
      return sl_fail(err, SL_E_MODEL,
                     "step \"normalize\" has %lld numbers, the tensor has %d channels",
                     (long long)most, prep->channels);
  }
  return SL_OK;
}

static sl_status make_table(sl_arena *arena, sl_prep *prep, sl_error *err) {
  size_t size = sl_dtype_size(prep->dtype), count = (size_t)prep->channels * 256;
  void *table;
  SL_TRY(sl_arena_try_push(arena, count, size, 1 << 24, "table of pixel values", &table, err));
  prep->table = table;
  for (size_t i = 0; i < count; i++) {
    float value = sl_prep_value(prep, prep->value_count, (int32_t)(i / 256), (float)(i % 256));
    sl_prep_store(prep, value, (uint8_t *)table + i * size);
  }
  return SL_OK;
}

sl_status sl_prep_new(sl_arena *arena, const sl_pipeline *pipeline, const sl_prep_target *target,
                      sl_prep **out, sl_error *err) {
  sl_prep *prep = SL_NEW(arena, sl_prep);
  prep->pipeline = *pipeline;
  prep->image_end = 1;
  while (step_at(prep, prep->image_end)->stage == SL_STAGE_IMAGE) prep->image_end++;
  prep->value_count = pipeline->steps.count - 1 - prep->image_end;
  read_decode(prep);
  SL_TRY(fit_size(prep, target, err));
  SL_TRY(fit_layout(prep, target, err));
  SL_TRY(check_lists(prep, err));
  SL_TRY(make_table(arena, prep, err));
  *out = prep;
  return SL_OK;
}

void sl_prep_row(const sl_prep *prep, sl_shape *shape, sl_dtype *dtype, size_t *bytes) {
  int64_t c = prep->channels, h = prep->height, w = prep->width;
  if (shape != NULL)
    *shape = prep->order == SL_ORDER_NCHW ? (sl_shape){.rank = 3, .dims = {c, h, w}}
                                          : (sl_shape){.rank = 3, .dims = {h, w, c}};
  if (dtype != NULL) *dtype = prep->dtype;
  if (bytes != NULL) *bytes = (size_t)(c * h * w) * sl_dtype_size(prep->dtype);
}
