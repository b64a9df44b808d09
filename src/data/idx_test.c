// SPDX-License-Identifier: Apache-2.0
// Tests of IDX files: items, labels, packed files, damage, the whole of Fashion-MNIST.
#include "data/data_testing.h"

#define IDX DATA "idx/"
#define BROKEN DATA "idx-broken/"
#define FASHION "/usr/share/datasets/fashion-mnist"

static int64_t sum_of(const sl_image *image) {
  int64_t sum = 0;
  for (int64_t i = 0; i < (int64_t)image->width * image->height * image->channels; i++)
    sum += image->pixels[i];
  return sum;
}

// Every item against what numpy read; see tests/goldens/make_data_samples.py.
static void compare_items(testing *t, int64_t *checked) {
  sl_sample_reader *reader = sl_sample_reader_new(t->arena, t->store);
  FILE *file = fopen(IDX "expected.txt", "r");
  char name[64], label[16];
  long long sum;
  assert_non_null(file);
  while (fscanf(file, "%63s %15s %lld", name, label, &sum) == 3) {
    sl_sample_data data;
    sl_sample_row row = sample_at(t, name);
    assert_ok(t, sl_sample_read(reader, &row, &data, &t->err));
    assert_int_equal(data.is_pixels, 1);
    assert_int_equal(sum_of(data.pixels), sum);
    assert_string_equal(row.label != NULL ? row.label : "-", label);
    ++*checked;
  }
  fclose(file);
}

static void a_folder_of_pairs(void **state) {
  testing *t = *state;
  int64_t checked = 0;
  import_from(t, DATA "idx");
  assert_string_equal(t->version.format, "idx");
  assert_int_equal(t->version.samples, 27);
  assert_int_equal(t->version.labelled, 25);
  assert_string_equal(t->version.classes,
                      "[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]");
  assert_string_equal(text_at(t, SL_COLUMN_SPLIT, "t10k-images/00003"), "test");
  assert_string_equal(text_at(t, SL_COLUMN_SPLIT, "train-images/00003"), "train");
  assert_null(text_at(t, SL_COLUMN_SPLIT, "rgb-images/00001"));
  assert_string_equal(text_at(t, SL_COLUMN_MODE, "rgb-images/00001"), "RGB");
  assert_int_equal(number_at(t, SL_COLUMN_WIDTH, "rgb-images/00001"), 5);
  assert_int_equal(number_at(t, SL_COLUMN_HEIGHT, "rgb-images/00001"), 6);
  assert_note(t, "no labels file beside \"rgb-images-idx4-ubyte\"");
  compare_items(t, &checked);
  assert_int_equal(checked, 27);
  import_from(t, DATA "idx");
  assert_int_equal(t->got.unchanged, 1);
  assert_int_equal(t->got.reused, 27);
}

static void one_file_is_only_that_file(void **state) {
  testing *t = *state;
  import_from(t, IDX "train-images-idx3-ubyte");
  assert_int_equal(t->version.samples, 5);
  import_from(t, IDX "t10k-images-idx3-ubyte.gz");
  assert_int_equal(t->version.samples, 20);
}

static void the_container_may_go_when_it_was_packed(void **state) {
  testing *t = *state;
  sl_sample_data data;
  shell(t, "cp -p '" IDX "'t10k* '" IDX "'train* .");
  import_from(t, t->data);
  sl_sample_row packed = sample_at(t, "t10k-images/00001");
  sl_sample_row plain = sample_at(t, "train-images/00001");
  sl_sample_reader *reader = sl_sample_reader_new(t->arena, t->store);
  shell(t, "rm t10k*; cp train-images-idx3-ubyte kept; head -c 100 kept > train-images-idx3-ubyte");
  assert_ok(t, sl_sample_read(reader, &packed, &data, &t->err));
  assert_fails(t, SL_E_STALE, "changed since", sl_sample_read(reader, &plain, &data, &t->err));
  shell(t, "rm train-images-idx3-ubyte");
  reader = sl_sample_reader_new(t->arena, t->store);
  assert_fails(t, SL_E_NOT_FOUND, "train-images", sl_sample_read(reader, &plain, &data, &t->err));
}

static void hostile_rows_are_refused(void **state) {
  testing *t = *state;
  sl_sample_data data;
  import_from(t, DATA "idx");
  sl_sample_reader *reader = sl_sample_reader_new(t->arena, t->store);
  sl_sample_row row = sample_at(t, "t10k-images/00001");
  row.offset = INT64_MAX - 10;
  assert_fails(t, SL_E_FORMAT, "outside of its container",
               sl_sample_read(reader, &row, &data, &t->err));
  row.offset = 16;
  row.length = INT64_MAX;
  assert_fails(t, SL_E_FORMAT, "size of its pixels", sl_sample_read(reader, &row, &data, &t->err));
  row.length = 784;
  row.root = "blob:../../etc/passwd";
  assert_fails(t, SL_E_ARG, "", sl_sample_read(reader, &row, &data, &t->err));
}

static void broken_twins(void **state) {
  testing *t = *state;
  assert_fails(t, SL_E_FORMAT, "promises 2352 bytes, it has fewer",
               import_status(t, BROKEN "cut-images-idx3-ubyte"));
  assert_fails(t, SL_E_FORMAT, "it has more", import_status(t, BROKEN "more-images-idx3-ubyte"));
  assert_fails(t, SL_E_FORMAT, "unexpected end of file",
               import_status(t, BROKEN "packed-images-idx3-ubyte.gz"));
  assert_fails(t, SL_E_LIMIT, "claims more than",
               import_status(t, BROKEN "huge-images-idx3-ubyte"));
  assert_fails(t, SL_E_FORMAT, "has 2 labels for 3 images",
               import_status(t, BROKEN "few-images-idx3-ubyte"));
  assert_fails(t, SL_E_UNSUPPORTED, "holds floats",
               import_status(t, BROKEN "float-images-idx3-ubyte"));
  assert_fails(t, SL_E_FORMAT, "holds labels, not images",
               import_status(t, IDX "train-labels-idx1-ubyte"));
  int64_t dataset = 0;
  assert_ok(t, sl_store_find_dataset(t->store, "cut-images-idx3-ubyte", &dataset, &t->err));
  assert_int_equal(dataset, 0);
}

// A small .gz that would inflate to 100 MB stops where its header says the data ends.
static void a_bomb_is_not_unpacked(void **state) {
  testing *t = *state;
  shell(t,
        "(printf '\\0\\0\\10\\3\\0\\0\\0\\1\\0\\0\\0\\2\\0\\0\\0\\2'; head -c 100000000 /dev/zero)"
        " | gzip > b-images-idx3-ubyte.gz");
  assert_fails(t, SL_E_FORMAT, "it has more",
               import_status(t, in_data(t, "b-images-idx3-ubyte.gz")));
}

static void the_whole_of_fashion_mnist(void **state) {
  testing *t = *state;
  if (!sl_file_is_dir(FASHION)) {
    print_message("[ SKIPPED ] the Debian package dataset-fashion-mnist is not installed\n");
    return;
  }
  import_from(t, FASHION);
  assert_int_equal(t->version.samples, 70000);
  assert_int_equal(t->version.labelled, 70000);
  assert_int_equal(t->version.broken, 0);
  sl_column label = column_of(t, SL_COLUMN_LABEL);
  assert_int_equal(label.text_count, 10);
  int64_t counts[10] = {0};
  for (int64_t row = 0; row < label.rows; row++) counts[((const uint32_t *)label.values)[row]]++;
  for (int i = 0; i < 10; i++) assert_int_equal(counts[i], 7000);
  assert_string_equal(text_at(t, SL_COLUMN_LABEL, "t10k-images/00000"), "9");
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_folder_of_pairs, set_up, tear_down),
      cmocka_unit_test_setup_teardown(one_file_is_only_that_file, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_container_may_go_when_it_was_packed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(hostile_rows_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(broken_twins, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_bomb_is_not_unpacked, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_whole_of_fashion_mnist, set_up, tear_down),
  };
  return cmocka_run_group_tests_name("idx", tests, NULL, NULL);
}
