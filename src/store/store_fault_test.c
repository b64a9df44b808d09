// SPDX-License-Identifier: Apache-2.0
// Fault tests: the nth write, sync or allocation fails, for every n; then the same work succeeds.
//
// Three kinds: calls of our own on workspace files (sl_io_fail_after), system calls under SQLite
// (its own hook for tests), and SQLite's allocations.
#include <errno.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include "store/blob_table.h"
#include "store/column.h"
#include "store/store_io.h"
#include "store/store_testing.h"

// ---- faults under SQLite ------------------------------------------------------------------------

static int64_t calls_left;  // 0: no fault
static int call_error;

static int call_fails(void) {
  if (calls_left == 0 || --calls_left > 0) return 0;
  errno = call_error;
  return 1;
}

static ssize_t faulty_write(int fd, const void *bytes, size_t size) {
  return call_fails() ? -1 : write(fd, bytes, size);
}

static ssize_t faulty_pwrite(int fd, const void *bytes, size_t size, off_t at) {
  return call_fails() ? -1 : pwrite(fd, bytes, size, at);
}

static int faulty_truncate(int fd, off_t size) { return call_fails() ? -1 : ftruncate(fd, size); }

static void install_calls(void) {
  sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
  vfs->xSetSystemCall(vfs, "write", (sqlite3_syscall_ptr)faulty_write);
  vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)faulty_pwrite);
  vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)faulty_pwrite);
  vfs->xSetSystemCall(vfs, "ftruncate", (sqlite3_syscall_ptr)faulty_truncate);
}

static int64_t allocations_left;  // 0: no fault
static sqlite3_mem_methods real_memory;

static int allocation_fails(void) { return allocations_left > 0 && --allocations_left == 0; }

static void *faulty_alloc(int size) {
  return allocation_fails() ? NULL : real_memory.xMalloc(size);
}

static void *faulty_resize(void *at, int size) {
  return allocation_fails() ? NULL : real_memory.xRealloc(at, size);
}

static void install_memory(void) {
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real_memory);
  sqlite3_mem_methods memory = real_memory;
  memory.xMalloc = faulty_alloc;
  memory.xRealloc = faulty_resize;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &memory);
}

// ---- the work -----------------------------------------------------------------------------------

static sl_status make_version(testing *t, int64_t *version) {
  int64_t dataset = 0, ids[20];
  sl_sample_row rows[20];
  SL_TRY(sl_store_ensure_dataset(t->store, "pets", &dataset, &t->err));
  sl_version_row row = {.dataset = dataset, .format = "folder", .source = "/data/images"};
  SL_TRY(sl_store_stage_version(t->store, &row, version, &t->err));
  for (int i = 0; i < 20; i++) rows[i] = sample_number(t, dataset, i);
  SL_TRY(sl_store_insert_samples(t->store, rows, 20, ids, &t->err));
  row = (sl_version_row){.id = *version, .key = "k", .samples = 20};
  SL_TRY(sl_store_begin(t->store, SL_COMMIT_DURABLE, &t->err));
  sl_record_ref owner = {SL_RECORD_VERSION, *version};
  sl_status status =
      sl_column_write(t->store, owner, SL_COLUMN_MEMBERS, SL_COLUMN_I64, 20, 1, ids, NULL, &t->err);
  if (status == SL_OK) status = sl_store_finish_version(t->store, &row, NULL, &t->err);
  if (status == SL_OK) return sl_store_commit(t->store, &t->err);
  sl_store_rollback(t->store);
  return status;
}

static sl_status adopt(testing *t, sl_partial *partial, int64_t run) {
  sl_run_row end = {.id = run, .state = SL_RUN_DONE, .samples = 20, .scored = 20};
  SL_TRY(sl_store_begin(t->store, SL_COMMIT_DURABLE, &t->err));
  sl_status status = sl_partial_adopt(partial, NULL, &t->err);
  if (status == SL_OK) status = sl_store_finish_run(t->store, &end, &t->err);
  if (status == SL_OK) return sl_store_commit(t->store, &t->err);
  sl_store_rollback(t->store);
  return status;
}

static sl_status score(testing *t, int64_t version) {
  int64_t run = 0;
  sl_partial *partial;
  float values[20 * 3] = {0.5f};
  sl_run_row row = {.key = "r", .version = version, .name = "run", .samples = 20};
  SL_TRY(sl_store_add_run(t->store, &row, &run, &t->err));
  SL_TRY(
      sl_partial_create(t->store, run_ref(run), "scores", SL_COLUMN_F32, 20, 3, &partial, &t->err));
  sl_status status = sl_partial_write(partial, 0, 20, values, &t->err);
  if (status == SL_OK)
    status = sl_store_add_run_chunk(t->store, run, &partial, 1, (sl_run_chunk){0, 20}, &t->err);
  if (status == SL_OK) status = adopt(t, partial, run);
  sl_partial_close(partial);
  return status;
}

static sl_status work(testing *t) {
  int64_t version = 0;
  char key[SL_BLOB_KEY_SIZE];
  SL_TRY(sl_store_open(t->workspace, &(sl_store_options){.create = 1}, &t->store, &t->err));
  SL_TRY(make_version(t, &version));
  SL_TRY(score(t, version));
  SL_TRY(sl_store_put_blob(t->store, "abc", 3, "text/plain", key, &t->err));
  return sl_store_put_derived(t->store, "thumb", "pixels", 6, "image/png", &t->err);
}

// What is visible is whole.
static void check_invariants(testing *t) {
  sl_version_row *versions;
  sl_run_row *runs;
  size_t count = 0;
  sl_column column;
  assert_ok(t, sl_store_open(t->workspace, &(sl_store_options){.create = 1}, &t->store, &t->err));
  assert_ok(t, sl_store_list_versions(t->store, t->arena, 0, SL_VERSION_READY, &versions, &count,
                                      &t->err));
  for (size_t i = 0; i < count; i++) {
    sl_record_ref owner = {SL_RECORD_VERSION, versions[i].id};
    assert_ok(t, sl_column_open(t->store, t->arena, owner, SL_COLUMN_MEMBERS, &column, &t->err));
    sl_sample_row *rows;
    assert_ok(t, sl_store_get_samples(t->store, t->arena, column.values, 20, &rows, &t->err));
  }
  assert_ok(t, sl_store_list_runs(t->store, t->arena, 0, 0, &runs, &count, &t->err));
  for (size_t i = 0; i < count; i++) {
    sl_status status =
        sl_column_open(t->store, t->arena, run_ref(runs[i].id), "scores", &column, &t->err);
    assert_int_equal(status, runs[i].state == SL_RUN_DONE ? SL_OK : SL_E_NOT_FOUND);
  }
  close_workspace(t);
}

// ---- the loop -----------------------------------------------------------------------------------

// Sets a fault at the nth call from now (0: none); returns how far away the one before still was.
typedef int64_t (*arm_fault)(int64_t n);

// One n: the work fails with a message or, where the fault hit nothing that matters, succeeds; and
// afterwards everything visible is whole and the same work succeeds.
static int try_fault(testing *t, arm_fault arm, int64_t n) {
  t->workspace = sl_arena_printf(t->arena, "%s/fault", t->folder);
  sl_error_clear(&t->err);
  arm(n);
  sl_status status = work(t);
  close_workspace(t);
  int met = arm(0) == 0;
  if (status != SL_OK && sl_error_message(&t->err)[0] == '\0') fail_msg("no message at %d", (int)n);
  if (status == SL_E_BUG || (status != SL_OK && !met))
    fail_msg("fault %d: %s", (int)n, sl_error_message(&t->err));
  check_invariants(t);
  assert_ok(t, work(t));
  close_workspace(t);
  char *command = sl_arena_printf(t->arena, "rm -rf '%s'", t->workspace);
  assert_int_equal(system(command), 0);
  return met;
}

static void try_all(testing *t, arm_fault arm, int64_t least, int64_t most) {
  int64_t n = 1;
  while (try_fault(t, arm, n) && n < most) n += 1 + n / 24;
  if (n < least) fail_msg("only %d calls could fail", (int)n);
}

static int64_t arm_files(int64_t n) { return sl_io_fail_after(n, ENOSPC); }

static int64_t arm_calls(int64_t n) {
  int64_t before = calls_left;
  calls_left = n;
  return before;
}

static int64_t arm_memory(int64_t n) {
  int64_t before = allocations_left;
  allocations_left = n;
  return before;
}

static void every_file_call_may_fail(void **state) { try_all(*state, arm_files, 15, INT64_MAX); }

static void every_call_under_sqlite_may_meet_a_full_disk(void **state) {
  call_error = ENOSPC;
  try_all(*state, arm_calls, 30, INT64_MAX);
}

static void every_call_under_sqlite_may_meet_a_broken_disk(void **state) {
  call_error = EIO;
  try_all(*state, arm_calls, 30, INT64_MAX);
}

static void allocations_of_sqlite_may_fail(void **state) {
  try_all(*state, arm_memory, 200, 20000);
}

// ---- messages -----------------------------------------------------------------------------------

static void a_full_disk_says_so(void **state) {
  testing *t = *state;
  int64_t id = 0;
  open_workspace(t);
  call_error = ENOSPC;
  calls_left = 1;
  assert_fails(t, SL_E_IO, "the disk is full",
               sl_store_ensure_dataset(t->store, "pets", &id, &t->err));
  assert_non_null(strstr(sl_error_message(&t->err), t->workspace));
  assert_non_null(strstr(sl_error_hint(&t->err), "Free some space"));
  calls_left = 0;
  assert_ok(t, sl_store_ensure_dataset(t->store, "pets", &id, &t->err));
  sl_io_fail_after(1, ENOSPC);
  float value = 1;
  assert_fails(
      t, SL_E_IO, "No space left",
      sl_column_write(t->store, run_ref(1), "x", SL_COLUMN_F32, 1, 1, &value, NULL, &t->err));
  sl_io_fail_after(0, 0);
  assert_int_equal(count_files(t, "tmp"), 0);
}

static void too_many_files_are_an_error(void **state) {
  testing *t = *state;
  struct rlimit before, low;
  int64_t id = 0;
  open_workspace(t);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  low = before;
  low.rlim_cur = 3;  // all numbers below are taken
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
  sl_store *second = NULL;
  sl_status status = sl_store_open(t->workspace, &(sl_store_options){0}, &second, &t->err);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  assert_int_equal(status, SL_E_IO);
  assert_non_null(strstr(sl_error_message(&t->err), "cannot be opened: Too many open files"));
  assert_ok(t, sl_store_find_dataset(t->store, "pets", &id, &t->err));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  install_memory();
  install_calls();
  const struct CMUnitTest tests[] = {
      TEST(every_file_call_may_fail),
      TEST(every_call_under_sqlite_may_meet_a_full_disk),
      TEST(every_call_under_sqlite_may_meet_a_broken_disk),
      TEST(allocations_of_sqlite_may_fail),
      TEST(a_full_disk_says_so),
      TEST(too_many_files_are_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
