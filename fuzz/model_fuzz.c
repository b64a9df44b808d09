// SPDX-License-Identifier: Apache-2.0
// Any bytes as an .onnx file that becomes a graph: read, written, read again.
//
// Invariant: an error has a message; a graph that was read keeps the rules of graphs, and what is
// written of it reads as the same graph. The corpus is fuzz/corpus/model.
#include <stdlib.h>
#include <string.h>

#include "graph/graph_text.h"
#include "onnx/model_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(sl_status status) {
  if (status != SL_OK) abort();
}

static void check(sl_arena *arena, const sl_graph_model *model) {
  sl_onnx_written written, detached;
  sl_onnx_write_options options = {.detach_above_bytes = 8};
  sl_graph_model *again;
  must(sl_graph_verify(model->graph, NULL));
  must(sl_onnx_serialise(arena, model, NULL, &written, NULL));
  must(sl_onnx_parse(arena, "fuzz", written.bytes, NULL, &again, NULL));
  if (strcmp(sl_graph_text(arena, model), sl_graph_text(arena, again)) != 0) abort();
  must(sl_onnx_serialise(arena, model, &options, &detached, NULL));
  must(sl_onnx_parse(arena, "fuzz", detached.bytes, NULL, &again, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  sl_arena *arena = sl_arena_new(NULL, "fuzz");
  sl_onnx_limits limits = sl_onnx_limits_default;
  limits.memory_max = (size_t)64 << 20;
  sl_error err = {0};
  sl_graph_model *model;
  if (sl_onnx_parse(arena, "fuzz", (sl_bytes){data, size}, &limits, &model, &err) == SL_OK)
    check(arena, model);
  else if (sl_error_message(&err)[0] == '\0')
    abort();
  sl_arena_free(arena);
  return 0;
}
