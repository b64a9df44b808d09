// SPDX-License-Identifier: Apache-2.0
// The inside of writing a model, shared by the *_writer.c files only.
//
// Graphs inside nodes are written before the graph around them, from a list, never by recursion:
// `graphs` has each graph after the one that holds it, and is written from its end.
#ifndef SL_ONNX_MODEL_WRITER_H
#define SL_ONNX_MODEL_WRITER_H

#include "onnx/message.h"
#include "onnx/model_file.h"

typedef struct sl_writer_graph {
  const sl_graph *graph;
  const sl_function *function;  // whose body it is; NULL for graphs
  size_t next_child;            // index in `graphs` of the next graph inside it, in writing order
  sl_message message;           // GraphProto or FunctionProto
} sl_writer_graph;

typedef struct sl_writer {
  sl_arena *arena;
  const sl_graph_model *model;
  sl_writer_graph *graphs;  // the main graph, the functions, then what is inside them
  size_t graph_count, graph_capacity;
  int64_t detach_above_bytes;  // 0 = never
  bool for_session;            // detached weights are handed over as tensors
  const char *location;        // of detached weights
  int64_t data_end;            // of what is in that location so far
  sl_onnx_detached *detached;
  size_t detached_count, detached_capacity;
} sl_writer;

enum { SL_WRITER_ALIGNMENT = 64 };  // of weights in a data file

// Fills writer->graphs[0].message and all others.
void sl_writer_graphs(sl_writer *writer);
// A TensorProto or SparseTensorProto with that name ("" for none) as one field.
void sl_writer_constant(sl_message *out, uint32_t field, const sl_constant *constant,
                        const char *name);
// The name that the message of a constant has, "" when it has none.
const char *sl_writer_own_name(sl_arena *arena, const sl_constant *constant);
// The same as external data at `offset` of `location`.
void sl_writer_external(sl_message *out, uint32_t field, const sl_constant *constant,
                        const char *name, const char *location, int64_t offset);
void sl_writer_attribute(sl_writer *writer, sl_writer_graph *at, uint32_t field,
                         const sl_attribute *attribute);
void sl_writer_opset(sl_message *out, uint32_t field, const sl_opset *opset);

// What sl_onnx_save() does, with the size above which weights go to their own file.
SL_MUST_CHECK sl_status sl_writer_save(const sl_graph_model *model, const char *path,
                                       size_t message_max, sl_error *err);

#endif
