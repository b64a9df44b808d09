// SPDX-License-Identifier: Apache-2.0
// Values that additional inputs scale, shift or replace. Start at sl_pass_gate().
#include "pass/gate.h"

#include "pass/pass.h"

enum { RANK_MAX = 16 };

typedef struct gate_plan {
  sl_graph *graph;
  sl_value_id value;
  sl_type type;
  uint8_t varies[RANK_MAX];
  int is_patch;
  sl_arena *scratch;
} gate_plan;

static sl_status refuse(const gate_plan *p, const char *wanted, sl_error *err) {
  return sl_fail(err, SL_E_ARG, "\"%s\" is %s; %s", p->graph->values[p->value].name,
                 sl_type_text(p->scratch, &p->type), wanted);
}

static sl_status find_axes(gate_plan *p, const sl_gate_options *options, sl_error *err) {
  int32_t rank = p->type.rank, axis = options->axis == 0 ? 1 : options->axis;
  if (axis < 0) axis += rank;
  p->varies[0] = 1;
  switch (options->kind) {
    case SL_GATE_CHANNEL:
      if (axis < 1 || axis >= rank) return refuse(p, "it has no such axis of channels", err);
      p->varies[axis] = 1;
      return SL_OK;
    case SL_GATE_HEAD:
      if (rank != 4) return refuse(p, "heads are the second of four axes", err);
      p->varies[1] = 1;
      return SL_OK;
    case SL_GATE_TOKEN:
      if (rank != 3) return refuse(p, "tokens are the second of three axes", err);
      p->varies[1] = 1;
      p->is_patch = 1;
      return SL_OK;
    case SL_GATE_REGION:
      if (rank < 3 || axis < 1 || axis >= rank)
        return refuse(p, "a region needs an axis of channels and axes of space", err);
      for (int32_t d = 1; d < rank; d++) p->varies[d] = d != axis;
      p->is_patch = 1;
      return SL_OK;
    case SL_GATE_ALL:
      for (int32_t d = 0; d < rank; d++) p->varies[d] = 1;
      p->is_patch = 1;
      return SL_OK;
  }
  return sl_fail(err, SL_E_ARG, "there is no such kind of gate");
}

static sl_value_id add_input(gate_plan *p, const char *what, int32_t element, int is_full) {
  sl_dim dims[RANK_MAX];
  for (int32_t d = 0; d < p->type.rank; d++)
    dims[d] = is_full || p->varies[d] ? p->type.dims[d] : SL_DIM(1);
  const char *hint = sl_arena_printf(p->scratch, "%s_%s", p->graph->values[p->value].name, what);
  return sl_graph_add_input(p->graph, hint, element, p->type.rank, dims);
}

static sl_value_id apply(gate_plan *p, const char *type, const char *what,
                         const sl_value_id *inputs, int32_t count) {
  const sl_value *value = &p->graph->values[p->value];
  sl_node_id maker = value->origin == SL_ORIGIN_NODE ? value->maker : 0;
  const char *origin = maker != 0 ? p->graph->nodes[maker].name : "";
  const char *hint = sl_arena_printf(p->scratch, "%s_%s", value->name, what);
  sl_value_id made = sl_graph_apply(p->graph, type, hint, origin, inputs, count, 1);
  sl_graph_set_type(p->graph, made, p->type.element, p->type.rank, p->type.dims);
  return made;
}

static void add_gate(gate_plan *p, sl_gate *out) {
  sl_node_id reader;
  if (p->is_patch) {
    out->inputs[0] = add_input(p, "mask", SL_ELEMENT_BOOL, 0);
    out->inputs[1] = add_input(p, "patch", p->type.element, 1);
    sl_value_id three[3] = {out->inputs[0], out->inputs[1], p->value};
    out->gated = apply(p, "Where", "gated", three, 3);
    reader = p->graph->values[out->gated].maker;
  } else {
    out->inputs[0] = add_input(p, "scale", p->type.element, 0);
    out->inputs[1] = add_input(p, "shift", p->type.element, 0);
    sl_value_id scaled[2] = {p->value, out->inputs[0]};
    sl_value_id shifted[2] = {apply(p, "Mul", "scaled", scaled, 2), out->inputs[1]};
    reader = p->graph->values[shifted[0]].maker;
    out->gated = apply(p, "Add", "gated", shifted, 2);
  }
  // Readers first: replacing an output would turn the gate itself around.
  sl_graph_redirect(p->graph, p->value, out->gated, reader);
  if (p->graph->values[p->value].is_output) {
    sl_graph_replace(p->graph, p->value, out->gated);
    sl_graph_set_input(p->graph, reader, p->is_patch ? 2 : 0, p->value);
  }
}

sl_status sl_pass_gate(sl_graph_model *model, const sl_gate_options *options, sl_gate *out,
                       sl_error *err) {
  sl_graph *graph = model->graph;
  gate_plan p = {.graph = graph, .value = options->value};
  p.type = graph->values[p.value].type;
  if (graph->values[p.value].origin == SL_ORIGIN_CONSTANT)
    return sl_fail(err, SL_E_ARG,
                   "\"%s\" is a constant of the model; gates follow what it computes",
                   graph->values[p.value].name);
  p.scratch = sl_arena_new(NULL, "gate");
  sl_status status = SL_OK;
  if (!sl_type_is_known(&p.type) || p.type.rank < 1 || p.type.rank > RANK_MAX)
    status = refuse(&p, "a gate needs to know all its sizes", err);
  if (status == SL_OK && !p.is_patch && !sl_element_is_float(p.type.element))
    status = refuse(&p, "only values of a float type can be gated", err);
  if (status == SL_OK) status = find_axes(&p, options, err);
  if (status == SL_OK) add_gate(&p, out);
  if (status == SL_OK) status = sl_graph_sort(graph, err);
  sl_arena_free(p.scratch);
  return status;
}
