// SPDX-License-Identifier: Apache-2.0
// Tests of dtypes, buffers and tensors.
#include "tensor/tensor.h"

// clang-format off: cmocka needs these four first.
#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format on
#include <math.h>
#include <string.h>

static void dtype_names_and_sizes(void **state) {
  (void)state;
  for (int i = 1; i < SL_DTYPE_COUNT; i++) {
    sl_dtype dtype = (sl_dtype)i;
    assert_int_equal(sl_dtype_from_name(sl_dtype_name(dtype)), dtype);
    assert_true(sl_dtype_size(dtype) > 0);
  }
  assert_int_equal(sl_dtype_from_name("float31"), SL_DTYPE_NONE);
  assert_int_equal(sl_dtype_from_name(NULL), SL_DTYPE_NONE);
  assert_int_equal(sl_dtype_size(SL_DTYPE_NONE), 0);
  assert_string_equal(sl_dtype_name((sl_dtype)99), "none");
  assert_int_equal(sl_dtype_size(SL_DTYPE_BF16), 2);
}

static void every_half_survives_a_round_trip(void **state) {
  (void)state;
  for (uint32_t half = 0; half < 65536; half++) {
    float value = sl_f32_from_f16((uint16_t)half);
    uint16_t back = sl_f16_from_f32(value);
    int is_nan = (half & 0x7c00u) == 0x7c00u && (half & 0x3ffu) != 0;
    assert_int_equal(isnan(value) != 0, is_nan);
    assert_int_equal(back, is_nan ? (half | 0x200u) : half);
  }
}

static void load_reads_each_type(void **state) {
  (void)state;
  const int8_t i8[] = {1, -7};
  const uint64_t u64[] = {0, 1ull << 40};
  const uint16_t f16[] = {0, 0xc000};
  const uint16_t bf16[] = {0, 0x3fc0};
  const double f64[] = {0, 0.1};
  const uint8_t flags[] = {0, 2};
  assert_true(sl_dtype_load(SL_DTYPE_I8, i8, 1) == -7.0);
  assert_true(sl_dtype_load(SL_DTYPE_U64, u64, 1) == 0x1p40);
  assert_true(sl_dtype_load(SL_DTYPE_F16, f16, 1) == -2.0);
  assert_true(sl_dtype_load(SL_DTYPE_BF16, bf16, 1) == 1.5);
  assert_true(sl_dtype_load(SL_DTYPE_F64, f64, 1) == 0.1);
  assert_true(sl_dtype_load(SL_DTYPE_BOOL, flags, 1) == 1.0);
  assert_true(isnan(sl_dtype_load(SL_DTYPE_NONE, flags, 0)));
}

// Everything a type holds comes back; what it does not hold becomes the nearest it does.
static void store_rounds_to_the_nearest(void **state) {
  (void)state;
  static const struct {
    sl_dtype dtype;
    double value, stored;
  } rows[] = {{SL_DTYPE_BOOL, 0.25, 1},
              {SL_DTYPE_U8, 2.5, 2},
              {SL_DTYPE_U8, 300, 255},
              {SL_DTYPE_U8, -4, 0},
              {SL_DTYPE_U8, (double)NAN, 0},
              {SL_DTYPE_I8, -128.4, -128},
              {SL_DTYPE_I8, 1e9, 127},
              {SL_DTYPE_U16, 65535.6, 65535},
              {SL_DTYPE_I16, -1e9, -32768},
              {SL_DTYPE_U32, 0x1p40, 4294967295.0},
              {SL_DTYPE_I32, -3.5, -4},
              {SL_DTYPE_U64, 0x1p63, 0x1p63},
              {SL_DTYPE_U64, (double)INFINITY, 0x1p64},
              {SL_DTYPE_I64, -0x1p70, -0x1p63},
              {SL_DTYPE_I64, 0x1p70, 0x1p63},
              {SL_DTYPE_F16, 1.0 + 0x1p-11, 1},
              {SL_DTYPE_F16, -2, -2},
              {SL_DTYPE_BF16, 1.5, 1.5},
              {SL_DTYPE_BF16, 1.0 + 0x1p-8, 1},
              {SL_DTYPE_F32, 1.0 + 0x1p-24, 1},
              {SL_DTYPE_F64, 0.1, 0.1}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    uint64_t array[3] = {0};
    sl_dtype_store(rows[i].dtype, array, 1, rows[i].value);
    assert_true(sl_dtype_load(rows[i].dtype, array, 1) == rows[i].stored);
    assert_true(sl_dtype_load(rows[i].dtype, array, 0) == 0);
  }
}

static int released;
static void count_release(void *owner) { released += *(int *)owner; }

static void buffers_count_references(void **state) {
  (void)state;
  sl_error err = {0};
  sl_buffer *own;
  assert_int_equal(sl_buffer_new(100, &own, &err), SL_OK);
  assert_int_equal((uintptr_t)own->bytes % 64, 0);
  memset(own->bytes, 1, own->size);
  assert_ptr_equal(sl_buffer_retain(own), own);
  sl_buffer_release(own);
  assert_int_equal(own->bytes[99], 1);
  sl_buffer_release(own);

  int weight = 5;
  sl_buffer *wrapped;
  released = 0;
  assert_int_equal(sl_buffer_wrap(&weight, sizeof weight, count_release, &weight, &wrapped, &err),
                   SL_OK);
  assert_ptr_equal(wrapped->bytes, &weight);
  sl_buffer_retain(wrapped);
  sl_buffer_release(wrapped);
  assert_int_equal(released, 0);
  sl_buffer_release(wrapped);
  assert_int_equal(released, 5);
  sl_buffer_release(NULL);
}

static void buffers_report_missing_memory(void **state) {
  (void)state;
  sl_error err = {0};
  sl_buffer *buffer;
  assert_int_equal(sl_buffer_new(SIZE_MAX - 8, &buffer, &err), SL_E_LIMIT);
  sl_heap_fail_after(1);
  assert_int_equal(sl_buffer_new(8, &buffer, &err), SL_E_MEMORY);
  assert_null(buffer);
  sl_heap_fail_after(0);
}

static void shapes_count_and_overflow(void **state) {
  (void)state;
  sl_shape scalar = {.rank = 0};
  sl_shape image = {.rank = 4, .dims = {1, 3, 224, 224}};
  sl_shape huge = {.rank = 2, .dims = {1ll << 40, 1ll << 40}};
  sl_shape huge_but_empty = {.rank = 3, .dims = {1ll << 40, 1ll << 40, 0}};
  sl_shape negative = {.rank = 2, .dims = {0, -1}};
  assert_int_equal(sl_shape_count(&scalar), 1);
  assert_int_equal(sl_shape_count(&image), 150528);
  assert_int_equal(sl_shape_count(&huge), -1);
  assert_int_equal(sl_shape_count(&huge_but_empty), 0);
  assert_int_equal(sl_shape_count(&negative), -1);
  assert_true(sl_shape_equal(&image, &image));
  assert_false(sl_shape_equal(&image, &scalar));

  sl_arena *arena = sl_arena_new(NULL, "test");
  assert_string_equal(sl_shape_text(arena, &image), "1x3x224x224");
  assert_string_equal(sl_shape_text(arena, &scalar), "scalar");
  sl_arena_free(arena);

  sl_tensor tensor;
  sl_error err = {0};
  assert_int_equal(sl_tensor_new(SL_DTYPE_F32, &huge, &tensor, &err), SL_E_LIMIT);
  assert_int_equal(sl_tensor_new(SL_DTYPE_NONE, &image, &tensor, &err), SL_E_ARG);
  sl_tensor_release(&tensor);
}

static void stats_ignore_what_is_not_finite(void **state) {
  (void)state;
  sl_error err = {0};
  sl_tensor tensor;
  sl_shape shape = {.rank = 1, .dims = {7}};
  const float values[] = {1, NAN, 3, INFINITY, -INFINITY, 0, 4};
  assert_int_equal(sl_tensor_new(SL_DTYPE_F32, &shape, &tensor, &err), SL_OK);
  memcpy(tensor.data, values, sizeof values);
  sl_tensor_stats stats;
  sl_tensor_stats_of(&tensor, &stats);
  assert_int_equal(stats.count, 7);
  assert_int_equal(stats.nan_count, 1);
  assert_int_equal(stats.inf_count, 2);
  assert_int_equal(stats.zero_count, 1);
  assert_true(stats.min == 0 && stats.max == 4 && stats.mean == 2);
  assert_true(fabs(stats.std - sqrt(2.5)) < 1e-15);
  sl_tensor_release(&tensor);
  assert_null(tensor.buffer);
  sl_tensor_stats_of(&tensor, &stats);
  assert_true(isnan(stats.mean) && isnan(stats.min) && stats.count == 0);
}

static void stats_cross_block_borders(void **state) {
  (void)state;
  sl_error err = {0};
  sl_tensor tensor;
  sl_shape shape = {.rank = 2, .dims = {3, 1001}};
  assert_int_equal(sl_tensor_new(SL_DTYPE_I32, &shape, &tensor, &err), SL_OK);
  for (int32_t i = 0; i < 3003; i++) ((int32_t *)tensor.data)[i] = i;
  sl_tensor_stats stats;
  sl_tensor_stats_of(&tensor, &stats);
  assert_true(stats.min == 0 && stats.max == 3002 && stats.mean == 1501);
  assert_true(fabs(stats.std - sqrt((3003.0 * 3003.0 - 1) / 12)) < 1e-9);
  sl_tensor_release(&tensor);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(dtype_names_and_sizes),
      cmocka_unit_test(every_half_survives_a_round_trip),
      cmocka_unit_test(load_reads_each_type),
      cmocka_unit_test(store_rounds_to_the_nearest),
      cmocka_unit_test(buffers_count_references),
      cmocka_unit_test(buffers_report_missing_memory),
      cmocka_unit_test(shapes_count_and_overflow),
      cmocka_unit_test(stats_ignore_what_is_not_finite),
      cmocka_unit_test(stats_cross_block_borders),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
