// SPDX-License-Identifier: Apache-2.0
// Gates: after a value, what the rest of the model reads is changed by additional inputs, so one
// session serves every edit.
//
// The value keeps its name and number and stays what the model computes; the rest of the graph
// reads "<name>_gated". Only where the value is an output of the graph the gated one takes over the
// name (the interface stays) and the value is called "replaced...".
#ifndef SL_PASS_GATE_H
#define SL_PASS_GATE_H

#include "graph/graph.h"

// What varies: the sizes of the gate's inputs along these axes are those of the value, 1 along the
// others; the first axis of the value (the batch) always varies, so every sample has its own edit.
typedef enum sl_gate_kind {
  SL_GATE_CHANNEL = 0,  // scale, shift: [N,C,1,1] for a value [N,C,H,W]; the axis is `axis`
  SL_GATE_HEAD,         // scale, shift: [N,heads,1,1] for [N,heads,T,T] or [N,heads,T,width]
  SL_GATE_TOKEN,        // mask [N,T,1], patch [N,T,width] for [N,T,width]
  SL_GATE_REGION,       // mask [N,1,H,W], patch [N,C,H,W] for [N,C,H,W]; `axis` is that of channels
  SL_GATE_ALL           // mask and patch of the size of the value
} sl_gate_kind;

typedef struct sl_gate_options {
  sl_value_id value;
  sl_gate_kind kind;
  int32_t axis;  // of channels, for CHANNEL and REGION; negative counts from the end; 0 means 1
} sl_gate_options;

// CHANNEL and HEAD: gated = value * scale + shift, inputs "<name>_scale" and "<name>_shift" of the
// value's element type (1 and 0 change nothing). The others: gated = mask ? patch : value, inputs
// "<name>_mask" (bool) and "<name>_patch". They come after the inputs that are there.
typedef struct sl_gate {
  sl_value_id gated;
  sl_value_id inputs[2];
} sl_gate;

// SL_E_ARG when the value has not the rank that the kind needs, is a constant, or its type is not
// known.
SL_MUST_CHECK sl_status sl_pass_gate(sl_graph_model *model, const sl_gate_options *options,
                                     sl_gate *out, sl_error *err);

#endif
