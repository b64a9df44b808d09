// SPDX-License-Identifier: Apache-2.0
// Many changed copies of every sample through the model, in batches chosen by measurement: what
// path methods, noise, occlusion and masks have in common.
//
// Invariant: copies come and go in the order (sample, copy), whatever the batch. Start at
// sl_attrib_sweep().
#ifndef SL_ATTRIB_ATTRIB_SWEEP_H
#define SL_ATTRIB_ATTRIB_SWEEP_H

#include "attrib/attrib.h"

typedef struct sl_sweep_plan {
  int64_t copies;  // of each sample
  // Not 0: rows are values of this layer (float32) instead of inputs, and the model runs from there
  // on; what it reads around the layer is that of the unchanged input.
  sl_value_id from;
  bool gradients;  // else only the target's value
  // Which value to differentiate by; 0 is the input.
  sl_value_id wrt;
  // Further values wanted with each copy: a layer's activations. At most 4.
  const sl_value_id *values;
  int32_t value_count;
  // Writes copy `copy` of sample `sample` at `row` (float32, elements of the input or of `from`).
  // May be called from one thread only.
  void (*make)(void *ctx, int64_t sample, int64_t copy, float *row);
  // Takes what came of it: the target's value, dTarget/dwrt (float32; NULL without gradients) and
  // the values asked for (float32 rows).
  void (*take)(void *ctx, int64_t sample, int64_t copy, double value, const float *gradient,
               const float *const *values);
  void *ctx;
  const char *flavour;  // of the gradient: names `overrides`; NULL for the exact one
  const sl_grad_override *overrides;
  int32_t override_count;
  void *context;  // for overrides
  // Inputs that overrides added, the same for every batch.
  const sl_tensor *extras;
  int32_t extra_count;
  bool seed_by_value;  // the seed is weighted by the target's own value, element by element
} sl_sweep_plan;

// The target at the inputs themselves, and for each sample the definite target (`predicted` is
// settled once, at the unchanged input).
typedef struct sl_attrib_start {
  sl_tensor value;            // the target's value [N, ...], as the model gives it
  double *numbers;            // [N]
  const sl_target *targets;   // [N], definite
  int64_t samples, elements;  // N; float32 elements of one input row
  sl_tensor layer;            // float32 values of the layer asked for; empty when there are none
} sl_attrib_start;
SL_MUST_CHECK sl_status sl_attrib_begin(const sl_attrib_call *call, sl_attrib_start *out,
                                        sl_error *err);
// The same, keeping a layer's values by the way, so that a sweep can start there. Layers that are
// not float32 are not kept.
SL_MUST_CHECK sl_status sl_attrib_begin_at(const sl_attrib_call *call, sl_value_id layer,
                                           sl_attrib_start *out, sl_error *err);
void sl_attrib_end(sl_attrib_start *start);

// Elements of one row of a value; -1 when not known.
int64_t sl_attrib_row_elements(const sl_white_box *box, sl_value_id value);

// Runs the plan. Adds to out->runs and sets out->batch, out->notes.
SL_MUST_CHECK sl_status sl_attrib_sweep(const sl_attrib_call *call, const sl_attrib_start *start,
                                        const sl_sweep_plan *plan, sl_attribution *out,
                                        sl_error *err);

// Bytes of all activations of one sample, the estimate batches are bounded by.
int64_t sl_white_box_row_bytes(const sl_white_box *box);

#endif
