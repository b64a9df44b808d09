// SPDX-License-Identifier: Apache-2.0
// Running a pipeline: image steps on 8-bit pixels, then one table look-up per sample.
//
// Invariant: value steps are pure functions of (channel, pixel value), so all of them together are
// a table of 256 numbers per channel, computed once in single precision in the order written. That
// is exact by construction: a pixel gives the same bits as the steps one by one. Start at
// sl_prep_run(); prep_new.c builds the tables, explain.c keeps every stage.
#include <string.h>

#include "model/prep_state.h"

sl_status sl_prep_frame(const sl_prep *prep, const sl_input *input, sl_colour colour,
                        sl_frame *frame, sl_error *err) {
  *frame = (sl_frame){.like = prep->decode.like, .colour = SL_COLOUR_RGB};
  if (input->pixels != NULL) {
    sl_image_share(input->pixels, &frame->image);
  } else {
    sl_decode_options options = prep->decode;
    options.colour = colour;
    SL_TRY(sl_image_decode(input->file.at, input->file.size, &options, &frame->image, err));
    if (colour != SL_COLOUR_NATIVE) {
      frame->colour = colour;
      return SL_OK;
    }
  }
  if (frame->image.channels <= 2) frame->colour = SL_COLOUR_GREY;
  return SL_OK;
}

sl_status sl_prep_check_frame(const sl_prep *prep, const sl_image *image, sl_error *err) {
  if (image->width != prep->width || image->height != prep->height) {
    sl_fail(err, SL_E_FORMAT, "image has %d x %d px after the last step, the model takes %d x %d",
            image->width, image->height, prep->width, prep->height);
    return sl_hint(err, SL_E_FORMAT, "Add a resize or crop step to the pipeline.");
  }
  if (image->channels != prep->channels) {
    sl_fail(err, SL_E_FORMAT, "image has %d channels after the last step, the model takes %d",
            image->channels, prep->channels);
    return sl_hint(err, SL_E_FORMAT, "Add a mode step: rgb, bgr or grey.");
  }
  return SL_OK;
}

// One kernel per element size; `planes` of the table are prep->channels.
#define DEFINE_SCATTER(name, T)                                                                \
  static void name##_planes(const T *restrict table, const uint8_t *restrict in, size_t count, \
                            int32_t channels, T *restrict out) {                               \
    for (int32_t c = 0; c < channels; c++) {                                                   \
      const T *of_channel = table + 256 * c;                                                   \
      T *plane = out + (size_t)c * count;                                                      \
      const uint8_t *at = in + c;                                                              \
      for (size_t i = 0; i < count; i++, at += channels) plane[i] = of_channel[*at];           \
    }                                                                                          \
  }                                                                                            \
  static void name##_pixels(const T *restrict table, const uint8_t *restrict in, size_t count, \
                            int32_t channels, T *restrict out) {                               \
    for (size_t i = 0; i < count; i++, in += channels, out += channels)                        \
      for (int32_t c = 0; c < channels; c++) out[c] = table[256 * c + in[c]];                  \
  }

DEFINE_SCATTER(scatter8, uint8_t)
DEFINE_SCATTER(scatter16, uint16_t)
DEFINE_SCATTER(scatter32, uint32_t)

static void scatter(const sl_prep *prep, const uint8_t *in, void *out) {
  size_t count = (size_t)prep->width * (size_t)prep->height;
  int planes = prep->order == SL_ORDER_NCHW;
  const void *table = prep->table;
  int32_t channels = prep->channels;
  switch (sl_dtype_size(prep->dtype)) {
    case 1:
      (planes ? scatter8_planes : scatter8_pixels)(table, in, count, channels, out);
      break;
    case 2:
      (planes ? scatter16_planes : scatter16_pixels)(table, in, count, channels, out);
      break;
    default:
      (planes ? scatter32_planes : scatter32_pixels)(table, in, count, channels, out);
      break;
  }
}

// 16-bit samples: too many values for a table that fits the cache, so each is computed.
static void scatter_wide(const sl_prep *prep, const uint16_t *in, uint8_t *out) {
  size_t count = (size_t)prep->width * (size_t)prep->height;
  size_t channels = (size_t)prep->channels, size = sl_dtype_size(prep->dtype);
  for (size_t i = 0; i < count * channels; i++) {
    size_t channel = i % channels, pixel = i / channels;
    float value = sl_prep_value(prep, prep->value_count, (int32_t)channel, in[i]);
    size_t at = prep->order == SL_ORDER_NCHW ? channel * count + pixel : i;
    sl_prep_store(prep, value, out + at * size);
  }
}

void sl_prep_write(const sl_prep *prep, const sl_image *image, void *row) {
  if (image->bits == 16)
    scatter_wide(prep, (const uint16_t *)(const void *)image->pixels, row);
  else
    scatter(prep, image->pixels, row);
}

sl_status sl_prep_apply(const sl_prep *prep, int64_t from, sl_frame *frame, sl_error *err) {
  for (int64_t i = from; i < prep->image_end; i++) {
    const sl_variant *step = &prep->pipeline.steps.at[i];
    SL_TRY(sl_step_at(step->index)->apply(step->params, frame, err));
  }
  return SL_OK;
}

sl_status sl_prep_run(const sl_prep *prep, const sl_input *input, void *row, sl_error *err) {
  sl_frame frame;
  sl_status status = sl_prep_frame(prep, input, prep->fused, &frame, err);
  int fused = input->pixels == NULL && prep->fused != SL_COLOUR_NATIVE;
  if (status == SL_OK) status = sl_prep_apply(prep, fused ? 2 : 1, &frame, err);
  if (status == SL_OK) status = sl_prep_check_frame(prep, &frame.image, err);
  if (status == SL_OK) sl_prep_write(prep, &frame.image, row);
  sl_image_release(&frame.image);
  return status;
}
