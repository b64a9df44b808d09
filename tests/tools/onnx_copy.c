// SPDX-License-Identifier: Apache-2.0
// Reads models and writes them again, for tests/onnx/roundtrip.py.
//
//   onnx_copy < list     each line: FROM <tab> TO
//
// For each line one line comes out: "ok", or the error's message. With -d the weights above 64
// bytes are detached, and what is written is the message without them.
#include <stdio.h>
#include <string.h>

#include "onnx/model_file.h"

static sl_status save_detached(sl_arena *arena, const sl_graph_model *model, const char *to,
                               sl_error *err) {
  sl_onnx_written written;
  sl_onnx_write_options options = {.detach_above_bytes = 64};
  SL_TRY(sl_onnx_serialise(arena, model, &options, &written, err));
  return sl_file_write_atomic(to, written.bytes.at, written.bytes.size, err);
}

static sl_status copy(sl_arena *arena, const char *from, const char *to, int detach,
                      sl_error *err) {
  sl_graph_model *model;
  SL_TRY(sl_onnx_load(arena, from, NULL, &model, err));
  SL_TRY(sl_graph_verify(model->graph, err));
  return detach ? save_detached(arena, model, to, err) : sl_onnx_save(model, to, err);
}

int main(int count, char **arguments) {
  int detach = count > 1 && strcmp(arguments[1], "-d") == 0;
  static char line[1 << 16];
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    char *tab = strchr(line, '\t');
    if (tab == NULL) return 2;
    *tab = '\0';
    sl_arena *arena = sl_arena_new(NULL, "copy");
    sl_error err = {0};
    if (copy(arena, line, tab + 1, detach, &err) == SL_OK)
      puts("ok");
    else
      puts(sl_error_message(&err));
    sl_arena_free(arena);
  }
  return 0;
}
