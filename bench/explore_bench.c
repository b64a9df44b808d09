// SPDX-License-Identifier: Apache-2.0
// How long a page waits for an operation: calls through the C interface on an open workspace.
//
//   explore_bench WORKSPACE   measurements (meter.h): "OPERATION PARAMS", params as JSON
//
// Answers with the time of one call; the first call of a kind pays for what later ones find ready.
#include <slitlamp/slitlamp.h>

#include "meter.h"

static sl_error err;

static void measure(sl_engine *engine, char *line) {
  char *params = strchr(line, ' ');
  if (params == NULL) exit(2);
  *params++ = '\0';
  sl_reply *reply;
  meter m = meter_start();
  must(sl_call(engine, line, params, strlen(params), &reply, &err), &err);
  meter_print(&m, 1, "");
  sl_reply_free(reply);
}

int main(int argc, char **argv) {
  char line[4096];
  if (argc != 2) return 2;
  sl_engine *engine;
  sl_engine_options options = SL_ENGINE_OPTIONS_INIT;
  options.workspace = argv[1];
  must(sl_engine_open(&options, &engine, &err), &err);
  while (next_line(line, sizeof line)) measure(engine, line);
  sl_engine_close(engine);
  return 0;
}
