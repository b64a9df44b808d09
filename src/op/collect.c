// SPDX-License-Identifier: Apache-2.0
// Operation "collect": removes workspace files that no row names.
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"

typedef struct collect_result {
  int64_t files, bytes;
} collect_result;

static const sl_row params[] = {SL_ROW_END};

#define R collect_result
static const sl_row result[] = {SL_R_INT(R, files, NULL, "Files removed."),
                                SL_R_INT(R, bytes, "bytes", "Bytes freed."), SL_ROW_END};
#undef R

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  (void)params_in;
  collect_result *out = result_out;
  sl_collected collected;
  SL_TRY(sl_store_collect(call->store, SL_COLLECT_AGE_S, &collected, err));
  out->files = collected.files;
  out->bytes = collected.bytes;
  return SL_OK;
}

const sl_op sl_op_collect = {.info = {.name = "collect",
                                      .title = "Collect garbage",
                                      .help = "Remove workspace files that nothing names any more.",
                                      .example = "slitlamp collect",
                                      .since = "0.1.0",
                                      .flags = SL_OP_WRITES | SL_OP_LOCAL,
                                      .params = params,
                                      .params_size = 0,
                                      .result = result,
                                      .result_size = sizeof(collect_result)},
                             .run = run};
