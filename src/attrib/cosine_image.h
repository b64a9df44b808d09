// SPDX-License-Identifier: Apache-2.0
// A picture as the model of it that gradient ascent moves in: plain pixels, or decorrelated
// frequencies and colours.
//
// Natural images have power that falls with frequency and colours that go together; ascent in a
// basis where both are equalised finds pictures that look less like noise (Olah, Mordvintsev,
// Schubert, Feature Visualization, Distill 2017; Mordvintsev et al., Differentiable Image
// Parameterizations, Distill 2018). The real basis here is the orthonormal DCT-II: a Fourier
// transform of the picture mirrored at its edges. The colour axes are those of the ImageNet
// statistics published with the former (Lucid).
//
// Invariant: pictures are planes [channels, height, width] from 0 to 1. Start at
// sl_cosine_image_new().
#ifndef SL_ATTRIB_COSINE_IMAGE_H
#define SL_ATTRIB_COSINE_IMAGE_H

#include <stdbool.h>

#include "base/arena.h"

typedef struct sl_cosine_image {
  int64_t channels, height, width, count;  // count: parameters, one for each pixel
  bool is_plain;                           // parameters are the pixels
  float *rows, *columns;                   // DCT matrices [height * height], [width * width]
  float *across;                           // `columns` with rows and columns exchanged
  float *weights;                          // of each frequency [height * width]
  float *plane;                            // scratch
} sl_cosine_image;

void sl_cosine_image_new(sl_arena *arena, int64_t channels, int64_t height, int64_t width,
                         bool is_plain, sl_cosine_image *out);
// The picture that parameters stand for.
void sl_cosine_image_show(const sl_cosine_image *image, const float *parameters, float *picture);
// Parameters that stand for a picture (clipped to 0.01 .. 0.99 where it is not plain).
void sl_cosine_image_read(const sl_cosine_image *image, const float *picture, float *parameters);
// From the gradient by the picture to that by the parameters; `gradient` is used up.
void sl_cosine_image_pull(const sl_cosine_image *image, const float *picture, float *gradient,
                          float *out);

#endif
