// SPDX-License-Identifier: Apache-2.0
// What the files that imitate cv2.resize share; private to src/image.
//
// Invariant: the loops of resize_opencv_avx2.c only do a part (they return how far they came) and
// the plain loops finish, so that nothing is read outside the image. Start at sl_resize_opencv().
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

// Linear: every output lies between the inputs `low` and `high`, `part` of the way.
typedef struct sl_places {
  int32_t *low, *high;
  float *part;
  int16_t (*fixed)[2];  // weights of low and high, times 2^11
} sl_places;

// Cubic: four inputs (the edge repeated) and their weights.
typedef struct sl_taps {
  int32_t at[4];
  float weight[4];
  int32_t outside;  // an input lies outside the image
} sl_taps;

// How four products are added; "fused" means that the product is not rounded.
typedef enum sl_sum_order {
  SL_SUM_PAIRS,       // (0 + 1) + (2 + 3)
  SL_SUM_PAIRS_SKIP,  // (0 + 2) + (1 + 3)
  SL_SUM_ENDS,        // (fused 0 + 3) + (fused 1 + 2)
  SL_SUM_SKIP_FUSED,  // (fused 2 + 0) + (fused 3 + 1)
  SL_SUM_CHAIN        // fused 3 + (fused 2 + (fused 1 + 0))
} sl_sum_order;

// One row of an image; `readable` samples exist from its start to the end of the image.
typedef struct sl_row_view {
  const void *samples;
  size_t readable;
  int32_t bits, channels;
} sl_row_view;

#if SL_HAS_AVX2
int32_t sl_linear_across_8_avx2(const sl_row_view *row, const sl_places *places, int32_t width,
                                int16_t *to);
size_t sl_linear_down_8_avx2(const int16_t *low, const int16_t *high, const int16_t fixed[2],
                             size_t size, uint8_t *to);
int32_t sl_linear_across_16_avx2(const sl_row_view *row, const sl_places *places, int32_t width,
                                 float *to);
size_t sl_linear_down_16_avx2(const float *low, const float *high, float part, size_t size,
                              uint16_t *to);
// Columns [from, to).
int32_t sl_cubic_across_avx2(const sl_row_view *row, const sl_taps *columns, int32_t from,
                             int32_t to, sl_sum_order order, float *out);
size_t sl_cubic_down_avx2(const float *const rows[4], const float weight[4], size_t size,
                          int32_t bits, void *to);
#endif

#endif
