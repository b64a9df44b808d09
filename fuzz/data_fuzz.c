// SPDX-License-Identifier: Apache-2.0
// Any bytes as a source of data: the end check of image files, and every format that takes a file.
//
// Invariant: records come out or an error has a message. Start at LLVMFuzzerTestOneInput(); the
// corpus is fuzz/corpus/data.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "data/format.h"
#include "data/whole_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sl_store *store;
static char folder[] = "/tmp/sl_fuzz_XXXXXX";

static void clean_up(void) {
  char command[64];
  sl_store_close(store);
  (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
  if (system(command) != 0) abort();
}

static void open_store(sl_arena *arena) {
  if (store != NULL) return;
  if (mkdtemp(folder) == NULL) abort();
  const char *path = sl_path_join(arena, folder, "ws");
  if (sl_store_open(path, &(sl_store_options){.create = 1}, &store, NULL) != SL_OK) abort();
  atexit(clean_up);
}

static void check_end(const uint8_t *data, size_t size) {
  sl_image_info info;
  sl_error err = {0};
  if (sl_image_probe(data, size, NULL, &info, &err) != SL_OK) return;
  if (sl_whole_check((sl_bytes){data, size}, &info, &err) != SL_OK &&
      sl_error_message(&err)[0] == '\0')
    abort();
}

static sl_status read_as(sl_arena *arena, const sl_format *format, const char *path,
                         sl_error *err) {
  sl_source source;
  sl_note_list notes = {.arena = arena};
  sl_reading reading = {.store = store, .arena = arena, .source = &source, .notes = &notes};
  SL_TRY(sl_source_open(arena, path, &source, err));
  (void)format->match(&source);
  sl_status status = format->read(&reading, err);
  sl_heap_free(reading.records);
  return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  sl_arena *arena = sl_arena_new(NULL, "fuzz");
  open_store(arena);
  check_end(data, size);
  const char *path = sl_path_join(arena, folder, "x-images-idx3-ubyte");
  FILE *file = fopen(path, "w");
  if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0) abort();
  for (size_t i = 0; i < sl_format_count; i++) {
    sl_error err = {0};
    sl_status status = read_as(arena, sl_formats[i], path, &err);
    if (status != SL_OK && sl_error_message(&err)[0] == '\0') abort();
  }
  sl_arena_free(arena);
  return 0;
}
