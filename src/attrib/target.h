// SPDX-License-Identifier: Apache-2.0
// What is explained: a weighted sum of elements of one value, per sample.
//
//   283            score 283           predicted      the best score of each sample
//   283-281        contrast of two     boxes[0,3]     element (0,3) of value "boxes"
//   layer4[12]     all of channel 12   2*3-0.5*7      any weighted sum
//
// Invariant: the gradient of a target is the value's gradient under the seed sl_target_seed()
// makes. Start at sl_target_parse().
#ifndef SL_ATTRIB_TARGET_H
#define SL_ATTRIB_TARGET_H

#include "attrib/white_box.h"

typedef struct sl_target_term {
  double weight;
  int32_t rank;  // how many axes after the batch are fixed; the others are summed over
  int64_t index[SL_RANK_MAX];
} sl_target_term;

typedef struct sl_target {
  sl_value_id value;
  bool predicted;  // one term per sample: its largest element
  const sl_target_term *terms;
  int32_t term_count;
  const char *text;  // as shown to people: "n02123045 - n02123159"
} sl_target;

// `class_names` (may be NULL, `class_count` of them) allow names in place of numbers for the
// scores. SL_E_ARG with the position of what is not understood; out-of-range elements name the
// size.
SL_MUST_CHECK sl_status sl_target_parse(sl_arena *arena, const sl_white_box *box, const char *text,
                                        const char *const *class_names, int64_t class_count,
                                        sl_target *out, sl_error *err);

// The seed [N, ...] of a value with these contents (needed for `predicted`; else only its shape is
// read). `out` is new.
SL_MUST_CHECK sl_status sl_target_seed(const sl_target *target, const sl_tensor *value,
                                       sl_tensor *out, sl_error *err);
// The target's number for each sample: out[N].
SL_MUST_CHECK sl_status sl_target_read(const sl_target *target, const sl_tensor *value, double *out,
                                       sl_error *err);
// `predicted` made definite: the terms of sample `row`. Others are copied.
SL_MUST_CHECK sl_status sl_target_settle(sl_arena *arena, const sl_target *target,
                                         const sl_tensor *value, int64_t row, sl_target *out,
                                         sl_error *err);

#endif
