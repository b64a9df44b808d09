// SPDX-License-Identifier: Apache-2.0
// Tests of blobs and of garbage collection.
#include "store/blob_table.h"
#include "store/connection.h"
#include "store/result_cache.h"

#include "store/store_testing.h"

static const char abc_key[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void content_is_kept_under_its_hash(void **state) {
  testing *t = *state;
  char key[SL_BLOB_KEY_SIZE];
  sl_blob_view view;
  int exists = 9;
  open_workspace(t);
  assert_ok(t, sl_store_has_blob(t->store, abc_key, &exists, &t->err));
  assert_int_equal(exists, 0);
  assert_ok(t, sl_store_put_blob(t->store, "abc", 3, "text/plain", key, &t->err));
  assert_string_equal(key, abc_key);  // FIPS 180-2, appendix B.1
  assert_ok(t, sl_store_put_blob(t->store, "abc", 3, "text/plain", key, &t->err));
  assert_int_equal(count_files(t, "blobs"), 1);
  assert_int_equal(count_files(t, "tmp"), 0);
  assert_ok(t, sl_store_get_blob(t->store, t->arena, key, &view, &t->err));
  assert_int_equal(view.bytes.size, 3);
  assert_memory_equal(view.bytes.at, "abc", 3);
  assert_string_equal(view.mime, "text/plain");
  assert_ok(t, sl_store_has_blob(t->store, key, &exists, &t->err));
  assert_int_equal(exists, 1);
  close_workspace(t);
  assert_ok(t,
            sl_store_open(t->workspace, &(sl_store_options){.read_only = 1}, &t->store, &t->err));
  assert_ok(t, sl_store_get_blob(t->store, t->arena, key, &view, &t->err));
  assert_fails(t, SL_E_DENIED, "cannot be written",
               sl_store_put_blob(t->store, "x", 1, "text/plain", key, &t->err));
  assert_fails(t, SL_E_DENIED, "cannot be written",
               sl_store_put_derived(t->store, "x", "x", 1, "text/plain", &t->err));
}

static void an_empty_blob_is_a_blob(void **state) {
  testing *t = *state;
  char key[SL_BLOB_KEY_SIZE];
  sl_blob_view view;
  open_workspace(t);
  assert_ok(t, sl_store_put_blob(t->store, "", 0, "text/plain", key, &t->err));
  assert_ok(t, sl_store_get_blob(t->store, t->arena, key, &view, &t->err));
  assert_int_equal(view.bytes.size, 0);
}

static void damaged_content_is_an_error_and_put_repairs_it(void **state) {
  testing *t = *state;
  char key[SL_BLOB_KEY_SIZE];
  sl_blob_view view;
  open_workspace(t);
  assert_ok(t, sl_store_put_blob(t->store, "abc", 3, "text/plain", key, &t->err));
  char *path = sl_arena_printf(t->arena, "%s/blobs/ba/%s", t->workspace, key);
  assert_int_equal(truncate(path, 1), 0);
  assert_fails(t, SL_E_FORMAT, "has 1 bytes, not 3",
               sl_store_get_blob(t->store, t->arena, key, &view, &t->err));
  assert_ok(t, sl_store_put_blob(t->store, "abc", 3, "text/plain", key, &t->err));
  assert_ok(t, sl_store_get_blob(t->store, t->arena, key, &view, &t->err));
  assert_int_equal(unlink(path), 0);
  assert_fails(t, SL_E_NOT_FOUND, key, sl_store_get_blob(t->store, t->arena, key, &view, &t->err));
}

static void derived_blobs_are_replaced(void **state) {
  testing *t = *state;
  sl_blob_view view;
  int exists = 9;
  open_workspace(t);
  assert_fails(t, SL_E_NOT_FOUND, "no blob \"thumb-1-96\"",
               sl_store_get_blob(t->store, t->arena, "thumb-1-96", &view, &t->err));
  assert_ok(t, sl_store_put_derived(t->store, "thumb-1-96", "first", 5, "image/png", &t->err));
  assert_ok(t, sl_store_put_derived(t->store, "thumb-1-96", "second", 6, "image/webp", &t->err));
  assert_ok(t, sl_store_get_blob(t->store, t->arena, "thumb-1-96", &view, &t->err));
  assert_int_equal(view.bytes.size, 6);
  assert_memory_equal(view.bytes.at, "second", 6);
  assert_string_equal(view.mime, "image/webp");
  assert_ok(t, sl_store_has_blob(t->store, "thumb-1-96", &exists, &t->err));
  assert_int_equal(exists, 1);
  assert_int_equal(count_files(t, "blobs/derived"), 1);
}

static void every_damage_of_a_derived_blob_is_absence(void **state) {
  testing *t = *state;
  sl_blob_view view;
  sl_bytes whole;
  open_workspace(t);
  assert_ok(t, sl_store_put_derived(t->store, "thumb", "pixels", 6, "image/png", &t->err));
  char *command = sl_arena_printf(t->arena, "ls '%s'/blobs/derived/*/thumb", t->workspace);
  char path[4096] = "";
  FILE *pipe = popen(command, "r");
  assert_non_null(fgets(path, sizeof path, pipe));
  pclose(pipe);
  path[strcspn(path, "\n")] = '\0';
  assert_ok(t, sl_file_read(t->arena, path, 4096, &whole, &t->err));
  for (size_t size = 0; size < whole.size; size++) {
    assert_ok(t, sl_file_write_atomic(path, whole.at, size, &t->err));
    assert_fails(t, SL_E_NOT_FOUND, "no blob \"thumb\"",
                 sl_store_get_blob(t->store, t->arena, "thumb", &view, &t->err));
  }
  char *zeros = sl_arena_push(t->arena, whole.size);  // what a power cut can leave
  assert_ok(t, sl_file_write_atomic(path, zeros, whole.size, &t->err));
  assert_fails(t, SL_E_NOT_FOUND, "no blob \"thumb\"",
               sl_store_get_blob(t->store, t->arena, "thumb", &view, &t->err));
}

static void keys_are_never_paths(void **state) {
  testing *t = *state;
  static const char *const bad[] = {"",  "../catalogue", "/etc/passwd", "a/b",  "a.b",
                                    "A", "a b",          "a\n",         "\xff", "%2e%2e"};
  sl_blob_view view;
  int exists = 0;
  open_workspace(t);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_fails(t, SL_E_ARG, "key", sl_store_get_blob(t->store, t->arena, bad[i], &view, &t->err));
    assert_fails(t, SL_E_ARG, "key", sl_store_has_blob(t->store, bad[i], &exists, &t->err));
    assert_fails(t, SL_E_ARG, "key",
                 sl_store_put_derived(t->store, bad[i], "x", 1, "text/plain", &t->err));
  }
  assert_fails(t, SL_E_ARG, "is the key of a content blob",
               sl_store_put_derived(t->store, abc_key, "x", 1, "text/plain", &t->err));
  assert_fails(t, SL_E_ARG, "media type",
               sl_store_put_derived(t->store, "x", "x", 1,
                                    "a/0123456789012345678901234567890123456789", &t->err));
}

static void write_file(testing *t, const char *relative) {
  char *path = sl_path_join(t->arena, t->workspace, relative);
  assert_ok(t, sl_file_make_dirs(sl_path_dir(t->arena, path), &t->err));
  assert_ok(t, sl_file_write_atomic(path, "x", 1, &t->err));
}

static void garbage_is_what_no_row_names(void **state) {
  testing *t = *state;
  char key[SL_BLOB_KEY_SIZE];
  sl_collected collected;
  sl_blob_view view;
  open_workspace(t);
  assert_ok(t, sl_store_put_blob(t->store, "abc", 3, "text/plain", key, &t->err));
  assert_ok(t, sl_store_put_derived(t->store, "thumb", "pixels", 6, "image/png", &t->err));
  write_file(t, "columns/r1-0000000000000000.col");
  write_file(t, "columns/README.txt");  // not a name of ours: left alone
  write_file(t, "blobs/00/0000");
  write_file(t, "tmp/left");
  write_file(t, "live/0123456789abcdef0123456789abcdef");
  assert_ok(t, sl_store_collect(t->store, SL_COLLECT_AGE_S, &collected, &t->err));
  assert_int_equal(collected.files, 0);
  assert_ok(t, sl_store_collect(t->store, -60, &collected, &t->err));
  assert_int_equal(collected.files, 4);
  assert_int_equal(collected.bytes, 4);
  assert_int_equal(count_files(t, "live"), 1);  // our own
  assert_ok(t, sl_store_get_blob(t->store, t->arena, key, &view, &t->err));
  assert_ok(t, sl_store_get_blob(t->store, t->arena, "thumb", &view, &t->err));
}

// ---- the limit of what can be made again --------------------------------------------------------

static void open_limited(testing *t, int64_t bytes) {
  sl_store_options options = {.create = 1, .cache_bytes = bytes};
  assert_ok(t, sl_store_open(t->workspace, &options, &t->store, &t->err));
}

// As if every derived blob had last been used `hours` ago.
static void age_derived(testing *t, int hours) {
  const char *command = sl_arena_printf(
      t->arena, "find '%s/blobs/derived' -type f -exec touch -d '%d hours ago' {} +", t->workspace,
      hours);
  assert_int_equal(system(command), 0);
}

static int has(testing *t, const char *key) {
  sl_blob_view view;
  return sl_store_get_blob(t->store, t->arena, key, &view, NULL) == SL_OK;
}

static void derived_blobs_leave_when_long_unused(void **state) {
  testing *t = *state;
  static char bytes[10000];
  char key[SL_BLOB_KEY_SIZE];
  sl_collected collected;
  open_limited(t, 40000);  // 35,000 for derived blobs
  assert_ok(t, sl_store_put_blob(t->store, bytes, sizeof bytes, "text/plain", key, &t->err));
  assert_ok(t, sl_store_put_derived(t->store, "one", bytes, sizeof bytes, "image/png", &t->err));
  assert_ok(t, sl_store_put_derived(t->store, "two", bytes, sizeof bytes, "image/png", &t->err));
  assert_ok(t, sl_store_put_derived(t->store, "three", bytes, sizeof bytes, "image/png", &t->err));
  age_derived(t, 5);
  assert_true(has(t, "one"));  // used now
  assert_ok(t, sl_store_put_derived(t->store, "four", bytes, sizeof bytes, "image/png", &t->err));
  assert_true(has(t, "one") && has(t, "four"));
  assert_int_equal(has(t, "two") + has(t, "three"), 1);
  assert_true(has(t, key));  // somebody's data, whatever the limit
  age_derived(t, 5);
  sl_store_close(t->store);
  open_limited(t, 8);
  assert_ok(t, sl_store_collect(t->store, SL_COLLECT_AGE_S, &collected, &t->err));
  assert_int_equal(collected.files, 3);
  assert_false(has(t, "one"));
  assert_true(has(t, key));
}

static const char *result_of(testing *t, const char *key) {
  char *text;
  assert_ok(t, sl_store_get_result(t->store, t->arena, key, &text, &t->err));
  return text;
}

static void age_results(testing *t) {
  assert_ok(t, sl_store_begin(t->store, SL_COMMIT_FAST, &t->err));
  assert_ok(t, sl_query_change(t->store, "UPDATE result SET created_ms = created_ms - 18000000",
                               SL_NO_VALUES, NULL, &t->err));
  assert_ok(t, sl_store_commit(t->store, &t->err));
}

static void results_leave_when_long_unused(void **state) {
  testing *t = *state;
  char text[1001];
  memset(text, 'x', 1000);
  text[1000] = '\0';
  open_limited(t, 26400);  // 3,300 for results
  assert_ok(t, sl_store_put_result(t->store, "one", text, &t->err));
  assert_ok(t, sl_store_put_result(t->store, "two", text, &t->err));
  age_results(t);
  assert_non_null(result_of(t, "one"));  // used now
  assert_ok(t, sl_store_put_result(t->store, "three", text, &t->err));
  assert_non_null(result_of(t, "two"));
  age_results(t);
  assert_non_null(result_of(t, "one"));
  assert_ok(t, sl_store_put_result(t->store, "four", text, &t->err));
  assert_non_null(result_of(t, "one"));
  assert_non_null(result_of(t, "four"));
  assert_true(result_of(t, "two") == NULL || result_of(t, "three") == NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(content_is_kept_under_its_hash),
      TEST(an_empty_blob_is_a_blob),
      TEST(damaged_content_is_an_error_and_put_repairs_it),
      TEST(derived_blobs_are_replaced),
      TEST(every_damage_of_a_derived_blob_is_absence),
      TEST(keys_are_never_paths),
      TEST(garbage_is_what_no_row_names),
      TEST(derived_blobs_leave_when_long_unused),
      TEST(results_leave_when_long_unused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
