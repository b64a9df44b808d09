// SPDX-License-Identifier: Apache-2.0
// Trying plausible other pipelines on labelled samples: channel order x normalisation x resize
// kernel x geometry.
//
// The search goes coordinate by coordinate on a small subset, then judges the finalists on all
// samples, each against the declared pipeline by an exact McNemar test with Holm's correction for
// every alternative that was tried. Other geometry or another kernel is preferred only where it
// wins clearly (p < 0.001) over the same pipeline without it.
#ifndef SL_MODEL_ALTERNATIVES_H
#define SL_MODEL_ALTERNATIVES_H

#include "model/contract.h"
#include "model/runner.h"

typedef struct sl_alternative {
  sl_pipeline pipeline;
  const char *title;  // how it differs from the declared one: "BGR, mean subtraction"
  double accuracy;    // on `samples`
  double p_value;     // against the declared pipeline, corrected; 1 for itself
  int64_t samples, correct;
  bool significant;  // p_value < 0.01
  bool declared;     // the pipeline the search started from
  bool finalist;     // judged on all samples
} sl_alternative;

typedef struct sl_alternatives {
  const sl_alternative *at;  // finalists first, then by accuracy
  size_t count;
  size_t declared, best;  // indices; the same when no other is significantly better
  bool found_better;
  // "BGR with mean subtraction scores 65 % where the declared pipeline scores 32 %", or that none
  // is significantly better.
  const char *sentence;
  const char *remark;  // on a finalist that scores more but not clearly so; "" when there is none
} sl_alternatives;

typedef struct sl_alternatives_options {
  int64_t samples_max;  // of the final; 0 = 512
  double seconds_max;   // fewer samples are looked at where the model is slow; 0 = 60
  sl_provider provider;
  int32_t threads;  // 0 = all
  const atomic_int *cancel;
  void (*progress)(void *ctx, int64_t done, int64_t total);
  void *progress_ctx;
} sl_alternatives_options;

// `source` gives the samples, `class_of_row[row]` the right output (-1 = leave out).
SL_MUST_CHECK sl_status sl_pipeline_alternatives(sl_arena *arena, const sl_model *model,
                                                 const sl_contract *contract,
                                                 const sl_run_source *source,
                                                 const int32_t *class_of_row,
                                                 const sl_alternatives_options *options,
                                                 sl_alternatives *out, sl_error *err);

#endif
