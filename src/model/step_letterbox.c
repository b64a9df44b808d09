// SPDX-License-Identifier: Apache-2.0
// Step "letterbox": fit the image into a frame, keeping its shape, and fill the rest with a colour.
//
// Sizes and borders are rounded as the letterbox of the YOLO family does: sides to the nearest
// (halves to even), the odd pixel of a border to the far side.
#include <math.h>

#include "model/step.h"

#define P sl_step_letterbox_params
static const sl_row params[] = {
    SL_P_INT(P, size, 0, 65535, 0, "px", "Both sides of the frame."),
    SL_P_INT(P, width, 0, 65535, 0, "px", "Width of the frame, in place of size."),
    SL_P_INT(P, height, 0, 65535, 0, "px", "Height of the frame, in place of size."),
    SL_P_INT(P, stride, 1, 4096, 32, "px", "Multiple that the sides are padded to with fit."),
    SL_P_REALS(P, colour, 0, 255, "Colour of the border, one number or three; 114 when left out."),
    SL_P_BOOL(P, fit, false, "Pad only to the next multiple of stride (auto in YOLO)."),
    SL_P_BOOL(P, scale_up, true, "Enlarge images that are smaller than the frame."),
    SL_P_ENUM(P, kernel, sl_choices_step_kernel, SL_KERNEL_OPENCV_LINEAR,
              "Whose resampling to equal, byte for byte."),
    SL_ROW_END};
#undef P

static const double border_grey = 114;

static sl_status check(const void *at, sl_error *err) {
  const sl_step_letterbox_params *p = at;
  int pair = p->width > 0 && p->height > 0;
  if (pair == (p->size > 0))
    return sl_fail(err, SL_E_ARG,
                   "step \"letterbox\" needs either \"size\" or both \"width\" and \"height\"");
  return sl_step_check_colour(&p->colour, "letterbox", err);
}

static void frame_size(const sl_step_letterbox_params *p, int32_t *width, int32_t *height) {
  *width = (int32_t)(p->size > 0 ? p->size : p->width);
  *height = (int32_t)(p->size > 0 ? p->size : p->height);
}

static void fixed_size(const void *at, int32_t *width, int32_t *height) {
  const sl_step_letterbox_params *p = at;
  *width = *height = 0;
  if (!p->fit) frame_size(p, width, height);
}

// Border on the near and the far side, together `total` pixels.
static void split_border(double total, int32_t *near, int32_t *far) {
  *near = (int32_t)nearbyint(total / 2 - 0.1);
  *far = (int32_t)nearbyint(total / 2 + 0.1);
}

static sl_status apply(const void *at, sl_frame *frame, sl_error *err) {
  const sl_step_letterbox_params *p = at;
  int32_t width, height, left, right, top, bottom;
  frame_size(p, &width, &height);
  double ratio = fmin((double)height / frame->image.height, (double)width / frame->image.width);
  if (!p->scale_up) ratio = fmin(ratio, 1);
  int32_t inner_width = sl_round_side(frame->image.width * ratio, SL_ROUND_NEAREST);
  int32_t inner_height = sl_round_side(frame->image.height * ratio, SL_ROUND_NEAREST);
  double across = width - inner_width, down = height - inner_height;
  if (p->fit) {
    across = fmod(across, (double)p->stride);
    down = fmod(down, (double)p->stride);
  }
  SL_TRY(sl_frame_resize(frame, inner_width, inner_height, (sl_kernel)p->kernel, err));
  split_border(across, &left, &right);
  split_border(down, &top, &bottom);
  uint8_t fill[4];
  sl_step_fill(&p->colour, border_grey, fill);
  return sl_frame_window(frame, -left, -top, inner_width + left + right,
                         inner_height + top + bottom, fill, err);
}

static char *say(const void *at, sl_arena *arena) {
  const sl_step_letterbox_params *p = at;
  int32_t width, height;
  frame_size(p, &width, &height);
  return sl_arena_printf(arena, "letterbox into %d x %d px (%s)", width, height,
                         sl_choices_step_kernel[p->kernel].name);
}

const sl_step sl_step_letterbox = {
    .item = {.name = "letterbox",
             .title = "Letterbox",
             .help = "Fit into a frame, keeping the shape, and fill the border.",
             .since = "0.1.0",
             .params = params,
             .params_size = sizeof(sl_step_letterbox_params)},
    .stage = SL_STAGE_IMAGE,
    .check = check,
    .apply = apply,
    .fixed_size = fixed_size,
    .say = say};
