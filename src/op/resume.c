// SPDX-License-Identifier: Apache-2.0
// Operation "resume": goes on with a job that was interrupted or cancelled.
#include <slitlamp/slitlamp.h>
#include <string.h>

#include "op/choices.h"
#include "op/engine_state.h"
#include "op/lookup.h"
#include "op/op.h"
#include "op/records.h"
#include "store/job_table.h"

typedef struct resume_params {
  const char *job;
} resume_params;

typedef struct resume_result {
  const char *job, *op, *reply;
} resume_result;

#define P resume_params
static const sl_row params[] = {
    SL_P_ID(P, job, "job", SL_ROW_POSITIONAL, "Interrupted job; the newest one when left out."),
    SL_ROW_END};
#undef P

#define R resume_result
static const sl_row result[] = {SL_R_ID(R, job, "job", "The job."),
                                SL_R_TEXT(R, op, "Its operation."),
                                SL_R_TEXT(R, reply, "Its result as JSON."), SL_ROW_END};
#undef R

static sl_status find_job(sl_op_call *call, const char *id, sl_job_row *out, sl_error *err) {
  sl_job_row *jobs;
  size_t count;
  if (id != NULL)
    return sl_store_get_job(call->store, call->arena, sl_record_parse(SL_RECORD_JOB, id), out, err);
  SL_TRY(sl_store_list_jobs(call->store, call->arena, 0, 1000, &jobs, &count, err));
  for (size_t i = 0; i < count; i++) {
    int stopped = jobs[i].state == SL_JOB_INTERRUPTED || jobs[i].state == SL_JOB_CANCELLED;
    if (!stopped || sl_streq(jobs[i].op, "resume")) continue;
    *out = jobs[i];
    return SL_OK;
  }
  sl_fail(err, SL_E_NOT_FOUND, "no job was interrupted or cancelled");
  return sl_hint(err, SL_E_NOT_FOUND, "\"slitlamp ls jobs\" shows the state of every job.");
}

// Operations go on from what they committed, so resuming is asking again with the same parameters.
static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  const resume_params *in = params_in;
  resume_result *out = result_out;
  sl_job_row job;
  const sl_op *op;
  sl_reply *reply;
  SL_TRY(find_job(call, in->job, &job, err));
  if (job.state == SL_JOB_DONE || job.state == SL_JOB_RUNNING || job.state == SL_JOB_QUEUED)
    return sl_fail(err, SL_E_ARG, "job \"b%lld\" is %s; there is nothing to resume",
                   (long long)job.id, sl_job_state_name(job.state));
  SL_TRY(sl_dispatch_find(job.op, &op, err));
  SL_TRY(sl_job_run(call->engine, job.id, op, job.params, strlen(job.params), call->cancel, &reply,
                    err));
  size_t size;
  const char *json = sl_reply_json(reply, &size);
  out->job = sl_id_text(call->arena, SL_RECORD_JOB, job.id);
  out->op = job.op;
  out->reply = sl_arena_copy_bytes(call->arena, json, size);
  sl_reply_free(reply);
  return SL_OK;
}

const sl_op sl_op_resume = {
    .info = {.name = "resume",
             .title = "Resume a job",
             .help = "Go on with an import or evaluation that was interrupted.",
             .example = "slitlamp resume",
             .since = "0.1.0",
             .flags = SL_OP_SLOW | SL_OP_WRITES,
             .params = params,
             .params_size = sizeof(resume_params),
             .result = result,
             .result_size = sizeof(resume_result)},
    .run = run};
