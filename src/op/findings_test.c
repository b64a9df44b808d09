// SPDX-License-Identifier: Apache-2.0
// Tests of the finding on scores that are no numbers.
#include "op/findings.h"

#include <cmocka.h>
#include <string.h>

enum { ROWS = 5 };

// Row 1 and 4 have no prediction; row 4 because its file does not decode.
static const int32_t pred[ROWS] = {0, -1, 1, 1, -1};
static const uint8_t outcome[ROWS] = {SL_OUTCOME_RIGHT, SL_OUTCOME_UNKNOWN, SL_OUTCOME_WRONG,
                                      SL_OUTCOME_RIGHT, SL_OUTCOME_BROKEN};

static sl_record_list found_in(sl_arena *arena, int64_t model, int64_t rows) {
  sl_op_call *call = SL_NEW(arena, sl_op_call);
  call->arena = arena;
  sl_run_data data = {.rows = rows, .pred = pred, .outcome = outcome};
  data.row.model = model;
  sl_metric_report metrics = {.used = 3};
  sl_finding_input in = {.call = call, .data = &data, .metrics = &metrics, .errors = 1};
  sl_record_list list = {.size = sizeof(sl_rec_finding)};
  sl_error err = {0};
  assert_int_equal(sl_find_nan(&in, &list, &err), SL_OK);
  return list;
}

static void scores_that_are_no_numbers_are_found(void **state) {
  (void)state;
  sl_arena *arena = sl_arena_new(NULL, "test");
  sl_record_list list = found_in(arena, 1, ROWS);
  assert_int_equal(list.count, 1);
  const sl_rec_finding *f = (const sl_rec_finding *)list.at;
  assert_string_equal(f->kind, "nan");
  assert_int_equal(f->severity, SL_SEVERITY_ERROR);
  assert_int_equal(f->samples, 1);
  assert_string_equal(f->title, "the model gives NaN or infinity for 1 sample");
  assert_non_null(strstr(f->text, "3 samples do."));
  assert_string_equal(f->where.at[0], "pred=");
  sl_arena_free(arena);
}

static void missing_rows_of_another_tools_file_are_not(void **state) {
  (void)state;
  sl_arena *arena = sl_arena_new(NULL, "test");
  assert_int_equal(found_in(arena, 0, ROWS).count, 0);
  assert_int_equal(found_in(arena, 1, 1).count, 0);
  sl_arena_free(arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scores_that_are_no_numbers_are_found),
      cmocka_unit_test(missing_rows_of_another_tools_file_are_not),
  };
  return cmocka_run_group_tests_name("findings", tests, NULL, NULL);
}
