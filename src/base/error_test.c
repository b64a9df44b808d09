// SPDX-License-Identifier: Apache-2.0
// The error record: four texts, cut and never overrun.
#include "base/error.h"

#include <cmocka.h>
#include <errno.h>
#include <string.h>

static void texts_are_kept_apart(void **state) {
  (void)state;
  sl_error err = {0};
  assert_int_equal(sl_fail(&err, SL_E_FORMAT, "image \"%s\" ends early", "a.png"), SL_E_FORMAT);
  assert_int_equal(sl_detail(&err, SL_E_FORMAT, "It has %d bytes.", 12), SL_E_FORMAT);
  assert_int_equal(sl_hint(&err, SL_E_FORMAT, "Copy it again."), SL_E_FORMAT);
  sl_context(&err, "row %d", 7);
  sl_context(&err, "operation \"%s\"", "eval");
  assert_string_equal(sl_error_message(&err), "image \"a.png\" ends early");
  assert_string_equal(sl_error_detail(&err), "It has 12 bytes.");
  assert_string_equal(sl_error_hint(&err), "Copy it again.");
  assert_string_equal(sl_error_context(&err), "in operation \"eval\", row 7");
}

static void a_new_failure_leaves_nothing_of_the_old(void **state) {
  (void)state;
  sl_error err = {0};
  sl_fail(&err, SL_E_IO, "first");
  sl_hint(&err, SL_E_IO, "old hint");
  sl_fail(&err, SL_E_ARG, "second");
  assert_string_equal(sl_error_message(&err), "second");
  assert_string_equal(sl_error_hint(&err), "");
  assert_int_equal(err.status, SL_E_ARG);
}

static void long_texts_are_cut_at_a_character(void **state) {
  (void)state;
  char long_text[6000];
  for (size_t i = 0; i + 2 < sizeof long_text; i += 2) memcpy(long_text + i, "\xC3\xA9", 2);
  long_text[sizeof long_text - 2] = '\0';
  sl_error err = {0};
  sl_fail(&err, SL_E_LIMIT, "%s", long_text);
  const char *message = sl_error_message(&err);
  size_t length = strlen(message);
  assert_true(length > 1000 && length < sizeof err.text);
  assert_int_equal((unsigned char)message[length - 1], 0xA9);
  assert_string_equal(sl_error_context(&err), "");
}

static void a_null_record_is_allowed(void **state) {
  (void)state;
  assert_int_equal(sl_fail(NULL, SL_E_BUSY, "x"), SL_E_BUSY);
  assert_int_equal(sl_hint(NULL, SL_E_BUSY, "x"), SL_E_BUSY);
  sl_context(NULL, "x");
  assert_string_equal(sl_error_message(NULL), "");
}

static void errno_chooses_the_status(void **state) {
  (void)state;
  sl_error err = {0};
  assert_int_equal(sl_fail_errno(&err, ENOENT, "cannot open \"%s\"", "x"), SL_E_NOT_FOUND);
  assert_string_equal(sl_error_message(&err), "cannot open \"x\": No such file or directory");
  assert_int_equal(sl_fail_errno(&err, ENOSPC, "cannot write \"y\""), SL_E_IO);
  assert_true(strlen(sl_error_hint(&err)) > 0);
}

static void every_status_has_a_name_and_an_exit_code(void **state) {
  (void)state;
  for (int s = 0; s < SL_STATUS_COUNT; s++) {
    assert_true(strlen(sl_status_name((sl_status)s)) > 0);
    assert_int_equal(sl_status_exit_code((sl_status)s) == 0, s == SL_OK);
  }
  assert_int_equal(sl_status_exit_code(SL_E_ARG), 2);
  assert_int_equal(sl_status_exit_code(SL_E_BUG), 70);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(texts_are_kept_apart),
                                     cmocka_unit_test(a_new_failure_leaves_nothing_of_the_old),
                                     cmocka_unit_test(long_texts_are_cut_at_a_character),
                                     cmocka_unit_test(a_null_record_is_allowed),
                                     cmocka_unit_test(errno_chooses_the_status),
                                     cmocka_unit_test(every_status_has_a_name_and_an_exit_code)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
