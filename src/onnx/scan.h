// SPDX-License-Identifier: Apache-2.0
// What an .onnx file says of itself, read without trusting it: no recursion, no copies of weights,
// bounded depth, counts and memory.
//
// Invariant: a summary never points into the scanned bytes; all of it lives in the arena. Start at
// sl_onnx_scan(); external data are opened by onnx/external.h.
#ifndef SL_ONNX_SCAN_H
#define SL_ONNX_SCAN_H

#include "base/arena.h"
#include "base/file.h"
#include "tensor/dtype.h"

typedef struct sl_onnx_limits {
  int32_t depth_max;  // of nested messages, default 64
  int64_t nodes_max;  // default 1,000,000, subgraphs and functions included
  int64_t items_max;  // of everything else that is listed, default 4,000,000
  size_t memory_max;  // of the summary, default 512 MiB
} sl_onnx_limits;
extern const sl_onnx_limits sl_onnx_limits_default;

typedef struct sl_onnx_dim {
  int64_t size;        // -1 when free
  const char *symbol;  // "batch"; "" when it has no name
} sl_onnx_dim;

// An input or output of the graph.
typedef struct sl_onnx_value {
  const char *name;
  const char *type;  // "float32", "string", "sequence", ...; never NULL
  sl_dtype dtype;    // SL_DTYPE_NONE when it is not a tensor of numbers
  int32_t rank;      // -1 when the file does not say
  const sl_onnx_dim *dims;
} sl_onnx_value;

typedef struct sl_onnx_pair {
  const char *key, *value;
} sl_onnx_pair;

typedef struct sl_onnx_opset {
  const char *domain;  // "" is ai.onnx
  int64_t version;
} sl_onnx_opset;

typedef struct sl_onnx_op_count {
  const char *domain, *type;
  int64_t count;
} sl_onnx_op_count;

// A node of the main graph, in file order.
typedef struct sl_onnx_node {
  const char *domain, *type, *name;
  const char *const *inputs;
  const char *const *outputs;
  int32_t input_count, output_count;
  int64_t axis;  // attribute "axis", INT64_MIN when absent
} sl_onnx_node;

// A small constant (initializer or Constant node, at most SL_ONNX_CONSTANT_MAX numbers).
enum { SL_ONNX_CONSTANT_MAX = 16 };
typedef struct sl_onnx_constant {
  const char *name;
  int32_t count;
  double values[SL_ONNX_CONSTANT_MAX];
} sl_onnx_constant;

// A tensor whose bytes are outside the file.
typedef struct sl_onnx_external {
  const char *tensor, *location;
  int64_t offset, length;  // length is -1 when the file does not say
} sl_onnx_external;

typedef struct sl_onnx_summary {
  int64_t ir_version, model_version;
  const char *producer, *producer_version, *domain, *doc, *graph_name;
  int64_t node_count;                           // subgraphs and functions included
  int64_t parameter_count;                      // elements of initializers
  int64_t parameter_bytes;                      // as stored, wherever they lie
  int64_t parameters_by_dtype[SL_DTYPE_COUNT];  // elements
  int32_t quantised;  // integer weights or (De)QuantizeLinear / QLinear operators
  const sl_onnx_opset *opsets;
  size_t opset_count;
  const sl_onnx_pair *metadata;
  size_t metadata_count;
  const sl_onnx_value *inputs;
  size_t input_count;  // without those that are initializers
  const sl_onnx_value *outputs;
  size_t output_count;
  const sl_onnx_op_count *operators;
  size_t operator_count;  // most frequent first
  const sl_onnx_node *nodes;
  size_t main_node_count;
  const sl_onnx_constant *constants;
  size_t constant_count;
  const sl_onnx_external *externals;
  size_t external_count;
  const char *const *functions;
  size_t function_count;  // "domain.name"
  const char *const *custom;
  size_t custom_count;  // "domain.Type" outside the known domains
} sl_onnx_summary;

// Reads `bytes`; `name` stands in messages. SL_E_FORMAT when it is not ONNX (the message says what
// the bytes look like instead, or at which byte they end or break), SL_E_LIMIT when nested too deep
// or too big, SL_E_MODEL when there is no graph. `limits` may be NULL.
SL_MUST_CHECK sl_status sl_onnx_scan(sl_arena *arena, const char *name, sl_bytes bytes,
                                     const sl_onnx_limits *limits, sl_onnx_summary *out,
                                     sl_error *err);

// Value of a metadata entry, NULL when absent. Borrowed from the summary.
const char *sl_onnx_metadata(const sl_onnx_summary *summary, const char *key);
// Version of an operator set, 0 when not imported.
int64_t sl_onnx_opset_of(const sl_onnx_summary *summary, const char *domain);
// Fills custom and custom_count from operators and functions; called by sl_onnx_scan().
void sl_onnx_find_custom(sl_arena *arena, sl_onnx_summary *summary);
// The node that makes a value, NULL when none does.
const sl_onnx_node *sl_onnx_maker(const sl_onnx_summary *summary, const char *value);
// "1x3x224x224", "[batch]x3x?x?"; in `arena`.
char *sl_onnx_shape_text(sl_arena *arena, const sl_onnx_value *value);

// SL_E_MODEL naming the operators that are neither standard nor ONNX Runtime's own nor defined in
// the file.
SL_MUST_CHECK sl_status sl_onnx_check_operators(const sl_onnx_summary *summary, const char *name,
                                                sl_error *err);

#endif
