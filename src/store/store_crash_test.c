// SPDX-License-Identifier: Apache-2.0
// Crash tests: a child is killed at some point of its work, and the workspace is opened again.
//
// The child reports every commit through a pipe; the parent kills it after the nth report, so the
// kill lands somewhere in the work that follows. What was reported must be there, nothing may be
// half there, and the work can go on.
#include <signal.h>
#include <sys/wait.h>

#include "store/blob_table.h"
#include "store/column.h"
#include "store/store_testing.h"

enum { BATCH = 200, CHUNK = 25, ROWS = 1000, COLS = 64 };

// ---- the child ----------------------------------------------------------------------------------

typedef void (*child_work)(testing *t, int pipe_end);

static void report(int pipe_end, int32_t number) {
  if (write(pipe_end, &number, sizeof number) != sizeof number) _exit(3);
}

static void die(testing *t, const char *what) {
  fprintf(stderr, "child: %s: %s\n", what, sl_error_message(&t->err));
  _exit(4);
}

#define MUST(t, expr)                   \
  do {                                  \
    if ((expr) != SL_OK) die(t, #expr); \
  } while (0)

// Runs `work` in a child, kills it after `reports` reports and returns the last number reported.
static int32_t run_and_kill(testing *t, child_work work, int reports) {
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[0]);
    MUST(t, sl_store_open(t->workspace, &(sl_store_options){0}, &t->store, &t->err));
    work(t, ends[1]);
    _exit(0);
  }
  close(ends[1]);
  int32_t last = 0, number;
  for (int seen = 0; read(ends[0], &number, sizeof number) == sizeof number;) {
    last = number;
    if (++seen == reports) kill(pid, SIGKILL);
  }
  close(ends[0]);
  int status = 0;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  if (!WIFSIGNALED(status)) fail_msg("the child ended by itself with %d", WEXITSTATUS(status));
  return last;
}

// ---- bulk insert --------------------------------------------------------------------------------

static void insert_batches(testing *t, int pipe_end) {
  int64_t version = 0, dataset = stage_version(t, &version);
  sl_sample_row rows[BATCH];
  for (int batch = 0;; batch++) {
    for (int i = 0; i < BATCH; i++) rows[i] = sample_number(t, dataset, batch * BATCH + i);
    MUST(t, sl_store_insert_samples(t->store, rows, BATCH, NULL, &t->err));
    report(pipe_end, (batch + 1) * BATCH);
  }
}

static void batches_are_whole(void **state) {
  testing *t = *state;
  int64_t expected = 0;
  open_workspace(t);
  close_workspace(t);
  for (int round = 1; round <= 6; round++) {
    int64_t *ids;
    size_t count = 0;
    sl_version_row *versions;
    int32_t reported = run_and_kill(t, insert_batches, 2 * round);
    open_workspace(t);
    assert_ok(t,
              sl_store_list_sample_ids(t->store, t->arena, 0, 0, 1 << 20, &ids, &count, &t->err));
    assert_true((int64_t)count >= expected + reported);
    assert_int_equal(count % BATCH, 0);
    expected = (int64_t)count;
    sl_sample_row row, *found;
    assert_ok(t, sl_store_get_sample(t->store, t->arena, ids[count - 1], &row, &t->err));
    sl_sample_file file = {row.dataset, row.root, row.path, -1, row.size_bytes, row.mtime_ns};
    assert_ok(t, sl_store_find_samples_of_file(t->store, t->arena, &file, &found, &count, &t->err));
    assert_true(count >= 1);  // the indexes agree with the table
    assert_ok(t, sl_store_list_versions(t->store, t->arena, 0, SL_VERSION_READY, &versions, &count,
                                        &t->err));
    assert_int_equal(count, 0);
    close_workspace(t);
  }
}

// ---- versions with their columns ----------------------------------------------------------------

static void finish_versions(testing *t, int pipe_end) {
  for (;;) {
    int64_t version = 0, members[5000];
    stage_version(t, &version);
    for (int i = 0; i < 5000; i++) members[i] = version * 10000 + i;
    sl_record_ref owner = {SL_RECORD_VERSION, version};
    sl_version_row row = {.id = version, .key = "k", .samples = 5000};
    MUST(t, sl_store_begin(t->store, SL_COMMIT_DURABLE, &t->err));
    MUST(t, sl_column_write(t->store, owner, SL_COLUMN_MEMBERS, SL_COLUMN_I64, 5000, 1, members,
                            NULL, &t->err));
    MUST(t, sl_store_finish_version(t->store, &row, NULL, &t->err));
    MUST(t, sl_store_commit(t->store, &t->err));
    report(pipe_end, (int32_t)version);
  }
}

static void check_version(testing *t, int64_t version) {
  sl_column column;
  sl_arena *scratch = sl_arena_new(NULL, "check");
  sl_record_ref owner = {SL_RECORD_VERSION, version};
  assert_ok(t, sl_column_open(t->store, scratch, owner, SL_COLUMN_MEMBERS, &column, &t->err));
  assert_int_equal(column.rows, 5000);
  for (int i = 0; i < 5000; i++)
    assert_int_equal(((const int64_t *)column.values)[i], version * 10000 + i);
  sl_arena_free(scratch);
}

static void versions_and_columns_come_together(void **state) {
  testing *t = *state;
  open_workspace(t);
  close_workspace(t);
  for (int round = 1; round <= 6; round++) {
    sl_version_row *rows;
    sl_column_row *columns;
    size_t count = 0;
    int32_t reported = run_and_kill(t, finish_versions, round);
    int seen = 0;
    open_workspace(t);
    assert_ok(
        t, sl_store_list_versions(t->store, t->arena, 0, SL_VERSION_READY, &rows, &count, &t->err));
    for (size_t i = 0; i < count; i++) {
      check_version(t, rows[i].id);
      seen |= rows[i].id == reported;
    }
    assert_true(seen);
    assert_ok(t, sl_store_list_versions(t->store, t->arena, 0, SL_VERSION_STAGING, &rows, &count,
                                        &t->err));
    for (size_t i = 0; i < count; i++) {
      size_t left = 9;
      sl_record_ref owner = {SL_RECORD_VERSION, rows[i].id};
      assert_ok(t, sl_column_list(t->store, t->arena, owner, &columns, &left, &t->err));
      assert_int_equal(left, 0);
    }
    close_workspace(t);
  }
}

// ---- chunks of a run ----------------------------------------------------------------------------

static void fill(float *values, int64_t first) {
  for (int64_t i = 0; i < CHUNK * COLS; i++) values[i] = (float)(first * COLS + i);
}

static int64_t first_missing(testing *t, int64_t run) {
  sl_run_chunk *chunks;
  size_t count = 0;
  MUST(t, sl_store_list_run_chunks(t->store, t->arena, run, &chunks, &count, &t->err));
  return count > 0 && chunks[0].first == 0 ? chunks[0].count : 0;
}

static void score_chunks(testing *t, int pipe_end) {
  sl_partial *partial;
  float values[CHUNK * COLS];
  MUST(t, sl_store_resume_run(t->store, 1, &t->err));
  MUST(t, sl_partial_open(t->store, run_ref(1), "scores", &partial, &t->err));
  for (int64_t first = first_missing(t, 1); first < ROWS; first += CHUNK) {
    fill(values, first);
    MUST(t, sl_partial_write(partial, first, CHUNK, values, &t->err));
    MUST(t,
         sl_store_add_run_chunk(t->store, 1, &partial, 1, (sl_run_chunk){first, CHUNK}, &t->err));
    report(pipe_end, (int32_t)(first + CHUNK));
  }
  for (;;) pause();
}

static void assert_rows(const float *values, int64_t rows) {
  for (int64_t i = 0; i < rows * COLS; i++) assert_true(values[i] == (float)i);
}

static void check_progress(testing *t, int32_t reported) {
  sl_partial *partial;
  sl_run_row run;
  static float values[ROWS * COLS];
  int64_t done = first_missing(t, 1);
  assert_true(done >= reported);
  assert_int_equal(done % CHUNK, 0);
  assert_ok(t, sl_store_get_run(t->store, t->arena, 1, &run, &t->err));
  assert_int_equal(run.state, SL_RUN_INTERRUPTED);
  assert_int_equal(run.scored, done);
  assert_ok(t, sl_partial_open(t->store, run_ref(1), "scores", &partial, &t->err));
  assert_ok(t, sl_partial_read(partial, 0, done, values, &t->err));
  assert_rows(values, done);
  sl_partial_close(partial);
}

static void finish_scores(testing *t) {
  sl_partial *partial;
  sl_column column;
  float values[CHUNK * COLS];
  sl_run_row end = {.id = 1, .state = SL_RUN_DONE, .samples = ROWS, .scored = ROWS};
  assert_ok(t, sl_store_resume_run(t->store, 1, &t->err));
  assert_ok(t, sl_partial_open(t->store, run_ref(1), "scores", &partial, &t->err));
  for (int64_t first = first_missing(t, 1); first < ROWS; first += CHUNK) {
    fill(values, first);
    assert_ok(t, sl_partial_write(partial, first, CHUNK, values, &t->err));
  }
  assert_ok(t, sl_store_begin(t->store, SL_COMMIT_DURABLE, &t->err));
  assert_ok(t, sl_partial_adopt(partial, NULL, &t->err));
  assert_ok(t, sl_store_finish_run(t->store, &end, &t->err));
  assert_ok(t, sl_store_commit(t->store, &t->err));
  sl_partial_close(partial);
  assert_ok(t, sl_column_open(t->store, t->arena, run_ref(1), "scores", &column, &t->err));
  assert_rows(column.values, ROWS);
}

static void a_run_resumes_where_it_was(void **state) {
  testing *t = *state;
  sl_partial *partial;
  open_workspace(t);
  assert_int_equal(add_run(t, ROWS), 1);
  assert_ok(t, sl_partial_create(t->store, run_ref(1), "scores", SL_COLUMN_F32, ROWS, COLS,
                                 &partial, &t->err));
  sl_partial_close(partial);
  sl_run_row failed = {.id = 1, .state = SL_RUN_FAILED, .samples = ROWS};
  assert_ok(t, sl_store_finish_run(t->store, &failed, &t->err));
  close_workspace(t);
  for (int round = 1; round <= 5; round++) {
    int32_t reported = run_and_kill(t, score_chunks, 2 * round);
    open_workspace(t);
    check_progress(t, reported);
    close_workspace(t);
  }
  open_workspace(t);
  finish_scores(t);
}

// ---- making the workspace -----------------------------------------------------------------------

// The child makes one workspace after the other; the one it was making when killed opens or is
// made.
static void make_workspaces(testing *t, int pipe_end) {
  for (int32_t i = 1;; i++) {
    sl_store *store;
    char *path = sl_arena_printf(t->arena, "%s/made%d", t->folder, i);
    MUST(t, sl_store_open(path, &(sl_store_options){.create = 1}, &store, &t->err));
    sl_store_close(store);
    report(pipe_end, i);
  }
}

static void a_half_made_workspace_is_finished(void **state) {
  testing *t = *state;
  open_workspace(t);
  close_workspace(t);
  int32_t made = run_and_kill(t, make_workspaces, 5);
  for (int32_t i = 1; i <= made + 2; i++) {
    int64_t id = 0;
    t->workspace = sl_arena_printf(t->arena, "%s/made%d", t->folder, i);
    open_workspace(t);
    assert_ok(t, sl_store_ensure_dataset(t->store, "pets", &id, &t->err));
    close_workspace(t);
  }
}

// ---- blobs --------------------------------------------------------------------------------------

static void put_blobs(testing *t, int pipe_end) {
  static char bytes[100000];
  for (int32_t i = 1;; i++) {
    char key[SL_BLOB_KEY_SIZE];
    memset(bytes, i & 255, sizeof bytes);
    memcpy(bytes, &i, sizeof i);
    MUST(t, sl_store_put_blob(t->store, bytes, sizeof bytes, "image/png", key, &t->err));
    report(pipe_end, i);
  }
}

static void blobs_are_whole(void **state) {
  testing *t = *state;
  static char bytes[100000];
  open_workspace(t);
  close_workspace(t);
  int32_t reported = run_and_kill(t, put_blobs, 7);
  open_workspace(t);
  for (int32_t i = 1; i <= reported; i++) {
    char key[SL_BLOB_KEY_SIZE];
    sl_blob_view view;
    memset(bytes, i & 255, sizeof bytes);
    memcpy(bytes, &i, sizeof i);
    sl_hash hash = sl_hash_of(bytes, sizeof bytes);
    sl_hash_hex(&hash, key);
    assert_ok(t, sl_store_get_blob(t->store, t->arena, key, &view, &t->err));
    assert_int_equal(view.bytes.size, sizeof bytes);
    assert_memory_equal(view.bytes.at, bytes, sizeof bytes);
  }
  sl_collected collected;
  assert_ok(t, sl_store_collect(t->store, -60, &collected, &t->err));
  assert_true(collected.files <= 3);  // the draft or the file of the blob in flight, and its owner
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(batches_are_whole),
      TEST(versions_and_columns_come_together),
      TEST(a_run_resumes_where_it_was),
      TEST(a_half_made_workspace_is_finished),
      TEST(blobs_are_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
