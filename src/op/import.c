// SPDX-License-Identifier: Apache-2.0
// Operation "import": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct import_params {
  sl_texts data;
  sl_import_params import;
} import_params;

typedef struct import_result {
  sl_rec_dataset dataset;
  int64_t reused;
  double seconds;
  sl_records problems;
  int64_t problems_count;
  sl_texts notes;
} import_result;

#define P import_params
static const sl_row params[] = {
    SL_P_PATHS(P, data, SL_ROW_REQUIRED | SL_ROW_POSITIONAL, "Folders or files with the images."),
    SL_ROWS_IMPORT(P, import), SL_ROW_END};
#undef P

#define R import_result
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

/*RUN*/
const sl_op sl_op_import = {
    .info = {.name = "import",
             .title = "Import data",
             .help = "Read images and labels into a dataset version; images stay where they are.",
             .example = "slitlamp import images/ --name street",
             .since = "0.1.0",
             .flags = SL_OP_SLOW | SL_OP_UNTRUSTED | SL_OP_WRITES | SL_OP_LOCAL,
             .params = params,
             .params_size = sizeof(import_params),
             .result = result,
             .result_size = sizeof(import_result)},
    .run = NULL};
