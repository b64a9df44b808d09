// SPDX-License-Identifier: Apache-2.0
// Operation "stages": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct stages_params {
  const char *sample;
  const char *run;
  const char *model;
  sl_pipeline_params pipeline;
} stages_params;

typedef struct stages_result {
  const char *sample, *run;
  sl_records stages;
} stages_result;

#define P stages_params
static const sl_row params[] = {
    SL_P_ID(P, sample, "sample", SL_ROW_REQUIRED | SL_ROW_POSITIONAL, "The sample."),
    SL_P_ID(P, run, "run", 0, "Run whose pipeline is used; the newest one when left out."),
    SL_P_ID(P, model, "model", 0, "Model whose pipeline is used, in place of a run."),
    SL_ROWS_PIPELINE(P, pipeline), SL_ROW_END};
#undef P

#define R stages_result
static const sl_row result[] = {SL_R_ID(R, sample, "sample", "The sample."),
                                SL_R_ID(R, run, "run", "Run whose pipeline was used."),
                                SL_R_RECORDS(R, stages, sl_rec_stage, sl_rows_stage,
                                             "What every step made of the image, first to last."),
                                SL_ROW_END};
#undef R

/*RUN*/
const sl_op sl_op_stages = {
    .info = {.name = "stages",
             .title = "What the model saw",
             .help = "The image after every step of the pipeline, with tensor statistics.",
             .example = "slitlamp stages s1",
             .since = "0.1.0",
             .flags = SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(stages_params),
             .result = result,
             .result_size = sizeof(stages_result)},
    .run = NULL};
