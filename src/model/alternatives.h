// SPDX-License-Identifier: Apache-2.0
// Trying plausible other pipelines on labelled samples: channel order x normalisation x resize
// kernel x geometry.
//
// The search goes coordinate by coordinate on a small subset, then judges the finalists on all
// labelled samples given, each against the declared pipeline by an exact McNemar test with Holm's
// correction for every alternative that was tried.
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
  size_t best;           // index: the most accurate finalist that is significantly better, else
                         // the declared one
  size_t declared;       // index
  const char *sentence;  // "BGR with mean subtraction scores 65 % where ..."; "" when none
} sl_alternatives;

typedef struct sl_alternatives_options {
  int64_t samples_max;  // of the final; 0 = 512
  int32_t threads;      // 0 = all
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
