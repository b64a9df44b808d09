// SPDX-License-Identifier: Apache-2.0
// Step "resize": to a size, or by the short or the long side.
//
// The side that follows is computed as torchvision's Resize does (rounded down) unless told
// otherwise; users of OpenCV often round to the nearest.
#include "model/step.h"

static const sl_choice by[] = {{"exact", "to width and height, whatever the shape"},
                               {"short", "the short side to size, the other in proportion"},
                               {"long", "the long side to size, the other in proportion"},
                               {0}};

#define P sl_step_resize_params
static const sl_row params[] = {
    SL_P_ENUM(P, by, by, SL_RESIZE_SHORT, "Which sides are given."),
    SL_P_INT(P, size, 0, 65535, 0, "px", "The side that is given; exact: both sides."),
    SL_P_INT(P, width, 0, 65535, 0, "px", "Width, for exact."),
    SL_P_INT(P, height, 0, 65535, 0, "px", "Height, for exact."),
    SL_P_ENUM(P, kernel, sl_choices_step_kernel, SL_KERNEL_PILLOW_BILINEAR,
              "Whose resampling to equal, byte for byte."),
    SL_P_ENUM(P, rounding, sl_choices_step_rounding, SL_ROUND_FLOOR, "Of the side that follows."),
    SL_ROW_END};
#undef P

static sl_status check(const void *at, sl_error *err) {
  const sl_step_resize_params *p = at;
  int pair = p->width > 0 && p->height > 0;
  if (p->by != SL_RESIZE_EXACT && (p->width > 0 || p->height > 0))
    return sl_fail(err, SL_E_ARG,
                   "step \"resize\" takes \"width\" and \"height\" only with by: exact");
  if (p->by != SL_RESIZE_EXACT && p->size == 0)
    return sl_fail(err, SL_E_ARG, "step \"resize\" needs the parameter \"size\"");
  if (p->by == SL_RESIZE_EXACT && pair == (p->size > 0))
    return sl_fail(err, SL_E_ARG,
                   "step \"resize\" by: exact needs either \"size\" or both \"width\" and "
                   "\"height\"");
  return SL_OK;
}

static void exact_size(const sl_step_resize_params *p, int32_t *width, int32_t *height) {
  *width = (int32_t)(p->size > 0 ? p->size : p->width);
  *height = (int32_t)(p->size > 0 ? p->size : p->height);
}

static void fixed_size(const void *at, int32_t *width, int32_t *height) {
  const sl_step_resize_params *p = at;
  *width = *height = 0;
  if (p->by == SL_RESIZE_EXACT) exact_size(p, width, height);
}

static sl_status apply(const void *at, sl_frame *frame, sl_error *err) {
  const sl_step_resize_params *p = at;
  int32_t width = frame->image.width, height = frame->image.height;
  int32_t side = (int32_t)p->size;
  if (p->by == SL_RESIZE_EXACT) {
    exact_size(p, &width, &height);
  } else if ((width <= height) == (p->by == SL_RESIZE_SHORT)) {
    height = sl_round_side((double)(p->size * height) / width, p->rounding);
    width = side;
  } else {
    width = sl_round_side((double)(p->size * width) / height, p->rounding);
    height = side;
  }
  return sl_frame_resize(frame, width, height, (sl_kernel)p->kernel, err);
}

static char *say(const void *at, sl_arena *arena) {
  const sl_step_resize_params *p = at;
  const char *kernel = sl_choices_step_kernel[p->kernel].name;
  int32_t width, height;
  exact_size(p, &width, &height);
  if (p->by == SL_RESIZE_EXACT)
    return sl_arena_printf(arena, "resize to %d x %d px (%s)", width, height, kernel);
  return sl_arena_printf(arena, "resize the %s side to %lld px (%s)", by[p->by].name,
                         (long long)p->size, kernel);
}

const sl_step sl_step_resize = {.item = {.name = "resize",
                                         .title = "Resize",
                                         .help = "Resize to a size or by one side.",
                                         .since = "0.1.0",
                                         .params = params,
                                         .params_size = sizeof(sl_step_resize_params)},
                                .stage = SL_STAGE_IMAGE,
                                .check = check,
                                .apply = apply,
                                .fixed_size = fixed_size,
                                .say = say};
