// SPDX-License-Identifier: Apache-2.0
// The twin of a failing case: a sample of the same label that passes and looks most alike to the
// model.
#ifndef SL_OP_TWIN_H
#define SL_OP_TWIN_H

#include "op/opened.h"

typedef struct sl_twin {
  const char *sample;  // id
  sl_tensor input;     // prepared as the case's
  double similarity;   // cosine of the pooled features of `layer`; NaN for a twin that was named
  int64_t candidates;  // samples that were compared
} sl_twin;

// `named` (may be NULL) is taken as it is. Otherwise among at most 64 samples that the run got
// right with the case's label. SL_E_NOT_FOUND when there is none, with what to do.
SL_MUST_CHECK sl_status sl_twin_find(sl_op_call *call, const sl_opened *opened, const char *named,
                                     sl_twin *out, sl_error *err);
// A blurred copy of the case: what is left of it has no shapes (three box filters as wide as an
// eighth of the picture, close to a Gaussian). Inputs [1, C, H, W] only.
SL_MUST_CHECK sl_status sl_twin_blur(const sl_opened *opened, sl_twin *out, sl_error *err);
void sl_twin_release(sl_twin *twin);

#endif
