// SPDX-License-Identifier: Apache-2.0
// Tests of class maps: every way they are written, and every way labels meet them.
#include <cmocka.h>
#include <string.h>

#include "model/classes.h"

static int make(void **state) {
  *state = sl_arena_new(NULL, "test");
  return 0;
}

static int drop(void **state) {
  sl_arena_free(*state);
  return 0;
}

static sl_class_map parse(sl_arena *arena, const char *text) {
  sl_error err = {0};
  sl_class_map map;
  if (sl_class_map_parse(arena, text, strlen(text), "file \"x\"", &map, &err) != SL_OK)
    fail_msg("%s: %s", text, sl_error_message(&err));
  return map;
}

static void reads_every_way_of_writing(void **state) {
  static const char *const ways[] = {
      "cat\ndog\r\n\nhorse\n",
      "0 cat\n1 dog\n2 horse\n",
      "2: horse\n0: cat\n1: dog\n",
      "0,cat\n1,dog\n2,horse",
      "[\"cat\", \"dog\", \"horse\"]",
      "{\"0\": \"cat\", \"2\": \"horse\", \"1\": \"dog\"}",
      "{\"dog\": 1, \"cat\": 0, \"horse\": 2}",
      "{0: 'cat', 1: 'dog', 2: 'horse'}",
      "{\"names\": [\"cat\", \"dog\", \"horse\"]}",
      "n1 cat\nn2 dog\nn3 horse\n",
      "{\"0\": [\"n1\", \"cat\"], \"1\": [\"n2\", \"dog\"], \"2\": [\"n3\", \"horse\"]}",
  };
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
    sl_class_map map = parse(*state, ways[i]);
    if (map.names.count != 3 || strcmp(map.names.at[0], "cat") != 0 ||
        strcmp(map.names.at[1], "dog") != 0 || strcmp(map.names.at[2], "horse") != 0)
      fail_msg("%s", ways[i]);
    assert_int_equal(map.ids.count, strchr(ways[i], 'n') != NULL && strstr(ways[i], "n1") ? 3 : 0);
  }
  sl_class_map map = parse(*state, "great white shark\ntench, Tinca tinca\n");
  assert_string_equal(map.names.at[0], "great white shark");
  assert_string_equal(map.names.at[1], "tench, Tinca tinca");
}

static void refuses_gaps_and_doubles(void **state) {
  static const char *const wrong[][2] = {
      {"{\"0\": \"a\", \"2\": \"b\"}", "number 2 among 2"},
      {"{\"0\": \"a\", \"00\": \"b\"}", "number 0 twice"},
      {"[]", "names no classes"},
      {"", "names no classes"},
      {"{\"a\": \"x\", \"b\": 1}", "number -1"},
      {"\xff\xfe", "not UTF-8"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    sl_error err = {0};
    sl_class_map map;
    sl_status status =
        sl_class_map_parse(*state, wrong[i][0], strlen(wrong[i][0]), "x", &map, &err);
    if (status != SL_E_FORMAT || strstr(sl_error_message(&err), wrong[i][1]) == NULL)
      fail_msg("%s: %s", wrong[i][0], sl_error_message(&err));
  }
}

static sl_class_match match(sl_arena *arena, const char *classes, const char *const *labels,
                            int64_t count, int64_t outputs) {
  sl_error err = {0};
  sl_class_map map = {0};
  if (classes != NULL) map = parse(arena, classes);
  sl_texts list = {labels, count};
  sl_class_match out;
  assert_int_equal(sl_class_map_match(arena, &map, &list, outputs, &out, &err), SL_OK);
  return out;
}

static void labels_meet_classes_by_name(void **state) {
  static const char *const labels[] = {
      "dog", "n3", "Great_White-Shark", "n4_whatever", "zebra", "tinca TINCA", "crane"};
  sl_class_match m = match(*state,
                           "n1 cat\nn2 dog\nn3 horse\nn4 great white shark\n"
                           "n5 tench, Tinca tinca\nn6 crane, bird\nn7 crane, machine\n",
                           labels, 7, 7);
  static const int32_t wanted[] = {1, 2, 3, 3, -1, 4, -1};
  static const sl_class_how how[] = {SL_MATCH_NAME, SL_MATCH_ID,   SL_MATCH_NORMALISED,
                                     SL_MATCH_ID,   SL_MATCH_NONE, SL_MATCH_FIRST_NAME,
                                     SL_MATCH_NONE};
  for (int i = 0; i < 7; i++) {
    assert_int_equal(m.class_of_label[i], wanted[i]);
    assert_int_equal(m.how[i], how[i]);
  }
  assert_int_equal(m.matched, 5);
  assert_int_equal(m.unmatched_labels.count, 1);
  assert_string_equal(m.unmatched_labels.at[0], "zebra");
  assert_int_equal(m.ambiguous.count, 1);
  assert_string_equal(m.ambiguous.at[0], "crane");
  assert_int_equal(m.unmatched_classes.count, 3);
  assert_int_equal(m.notes.count, 6);
}

static void numbers_and_order_are_said(void **state) {
  static const char *const numbers[] = {"2", "10", "0"};
  sl_class_match m = match(*state, NULL, numbers, 3, 11);
  assert_int_equal(m.class_of_label[1], 10);
  assert_int_equal(m.how[1], SL_MATCH_NUMBER);
  assert_non_null(strstr(m.notes.at[0], "numbers"));
  static const char *const names[] = {"dog", "cat"};
  m = match(*state, NULL, names, 2, 2);
  assert_int_equal(m.class_of_label[0], 1);
  assert_int_equal(m.class_of_label[1], 0);
  assert_non_null(strstr(m.notes.at[0], "alphabetical"));
  m = match(*state, NULL, names, 2, 3);
  assert_int_equal(m.matched, 0);
  assert_non_null(strstr(m.notes.at[0], "2 labels where the model has 3 outputs"));
  // Numbers that are names of classes stay names.
  m = match(*state, "[\"2\", \"0\", \"1\"]", numbers, 1, 3);
  assert_int_equal(m.class_of_label[0], 0);
}

static void equal_names_are_told_apart(void **state) {
  sl_class_map map = parse(*state, "n1 cat\nn2 crane\nn3 crane\n");
  sl_class_map_distinguish(*state, &map);
  assert_string_equal(map.names.at[0], "cat");
  assert_string_equal(map.names.at[1], "crane (n2)");
  assert_string_equal(map.names.at[2], "crane (n3)");
  map = parse(*state, "crane\ncat\ncrane\n");
  sl_class_map_distinguish(*state, &map);
  assert_string_equal(map.names.at[0], "crane (0)");
  assert_string_equal(map.names.at[2], "crane (2)");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
  const struct CMUnitTest tests[] = {
      TEST(reads_every_way_of_writing),  TEST(refuses_gaps_and_doubles),
      TEST(labels_meet_classes_by_name), TEST(numbers_and_order_are_said),
      TEST(equal_names_are_told_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
