// SPDX-License-Identifier: Apache-2.0
// Operation "cancel": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct cancel_params {
  const char *job;
} cancel_params;

typedef struct cancel_result {
  const char *job, *state;
} cancel_result;

#define P cancel_params
static const sl_row params[] = {
    SL_P_ID(P, job, "job", SL_ROW_REQUIRED | SL_ROW_POSITIONAL, "The job."), SL_ROW_END};
#undef P

#define R cancel_result
static const sl_row result[] = {SL_R_ID(R, job, "job", "The job."),
                                SL_R_TEXT(R, state, "Its state now."), SL_ROW_END};
#undef R

/*RUN*/
const sl_op sl_op_cancel = {
    .info = {.name = "cancel",
             .title = "Cancel a job",
             .help = "Stop a queued or running job; what it committed is kept.",
             .example = "slitlamp cancel b1",
             .since = "0.1.0",
             .flags = SL_OP_WRITES | SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(cancel_params),
             .result = result,
             .result_size = sizeof(cancel_result)},
    .run = NULL};
