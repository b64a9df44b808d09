// SPDX-License-Identifier: Apache-2.0
// A contract being put together, shared by contract.c, contract_scores.c and the runner.
#ifndef SL_MODEL_CONTRACT_STATE_H
#define SL_MODEL_CONTRACT_STATE_H

#include "model/contract.h"

typedef struct sl_draft {
  sl_arena *arena;
  const sl_model *model;
  sl_contract *out;
  const char *sidecar_path;  // NULL when there is none
  const sl_json *sidecar;
} sl_draft;

SL_MUST_CHECK sl_status sl_contract_read_scores(sl_draft *d, sl_scores option, sl_error *err);

// The pipeline with the model's axis order and element type.
SL_MUST_CHECK sl_status sl_contract_fit(sl_arena *arena, const sl_model *model,
                                        const sl_pipeline *from, sl_pipeline *out, sl_error *err);

// Shape of the model's input for a batch of rows.
void sl_prep_shape(const sl_model *model, const sl_shape *row, int64_t batch, sl_shape *out);

#endif
