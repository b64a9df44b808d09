// SPDX-License-Identifier: Apache-2.0
// Element types: sizes, names and numeric loads.
//
// Invariant: the row order of `rows` is the order of sl_dtype; names are NumPy's.
// Start at `rows`.
#include "tensor/dtype.h"

#include <math.h>
#include <string.h>

typedef struct dtype_row {
  const char *name;
  size_t size;
} dtype_row;

static const dtype_row rows[SL_DTYPE_COUNT] = {
    [SL_DTYPE_NONE] = {"none", 0},   [SL_DTYPE_BOOL] = {"bool", 1},
    [SL_DTYPE_U8] = {"uint8", 1},    [SL_DTYPE_I8] = {"int8", 1},
    [SL_DTYPE_U16] = {"uint16", 2},  [SL_DTYPE_I16] = {"int16", 2},
    [SL_DTYPE_U32] = {"uint32", 4},  [SL_DTYPE_I32] = {"int32", 4},
    [SL_DTYPE_U64] = {"uint64", 8},  [SL_DTYPE_I64] = {"int64", 8},
    [SL_DTYPE_F16] = {"float16", 2}, [SL_DTYPE_BF16] = {"bfloat16", 2},
    [SL_DTYPE_F32] = {"float32", 4}, [SL_DTYPE_F64] = {"float64", 8},
};

static const dtype_row *row_of(sl_dtype dtype) {
  int in_range = (int)dtype >= 0 && dtype < SL_DTYPE_COUNT;
  return &rows[in_range ? dtype : SL_DTYPE_NONE];
}

size_t sl_dtype_size(sl_dtype dtype) { return row_of(dtype)->size; }

const char *sl_dtype_name(sl_dtype dtype) { return row_of(dtype)->name; }

sl_dtype sl_dtype_from_name(const char *name) {
  if (name == NULL) return SL_DTYPE_NONE;
  for (int i = 1; i < SL_DTYPE_COUNT; i++) {
    if (strcmp(rows[i].name, name) == 0) return (sl_dtype)i;
  }
  return SL_DTYPE_NONE;
}

static uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

// Drops the low `shift` bits of `value`, rounding to nearest, ties to even.
static uint32_t shift_to_even(uint32_t value, uint32_t shift) {
  uint32_t kept = value >> shift;
  uint32_t rest = value & ((1u << shift) - 1u);
  uint32_t half = 1u << (shift - 1u);
  return kept + (rest > half || (rest == half && (kept & 1u)));
}

uint16_t sl_f16_from_f32(float value) {
  uint32_t bits = bits_of(value);
  uint32_t sign = (bits >> 16) & 0x8000u;
  uint32_t exponent = (bits >> 23) & 0xffu;
  uint32_t fraction = bits & 0x7fffffu;
  if (exponent == 0xffu) {
    // A NaN keeps the top of its payload and stays quiet; its fraction must not become zero.
    uint32_t payload = fraction ? 0x200u | (fraction >> 13) : 0u;
    return (uint16_t)(sign | 0x7c00u | payload);
  }
  if (exponent >= 143u) return (uint16_t)(sign | 0x7c00u);
  if (exponent >= 113u) {
    // A carry out of the fraction walks into the exponent, up to infinity, as it should.
    uint32_t half = ((exponent - 112u) << 10) + shift_to_even(fraction, 13u);
    return (uint16_t)(sign | half);
  }
  if (exponent < 102u) return (uint16_t)sign;
  return (uint16_t)(sign | shift_to_even(fraction | 0x800000u, 126u - exponent));
}

float sl_f32_from_f16(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
  uint32_t exponent = (half >> 10) & 0x1fu;
  uint32_t fraction = half & 0x3ffu;
  if (exponent == 0x1fu) return float_of(sign | 0x7f800000u | (fraction << 13));
  if (exponent != 0) return float_of(sign | ((exponent + 112u) << 23) | (fraction << 13));
  // Subnormal halves are multiples of 2^-24, which single precision holds exactly.
  float magnitude = (float)fraction * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

#define LOAD_AS(T)                                              \
  do {                                                          \
    T element;                                                  \
    memcpy(&element, (const T *)array + index, sizeof element); \
    return (double)element;                                     \
  } while (0)

static uint16_t load_u16(const void *array, size_t index) {
  uint16_t element;
  memcpy(&element, (const uint8_t *)array + index * sizeof element, sizeof element);
  return element;
}

double sl_dtype_load(sl_dtype dtype, const void *array, size_t index) {
  switch (dtype) {
    case SL_DTYPE_BOOL:
      return ((const uint8_t *)array)[index] != 0;
    case SL_DTYPE_U8:
      LOAD_AS(uint8_t);
    case SL_DTYPE_I8:
      LOAD_AS(int8_t);
    case SL_DTYPE_U16:
      LOAD_AS(uint16_t);
    case SL_DTYPE_I16:
      LOAD_AS(int16_t);
    case SL_DTYPE_U32:
      LOAD_AS(uint32_t);
    case SL_DTYPE_I32:
      LOAD_AS(int32_t);
    case SL_DTYPE_U64:
      LOAD_AS(uint64_t);
    case SL_DTYPE_I64:
      LOAD_AS(int64_t);
    case SL_DTYPE_F16:
      return (double)sl_f32_from_f16(load_u16(array, index));
    case SL_DTYPE_BF16:
      return (double)float_of((uint32_t)load_u16(array, index) << 16);
    case SL_DTYPE_F32:
      LOAD_AS(float);
    case SL_DTYPE_F64:
      LOAD_AS(double);
    case SL_DTYPE_NONE:
    case SL_DTYPE_COUNT:
      break;
  }
  return (double)NAN;
}

static uint16_t bf16_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (!isnan(value)) bits += 0x7fff + ((bits >> 16) & 1);
  return (uint16_t)(bits >> 16);
}

static double whole(double value, double low, double high) {
  return isnan(value) ? 0 : rint(value < low ? low : value > high ? high : value);
}

// `above` is the first whole number that T cannot hold: exact as a double, where T's own maximum is
// not for 64-bit types.
#define STORE_WHOLE(T, low, top, above)                            \
  do {                                                             \
    double bounded = whole(value, (double)(low), (double)(above)); \
    T element = bounded >= (double)(above) ? (top) : (T)bounded;   \
    memcpy((T *)array + index, &element, sizeof element);          \
  } while (0)

#define STORE_AS(T, converted)                            \
  do {                                                    \
    T element = (converted);                              \
    memcpy((T *)array + index, &element, sizeof element); \
  } while (0)

void sl_dtype_store(sl_dtype dtype, void *array, size_t index, double value) {
  switch (dtype) {
    case SL_DTYPE_BOOL:
      ((uint8_t *)array)[index] = value != 0;
      break;
    case SL_DTYPE_U8:
      STORE_WHOLE(uint8_t, 0, UINT8_MAX, 0x1p8);
      break;
    case SL_DTYPE_I8:
      STORE_WHOLE(int8_t, INT8_MIN, INT8_MAX, 0x1p7);
      break;
    case SL_DTYPE_U16:
      STORE_WHOLE(uint16_t, 0, UINT16_MAX, 0x1p16);
      break;
    case SL_DTYPE_I16:
      STORE_WHOLE(int16_t, INT16_MIN, INT16_MAX, 0x1p15);
      break;
    case SL_DTYPE_U32:
      STORE_WHOLE(uint32_t, 0, UINT32_MAX, 0x1p32);
      break;
    case SL_DTYPE_I32:
      STORE_WHOLE(int32_t, INT32_MIN, INT32_MAX, 0x1p31);
      break;
    case SL_DTYPE_U64:
      STORE_WHOLE(uint64_t, 0, UINT64_MAX, 0x1p64);
      break;
    case SL_DTYPE_I64:
      STORE_WHOLE(int64_t, -0x1p63, INT64_MAX, 0x1p63);
      break;
    case SL_DTYPE_F16:
      STORE_AS(uint16_t, sl_f16_from_f32((float)value));
      break;
    case SL_DTYPE_BF16:
      STORE_AS(uint16_t, bf16_of((float)value));
      break;
    case SL_DTYPE_F32:
      STORE_AS(float, (float)value);
      break;
    case SL_DTYPE_F64:
      STORE_AS(double, value);
      break;
    case SL_DTYPE_NONE:
    case SL_DTYPE_COUNT:
      break;
  }
}
