// SPDX-License-Identifier: Apache-2.0
// Small graphs for the tests of passes, and their outputs as ONNX Runtime computes them.
#ifndef TESTS_PASS_TESTING_H
#define TESTS_PASS_TESTING_H

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "model/graph_session.h"
#include "onnx/infer.h"
#include "onnx/model_file.h"
#include "pass/pass.h"

#define DIMS(...) \
  (const int64_t[]) { __VA_ARGS__ }
#define VALUES(...) \
  (const sl_value_id[]) { __VA_ARGS__ }

typedef struct net {
  sl_arena *arena;
  sl_graph_model *model;
  sl_graph *graph;
  sl_random random;
} net;

static inline void must_pass(sl_status status, const sl_error *err) {
  if (status != SL_OK) print_error("%s\n%s\n", sl_error_message(err), sl_error_detail(err));
  assert_int_equal(status, SL_OK);
}
#define MUST(expr)                             \
  do {                                         \
    sl_error must_err = {0}, *err = &must_err; \
    must_pass((expr), err);                    \
  } while (0)

static inline net net_new(int64_t opset) {
  net n = {.arena = sl_arena_new(NULL, "pass test"), .random = {.state = 7}};
  n.model = sl_graph_model_new(n.arena);
  n.graph = n.model->graph = sl_graph_new(n.arena, NULL, "main");
  n.model->ir_version = 8;
  sl_graph_set_opset(n.model, "", opset);
  return n;
}

// A float input; a first size of -1 is the batch.
static inline sl_value_id net_input(net *n, const char *name, int32_t rank, const int64_t *sizes) {
  sl_dim dims[8];
  for (int32_t d = 0; d < rank; d++)
    dims[d] = sizes[d] == -1 ? (sl_dim){.fixed = 0, .per_batch = 1} : SL_DIM(sizes[d]);
  return sl_graph_add_input(n->graph, name, SL_ELEMENT_F32, rank, dims);
}

static inline sl_value_id net_weight(net *n, const char *name, int32_t rank, const int64_t *sizes,
                                     double low, double high) {
  int64_t count = 1;
  for (int32_t d = 0; d < rank; d++) count *= sizes[d];
  float *data = SL_NEW_ARRAY(n->arena, float, count + 1);
  for (int64_t i = 0; i < count; i++)
    data[i] = (float)(low + (high - low) * sl_random_unit(&n->random));
  return sl_graph_add_constant(n->graph, name, SL_ELEMENT_F32, rank, sizes, data);
}

// The node is named for its output.
static inline sl_value_id net_apply(net *n, const char *type, const char *name,
                                    const sl_value_id *inputs, int32_t count) {
  sl_value_id value = sl_graph_apply(n->graph, type, name, "", inputs, count, 1);
  n->graph->nodes[n->graph->values[value].maker].name = n->graph->values[value].name;
  return value;
}
#define APPLY(n, type, name, ...)                     \
  net_apply((n), (type), (name), VALUES(__VA_ARGS__), \
            (int32_t)(sizeof VALUES(__VA_ARGS__) / sizeof(sl_value_id)))

static inline sl_node_id net_maker(const net *n, sl_value_id value) {
  return n->graph->values[value].maker;
}
static inline sl_value_id net_with_int(net *n, sl_value_id value, const char *name,
                                       int64_t number) {
  sl_graph_set_int(n->graph, net_maker(n, value), name, number);
  return value;
}
static inline sl_value_id net_with_ints(net *n, sl_value_id value, const char *name,
                                        const int64_t *ints, int64_t count) {
  sl_graph_set_ints(n->graph, net_maker(n, value), name, ints, count);
  return value;
}

static inline int32_t net_count(const sl_graph *graph, const char *type) {
  int32_t count = 0;
  for (sl_node_id i = 1; i < graph->node_count; i++)
    count += !graph->nodes[i].is_removed && (type == NULL || sl_node_is(&graph->nodes[i], type));
  return count;
}

// ---- running ------------------------------------------------------------------------------------

typedef struct outputs {
  sl_tensor at[16];
  int32_t count;
} outputs;

static inline void free_outputs(outputs *o) {
  for (int32_t i = 0; i < o->count; i++) sl_tensor_release(&o->at[i]);
}

static inline sl_tensor random_input(const sl_value *value, int64_t batch, uint64_t seed) {
  sl_random random = {.state = seed};
  sl_shape shape = {.rank = value->type.rank};
  for (int32_t d = 0; d < shape.rank; d++)
    shape.dims[d] = value->type.dims[d].fixed + value->type.dims[d].per_batch * batch;
  sl_tensor tensor;
  MUST(sl_tensor_new(sl_element_dtype(value->type.element), &shape, &tensor, err));
  int64_t count = sl_shape_count(&shape);
  for (int64_t i = 0; i < count; i++) {
    double number = 2 * sl_random_unit(&random) - 1;
    if (tensor.dtype == SL_DTYPE_F32) ((float *)tensor.data)[i] = (float)number;
    if (tensor.dtype == SL_DTYPE_BOOL) ((uint8_t *)tensor.data)[i] = number > 0;
    if (tensor.dtype == SL_DTYPE_I64) ((int64_t *)tensor.data)[i] = 0;
  }
  return tensor;
}

static inline outputs run_with(const sl_graph_model *model, const sl_tensor *inputs) {
  sl_session *session;
  sl_session_options options = {.provider = SL_PROVIDER_CPU, .optimise = SL_OPTIMISE_OFF};
  outputs o = {.count = model->graph->output_count};
  MUST(sl_graph_session(model, "test", &options, &session, err));
  MUST(sl_session_run(session, inputs, o.at, err));
  sl_session_close(session);
  return o;
}

// On random inputs, the same for inputs of the same place.
static inline outputs run_random(const sl_graph_model *model, int64_t batch) {
  sl_tensor inputs[16];
  for (int32_t i = 0; i < model->graph->input_count; i++)
    inputs[i] =
        random_input(&model->graph->values[model->graph->inputs[i]], batch, 11 + (uint64_t)i);
  outputs o = run_with(model, inputs);
  for (int32_t i = 0; i < model->graph->input_count; i++) sl_tensor_release(&inputs[i]);
  return o;
}

static inline double largest_gap(const sl_tensor *a, const sl_tensor *b) {
  assert_int_equal(a->dtype, b->dtype);
  assert_true(sl_shape_equal(&a->shape, &b->shape));
  double gap = 0;
  for (int64_t i = 0; i < sl_shape_count(&a->shape); i++) {
    double x = sl_dtype_load(a->dtype, a->data, (size_t)i);
    double y = sl_dtype_load(b->dtype, b->data, (size_t)i);
    if (fabs(x - y) > gap) gap = fabs(x - y);
  }
  return gap;
}

static inline void same_outputs(const outputs *a, const outputs *b, double tolerance) {
  assert_int_equal(a->count, b->count);
  for (int32_t i = 0; i < a->count; i++)
    assert_true(largest_gap(&a->at[i], &b->at[i]) <= tolerance);
}

// The model as bytes: what two graphs must share to be the same.
static inline sl_bytes net_bytes(const net *n) {
  sl_onnx_written written;
  sl_onnx_write_options options = {0};
  MUST(sl_onnx_serialise(n->arena, n->model, &options, &written, err));
  return written.bytes;
}

// Runs a pass: outputs stay, the graph is in order, and a second run changes nothing.
static inline void check_pass(net *n, const char *name, const sl_pass_context *context,
                              double tolerance) {
  const sl_pass *pass = sl_pass_find(name);
  assert_non_null(pass);
  outputs before = run_random(n->model, 3);
  MUST(pass->run(n->model, context, err));
  MUST(sl_graph_verify(n->graph, err));
  outputs after = run_random(n->model, 3);
  same_outputs(&before, &after, tolerance);
  sl_bytes once = net_bytes(n);
  MUST(pass->run(n->model, context, err));
  sl_bytes twice = net_bytes(n);
  assert_int_equal(pass->is_idempotent, 1);
  assert_int_equal(once.size, twice.size);
  assert_memory_equal(once.at, twice.at, once.size);
  free_outputs(&before);
  free_outputs(&after);
}

#endif
