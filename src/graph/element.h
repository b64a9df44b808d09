// SPDX-License-Identifier: Apache-2.0
// Element types of values in a graph: the numbers of ONNX's TensorProto.DataType, so that every
// type a file can name has a value here, also those no array of ours can hold.
#ifndef SL_GRAPH_ELEMENT_H
#define SL_GRAPH_ELEMENT_H

#include "tensor/dtype.h"

typedef enum sl_element {
  SL_ELEMENT_NONE = 0,
  SL_ELEMENT_F32 = 1,
  SL_ELEMENT_U8 = 2,
  SL_ELEMENT_I8 = 3,
  SL_ELEMENT_U16 = 4,
  SL_ELEMENT_I16 = 5,
  SL_ELEMENT_I32 = 6,
  SL_ELEMENT_I64 = 7,
  SL_ELEMENT_STRING = 8,
  SL_ELEMENT_BOOL = 9,
  SL_ELEMENT_F16 = 10,
  SL_ELEMENT_F64 = 11,
  SL_ELEMENT_U32 = 12,
  SL_ELEMENT_U64 = 13,
  SL_ELEMENT_C64 = 14,
  SL_ELEMENT_C128 = 15,
  SL_ELEMENT_BF16 = 16,
  SL_ELEMENT_F8E4M3FN = 17,
  SL_ELEMENT_F8E4M3FNUZ = 18,
  SL_ELEMENT_F8E5M2 = 19,
  SL_ELEMENT_F8E5M2FNUZ = 20,
  SL_ELEMENT_U4 = 21,
  SL_ELEMENT_I4 = 22,
  SL_ELEMENT_F4E2M1 = 23,
  SL_ELEMENT_F8E8M0 = 24,
  SL_ELEMENT_U2 = 25,
  SL_ELEMENT_I2 = 26,
  SL_ELEMENT_COUNT
} sl_element;

const char *sl_element_name(int32_t element);    // "float", "int64", ... as ONNX spells; never NULL
int32_t sl_element_from_name(const char *name);  // SL_ELEMENT_NONE when unknown
int32_t sl_element_bits(int32_t element);        // per element; 0 for strings and unknown types
// Bytes of `count` elements, packed (4-bit types share bytes); 0 for strings and unknown types.
size_t sl_element_bytes(int32_t element, int64_t count);
int sl_element_is_float(int32_t element);    // float16, bfloat16, float, double
sl_dtype sl_element_dtype(int32_t element);  // SL_DTYPE_NONE when tensors of ours cannot hold it
sl_element sl_element_of_dtype(sl_dtype dtype);
// sl_dtype_store() for an element type; nothing happens where tensors of ours cannot hold it.
void sl_element_store(int32_t element, void *array, int64_t index, double number);

#endif
