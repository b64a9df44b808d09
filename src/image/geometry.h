// SPDX-License-Identifier: Apache-2.0
// Sizes and places that preprocessing derives from an image's size, each with the rounding of the
// library that users know it from. Orientation and cropping themselves are in image.h.
//
// Invariant: results are at least one pixel; where the library would get nothing (and fail), one
// pixel is given. Start at sl_geometry_short_side().
#ifndef SL_IMAGE_GEOMETRY_H
#define SL_IMAGE_GEOMETRY_H

#include <stdint.h>

#include "base/error.h"

typedef struct sl_size {
  int32_t width, height;  // px
} sl_size;

// How the side that is not given follows from the one that is.
typedef enum sl_side_rule {
  SL_SIDE_TORCHVISION = 0,  // int(side * other / this), as transforms.Resize
  SL_SIDE_PILLOW,           // round(other / this * side), as ImageOps.cover and ImageOps.contain
  SL_SIDE_THUMBNAIL,        // Image.thumbnail((side, side)): the ratio that is nearer, never larger
                            // than the image; long side only
  SL_SIDE_SCALE,            // round(other * (side / this)), usual with OpenCV
  SL_SIDE_RULE_COUNT
} sl_side_rule;

// Size after the short side became `side`. `limit` > 0: the long side then at most `limit` (it must
// be above `side`), as Resize(side, max_size=limit). Halves round to even. SL_E_ARG for sizes below
// 1 and for the rule thumbnail, SL_E_LIMIT when the long side leaves 32 bits.
SL_MUST_CHECK sl_status sl_geometry_short_side(sl_size in, int32_t side, int32_t limit,
                                               sl_side_rule rule, sl_size *out, sl_error *err);

// Size after the long side became `side`, as Resize(None, max_size=side) for the rule torchvision.
SL_MUST_CHECK sl_status sl_geometry_long_side(sl_size in, int32_t side, sl_side_rule rule,
                                              sl_size *out, sl_error *err);

// First pixel of a centred window of `want` out of `have` pixels; negative where the window is the
// larger (what lies outside is padding). torchvision's center_crop: round((have - want) / 2),
// halves to even, and (want - have) / 2 pixels of padding, rounded down, in front.
int32_t sl_geometry_centre(int32_t have, int32_t want);

typedef struct sl_letterbox {
  sl_size resized;                   // of the image inside the frame
  int32_t left, top, right, bottom;  // px of border
} sl_letterbox;

typedef struct sl_letterbox_options {
  int32_t stride;  // > 0: border only up to the next multiple of this (YOLO's auto); 0: full frame
  int32_t scale_up;  // enlarge images smaller than the frame
  int32_t centre;    // image in the middle; else at the top left
} sl_letterbox_options;

// Where an image lies in a frame, scaled as one, as LetterBox of ultralytics 8 places it. SL_E_ARG
// for sizes below 1.
SL_MUST_CHECK sl_status sl_geometry_letterbox(sl_size in, sl_size frame,
                                              const sl_letterbox_options *options,
                                              sl_letterbox *out, sl_error *err);

#endif
