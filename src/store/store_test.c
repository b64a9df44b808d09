// SPDX-License-Identifier: Apache-2.0
// Tests of opening, refusing, locking and transactions.
#include "store/store.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/catalogue.h"
#include "store/job_table.h"
#include "store/journal_table.h"
#include "store/store_testing.h"

// ---- ids ----------------------------------------------------------------------------------------

static void ids_print_and_parse(void **state) {
  (void)state;
  assert_string_equal(sl_record_text_of(SL_RECORD_RUN, 12).text, "r12");
  assert_string_equal(sl_record_text_of(SL_RECORD_RUN, 0).text, "");
  assert_string_equal(sl_record_text_of((sl_record_kind)99, 1).text, "");
  for (int kind = 1; kind < SL_RECORD_KIND_COUNT; kind++) {
    sl_record_text text = sl_record_text_of((sl_record_kind)kind, 123456789012345678);
    sl_record_ref ref = sl_record_parse_any(text.text);
    assert_int_equal(ref.kind, kind);
    assert_int_equal(ref.id, 123456789012345678);
    assert_string_not_equal(sl_record_kind_name((sl_record_kind)kind), "record");
  }
}

static void ids_refuse_everything_else(void **state) {
  (void)state;
  static const char *const bad[] = {"",
                                    "r",
                                    "r0",
                                    "r01",
                                    "r-1",
                                    "r+1",
                                    " r1",
                                    "r1 ",
                                    "r1x",
                                    "12",
                                    "../x",
                                    "R1",
                                    "x1",
                                    "r1/",
                                    "r1\n",
                                    "r\n1",
                                    "s1e3",
                                    "rr1",
                                    "r1234567890123456789"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(sl_record_parse_any(bad[i]).id, 0);
  assert_int_equal(sl_record_parse(SL_RECORD_RUN, "s1"), 0);
  assert_int_equal(sl_record_parse(SL_RECORD_RUN, NULL), 0);
  assert_int_equal(sl_record_parse(SL_RECORD_SAMPLE, "s1"), 1);
}

// ---- opening ------------------------------------------------------------------------------------

static void a_missing_workspace_is_not_made(void **state) {
  testing *t = *state;
  assert_fails(t, SL_E_NOT_FOUND, "no workspace at",
               sl_store_open(t->workspace, &(sl_store_options){0}, &t->store, &t->err));
  assert_null(t->store);
  assert_false(sl_file_exists(t->workspace));
  assert_true(sl_error_hint(&t->err)[0] != '\0');
}

static void a_workspace_opens_again(void **state) {
  testing *t = *state;
  open_workspace(t);
  int64_t id = 0, found = 0;
  assert_ok(t, sl_store_ensure_dataset(t->store, "pets", &id, &t->err));
  close_workspace(t);
  assert_int_equal(count_files(t, "live"), 0);
  assert_ok(t, sl_store_open(t->workspace, &(sl_store_options){0}, &t->store, &t->err));
  assert_ok(t, sl_store_find_dataset(t->store, "pets", &found, &t->err));
  assert_int_equal(found, id);
}

static void a_path_with_uri_characters_opens(void **state) {
  testing *t = *state;
  t->workspace = sl_path_join(t->arena, t->folder, "w?s#1%41 x");
  open_workspace(t);
  assert_true(sl_file_exists(sl_path_join(t->arena, t->workspace, "catalogue.db")));
}

static void read_only_reads_and_refuses_writes(void **state) {
  testing *t = *state;
  int64_t id = 0;
  open_workspace(t);
  assert_ok(t, sl_store_ensure_dataset(t->store, "pets", &id, &t->err));
  close_workspace(t);
  sl_store_options options = {.read_only = 1};
  assert_ok(t, sl_store_open(t->workspace, &options, &t->store, &t->err));
  assert_ok(t, sl_store_find_dataset(t->store, "pets", &id, &t->err));
  assert_int_equal(id, 1);
  assert_fails(t, SL_E_DENIED, "cannot be written",
               sl_store_ensure_dataset(t->store, "cars", &id, &t->err));
  assert_fails(t, SL_E_DENIED, "cannot be written", sl_store_lock(t->store, &t->err));
}

// Runs `body` in a child process and returns its exit code.
static int in_child(testing *t, int (*body)(testing *t)) {
  pid_t pid = fork();
  if (pid == 0) _exit(body(t));
  int status = -1;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

// Permissions do not stop root, so the child becomes nobody first.
static int open_as_nobody(testing *t) {
  sl_store *store = NULL;
  int64_t id = 0;
  if (geteuid() == 0 && setuid(65534) != 0) return 9;
  if (sl_store_open(t->workspace, &(sl_store_options){.create = 1}, &store, &t->err) == SL_OK)
    return 10;
  if (strstr(sl_error_message(&t->err), t->workspace) == NULL) return 11;
  if (sl_store_open(t->workspace, &(sl_store_options){.read_only = 1}, &store, &t->err) != SL_OK)
    return 12;
  if (sl_store_find_dataset(store, "pets", &id, &t->err) != SL_OK || id != 1) return 13;
  sl_store_close(store);
  return 0;
}

static void a_read_only_folder_opens_for_reading(void **state) {
  testing *t = *state;
  int64_t id = 0;
  open_workspace(t);
  assert_ok(t, sl_store_ensure_dataset(t->store, "pets", &id, &t->err));
  close_workspace(t);
  assert_int_equal(chmod(t->folder, 0755), 0);
  assert_int_equal(chmod(t->workspace, 0555), 0);
  assert_int_equal(in_child(t, open_as_nobody), 0);
  assert_int_equal(count_files(t, "."), 3);  // catalogue, lock and mark: nothing was added
}

// One that nobody can recover (its log is not empty) says so instead of showing old rows.
static int die_with_a_log(testing *t) {
  sl_store *store = NULL;
  int64_t id = 0;
  if (sl_store_open(t->workspace, &(sl_store_options){.create = 1}, &store, &t->err) != SL_OK)
    return 10;
  if (sl_store_ensure_dataset(store, "pets", &id, &t->err) != SL_OK) return 11;
  raise(SIGKILL);
  return 12;
}

static int refuse_as_nobody(testing *t) {
  sl_store *store = NULL;
  if (geteuid() == 0 && setuid(65534) != 0) return 9;
  if (sl_store_open(t->workspace, &(sl_store_options){.read_only = 1}, &store, &t->err) !=
      SL_E_DENIED)
    return 10;
  return strstr(sl_error_message(&t->err), "was not closed") != NULL ? 0 : 11;
}

static void an_unclosed_read_only_folder_says_so(void **state) {
  testing *t = *state;
  int64_t id = 0;
  assert_int_equal(in_child(t, die_with_a_log), 128);
  assert_int_equal(chmod(t->folder, 0755), 0);
  assert_int_equal(chmod(t->workspace, 0555), 0);
  assert_int_equal(in_child(t, refuse_as_nobody), 0);
  assert_int_equal(chmod(t->workspace, 0755), 0);
  open_workspace(t);
  assert_ok(t, sl_store_find_dataset(t->store, "pets", &id, &t->err));
  assert_int_equal(id, 1);  // what was committed is there
}

// ---- files that are not ours --------------------------------------------------------------------

static sqlite3 *open_raw(testing *t) {
  sqlite3 *db = NULL;
  char *path = sl_path_join(t->arena, t->workspace, "catalogue.db");
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  return db;
}

static void plant(testing *t, const char *sql) {
  open_workspace(t);
  int64_t version = 0;
  stage_version(t, &version);
  close_workspace(t);
  sqlite3 *db = open_raw(t);
  char *said = NULL;
  if (sqlite3_exec(db, sql, NULL, NULL, &said) != SQLITE_OK) fail_msg("%s: %s", sql, said);
  sqlite3_close(db);
}

static void foreign_schemas_are_refused(void **state) {
  testing *t = *state;
  static const char *const planted[] = {
      "CREATE TRIGGER evil AFTER INSERT ON job BEGIN DELETE FROM dataset; END",
      "CREATE VIEW evil AS SELECT * FROM sample",
      "CREATE TABLE extra(x)",
      "CREATE INDEX extra ON sample(name)",
      "DROP INDEX sample_content",
      "ALTER TABLE dataset ADD COLUMN evil TEXT GENERATED ALWAYS AS (name)",
      "ALTER TABLE job RENAME COLUMN message TO note",
      "DROP TABLE result; CREATE TABLE result(id, key, text, created_ms)",
  };
  for (size_t i = 0; i < sizeof planted / sizeof *planted; i++) {
    t->workspace = sl_arena_printf(t->arena, "%s/planted%zu", t->folder, i);
    plant(t, planted[i]);
    assert_fails(t, SL_E_STORE, "its tables are not the ones",
                 sl_store_open(t->workspace, &(sl_store_options){.create = 1}, &t->store, &t->err));
    assert_fails(
        t, SL_E_STORE, "its tables are not the ones",
        sl_store_open(t->workspace, &(sl_store_options){.read_only = 1}, &t->store, &t->err));
  }
}

static void other_databases_are_left_alone(void **state) {
  testing *t = *state;
  assert_ok(t, sl_file_make_dirs(t->workspace, &t->err));
  sqlite3 *db = open_raw(t);
  assert_int_equal(sqlite3_exec(db, "CREATE TABLE theirs(x)", NULL, NULL, NULL), SQLITE_OK);
  sqlite3_close(db);
  assert_fails(t, SL_E_STORE, "not a Slitlamp catalogue",
               sl_store_open(t->workspace, &(sl_store_options){.create = 1}, &t->store, &t->err));
  assert_int_equal(count_files(t, "."), 1);
  assert_false(sl_file_exists(sl_path_join(t->arena, t->workspace, "columns")));
}

static void files_that_are_no_database_are_refused(void **state) {
  testing *t = *state;
  assert_ok(t, sl_file_make_dirs(t->workspace, &t->err));
  char *path = sl_path_join(t->arena, t->workspace, "catalogue.db");
  char junk[8192];
  memset(junk, 'x', sizeof junk);
  assert_ok(t, sl_file_write_atomic(path, junk, sizeof junk, &t->err));
  assert_fails(t, SL_E_STORE, "not a Slitlamp catalogue",
               sl_store_open(t->workspace, &(sl_store_options){.create = 1}, &t->store, &t->err));
}

static void a_newer_format_is_refused(void **state) {
  testing *t = *state;
  plant(t, "PRAGMA user_version = 4711");
  assert_fails(t, SL_E_UNSUPPORTED, "newer Slitlamp (format 4711)",
               sl_store_open(t->workspace, &(sl_store_options){0}, &t->store, &t->err));
}

static void a_link_as_catalogue_is_refused(void **state) {
  testing *t = *state;
  open_workspace(t);
  close_workspace(t);
  char *other = sl_path_join(t->arena, t->folder, "other");
  assert_ok(t, sl_file_make_dirs(other, &t->err));
  assert_int_equal(symlink("../ws/catalogue.db", sl_path_join(t->arena, other, "catalogue.db")), 0);
  assert_true(sl_store_open(other, &(sl_store_options){0}, &t->store, &t->err) != SL_OK);
}

// Every page of the catalogue in turn is overwritten: the file is not the one that was closed, so
// its pages are checked, and opening it must give an error and never crash.
static void damaged_pages_are_errors(void **state) {
  testing *t = *state;
  open_workspace(t);
  int64_t version = 0, dataset = stage_version(t, &version);
  for (int i = 0; i < 200; i++) {
    sl_sample_row row = sample_number(t, dataset, i);
    assert_ok(t, sl_store_insert_samples(t->store, &row, 1, NULL, &t->err));
  }
  close_workspace(t);
  char *path = sl_path_join(t->arena, t->workspace, "catalogue.db");
  sl_bytes whole;
  assert_ok(t, sl_file_read(t->arena, path, 1 << 24, &whole, &t->err));
  for (size_t at = 0; at + 4096 <= whole.size; at += 4096) {
    uint8_t *copy = (uint8_t *)sl_arena_copy_bytes(t->arena, whole.at, whole.size);
    memset(copy + at, 0xA5, 4096);
    assert_ok(t, sl_file_write_atomic(path, copy, whole.size, &t->err));
    assert_fails(t, SL_E_STORE, t->workspace,
                 sl_store_open(t->workspace, &(sl_store_options){0}, &t->store, &t->err));
  }
}

// ---- the write lock -----------------------------------------------------------------------------

static int write_beside(testing *t) {
  sl_store *store = NULL;
  int64_t id = 0;
  char wanted[64];
  snprintf(wanted, sizeof wanted, "is being written by process %ld", (long)getppid());
  if (sl_store_open(t->workspace, &(sl_store_options){0}, &store, &t->err) != SL_OK) return 10;
  if (sl_store_ensure_dataset(store, "cars", &id, &t->err) != SL_E_BUSY) return 11;
  if (strstr(sl_error_message(&t->err), wanted) == NULL) return 12;
  if (sl_store_lock(store, &t->err) != SL_E_BUSY) return 13;
  if (sl_store_add_job(store, "import", "{}", &id, &t->err) != SL_OK) return 14;
  if (sl_store_find_dataset(store, "pets", &id, &t->err) != SL_OK || id != 1) return 15;
  sl_store_close(store);
  return 0;
}

static int write_freely(testing *t) {
  sl_store *store = NULL;
  int64_t id = 0;
  if (sl_store_open(t->workspace, &(sl_store_options){0}, &store, &t->err) != SL_OK) return 10;
  if (sl_store_ensure_dataset(store, "cars", &id, &t->err) != SL_OK) return 11;
  sl_store_close(store);
  return 0;
}

static int die_with_lock(testing *t) {
  sl_store *store = NULL;
  if (sl_store_open(t->workspace, &(sl_store_options){0}, &store, &t->err) != SL_OK) return 10;
  if (sl_store_lock(store, &t->err) != SL_OK) return 11;
  raise(SIGKILL);
  return 12;
}

static void one_process_writes_data_at_a_time(void **state) {
  testing *t = *state;
  int64_t id = 0;
  open_workspace(t);
  assert_ok(t, sl_store_ensure_dataset(t->store, "pets", &id, &t->err));
  assert_ok(t, sl_store_lock(t->store, &t->err));
  assert_ok(t, sl_store_lock(t->store, &t->err));
  sl_store_unlock(t->store);
  assert_int_equal(in_child(t, write_beside), 0);
  sl_store_unlock(t->store);
  assert_int_equal(in_child(t, write_freely), 0);
  assert_int_equal(in_child(t, die_with_lock), 128);
  assert_ok(t, sl_store_ensure_dataset(t->store, "boats", &id, &t->err));
}

// ---- what dead processes leave ------------------------------------------------------------------

static int die_while_running(testing *t) {
  sl_store *store = NULL;
  int64_t job = 0, entry = 0;
  if (sl_store_open(t->workspace, &(sl_store_options){0}, &store, &t->err) != SL_OK) return 10;
  if (sl_store_add_job(store, "eval", "{}", &job, &t->err) != SL_OK) return 11;
  if (sl_store_start_job(store, job, &t->err) != SL_OK) return 12;
  if (sl_store_begin_journal(store, "eval", "{}", "0.1", 0, &entry, &t->err) != SL_OK) return 13;
  raise(SIGKILL);
  return 14;
}

static sl_job_state job_state(testing *t, int64_t id) {
  sl_job_row row;
  assert_ok(t, sl_store_get_job(t->store, t->arena, id, &row, &t->err));
  return row.state;
}

static void what_the_dead_left_is_interrupted(void **state) {
  testing *t = *state;
  int64_t mine = 0;
  sl_journal_row entry;
  sl_store *second = NULL;
  open_workspace(t);
  assert_ok(t, sl_store_add_job(t->store, "import", "{}", &mine, &t->err));
  assert_ok(t, sl_store_start_job(t->store, mine, &t->err));
  assert_int_equal(in_child(t, die_while_running), 128);
  assert_ok(t, sl_store_open(t->workspace, &(sl_store_options){0}, &second, &t->err));
  sl_store_close(second);
  assert_int_equal(job_state(t, mine), SL_JOB_RUNNING);  // its owner lives
  assert_int_equal(job_state(t, 2), SL_JOB_INTERRUPTED);
  assert_ok(t, sl_store_get_journal(t->store, t->arena, 1, &entry, &t->err));
  assert_int_equal(entry.status, SL_JOURNAL_INTERRUPTED);
  assert_ok(t, sl_store_start_job(t->store, 2, &t->err));
  assert_int_equal(job_state(t, 2), SL_JOB_RUNNING);
}

// ---- transactions -------------------------------------------------------------------------------

static void rolled_back_rows_are_gone(void **state) {
  testing *t = *state;
  int64_t id = 0, found = -1;
  open_workspace(t);
  assert_ok(t, sl_store_begin(t->store, SL_COMMIT_FAST, &t->err));
  assert_ok(t, sl_store_ensure_dataset(t->store, "pets", &id, &t->err));
  assert_ok(t, sl_store_find_dataset(t->store, "pets", &found, &t->err));
  assert_int_equal(found, id);  // its own rows are seen inside
  sl_store_rollback(t->store);
  assert_ok(t, sl_store_find_dataset(t->store, "pets", &found, &t->err));
  assert_int_equal(found, 0);
}

static void a_failed_step_undoes_the_whole(void **state) {
  testing *t = *state;
  int64_t id = 0, found = -1;
  open_workspace(t);
  assert_ok(t, sl_store_begin(t->store, SL_COMMIT_DURABLE, &t->err));
  assert_ok(t, sl_store_ensure_dataset(t->store, "pets", &id, &t->err));
  sl_version_row bad = {.dataset = 999};
  assert_fails(t, SL_E_ARG, "no record that the new one refers to",
               sl_store_stage_version(t->store, &bad, &id, &t->err));
  assert_fails(t, SL_E_STORE, "nothing was written", sl_store_commit(t->store, &t->err));
  assert_ok(t, sl_store_find_dataset(t->store, "pets", &found, &t->err));
  assert_int_equal(found, 0);
}

// A root interned by a rolled back batch must be made again by the next one.
static void rolled_back_roots_are_made_again(void **state) {
  testing *t = *state;
  int64_t version = 0, id = 0;
  sl_sample_row row, back;
  open_workspace(t);
  row = sample_number(t, stage_version(t, &version), 1);
  assert_ok(t, sl_store_begin(t->store, SL_COMMIT_FAST, &t->err));
  assert_ok(t, sl_store_insert_samples(t->store, &row, 1, &id, &t->err));
  sl_store_rollback(t->store);
  assert_ok(t, sl_store_insert_samples(t->store, &row, 1, &id, &t->err));
  assert_ok(t, sl_store_get_sample(t->store, t->arena, id, &back, &t->err));
  assert_string_equal(back.root, "/data/images");
}

enum { THREADS = 4, ROUNDS = 50 };

typedef struct worker {
  testing *t;
  sl_error err;
  int number, failures;
} worker;

static void *write_and_read(void *arg) {
  worker *w = arg;
  sl_store *store = w->t->store;
  for (int i = 0; i < ROUNDS; i++) {
    int64_t job = 0;
    sl_arena *scratch = sl_arena_new(NULL, "worker");
    sl_job_row row;
    w->failures += sl_store_begin(store, SL_COMMIT_FAST, &w->err) != SL_OK;
    w->failures += sl_store_add_job(store, "op", "{}", &job, &w->err) != SL_OK;
    w->failures += sl_store_start_job(store, job, &w->err) != SL_OK;
    w->failures += sl_store_commit(store, &w->err) != SL_OK;
    w->failures += sl_store_get_job(store, scratch, job, &row, &w->err) != SL_OK;
    w->failures += row.state != SL_JOB_RUNNING;
    sl_arena_free(scratch);
  }
  return NULL;
}

static void threads_take_turns(void **state) {
  testing *t = *state;
  pthread_t threads[THREADS];
  worker workers[THREADS];
  sl_job_row *jobs;
  size_t count = 0;
  open_workspace(t);
  for (int i = 0; i < THREADS; i++) {
    workers[i] = (worker){.t = t, .number = i};
    assert_int_equal(pthread_create(&threads[i], NULL, write_and_read, &workers[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    if (workers[i].failures) fail_msg("%s", sl_error_message(&workers[i].err));
  }
  assert_ok(t, sl_store_list_jobs(t->store, t->arena, 0, 100000, &jobs, &count, &t->err));
  assert_int_equal(count, THREADS * ROUNDS);
}

static void *read_beside(void *arg) {
  worker *w = arg;
  int64_t id = -1;
  w->failures += sl_store_find_dataset(w->t->store, "pets", &id, &w->err) != SL_OK;
  w->number = (int)id;
  return NULL;
}

static void readers_do_not_wait_for_a_writer(void **state) {
  testing *t = *state;
  pthread_t thread;
  worker reader = {.t = t};
  int64_t id = 0;
  open_workspace(t);
  assert_ok(t, sl_store_begin(t->store, SL_COMMIT_FAST, &t->err));
  assert_ok(t, sl_store_ensure_dataset(t->store, "pets", &id, &t->err));
  assert_int_equal(pthread_create(&thread, NULL, read_beside, &reader), 0);
  pthread_join(thread, NULL);  // would hang if it waited
  assert_int_equal(reader.failures, 0);
  assert_int_equal(reader.number, 0);
  assert_ok(t, sl_store_commit(t->store, &t->err));
  read_beside(&reader);
  assert_int_equal(reader.number, id);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(ids_print_and_parse),
      TEST(ids_refuse_everything_else),
      TEST(a_missing_workspace_is_not_made),
      TEST(a_workspace_opens_again),
      TEST(a_path_with_uri_characters_opens),
      TEST(read_only_reads_and_refuses_writes),
      TEST(a_read_only_folder_opens_for_reading),
      TEST(an_unclosed_read_only_folder_says_so),
      TEST(foreign_schemas_are_refused),
      TEST(other_databases_are_left_alone),
      TEST(files_that_are_no_database_are_refused),
      TEST(a_newer_format_is_refused),
      TEST(a_link_as_catalogue_is_refused),
      TEST(damaged_pages_are_errors),
      TEST(one_process_writes_data_at_a_time),
      TEST(what_the_dead_left_is_interrupted),
      TEST(rolled_back_rows_are_gone),
      TEST(a_failed_step_undoes_the_whole),
      TEST(rolled_back_roots_are_made_again),
      TEST(threads_take_turns),
      TEST(readers_do_not_wait_for_a_writer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
