// SPDX-License-Identifier: Apache-2.0
// The table of element types. Start at `elements`.
#include "graph/element.h"

#include <string.h>

static const struct {
  const char *name;
  int32_t bits;
  sl_dtype dtype;
} elements[SL_ELEMENT_COUNT] = {
    [SL_ELEMENT_NONE] = {"none", 0, SL_DTYPE_NONE},
    [SL_ELEMENT_F32] = {"float", 32, SL_DTYPE_F32},
    [SL_ELEMENT_U8] = {"uint8", 8, SL_DTYPE_U8},
    [SL_ELEMENT_I8] = {"int8", 8, SL_DTYPE_I8},
    [SL_ELEMENT_U16] = {"uint16", 16, SL_DTYPE_U16},
    [SL_ELEMENT_I16] = {"int16", 16, SL_DTYPE_I16},
    [SL_ELEMENT_I32] = {"int32", 32, SL_DTYPE_I32},
    [SL_ELEMENT_I64] = {"int64", 64, SL_DTYPE_I64},
    [SL_ELEMENT_STRING] = {"string", 0, SL_DTYPE_NONE},
    [SL_ELEMENT_BOOL] = {"bool", 8, SL_DTYPE_BOOL},
    [SL_ELEMENT_F16] = {"float16", 16, SL_DTYPE_F16},
    [SL_ELEMENT_F64] = {"double", 64, SL_DTYPE_F64},
    [SL_ELEMENT_U32] = {"uint32", 32, SL_DTYPE_U32},
    [SL_ELEMENT_U64] = {"uint64", 64, SL_DTYPE_U64},
    [SL_ELEMENT_C64] = {"complex64", 64, SL_DTYPE_NONE},
    [SL_ELEMENT_C128] = {"complex128", 128, SL_DTYPE_NONE},
    [SL_ELEMENT_BF16] = {"bfloat16", 16, SL_DTYPE_BF16},
    [SL_ELEMENT_F8E4M3FN] = {"float8e4m3fn", 8, SL_DTYPE_NONE},
    [SL_ELEMENT_F8E4M3FNUZ] = {"float8e4m3fnuz", 8, SL_DTYPE_NONE},
    [SL_ELEMENT_F8E5M2] = {"float8e5m2", 8, SL_DTYPE_NONE},
    [SL_ELEMENT_F8E5M2FNUZ] = {"float8e5m2fnuz", 8, SL_DTYPE_NONE},
    [SL_ELEMENT_U4] = {"uint4", 4, SL_DTYPE_NONE},
    [SL_ELEMENT_I4] = {"int4", 4, SL_DTYPE_NONE},
    [SL_ELEMENT_F4E2M1] = {"float4e2m1", 4, SL_DTYPE_NONE},
    [SL_ELEMENT_F8E8M0] = {"float8e8m0", 8, SL_DTYPE_NONE},
    [SL_ELEMENT_U2] = {"uint2", 2, SL_DTYPE_NONE},
    [SL_ELEMENT_I2] = {"int2", 2, SL_DTYPE_NONE},
};

static int32_t known(int32_t element) {
  return element > 0 && element < SL_ELEMENT_COUNT ? element : SL_ELEMENT_NONE;
}

const char *sl_element_name(int32_t element) { return elements[known(element)].name; }

int32_t sl_element_from_name(const char *name) {
  for (int32_t i = 1; i < SL_ELEMENT_COUNT; i++)
    if (strcmp(elements[i].name, name) == 0) return i;
  return SL_ELEMENT_NONE;
}

int32_t sl_element_bits(int32_t element) { return elements[known(element)].bits; }

size_t sl_element_bytes(int32_t element, int64_t count) {
  return ((size_t)count * (size_t)sl_element_bits(element) + 7) / 8;
}

int sl_element_is_float(int32_t element) {
  return element == SL_ELEMENT_F32 || element == SL_ELEMENT_F16 || element == SL_ELEMENT_BF16 ||
         element == SL_ELEMENT_F64;
}

sl_dtype sl_element_dtype(int32_t element) { return elements[known(element)].dtype; }

void sl_element_store(int32_t element, void *array, int64_t index, double number) {
  sl_dtype_store(sl_element_dtype(element), array, (size_t)index, number);
}

sl_element sl_element_of_dtype(sl_dtype dtype) {
  for (int32_t i = 1; dtype != SL_DTYPE_NONE && i < SL_ELEMENT_COUNT; i++)
    if (elements[i].dtype == dtype) return (sl_element)i;
  return SL_ELEMENT_NONE;
}
