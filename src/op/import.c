// SPDX-License-Identifier: Apache-2.0
// Operation "import": images and labels become a dataset version; the work is in data/import_run.c.
#include "base/clock.h"
#include "data/import_run.h"
#include "op/choices.h"
#include "op/inner.h"
#include "op/lookup.h"
#include "op/op.h"
#include "op/records.h"

#define P sl_import_op_params
static const sl_row params[] = {
    SL_P_PATHS(P, data, SL_ROW_REQUIRED | SL_ROW_POSITIONAL, "Folders or files with the images."),
    SL_ROWS_IMPORT(P, import), SL_ROW_END};
#undef P

#define R sl_import_op_result
static const sl_row result[] = {
    SL_R_RECORD(R, dataset, sl_rec_dataset, sl_rows_dataset,
                "The version that was made, or the equal one that was there."),
    SL_R_INT(R, reused, "samples", "Samples known from before, not read again."),
    SL_R_REAL(R, seconds, "s", "Time it took."),
    SL_R_RECORDS(R, problems, sl_rec_fact, sl_rows_fact,
                 "The first files that do not decode, with the reason."),
    SL_R_INT(R, problems_count, "samples", "How many there are."),
    SL_R_TEXTS(R, notes, "Things to know about the import."),
    SL_ROW_END};
#undef R

static void show(void *ctx, const char *phase, int64_t done, int64_t total) {
  sl_op_progress(ctx, phase, "files", done, total);
}

static sl_records problem_records(sl_op_call *call, const sl_import_result *done) {
  sl_record_list list = {0};
  for (size_t i = 0; i < done->problem_listed; i++)
    sl_fact_add(call->arena, &list, "problems", done->problems[i].name, NULL, "%s",
                done->problems[i].error);
  return sl_record_done(&list);
}

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  const sl_import_op_params *in = params_in;
  sl_import_op_result *out = result_out;
  int64_t started = sl_clock_ns();
  sl_import_options options = {
      .sources = in->data.at,
      .source_count = (size_t)in->data.count,
      .name = in->import.name,
      .format = in->import.format == 0 ? NULL : sl_choices_format[in->import.format].name,
      .labels = in->import.labels,
      .split = in->import.split,
      .copy = in->import.copy,
      .journal = call->journal,
      .threads = call->threads,
      .cancel = call->cancel,
      .progress = show,
      .progress_ctx = call};
  sl_import_result done = {0};
  SL_TRY(sl_import_run(call->store, call->arena, &options, &done, err));
  sl_version_row version;
  SL_TRY(sl_store_get_version(call->store, call->arena, done.version, &version, err));
  SL_TRY(sl_fill_dataset(call, &version, &out->dataset, err));
  SL_TRY(sl_op_writes(call, out->dataset.version, err));
  out->reused = done.reused;
  out->seconds = (double)(sl_clock_ns() - started) * 1e-9;
  out->problems = problem_records(call, &done);
  out->problems_count = done.problem_count;
  out->notes = done.notes;
  return SL_OK;
}

const sl_op sl_op_import = {
    .info = {.name = "import",
             .title = "Import data",
             .help = "Read images and labels into a dataset version; images stay where they are.",
             .example = "slitlamp import images/ --name street",
             .since = "0.1.0",
             .flags = SL_OP_SLOW | SL_OP_UNTRUSTED | SL_OP_WRITES | SL_OP_LOCAL,
             .params = params,
             .params_size = sizeof(sl_import_op_params),
             .result = result,
             .result_size = sizeof(sl_import_op_result)},
    .run = run};
