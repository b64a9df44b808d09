// SPDX-License-Identifier: Apache-2.0
// What a model file and its contract say, as the record that results show.
#ifndef SL_OP_MODEL_FACTS_H
#define SL_OP_MODEL_FACTS_H

#include "model/contract.h"
#include "op/records.h"

void sl_model_facts(sl_arena *arena, const sl_model *model, const sl_contract *contract,
                    sl_rec_model *out);
char *sl_model_facts_print(sl_arena *arena, const sl_rec_model *facts);

#endif
