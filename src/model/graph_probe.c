// SPDX-License-Identifier: Apache-2.0
// Types that inference cannot know, learnt by running the model on zeros.
//
// Invariant: a type that is known stays as it is. Start at sl_graph_probe().
#include <string.h>

#include "model/graph_session.h"

typedef struct probe {
  sl_arena *arena;
  sl_graph_model *copy;  // with every unknown value an output
  sl_value_id *unknown;
  int32_t count;
  int32_t first;  // outputs of the copy before the unknown ones
  sl_session *session;
} probe;

static void find_unknown(probe *p, const sl_graph *graph) {
  p->unknown = SL_NEW_ARRAY(p->arena, sl_value_id, graph->value_count);
  for (sl_value_id v = 1; v < graph->value_count; v++) {
    const sl_value *value = &graph->values[v];
    if (value->origin == SL_ORIGIN_NODE && !sl_type_is_known(&value->type) &&
        value->type.raw.size == 0)
      p->unknown[p->count++] = v;
  }
}

static int grows(const sl_graph *graph) {
  for (int32_t i = 0; i < graph->input_count; i++) {
    const sl_type *type = &graph->values[graph->inputs[i]].type;
    for (int32_t d = 0; d < type->rank; d++)
      if (type->dims[d].per_batch != 0) return 1;
  }
  return 0;
}

sl_status sl_graph_zero_input(const sl_graph *graph, sl_value_id input, int64_t batch,
                              sl_tensor *out, sl_error *err) {
  const sl_value *value = &graph->values[input];
  const sl_type *type = &value->type;
  if (!sl_type_is_known(type) || type->rank > SL_RANK_MAX) {
    sl_fail(err, SL_E_MODEL, "the size of input \"%s\" is not known", value->name);
    return sl_hint(err, SL_E_MODEL, "give the size of every input that the model leaves free");
  }
  sl_shape shape = {.rank = type->rank};
  for (int32_t d = 0; d < type->rank; d++)
    shape.dims[d] = type->dims[d].fixed + type->dims[d].per_batch * batch;
  SL_TRY(sl_tensor_new(sl_element_dtype(type->element), &shape, out, err));
  memset(out->data, 0, (size_t)sl_shape_count(&shape) * sl_dtype_size(out->dtype));
  return SL_OK;
}

static sl_status run_batch(probe *p, int64_t batch, sl_tensor *outputs, sl_error *err) {
  const sl_graph *graph = p->copy->graph;
  sl_tensor *inputs = SL_NEW_ARRAY(p->arena, sl_tensor, graph->input_count + 1);
  sl_status status = SL_OK;
  for (int32_t i = 0; status == SL_OK && i < graph->input_count; i++)
    status = sl_graph_zero_input(graph, graph->inputs[i], batch, &inputs[i], err);
  if (status == SL_OK) status = sl_session_run(p->session, inputs, outputs, err);
  for (int32_t i = 0; i < graph->input_count; i++) sl_tensor_release(&inputs[i]);
  return status;
}

// The type seen with one sample, and with two where the batch is free.
static void keep_type(sl_graph *graph, sl_value_id value, const sl_tensor *one,
                      const sl_tensor *two) {
  if (one->dtype == SL_DTYPE_NONE || one->shape.rank != two->shape.rank) return;
  sl_dim dims[SL_RANK_MAX];
  for (int32_t d = 0; d < one->shape.rank; d++) {
    dims[d] = SL_DIM(one->shape.dims[d]);
    dims[d].per_batch = two->shape.dims[d] - one->shape.dims[d];
    dims[d].fixed -= dims[d].per_batch;
    if (dims[d].fixed < 0) dims[d] = SL_DIM(SL_DIM_UNKNOWN);
  }
  sl_graph_set_type(graph, value, sl_element_of_dtype(one->dtype), one->shape.rank, dims);
}

static sl_status run_probe(probe *p, sl_graph *graph, sl_error *err) {
  int32_t outputs = p->copy->graph->output_count;
  sl_tensor *one = SL_NEW_ARRAY(p->arena, sl_tensor, outputs);
  sl_tensor *two = SL_NEW_ARRAY(p->arena, sl_tensor, outputs);
  sl_session_options options = {.provider = SL_PROVIDER_CPU, .optimise = SL_OPTIMISE_BASIC};
  SL_TRY(sl_graph_session(p->copy, "probe", &options, &p->session, err));
  sl_status status = run_batch(p, 1, one, err);
  int is_free = status == SL_OK && grows(graph);
  if (is_free) status = run_batch(p, 2, two, err);
  for (int32_t i = 0; status == SL_OK && i < p->count; i++)
    keep_type(graph, p->unknown[i], &one[p->first + i],
              is_free ? &two[p->first + i] : &one[p->first + i]);
  for (int32_t i = 0; i < outputs; i++) {
    sl_tensor_release(&one[i]);
    sl_tensor_release(&two[i]);
  }
  return status;
}

sl_status sl_graph_probe(sl_graph_model *model, sl_error *err) {
  sl_arena *arena = sl_arena_new(NULL, "probe");
  probe p = {.arena = arena};
  find_unknown(&p, model->graph);
  sl_status status = SL_OK;
  if (p.count > 0) {
    p.copy = sl_graph_model_copy(arena, model);
    p.first = p.copy->graph->output_count;
    for (int32_t i = 0; i < p.count; i++)
      if (!p.copy->graph->values[p.unknown[i]].is_output)
        sl_graph_add_output(p.copy->graph, p.unknown[i]);
      else
        sl_graph_add_output(p.copy->graph, sl_graph_apply(p.copy->graph, "Identity", "probe", "",
                                                          &p.unknown[i], 1, 1));
    status = run_probe(&p, model->graph, err);
    sl_session_close(p.session);
  }
  sl_arena_free(arena);
  return status;
}
