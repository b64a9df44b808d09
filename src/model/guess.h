// SPDX-License-Identifier: Apache-2.0
// Guessing a pipeline from what a model says of itself; every conclusion with its evidence.
#ifndef SL_MODEL_GUESS_H
#define SL_MODEL_GUESS_H

#include "model/contract.h"

typedef struct sl_guess {
  sl_pipeline pipeline;
  sl_texts evidence;  // "input is [N,3,224,224] float32: images of 224 px, channels first"
  double confidence;  // 0 to 1, rough: how often a guess on such evidence is right
} sl_guess;

// Never fails for lack of evidence, only for a broken pipeline (our bug) or memory.
SL_MUST_CHECK sl_status sl_contract_guess(sl_arena *arena, const sl_model *model, sl_guess *out,
                                          sl_error *err);

#endif
