// SPDX-License-Identifier: Apache-2.0
// The inside of an sl_prep, shared by prep.c, prep_new.c and explain.c only.
#ifndef SL_MODEL_PREP_STATE_H
#define SL_MODEL_PREP_STATE_H

#include "model/prep.h"

struct sl_prep {
  sl_pipeline pipeline;
  sl_decode_options decode;
  sl_colour fused;      // colour of a mode step right after decode; NATIVE when there is none
  int64_t image_end;    // steps [1, image_end) are image steps
  int64_t value_count;  // steps [image_end, image_end + value_count) are value steps
  int32_t width, height, channels, order;
  sl_dtype dtype;
  double scale;  // of integer elements
  int64_t zero_point;
  void *table;  // [channels][256] elements of dtype
};

// Pixels of the input in `colour`; the caller releases frame->image, also after a failure.
SL_MUST_CHECK sl_status sl_prep_frame(const sl_prep *prep, const sl_input *input, sl_colour colour,
                                      sl_frame *frame, sl_error *err);
// Image steps from index `from` on.
SL_MUST_CHECK sl_status sl_prep_apply(const sl_prep *prep, int64_t from, sl_frame *frame,
                                      sl_error *err);
SL_MUST_CHECK sl_status sl_prep_check_frame(const sl_prep *prep, const sl_image *image,
                                            sl_error *err);
// Elements of the row from pixels of the right size.
void sl_prep_write(const sl_prep *prep, const sl_image *image, void *row);
// The first `steps` value steps on one number.
float sl_prep_value(const sl_prep *prep, int64_t steps, int32_t channel, float x);
// One number as an element of prep->dtype.
void sl_prep_store(const sl_prep *prep, float value, void *element);

#endif
