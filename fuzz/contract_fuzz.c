// SPDX-License-Identifier: Apache-2.0
// Any text as what people write beside a model: a pipeline, a class map, a stored contract.
//
// Invariant: a pipeline that was accepted prints to a text that gives the same key. The corpus is
// fuzz/corpus/contract.
#include <stdlib.h>
#include <string.h>

#include "model/contract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_say(sl_status status, const sl_error *err) {
  if (status != SL_OK && sl_error_message(err)[0] == '\0') abort();
}

static void try_pipeline(sl_arena *arena, const char *text, size_t size) {
  sl_error err = {0};
  sl_pipeline pipeline, again;
  sl_prep *prep;
  sl_status status = sl_pipeline_parse_text(arena, text, size, "fuzz", &pipeline, &err);
  must_say(status, &err);
  if (status != SL_OK) return;
  if (sl_pipeline_parse_text(arena, pipeline.text, strlen(pipeline.text), "fuzz", &again, &err) !=
          SL_OK ||
      strcmp(again.key, pipeline.key) != 0)
    abort();
  (void)sl_pipeline_summary(arena, &pipeline);
  const sl_prep_target target = {.width = 16, .height = 16, .channels = 3};
  must_say(sl_prep_new(arena, &pipeline, &target, &prep, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  sl_arena *arena = sl_arena_new(NULL, "fuzz");
  const char *text = sl_arena_copy_bytes(arena, data, size);
  sl_error err = {0};
  sl_class_map map;
  sl_contract contract;
  try_pipeline(arena, text, size);
  must_say(sl_class_map_parse(arena, text, size, "fuzz", &map, &err), &err);
  must_say(sl_contract_parse(arena, text, size, &contract, &err), &err);
  sl_arena_free(arena);
  return 0;
}
