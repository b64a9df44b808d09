// SPDX-License-Identifier: Apache-2.0
// What a gradient rule may use: the sweep it is part of, and short ways to emit nodes.
//
// Invariant: every emitted value has a known type, so that rules can ask shapes of gradients too.
// Emitters simplify where that is free: x*1, x+0, a reduction over nothing, a reshape to the same
// shape and operations on constants give no node. Start at sl_sweep_grad().
#ifndef SL_GRAD_RULE_H
#define SL_GRAD_RULE_H

#include "grad/grad.h"

struct sl_sweep {
  sl_graph_model *model;
  sl_graph *graph;
  sl_arena *scratch;
  int64_t opset;       // of ai.onnx, 17 or more
  const char *origin;  // of the node being differentiated: names what is emitted
  const sl_grad_options *options;
  sl_value_id *gradients;        // per forward value: sum so far, 0 = zero
  uint8_t *wanted;               // per forward value: on the way from wrt to a target
  int32_t forward_values;        // values from here on were emitted
  struct sl_sweep_term **terms;  // per forward value: what was added and is not summed yet
  struct sl_sweep_notes *said;   // shared with the sweeps over inner graphs
  const char *broken;            // a rule gave a gradient of the wrong shape: what and where
};

sl_value_id sl_sweep_grad(const sl_sweep *sweep, sl_value_id value);  // 0 when it is zero
int sl_sweep_wants(const sl_sweep *sweep, sl_value_id value);         // 0 for value 0
// Adds to dL/dvalue; `gradient` has the shape of the value. 0 is zero and changes nothing.
void sl_sweep_add(sl_sweep *sweep, sl_value_id value, sl_value_id gradient);
// Sweeps another graph (a copy of a branch or a loop body) with the options and notes of `sweep`:
// seeds[i] is dL/dtargets[i], a value of `graph` (0: zero). gradients[i] is dL/dwrt[i], 0 where it
// is zero. Values that come from outside count as inputs.
SL_MUST_CHECK sl_status sl_sweep_graph(sl_sweep *sweep, sl_graph *graph, const sl_value_id *targets,
                                       const sl_value_id *seeds, int32_t target_count,
                                       const sl_value_id *wrt, int32_t wrt_count,
                                       sl_value_id *gradients, sl_error *err);
// What the table's rule of a node gives input `slot` when the gradient of the node's first output
// is `seed`; it is added to nothing. For overrides that change what goes in or comes out; also when
// the override has exchanged inputs that are not differentiated (weights). 0 is zero.
SL_MUST_CHECK sl_status sl_sweep_apply(sl_sweep *sweep, sl_node_id node, sl_value_id seed,
                                       int32_t slot, sl_value_id *out, sl_error *err);
// A sentence for the result, once however often it is said.
void sl_sweep_note(sl_sweep *sweep, const char *sentence);
void *sl_sweep_context(const sl_sweep *sweep);
// SL_E_UNSUPPORTED "node \"...\" (Type) cannot be differentiated: <reason>" with the usual hint.
sl_status sl_sweep_refuse(const sl_sweep *sweep, sl_node_id node, sl_error *err, const char *fmt,
                          ...) SL_PRINTF(4, 5);

static inline const sl_type *sl_type_of(const sl_sweep *sweep, sl_value_id value) {
  return &sweep->graph->values[value].type;
}

// ---- emitting -----------------------------------------------------------------------------------

sl_value_id sl_emit(sl_sweep *sweep, const char *type, const sl_value_id *inputs, int32_t count);
// A node with several outputs: consecutive numbers, the first is returned; types are for
// sl_emit_type().
sl_value_id sl_emit_many(sl_sweep *sweep, const char *type, const sl_value_id *inputs,
                         int32_t count, int32_t output_count);
sl_value_id sl_emit1(sl_sweep *sweep, const char *type, sl_value_id x);
sl_value_id sl_emit2(sl_sweep *sweep, const char *type, sl_value_id x, sl_value_id y);
sl_value_id sl_emit3(sl_sweep *sweep, const char *type, sl_value_id x, sl_value_id y,
                     sl_value_id z);
sl_node_id sl_emitted(const sl_sweep *sweep);  // the last node, to set attributes on
// After attributes were set on a node whose type the emitter could not know: states it.
void sl_emit_type(sl_sweep *sweep, sl_value_id value, int32_t element, int32_t rank,
                  const sl_dim *dims);
void sl_emit_type_of(sl_sweep *sweep, sl_value_id value, sl_value_id like);

// Elementwise with broadcasting; types follow.
sl_value_id sl_emit_add(sl_sweep *sweep, sl_value_id x, sl_value_id y);
sl_value_id sl_emit_sub(sl_sweep *sweep, sl_value_id x, sl_value_id y);
sl_value_id sl_emit_mul(sl_sweep *sweep, sl_value_id x, sl_value_id y);
sl_value_id sl_emit_div(sl_sweep *sweep, sl_value_id x, sl_value_id y);
sl_value_id sl_emit_neg(sl_sweep *sweep, sl_value_id x);
sl_value_id sl_emit_scale(sl_sweep *sweep, sl_value_id x, double factor);
sl_value_id sl_emit_shift(sl_sweep *sweep, sl_value_id x, double summand);

// Constants. A number of the element type of `like`, rank 0; ints are int64[count].
sl_value_id sl_emit_number(sl_sweep *sweep, sl_value_id like, double number);
sl_value_id sl_emit_ints(sl_sweep *sweep, const int64_t *ints, int64_t count);
sl_value_id sl_emit_constant(sl_sweep *sweep, int32_t element, int32_t rank, const int64_t *dims,
                             const void *data);

// 1 where the condition holds, else 0, of the type of y; in the form that ONNX Runtime keeps in its
// blocked layout (HardSigmoid with slope 1e30): y > 0.
sl_value_id sl_emit_is_positive(sl_sweep *sweep, sl_value_id y);

sl_value_id sl_emit_reduce_sum(sl_sweep *sweep, sl_value_id x, const int64_t *axes, int32_t count,
                               int keep_dims);
sl_value_id sl_emit_reduce_mean(sl_sweep *sweep, sl_value_id x, const int64_t *axes, int32_t count,
                                int keep_dims);
// Sums x over what broadcasting `like` to it repeated, and gives it the shape of `like`.
sl_value_id sl_emit_unbroadcast(sl_sweep *sweep, sl_value_id x, sl_value_id like);
// Reshape to the shape of `like` (a constant with -1 for the batch where that is exact, else
// Shape).
sl_value_id sl_emit_reshape_like(sl_sweep *sweep, sl_value_id x, sl_value_id like);
// Reshape to dims of which at most one grows with the batch.
sl_value_id sl_emit_reshape(sl_sweep *sweep, sl_value_id x, const sl_dim *dims, int32_t rank);
// x repeated to the shape of `like`.
sl_value_id sl_emit_expand_like(sl_sweep *sweep, sl_value_id x, sl_value_id like);
sl_value_id sl_emit_shape_of(sl_sweep *sweep, sl_value_id like);  // int64[rank], constant if fixed
sl_value_id sl_emit_transpose(sl_sweep *sweep, sl_value_id x, const int64_t *perm, int32_t rank);
sl_value_id sl_emit_matmul(sl_sweep *sweep, sl_value_id x, sl_value_id y);
sl_value_id sl_emit_cast(sl_sweep *sweep, sl_value_id x, int32_t element);
// x[starts:ends] on axes.
sl_value_id sl_emit_slice(sl_sweep *sweep, sl_value_id x, const int64_t *starts,
                          const int64_t *ends, const int64_t *axes, int32_t count);
// Zeros around x; `pads` as Pad has them, 2 * rank numbers, not negative.
sl_value_id sl_emit_pad(sl_sweep *sweep, sl_value_id x, const int64_t *pads);
sl_value_id sl_emit_concat(sl_sweep *sweep, const sl_value_id *parts, int32_t count, int64_t axis);
sl_value_id sl_emit_zeros_like(sl_sweep *sweep, sl_value_id like);

#endif
