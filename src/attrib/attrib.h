// SPDX-License-Identifier: Apache-2.0
// Attribution methods: which parts of the input made a target what it is.
//
// A method is a row of attrib_list.h: a name, parameters described by rows, and one function. It
// works on ready tensors; pixels, pipelines and files are the business of those who call it.
//
// Invariant: results do not depend on the batch size a method chose, beyond rounding. Start at
// sl_attrib_run().
#ifndef SL_ATTRIB_ATTRIB_H
#define SL_ATTRIB_ATTRIB_H

#include <slitlamp/row.h>
#include <stdatomic.h>

#include "attrib/target.h"

typedef enum sl_attrib_family {
  SL_ATTRIB_GRADIENT = 0,  // of the input: values like the input
  SL_ATTRIB_CAM,           // from a layer's activations: one map per sample
  SL_ATTRIB_ATTENTION,     // from attention matrices
  SL_ATTRIB_BLACK_BOX,     // from runs on changed inputs only
  SL_ATTRIB_FAMILY_COUNT
} sl_attrib_family;

enum {
  SL_ATTRIB_NEEDS_LAYER = 1u << 0,    // call.layer is used; found without being told when 0
  SL_ATTRIB_SIGNED = 1u << 1,         // negative values speak against the target
  SL_ATTRIB_NEEDS_BASELINE = 1u << 2  // call.baseline is used; zeros when NULL
};

typedef struct sl_attrib_call {
  sl_arena *arena;
  sl_white_box *box;
  const sl_tensor *input;          // float32 [N, C, H, W] (or any shape with the batch first)
  const sl_tensor *const *others;  // further inputs of the model, in its order; NULL: it has one
  const sl_target *target;         // definite or `predicted`
  sl_value_id layer;               // 0: the method's own choice
  const sl_tensor *baseline;       // [C, H, W] or [N, C, H, W]; NULL: zeros
  uint64_t seed;                   // of everything random
  int64_t memory_max_bytes;        // of activations at once; 0 = 1 GiB
  const atomic_int *cancel;        // may be NULL
  void (*progress)(void *ctx, int64_t done, int64_t total);  // may be NULL
  void *progress_ctx;
} sl_attrib_call;

typedef struct sl_attribution {
  // float32: like the input for gradient methods; [N, 1, h, w] for maps of a layer's size
  sl_tensor values;
  sl_tensor target_values;   // float64 [N]: the target at the input
  sl_value_id layer;         // that was looked at; 0: none
  double *delta;             // [N] completeness: sum of values - (F(x) - F(baseline)); NULL: none
  int64_t runs;              // rows sent through the model, forward
  int64_t batch;             // rows at once that were chosen
  const char *const *notes;  // "Round counts as constant", "layer4 was chosen", ...
  int32_t note_count;
} sl_attribution;

typedef struct sl_attrib_method {
  sl_item item;  // name, title, help, since, params
  sl_attrib_family family;
  uint32_t needs;
  const char *source;  // paper: authors, year, section
  // Why the method cannot be used on this model, in `arena`; NULL when it can.
  const char *(*unfit)(sl_arena *arena, const sl_white_box *box);
  sl_status (*run)(const sl_attrib_call *call, const void *params, sl_attribution *out,
                   sl_error *err);
} sl_attrib_method;

extern const sl_registry sl_attrib_registry;
const sl_attrib_method *sl_attrib_method_at(int64_t index);

// Runs the method; `params` is its parameter struct. SL_E_UNSUPPORTED with the reason and what to
// use instead when it does not fit; SL_E_CANCELLED; SL_E_MEMORY when one row is too much.
SL_MUST_CHECK sl_status sl_attrib_run(const sl_attrib_call *call, const sl_variant *method,
                                      sl_attribution *out, sl_error *err);
void sl_attribution_release(sl_attribution *attribution);

#endif
