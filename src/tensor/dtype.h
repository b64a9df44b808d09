// SPDX-License-Identifier: Apache-2.0
// Element types of tensors and columns, and conversions between half and single precision.
#ifndef SL_TENSOR_DTYPE_H
#define SL_TENSOR_DTYPE_H

#include <stddef.h>
#include <stdint.h>

typedef enum sl_dtype {
  SL_DTYPE_NONE = 0,
  SL_DTYPE_BOOL,
  SL_DTYPE_U8,
  SL_DTYPE_I8,
  SL_DTYPE_U16,
  SL_DTYPE_I16,
  SL_DTYPE_U32,
  SL_DTYPE_I32,
  SL_DTYPE_U64,
  SL_DTYPE_I64,
  SL_DTYPE_F16,
  SL_DTYPE_BF16,
  SL_DTYPE_F32,
  SL_DTYPE_F64,
  SL_DTYPE_COUNT
} sl_dtype;

size_t sl_dtype_size(sl_dtype dtype);           // bytes per element; 0 for SL_DTYPE_NONE
const char *sl_dtype_name(sl_dtype dtype);      // "float32", "uint8", ...; never NULL
sl_dtype sl_dtype_from_name(const char *name);  // SL_DTYPE_NONE when unknown

// IEEE 754 binary16, round to nearest even.
uint16_t sl_f16_from_f32(float value);
float sl_f32_from_f16(uint16_t half);

// Element `index` of an array of `dtype` as double; NaN for SL_DTYPE_NONE.
double sl_dtype_load(sl_dtype dtype, const void *array, size_t index);
// The nearest that the type holds: float types round to even, whole numbers too and end at their
// limits (NaN is 0), bool is whether it is not 0. Nothing happens for SL_DTYPE_NONE.
void sl_dtype_store(sl_dtype dtype, void *array, size_t index, double value);

#endif
