// SPDX-License-Identifier: Apache-2.0
// What the tests of src/data share: a workspace and a folder of data in a temporary place.
#ifndef SL_DATA_DATA_TESTING_H
#define SL_DATA_DATA_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "data/import_run.h"
#include "data/sample_reader.h"
#include "store/column.h"
#include "store/sample_table.h"

#define DATA SL_TEST_DATA "/data/"

typedef struct testing {
  sl_arena *arena;
  char *folder;  // removed at the end
  char *data;    // folder/data: an empty folder
  sl_store *store;
  sl_error err;
  sl_import_options options;  // of the next import
  sl_import_result got;
  sl_version_row version;
} testing;

#define assert_ok(t, expr)                                                       \
  do {                                                                           \
    if ((expr) != SL_OK) fail_msg("%s: %s", #expr, sl_error_message(&(t)->err)); \
  } while (0)

// The call fails with `wanted` and a message that has `part` in it.
#define assert_fails(t, wanted, part, expr)                                                  \
  do {                                                                                       \
    sl_error_clear(&(t)->err);                                                               \
    sl_status got_ = (expr);                                                                 \
    if (got_ != (wanted))                                                                    \
      fail_msg("%s gives %s: %s", #expr, sl_status_name(got_), sl_error_message(&(t)->err)); \
    if (strstr(sl_error_message(&(t)->err), part) == NULL)                                   \
      fail_msg("%s says: %s", #expr, sl_error_message(&(t)->err));                           \
  } while (0)

static inline void open_workspace(testing *t) {
  char *path = sl_path_join(t->arena, t->folder, "ws");
  assert_ok(t, sl_store_open(path, &(sl_store_options){.create = 1}, &t->store, &t->err));
}

static inline int set_up(void **state) {
  sl_arena *arena = sl_arena_new(NULL, "data test");
  testing *t = SL_NEW(arena, testing);
  const char *base = getenv("TMPDIR");
  t->arena = arena;
  t->folder = sl_arena_printf(arena, "%s/sl_data_XXXXXX", base != NULL ? base : "/tmp");
  if (mkdtemp(t->folder) == NULL) return -1;
  t->folder = sl_path_absolute(arena, t->folder);
  t->data = sl_path_join(arena, t->folder, "data");
  if (mkdir(t->data, 0755) != 0) return -1;
  open_workspace(t);
  *state = t;
  return 0;
}

static inline int tear_down(void **state) {
  testing *t = *state;
  sl_store_close(t->store);
  char *command = sl_arena_printf(t->arena, "chmod -R u+w '%s'; rm -rf '%s'", t->folder, t->folder);
  int rc = system(command);
  sl_arena_free(t->arena);
  return rc;
}

// Runs a shell command in the folder of data.
static inline void shell(testing *t, const char *command) {
  char *line = sl_arena_printf(t->arena, "set -e; cd '%s'; %s", t->data, command);
  if (system(line) != 0) fail_msg("%s failed", command);
}

static inline void write_text(testing *t, const char *name, const char *text) {
  char *path = sl_path_join(t->arena, t->data, name);
  assert_ok(t, sl_file_make_dirs(sl_path_dir(t->arena, path), &t->err));
  assert_ok(t, sl_file_write_atomic(path, text, strlen(text), &t->err));
}

static inline const char *in_data(testing *t, const char *name) {
  return sl_path_join(t->arena, t->data, name);
}

static inline sl_status import_status(testing *t, const char *source) {
  const char *sources[] = {source};
  t->options.sources = sources;
  t->options.source_count = 1;
  return sl_import_run(t->store, t->arena, &t->options, &t->got, &t->err);
}

// Imports and fetches the version.
static inline void import_from(testing *t, const char *source) {
  assert_ok(t, import_status(t, source));
  assert_ok(t, sl_store_get_version(t->store, t->arena, t->got.version, &t->version, &t->err));
}

static inline sl_column column_of(testing *t, const char *name) {
  sl_column column;
  sl_record_ref owner = {SL_RECORD_VERSION, t->got.version};
  assert_ok(t, sl_column_open(t->store, t->arena, owner, name, &column, &t->err));
  return column;
}

static inline int has_column(testing *t, const char *name) {
  int exists = 0;
  sl_record_ref owner = {SL_RECORD_VERSION, t->got.version};
  assert_ok(t, sl_column_exists(t->store, owner, name, &exists, &t->err));
  return exists;
}

// Row of the version's sample of that name; fails the test when there is none.
static inline int64_t row_named(testing *t, const char *name) {
  sl_column names = column_of(t, SL_COLUMN_NAME);
  for (int64_t row = 0; row < names.rows; row++)
    if (strcmp(sl_column_text(&names, row), name) == 0) return row;
  fail_msg("no sample is named %s", name);
  return -1;
}

static inline const char *text_at(testing *t, const char *column, const char *name) {
  sl_column texts = column_of(t, column);
  return sl_column_text(&texts, row_named(t, name));
}

static inline double number_at(testing *t, const char *column, const char *name) {
  sl_column numbers = column_of(t, column);
  return sl_column_number(&numbers, row_named(t, name));
}

static inline int64_t id_at(testing *t, const char *name) {
  sl_column members = column_of(t, SL_COLUMN_MEMBERS);
  return ((const int64_t *)members.values)[row_named(t, name)];
}

static inline sl_sample_row sample_at(testing *t, const char *name) {
  sl_sample_row row;
  assert_ok(t, sl_store_get_sample(t->store, t->arena, id_at(t, name), &row, &t->err));
  return row;
}

static inline void assert_note(testing *t, const char *part) {
  for (int64_t i = 0; i < t->got.notes.count; i++)
    if (strstr(t->got.notes.at[i], part) != NULL) return;
  for (int64_t i = 0; i < t->got.notes.count; i++) print_message("%s\n", t->got.notes.at[i]);
  fail_msg("no note says: %s", part);
}

static inline const char *problem_of(const testing *t, const char *name) {
  for (size_t i = 0; i < t->got.problem_listed; i++)
    if (strcmp(t->got.problems[i].name, name) == 0) return t->got.problems[i].error;
  return "";
}

#endif
