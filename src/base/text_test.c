// SPDX-License-Identifier: Apache-2.0
// Text, escaping, numbers, maps, hashes, arenas.
#include "base/text.h"

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"

static int set_up(void **state) {
  *state = sl_arena_new(NULL, "test");
  return 0;
}

static int tear_down(void **state) {
  sl_arena_free(*state);
  return 0;
}

static void show(sl_arena *arena, const char *bytes, size_t size, const char *want) {
  assert_string_equal(sl_display(arena, bytes, size), want);
}

static void hostile_names_are_escaped(void **state) {
  show(*state, "caf\xC3\xA9 \xF0\x9F\x90\xB1.jpg", 14, "caf\xC3\xA9 \xF0\x9F\x90\xB1.jpg");
  show(*state, "a\\b", 3, "a\\b");
  show(*state, "a\nb\x1B[2J", 7, "a\\x0Ab\\x1B[2J");
  show(*state, "\xE2\x80\xAEgpj.exe", 10, "\\u{202E}gpj.exe");
  show(*state, "bad\xFFname\\", 9, "bad\\xFFname\\\\");
  show(*state, "\xC0\xAF", 2, "\\xC0\\xAF");
  show(*state, "\xED\xA0\x80", 3, "\\xED\\xA0\\x80");
}

static void numbers_read_back(void **state) {
  (void)state;
  static const double values[] = {0, 0.1, 1.0 / 3, 1e-300, 123456789012345680.0, -2.5, 5e-324};
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
    char text[32];
    double back;
    sl_format_real(values[i], text);
    assert_true(sl_parse_real(text, &back));
    assert_true(back == values[i]);
  }
  int64_t whole;
  double real;
  assert_true(sl_parse_int("-9223372036854775808", &whole) && whole == INT64_MIN);
  assert_false(sl_parse_int("9223372036854775808", &whole));
  assert_false(sl_parse_int("12 ", &whole) || sl_parse_int("", &whole) ||
               sl_parse_int("0x1", &whole));
  assert_false(sl_parse_real("1,5", &real) || sl_parse_real(" 1", &real) ||
               sl_parse_real("", &real));
}

static void words_follow_their_number(void **state) {
  (void)state;
  static const int64_t many[] = {-1, 0, 2, 101};
  assert_string_equal(sl_plural(1, "class", "classes"), "class");
  for (size_t i = 0; i < 4; i++)
    assert_string_equal(sl_plural(many[i], "class", "classes"), "classes");
}

static void near_names_are_found(void **state) {
  (void)state;
  static const char *const names[] = {"import", "report", "export"};
  assert_string_equal(sl_nearest("imprt", names, 3), "import");
  assert_string_equal(sl_nearest("exprot", names, 3), "export");
  assert_null(sl_nearest("xyzzy", names, 3));
}

static void keys_hold_no_path(void **state) {
  (void)state;
  assert_true(sl_is_key("thumb-00ff-96") && sl_is_key("r12"));
  assert_false(sl_is_key("") || sl_is_key("../x") || sl_is_key("A") || sl_is_key("a%2e"));
  char long_key[200];
  memset(long_key, 'a', sizeof long_key);
  long_key[129] = '\0';
  assert_false(sl_is_key(long_key));
  long_key[128] = '\0';
  assert_true(sl_is_key(long_key));
}

static void maps_hold_what_was_set(void **state) {
  sl_map *map = sl_map_new(*state);
  char key[16];
  for (int i = 0; i < 20000; i++) {
    snprintf(key, sizeof key, "k%d", i);
    assert_true(sl_map_set_text(map, key, i));
  }
  assert_false(sl_map_set_text(map, "k7", 70));
  assert_int_equal(sl_map_count(map), 20000);
  for (int i = 0; i < 20000; i++) {
    snprintf(key, sizeof key, "k%d", i);
    assert_int_equal(sl_map_get_text(map, key, -1), i == 7 ? 70 : i);
  }
  assert_int_equal(sl_map_get_text(map, "k20000", -1), -1);
  assert_true(sl_map_set(map, "a\0b", 3, 1) && sl_map_set(map, "a\0c", 3, 2));
  assert_int_equal(sl_map_get(map, "a\0b", 3, -1), 1);
}

static void hashes_are_sha_256(void **state) {
  (void)state;
  sl_hash hash = sl_hash_of("abc", 3), back;
  char hex[65];
  sl_hash_hex(&hash, hex);
  assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert_true(sl_hash_from_hex(hex, &back) && sl_hash_equal(&hash, &back));
  assert_false(sl_hash_from_hex("ba78", &back));
  sl_hasher hasher;
  sl_hasher_init(&hasher);
  sl_hasher_add(&hasher, "a", 1);
  sl_hasher_add(&hasher, "bc", 2);
  back = sl_hasher_done(&hasher);
  assert_true(sl_hash_equal(&hash, &back));
}

static void random_numbers_are_uniform_and_repeatable(void **state) {
  (void)state;
  sl_random a = {42}, b = {42};
  int counts[7] = {0};
  for (int i = 0; i < 70000; i++) counts[sl_random_below(&a, 7)]++;
  for (int i = 0; i < 7; i++) assert_in_range(counts[i], 9600, 10400);
  sl_random c = {42};
  for (int i = 0; i < 100; i++) assert_true(sl_random_next(&b) == sl_random_next(&c));
}

static void note(void *arg) { strcat(*(char **)arg, "x"); }

static void arenas_clean_up_children_first(void **state) {
  char log[8] = "";
  char *at = log;
  sl_arena *parent = sl_arena_new(*state, "parent"), *child = sl_arena_new(parent, "child");
  sl_arena_on_free(child, note, &at);
  sl_arena_on_free(parent, note, &at);
  char *big = sl_arena_push(parent, 1 << 20);
  char *small = sl_arena_push(parent, 3);
  assert_true(big[(1 << 20) - 1] == 0 && small[2] == 0);
  assert_true(sl_arena_bytes(parent) >= 1 << 20);
  sl_arena_free(parent);
  assert_string_equal(log, "xx");
}

static void sizes_from_input_are_bounded(void **state) {
  void *out;
  sl_error err = {0};
  assert_int_equal(sl_arena_try_push(*state, SIZE_MAX / 2, 4, 1 << 20, "pixels", &out, &err),
                   SL_E_LIMIT);
  assert_non_null(strstr(sl_error_message(&err), "pixels"));
  sl_heap_fail_after(1);
  assert_int_equal(sl_arena_try_push(*state, 10, 4, 1 << 20, "pixels", &out, &err), SL_E_MEMORY);
  assert_int_equal(sl_arena_try_push(*state, 10, 4, 1 << 20, "pixels", &out, &err), SL_OK);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {TEST(hostile_names_are_escaped),
                                     TEST(numbers_read_back),
                                     TEST(words_follow_their_number),
                                     TEST(near_names_are_found),
                                     TEST(keys_hold_no_path),
                                     TEST(maps_hold_what_was_set),
                                     TEST(hashes_are_sha_256),
                                     TEST(random_numbers_are_uniform_and_repeatable),
                                     TEST(arenas_clean_up_children_first),
                                     TEST(sizes_from_input_are_bounded)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
