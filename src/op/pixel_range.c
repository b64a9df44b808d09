// SPDX-License-Identifier: Apache-2.0
// Finding the range of a model's input.
#include "op/pixel_range.h"

#include <math.h>
#include <string.h>

typedef struct prober {
  sl_op_call *call;
  sl_prep *prep;
  sl_pixel_scale *scale;
} prober;

static sl_status read_size(const sl_opened *opened, sl_pixel_scale *out, sl_error *err) {
  const sl_value *input =
      &sl_white_box_model(opened->box)->graph->values[sl_white_box_input(opened->box)];
  const sl_type *type = &input->type;
  int64_t dims[4] = {0};
  for (int32_t d = 1; d < type->rank && d < 4; d++)
    dims[d] = type->dims[d].per_batch == 0 ? type->dims[d].fixed : -1;
  int last = dims[3] >= 1 && dims[3] <= SL_PIXEL_CHANNELS && dims[1] > SL_PIXEL_CHANNELS;
  *out = (sl_pixel_scale){.channels = dims[last ? 3 : 1],
                          .height = dims[last ? 1 : 2],
                          .width = dims[last ? 2 : 3],
                          .channels_last = last};
  for (int64_t c = 0; c < SL_PIXEL_CHANNELS; c++) {
    out->plane[c] = c;
    out->high[c] = 1;
  }
  if (type->rank == 4 && out->channels >= 1 && out->channels <= SL_PIXEL_CHANNELS &&
      out->height > 1 && out->width > 1)
    return SL_OK;
  sl_arena *scratch = sl_arena_new(NULL, "input");
  sl_fail(err, SL_E_UNSUPPORTED, "input \"%s\" is %s: no picture of known size", input->name,
          sl_type_text(scratch, type));
  sl_arena_free(scratch);
  return sl_hint(err, SL_E_UNSUPPORTED,
                 "Start from a sample: sizes that the file leaves open are those of the sample.");
}

// The middle pixel of the input for a picture of one colour.
static sl_status probe(const prober *p, const uint8_t colour[3], double out[SL_PIXEL_CHANNELS],
                       sl_error *err) {
  sl_image image;
  sl_explained *stages;
  size_t count;
  SL_TRY(sl_image_new((int32_t)p->scale->width, (int32_t)p->scale->height, 3, 8, &image, err));
  for (int64_t i = 0; i < p->scale->width * p->scale->height; i++)
    memcpy(image.pixels + 3 * i, colour, 3);
  sl_input input = {.pixels = &image};
  sl_status status = sl_prep_explain(p->call->arena, p->prep, &input, &stages, &count, err);
  sl_image_release(&image);
  SL_TRY(status);
  const sl_tensor *tensor = &stages[count - 1].tensor;
  const sl_pixel_scale *s = p->scale;
  int64_t size = s->height * s->width, middle = s->height / 2 * s->width + s->width / 2;
  int fits = sl_shape_count(&tensor->shape) == size * s->channels;
  for (int64_t c = 0; fits && c < s->channels; c++) {
    int64_t at = s->channels_last ? middle * s->channels + c : c * size + middle;
    out[c] = sl_dtype_load(tensor->dtype, tensor->data, (size_t)at);
  }
  sl_explained_release(stages, count);
  return fits ? SL_OK : sl_fail(err, SL_E_UNSUPPORTED, "the pipeline makes another size");
}

static sl_status probe_all(const prober *p, sl_error *err) {
  static const uint8_t black[3] = {0}, white[3] = {255, 255, 255}, red[3] = {255, 0, 0};
  sl_pixel_scale *s = p->scale;
  double low[SL_PIXEL_CHANNELS] = {0}, high[SL_PIXEL_CHANNELS] = {0},
         of_red[SL_PIXEL_CHANNELS] = {0};
  SL_TRY(probe(p, black, low, err));
  SL_TRY(probe(p, white, high, err));
  for (int64_t c = 0; c < s->channels; c++)
    if (!isfinite(low[c]) || !isfinite(high[c]) || low[c] == high[c])
      return sl_fail(err, SL_E_UNSUPPORTED, "the pipeline gives black and white the same value");
  memcpy(s->low, low, sizeof low);
  memcpy(s->high, high, sizeof high);
  if (s->channels != 3) return SL_OK;
  SL_TRY(probe(p, red, of_red, err));
  int is_bgr = fabs(of_red[2] - high[2]) < fabs(of_red[0] - high[0]);
  for (int64_t c = 0; is_bgr && c < 3; c++) s->plane[c] = 2 - c;
  return SL_OK;
}

sl_status sl_pixel_range_find(sl_op_call *call, const sl_opened *opened, sl_pixel_scale *out,
                              const char **problem, sl_error *err) {
  sl_error why = {0};
  prober p = {.call = call, .scale = out};
  *problem = NULL;
  SL_TRY(read_size(opened, out, err));
  sl_status status = sl_opened_prep(call, opened, &p.prep, &why);
  if (status == SL_OK) status = probe_all(&p, &why);
  if (status != SL_OK) *problem = sl_arena_copy(call->arena, sl_error_message(&why));
  return SL_OK;
}

sl_status sl_pixel_range_image(const sl_pixel_scale *scale, const float *picture, sl_image *out,
                               sl_error *err) {
  int32_t channels = scale->channels == 3 ? 3 : 1;
  int64_t size = scale->height * scale->width;
  SL_TRY(sl_image_new((int32_t)scale->width, (int32_t)scale->height, channels, 8, out, err));
  for (int64_t i = 0; i < size; i++)
    for (int32_t c = 0; c < channels; c++)
      out->pixels[i * channels + c] =
          (uint8_t)lrintf(255 * fminf(fmaxf(picture[c * size + i], 0), 1));
  return SL_OK;
}
