// SPDX-License-Identifier: Apache-2.0
// The table of rules, and the public way in: seeds become inputs, gradients become outputs.
//
// Invariant: an operator is in exactly one state; one without a row is unknown and refused. Start
// at sl_grad_append(); the reverse sweep itself is in sweep.c.
#include "grad/grad.h"

#include <string.h>

#include "grad/grad_parts.h"
#include "grad/grad_row.h"

// ---- table --------------------------------------------------------------------------------------

#define SL_GRAD_RULE(type) {#type, SL_GRAD_RULE, sl_grad_##type, NULL, 0},
#define SL_GRAD_ZERO(type, why) {#type, SL_GRAD_ZERO, NULL, why, 0},
#define SL_GRAD_ZERO_QUIET(type, why) {#type, SL_GRAD_ZERO, NULL, why, 1},
#define SL_GRAD_REFUSE(type, why) {#type, SL_GRAD_REFUSED, NULL, why, 0},
static const sl_grad_row rows[] = {
#include "grad/grad_list.h"
    {NULL, SL_GRAD_UNKNOWN, NULL, NULL, 0}};
#undef SL_GRAD_RULE
#undef SL_GRAD_ZERO
#undef SL_GRAD_ZERO_QUIET
#undef SL_GRAD_REFUSE

const sl_grad_row *sl_grad_find_row(const char *type) {
  const sl_grad_row *row = rows;
  while (row->type != NULL && strcmp(row->type, type) != 0) row++;
  return row;
}

sl_grad_state sl_grad_state_of(const char *type, const char **why) {
  const sl_grad_row *row = sl_grad_find_row(type);
  if (why != NULL) *why = row->why;
  return row->state;
}

// ---- the way in ---------------------------------------------------------------------------------

static sl_status check_float(const sl_graph *graph, sl_value_id value, const char *role,
                             sl_error *err) {
  if (value <= 0 || value >= graph->value_count)
    return sl_fail(err, SL_E_ARG, "the %s is no value of the graph", role);
  const sl_value *v = &graph->values[value];
  if (sl_element_is_float(v->type.element)) return SL_OK;
  sl_fail(err, SL_E_UNSUPPORTED, "%s \"%s\" has no gradient: it is %s, not a float tensor", role,
          v->name, v->type.element != 0 ? sl_element_name(v->type.element) : "of unknown type");
  return sl_hint(err, SL_E_UNSUPPORTED, "choose a value of a float type");
}

static sl_status check_options(const sl_graph_model *model, const sl_grad_options *options,
                               sl_error *err) {
  if (sl_graph_opset(model, "") < 17)
    return sl_fail(
        err, SL_E_UNSUPPORTED,
        "the model uses operator set %lld; gradients need 17 or later (prepare it first)",
        (long long)sl_graph_opset(model, ""));
  for (int32_t i = 0; i < options->target_count; i++)
    SL_TRY(check_float(model->graph, options->targets[i], "target", err));
  for (int32_t i = 0; i < options->wrt_count; i++)
    SL_TRY(check_float(model->graph, options->wrt[i], "value to differentiate by", err));
  return SL_OK;
}

static sl_value_id add_seed(sl_graph *graph, sl_arena *scratch, sl_value_id target) {
  sl_value v = graph->values[target];
  return sl_graph_add_input(graph, sl_arena_printf(scratch, "seed_%s", v.name), v.type.element,
                            v.type.rank, v.type.dims);
}

// An output of its own: the same gradient may belong to several values, be a seed, or be a value of
// the forward part, which keeps its name.
static sl_value_id add_gradient(sl_graph *graph, sl_arena *scratch, sl_value_id wrt,
                                sl_value_id gradient, int is_emitted) {
  const char *name =
      sl_graph_fresh_name(graph, sl_arena_printf(scratch, "grad_%s", graph->values[wrt].name));
  sl_value v = graph->values[gradient];
  if (v.origin == SL_ORIGIN_NODE && !v.is_output && is_emitted) {
    sl_graph_rename(graph, gradient, name);
  } else {
    sl_value_id copy = sl_graph_apply(graph, "Identity", name, v.name, &gradient, 1, 1);
    graph->values[copy].type = v.type;
    gradient = copy;
  }
  sl_graph_add_output(graph, gradient);
  return gradient;
}

// The sizes with the symbol of the batch; NULL where one is not known or no plain batch.
static const sl_dim *named_dims(sl_graph *graph, const sl_type *type, const char *batch) {
  sl_dim *dims = SL_NEW_ARRAY(graph->arena, sl_dim, type->rank + 1);
  for (int32_t i = 0; i < type->rank; i++) {
    dims[i] = type->dims[i];
    if (dims[i].fixed == SL_DIM_UNKNOWN) return NULL;
    if (dims[i].per_batch == 0) continue;
    if (dims[i].per_batch != 1 || dims[i].fixed != 0 || batch == NULL) return NULL;
    dims[i].symbol = batch;
  }
  return dims;
}

// Declares the types of what was emitted. The runtime keeps a Mul in its blocked layout only when
// it knows both sides to be equal, and its own inference loses the batch in a Reshape to -1.
static void declare_emitted(sl_graph *graph, sl_value_id from) {
  const sl_type *input = &graph->values[graph->inputs[0]].type;
  const char *batch = input->rank > 0 ? input->dims[0].symbol : NULL;
  for (sl_value_id v = from; v < graph->value_count; v++) {
    sl_value *value = &graph->values[v];
    if (value->origin != SL_ORIGIN_NODE || value->type.rank < 1 || value->is_declared) continue;
    if (!sl_element_is_float(value->type.element)) continue;
    const sl_dim *dims = named_dims(graph, &value->type, batch);
    if (dims == NULL) continue;
    value->type.dims = dims;
    value->is_declared = true;
  }
}

static sl_status append(sl_sweep *sweep, const sl_grad_options *options, sl_grad_result *out,
                        sl_error *err) {
  sl_graph *graph = sweep->graph;
  sl_value_id *seeds = SL_NEW_ARRAY(graph->arena, sl_value_id, options->target_count + 1);
  sl_value_id *gradients = SL_NEW_ARRAY(graph->arena, sl_value_id, options->wrt_count + 1);
  for (int32_t i = 0; i < options->target_count; i++)
    seeds[i] = add_seed(graph, sweep->scratch, options->targets[i]);
  int32_t forward_values = graph->value_count;
  SL_TRY(sl_sweep_graph(sweep, graph, options->targets, seeds, options->target_count, options->wrt,
                        options->wrt_count, gradients, err));
  for (int32_t i = 0; i < options->wrt_count; i++) {
    if (gradients[i] == 0) continue;
    int is_emitted = gradients[i] >= forward_values;
    gradients[i] = add_gradient(graph, sweep->scratch, options->wrt[i], gradients[i], is_emitted);
  }
  declare_emitted(graph, forward_values);
  out->seeds = seeds;
  out->gradients = gradients;
  return SL_OK;
}

sl_status sl_grad_append(sl_graph_model *model, const sl_grad_options *options, sl_grad_result *out,
                         sl_error *err) {
  *out = (sl_grad_result){0};
  SL_TRY(check_options(model, options, err));
  sl_sweep_notes notes = {.arena = model->arena};
  sl_sweep sweep = {.model = model,
                    .graph = model->graph,
                    .scratch = sl_arena_new(NULL, "gradients"),
                    .opset = sl_graph_opset(model, ""),
                    .origin = "",
                    .options = options,
                    .said = &notes};
  sl_status status = append(&sweep, options, out, err);
  sl_arena_free(sweep.scratch);
  out->notes = notes.at;
  out->note_count = notes.count;
  return status;
}
