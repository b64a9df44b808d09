// SPDX-License-Identifier: Apache-2.0
// Operation "serve": says what would be served; the command line then starts the server.
#include "op/choices.h"
#include "op/op.h"
#include "op/records.h"
#include "store/run_table.h"

typedef struct serve_params {
  const char *host;
  int64_t port;
  bool browser;
  sl_texts allow_host;
} serve_params;

typedef struct serve_result {
  const char *workspace;
  int64_t runs;
} serve_result;

#define P serve_params
static const sl_row params[] = {
    SL_P_TEXT(P, host, "127.0.0.1", "Address to listen on."),
    SL_P_INT(P, port, 0, 65535, 0, NULL, "Port; 0 takes a free one near 7171."),
    SL_P_BOOL(P, browser, false, "Open the address in a browser."),
    SL_P_TEXTS(P, allow_host, 0, "Further Host names to answer to, for a tunnel or proxy."),
    SL_ROW_END};
#undef P

#define R serve_result
static const sl_row result[] = {SL_R_PATH(R, workspace, "Workspace that is served."),
                                SL_R_INT(R, runs, NULL, "Runs in it."), SL_ROW_END};
#undef R

static sl_status run(sl_op_call *call, const void *params_in, void *result_out, sl_error *err) {
  (void)params_in;
  serve_result *out = result_out;
  sl_run_row *runs;
  size_t count;
  SL_TRY(sl_store_list_runs(call->store, call->arena, 0, 0, &runs, &count, err));
  out->workspace = sl_engine_workspace(call->engine);
  out->runs = (int64_t)count;
  return SL_OK;
}

const sl_op sl_op_serve = {
    .info = {.name = "serve",
             .title = "Serve the pages",
             .help = "Serve the pages of the workspace on this machine and print their address.",
             .example = "slitlamp serve",
             .since = "0.1.0",
             .flags = SL_OP_LOCAL | SL_OP_SERVES | SL_OP_PEEK,
             .params = params,
             .params_size = sizeof(serve_params),
             .result = result,
             .result_size = sizeof(serve_result)},
    .run = run};
