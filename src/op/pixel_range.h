// SPDX-License-Identifier: Apache-2.0
// What range of the model's input pictures fill, found by sending plain ones through the pipeline.
#ifndef SL_OP_PIXEL_RANGE_H
#define SL_OP_PIXEL_RANGE_H

#include "attrib/image_ascent.h"
#include "image/image.h"
#include "op/opened.h"

// Black, white and (for three channels) red pictures of the input's size are prepared as samples
// are: their middle pixel says where each channel begins and ends and which colour it is. Where no
// pipeline can be made, *problem says why (in the call's arena) and the range is 0 to 1.
// SL_E_UNSUPPORTED when the input is no picture of known size.
SL_MUST_CHECK sl_status sl_pixel_range_find(sl_op_call *call, const sl_opened *opened,
                                            sl_pixel_scale *out, const char **problem,
                                            sl_error *err);
// Planes from 0 to 1 as an 8-bit image: RGB for three channels, else the first channel as grey.
SL_MUST_CHECK sl_status sl_pixel_range_image(const sl_pixel_scale *scale, const float *picture,
                                             sl_image *out, sl_error *err);

#endif
