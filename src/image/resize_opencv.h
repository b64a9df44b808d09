// SPDX-License-Identifier: Apache-2.0
// What the files that imitate cv2.resize share; private to src/image. Start at sl_resize_opencv().
#ifndef SL_IMAGE_RESIZE_OPENCV_H
#define SL_IMAGE_RESIZE_OPENCV_H

#include "image/resize.h"

double sl_opencv_scale(int32_t in, int32_t out);

// INTER_LINEAR, or with `area` what INTER_AREA does when a side grows.
SL_MUST_CHECK sl_status sl_opencv_linear(sl_arena *arena, const sl_image *in, int area,
                                         const sl_image *out, sl_error *err);
// INTER_CUBIC as Intel IPP does it, for 1, 3 or 4 channels; and as OpenCV does it by itself.
SL_MUST_CHECK sl_status sl_ipp_cubic(sl_arena *arena, const sl_image *in, const sl_image *out,
                                     sl_error *err);
SL_MUST_CHECK sl_status sl_opencv_cubic(sl_arena *arena, const sl_image *in, const sl_image *out,
                                        sl_error *err);

#endif
