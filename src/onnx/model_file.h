// SPDX-License-Identifier: Apache-2.0
// .onnx files to graphs and back.
//
// Invariant: weights stay where they are (mapped file, external data); a graph borrows them for the
// life of its arena. What we do not understand of a file is kept and written again. Start at
// sl_onnx_load().
#ifndef SL_ONNX_MODEL_FILE_H
#define SL_ONNX_MODEL_FILE_H

#include "graph/graph.h"
#include "onnx/scan.h"

// Maps the file and its external data (containment as in onnx/external.h) for the life of `arena`.
// Errors as sl_onnx_scan() and sl_onnx_open_external(). `limits` may be NULL.
SL_MUST_CHECK sl_status sl_onnx_load(sl_arena *arena, const char *path,
                                     const sl_onnx_limits *limits, sl_graph_model **out,
                                     sl_error *err);

// The same from memory, which must outlive the graph; `name` stands in messages. External data stay
// unread: their constants have a location and no data.
SL_MUST_CHECK sl_status sl_onnx_parse(sl_arena *arena, const char *name, sl_bytes bytes,
                                      const sl_onnx_limits *limits, sl_graph_model **out,
                                      sl_error *err);

typedef struct sl_onnx_write_options {
  // Initializers of the main graph with more bytes than this are left out of the message: marked as
  // external data and listed in `detached`, to be given to the session as tensors. 0 = all inside.
  int64_t detach_above_bytes;
  // What is detached is handed to a session: no tensor of a type sl_dtype lacks (int4, float8), and
  // no initializer that nothing reads.
  bool for_session;
} sl_onnx_write_options;

typedef struct sl_onnx_detached {
  const char *name;
  const sl_constant *constant;
} sl_onnx_detached;

typedef struct sl_onnx_written {
  sl_bytes bytes;  // ModelProto, in `arena`
  const sl_onnx_detached *detached;
  size_t detached_count;
} sl_onnx_written;

// SL_E_LIMIT when the message would pass 2 GB (detach, or use sl_onnx_save()).
SL_MUST_CHECK sl_status sl_onnx_serialise(sl_arena *arena, const sl_graph_model *model,
                                          const sl_onnx_write_options *options,
                                          sl_onnx_written *out, sl_error *err);

// Writes a file; weights go to "<name>.data" beside it when all together would pass 2 GB.
SL_MUST_CHECK sl_status sl_onnx_save(const sl_graph_model *model, const char *path, sl_error *err);

#endif
