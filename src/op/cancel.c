// SPDX-License-Identifier: Apache-2.0
// Operation "cancel": stops a waiting or running job.
#include <slitlamp/slitlamp.h>

#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"
#include "store/job_table.h"

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

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  const cancel_params *in = params_in;
  cancel_result *out = result_out;
  SL_TRY(sl_job_cancel(call->engine, in->job, err));
  sl_job_row row;
  SL_TRY(sl_store_get_job(call->store, call->arena, sl_record_parse(SL_RECORD_JOB, in->job), &row,
                          err));
  out->job = in->job;
  out->state = sl_job_state_name(row.state);
  return SL_OK;
}

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
    .run = run};
