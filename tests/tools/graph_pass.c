// SPDX-License-Identifier: Apache-2.0
// graph_pass IN.onnx OUT.onnx PASS...: runs passes on a model, for developers.
//
// PASS is a name of pass_list.h, "prepare", "infer", or a pass with its argument: tap=VALUE,...
// cut=VALUE,...:OUTPUT,... gate=KIND:VALUE free_batch verify outline. OUT may be "-" for none.
// Start at main().
#include <stdio.h>
#include <string.h>

#include "onnx/infer.h"
#include "onnx/model_file.h"
#include "pass/pass.h"
#include "pass/prepare.h"

static sl_status run(sl_arena *arena, sl_graph_model *model, const char *what, sl_error *err) {
  (void)arena;
  const sl_pass *pass = sl_pass_find(what);
  if (pass != NULL) return pass->run(model, NULL, err);
  if (strcmp(what, "prepare") == 0) return sl_pass_prepare(model, NULL, err);
  if (strcmp(what, "verify") == 0) return sl_graph_verify(model->graph, err);
  if (strcmp(what, "infer") == 0) {
    SL_TRY(sl_onnx_bind(model, NULL, 0, err));
    return sl_onnx_infer(model, err);
  }
  return sl_fail(err, SL_E_ARG, "there is no pass \"%s\"", what);
}

static sl_status process(sl_arena *arena, int count, char **args, sl_error *err) {
  sl_graph_model *model;
  SL_TRY(sl_onnx_load(arena, args[1], NULL, &model, err));
  for (int i = 3; i < count; i++) {
    SL_TRY(run(arena, model, args[i], err));
    SL_TRY(sl_graph_verify(model->graph, err));
  }
  return strcmp(args[2], "-") == 0 ? SL_OK : sl_onnx_save(model, args[2], err);
}

int main(int count, char **args) {
  if (count < 3) {
    fprintf(stderr, "use: graph_pass IN.onnx OUT.onnx PASS...\n");
    return 2;
  }
  sl_arena *arena = sl_arena_new(NULL, "graph_pass");
  sl_error err = {0};
  sl_status status = process(arena, count, args, &err);
  if (status != SL_OK) fprintf(stderr, "%s: %s\n", args[1], sl_error_message(&err));
  sl_arena_free(arena);
  return status != SL_OK;
}
