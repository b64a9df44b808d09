// SPDX-License-Identifier: Apache-2.0
// Tests of what happens before a run: sets of labels, and sigmoids of one-label data.
#include "op/evaluation.h"

#include "data/data_testing.h"
#include "op/engine_state.h"
#include "op/label_sets.h"
#include "op/progress.h"

#define PNG DATA "folder/train/boot/1.png"
#define MULTI_LABEL SL_TEST_DATA "/model/multilabel.onnx"  // four sigmoids

static sl_op_call call_of(testing *t) {
  sl_op_meter *meter = SL_NEW(t->arena, sl_op_meter);
  sl_op_meter_open(meter);
  return (sl_op_call){.engine = SL_NEW(t->arena, sl_engine),
                      .store = t->store,
                      .arena = t->arena,
                      .threads = 1,
                      .op = "eval",
                      .meter = meter};
}

static int mentions(const sl_text_list *texts, const char *part) {
  for (int64_t i = 0; i < texts->count; i++)
    if (strstr(texts->at[i], part) != NULL) return 1;
  return 0;
}

// Five images with the labels that `lines` gives, one JSON member each.
static void import_labels(testing *t, const char *const lines[5]) {
  sl_text text = {0};
  for (int i = 0; i < 5; i++) {
    shell(t, sl_arena_printf(t->arena, "cp '" PNG "' %d.png", i));
    sl_text_printf(&text, "{\"path\":\"%d.png\"%s}\n", i, lines[i]);
  }
  write_text(t, "m.jsonl", sl_text_z(&text));
  sl_text_free(&text);
  import_from(t, in_data(t, "m.jsonl"));
}

// ---- sets of labels -----------------------------------------------------------------------------

static void sets_are_bits_of_classes(void **state) {
  enum { CLASSES = 70 };
  testing *t = *state;
  static const char *const lines[5] = {",\"label\":\"c1\"", ",\"labels\":[\"c0\",\"c69\"]", "",
                                       ",\"labels\":[\"c63\",\"c64\",\"c1\"]",
                                       ",\"labels\":[\"c2\",\"stranger\"]"};
  static const uint64_t wanted[5][2] = {
      {2, 0}, {1, 1U << 5}, {0, 0}, {UINT64_C(1) << 63 | 2, 1}, {4, 0}};
  import_labels(t, lines);
  sl_op_call call = call_of(t);
  const char **names = SL_NEW_ARRAY(t->arena, const char *, CLASSES);
  for (int i = 0; i < CLASSES; i++) names[i] = sl_arena_printf(t->arena, "c%d", i);
  sl_evaluation e = {.call = &call, .version = t->version, .rows = 5};
  e.contract.class_count = CLASSES;
  e.contract.classes.names = (sl_texts){names, CLASSES};
  e.contract.classes.source = "the test";
  assert_ok(t, sl_multi_label_targets(&e, &t->err));
  assert_non_null(e.target_sets);
  for (int row = 0; row < 5; row++)
    assert_memory_equal(e.target_sets + 2 * row, wanted[row], sizeof wanted[row]);
  assert_int_equal(e.notes.unmatched_labels, 1);
  assert_true(mentions(&e.remarks, "stranger"));
}

static void data_without_labels_have_no_sets(void **state) {
  testing *t = *state;
  static const char *const lines[5] = {"", "", "", "", ""};
  import_labels(t, lines);
  sl_op_call call = call_of(t);
  sl_evaluation e = {.call = &call, .version = t->version, .rows = 5};
  e.contract.class_count = 4;
  assert_ok(t, sl_multi_label_targets(&e, &t->err));
  assert_null(e.target_sets);
}

// ---- sigmoids -----------------------------------------------------------------------------------

static sl_evaluation observed(testing *t, sl_op_call *call, const sl_run_params *params) {
  sl_evaluation e;
  assert_ok(t, sl_evaluation_open(call, MULTI_LABEL, &t->version, params, &e, &t->err));
  assert_int_equal(e.contract.scores, SL_SCORES_MULTILABEL);
  assert_ok(t, sl_evaluation_observe(&e, &t->err));
  return e;
}

static void sigmoids_of_one_label_data_give_the_best_class(void **state) {
  testing *t = *state;
  static const char *const lines[5] = {",\"label\":\"a\"", ",\"label\":\"b\"", ",\"label\":\"c\"",
                                       ",\"label\":\"d\"", ""};
  import_labels(t, lines);
  sl_op_call call = call_of(t);
  sl_run_params params = {0};
  sl_evaluation e = observed(t, &call, &params);
  assert_int_equal(e.contract.scores, SL_SCORES_PROBABILITIES);
  assert_true(e.contract.scores_activated);
  assert_true(mentions(&e.remarks, "no sample has several labels"));
  params.scores = SL_SCORES_MULTILABEL;
  e = observed(t, &call, &params);
  assert_int_equal(e.contract.scores, SL_SCORES_MULTILABEL);
  assert_false(mentions(&e.remarks, "no sample has several labels"));
}

static void sigmoids_of_label_lists_stay_independent(void **state) {
  testing *t = *state;
  static const char *const lines[5] = {",\"label\":\"a\"", ",\"label\":\"b\"", ",\"label\":\"c\"",
                                       ",\"label\":\"d\"", ",\"labels\":[\"a\",\"b\"]"};
  import_labels(t, lines);
  sl_op_call call = call_of(t);
  sl_run_params params = {0};
  sl_evaluation e = observed(t, &call, &params);
  assert_int_equal(e.labelled, 4);
  assert_int_equal(e.contract.scores, SL_SCORES_MULTILABEL);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(sets_are_bits_of_classes),
      TEST(data_without_labels_have_no_sets),
      TEST(sigmoids_of_one_label_data_give_the_best_class),
      TEST(sigmoids_of_label_lists_stay_independent),
  };
  return cmocka_run_group_tests_name("evaluation", tests, NULL, NULL);
}
