// SPDX-License-Identifier: Apache-2.0
// What the standard says about each operator of ai.onnx: arity, attributes, their defaults.
//
// Facts are those of the operator set a model imports, so an attribute read here has the default of
// that set. Invariant: a name that the row does not list has no default and is an error of the
// model. Start at sl_operator_find(); the rows are in operator_list.h.
#ifndef SL_ONNX_OPERATOR_H
#define SL_ONNX_OPERATOR_H

#include "graph/graph.h"

enum { SL_OPERATOR_ANY = INT32_MAX };  // number of inputs or outputs without limit

typedef struct sl_operator {
  const char *type;
  int32_t since, until;  // operator sets for which the row holds; until is 0 when there is no end
  int32_t min_inputs, max_inputs, min_outputs, max_outputs;
  const char *attributes;  // "name:kind=default ..." as the head of operator_list.h says
} sl_operator;

// The row of an operator in operator set `opset` of ai.onnx; NULL when that set has no such one.
const sl_operator *sl_operator_find(const char *type, int64_t opset);

// An attribute of a node of ai.onnx, or its default in `opset`. Numbers without default are
// `missing`; strings without default are NULL (the copy is in `arena`). Lists are borrowed; without
// default they are NULL with *count 0.
int64_t sl_operator_int(int64_t opset, const sl_node *node, const char *name, int64_t missing);
const char *sl_operator_string(sl_arena *arena, int64_t opset, const sl_node *node,
                               const char *name);

// What a message calls a node: `node "conv1" (Conv)`; unnamed ones go by their first output.
const char *sl_operator_title(sl_arena *arena, const sl_graph *graph, const sl_node *node);

// Holds every node of ai.onnx, in inner graphs and functions too, against the table: operator set,
// numbers of inputs and outputs, names and kinds of attributes. SL_E_MODEL naming the node, with
// what is nearest to a name that is unknown. Other domains are not looked at.
SL_MUST_CHECK sl_status sl_onnx_check(const sl_graph_model *model, sl_error *err);

// The dims that a Shape node lists of an input of `rank`: [first, end).
void sl_operator_shape_range(const sl_node *node, int32_t rank, int32_t *first, int32_t *end);

#endif
