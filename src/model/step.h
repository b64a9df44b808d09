// SPDX-License-Identifier: Apache-2.0
// Steps of a preprocessing pipeline: one file each, one row in step_list.h.
//
// A step is of one of four stages, which follow one another: decode (bytes to pixels), image
// (8-bit pixels to pixels), value (a function of one number and its channel) and layout (numbers to
// the tensor). Value steps are evaluated once per possible pixel value, in single precision and in
// the order written, so that they are exact and cost nothing per pixel.
#ifndef SL_MODEL_STEP_H
#define SL_MODEL_STEP_H

#include "base/rows.h"
#include "image/image.h"
#include "tensor/tensor.h"

typedef enum sl_stage {
  SL_STAGE_DECODE = 0,
  SL_STAGE_IMAGE,
  SL_STAGE_VALUE,
  SL_STAGE_LAYOUT
} sl_stage;

// Pixels on their way through the image steps.
typedef struct sl_frame {
  sl_image image;
  sl_colour colour;  // SL_COLOUR_RGB, _BGR or _GREY: what the channels are
  sl_decode_like like;
} sl_frame;

typedef struct sl_step {
  sl_item item;
  sl_stage stage;
  // Checks what rows cannot; may be NULL.
  sl_status (*check)(const void *params, sl_error *err);
  // Image steps: replaces frame->image. The old one is released by the step.
  sl_status (*apply)(const void *params, sl_frame *frame, sl_error *err);
  // Value steps.
  float (*value)(const void *params, int32_t channel, float x);
  // Image steps: the size after the step, from the size before it; 0 is "depends on the image".
  // NULL when the step keeps the size.
  void (*fixed_size)(const void *params, int32_t *width, int32_t *height);
  // One line for people: "resize the short side to 256 px (pillow.bilinear)"; in `arena`.
  char *(*say)(const void *params, sl_arena *arena);
} sl_step;

extern const sl_registry sl_step_registry;  // named "step"
const sl_step *sl_step_at(int64_t index);

#define SL_STEP(name) extern const sl_step sl_step_##name;
#include "model/step_list.h"
#undef SL_STEP

enum { SL_ROUND_FLOOR = 0, SL_ROUND_NEAREST };

// ---- what several steps share ------------------------------------------------------------------

extern const sl_choice sl_choices_step_kernel[];    // in the order of sl_kernel
extern const sl_choice sl_choices_step_rounding[];  // floor, nearest

int32_t sl_round_side(double side, int32_t rounding);  // at least 1
// Puts `with` in place of the frame's image, which is released.
void sl_frame_replace(sl_frame *frame, sl_image *with);
SL_MUST_CHECK sl_status sl_frame_resize(sl_frame *frame, int32_t width, int32_t height,
                                        sl_kernel kernel, sl_error *err);
// The part of the image at (x, y), which may reach outside: `fill` is there.
SL_MUST_CHECK sl_status sl_frame_window(sl_frame *frame, int32_t x, int32_t y, int32_t width,
                                        int32_t height, const uint8_t fill[4], sl_error *err);
SL_MUST_CHECK sl_status sl_step_check_colour(const sl_reals *colour, const char *step,
                                             sl_error *err);
void sl_step_fill(const sl_reals *colour, double fallback, uint8_t fill[4]);

// ---- parameters of the steps -------------------------------------------------------------------

enum { SL_EXIF_AUTO = 0, SL_EXIF_APPLY, SL_EXIF_IGNORE };
typedef struct sl_step_decode_params {
  int32_t like;  // sl_decode_like
  int32_t exif;  // auto: as the library does (Pillow ignores it, OpenCV applies it)
} sl_step_decode_params;

enum { SL_MODE_RGB = 0, SL_MODE_BGR, SL_MODE_GREY };
typedef struct sl_step_mode_params {
  int32_t to;
} sl_step_mode_params;

enum { SL_RESIZE_EXACT = 0, SL_RESIZE_SHORT, SL_RESIZE_LONG };
typedef struct sl_step_resize_params {
  int32_t by;
  int64_t size, width, height;  // px; exact: size for both, or width and height
  int32_t kernel;               // sl_kernel
  int32_t rounding;             // of the side that follows; floor as torchvision
} sl_step_resize_params;

typedef struct sl_step_crop_params {
  int64_t size, width, height;  // px
  double fraction;              // of both sides, in place of a size; 0 = not used
  int32_t rounding;             // of the offset; nearest (half to even) as torchvision
} sl_step_crop_params;

typedef struct sl_step_letterbox_params {
  int64_t size, width, height, stride;
  sl_reals colour;
  bool fit;  // pad only to a multiple of stride (the "auto" of YOLO)
  bool scale_up;
  int32_t kernel;
} sl_step_letterbox_params;

typedef struct sl_step_pad_params {
  int64_t left, top, right, bottom;
  bool square;  // pad the short side on both ends until the image is square
  sl_reals colour;
} sl_step_pad_params;

typedef struct sl_step_scale_params {
  double by, div;  // x * by / div
} sl_step_scale_params;

typedef struct sl_step_normalize_params {
  sl_reals mean, std;  // (x - mean) / std; one number, or one per channel
} sl_step_normalize_params;

enum { SL_ORDER_NCHW = 0, SL_ORDER_NHWC };
enum { SL_ELEMENT_FLOAT32 = 0, SL_ELEMENT_FLOAT16, SL_ELEMENT_UINT8, SL_ELEMENT_INT8 };
typedef struct sl_step_layout_params {
  int32_t order, dtype;
  double scale;  // of integer elements: round(x / scale) + zero_point, saturated
  int64_t zero_point;
} sl_step_layout_params;

#endif
