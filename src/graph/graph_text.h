// SPDX-License-Identifier: Apache-2.0
// The text form of a model: for people, and for tests of what changes graphs.
//
//   ir 10
//   opset ai.onnx 17
//   graph "net" {
//     input %x : float[batch,3,224,224]
//     constant %w = float[2] {1, 0.5}
//     %h = Conv "conv1" (%x, %w) {pads=[1, 1, 1, 1], group=1} : float[N:batch,64,56,56]
//     %y = Relu(%h) : ~float[N,64,56,56]  # conv1
//     return %y
//   }
//
// A node is: what it makes, operator (`domain::Type` outside ai.onnx), name, inputs (`_` is left
// out), attributes, types of what it makes, and after "#" its origin where that is not its name.
// `~` marks a type that the file does not declare. Sizes are `64`, `?`, a symbol, or `2N+1` (grows
// with the batch; `N:batch` when it has a symbol too); `@IMAGE` behind a type or a size is its
// denotation. Attributes: 1 is an int, 1.0 a float, "a" a
// string, `tensor float[2] {1, 2}`, `graph "then" {...}`, lists in [], `$slope:float` a reference
// inside functions. `!0a1b` are bytes in hexadecimal: elements that are not plain numbers, types
// that are not plain tensors, and after `extra` or `+` fields of the file that we do not interpret.
// `outer %x : float[4]` is what an inner graph declares of a value it reads from further out.
//
// Invariant: printing, parsing and printing again gives the same text, unless it was abbreviated.
// Not in the text: documentation and names of tensors, and how a file spelled what we understand.
#ifndef SL_GRAPH_GRAPH_TEXT_H
#define SL_GRAPH_GRAPH_TEXT_H

#include "graph/graph.h"

typedef struct sl_graph_text_options {
  int64_t elements_max;  // constants with more show their first ones and "..."; 0 = show all
  bool hide_extra;       // leave out fields that are not interpreted
} sl_graph_text_options;

// Everything; in `arena`.
char *sl_graph_text(sl_arena *arena, const sl_graph_model *model);
// Abbreviated as asked. Text with "..." in it cannot be parsed.
char *sl_graph_text_with(sl_arena *arena, const sl_graph_model *model,
                         const sl_graph_text_options *options);

// Reads what sl_graph_text() wrote, or a person did. The model lives in `arena`; the text may go.
// SL_E_FORMAT with line and column, SL_E_LIMIT when graphs nest more than 64 deep, SL_E_MODEL when
// nodes depend on themselves. Nodes may stand in any order; they are sorted.
SL_MUST_CHECK sl_status sl_graph_parse_text(sl_arena *arena, const char *text, sl_graph_model **out,
                                            sl_error *err);

#endif
