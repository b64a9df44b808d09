// SPDX-License-Identifier: Apache-2.0
// How the attributes of a row of the operator table are read; for operator*.c only.
#ifndef SL_ONNX_OPERATOR_ATTRIBUTE_H
#define SL_ONNX_OPERATOR_ATTRIBUTE_H

#include "onnx/operator.h"

typedef struct sl_operator_attribute {
  const char *name;  // name_size bytes, not ended
  size_t name_size;
  char kind;          // letter of operator_list.h
  bool is_needed;     // without it a node is wrong
  const char *value;  // value_size bytes; NULL when there is no default
  size_t value_size;
} sl_operator_attribute;

// The attribute at *text, which then moves on; 0 at the end. Start with row->attributes.
int sl_operator_next_attribute(const char **text, sl_operator_attribute *out);
int sl_operator_attribute_find(const sl_operator *row, const char *name,
                               sl_operator_attribute *out);
// All rows of an operator, oldest first; *count is 0 when ai.onnx has no such operator.
const sl_operator *sl_operator_rows(const char *type, size_t *count);

#endif
