// SPDX-License-Identifier: Apache-2.0
// A model opened on one case: what "attribute", "tap", "edit" and the like start from.
//
// White boxes are kept by the engine (a few, by model and input size), so that the second question
// about a model costs no loading. A box serves one call at a time: sl_opened_close() lets the next
// one in.
#ifndef SL_OP_OPENED_H
#define SL_OP_OPENED_H

#include <slitlamp/row.h>

#include "attrib/attrib.h"
#include "image/image.h"
#include "model/prep.h"
#include "op/op.h"

// Which model on what: a sample of the workspace, or a ready tensor without a workspace.
typedef struct sl_case_params {
  const char *model;   // path, or id "m1"; NULL: that of the run
  const char *sample;  // "s12"
  const char *run;     // whose pipeline, classes and model are used; newest when left out
  const char *tensor;  // .npy, the batch first; in place of a sample
  int32_t provider;
  int64_t threads;
} sl_case_params;

#define SL_IN_CASE_(S, g, f, type_, flags_, kind_, doc)                                 \
  {                                                                                     \
    .name = #f, .type = (type_), .flags = (flags_), .max = 65536, .kind = (kind_),      \
    .offset = offsetof(S, g) + SL_FIELD(sl_case_params, f, const char *), .help = (doc) \
  }
#define SL_ROWS_CASE(S, g)                                                                        \
  SL_IN_CASE_(S, g, model, SL_T_PATH, SL_ROW_POSITIONAL, NULL,                                    \
              "Model as an .onnx file, or the id of one seen before; that of the run when left "  \
              "out."),                                                                            \
      SL_IN_CASE_(S, g, sample, SL_T_ID, 0, "sample", "Sample of the workspace."),                \
      SL_IN_CASE_(S, g, run, SL_T_ID, 0, "run",                                                   \
                  "Run whose model, pipeline and classes are used; the newest one when left "     \
                  "out."),                                                                        \
      SL_IN_CASE_(S, g, tensor, SL_T_PATH, 0, NULL,                                               \
                  "Ready input as an .npy file, the batch first, in place of a sample; needs no " \
                  "workspace."),                                                                  \
      {.name = "provider",                                                                        \
       .type = SL_T_ENUM,                                                                         \
       .flags = SL_ROW_ADVANCED,                                                                  \
       .choices = sl_choices_provider,                                                            \
       .offset = offsetof(S, g) + SL_FIELD(sl_case_params, provider, int32_t),                    \
       .help = "ONNX Runtime execution provider."},                                               \
  {                                                                                               \
    .name = "threads", .type = SL_T_INT, .flags = SL_ROW_ADVANCED, .max = 1024,                   \
    .offset = offsetof(S, g) + SL_FIELD(sl_case_params, threads, int64_t),                        \
    .help = "Threads inside a run; 0 uses every processor."                                       \
  }

typedef struct sl_opened {
  sl_white_box *box;
  sl_tensor input;           // of the model's element type, [N, ...]
  const char *sample, *run;  // ids; NULL for a ready tensor
  int64_t model;             // record number; 0 without a workspace
  const char *path;          // of the model's file
  sl_texts classes;          // empty when not known
  int32_t label, pred;       // class of the label and of the run's prediction; -1 where unknown
  sl_image seen;             // RGB or grey: the picture after the geometric steps; width 0: none
  struct sl_kept_box *kept;
} sl_opened;

// `keep` names values that must survive preparation ("layer" parameters); may be NULL. Without
// sample and tensor: a box for the model's own sizes, input.buffer NULL.
SL_MUST_CHECK sl_status sl_opened_open(sl_op_call *call, const sl_case_params *params,
                                       const char *const *keep, size_t keep_count, sl_opened *out,
                                       sl_error *err);
void sl_opened_close(sl_op_call *call, sl_opened *opened);  // a zeroed one is allowed
// Gives the engine's box back and opens one for this call alone: for work of many seconds, so that
// others need not wait for the model. Values and pieces must be looked up again. `params` and
// `keep` as in sl_opened_open().
SL_MUST_CHECK sl_status sl_opened_own(sl_op_call *call, const sl_case_params *params,
                                      const char *const *keep, size_t keep_count, sl_opened *opened,
                                      sl_error *err);

// A target as people write it for a case: as sl_target_parse(), and "label" and "predicted" stand
// for the case's classes ("label-predicted": why not the label).
SL_MUST_CHECK sl_status sl_opened_target(sl_op_call *call, const sl_opened *opened,
                                         const char *text, sl_target *out, sl_error *err);

// The pipeline of the case, ready to prepare other samples; in the call's arena.
SL_MUST_CHECK sl_status sl_opened_prep(sl_op_call *call, const sl_opened *opened, sl_prep **out,
                                       sl_error *err);

// The prepared input of another sample for the same model and pipeline; release it.
SL_MUST_CHECK sl_status sl_opened_sample(sl_op_call *call, const sl_opened *opened,
                                         const char *sample, sl_tensor *out, sl_error *err);

#endif
