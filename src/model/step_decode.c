// SPDX-License-Identifier: Apache-2.0
// Step "decode": which library's decoder is followed, and whether EXIF orientation is applied.
#include "model/step.h"

static const sl_choice like[] = {{"pillow", "as PIL.Image.open"}, {"opencv", "as cv2.imread"}, {0}};
static const sl_choice exif[] = {
    {"auto", "as the library does: Pillow ignores the orientation, OpenCV applies it"},
    {"apply", "turn the image upright"},
    {"ignore", "leave the image as stored"},
    {0}};

#define P sl_step_decode_params
static const sl_row params[] = {
    SL_P_ENUM(P, like, like, SL_LIKE_PILLOW, "Whose decoder to equal, byte for byte."),
    SL_P_ENUM(P, exif, exif, SL_EXIF_AUTO, "What to do with EXIF orientation."), SL_ROW_END};
#undef P

static char *say(const void *at, sl_arena *arena) {
  const sl_step_decode_params *p = at;
  static const char *const then[] = {"", ", turned upright by EXIF", ", EXIF ignored"};
  return sl_arena_printf(arena, "decode as %s%s", p->like == SL_LIKE_OPENCV ? "OpenCV" : "Pillow",
                         then[p->exif]);
}

const sl_step sl_step_decode = {.item = {.name = "decode",
                                         .title = "Decode",
                                         .help = "Read the image file as Pillow or OpenCV would.",
                                         .since = "0.1.0",
                                         .params = params,
                                         .params_size = sizeof(sl_step_decode_params)},
                                .stage = SL_STAGE_DECODE,
                                .say = say};
