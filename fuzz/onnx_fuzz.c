// SPDX-License-Identifier: Apache-2.0
// Any bytes as an .onnx file: the scanner, and the questions that are asked of what it found.
//
// Invariant: a summary comes out or an error has a message. The corpus is fuzz/corpus/onnx.
#include <stdlib.h>

#include "onnx/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t ask(sl_arena *arena, const sl_onnx_summary *summary) {
  size_t asked = 0;
  for (size_t i = 0; i < summary->input_count; i++)
    asked += sl_onnx_shape_text(arena, &summary->inputs[i])[0] != '\0';
  for (size_t i = 0; i < summary->output_count && i < 16; i++)
    asked += sl_onnx_maker(summary, summary->outputs[i].name) != NULL;
  sl_error err = {0};
  if (sl_onnx_check_operators(summary, "fuzz", &err) != SL_OK && sl_error_message(&err)[0] == '\0')
    abort();
  return asked + (size_t)sl_onnx_opset_of(summary, "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  sl_arena *arena = sl_arena_new(NULL, "fuzz");
  sl_error err = {0};
  sl_onnx_summary summary;
  if (sl_onnx_scan(arena, "fuzz", (sl_bytes){data, size}, NULL, &summary, &err) == SL_OK)
    (void)ask(arena, &summary);
  else if (sl_error_message(&err)[0] == '\0')
    abort();
  sl_arena_free(arena);
  return 0;
}
