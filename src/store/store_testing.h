// SPDX-License-Identifier: Apache-2.0
// What the tests of the store share: a workspace in a temporary folder and short checks.
#ifndef SL_STORE_STORE_TESTING_H
#define SL_STORE_STORE_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "store/dataset_table.h"
#include "store/run_table.h"
#include "store/sample_table.h"

typedef struct testing {
  sl_arena *arena;
  char *folder;     // removed at the end
  char *workspace;  // folder/ws; not there until opened with create
  sl_store *store;  // closed at the end when not NULL
  sl_error err;
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

static inline int set_up(void **state) {
  sl_arena *arena = sl_arena_new(NULL, "store test");
  testing *t = SL_NEW(arena, testing);
  const char *base = getenv("TMPDIR");
  t->arena = arena;
  t->folder = sl_arena_printf(arena, "%s/sl_store_XXXXXX", base != NULL ? base : "/tmp");
  if (mkdtemp(t->folder) == NULL) return -1;
  t->workspace = sl_path_join(arena, t->folder, "ws");
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

static inline void open_workspace(testing *t) {
  assert_ok(t, sl_store_open(t->workspace, &(sl_store_options){.create = 1}, &t->store, &t->err));
}

static inline void close_workspace(testing *t) {
  sl_store_close(t->store);
  t->store = NULL;
}

// A sample of dataset `dataset` with content that depends on `number`.
static inline sl_sample_row sample_number(testing *t, int64_t dataset, int number) {
  char *path = sl_arena_printf(t->arena, "class%d/image_%06d.jpg", number % 10, number);
  return (sl_sample_row){.dataset = dataset,
                         .root = "/data/images",
                         .path = path,
                         .item = -1,
                         .content = sl_hash_of(path, strlen(path)),
                         .size_bytes = 1000 + number,
                         .mtime_ns = INT64_C(1700000000000000000) + number,
                         .format = "jpeg",
                         .width = 28,
                         .height = 28,
                         .bits = 8,
                         .mode = "L",
                         .label = "cat"};
}

// A dataset with a staging version, and that version.
static inline int64_t stage_version(testing *t, int64_t *version) {
  int64_t dataset = 0;
  assert_ok(t, sl_store_ensure_dataset(t->store, "pets", &dataset, &t->err));
  sl_version_row row = {.dataset = dataset, .format = "folder", .source = "/data/images"};
  assert_ok(t, sl_store_stage_version(t->store, &row, version, &t->err));
  return dataset;
}

// A run of a fresh staging version.
static inline int64_t add_run(testing *t, int64_t samples) {
  int64_t version = 0, run = 0;
  stage_version(t, &version);
  sl_run_row row = {.key = "k", .version = version, .name = "run", .samples = samples};
  assert_ok(t, sl_store_add_run(t->store, &row, &run, &t->err));
  return run;
}

static inline sl_record_ref run_ref(int64_t id) { return (sl_record_ref){SL_RECORD_RUN, id}; }

// Files below a folder of the workspace.
static inline int count_files(testing *t, const char *folder) {
  char *command = sl_arena_printf(t->arena, "find '%s/%s' -type f | wc -l", t->workspace, folder);
  FILE *pipe = popen(command, "r");
  int count = -1;
  if (pipe == NULL || fscanf(pipe, "%d", &count) != 1) count = -1;
  if (pipe != NULL) pclose(pipe);
  return count;
}

#endif
