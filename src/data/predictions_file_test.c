// SPDX-License-Identifier: Apache-2.0
// Tests of predictions made elsewhere: tables, lists, arrays, and what does not fit.
#include "data/predictions_file.h"

#include <math.h>

#include "data/data_testing.h"
#include "tensor/npy.h"

static sl_predictions read_file(testing *t, const char *name) {
  sl_predictions p;
  assert_ok(t,
            sl_predictions_read(t->store, t->arena, in_data(t, name), t->got.version, &p, &t->err));
  t->got.notes = p.notes;
  return p;
}

static sl_status read_status(testing *t, const char *name) {
  sl_predictions p;
  return sl_predictions_read(t->store, t->arena, in_data(t, name), t->got.version, &p, &t->err);
}

static sl_predictions read_text(testing *t, const char *name, const char *text) {
  write_text(t, name, text);
  return read_file(t, name);
}

static float score(testing *t, const sl_predictions *p, const char *sample, int64_t class) {
  return p->scores[row_named(t, sample) * p->classes + class];
}

// Five samples: test/boot/3.png test/shirt/4.jpg train/boot/1.png train/boot/deep/2.png
// train/shirt/1.png
static int set_up_data(void **state) {
  int rc = set_up(state);
  if (rc == 0) import_from(*state, DATA "folder");
  return rc;
}

static void a_column_per_class(void **state) {
  testing *t = *state;
  sl_predictions p = read_text(t, "p.csv",
                               "path,shirt,boot,note\n"
                               "/home/me/folder/test/boot/3.png,0.25,0.75,x\n"
                               "4.jpg,1,0,\n"
                               "./train/boot/1.png,0.5,0.5,y\n"
                               "1.png,0.5,0.5,ambiguous\n"
                               "other.png,0,1,\n");
  assert_int_equal(p.rows, 5);
  assert_int_equal(p.classes, 2);
  assert_int_equal(p.matched, 3);
  assert_int_equal(p.unmatched, 2);
  assert_string_equal(p.class_names.at[0], "shirt");
  assert_null(p.pred);
  assert_float_equal(score(t, &p, "test/boot/3.png", 1), 0.75, 0);
  assert_float_equal(score(t, &p, "test/shirt/4.jpg", 0), 1, 0);
  assert_true(isnan(score(t, &p, "train/shirt/1.png", 0)));
  assert_note(t, "matched by name: 3 of 5 rows");
  assert_note(t, "2 (first \"1.png\", \"other.png\")");
  assert_note(t, "samples without a prediction: 2");
  assert_note(t, "no class were left out: note");
}

static void numbers_beside_the_scores(void **state) {
  testing *t = *state;
  sl_predictions p = read_text(t, "p.csv",
                               "id,label,prob_boot,prob_shirt,loss,area\n"
                               "3,boot,0.9,0.1,0.1,12\n4,shirt,0.2,0.8,0.2,13\n");
  assert_int_equal(p.classes, 2);
  assert_string_equal(p.class_names.at[1], "shirt");
  assert_float_equal(score(t, &p, "test/shirt/4.jpg", 1), 0.8, 1e-6);
  // logits of a model with more classes than the data has labels
  p = read_text(t, "q.csv", "file,boot,shirt,bag\n3.png,9,-1,2\n");
  assert_int_equal(p.classes, 3);
  assert_float_equal(score(t, &p, "test/boot/3.png", 2), 2, 0);
}

// Two names of a sample, of which one is another tool's id; numbers beside the scores that hide
// that the rows sum to one; a class that no sample is labelled with.
static void as_we_export_them(void **state) {
  testing *t = *state;
  sl_predictions p = read_text(t, "p.csv",
                               "sample,name,pred,outcome,entropy,loss,boot,shirt,bag\n"
                               "s7,test/boot/3.png,boot,right,0.2,0.1,0.97,0.02,0.01\n"
                               "s9,test/shirt/4.jpg,shirt,right,0.3,0.2,0.01,0.98,0.01\n");
  assert_int_equal(p.matched, 2);
  assert_int_equal(p.classes, 3);
  assert_float_equal(score(t, &p, "test/boot/3.png", 2), 0.01, 1e-6);
}

static void top_1_by_name(void **state) {
  testing *t = *state;
  sl_predictions p = read_text(t, "p.tsv",
                               "image\tprediction\tconfidence\n3.png\tbag\t0.5\n4.jpg\tshirt\t\n"
                               "4.jpg\tboot\t0.25\n");
  assert_null(p.scores);
  assert_int_equal(p.classes, 3);
  assert_string_equal(p.class_names.at[0], "boot");
  assert_string_equal(p.class_names.at[2], "bag");
  assert_int_equal(p.pred[row_named(t, "test/boot/3.png")], 2);
  assert_int_equal(p.pred[row_named(t, "test/shirt/4.jpg")], 0);
  assert_float_equal(p.confidence[row_named(t, "test/shirt/4.jpg")], 0.25, 0);
  assert_int_equal(p.pred[row_named(t, "train/boot/1.png")], -1);
  assert_note(t, "samples with several rows: the last counts");
}

static void top_1_by_number(void **state) {
  testing *t = *state;
  sl_predictions p = read_text(t, "p.jsonl", "{\"name\":\"3.png\",\"pred\":4}\n");
  assert_int_equal(p.classes, 5);
  assert_int_equal(p.class_names.count, 0);
  assert_int_equal(p.pred[row_named(t, "test/boot/3.png")], 4);
  assert_true(isnan(p.confidence[row_named(t, "test/boot/3.png")]));
}

static void scores_in_json(void **state) {
  testing *t = *state;
  sl_predictions p = read_text(t, "p.jsonl",
                               "{\"path\":\"3.png\",\"scores\":[1,2,3]}\n"
                               "{\"path\":\"4.jpg\",\"scores\":[4,5,6.5]}\n");
  assert_int_equal(p.classes, 3);
  assert_int_equal(p.class_names.count, 0);
  assert_float_equal(score(t, &p, "test/shirt/4.jpg", 2), 6.5, 0);
  p = read_text(t, "q.jsonl",
                "{\"path\":\"3.png\",\"probs\":{\"boot\":0.5,\"bag\":0.5}}\n"
                "{\"path\":\"4.jpg\",\"probs\":{\"hat\":1}}\n");
  assert_int_equal(p.classes, 3);
  assert_string_equal(p.class_names.at[2], "hat");
  assert_float_equal(score(t, &p, "test/shirt/4.jpg", 2), 1, 0);
  assert_float_equal(score(t, &p, "test/shirt/4.jpg", 0), 0, 0);
  assert_true(isnan(score(t, &p, "train/boot/1.png", 0)));
  // members that appear late are classes too
  p = read_text(t, "r.jsonl",
                "{\"path\":\"3.png\",\"boot\":null}\n"
                "{\"path\":\"4.jpg\",\"boot\":0.25,\"shirt\":0.75,\"x\":\"y\"}\n");
  assert_int_equal(p.classes, 2);
  assert_true(isnan(score(t, &p, "test/boot/3.png", 0)));
  assert_float_equal(score(t, &p, "test/shirt/4.jpg", 1), 0.75, 0);
}

static void write_npy(testing *t, const char *name, sl_dtype dtype, sl_shape shape,
                      const void *data) {
  sl_tensor tensor;
  sl_buffer *file;
  assert_ok(t, sl_tensor_new(dtype, &shape, &tensor, &t->err));
  memcpy(tensor.data, data, (size_t)sl_shape_count(&shape) * sl_dtype_size(dtype));
  assert_ok(t, sl_npy_write(&tensor, &file, &t->err));
  assert_ok(t, sl_file_write_atomic(in_data(t, name), file->bytes, file->size, &t->err));
  sl_buffer_release(file);
  sl_tensor_release(&tensor);
}

static void arrays_by_order(void **state) {
  testing *t = *state;
  static const double numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  static const int64_t classes[] = {3, 1, -1, 0, 2};
  write_npy(t, "p.npy", SL_DTYPE_F64, (sl_shape){2, {5, 2}}, numbers);
  sl_predictions p = read_file(t, "p.npy");
  assert_int_equal(p.classes, 2);
  assert_int_equal(p.matched, 5);
  assert_float_equal(p.scores[9], 9, 0);
  write_npy(t, "q.npy", SL_DTYPE_I64, (sl_shape){1, {5}}, classes);
  p = read_file(t, "q.npy");
  assert_int_equal(p.classes, 4);
  assert_int_equal(p.pred[0], 3);
  assert_int_equal(p.pred[2], -1);
  static const float odd[] = {NAN, 1, -INFINITY, 0, INFINITY, 0, 1, 1, 2, 2};
  write_npy(t, "o.npy", SL_DTYPE_F32, (sl_shape){2, {5, 2}}, odd);
  p = read_file(t, "o.npy");
  assert_true(isnan(p.scores[1]));
  assert_float_equal(p.scores[3], 0, 0);
  assert_true(isnan(p.scores[5]));
  assert_note(t, "rows whose scores are no numbers: 2");
  write_npy(t, "r.npy", SL_DTYPE_F64, (sl_shape){2, {2, 5}}, numbers);
  assert_fails(t, SL_E_FORMAT, "has 2 rows, the data has 5 samples", read_status(t, "r.npy"));
  write_npy(t, "s.npy", SL_DTYPE_F64, (sl_shape){3, {5, 2, 1}}, numbers);
  assert_fails(t, SL_E_FORMAT, "has 3 dimensions", read_status(t, "s.npy"));
  write_text(t, "t.npy", "\x93NUMPY\1");
  assert_fails(t, SL_E_FORMAT, "", read_status(t, "t.npy"));
}

static void what_does_not_fit(void **state) {
  testing *t = *state;
  static const struct {
    const char *name, *text, *says;
  } rows[] = {
      {"a.csv", "weight,boot\n1,2\n", "no column of"},
      {"b.csv", "path,label\n3.png,boot\n", "has no predictions"},
      {"c.csv", "path,boot,shirt\n", "has no rows"},
      {"d.csv", "path,boot,shirt\nx.png,1,0\n", "names a sample of the data"},
      {"e.csv", "path,boot,shirt\n3.png,0.5,0.5\n4.jpg,,0.5\n",
       "column 2 (\"boot\") holds no number"},
      {"f.jsonl", "{\"path\":\"3.png\",\"scores\":[1,2]}\n{\"path\":\"4.jpg\",\"scores\":[1]}\n",
       "line 2: it has 1 scores, the first row has 2"},
      {"j.jsonl", "{\"path\":\"3.png\",\"a\":1,\"b\":2}\n{\"path\":\"4.jpg\",\"a\":1}\n",
       "line 2: it has scores of 1 of 2 classes"},
      {"g.jsonl", "{\"path\":\"3.png\",\"scores\":[1,\"x\"]}\n", "score 2 is no number"},
      {"h.jsonl", "{\"scores\":[1,2]}\n", "line 1: no column names the sample"},
      {"i.csv", "path,pred\n3.png,99999999999\n", ""}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    write_text(t, rows[i].name, rows[i].text);
    sl_status wanted = i + 1 == sizeof rows / sizeof *rows ? SL_E_LIMIT : SL_E_FORMAT;
    assert_fails(t, wanted, rows[i].says, read_status(t, rows[i].name));
  }
}

static void what_looks_like_predictions(void **state) {
  testing *t = *state;
  write_text(t, "a.csv", "path,boot\n");
  write_text(t, "b.npy", "\x93NUMPY\1");
  write_text(t, "c.onnx", "\x08\x07\x12\x07pytorch");
  assert_true(sl_predictions_looks_like(in_data(t, "a.csv")));
  assert_true(sl_predictions_looks_like(in_data(t, "b.npy")));
  assert_false(sl_predictions_looks_like(in_data(t, "c.onnx")));
  assert_false(sl_predictions_looks_like(in_data(t, "none")));
  assert_false(sl_predictions_looks_like(t->data));
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_column_per_class, set_up_data, tear_down),
      cmocka_unit_test_setup_teardown(numbers_beside_the_scores, set_up_data, tear_down),
      cmocka_unit_test_setup_teardown(as_we_export_them, set_up_data, tear_down),
      cmocka_unit_test_setup_teardown(top_1_by_name, set_up_data, tear_down),
      cmocka_unit_test_setup_teardown(top_1_by_number, set_up_data, tear_down),
      cmocka_unit_test_setup_teardown(scores_in_json, set_up_data, tear_down),
      cmocka_unit_test_setup_teardown(arrays_by_order, set_up_data, tear_down),
      cmocka_unit_test_setup_teardown(what_does_not_fit, set_up_data, tear_down),
      cmocka_unit_test_setup_teardown(what_looks_like_predictions, set_up_data, tear_down),
  };
  return cmocka_run_group_tests_name("predictions file", tests, NULL, NULL);
}
