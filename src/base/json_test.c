// SPDX-License-Identifier: Apache-2.0
// JSON and YAML: strict reading with places named, writing that reads back.
#include "base/json.h"

#include <cmocka.h>
#include <math.h>
#include <string.h>

static int set_up(void **state) {
  *state = sl_arena_new(NULL, "test");
  return 0;
}

static int tear_down(void **state) {
  sl_arena_free(*state);
  return 0;
}

static sl_status parse(sl_arena *arena, const char *text, const sl_json **out, sl_error *err) {
  return sl_json_parse(arena, text, strlen(text), "the text", out, err);
}

static void values_are_read(void **state) {
  const sl_json *v;
  sl_error err = {0};
  assert_int_equal(parse(*state, "{\"a\":[1,2.5,\"x\",true,null],\"b\":-7}", &v, &err), SL_OK);
  assert_int_equal(sl_json_int(sl_json_get(v, "b"), 0), -7);
  sl_json_iter it = sl_json_each(sl_json_get(v, "a"));
  assert_true(sl_json_next(&it) && sl_json_int(it.value, 0) == 1);
  assert_true(sl_json_next(&it) && sl_json_real(it.value, 0) == 2.5);
  assert_true(sl_json_next(&it) && strcmp(sl_json_text(it.value, ""), "x") == 0);
  assert_true(sl_json_next(&it) && sl_json_bool(it.value, 0) == 1);
  assert_true(sl_json_next(&it) && sl_json_kind_of(it.value) == SL_JSON_NULL);
  assert_false(sl_json_next(&it));
  assert_null(sl_json_get(v, "absent"));
}

static void objects_are_walked_in_order(void **state) {
  const sl_json *v;
  assert_int_equal(parse(*state, "{\"z\":[1,[2]],\"a\":{\"q\":3},\"m\":4}", &v, NULL), SL_OK);
  const char *const keys[] = {"z", "a", "m"};
  int seen = 0;
  for (sl_json_iter it = sl_json_each(v); sl_json_next(&it); seen++)
    assert_string_equal(it.key, keys[seen]);
  assert_int_equal(seen, 3);
}

static void refuses(void **state, const char *text, size_t size, sl_status want,
                    const char *words) {
  const sl_json *v;
  sl_error err = {0};
  assert_int_equal(sl_json_parse(*state, text, size, "the text", &v, &err), want);
  assert_non_null(strstr(sl_error_message(&err), words));
}

static void hostile_text_is_refused_with_its_place(void **state) {
  refuses(state, "{\"a\":1,\"a\":2}", 13, SL_E_FORMAT, "\"a\" twice");
  refuses(state, "\xEF\xBB\xBF{}", 5, SL_E_FORMAT, "byte-order mark");
  refuses(state, "\"a\\u0000b\"", 10, SL_E_FORMAT, "NUL");
  refuses(state, "[1e400]", 7, SL_E_FORMAT, "byte 1");
  refuses(state, "\"\\ud800\"", 8, SL_E_FORMAT, "byte");
  refuses(state, "[1,]", 4, SL_E_FORMAT, "byte 2");
  refuses(state, "", 0, SL_E_FORMAT, "not valid JSON");
  char deep[200001];
  memset(deep, '[', 100000);
  memset(deep + 100000, ']', 100000);
  refuses(state, deep, 200000, SL_E_LIMIT, "nested more than 64");
}

static void writer_and_reader_agree(void **state) {
  sl_text out = {0};
  sl_json_writer w;
  sl_json_begin(&w, &out);
  sl_json_open_object(&w);
  sl_json_key(&w, "t");
  sl_json_put_text(&w, "a\"b\\c\n\x01\xC3\xA9");
  sl_json_key(&w, "bad");
  sl_json_put_text(&w, "x\xFFy");
  sl_json_key(&w, "n");
  sl_json_put_real(&w, 0.1);
  sl_json_key(&w, "nan");
  sl_json_put_real(&w, NAN);
  sl_json_key(&w, "l");
  sl_json_open_list(&w);
  sl_json_put_int(&w, INT64_MIN);
  sl_json_open_list(&w);
  sl_json_close_list(&w);
  sl_json_close_list(&w);
  sl_json_close_object(&w);
  const sl_json *v;
  assert_int_equal(sl_json_parse(*state, out.at, out.size, "out", &v, NULL), SL_OK);
  assert_string_equal(sl_json_text(sl_json_get(v, "t"), ""), "a\"b\\c\n\x01\xC3\xA9");
  assert_string_equal(sl_json_text(sl_json_get(v, "bad"), ""), "x\\xFFy");
  assert_true(sl_json_real(sl_json_get(v, "n"), 0) == 0.1);
  assert_int_equal(sl_json_kind_of(sl_json_get(v, "nan")), SL_JSON_NULL);
  assert_string_equal(sl_json_print(*state, sl_json_get(v, "l")), "[-9223372036854775808,[]]");
  sl_text_free(&out);
}

static void yaml_is_read_as_people_write_it(void **state) {
  static const char text[] =
      "# a pipeline\npipeline:\n  - resize: {size: 256, kernel: pillow.bilinear}\n"
      "  - normalize:\n      mean: [0.5, -1, 1e-3]\n  - decode\nname: \"12\"\nflag: yes\nempty:\n";
  const sl_json *v;
  sl_error err = {0};
  assert_int_equal(sl_yaml_parse(*state, text, sizeof text - 1, "file", &v, &err), SL_OK);
  assert_string_equal(sl_json_print(*state, v),
                      "{\"pipeline\":[{\"resize\":{\"size\":256,\"kernel\":\"pillow.bilinear\"}},"
                      "{\"normalize\":{\"mean\":[0.5,-1,0.001]}},\"decode\"],\"name\":\"12\","
                      "\"flag\":true,\"empty\":null}");
}

static void yaml_tricks_are_refused(void **state) {
  static const char *const texts[] = {
      "a: &x 1\nb: *x\n", "a: !!python/object:os.system x\n", "a: 1\n---\nb: 2\n", "{a: [}\n", "",
      "? [a]\n: b\n"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    const sl_json *v;
    sl_error err = {0};
    assert_int_not_equal(sl_yaml_parse(*state, texts[i], strlen(texts[i]), "file", &v, &err),
                         SL_OK);
    assert_true(strlen(sl_error_message(&err)) > 0);
  }
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {TEST(values_are_read),
                                     TEST(objects_are_walked_in_order),
                                     TEST(hostile_text_is_refused_with_its_place),
                                     TEST(writer_and_reader_agree),
                                     TEST(yaml_is_read_as_people_write_it),
                                     TEST(yaml_tricks_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
