// SPDX-License-Identifier: Apache-2.0
// What most methods begin with: the input as float32, the baseline, the target at the input.
//
// Invariant: after sl_attrib_case_open() out->target_values is filled, and `values` is not there
// yet. Start at sl_attrib_case_open().
#ifndef SL_ATTRIB_ATTRIB_CASE_H
#define SL_ATTRIB_ATTRIB_CASE_H

#include "attrib/attrib_sweep.h"

typedef struct sl_attrib_case {
  const sl_attrib_call *call;
  sl_attribution *out;
  sl_attrib_start start;
  sl_tensor input;        // float32
  const float *x;         // [samples * elements], of `input`
  const float *baseline;  // [baseline_rows * elements]; zeros when the call has none
  int64_t samples, elements, baseline_rows;
} sl_attrib_case;

// Opened in any outcome of a method that goes on with it; close it then. After an error it is
// closed already.
SL_MUST_CHECK sl_status sl_attrib_case_open(const sl_attrib_call *call, sl_attribution *out,
                                            sl_attrib_case *work, sl_error *err);
// The same with a layer's values kept in start.layer (sl_attrib_begin_at()).
SL_MUST_CHECK sl_status sl_attrib_case_open_at(const sl_attrib_call *call, sl_value_id layer,
                                               sl_attribution *out, sl_attrib_case *work,
                                               sl_error *err);
void sl_attrib_case_close(sl_attrib_case *work);

// SL_E_ARG unless there is one baseline for all samples or one for each.
SL_MUST_CHECK sl_status sl_attrib_case_pair(const sl_attrib_case *work, sl_error *err);
// The baseline of a sample, once they are paired.
const float *sl_attrib_case_baseline(const sl_attrib_case *work, int64_t sample);

// out->values, zeroed, of this shape; NULL: that of the input. The numbers.
SL_MUST_CHECK sl_status sl_attrib_case_values(sl_attrib_case *work, const sl_shape *shape,
                                              float **values, sl_error *err);
// `count` zeroed doubles in the arena of the call; SL_E_MEMORY.
SL_MUST_CHECK sl_status sl_attrib_case_sums(const sl_attrib_case *work, int64_t count,
                                            double **sums, sl_error *err);

// `make` of plans that send the input itself; their ctx begins with a pointer to the case.
void sl_attrib_case_input_row(void *ctx, int64_t sample, int64_t copy, float *row);

// The target at each baseline of the samples: numbers[samples].
SL_MUST_CHECK sl_status sl_attrib_case_at_baseline(sl_attrib_case *work, double *numbers,
                                                   sl_error *err);

#endif
