// SPDX-License-Identifier: Apache-2.0
// Operation "export": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct export_params {
  int32_t what;
  const char *to;
  sl_view_params view;
  int32_t format, files, group;
  int64_t limit;
} export_params;

typedef struct export_result {
  const char *path;
  int64_t written, skipped, bytes;
  sl_records problems;
} export_result;

static const sl_choice what_choices[] = {
    {"predictions", "a table of samples and predictions"}, {"images", "the image files"}, {0}};
static const sl_choice format_choices[] = {{"auto", "by the file name"},
                                           {"csv", "comma separated, formula cells defused"},
                                           {"jsonl", "one JSON object per line"},
                                           {0}};
static const sl_choice files_choices[] = {{"copy", "copy the bytes"},
                                          {"hardlink", "hard links; copies across file systems"},
                                          {"symlink", "symbolic links"},
                                          {0}};
static const sl_choice group_choices[] = {{"flat", "no sub-folders"},
                                          {"label", "one per label"},
                                          {"pred", "one per prediction"},
                                          {"confusion", "label, then prediction"},
                                          {0}};
#define P export_params
static const sl_row params[] = {
    SL_P_ENUM(P, what, what_choices, 0, "What to export."),
    SL_P_TEXT_(P, to, SL_T_PATH, SL_ROW_REQUIRED | SL_ROW_POSITIONAL, NULL, NULL,
               "File to write, or folder for images; an existing one is refused."),
    SL_ROWS_VIEW(P, view),
    SL_P_ENUM(P, format, format_choices, 0, "Format of predictions; by the file name when auto."),
    SL_P_ENUM(P, files, files_choices, 0, "How images get into the folder."),
    SL_P_ENUM(P, group, group_choices, 0, "Sub-folders of the images."),
    SL_P_INT(P, limit, 0, 1e9, 0, "samples",
             "Most samples to export, in the view's order; 0 exports all."),
    SL_ROW_END};
#undef P

#define R export_result
static const sl_row result[] = {
    SL_R_PATH(R, path, "What was written."),
    SL_R_INT(R, written, "samples", "Samples exported."),
    SL_R_INT(R, skipped, "samples", "Samples that could not be."),
    SL_R_INT(R, bytes, "bytes", "Bytes written."),
    SL_R_RECORDS(R, problems, sl_rec_fact, sl_rows_fact,
                 "The first samples that could not be, with the reason."),
    SL_ROW_END};
#undef R

/*RUN*/
const sl_op sl_op_export = {
    .info =
        {.name = "export",
         .title = "Export predictions or images",
         .help =
             "Write predictions as CSV or JSON Lines, or put the images of a view into a folder.",
         .example = "slitlamp export failures/ --what images --where outcome=wrong",
         .since = "0.1.0",
         .flags = SL_OP_SLOW | SL_OP_LOCAL,
         .params = params,
         .params_size = sizeof(export_params),
         .result = result,
         .result_size = sizeof(export_result)},
    .run = NULL};
