// SPDX-License-Identifier: Apache-2.0
// Sizes of the inputs, before inference.
//
// Invariant: a size the file fixes stays. Start at sl_onnx_bind().
#include <string.h>

#include "base/text.h"
#include "onnx/number.h"

typedef struct binder {
  sl_arena *scratch;
  sl_graph_model *model;
  sl_map *symbols;  // symbol -> index into sizes
  sl_dim *sizes;
  int64_t count;
  sl_error *err;
} binder;

static const sl_onnx_bound *bound_of(const char *input, const sl_onnx_bound *bounds, size_t count) {
  for (size_t n = 0; n < count; n++)
    if (strcmp(bounds[n].input, input) == 0) return &bounds[n];
  return NULL;
}

// ---- what bounds must keep ----------------------------------------------------------------------

static sl_status fail_name(binder *b, const char *name) {
  const sl_graph *graph = b->model->graph;
  const char **names = SL_NEW_ARRAY(b->scratch, const char *, graph->input_count + 1);
  for (int32_t n = 0; n < graph->input_count; n++) names[n] = graph->values[graph->inputs[n]].name;
  const char *near = sl_nearest(name, names, (size_t)graph->input_count);
  if (near != NULL)
    return sl_fail(b->err, SL_E_NOT_FOUND, "the model has no input \"%s\"; did you mean \"%s\"?",
                   name, near);
  return sl_fail(b->err, SL_E_NOT_FOUND, "the model has no input \"%s\"", name);
}

static sl_status check_bound(binder *b, const sl_onnx_bound *bound) {
  sl_value_id value = sl_graph_find(b->model->graph, bound->input);
  if (value == 0 || !b->model->graph->values[value].is_input) return fail_name(b, bound->input);
  const sl_type *type = &b->model->graph->values[value].type;
  if (bound->rank < 0 || (type->rank >= 0 && type->rank != bound->rank))
    return sl_fail(b->err, SL_E_ARG, "input \"%s\" is %s, not of rank %d", bound->input,
                   sl_type_text(b->scratch, type), bound->rank);
  for (int32_t d = 0; d < type->rank; d++) {
    int is_number = sl_dim_is_fixed(type->dims[d]) && bound->dims[d] >= 0;
    if (is_number && type->dims[d].fixed != bound->dims[d])
      return sl_fail(b->err, SL_E_ARG, "input \"%s\" is %s, so size %d cannot be %lld",
                     bound->input, sl_type_text(b->scratch, type), d, (long long)bound->dims[d]);
  }
  return SL_OK;
}

// ---- inputs -------------------------------------------------------------------------------------

// A symbol takes the size it gets first.
static sl_dim with_symbol(binder *b, sl_dim size, const char *symbol) {
  if (symbol == NULL) return size;
  int64_t known = sl_map_get_text(b->symbols, symbol, -1);
  if (known >= 0) size = b->sizes[known];
  if (known < 0 && sl_dim_is_known(size)) {
    sl_map_set_text(b->symbols, symbol, b->count);
    b->sizes[b->count++] = size;
  }
  size.symbol = symbol;
  return size;
}

static void bind_input(binder *b, sl_value_id value, const sl_onnx_bound *bound) {
  sl_graph *graph = b->model->graph;
  const sl_type *type = &graph->values[value].type;
  int32_t rank = type->rank >= 0 ? type->rank : bound != NULL ? bound->rank : -1;
  if (rank < 0) return;
  sl_dim *dims = SL_NEW_ARRAY(b->scratch, sl_dim, rank + 1);
  for (int32_t d = 0; d < rank; d++) {
    dims[d] = type->rank >= 0 ? type->dims[d] : SL_DIM_OPEN;
    if (sl_dim_is_known(dims[d])) continue;
    sl_dim size = SL_DIM_OPEN;
    if (bound != NULL && bound->dims[d] >= 0)
      size = SL_DIM(bound->dims[d]);
    else if (d == 0 && rank >= 2)
      size = (sl_dim){.fixed = 0, .per_batch = 1};
    dims[d] = with_symbol(b, size, dims[d].symbol);
  }
  sl_graph_set_type(graph, value, type->element, rank, dims);
}

// No more symbols than this can get a size.
static int64_t count_dims(const binder *b, const sl_onnx_bound *bounds, size_t count) {
  const sl_graph *graph = b->model->graph;
  int64_t total = 0;
  for (int32_t n = 0; n < graph->input_count; n++)
    total += graph->values[graph->inputs[n]].type.rank + 1;
  for (size_t n = 0; n < count; n++) total += bounds[n].rank;
  return total;
}

static void bind_inputs(binder *b, const sl_onnx_bound *bounds, size_t count) {
  sl_graph *graph = b->model->graph;
  b->symbols = sl_map_new(b->scratch);
  b->sizes = SL_NEW_ARRAY(b->scratch, sl_dim, count_dims(b, bounds, count) + 1);
  for (int32_t n = 0; n < graph->input_count; n++) {
    const sl_value *value = &graph->values[graph->inputs[n]];
    if (value->origin == SL_ORIGIN_INPUT)
      bind_input(b, graph->inputs[n], bound_of(value->name, bounds, count));
  }
}

// ---- symbols elsewhere --------------------------------------------------------------------------

// 1 when a dim took the size of its symbol.
static int spread_dim(const binder *b, sl_dim *dim) {
  if (dim->symbol == NULL || sl_dim_is_known(*dim)) return 0;
  int64_t known = sl_map_get_text(b->symbols, dim->symbol, -1);
  if (known < 0) return 0;
  dim->fixed = b->sizes[known].fixed;
  dim->per_batch = b->sizes[known].per_batch;
  return 1;
}

// Inputs too: a symbol may stand before the input that gives it a size.
static void spread(binder *b, sl_graph *graph) {
  for (sl_value_id v = 1; v < graph->value_count; v++) {
    const sl_type *type = &graph->values[v].type;
    int is_changed = 0;
    sl_dim *dims = SL_NEW_ARRAY(b->scratch, sl_dim, type->rank > 0 ? type->rank : 1);
    for (int32_t d = 0; d < type->rank; d++) {
      dims[d] = type->dims[d];
      is_changed |= spread_dim(b, &dims[d]);
    }
    if (is_changed) sl_graph_set_type(graph, v, type->element, type->rank, dims);
  }
}

static void spread_all(binder *b) {
  int32_t count;
  sl_graph **graphs = sl_graph_nested(b->scratch, b->model->graph, &count);
  for (int32_t g = 0; g < count; g++) spread(b, graphs[g]);
}

static sl_status bind(binder *b, const sl_onnx_bound *bounds, size_t count) {
  for (size_t n = 0; n < count; n++) SL_TRY(check_bound(b, &bounds[n]));
  bind_inputs(b, bounds, count);
  spread_all(b);
  return SL_OK;
}

sl_status sl_onnx_bind(sl_graph_model *model, const sl_onnx_bound *bounds, size_t count,
                       sl_error *err) {
  binder b = {.scratch = sl_arena_new(NULL, "bind"), .model = model, .err = err};
  sl_status status = bind(&b, bounds, count);
  sl_arena_free(b.scratch);
  return status;
}
