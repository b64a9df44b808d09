// SPDX-License-Identifier: Apache-2.0
// Any bytes as CSV, TSV or JSON Lines: rows, values, and the columns of a predictions table.
//
// Invariant: rows come out whole or an error has a message. Start at LLVMFuzzerTestOneInput(); the
// corpus is fuzz/corpus/row_file.
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/prediction_columns.h"
#include "data/row_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(sl_status status, const sl_error *err) {
  if (status != SL_OK && sl_error_message(err)[0] == '\0') abort();
}

static sl_status read_rows(sl_row_file *file, sl_arena *arena, sl_error *err) {
  for (int more = 1;;) {
    SL_TRY(sl_row_file_next(file, &more, err));
    if (!more) return SL_OK;
    for (size_t i = 0; i < file->value_count; i++) {
      double number;
      (void)sl_row_value_text(arena, &file->values[i]);
      (void)sl_row_value_number(&file->values[i], &number);
      if (file->values[i].column >= file->column_count) abort();
    }
  }
}

static sl_status read_all(sl_arena *arena, const char *path, sl_error *err) {
  sl_row_file *file = NULL;
  sl_note_list notes = {.arena = arena};
  sl_prediction_columns columns;
  SL_TRY(sl_row_file_open(arena, path, &file, err));
  SL_TRY(read_rows(file, arena, err));
  SL_TRY(sl_row_file_rewind(file, err));
  return sl_prediction_columns_find(arena, file, "[\"cat\",\"dog\"]", &notes, &columns, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  int fd = memfd_create("rows", MFD_CLOEXEC);
  if (fd < 0 || write(fd, data, size) != (ssize_t)size) abort();
  sl_error err = {0};
  sl_arena *arena = sl_arena_new(NULL, "fuzz");
  sl_status status = read_all(arena, sl_arena_printf(arena, "/proc/self/fd/%d", fd), &err);
  check(status, &err);
  sl_arena_free(arena);
  close(fd);
  return 0;
}
