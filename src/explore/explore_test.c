// SPDX-License-Identifier: Apache-2.0
// Filters, facets and orders over a small table, against answers worked out by hand, and against a
// plain loop on a random one.
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "explore/facet.h"
#include "explore/filter.h"
#include "explore/order.h"

enum { ROWS = 6 };
static const float confidence[ROWS] = {0.9f, 0.2f, NAN, 0.5f, 0.9f, 0.95f};
static const uint32_t labels[ROWS] = {0, 1, 1, 2, 0, 0};
static const uint8_t label_valid = 0x1F;  // the last row has no label
static const char *const label_texts[] = {"cat", "dog|wolf", "a=b"};
static const uint8_t flags[ROWS] = {1, 0, 0, 1, 0, 0};
static const char *const names[ROWS] = {"a.png", "B/night.png", "c.png", NULL, "night2.PNG", "f"};

static const char *name_at(const void *ctx, int64_t row) {
  (void)ctx;
  return names[row];
}

typedef struct fixture {
  sl_arena *arena;
  sl_table *table;
} fixture;

static int set_up(void **state) {
  sl_arena *arena = sl_arena_new(NULL, "test");
  fixture *f = SL_NEW(arena, fixture);
  f->arena = arena;
  f->table = sl_table_new(arena, ROWS);
  const sl_field fields[] = {
      {.name = "confidence", .title = "Confidence", .dtype = SL_DTYPE_F32, .values = confidence},
      {.name = "label",
       .title = "Label",
       .kind = SL_FIELD_CATEGORY,
       .values = labels,
       .validity = &label_valid,
       .texts = label_texts,
       .text_count = 3},
      {.name = "flag", .title = "Flag", .kind = SL_FIELD_FLAG, .values = flags},
      {.name = "name", .title = "Name", .kind = SL_FIELD_NAME, .text_at = name_at}};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) sl_table_add(f->table, &fields[i]);
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  sl_arena_free(((fixture *)*state)->arena);
  return 0;
}

// "110000" for rows 0 and 1.
static const char *matched(fixture *f, const char *clause) {
  static char bits[ROWS + 1];
  sl_filter filter;
  sl_error err = {0};
  assert_int_equal(sl_filter_run(f->table, f->arena, &clause, 1, &filter, &err), SL_OK);
  for (int row = 0; row < ROWS; row++) bits[row] = sl_bitset_has(&filter.matched, row) ? '1' : '0';
  return bits;
}

static void clauses_choose_rows(void **state) {
  fixture *f = *state;
  assert_string_equal(matched(f, "label=cat"), "100010");
  assert_string_equal(matched(f, "label!=cat"), "011101");
  assert_string_equal(matched(f, "label=cat|a=b"), "100110");
  assert_string_equal(matched(f, "label=dog\\|wolf"), "011000");
  assert_string_equal(matched(f, "label="), "000001");
  assert_string_equal(matched(f, "label!="), "111110");
  assert_string_equal(matched(f, "confidence>=0.9"), "100011");
  assert_string_equal(matched(f, "confidence>0.9"), "000001");
  assert_string_equal(matched(f, "confidence<0.5"), "010000");
  assert_string_equal(matched(f, "confidence=0.2..0.5"), "010100");
  assert_string_equal(matched(f, "confidence=..0.4|0.95.."), "010001");
  assert_string_equal(matched(f, "confidence="), "001000");
  assert_string_equal(matched(f, "flag=true"), "100100");
  assert_string_equal(matched(f, "name~NIGHT"), "010010");
  assert_string_equal(matched(f, "name!~night"), "101101");
}

static void refuses(fixture *f, const char *clause, sl_status want, const char *words) {
  sl_filter filter;
  sl_error err = {0};
  assert_int_equal(sl_filter_run(f->table, f->arena, &clause, 1, &filter, &err), want);
  assert_true(strstr(sl_error_message(&err), words) || strstr(sl_error_hint(&err), words));
}

static void mistakes_are_told(void **state) {
  fixture *f = *state;
  refuses(f, "lable=cat", SL_E_NOT_FOUND, "Did you mean \"label\"");
  refuses(f, "label", SL_E_ARG, "no operator at character 6");
  refuses(f, "=x", SL_E_ARG, "no operator");
  refuses(f, "confidence=high", SL_E_ARG, "compares the number");
  refuses(f, "confidence>1|2", SL_E_ARG, "compares the number");
  refuses(f, "confidence~9", SL_E_ARG, "searches text");
  refuses(f, "label<3", SL_E_ARG, "orders the text field");
}

static void facets_count_under_the_other_clauses(void **state) {
  fixture *f = *state;
  const char *const clauses[] = {"label=cat", "confidence>=0.5"};
  sl_filter filter;
  assert_int_equal(sl_filter_run(f->table, f->arena, clauses, 2, &filter, NULL), SL_OK);
  assert_int_equal(sl_bitset_count(&filter.matched), 2);
  const sl_field *label = sl_table_find(f->table, "label");
  sl_bitset others = sl_filter_without(&filter, f->arena, label, ROWS);
  sl_bitset wrong = sl_bitset_new(f->arena, ROWS, 0);
  sl_bitset_add(&wrong, 0);
  sl_bitset_add(&wrong, 1);
  sl_facet_counts c;
  sl_facet_count(f->table, label, &others, &wrong, 10, f->arena, &c);
  assert_int_equal(c.bins, 3);
  assert_string_equal(c.values[0], "cat");
  assert_true(c.total[0] == 2 && c.matched[0] == 2);
  assert_string_equal(c.values[1], "dog|wolf");
  assert_true(c.total[1] == 2 && c.matched[1] == 0 && c.total[2] == 1 && c.matched[2] == 1);
  assert_true(c.missing == 1 && c.missing_matched == 1 && c.distinct == 3);
  assert_true(c.wrong[0] == 1 && c.wrong[1] == 0 && c.wrong[2] == 0 && c.missing_wrong == 0);
}

static void histograms_hold_every_value(void **state) {
  fixture *f = *state;
  sl_facet_counts c;
  sl_bitset all = sl_bitset_new(f->arena, ROWS, 1), none = sl_bitset_new(f->arena, ROWS, 0);
  sl_facet_count(f->table, sl_table_find(f->table, "confidence"), &all, &none, 10, f->arena, &c);
  assert_true(c.bins == 10 && c.edges[0] == 0 && c.edges[10] == 1);
  assert_true(c.total[2] == 1 && c.total[5] == 1 && c.missing == 1);
  int64_t sum = 0;
  for (int64_t i = 0; i < c.bins; i++) sum += c.total[i];
  assert_int_equal(sum + c.missing, ROWS);
  for (int64_t i = 0; i < c.bins; i++) assert_int_equal(c.wrong[i], 0);
}

static void check_order(fixture *f, const char *field, int descending, const char *want) {
  sl_bitset all = sl_bitset_new(f->arena, ROWS, 1);
  sl_order order;
  char got[ROWS + 1] = "";
  sl_order_rows(&all, sl_table_find(f->table, field), descending, f->arena, &order);
  for (int64_t i = 0; i < order.count; i++) got[i] = (char)('0' + order.rows[i]);
  assert_string_equal(got, want);
}

static void orders_are_stable_with_missing_last(void **state) {
  fixture *f = *state;
  check_order(f, "confidence", 0, "130452");
  check_order(f, "confidence", 1, "504312");
  check_order(f, "label", 0, "304125");
  check_order(f, "label", 1, "120435");
  check_order(f, "none", 0, "012345");
}

// A plain loop over random numbers is the oracle.
static void random_tables_agree_with_a_loop(void **state) {
  fixture *f = *state;
  enum { MANY = 5003 };
  float *values = SL_NEW_ARRAY(f->arena, float, MANY);
  sl_random random = {7};
  for (int i = 0; i < MANY; i++)
    values[i] = sl_random_below(&random, 10) == 0 ? NAN : (float)(sl_random_unit(&random) * 8 - 4);
  sl_table *table = sl_table_new(f->arena, MANY);
  sl_table_add(table,
               &(sl_field){.name = "x", .title = "x", .dtype = SL_DTYPE_F32, .values = values});
  const char *clause = "x=-1.5..2";
  sl_filter filter;
  assert_int_equal(sl_filter_run(table, f->arena, &clause, 1, &filter, NULL), SL_OK);
  int64_t count = 0;
  for (int i = 0; i < MANY; i++) {
    int holds = values[i] >= -1.5f && values[i] <= 2;
    count += holds;
    assert_int_equal(sl_bitset_has(&filter.matched, i), holds);
  }
  sl_order order;
  sl_order_rows(&filter.matched, sl_table_find(table, "x"), 1, f->arena, &order);
  assert_int_equal(order.count, count);
  for (int64_t i = 1; i < order.count; i++)
    assert_true(values[order.rows[i - 1]] >= values[order.rows[i]]);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {TEST(clauses_choose_rows),
                                     TEST(mistakes_are_told),
                                     TEST(facets_count_under_the_other_clauses),
                                     TEST(histograms_hold_every_value),
                                     TEST(orders_are_stable_with_missing_last),
                                     TEST(random_tables_agree_with_a_loop)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
