// SPDX-License-Identifier: Apache-2.0
// The intermediate representation: a model as graphs of nodes and values.
//
// Nodes and values are numbers into arrays of their graph; 0 is none. Numbers stay valid for the
// life of the graph: removing a node leaves a hole that writers and loops skip. The structs are
// open for reading; change them through the functions here, which keep names unique and makers
// right. Weights are borrowed (usually from a mapped file) and never copied.
//
// Invariant: every value but 0 has exactly one origin (input, constant, node or outer graph), and a
// name that no other value of the graph has. The order of nodes may be any until sl_graph_sort().
// Start at sl_graph; the builder is the second half.
#ifndef SL_GRAPH_GRAPH_H
#define SL_GRAPH_GRAPH_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/map.h"
#include "graph/element.h"

typedef int32_t sl_value_id;
typedef int32_t sl_node_id;
typedef struct sl_graph sl_graph;

// ---- types --------------------------------------------------------------------------------------

// A size: fixed + per_batch * N, where N is the number of samples in a run. What a file leaves free
// is SL_DIM_UNKNOWN until inference or a probe run says more; `symbol` is the file's name for it.
enum { SL_DIM_UNKNOWN = -1 };
typedef struct sl_dim {
  int64_t fixed;       // SL_DIM_UNKNOWN when not known; 0 or more otherwise
  int64_t per_batch;   // 0 when it does not grow with the batch
  const char *symbol;  // NULL when it has none
} sl_dim;

#define SL_DIM(size) ((sl_dim){.fixed = (size)})

typedef struct sl_type {
  int32_t element;     // sl_element; SL_ELEMENT_NONE when unknown or not a tensor
  int32_t rank;        // -1 when unknown
  const sl_dim *dims;  // [rank]
  sl_bytes raw;  // TypeProto as read, for sequences, maps, optionals, sparse tensors; else empty
  const char *denotation;              // "IMAGE", ...; NULL when it has none
  const char *const *dim_denotations;  // [rank] "DATA_BATCH", ..., NULL items; NULL when none has
} sl_type;

// A constant: initializer, tensor attribute or something a pass made.
typedef struct sl_constant {
  int32_t element;
  int32_t rank;
  const int64_t *dims;
  int64_t count;            // elements
  sl_bytes data;            // little-endian, packed, at any address; empty for strings
  const sl_bytes *strings;  // [count], for strings
  const char *location;     // file of external data it came from; NULL when it is in the model
  int64_t offset;           // inside that file
  sl_bytes message;         // TensorProto as read; empty for constants that were made here
  bool is_sparse;           // message is a SparseTensorProto, data and strings are empty
} sl_constant;

typedef enum sl_attribute_kind {
  SL_ATTRIBUTE_NONE = 0,
  SL_ATTRIBUTE_FLOAT,
  SL_ATTRIBUTE_INT,
  SL_ATTRIBUTE_STRING,
  SL_ATTRIBUTE_TENSOR,
  SL_ATTRIBUTE_GRAPH,
  SL_ATTRIBUTE_FLOATS,
  SL_ATTRIBUTE_INTS,
  SL_ATTRIBUTE_STRINGS,
  SL_ATTRIBUTE_TENSORS,
  SL_ATTRIBUTE_GRAPHS,
  SL_ATTRIBUTE_SPARSE_TENSOR,
  SL_ATTRIBUTE_SPARSE_TENSORS,
  SL_ATTRIBUTE_TYPE,
  SL_ATTRIBUTE_TYPES
} sl_attribute_kind;

// Kinds with one item keep it at index 0 of their array; `count` is 1 then.
typedef struct sl_attribute {
  const char *name;
  sl_attribute_kind kind;  // numbers as in AttributeProto by meaning, not by value
  const char *reference;   // inside functions: the attribute of the call it takes; NULL otherwise
  int64_t count;
  const int64_t *ints;
  const float *floats;
  const sl_bytes *strings;
  const sl_constant *tensors;
  sl_graph *const *graphs;
  sl_bytes raw;  // AttributeProto as read: always there for sparse tensors and types
} sl_attribute;

typedef enum sl_origin {
  SL_ORIGIN_NONE = 0,
  SL_ORIGIN_INPUT,
  SL_ORIGIN_CONSTANT,  // initializer; `is_input` too when the file lists it among the inputs
  SL_ORIGIN_NODE,
  SL_ORIGIN_OUTER  // a value of an enclosing graph, by name
} sl_origin;

typedef struct sl_value {
  const char *name;
  sl_type type;
  sl_origin origin;
  bool is_input, is_output;
  bool is_declared;  // the file has a ValueInfo for it
  sl_node_id maker;  // of SL_ORIGIN_NODE
  int32_t maker_slot;
  const sl_constant *constant;  // of SL_ORIGIN_CONSTANT
  sl_bytes extra;               // fields of its ValueInfo that we do not know, and doc and metadata
} sl_value;

typedef struct sl_node {
  const char *domain, *type, *name;  // domain "" is ai.onnx; name may be ""
  // The node of the original model that this one stands for or was derived from; shown to people.
  const char *origin;
  const sl_value_id *inputs;  // 0 where an optional input is left out
  const sl_value_id *outputs;
  const sl_attribute *attributes;
  int32_t input_count, output_count, attribute_count;
  bool is_removed;
  sl_bytes extra;  // fields of the NodeProto that we do not know, and doc, overload, metadata
} sl_node;

struct sl_graph {
  sl_arena *arena;
  const char *name;
  sl_graph *outer;  // NULL for a main graph
  sl_node *nodes;   // [node_count]; index 0 is unused
  int32_t node_count, node_capacity;
  sl_value *values;  // [value_count]; index 0 is unused
  int32_t value_count, value_capacity;
  sl_value_id *inputs, *outputs;
  int32_t input_count, input_capacity, output_count, output_capacity;
  sl_map *names;   // value name -> number
  int64_t serial;  // makes fresh names
  sl_bytes extra;  // fields of the GraphProto that we do not know, and doc, quantisation, metadata
};

typedef struct sl_opset {
  const char *domain;
  int64_t version;
} sl_opset;

typedef struct sl_metadata {
  const char *key, *value;
} sl_metadata;

// A function of the model: its body is a graph whose inputs and outputs are those of the function.
typedef struct sl_function {
  const char *domain, *name, *overload;
  const char *const *attributes;  // names without default
  size_t attribute_count;
  const sl_attribute *defaults;
  size_t default_count;
  const sl_opset *opsets;
  size_t opset_count;
  sl_graph *body;
  sl_bytes extra;
} sl_function;

typedef struct sl_graph_model {
  sl_arena *arena;
  int64_t ir_version, model_version;
  const char *producer, *producer_version, *domain, *doc;
  sl_opset *opsets;
  size_t opset_count;
  sl_metadata *metadata;
  size_t metadata_count;
  sl_graph *graph;
  sl_function *functions;
  size_t function_count;
  sl_bytes extra;  // fields of the ModelProto that we do not know
} sl_graph_model;

// Version of an operator set ("" is ai.onnx); 0 when the model does not import it.
int64_t sl_graph_opset(const sl_graph_model *model, const char *domain);

// ---- reading ------------------------------------------------------------------------------------

static inline const sl_node *sl_graph_node(const sl_graph *graph, sl_node_id node) {
  return &graph->nodes[node];
}

sl_value_id sl_graph_find(const sl_graph *graph, const char *name);  // 0 when there is none
// A node by its own name, or by the name of one of its outputs; 0 when there is none.
sl_node_id sl_graph_find_node(const sl_graph *graph, const char *name);
// Input or output `index` of a node; 0 when it is left out or the node has fewer.
sl_value_id sl_node_input(const sl_node *node, int32_t index);
sl_value_id sl_node_output(const sl_node *node, int32_t index);
int sl_node_is(const sl_node *node, const char *type);  // of ai.onnx
// What to call a node in messages: its name, or "Conv of <first output>". In `arena`.
const char *sl_node_title(sl_arena *arena, const sl_graph *graph, sl_node_id node);

const sl_attribute *sl_node_attribute(const sl_node *node, const char *name);  // NULL when absent
int64_t sl_node_int(const sl_node *node, const char *name, int64_t missing);
double sl_node_float(const sl_node *node, const char *name, double missing);
// NUL-ended copy in `arena`; `missing` when absent.
const char *sl_node_string(sl_arena *arena, const sl_node *node, const char *name,
                           const char *missing);
// Borrowed; *count is 0 and the result NULL when absent.
const int64_t *sl_node_ints(const sl_node *node, const char *name, int64_t *count);
// Entry `index` of such a list; `missing` when the list is absent or shorter.
int64_t sl_node_int_at(const sl_node *node, const char *name, int32_t index, int64_t missing);

// Element `index` of a constant as a number (bool, integers, all float types).
double sl_constant_number(const sl_constant *constant, int64_t index);
int64_t sl_constant_int(const sl_constant *constant, int64_t index);
// The constant of a value: an initializer, or the tensor of a Constant node; NULL otherwise.
const sl_constant *sl_graph_constant(const sl_graph *graph, sl_value_id value);
// Integers of a constant of at most `max` elements; -1 when it is not one. Empty is 0.
int64_t sl_graph_constant_ints(const sl_graph *graph, sl_value_id value, int64_t *out, int64_t max);

// Who reads which value: nodes of the graph itself and of graphs inside its nodes (then `node` is
// the node that holds the inner graph and `slot` is -1). Valid until the graph changes.
typedef struct sl_use {
  sl_node_id node;
  int32_t slot;
} sl_use;
typedef struct sl_uses {
  const int32_t *first;  // [value_count + 1]: uses of v are [first[v], first[v + 1])
  const sl_use *at;
} sl_uses;
sl_uses sl_graph_uses(const sl_graph *graph, sl_arena *arena);
static inline int32_t sl_uses_count(const sl_uses *uses, sl_value_id value) {
  return uses->first[value + 1] - uses->first[value];
}

// The graph, then the graphs inside its nodes, outer ones first; in `arena`.
sl_graph **sl_graph_nested(sl_arena *arena, sl_graph *graph, int32_t *count);
// The graphs inside a node (branches, loop bodies) at any depth, outer ones first; in `arena`.
sl_graph *const *sl_node_graphs(sl_arena *arena, const sl_node *node, int32_t *count);
// The values of `graph` that the graphs inside one of its nodes read, as often as they are read; in
// `arena`.
const sl_value_id *sl_node_captured(sl_arena *arena, const sl_graph *graph, const sl_node *node,
                                    int32_t *count);

int sl_dim_equal(sl_dim a, sl_dim b);     // both known and the same
int sl_dim_is(sl_dim dim, int64_t size);  // known, fixed, of that size
// Every dim known; per_batch may be anything.
int sl_type_is_known(const sl_type *type);
// Elements as fixed + per_batch * N when at most one dim grows; unknown otherwise.
sl_dim sl_type_elements(const sl_type *type);
// "float[N,3,224,224]"; in `arena`.
const char *sl_type_text(sl_arena *arena, const sl_type *type);

// ---- building -----------------------------------------------------------------------------------

sl_graph_model *sl_graph_model_new(sl_arena *arena);
// Deep in structure, shallow in weights: bytes of constants are shared.
sl_graph_model *sl_graph_model_copy(sl_arena *arena, const sl_graph_model *model);
sl_graph *sl_graph_new(sl_arena *arena, sl_graph *outer, const char *name);
void sl_graph_set_opset(sl_graph_model *model, const char *domain, int64_t version);

// A name no value of the graph has: `hint`, or `hint` with a number. In the graph's arena.
const char *sl_graph_fresh_name(sl_graph *graph, const char *hint);

// `name` must be free for the three that take one of the file (0 when it is taken).
sl_value_id sl_graph_add_value(sl_graph *graph, const char *name, sl_origin origin);
void sl_graph_set_type(sl_graph *graph, sl_value_id value, int32_t element, int32_t rank,
                       const sl_dim *dims);  // dims are copied; rank -1 for unknown
sl_value_id sl_graph_add_input(sl_graph *graph, const char *hint, int32_t element, int32_t rank,
                               const sl_dim *dims);
// `data` is copied.
sl_value_id sl_graph_add_constant(sl_graph *graph, const char *hint, int32_t element, int32_t rank,
                                  const int64_t *dims, const void *data);
// `constant` is copied, its bytes are borrowed for the life of the graph.
sl_value_id sl_graph_borrow_constant(sl_graph *graph, const char *hint,
                                     const sl_constant *constant);
sl_value_id sl_graph_add_ints(sl_graph *graph, const char *hint, const int64_t *ints,
                              int64_t count);  // int64[count]
void sl_graph_add_output(sl_graph *graph, sl_value_id value);
void sl_graph_set_outputs(sl_graph *graph, const sl_value_id *values, int32_t count);
void sl_graph_set_inputs(sl_graph *graph, const sl_value_id *values, int32_t count);

// A node of ai.onnx with fresh outputs named after `hint`; the outputs are consecutive numbers, the
// first one is returned. `origin` as in sl_node, may be "".
sl_value_id sl_graph_apply(sl_graph *graph, const char *type, const char *hint, const char *origin,
                           const sl_value_id *inputs, int32_t input_count, int32_t output_count);
// A node with given outputs (their origin is set to it). `domain` and texts are copied.
sl_node_id sl_graph_add_node(sl_graph *graph, const char *domain, const char *type,
                             const char *name, const sl_value_id *inputs, int32_t input_count,
                             const sl_value_id *outputs, int32_t output_count);
void sl_graph_set_int(sl_graph *graph, sl_node_id node, const char *name, int64_t value);
void sl_graph_set_float(sl_graph *graph, sl_node_id node, const char *name, double value);
void sl_graph_set_string(sl_graph *graph, sl_node_id node, const char *name, const char *value);
void sl_graph_set_ints(sl_graph *graph, sl_node_id node, const char *name, const int64_t *values,
                       int64_t count);
// Sets (or replaces) an attribute; its arrays are borrowed.
void sl_graph_set_attribute(sl_graph *graph, sl_node_id node, const sl_attribute *attribute);
void sl_graph_unset(sl_graph *graph, sl_node_id node, const char *name);

void sl_graph_set_input(sl_graph *graph, sl_node_id node, int32_t slot, sl_value_id value);
void sl_graph_set_inputs_of(sl_graph *graph, sl_node_id node, const sl_value_id *inputs,
                            int32_t count);
void sl_graph_set_node_type(sl_graph *graph, sl_node_id node, const char *domain, const char *type);
// Every reader of `from` reads `to`, inner graphs and outputs included. When `from` is an output,
// `to` takes over its name, so that the interface of the model stays.
void sl_graph_replace(sl_graph *graph, sl_value_id from, sl_value_id to);
// The readers of `from` except the node `except` (0 for none) and the graph's outputs.
void sl_graph_redirect(sl_graph *graph, sl_value_id from, sl_value_id to, sl_node_id except);
void sl_graph_remove_node(sl_graph *graph, sl_node_id node);  // its outputs lose their origin
void sl_graph_rename(sl_graph *graph, sl_value_id value, const char *name);
// Turns a value whose maker was removed into a constant (its bytes are borrowed), or into nothing:
// its name is free again. Nobody may read a dropped value.
void sl_graph_make_constant(sl_graph *graph, sl_value_id value, const sl_constant *constant);
void sl_graph_drop(sl_graph *graph, sl_value_id value);

// Makers before readers, otherwise the present order; holes are closed, so node numbers change.
// SL_E_MODEL naming a node when values depend on themselves.
SL_MUST_CHECK sl_status sl_graph_sort(sl_graph *graph, sl_error *err);

// The value of that name here or in a graph around this one; 0 when there is none. Graphs on the
// way get it as an outer value, so that none of them gives the name to something new.
sl_value_id sl_graph_resolve(sl_graph *graph, const char *name);

// The rules every graph must keep: inputs of nodes exist, no cycles, no two origins, outputs exist,
// also in inner graphs. SL_E_MODEL naming the node and the value.
SL_MUST_CHECK sl_status sl_graph_verify(const sl_graph *graph, sl_error *err);

#endif
