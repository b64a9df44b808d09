// SPDX-License-Identifier: Apache-2.0
// Operation "collect": HEAD
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct collect_params {
  bool dry;
} collect_params;

typedef struct collect_result {
  int64_t files, bytes;
} collect_result;

#define P collect_params
static const sl_row params[] = {SL_P_BOOL(P, dry, false, "Only count."), SL_ROW_END};
#undef P

#define R collect_result
static const sl_row result[] = {SL_R_INT(R, files, NULL, "Files removed."),
                                SL_R_INT(R, bytes, "bytes", "Bytes freed."), SL_ROW_END};
#undef R

/*RUN*/
const sl_op sl_op_collect = {.info = {.name = "collect",
                                      .title = "Collect garbage",
                                      .help = "Remove workspace files that nothing names any more.",
                                      .example = "slitlamp collect",
                                      .since = "0.1.0",
                                      .flags = SL_OP_WRITES | SL_OP_LOCAL,
                                      .params = params,
                                      .params_size = sizeof(collect_params),
                                      .result = result,
                                      .result_size = sizeof(collect_result)},
                             .run = NULL};
