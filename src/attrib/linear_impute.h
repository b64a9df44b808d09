// SPDX-License-Identifier: Apache-2.0
// Missing places of an image filled in from those around them.
#ifndef SL_ATTRIB_LINEAR_IMPUTE_H
#define SL_ATTRIB_LINEAR_IMPUTE_H

#include "base/arena.h"

// Every missing place becomes the weighted mean of its eight neighbours, itself often missing: 1/6
// for those beside it, 1/12 for those across (Rong et al. 2022, section 4.2). image[height *
// width], one channel, in place; known[height * width]. With nothing known the image is zero.
void sl_linear_impute(double *image, const uint8_t *known, int64_t height, int64_t width);

#endif
