// SPDX-License-Identifier: Apache-2.0
// Tests of folders: the rule of labels, broken files, links, hostile names.
#include <fcntl.h>

#include "data/data_testing.h"

#define PNG DATA "folder/train/boot/1.png"

static void classes_below_splits(void **state) {
  testing *t = *state;
  import_from(t, DATA "folder");
  assert_int_equal(t->version.samples, 5);
  assert_int_equal(t->version.labelled, 5);
  assert_int_equal(t->version.broken, 0);
  assert_string_equal(t->version.format, "folder");
  assert_string_equal(t->version.classes, "[\"boot\",\"shirt\"]");
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "train/boot/deep/2.png"), "boot");
  assert_string_equal(text_at(t, SL_COLUMN_SPLIT, "train/boot/deep/2.png"), "train");
  assert_string_equal(text_at(t, SL_COLUMN_SPLIT, "test/shirt/4.jpg"), "test");
  assert_string_equal(text_at(t, SL_COLUMN_FORMAT, "test/shirt/4.jpg"), "jpeg");
  assert_string_equal(text_at(t, SL_COLUMN_MODE, "test/boot/3.png"), "L");
  assert_int_equal(number_at(t, SL_COLUMN_WIDTH, "test/boot/3.png"), 28);
  assert_false(has_column(t, SL_COLUMN_ERROR));
  assert_note(t, "1 .txt (first \"train/notes.txt\")");
  assert_note(t, "hidden files and folders were left out: 1");
  assert_note(t, "folder below the split");
}

static void the_folders_own_name_is_a_split(void **state) {
  testing *t = *state;
  import_from(t, DATA "folder/train");
  assert_string_equal(text_at(t, SL_COLUMN_SPLIT, "boot/1.png"), "train");
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "boot/1.png"), "boot");
  sl_dataset_row dataset;
  assert_ok(t, sl_store_get_dataset(t->store, t->arena, t->got.dataset, &dataset, &t->err));
  assert_string_equal(dataset.name, "folder");
}

static void a_class_may_be_called_test(void **state) {
  testing *t = *state;
  shell(t, "mkdir test exam; cp '" PNG "' test/1.png; cp '" PNG "' exam/1.png; cp '" PNG "' 0.png");
  import_from(t, t->data);
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "test/1.png"), "test");
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "exam/1.png"), "exam");
  assert_null(text_at(t, SL_COLUMN_LABEL, "0.png"));
  assert_int_equal(t->version.labelled, 2);
}

static void a_flat_folder_has_no_labels(void **state) {
  testing *t = *state;
  shell(t, "cp '" PNG "' a.png; cp '" PNG "' noending");
  import_from(t, t->data);
  assert_int_equal(t->version.samples, 2);
  assert_int_equal(t->version.labelled, 0);
  assert_null(t->version.classes);
  assert_false(has_column(t, SL_COLUMN_LABEL));
  assert_note(t, "labels: none");
}

static void labels_from_a_file(void **state) {
  testing *t = *state;
  shell(t, "mkdir x; cp '" PNG "' x/a.png; cp '" PNG "' b.png; cp '" PNG "' c.png");
  write_text(t, "labels.txt", "x/a.png 3\nc.png 65\nnobody.png 1\n");
  t->options.labels = in_data(t, "labels.txt");
  import_from(t, t->data);
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "x/a.png"), "3");
  assert_null(text_at(t, SL_COLUMN_LABEL, "b.png"));
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "c.png"), "65");
  assert_string_equal(t->version.classes, "[\"3\",\"65\"]");
  assert_note(t, "labels 2 of 3 samples");
  assert_note(t, "1 (first \"nobody.png\")");
  write_text(t, "labels.txt", "id,class\na,cat\n/somewhere/else/x/a.png,dog\nb.png,\"1, 2\"\n");
  import_from(t, t->data);
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "x/a.png"), "dog");
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "b.png"), "1, 2");
  write_text(t, "labels.txt", "file,labels\nx/a.png,cat|dog\nb.png,dog\n");
  import_from(t, t->data);
  assert_string_equal(text_at(t, SL_COLUMN_LABELS, "x/a.png"), "[\"cat\",\"dog\"]");
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "b.png"), "dog");
  write_text(t, "labels.txt", "file,label\nzzz.png,cat\n");
  assert_fails(t, SL_E_FORMAT, "names a sample", import_status(t, t->data));
  write_text(t, "labels.txt", "file,weight\na.png,1\n");
  assert_fails(t, SL_E_FORMAT, "no columns for the sample and its label",
               import_status(t, t->data));
}

static void labels_may_lie_beside_the_images(void **state) {
  testing *t = *state;
  shell(t, "cp '" PNG "' a.png; cp '" PNG "' b.png");
  write_text(t, "labels.csv", "file,label\na.png,boot\n");
  import_from(t, t->data);
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "a.png"), "boot");
  assert_note(t, "labels 1 of 2 samples");
  write_text(t, "labels.csv", "colour\nred\n");
  import_from(t, t->data);
  assert_int_equal(t->version.labelled, 0);
  assert_note(t, "no labels were taken: ");
}

static void broken_files_are_samples_with_an_error(void **state) {
  testing *t = *state;
  import_from(t, DATA "broken");
  assert_int_equal(t->version.samples, 15);
  assert_int_equal(t->version.broken, 8);
  assert_int_equal(t->got.problem_count, 8);
  assert_non_null(strstr(problem_of(t, "cut.png"), "end chunk of the PNG"));
  assert_non_null(strstr(problem_of(t, "cut.jpg"), "end marker of the JPEG"));
  assert_non_null(strstr(problem_of(t, "cut.tif"), "TIFF"));
  assert_non_null(strstr(problem_of(t, "cut.bmp"), "BMP"));
  assert_non_null(strstr(problem_of(t, "cut.pgm"), "PNM"));
  assert_non_null(strstr(problem_of(t, "cut.webp"), "WebP"));
  assert_non_null(strstr(problem_of(t, "page.jpg"), "an HTML page"));
  assert_string_equal(problem_of(t, "empty.png"), "the file is empty");
  assert_null(text_at(t, SL_COLUMN_ERROR, "more.jpg"));
  assert_null(text_at(t, SL_COLUMN_ERROR, "whole.webp"));
  assert_string_equal(text_at(t, SL_COLUMN_ERROR, "cut.png"), problem_of(t, "cut.png"));
}

static void links_stay_inside(void **state) {
  testing *t = *state;
  sl_sample_data data;
  shell(t, "mkdir a b; cp '" PNG
           "' b/real.png; ln -s ../b/real.png a/inside.png;"
           "ln -s '" PNG
           "' a/outside.png; ln -s nothing a/dangling.png; ln -s ../b a/folder;"
           "mkfifo a/pipe.png");
  import_from(t, t->data);
  assert_int_equal(t->version.samples, 5);
  assert_int_equal(t->version.broken, 3);
  assert_non_null(strstr(problem_of(t, "a/outside.png"), "leaves the folder"));
  assert_non_null(strstr(problem_of(t, "a/dangling.png"), "link to nothing"));
  assert_non_null(strstr(problem_of(t, "a/pipe.png"), "not a regular file"));
  assert_note(t, "symbolic links were not followed: 1");
  sl_sample_row row = sample_at(t, "a/inside.png");
  assert_string_equal(row.path, "b/real.png");
  sl_sample_reader *reader = sl_sample_reader_new(t->arena, t->store);
  assert_ok(t, sl_sample_read(reader, &row, &data, &t->err));
  // what was a file becomes a link out of the folder
  shell(t, "cp -p '" PNG "' ../secret.png; rm b/real.png; ln -s ../../secret.png b/real.png");
  assert_fails(t, SL_E_DENIED, "symbolic link", sl_sample_read(reader, &row, &data, &t->err));
}

static void any_name_works_as_bytes(void **state) {
  testing *t = *state;
  static const char *const names[] = {"new\nline.png",        "esc\x1b[31m.png",
                                      "rtl\xe2\x80\xae.png",  "bad\xff\xfe.png",
                                      "\xf0\x9f\x8d\x84.png", "q\"uote'.png"};
  sl_arena *arena = t->arena;
  sl_bytes png;
  assert_ok(t, sl_file_read(arena, PNG, 1 << 20, &png, &t->err));
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char *path = sl_arena_printf(arena, "%s/cl\tass", t->data);
    assert_ok(t, sl_file_make_dirs(path, &t->err));
    assert_ok(t, sl_file_write_atomic(sl_path_join(arena, path, names[i]), png.at,
                                      i == 1 ? 40 : png.size, &t->err));
  }
  import_from(t, t->data);
  sl_sample_reader *reader = sl_sample_reader_new(arena, t->store);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    sl_sample_data data;
    sl_sample_row row = sample_at(t, sl_arena_printf(arena, "cl\tass/%s", names[i]));
    assert_ok(t, sl_sample_read(reader, &row, &data, &t->err));
    assert_string_equal(row.label, "cl\tass");
  }
  assert_int_equal(t->got.problem_listed, 1);
  assert_string_equal(t->got.problems[0].name, "cl\\x09ass/esc\\x1B[31m.png");
}

// Deeper than a path may be: 25 folders of 200 letters.
static void very_long_paths_are_reported(void **state) {
  testing *t = *state;
  char name[201];
  memset(name, 'x', 200);
  name[200] = '\0';
  shell(t, "cp '" PNG "' a.png");
  int at = open(t->data, O_PATH | O_DIRECTORY);
  for (int depth = 0; depth < 25; depth++) {
    assert_int_equal(mkdirat(at, name, 0755), 0);
    int next = openat(at, name, O_PATH | O_DIRECTORY);
    close(at);
    at = next;
  }
  close(openat(at, "deep.png", O_WRONLY | O_CREAT, 0644));
  close(at);
  import_from(t, t->data);
  assert_int_equal(t->version.samples, 1);
  assert_note(t, "cannot be read were left out: 1");
}

static void one_image_is_a_source(void **state) {
  testing *t = *state;
  import_from(t, PNG);
  assert_int_equal(t->version.samples, 1);
  assert_string_equal(text_at(t, SL_COLUMN_FORMAT, "1.png"), "png");
}

static void the_workspace_is_no_data(void **state) {
  testing *t = *state;
  static const char *const names[] = {"data/.slitlamp", "data/x/.ws", "data/plain"};
  shell(t, "mkdir x; cp '" PNG "' a.png; cp '" PNG "' x/.hidden.png");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    sl_store_close(t->store);
    assert_ok(t, sl_store_open(sl_path_join(t->arena, t->folder, names[i]),
                               &(sl_store_options){.create = 1}, &t->store, &t->err));
    t->options.copy = 1;
    import_from(t, in_data(t, "a.png"));  // puts an image into the workspace
    import_from(t, t->data);
    assert_int_equal(t->version.samples, 1);
    assert_note(t, sl_arena_printf(t->arena, "left out: %zu", i + 1));  // of earlier rounds too
  }
}

static void a_huge_file_is_a_sample_with_an_error(void **state) {
  testing *t = *state;
  shell(t, "truncate -s 3G big.png; cp '" PNG "' a.png");
  import_from(t, t->data);
  assert_int_equal(t->version.broken, 1);
  assert_non_null(strstr(problem_of(t, "big.png"), "above the limit"));
}

static void bad_sources(void **state) {
  testing *t = *state;
  assert_fails(t, SL_E_NOT_FOUND, "there is no file or folder \"/no/where\"",
               import_status(t, "/no/where"));
  assert_fails(t, SL_E_FORMAT, "holds no sample", import_status(t, t->data));
  write_text(t, "net.onnx", "\x08\x07\x12\x07pytorch");
  assert_fails(t, SL_E_FORMAT, "is a model, not data", import_status(t, in_data(t, "net.onnx")));
  write_text(t, "data.zip", "PK\x03\x04xxxx");
  assert_fails(t, SL_E_FORMAT, "a ZIP archive", import_status(t, in_data(t, "data.zip")));
  write_text(t, "empty.csv", "");
  assert_fails(t, SL_E_FORMAT, "the file is empty", import_status(t, in_data(t, "empty.csv")));
  shell(t, "mkfifo pipe");
  assert_fails(t, SL_E_FORMAT, "neither a file nor a folder", import_status(t, in_data(t, "pipe")));
  t->options.format = "voc";
  assert_fails(t, SL_E_ARG, "no format \"voc\"", import_status(t, DATA "folder"));
}

static void an_unreadable_file_is_a_sample(void **state) {
  testing *t = *state;
  if (geteuid() == 0) {
    print_message("[ SKIPPED ] root may read every file\n");
    return;
  }
  shell(t, "cp '" PNG "' a.png; chmod 000 a.png");
  import_from(t, t->data);
  assert_int_equal(t->version.broken, 1);
  assert_non_null(strstr(problem_of(t, "a.png"), "ermission"));
  int64_t before = id_at(t, "a.png");
  import_from(t, t->data);
  assert_int_equal(t->got.unchanged, 1);
  assert_int_equal(id_at(t, "a.png"), before);
  shell(t, "chmod 644 a.png");
  import_from(t, t->data);
  assert_int_equal(t->version.broken, 0);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(classes_below_splits, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_folders_own_name_is_a_split, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_class_may_be_called_test, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_flat_folder_has_no_labels, set_up, tear_down),
      cmocka_unit_test_setup_teardown(labels_from_a_file, set_up, tear_down),
      cmocka_unit_test_setup_teardown(labels_may_lie_beside_the_images, set_up, tear_down),
      cmocka_unit_test_setup_teardown(broken_files_are_samples_with_an_error, set_up, tear_down),
      cmocka_unit_test_setup_teardown(links_stay_inside, set_up, tear_down),
      cmocka_unit_test_setup_teardown(any_name_works_as_bytes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(very_long_paths_are_reported, set_up, tear_down),
      cmocka_unit_test_setup_teardown(one_image_is_a_source, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_workspace_is_no_data, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_huge_file_is_a_sample_with_an_error, set_up, tear_down),
      cmocka_unit_test_setup_teardown(bad_sources, set_up, tear_down),
      cmocka_unit_test_setup_teardown(an_unreadable_file_is_a_sample, set_up, tear_down),
  };
  return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
