// SPDX-License-Identifier: Apache-2.0
// Edits on layers whose channels lie first and last.
#include "attrib/edit_spec.h"

#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

static sl_tensor numbered(int32_t rank, const int64_t *dims) {
  sl_tensor tensor;
  sl_shape shape = {.rank = rank};
  for (int32_t i = 0; i < rank; i++) shape.dims[i] = dims[i];
  assert_int_equal(sl_tensor_new(SL_DTYPE_F32, &shape, &tensor, NULL), SL_OK);
  for (int64_t i = 0; i < sl_shape_count(&shape); i++) ((float *)tensor.data)[i] = (float)i;
  return tensor;
}

// Elements of `dims` under the edit, against the place of each: channel, row and column.
static void check_edit(int32_t rank, const int64_t *dims, int32_t axis) {
  static const int64_t channels[] = {1};
  sl_edit edit = {.axis = axis,
                  .kind = SL_EDIT_SET,
                  .number = -1,
                  .channels = channels,
                  .channel_count = 1,
                  .begin = {1, 2},
                  .end = {3, 3}};
  if (rank == 3) edit.begin[1] = edit.end[1] = 0;
  sl_tensor tensor = numbered(rank, dims);
  assert_int_equal(sl_edit_apply(&edit, &tensor, NULL), SL_OK);
  for (int64_t i = 0; i < sl_shape_count(&tensor.shape); i++) {
    int64_t at[4] = {0}, rest = i;
    for (int32_t d = rank - 1; d >= 0; d--) {
      at[d] = rest % dims[d];
      rest /= dims[d];
    }
    int64_t row = at[axis == 1 ? 2 : 1], column = axis == 1 ? at[3] : rank == 4 ? at[2] : 2;
    int inside = at[axis] == 1 && row >= 1 && row < 3 && column == 2;
    assert_true(((float *)tensor.data)[i] == (inside ? -1.0F : (float)i));
  }
  sl_tensor_release(&tensor);
}

static void regions_of_maps_and_tokens(void **state) {
  (void)state;
  check_edit(4, (const int64_t[]){2, 3, 4, 5}, 1);  // [N, C, H, W]
  check_edit(4, (const int64_t[]){2, 4, 5, 3}, 3);  // [N, H, W, C]
  check_edit(3, (const int64_t[]){2, 4, 3}, 2);     // [N, T, C]
}

static void a_mean_is_taken_within_its_channel(void **state) {
  (void)state;
  sl_tensor tensor = numbered(4, (const int64_t[]){1, 2, 2, 3});
  sl_edit edit = {.axis = 3, .kind = SL_EDIT_MEAN};
  assert_int_equal(sl_edit_apply(&edit, &tensor, NULL), SL_OK);
  for (int i = 0; i < 12; i++) assert_true(((float *)tensor.data)[i] == (float)(i % 3) + 4.5F);
  sl_tensor_release(&tensor);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(regions_of_maps_and_tokens),
                                     cmocka_unit_test(a_mean_is_taken_within_its_channel)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
