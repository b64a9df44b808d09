// SPDX-License-Identifier: Apache-2.0
// Rows: defaults, types, ranges in words, variants, and reading back what was written.
#include "base/rows.h"

#include <cmocka.h>
#include <math.h>
#include <string.h>

typedef struct fog_params {
  int64_t severity;
  double sigma_px;
  int32_t border;
  bool wet;
  const char *name;
  sl_reals mean;
  sl_texts tags;
} fog_params;

static const sl_choice borders[] = {{"edge", "repeat"}, {"zero", "black"}, {0}};

#define S fog_params
static const sl_row fog_rows[] = {
    SL_P_INT(S, severity, 1, 5, 3, NULL, "Strength."),
    SL_P_REAL(S, sigma_px, 0, 64, 2.5, "px", "Blur."),
    SL_P_ENUM(S, border, borders, 1, "Edges."),
    SL_P_BOOL(S, wet, true, "Drops."),
    SL_P_TEXT_(S, name, SL_T_TEXT, SL_ROW_REQUIRED, NULL, NULL, "Name."),
    SL_P_REALS(S, mean, -10, 10, "Mean."),
    SL_P_TEXTS(S, tags, 0, "Tags."),
    SL_ROW_END};
#undef S

static const sl_item fog_item = {
    .name = "fog", .title = "Fog", .params = fog_rows, .params_size = sizeof(fog_params)};
static const sl_item *const items[] = {&fog_item};
static const sl_registry registry = {"corruption", items, 1};

static int set_up(void **state) {
  *state = sl_arena_new(NULL, "test");
  return 0;
}

static int tear_down(void **state) {
  sl_arena_free(*state);
  return 0;
}

static sl_status fill(sl_arena *arena, const char *json, fog_params *out, sl_error *err) {
  const sl_json *object;
  memset(out, 0, sizeof *out);
  assert_int_equal(sl_json_parse(arena, json, strlen(json), "json", &object, err), SL_OK);
  return sl_rows_parse(arena, fog_rows, object, "operation \"fog\"", out, err);
}

static void defaults_and_values_are_filled(void **state) {
  fog_params p;
  sl_error err = {0};
  assert_int_equal(fill(*state, "{\"name\":\"x\",\"mean\":[1,2.5],\"tags\":\"one\"}", &p, &err),
                   SL_OK);
  assert_int_equal(p.severity, 3);
  assert_true(p.sigma_px == 2.5 && p.wet && p.border == 1);
  assert_int_equal(p.mean.count, 2);
  assert_true(p.mean.at[1] == 2.5);
  assert_int_equal(p.tags.count, 1);
  assert_string_equal(p.tags.at[0], "one");
}

static void refuses(sl_arena *arena, const char *json, const char *words, const char *hint) {
  fog_params p;
  sl_error err = {0};
  assert_int_equal(fill(arena, json, &p, &err), SL_E_ARG);
  assert_non_null(strstr(sl_error_message(&err), words));
  assert_non_null(strstr(sl_error_hint(&err), hint));
}

static void mistakes_are_told_in_words(void **state) {
  refuses(*state, "{\"name\":\"x\",\"severity\":9}",
          "parameter \"severity\" of operation \"fog\" must be between 1 and 5, got 9", "");
  refuses(*state, "{\"name\":\"x\",\"severity\":2.5}", "must be a whole number, got a number", "");
  refuses(*state, "{\"name\":\"x\",\"wet\":1}", "must be true or false", "");
  refuses(*state, "{\"name\":\"x\",\"border\":\"side\"}", "cannot be \"side\"", "edge, zero");
  refuses(*state, "{\"name\":\"x\",\"severty\":1}", "no parameter \"severty\"", "\"severity\"");
  refuses(*state, "{}", "needs the parameter \"name\"", "");
  refuses(*state, "{\"name\":\"x\",\"mean\":[1,11]}", "between -10 and 10", "");
  refuses(*state, "{\"name\":null}", "needs the parameter \"name\"", "");
}

static void what_is_written_reads_back(void **state) {
  fog_params p, q;
  sl_text text = {0};
  sl_json_writer w;
  const sl_json *object;
  assert_int_equal(
      fill(*state, "{\"name\":\"n\",\"sigma_px\":0.1,\"mean\":[3],\"wet\":false}", &p, NULL),
      SL_OK);
  sl_json_begin(&w, &text);
  sl_rows_write(&w, fog_rows, &p, 0);
  assert_int_equal(sl_json_parse(*state, text.at, text.size, "t", &object, NULL), SL_OK);
  memset(&q, 0, sizeof q);
  assert_int_equal(sl_rows_read(*state, fog_rows, object, "t", &q, NULL), SL_OK);
  assert_true(q.severity == 3 && q.sigma_px == 0.1 && q.border == 1 && !q.wet);
  assert_string_equal(q.name, "n");
  assert_true(q.mean.count == 1 && q.mean.at[0] == 3);
  sl_text_clear(&text);
  sl_json_begin(&w, &text);
  sl_rows_write(&w, fog_rows, &p, 1);
  assert_string_equal(text.at, "{\"sigma_px\":0.1,\"wet\":false,\"name\":\"n\",\"mean\":[3]}");
  sl_text_free(&text);
}

static void missing_results_become_null_values(void **state) {
  fog_params q;
  memset(&q, 0, sizeof q);
  assert_int_equal(sl_rows_read(*state, fog_rows, NULL, "t", &q, NULL), SL_OK);
  assert_true(q.severity == SL_INT_NULL && isnan(q.sigma_px) && q.name == NULL);
}

static void variants_name_an_item(void **state) {
  sl_variant v;
  sl_error err = {0};
  const sl_json *value;
  const char *text = "{\"fog\":{\"name\":\"x\",\"severity\":4}}";
  assert_int_equal(sl_json_parse(*state, text, strlen(text), "t", &value, NULL), SL_OK);
  assert_int_equal(sl_variant_parse(*state, &registry, value, "test", &v, &err), SL_OK);
  assert_int_equal(((const fog_params *)v.params)->severity, 4);
  text = "{\"snow\":{}}";
  assert_int_equal(sl_json_parse(*state, text, strlen(text), "t", &value, NULL), SL_OK);
  assert_int_equal(sl_variant_parse(*state, &registry, value, "test", &v, &err), SL_E_ARG);
  assert_non_null(strstr(sl_error_hint(&err), "fog"));
}

static void arguments_become_values_of_their_type(void **state) {
  (void)state;
  sl_text text = {0};
  sl_json_writer w;
  sl_error err = {0};
  sl_json_begin(&w, &text);
  sl_json_open_list(&w);
  assert_int_equal(sl_row_put_argument(&w, &fog_rows[0], "4", "fog", &err), SL_OK);
  assert_int_equal(sl_row_put_argument(&w, &fog_rows[1], "1e2", "fog", &err), SL_OK);
  assert_int_equal(sl_row_put_argument(&w, &fog_rows[3], "false", "fog", &err), SL_OK);
  assert_int_equal(sl_row_put_argument(&w, &fog_rows[4], "4", "fog", &err), SL_OK);
  sl_json_close_list(&w);
  assert_string_equal(text.at, "[4,100,false,\"4\"]");
  assert_int_equal(sl_row_put_argument(&w, &fog_rows[0], "4x", "fog", &err), SL_E_ARG);
  assert_int_equal(sl_row_put_argument(&w, &fog_rows[1], "nan", "fog", &err), SL_E_ARG);
  sl_text_free(&text);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(defaults_and_values_are_filled), TEST(mistakes_are_told_in_words),
      TEST(what_is_written_reads_back),     TEST(missing_results_become_null_values),
      TEST(variants_name_an_item),          TEST(arguments_become_values_of_their_type)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
