// SPDX-License-Identifier: Apache-2.0
// Operation "doctor": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct doctor_result {
  bool ok;
  sl_records facts, missing;
} doctor_result;

static const sl_row params[] = {SL_ROW_END};

#define R doctor_result
static const sl_row result[] = {
    SL_R_BOOL(R, ok, "Whether everything needed is there."),
    SL_R_RECORDS(R, facts, sl_rec_fact, sl_rows_fact, "What was found."),
    SL_R_RECORDS(R, missing, sl_rec_fact, sl_rows_fact,
                 "What is missing, with the command that installs it."),
    SL_ROW_END};
#undef R

/*RUN*/
const sl_op sl_op_doctor = {
    .info = {.name = "doctor",
             .title = "Examine the installation",
             .help = "What Slitlamp found on this machine, and what is missing.",
             .example = "slitlamp doctor",
             .since = "0.1.0",
             .flags = SL_OP_NO_WORKSPACE | SL_OP_PEEK,
             .params = params,
             .params_size = 0,
             .result = result,
             .result_size = sizeof(doctor_result)},
    .run = NULL};
