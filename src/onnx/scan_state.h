// SPDX-License-Identifier: Apache-2.0
// The inside of a scan, shared by the scan_*.c files only.
//
// Graphs inside nodes are not entered by recursion: they go to `pending`, and the loop in scan.c
// takes them from there. That bounds the C stack whatever the file says.
#ifndef SL_ONNX_SCAN_STATE_H
#define SL_ONNX_SCAN_STATE_H

#include "base/map.h"
#include "onnx/scan.h"
#include "onnx/wire.h"

// A growable array in the arena.
typedef struct sl_scan_list {
  void *at;
  size_t count, capacity;
} sl_scan_list;

typedef struct sl_scan_pending {
  sl_wire bytes;
  int32_t depth;
  int32_t is_function;
} sl_scan_pending;

typedef struct sl_scan {
  sl_arena *arena;
  const char *name;
  const uint8_t *start;  // of the file
  sl_onnx_limits limits;
  sl_onnx_summary *out;
  int64_t items;
  int32_t main_graph;      // the graph being read is the model's own
  sl_scan_list pending;    // sl_scan_pending
  sl_scan_list constants;  // sl_onnx_constant
  sl_scan_list externals;  // sl_onnx_external
  sl_scan_list operators;  // sl_onnx_op_count
  sl_scan_list nodes, inputs, outputs, opsets, metadata, functions;
  sl_map *operator_index;  // "domain\0type" -> index into operators
  sl_map *initializers;    // names in the main graph
} sl_scan;

// SL_E_FORMAT when the bytes are empty or look like something else than ONNX.
SL_MUST_CHECK sl_status sl_scan_check_kind(const char *name, sl_bytes bytes, sl_error *err);
// SL_E_LIMIT when the arena and `extra` bytes together pass the memory limit.
SL_MUST_CHECK sl_status sl_scan_check_memory(const sl_scan *scan, size_t extra, sl_error *err);
// A zeroed new element; counts against the limits.
SL_MUST_CHECK sl_status sl_scan_push(sl_scan *scan, sl_scan_list *list, size_t element_size,
                                     void **out, sl_error *err);
// The next field: *more is 0 at the end. Errors say at which byte of the file.
SL_MUST_CHECK sl_status sl_scan_next(sl_scan *scan, sl_wire *wire, sl_wire_field *field, int *more,
                                     sl_error *err);
// Copy of a text field; counts against the memory limit.
SL_MUST_CHECK sl_status sl_scan_text(sl_scan *scan, const sl_wire_field *field, const char **out,
                                     sl_error *err);
SL_MUST_CHECK sl_status sl_scan_pair(sl_scan *scan, sl_wire wire, sl_onnx_pair *out, sl_error *err);
SL_MUST_CHECK sl_status sl_scan_later(sl_scan *scan, sl_wire bytes, int32_t depth,
                                      int32_t is_function, sl_error *err);

SL_MUST_CHECK sl_status sl_scan_graph(sl_scan *scan, const sl_scan_pending *graph, sl_error *err);
SL_MUST_CHECK sl_status sl_scan_value(sl_scan *scan, sl_wire wire, sl_onnx_value *out,
                                      sl_error *err);
// A TypeProto, however deep its parts nest.
SL_MUST_CHECK sl_status sl_scan_type(sl_scan *scan, sl_wire wire, sl_onnx_value *out,
                                     sl_error *err);
// A TensorProto. `weight` counts it as parameters; `constant_name` (may be NULL) keeps its numbers
// when they are few, under that name or, when "", its own. *own_name may be NULL.
SL_MUST_CHECK sl_status sl_scan_tensor(sl_scan *scan, sl_wire wire, int weight,
                                       const char *constant_name, const char **own_name,
                                       sl_error *err);
SL_MUST_CHECK sl_status sl_scan_sparse(sl_scan *scan, sl_wire wire, int weight, sl_error *err);
// One entry of external data into `out`, which begins with no location and -1 for the numbers.
SL_MUST_CHECK sl_status sl_scan_external(sl_scan *scan, sl_wire wire, sl_onnx_external *out,
                                         sl_error *err);

const char *sl_onnx_type_name(int64_t element);  // of TensorProto.DataType; never NULL
sl_dtype sl_onnx_dtype(int64_t element);

// What bytes that are not ONNX look like, in words; NULL when nothing is recognised.
const char *sl_onnx_looks_like(sl_bytes bytes);

#endif
