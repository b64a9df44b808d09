// SPDX-License-Identifier: Apache-2.0
// Step "crop": the centre of the image, padded with black where the image is smaller.
//
// As torchvision's CenterCrop: a smaller image is padded first (the odd pixel goes to the far
// side), then cut at the offset rounded half to even. A fraction cuts as TensorFlow's central_crop.
#include <math.h>

#include "model/step.h"

#define P sl_step_crop_params
static const sl_row params[] = {
    SL_P_INT(P, size, 0, 65535, 0, "px", "Both sides of the crop."),
    SL_P_INT(P, width, 0, 65535, 0, "px", "Width, in place of size."),
    SL_P_INT(P, height, 0, 65535, 0, "px", "Height, in place of size."),
    SL_P_REAL(P, fraction, 0, 1, 0, NULL, "Part of both sides that is kept, in place of a size."),
    SL_P_ENUM(P, rounding, sl_choices_step_rounding, SL_ROUND_NEAREST, "Of the offset."),
    SL_ROW_END};
#undef P

static sl_status check(const void *at, sl_error *err) {
  const sl_step_crop_params *p = at;
  int given = (p->size > 0) + (p->width > 0 && p->height > 0) + (p->fraction > 0);
  int half = (p->width > 0) != (p->height > 0);
  if (given == 1 && !half) return SL_OK;
  return sl_fail(err, SL_E_ARG,
                 "step \"crop\" needs one of \"size\", \"width\" with \"height\", or \"fraction\"");
}

static void fixed_size(const void *at, int32_t *width, int32_t *height) {
  const sl_step_crop_params *p = at;
  *width = (int32_t)(p->size > 0 ? p->size : p->width);
  *height = (int32_t)(p->size > 0 ? p->size : p->height);
}

// Where the crop begins along one axis, negative where it begins in the padding.
static int32_t offset_of(int32_t have, int32_t want, int32_t rounding) {
  if (want > have) return -((want - have) / 2);
  double offset = (have - want) / 2.0;
  return (int32_t)(rounding == SL_ROUND_FLOOR ? floor(offset) : nearbyint(offset));
}

static sl_status apply(const void *at, sl_frame *frame, sl_error *err) {
  static const uint8_t black[4] = {0};
  const sl_step_crop_params *p = at;
  const sl_image *in = &frame->image;
  if (p->fraction > 0) {
    int32_t x = (int32_t)((in->width - in->width * p->fraction) / 2);
    int32_t y = (int32_t)((in->height - in->height * p->fraction) / 2);
    return sl_frame_window(frame, x, y, in->width - 2 * x, in->height - 2 * y, black, err);
  }
  int32_t width, height;
  fixed_size(p, &width, &height);
  return sl_frame_window(frame, offset_of(in->width, width, p->rounding),
                         offset_of(in->height, height, p->rounding), width, height, black, err);
}

static char *say(const void *at, sl_arena *arena) {
  const sl_step_crop_params *p = at;
  if (p->fraction > 0) return sl_arena_printf(arena, "crop the central %g %%", 100 * p->fraction);
  int32_t width, height;
  fixed_size(p, &width, &height);
  return sl_arena_printf(arena, "crop the central %d x %d px", width, height);
}

const sl_step sl_step_crop = {.item = {.name = "crop",
                                       .title = "Crop",
                                       .help = "Cut out the centre.",
                                       .since = "0.1.0",
                                       .params = params,
                                       .params_size = sizeof(sl_step_crop_params)},
                              .stage = SL_STAGE_IMAGE,
                              .check = check,
                              .apply = apply,
                              .fixed_size = fixed_size,
                              .say = say};
