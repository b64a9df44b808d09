// SPDX-License-Identifier: Apache-2.0
// Any text as the text form of a model.
//
// Invariant: an error has a message; what was read prints as text that reads and prints the same.
// The corpus is fuzz/corpus/graph_text.
#include <stdlib.h>
#include <string.h>

#include "graph/graph_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(sl_arena *arena, const sl_graph_model *model) {
  sl_graph_model *again;
  const char *text = sl_graph_text(arena, model);
  if (sl_graph_parse_text(arena, text, &again, NULL) != SL_OK) abort();
  if (strcmp(text, sl_graph_text(arena, again)) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  sl_arena *arena = sl_arena_new(NULL, "fuzz");
  const char *text = sl_arena_copy_bytes(arena, data, size);
  sl_error err = {0};
  sl_graph_model *model;
  if (sl_graph_parse_text(arena, text, &model, &err) == SL_OK)
    check(arena, model);
  else if (sl_error_message(&err)[0] == '\0')
    abort();
  sl_arena_free(arena);
  return 0;
}
