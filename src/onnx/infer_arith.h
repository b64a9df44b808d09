// SPDX-License-Identifier: Apache-2.0
// Arithmetic on the contents of small tensors, one element at a time; for infer*.c only.
#ifndef SL_ONNX_INFER_ARITH_H
#define SL_ONNX_INFER_ARITH_H

#include "onnx/infer_state.h"

// `element` is the type of the operands, `is_c` the attribute "fmod" of Mod.
typedef struct sl_arith {
  int32_t element;
  bool is_c;
} sl_arith;
typedef sl_onnx_number (*sl_arith_op)(const sl_arith *how, sl_onnx_number a, sl_onnx_number b);

// The operation of an elementwise operator with one or two inputs (`b` is unused with one), also of
// what a reduction does between two elements; NULL when contents do not go through it.
sl_arith_op sl_arith_find(const char *type, int *is_unary);
// An element in another type.
sl_onnx_number sl_arith_cast(sl_onnx_number a, int32_t from, int32_t to);

#endif
