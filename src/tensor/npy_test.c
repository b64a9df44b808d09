// SPDX-License-Identifier: Apache-2.0
// Tests of the .npy reader and writer against files that NumPy wrote.
#include "tensor/npy.h"

// clang-format off: cmocka needs these four first.
#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format on
#include <math.h>
#include <stdio.h>
#include <string.h>

#ifndef SL_SOURCE_DIR
#define SL_SOURCE_DIR "."
#endif

enum { FILE_MAX = 1 << 16 };

typedef struct file {
  uint8_t bytes[FILE_MAX];
  size_t size;
} file;
static file loaded;

static const file *load(const char *name) {
  char path[512];
  (void)snprintf(path, sizeof path, SL_SOURCE_DIR "/tests/data/npy/%s.npy", name);
  FILE *stream = fopen(path, "rb");
  if (stream == NULL) fail_msg("cannot open %s", path);
  loaded.size = fread(loaded.bytes, 1, FILE_MAX, stream);
  (void)fclose(stream);
  return &loaded;
}

static sl_tensor read(const char *name) {
  sl_error err = {0};
  sl_tensor tensor;
  const file *f = load(name);
  if (sl_npy_read(f->bytes, f->size, &tensor, &err) != SL_OK) {
    fail_msg("%s: %s", name, sl_error_message(&err));
  }
  return tensor;
}

static void expect_ramp(const char *name, sl_dtype dtype) {
  sl_tensor tensor = read(name);
  sl_shape shape = {.rank = 3, .dims = {2, 3, 4}};
  assert_int_equal(tensor.dtype, dtype);
  assert_true(sl_shape_equal(&tensor.shape, &shape));
  for (size_t i = 0; i < 24; i++) {
    assert_true(sl_dtype_load(dtype, tensor.data, i) == (double)i);
  }
  sl_tensor_release(&tensor);
}

static void reads_every_number_type(void **state) {
  (void)state;
  expect_ramp("ramp_u1", SL_DTYPE_U8);
  expect_ramp("ramp_i1", SL_DTYPE_I8);
  expect_ramp("ramp_u2", SL_DTYPE_U16);
  expect_ramp("ramp_i2", SL_DTYPE_I16);
  expect_ramp("ramp_u4", SL_DTYPE_U32);
  expect_ramp("ramp_i4", SL_DTYPE_I32);
  expect_ramp("ramp_u8", SL_DTYPE_U64);
  expect_ramp("ramp_i8", SL_DTYPE_I64);
  expect_ramp("ramp_f2", SL_DTYPE_F16);
  expect_ramp("ramp_f4", SL_DTYPE_F32);
  expect_ramp("ramp_f8", SL_DTYPE_F64);
}

static void turns_other_orders_exactly(void **state) {
  (void)state;
  expect_ramp("fortran_f4", SL_DTYPE_F32);
  expect_ramp("fortran_big_endian_i2", SL_DTYPE_I16);
  expect_ramp("big_endian_f8", SL_DTYPE_F64);
  expect_ramp("version_2", SL_DTYPE_I32);
  expect_ramp("version_3", SL_DTYPE_I32);
}

static void reads_scalars_and_empty_arrays(void **state) {
  (void)state;
  sl_tensor scalar = read("scalar");
  assert_int_equal(scalar.shape.rank, 0);
  assert_true(*(float *)scalar.data == 2.5f);
  sl_tensor_release(&scalar);
  sl_tensor empty = read("empty");
  assert_int_equal(empty.shape.rank, 2);
  assert_int_equal(sl_shape_count(&empty.shape), 0);
  sl_tensor_release(&empty);
  sl_tensor flags = read("bool");
  assert_memory_equal(flags.data, "\1\0\1", 3);
  sl_tensor_release(&flags);
}

static void writes_the_bytes_of_numpy(void **state) {
  (void)state;
  const char *names[] = {"ramp_u1", "ramp_i2", "ramp_f2", "ramp_f8",
                         "bool",    "scalar",  "empty",   "singles_f4"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    sl_error err = {0};
    sl_tensor tensor = read(names[i]);
    sl_buffer *out;
    assert_int_equal(sl_npy_write(&tensor, &out, &err), SL_OK);
    assert_int_equal(out->size, loaded.size);
    assert_memory_equal(out->bytes, loaded.bytes, out->size);
    sl_buffer_release(out);
    sl_tensor_release(&tensor);
  }
  sl_error err = {0};
  sl_tensor odd = {.dtype = SL_DTYPE_BF16};
  sl_buffer *out;
  assert_int_equal(sl_npy_write(&odd, &out, &err), SL_E_UNSUPPORTED);
}

static void half_precision_rounds_as_numpy(void **state) {
  (void)state;
  sl_tensor singles = read("singles_f4");
  sl_tensor halves = read("singles_f2");
  int64_t count = sl_shape_count(&singles.shape);
  assert_true(count > 1000);
  for (int64_t i = 0; i < count; i++) {
    assert_int_equal(sl_f16_from_f32(((float *)singles.data)[i]), ((uint16_t *)halves.data)[i]);
  }
  sl_tensor_release(&singles);
  sl_tensor_release(&halves);
  sl_tensor widened = read("all_halves_f4");
  for (uint32_t i = 0; i * 97 < 65536; i++) {
    float expected = ((float *)widened.data)[i];
    float found = sl_f32_from_f16((uint16_t)(i * 97));
    assert_true(isnan(expected) ? isnan(found) : found == expected);
  }
  sl_tensor_release(&widened);
}

static void expect_error(const void *bytes, size_t size, sl_status status, const char *part) {
  sl_error err = {0};
  sl_tensor tensor;
  assert_int_equal(sl_npy_read(bytes, size, &tensor, &err), status);
  assert_null(tensor.buffer);
  if (strstr(sl_error_message(&err), part) == NULL) {
    fail_msg("\"%s\" does not say \"%s\"", sl_error_message(&err), part);
  }
}

static void expect_refused(const char *name, const char *part) {
  const file *f = load(name);
  expect_error(f->bytes, f->size, SL_E_UNSUPPORTED, part);
}

static void refuses_what_is_not_numbers(void **state) {
  (void)state;
  expect_refused("object", "pickle");
  expect_refused("complex", "complex");
  expect_refused("text", "strings");
  expect_refused("record", "structured");
  expect_refused("rank_9", "8 dimensions");
}

static void expect_header_error(const char *text, sl_status status, const char *part) {
  uint8_t bytes[512] = "\x93NUMPY\1";
  size_t length = strlen(text);
  bytes[8] = (uint8_t)length;
  memcpy(bytes + 10, text, length);
  expect_error(bytes, 10 + length, status, part);
}

static void refuses_damaged_headers(void **state) {
  (void)state;
  expect_error("hello", 5, SL_E_FORMAT, "not a .npy");
  expect_error("\x93NUMPY\1", 7, SL_E_FORMAT, "ends inside");
  expect_error("\x93NUMPY\7\0\0\0\0\0", 12, SL_E_UNSUPPORTED, "version 7");
  expect_error("\x93NUMPY\2\0\xff\xff\xff\xff", 12, SL_E_LIMIT, "header");
  expect_header_error("  ", SL_E_FORMAT, "dictionary");
  expect_header_error("{'descr': '<f4'}", SL_E_FORMAT, "missing");
  expect_header_error("{'descr': '<f4', 'descr': '<f4'}", SL_E_FORMAT, "twice");
  expect_header_error("{'descr': '<f4', 'fortran_order': 1}", SL_E_FORMAT, "memory order");
  expect_header_error("{'descr': '<f4', 'shape': (-3,)}", SL_E_FORMAT, "shape");
  expect_header_error("{'descr': '<f4', 'shape': (3", SL_E_FORMAT, "does not end");
  expect_header_error("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 8)}",
                      SL_E_LIMIT, "overflows");
  expect_header_error("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
                      SL_E_FORMAT, "shape");
  expect_header_error("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}",
                      SL_E_FORMAT, "ends early");
  expect_header_error("{'descr': '<f4', 'fortran_order': False, 'shape': (0,)} x", SL_E_FORMAT,
                      "follows");
}

static void every_cut_and_every_flip_is_survived(void **state) {
  (void)state;
  load("fortran_f4");
  file whole = loaded;
  sl_error err = {0};
  sl_tensor tensor;
  for (size_t size = 0; size < whole.size; size++) {
    assert_int_not_equal(sl_npy_read(whole.bytes, size, &tensor, &err), SL_OK);
  }
  for (size_t at = 0; at < whole.size * 8; at++) {
    file flipped = whole;
    flipped.bytes[at / 8] ^= (uint8_t)(1u << (at % 8));
    if (sl_npy_read(flipped.bytes, flipped.size, &tensor, &err) == SL_OK) {
      sl_tensor_release(&tensor);
    }
  }
  memcpy(loaded.bytes + whole.size, "x", 1);
  expect_error(loaded.bytes, whole.size + 1, SL_E_FORMAT, "goes on");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_every_number_type),
      cmocka_unit_test(turns_other_orders_exactly),
      cmocka_unit_test(reads_scalars_and_empty_arrays),
      cmocka_unit_test(writes_the_bytes_of_numpy),
      cmocka_unit_test(half_precision_rounds_as_numpy),
      cmocka_unit_test(refuses_what_is_not_numbers),
      cmocka_unit_test(refuses_damaged_headers),
      cmocka_unit_test(every_cut_and_every_flip_is_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
