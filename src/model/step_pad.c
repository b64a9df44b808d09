// SPDX-License-Identifier: Apache-2.0
// Step "pad": a border of one colour, by pixels or until the image is square.
#include "model/step.h"

#define P sl_step_pad_params
static const sl_row params[] = {
    SL_P_INT(P, left, 0, 65535, 0, "px", "Pixels on the left."),
    SL_P_INT(P, top, 0, 65535, 0, "px", "Pixels at the top."),
    SL_P_INT(P, right, 0, 65535, 0, "px", "Pixels on the right."),
    SL_P_INT(P, bottom, 0, 65535, 0, "px", "Pixels at the bottom."),
    SL_P_BOOL(P, square, false, "Pad the short side on both ends until the image is square."),
    SL_P_REALS(P, colour, 0, 255,
               "Colour of the border, one number or three; black when left out."),
    SL_ROW_END};
#undef P

static sl_status check(const void *at, sl_error *err) {
  const sl_step_pad_params *p = at;
  if (p->square && p->left + p->top + p->right + p->bottom > 0)
    return sl_fail(err, SL_E_ARG, "step \"pad\" takes either pixels or \"square\", not both");
  return sl_step_check_colour(&p->colour, "pad", err);
}

static void fixed_size(const void *at, int32_t *width, int32_t *height) {
  const sl_step_pad_params *p = at;
  if (p->square) {
    *width = *height = *width > *height ? *width : *height;
    return;
  }
  if (*width > 0) *width += (int32_t)(p->left + p->right);
  if (*height > 0) *height += (int32_t)(p->top + p->bottom);
}

static sl_status apply(const void *at, sl_frame *frame, sl_error *err) {
  const sl_step_pad_params *p = at;
  int32_t width = frame->image.width, height = frame->image.height;
  uint8_t fill[4];
  sl_step_fill(&p->colour, 0, fill);
  if (!p->square)
    return sl_frame_window(frame, -(int32_t)p->left, -(int32_t)p->top,
                           width + (int32_t)(p->left + p->right),
                           height + (int32_t)(p->top + p->bottom), fill, err);
  int32_t side = width > height ? width : height;
  return sl_frame_window(frame, -((side - width) / 2), -((side - height) / 2), side, side, fill,
                         err);
}

static char *say(const void *at, sl_arena *arena) {
  const sl_step_pad_params *p = at;
  if (p->square) return sl_arena_copy(arena, "pad to a square");
  return sl_arena_printf(arena, "pad by %lld, %lld, %lld, %lld px (left, top, right, bottom)",
                         (long long)p->left, (long long)p->top, (long long)p->right,
                         (long long)p->bottom);
}

const sl_step sl_step_pad = {.item = {.name = "pad",
                                      .title = "Pad",
                                      .help = "Add a border.",
                                      .since = "0.1.0",
                                      .params = params,
                                      .params_size = sizeof(sl_step_pad_params)},
                             .stage = SL_STAGE_IMAGE,
                             .check = check,
                             .apply = apply,
                             .fixed_size = fixed_size,
                             .say = say};
