// SPDX-License-Identifier: Apache-2.0
// The probes of a model's layers, fitted on labelled samples of a run and kept in the workspace.
#ifndef SL_OP_LENS_FIT_H
#define SL_OP_LENS_FIT_H

#include "attrib/class_means.h"
#include "attrib/layer_features.h"
#include "op/opened.h"

typedef struct sl_lens_fit {
  int64_t classes, samples, layers;
  int64_t per_class;       // samples of a class at most
  int64_t *class_index;    // [classes]: number of the class among the model's scores, ascending
  int64_t *ids, *members;  // [samples]: sample and position of its class
  sl_class_means *probes;  // [layers]
  const char *note;        // what could not be read; NULL for a fit that was kept
} sl_lens_fit;

// Takes what an earlier call kept: *found says whether there was something. In the call's arena.
// SL_E_ARG without a run.
SL_MUST_CHECK sl_status sl_lens_fit_find(sl_op_call *call, const sl_opened *opened,
                                         const sl_layer_features *features, int64_t per_class,
                                         sl_lens_fit *out, bool *found, sl_error *err);
// Fits on at most `per_class` samples of each class with a label in the case's run, and keeps it.
// SL_E_UNSUPPORTED when fewer than two classes have samples.
SL_MUST_CHECK sl_status sl_lens_fit_make(sl_op_call *call, const sl_opened *opened,
                                         const sl_layer_features *features, int64_t per_class,
                                         sl_lens_fit *out, sl_error *err);

#endif
