// SPDX-License-Identifier: Apache-2.0
// Operation "ls": pages of runs, samples, datasets, models, journal entries or jobs.
#include "op/choices.h"
#include "op/lookup.h"
#include "op/op.h"
#include "op/records.h"
#include "op/table_cache.h"
#include "store/job_table.h"
#include "store/journal_table.h"

typedef struct ls_params {
  int32_t what;
  int64_t offset, limit;
  sl_view_params view;
} ls_params;

typedef struct ls_result {
  const char *workspace;
  int64_t total;
  sl_records samples, runs, datasets, models, journal, jobs;
} ls_result;

static const sl_choice what_choices[] = {{"runs", "evaluations"},
                                         {"samples", "images of a view"},
                                         {"datasets", "imported data"},
                                         {"models", "models seen"},
                                         {"journal", "every recorded call"},
                                         {"jobs", "long calls"},
                                         {0}};
#define P ls_params
static const sl_row params[] = {{.name = "what",
                                 .type = SL_T_ENUM,
                                 .flags = SL_ROW_POSITIONAL,
                                 .offset = SL_FIELD(P, what, int32_t),
                                 .choices = what_choices,
                                 .help = "What to list."},
                                SL_P_INT(P, offset, 0, 1e12, 0, NULL, "First row."),
                                SL_P_INT(P, limit, 1, 10000, 50, NULL, "Most rows."),
                                SL_ROWS_VIEW(P, view),
                                SL_ROW_END};
#undef P

#define R ls_result
static const sl_row result[] = {
    SL_R_TEXT(R, workspace, "Path of the workspace, for commands that name it."),
    SL_R_INT(R, total, NULL, "Rows in all."),
    SL_R_RECORDS(R, samples, sl_rec_sample, sl_rows_sample, "Samples, when asked for."),
    SL_R_RECORDS(R, runs, sl_rec_run, sl_rows_run, "Runs, newest first, when asked for."),
    SL_R_RECORDS(R, datasets, sl_rec_dataset, sl_rows_dataset, "Datasets, when asked for."),
    SL_R_RECORDS(R, models, sl_rec_model, sl_rows_model, "Models, when asked for."),
    SL_R_RECORDS(R, journal, sl_rec_journal, sl_rows_journal,
                 "Calls, newest first, when asked for."),
    SL_R_RECORDS(R, jobs, sl_rec_job, sl_rows_job, "Jobs, newest first, when asked for."),
    SL_ROW_END};
#undef R

enum { LIST_RUNS, LIST_SAMPLES, LIST_DATASETS, LIST_MODELS, LIST_JOURNAL, LIST_JOBS };

// Newest first: index of the nth row of a page, -1 past the end.
static int64_t nth_newest(const ls_params *in, size_t count, int64_t n) {
  int64_t index = (int64_t)count - 1 - in->offset - n;
  return n < in->limit && index >= 0 ? index : -1;
}

static sl_status list_runs(sl_op_call *call, const ls_params *in, ls_result *out, sl_error *err) {
  sl_run_row *rows;
  size_t count;
  sl_record_list list = {0};
  SL_TRY(sl_store_list_runs(call->store, call->arena, 0, 0, &rows, &count, err));
  for (int64_t n = 0, at; (at = nth_newest(in, count, n)) >= 0; n++)
    SL_TRY(
        sl_fill_run(call, &rows[at], sl_record_add(call->arena, &list, sizeof(sl_rec_run)), err));
  out->runs = sl_record_done(&list);
  out->total = (int64_t)count;
  return SL_OK;
}

static sl_status list_datasets(sl_op_call *call, const ls_params *in, ls_result *out,
                               sl_error *err) {
  sl_dataset_row *rows;
  size_t count;
  sl_record_list list = {0};
  SL_TRY(sl_store_list_datasets(call->store, call->arena, &rows, &count, err));
  for (int64_t n = 0, at; (at = nth_newest(in, count, n)) >= 0; n++) {
    int64_t latest;
    sl_version_row version;
    SL_TRY(sl_store_latest_version(call->store, rows[at].id, &latest, err));
    if (latest == 0) continue;
    SL_TRY(sl_store_get_version(call->store, call->arena, latest, &version, err));
    SL_TRY(sl_fill_dataset(call, &version,
                           sl_record_add(call->arena, &list, sizeof(sl_rec_dataset)), err));
  }
  out->datasets = sl_record_done(&list);
  out->total = (int64_t)count;
  return SL_OK;
}

static sl_status list_models(sl_op_call *call, const ls_params *in, ls_result *out, sl_error *err) {
  sl_model_row *rows;
  size_t count;
  sl_record_list list = {0};
  SL_TRY(sl_store_list_models(call->store, call->arena, &rows, &count, err));
  for (int64_t n = 0, at; (at = nth_newest(in, count, n)) >= 0; n++)
    SL_TRY(sl_fill_model(call, &rows[at], sl_record_add(call->arena, &list, sizeof(sl_rec_model)),
                         err));
  out->models = sl_record_done(&list);
  out->total = (int64_t)count;
  return SL_OK;
}

static sl_status list_journal(sl_op_call *call, const ls_params *in, ls_result *out,
                              sl_error *err) {
  sl_journal_row *rows;
  size_t count;
  sl_record_list list = {0};
  SL_TRY(sl_store_list_journal(call->store, call->arena, 0, (size_t)(in->offset + in->limit), &rows,
                               &count, err));
  for (size_t i = (size_t)in->offset; i < count; i++)
    sl_fill_journal(call, &rows[i], sl_record_add(call->arena, &list, sizeof(sl_rec_journal)));
  out->journal = sl_record_done(&list);
  out->total = count > 0 ? rows[0].id : 0;
  return SL_OK;
}

static sl_status list_jobs(sl_op_call *call, const ls_params *in, ls_result *out, sl_error *err) {
  sl_job_row *rows;
  size_t count;
  sl_record_list list = {0};
  SL_TRY(sl_store_list_jobs(call->store, call->arena, 0, (size_t)(in->offset + in->limit), &rows,
                            &count, err));
  for (size_t i = (size_t)in->offset; i < count; i++)
    sl_fill_job(call, &rows[i], sl_record_add(call->arena, &list, sizeof(sl_rec_job)));
  out->jobs = sl_record_done(&list);
  out->total = count > 0 ? rows[0].id : 0;
  return SL_OK;
}

static sl_status list_samples(sl_op_call *call, const ls_params *in, ls_result *out,
                              sl_error *err) {
  sl_open_view *view;
  sl_record_list list = {0};
  SL_TRY(sl_view_open(call, &in->view, &view, err));
  for (int64_t i = in->offset; i < view->order.count && list.count < in->limit; i++)
    sl_view_sample(call, view, view->order.rows[i],
                   sl_record_add(call->arena, &list, sizeof(sl_rec_sample)));
  out->samples = sl_record_done(&list);
  out->total = view->order.count;
  sl_view_release(call, view);
  return SL_OK;
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  const ls_params *in = params_in;
  ((ls_result *)result_out)->workspace = sl_store_path(call->store);
  switch (in->what) {
    case LIST_RUNS:
      return list_runs(call, in, result_out, err);
    case LIST_SAMPLES:
      return list_samples(call, in, result_out, err);
    case LIST_DATASETS:
      return list_datasets(call, in, result_out, err);
    case LIST_MODELS:
      return list_models(call, in, result_out, err);
    case LIST_JOURNAL:
      return list_journal(call, in, result_out, err);
    default:
      return list_jobs(call, in, result_out, err);
  }
}

const sl_op sl_op_ls = {
    .info = {.name = "ls",
             .title = "List",
             .help = "List runs, samples, datasets, models, the journal or jobs.",
             .example = "slitlamp ls runs",
             .since = "0.1.0",
             .flags = SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(ls_params),
             .result = result,
             .result_size = sizeof(ls_result)},
    .run = run};
