// SPDX-License-Identifier: Apache-2.0
// The inside of reading a model into a graph, shared by the *_reader.c files only.
//
// It stands on the scanner's state (limits, errors with byte offsets, texts). Graphs inside nodes
// wait in `graphs` and are read by the loop in model_reader.c, never by recursion; a graph is read
// after the one around it, so that names can be looked up outwards.
#ifndef SL_ONNX_MODEL_READER_H
#define SL_ONNX_MODEL_READER_H

#include "graph/graph.h"
#include "onnx/scan_state.h"

typedef struct sl_reader_graph {
  sl_graph *graph;
  sl_wire bytes;
  int32_t depth;
  sl_function *function;  // whose body it is; NULL for graphs
} sl_reader_graph;

// A tensor with external data, filled once the files are open. `constant` is NULL for tensors that
// the graph keeps as bytes only; their locations are judged all the same.
typedef struct sl_reader_external {
  sl_constant *constant;
  sl_onnx_external where;
} sl_reader_external;

typedef struct sl_reader {
  sl_scan scan;
  sl_graph_model *model;
  sl_scan_list graphs;     // sl_reader_graph, in the order they are read
  sl_scan_list externals;  // sl_reader_external
  int64_t nodes;
} sl_reader;

// Zeroed memory for `count` elements, counted against the limits.
SL_MUST_CHECK sl_status sl_reader_new(sl_reader *reader, int64_t count, size_t element_size,
                                      void **out, sl_error *err);
// Fields whose numbers are not in `known` (bit n is field n), tags included: borrowed where they
// stand together, else joined in the arena.
SL_MUST_CHECK sl_status sl_reader_extra(sl_reader *reader, sl_wire message, uint64_t known,
                                        sl_bytes *out, sl_error *err);
// How many byte fields of that number a message has.
int64_t sl_reader_count(sl_wire message, uint32_t number);

// Reads a model whose bytes stay; `reader->scan` has arena, name, start and limits.
SL_MUST_CHECK sl_status sl_reader_model(sl_reader *reader, sl_bytes bytes, sl_error *err);
// A graph or the body of a function; inner graphs are put in line.
SL_MUST_CHECK sl_status sl_reader_read_graph(sl_reader *reader, const sl_reader_graph *from,
                                             sl_error *err);
SL_MUST_CHECK sl_status sl_reader_attribute(sl_reader *reader, sl_graph *graph, sl_wire message,
                                            int32_t depth, sl_attribute *out, sl_error *err);
// A graph that an attribute holds, in line to be read.
SL_MUST_CHECK sl_status sl_reader_later(sl_reader *reader, const sl_reader_graph *graph,
                                        sl_error *err);
// `out` must stay where it is: external data are filled in later. *name may be "".
SL_MUST_CHECK sl_status sl_reader_tensor(sl_reader *reader, sl_wire message, sl_constant *out,
                                         const char **name, sl_error *err);
SL_MUST_CHECK sl_status sl_reader_sparse(sl_reader *reader, sl_wire message, sl_constant *out,
                                         const char **name, sl_error *err);
SL_MUST_CHECK sl_status sl_reader_type(sl_reader *reader, sl_wire message, sl_type *out,
                                       sl_error *err);

#endif
