// SPDX-License-Identifier: Apache-2.0
// Tests of the engine: what changed between versions, copies, cancelling, resuming after a kill.
#include "data/data_testing.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "data/duplicates.h"

#define BOOT DATA "folder/train/boot/1.png"
#define SHIRT DATA "folder/train/shirt/1.png"

static void copy_folder(testing *t) { shell(t, "cp -rp '" DATA "folder/.' ."); }

static void the_same_again_is_unchanged(void **state) {
  testing *t = *state;
  copy_folder(t);
  import_from(t, t->data);
  int64_t version = t->got.version;
  assert_int_equal(t->got.unchanged, 0);
  assert_int_equal(t->version.seq, 1);
  assert_int_equal(t->version.added, 5);
  assert_int_equal(strlen(t->version.key), 64);
  import_from(t, t->data);
  assert_int_equal(t->got.version, version);
  assert_int_equal(t->got.unchanged, 1);
  assert_int_equal(t->got.reused, 5);
}

static void a_version_says_what_changed(void **state) {
  testing *t = *state;
  copy_folder(t);
  import_from(t, t->data);
  int64_t kept = id_at(t, "test/boot/3.png"), first = t->got.version;
  shell(t,
        "rm train/shirt/1.png; mv train/boot/1.png test/boot/moved.png;"
        "mkdir train/coat; mv train/boot/deep/2.png train/coat/2.png; cp test/shirt/4.jpg x.jpg;"
        "printf x >> x.jpg");
  import_from(t, t->data);
  assert_int_equal(t->version.seq, 2);
  assert_int_equal(t->version.parent, first);
  assert_int_equal(t->version.added, 1);
  assert_int_equal(t->version.removed, 1);
  assert_int_equal(t->version.moved, 2);
  assert_int_equal(t->version.relabelled, 1);  // the boot that became a coat
  assert_int_equal(t->got.reused, 2);
  assert_int_equal(id_at(t, "test/boot/3.png"), kept);
}

static void new_bytes_under_an_old_name(void **state) {
  testing *t = *state;
  copy_folder(t);
  import_from(t, t->data);
  shell(t, "cp '" SHIRT "' train/boot/1.png");
  import_from(t, t->data);
  assert_int_equal(t->version.added, 1);
  assert_int_equal(t->version.removed, 1);
  assert_int_equal(t->version.moved, 0);
}

static void a_new_label_needs_no_reading(void **state) {
  testing *t = *state;
  shell(t, "cp '" BOOT "' a.png; cp '" SHIRT "' b.png");
  write_text(t, "labels.csv", "file,label\na.png,boot\nb.png,shirt\n");
  t->options.labels = in_data(t, "labels.csv");
  import_from(t, t->data);
  sl_sample_row before = sample_at(t, "b.png");
  write_text(t, "labels.csv", "file,label\na.png,boot\nb.png,blouse\n");
  import_from(t, t->data);
  sl_sample_row after = sample_at(t, "b.png");
  assert_int_equal(t->version.relabelled, 1);
  assert_int_equal(t->version.added + t->version.removed + t->version.moved, 0);
  assert_int_equal(t->got.reused, 1);
  assert_int_not_equal(before.id, after.id);
  assert_memory_equal(&before.content, &after.content, sizeof after.content);
  assert_string_equal(after.label, "blouse");
}

static void a_split_can_be_given(void **state) {
  testing *t = *state;
  shell(t, "cp '" BOOT "' a.png");
  t->options.split = "holdout";
  import_from(t, t->data);
  assert_string_equal(text_at(t, SL_COLUMN_SPLIT, "a.png"), "holdout");
}

static void several_sources_keep_their_names_apart(void **state) {
  testing *t = *state;
  shell(t, "mkdir one two; cp '" BOOT "' one/a.png; cp '" SHIRT "' two/a.png");
  const char *sources[] = {in_data(t, "one"), in_data(t, "two")};
  t->options.sources = sources;
  t->options.source_count = 2;
  assert_ok(t, sl_import_run(t->store, t->arena, &t->options, &t->got, &t->err));
  assert_int_equal(row_named(t, "a.png"), 0);
  assert_int_equal(row_named(t, "two/a.png"), 1);
  assert_note(t, "names of source 2 begin with \"two/\"");
}

static void two_places_are_two_datasets(void **state) {
  testing *t = *state;
  shell(t,
        "mkdir -p x/images y/images; cp '" BOOT "' x/images/a.png; cp '" SHIRT "' y/images/a.png");
  import_from(t, in_data(t, "x/images"));
  int64_t first = t->got.dataset;
  import_from(t, in_data(t, "y/images"));
  assert_int_not_equal(t->got.dataset, first);
  assert_note(t, "named \"images-2\"");
  t->options.name = "images";
  import_from(t, in_data(t, "y/images"));
  assert_int_equal(t->got.dataset, first);
  assert_int_equal(t->version.seq, 2);
}

static void copies_outlive_their_files(void **state) {
  testing *t = *state;
  sl_sample_data data;
  sl_bytes png;
  shell(t, "cp '" BOOT "' a.png");
  import_from(t, t->data);
  sl_sample_reader *reader = sl_sample_reader_new(t->arena, t->store);
  sl_sample_row row = sample_at(t, "a.png");
  shell(t, "touch -d 2001-01-01 a.png");
  assert_fails(t, SL_E_STALE, "changed since it was imported",
               sl_sample_read(reader, &row, &data, &t->err));
  assert_non_null(strstr(sl_error_hint(&t->err), "import again"));
  shell(t, "mv a.png b.png");
  assert_fails(t, SL_E_NOT_FOUND, "a.png", sl_sample_read(reader, &row, &data, &t->err));
  shell(t, "mv b.png a.png");
  t->options.copy = 1;
  import_from(t, t->data);
  row = sample_at(t, "a.png");
  assert_ok(t, sl_file_read(t->arena, BOOT, 1 << 20, &png, &t->err));
  shell(t, "rm a.png");
  assert_ok(t, sl_sample_read(reader, &row, &data, &t->err));
  assert_int_equal(data.file.size, png.size);
  assert_memory_equal(data.file.at, png.at, png.size);
}

static void a_known_file_can_be_copied_later(void **state) {
  testing *t = *state;
  sl_sample_data data;
  shell(t, "cp '" BOOT "' a.png");
  import_from(t, t->data);
  t->options.copy = 1;
  import_from(t, t->data);
  assert_int_equal(t->got.unchanged, 1);
  sl_sample_row row = sample_at(t, "a.png");
  shell(t, "rm a.png");
  assert_ok(t, sl_sample_read(sl_sample_reader_new(t->arena, t->store), &row, &data, &t->err));
}

static void equal_bytes_are_duplicates(void **state) {
  testing *t = *state;
  sl_duplicate_group *groups;
  size_t count;
  shell(t, "mkdir -p train/x train/y test/x; cp '" BOOT "' train/x/1.png; cp '" BOOT
           "' train/y/1.png;"
           "cp '" SHIRT "' test/x/1.png; cp '" SHIRT "' train/x/2.png; cp '" SHIRT
           "' train/x/3.png;"
           "cp '" DATA "broken/whole.png' train/x/4.png");
  import_from(t, t->data);
  assert_int_equal(t->version.duplicates, 3);
  assert_ok(t,
            sl_duplicates_of_version(t->store, t->arena, t->got.version, &groups, &count, &t->err));
  assert_int_equal(count, 2);
  assert_int_equal(groups[0].count, 3);
  assert_int_equal(groups[0].labels_differ, 0);
  assert_int_equal(groups[0].splits_differ, 1);
  assert_int_equal(groups[1].count, 2);
  assert_int_equal(groups[1].rows[0], row_named(t, "train/x/1.png"));
  assert_int_equal(groups[1].rows[1], row_named(t, "train/y/1.png"));
  assert_int_equal(groups[1].labels_differ, 1);
  assert_int_equal(groups[1].splits_differ, 0);
  sl_column column = column_of(t, SL_COLUMN_DUPLICATE);
  assert_false(sl_column_is_valid(&column, row_named(t, "train/x/4.png")));
  import_from(t, DATA "broken");
  assert_ok(t,
            sl_duplicates_of_version(t->store, t->arena, t->got.version, &groups, &count, &t->err));
  assert_int_equal(count, 0);
}

static void a_repaired_file_is_read_again(void **state) {
  testing *t = *state;
  shell(t, "head -c 100 '" BOOT "' > a.png");
  import_from(t, t->data);
  assert_int_equal(t->version.broken, 1);
  shell(t, "cp '" BOOT "' a.png");
  import_from(t, t->data);
  assert_int_equal(t->version.broken, 0);
  assert_int_equal(t->version.seq, 2);
}

// ---- stopping -----------------------------------------------------------------------------------

enum { MANY = 2000 };

static void make_many(testing *t) {
  shell(t, "mkdir a b; i=0; while [ $i -lt 1000 ]; do cp '" BOOT "' a/$i.png; cp '" SHIRT
           "' b/$i.png; printf $i >> a/$i.png; printf $i >> b/$i.png; i=$((i + 1)); done");
}

static size_t samples_kept(testing *t) {
  int64_t *ids;
  size_t count;
  assert_ok(t, sl_store_list_sample_ids(t->store, t->arena, 0, 0, 2 * MANY, &ids, &count, &t->err));
  return count;
}

static void stop_after_some(void *ctx, const char *phase, int64_t done, int64_t total) {
  (void)total;
  if (strcmp(phase, "read files") == 0 && done > 0) atomic_store((atomic_int *)ctx, 1);
}

static void cancelled_work_is_kept(void **state) {
  testing *t = *state;
  atomic_int cancel = 0;
  int64_t version = 0;
  make_many(t);
  t->options.cancel = &cancel;
  t->options.progress = stop_after_some;
  t->options.progress_ctx = &cancel;
  assert_fails(t, SL_E_CANCELLED, "stopped on request", import_status(t, t->data));
  size_t kept = samples_kept(t);
  assert_in_range(kept, 1, MANY - 1);
  assert_ok(t, sl_store_latest_version(t->store, 1, &version, &t->err));
  assert_int_equal(version, 0);
  t->options = (sl_import_options){0};
  import_from(t, t->data);
  assert_int_equal(t->got.reused, kept);
  assert_int_equal(t->version.samples, MANY);
  assert_int_equal(samples_kept(t), MANY);
}

static void die_after_some(void *ctx, const char *phase, int64_t done, int64_t total) {
  (void)ctx;
  (void)total;
  if (strcmp(phase, "read files") == 0 && done > 0) kill(getpid(), SIGKILL);
}

static void die_while_writing(void *ctx, const char *phase, int64_t done, int64_t total) {
  (void)ctx;
  (void)total;
  if (strcmp(phase, "write columns") == 0 && done > 3) kill(getpid(), SIGKILL);
}

// Imports in a child that kills itself at a moment of the import; returns the samples left.
static size_t killed_import(testing *t, void (*progress)(void *, const char *, int64_t, int64_t)) {
  sl_store_close(t->store);
  t->store = NULL;
  pid_t child = fork();
  if (child == 0) {
    open_workspace(t);
    t->options.progress = progress;
    (void)!import_status(t, t->data);
    _exit(0);
  }
  int how = 0;
  waitpid(child, &how, 0);
  assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
  open_workspace(t);
  return samples_kept(t);
}

static void a_killed_import_goes_on(void **state) {
  testing *t = *state;
  int64_t version = 0;
  make_many(t);
  size_t kept = killed_import(t, die_after_some);
  assert_in_range(kept, 1, MANY - 1);
  assert_ok(t, sl_store_latest_version(t->store, 1, &version, &t->err));
  assert_int_equal(version, 0);
  kept = killed_import(t, die_while_writing);
  assert_int_equal(kept, MANY);
  assert_ok(t, sl_store_latest_version(t->store, 1, &version, &t->err));
  assert_int_equal(version, 0);
  import_from(t, t->data);
  assert_int_equal(t->got.reused, MANY);
  assert_int_equal(t->version.seq, 1);
  assert_int_equal(t->version.samples, MANY);
  assert_int_equal(samples_kept(t), MANY);
  sl_version_row *staging;
  size_t count;
  assert_ok(t, sl_store_list_versions(t->store, t->arena, 0, SL_VERSION_STAGING, &staging, &count,
                                      &t->err));
  assert_int_equal(count, 0);
}

// Files cannot grow beyond 300 kB in the child: as when the disk is full.
static void a_full_disk_loses_nothing(void **state) {
  testing *t = *state;
  make_many(t);
  sl_store_close(t->store);
  t->store = NULL;
  pid_t child = fork();
  if (child == 0) {
    struct rlimit limit = {300000, 300000};
    signal(SIGXFSZ, SIG_IGN);
    open_workspace(t);
    (void)setrlimit(RLIMIT_FSIZE, &limit);
    sl_status status = import_status(t, t->data);
    _exit(status != SL_OK && sl_error_message(&t->err)[0] != '\0' ? 42 : (int)status);
  }
  int how = 0;
  waitpid(child, &how, 0);
  assert_true(WIFEXITED(how));
  assert_int_equal(WEXITSTATUS(how), 42);
  open_workspace(t);
  import_from(t, t->data);
  assert_int_equal(t->version.samples, MANY);
  assert_int_equal(t->version.seq, 1);
  assert_int_equal(samples_kept(t), MANY);
}

static void one_import_at_a_time(void **state) {
  testing *t = *state;
  sl_store *other = NULL;
  copy_folder(t);
  const char *path = sl_store_path(t->store);
  assert_ok(t, sl_store_open(path, &(sl_store_options){0}, &other, &t->err));
  assert_ok(t, sl_store_lock(other, &t->err));
  assert_fails(t, SL_E_BUSY, "", import_status(t, t->data));
  sl_store_unlock(other);
  sl_store_close(other);
  import_from(t, t->data);
}

static void threads_do_not_matter(void **state) {
  testing *t = *state;
  char key[65];
  make_many(t);
  t->options.threads = 1;
  import_from(t, t->data);
  memcpy(key, t->version.key, sizeof key);
  t->options.threads = 7;
  t->options.name = "again";
  import_from(t, t->data);
  assert_string_equal(t->version.key, key);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(the_same_again_is_unchanged, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_version_says_what_changed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(new_bytes_under_an_old_name, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_new_label_needs_no_reading, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_split_can_be_given, set_up, tear_down),
      cmocka_unit_test_setup_teardown(several_sources_keep_their_names_apart, set_up, tear_down),
      cmocka_unit_test_setup_teardown(two_places_are_two_datasets, set_up, tear_down),
      cmocka_unit_test_setup_teardown(copies_outlive_their_files, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_known_file_can_be_copied_later, set_up, tear_down),
      cmocka_unit_test_setup_teardown(equal_bytes_are_duplicates, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_repaired_file_is_read_again, set_up, tear_down),
      cmocka_unit_test_setup_teardown(cancelled_work_is_kept, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_killed_import_goes_on, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_full_disk_loses_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(one_import_at_a_time, set_up, tear_down),
      cmocka_unit_test_setup_teardown(threads_do_not_matter, set_up, tear_down),
  };
  return cmocka_run_group_tests_name("import", tests, NULL, NULL);
}
