// SPDX-License-Identifier: Apache-2.0
// Two models side by side on the same inputs: values that correspond, how far they part, and what
// of the second, put into the first, carries the difference over.
//
// The second may be another file (edited, quantised, in another precision) or the same one on
// another provider. A value of the first corresponds to the one of its name, else to what the
// matching node makes (pass/model_diff.h); of a quantised value what the rest of the model reads,
// after the rounding: a ReLU may have become part of it.
//
// Invariant: what is called carried over was run. Start at sl_model_pair_open().
#ifndef SL_ATTRIB_MODEL_PAIR_H
#define SL_ATTRIB_MODEL_PAIR_H

#include "attrib/white_box.h"
#include "pass/model_diff.h"

typedef struct sl_model_pair {
  sl_white_box *a, *b;
  const sl_model_diff *diff;
  sl_uses uses_b;
} sl_model_pair;

// SL_E_ARG when the first outputs have not the same number of elements. Boxes are borrowed.
SL_MUST_CHECK sl_status sl_model_pair_open(sl_arena *arena, sl_white_box *a, sl_white_box *b,
                                           sl_model_pair *out, sl_error *err);
// The value of the second model that corresponds, of the same sizes; 0 when there is none.
sl_value_id sl_model_pair_match(const sl_model_pair *pair, sl_value_id value_a);

// The first model's input as the second takes it; release it.
SL_MUST_CHECK sl_status sl_model_pair_input(const sl_model_pair *pair, const sl_tensor *input_a,
                                            sl_tensor *out, sl_error *err);

// Sums over rows of two values.
typedef struct sl_divergence {
  double dot, squares_a, squares_b, squares_delta;
  double worst;  // largest relative error of a row
  int64_t rows;
} sl_divergence;
// [rows, ...], float32.
void sl_divergence_add(sl_divergence *sum, const sl_tensor *a, const sl_tensor *b);
double sl_divergence_relative(const sl_divergence *sum);  // |b - a| / |a| over all rows
double sl_divergence_cosine(const sl_divergence *sum);    // NaN where one is zero

// Scores of the first model when `value_a` holds what `value_b` holds in the second: both run on
// the rows of `input` (of the first model's type). float32 [rows, classes], new. SL_E_UNSUPPORTED
// when the value is not float32 in the first model.
SL_MUST_CHECK sl_status sl_model_pair_patch(const sl_model_pair *pair, sl_value_id value_a,
                                            sl_value_id value_b, const sl_tensor *input,
                                            sl_tensor *out, sl_error *err);
// How much of the way from the scores of the first model to those of the second a patched run
// goes: 0 none, 1 all; a projection. NaN when the two have the same scores.
double sl_pair_moved(const float *a, const float *b, const float *patched, int64_t count);

// Nodes of the first model that multiply by weights (convolutions, matrix products) and that `to`
// depends on and `from` (0: nothing) does not, in order; in `arena`.
const sl_node_id *sl_model_pair_between(const sl_model_pair *pair, sl_arena *arena,
                                        sl_value_id from, sl_value_id to, int32_t *count);
// Whether `to` is computed from `from` in the first model.
int sl_model_pair_follows(const sl_model_pair *pair, sl_value_id from, sl_value_id to);

#endif
