// SPDX-License-Identifier: Apache-2.0
// Step "mode": channels and their order.
#include "model/step.h"

static const sl_choice to[] = {
    {"rgb", "red, green, blue"}, {"bgr", "blue, green, red"}, {"grey", "one channel"}, {0}};

#define P sl_step_mode_params
static const sl_row params[] = {SL_P_ENUM(P, to, to, SL_MODE_RGB, "Channels after the step."),
                                SL_ROW_END};
#undef P

static sl_status apply(const void *at, sl_frame *frame, sl_error *err) {
  const sl_step_mode_params *p = at;
  static const sl_colour colours[] = {SL_COLOUR_RGB, SL_COLOUR_BGR, SL_COLOUR_GREY};
  sl_colour to_colour = colours[p->to];
  if (frame->colour == to_colour) return SL_OK;
  sl_image converted = {0};
  SL_TRY(sl_image_convert(&frame->image, frame->colour, to_colour, frame->like, &converted, err));
  sl_frame_replace(frame, &converted);
  frame->colour = to_colour;
  return SL_OK;
}

static char *say(const void *at, sl_arena *arena) {
  const sl_step_mode_params *p = at;
  static const char *const texts[] = {"RGB", "BGR", "grey"};
  return sl_arena_copy(arena, texts[p->to]);
}

const sl_step sl_step_mode = {.item = {.name = "mode",
                                       .title = "Mode",
                                       .help = "Convert to RGB, BGR or grey.",
                                       .since = "0.1.0",
                                       .params = params,
                                       .params_size = sizeof(sl_step_mode_params)},
                              .stage = SL_STAGE_IMAGE,
                              .apply = apply,
                              .say = say};
