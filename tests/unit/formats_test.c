// SPDX-License-Identifier: Apache-2.0
// The choices of "import --format" are "auto" and then the rows of format_list.h, in order.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/format.h"
#include "op/choices.h"

static void choices_are_the_formats(void **state) {
  (void)state;
  assert_string_equal(sl_choices_format[0].name, "auto");
  for (size_t i = 0; i < sl_format_count; i++) {
    assert_non_null(sl_choices_format[i + 1].name);
    assert_string_equal(sl_choices_format[i + 1].name, sl_formats[i]->info.name);
    assert_ptr_equal(sl_format_find(sl_formats[i]->info.name), sl_formats[i]);
  }
  assert_null(sl_choices_format[sl_format_count + 1].name);
}

int main(void) {
  static const struct CMUnitTest tests[] = {cmocka_unit_test(choices_are_the_formats)};
  return cmocka_run_group_tests_name("formats", tests, NULL, NULL);
}
