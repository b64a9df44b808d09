// SPDX-License-Identifier: Apache-2.0
// Causal tracing: activations of a twin that passes, patched into a case that fails, layer by layer
// and place by place.
//
// Which places matter is screened to first order (gradient of the target times the difference of
// activations: attribution patching, Nanda 2023; Syed, Rager, Conmy 2023), and every number that is
// reported as an effect was measured by running the model with the patch in force (Meng et al.
// 2022, section 2; Heimersheim, Nanda 2024).
//
// Invariant: nothing is called repaired that was not run. Start at sl_trace_layers().
#ifndef SL_ATTRIB_CAUSAL_TRACE_H
#define SL_ATTRIB_CAUSAL_TRACE_H

#include "attrib/feature_layer.h"
#include "attrib/target.h"

typedef struct sl_trace_ask {
  sl_white_box *box;
  const sl_tensor *input, *twin;  // [1, ...], of the model's type (float32)
  const sl_target *target;        // definite; larger is better
  int64_t wanted_class;           // what the scores should say; -1: the target above 0 is enough
  const sl_feature_layer *layers;
  int32_t layer_count;
} sl_trace_ask;

typedef struct sl_traced_layer {
  sl_feature_layer layer;
  double whole;  // target with the whole layer taken from the twin
  bool whole_repairs;
  bool changes_nothing;  // not even the whole layer moves the target
  double first_order;    // what the screening expects of the whole layer
  float *places;         // [height * width]: first-order effect of each place
  // The fewest places, best first by screening, that repair the case; 0 when even all do not.
  int64_t fewest;
  double fewest_target;
  uint8_t *fewest_mask;  // [height * width]
  int64_t runs;
} sl_traced_layer;

typedef struct sl_trace {
  double before, twin;   // the target of the case and of its twin
  bool repaired_before;  // the case needs no repair
  sl_traced_layer *layers;
  int32_t layer_count;
} sl_trace;

// In `arena`. SL_E_UNSUPPORTED for layers that are not float32.
SL_MUST_CHECK sl_status sl_trace_layers(sl_arena *arena, const sl_trace_ask *ask, sl_trace *out,
                                        sl_error *err);

#endif
