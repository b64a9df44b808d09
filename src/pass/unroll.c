// SPDX-License-Identifier: Apache-2.0
// Loop and Scan with a known number of rounds become the nodes of that many rounds.
//
// Left as they are: loops whose rounds depend on data, bodies that hold graphs of their own, and
// loops that would become too many nodes. Run it after constants are folded; types of what it makes
// are unknown until they are inferred.
//
// Invariant: the outputs of a loop keep their names. Start at sl_pass_unroll().
#include <string.h>

#include "pass/pass.h"

enum { ROUNDS_MAX = 4096, MADE_MAX = 50000 };

typedef struct unroller {
  sl_graph *graph;
  sl_arena *scratch;
  sl_node loop;  // by value: the array of nodes may move
  const sl_graph *body;
  const char *prefix;
  int64_t rounds;
  int32_t states;           // values carried from round to round
  sl_value_id *constants;   // of the body -> of the graph; the same in every round
  sl_value_id *map;         // of the body -> of the graph, in this round
  sl_value_id **collected;  // per scan output: one value per round
} unroller;

// ---- what can be unrolled -----------------------------------------------------------------------

static int is_plain(const sl_graph *body) {
  for (sl_node_id n = 1; n < body->node_count; n++)
    for (int32_t a = 0; a < body->nodes[n].attribute_count; a++)
      if (body->nodes[n].attributes[a].graphs != NULL) return 0;
  return 1;
}

static int is_true(const sl_graph *graph, sl_value_id value) {
  const sl_constant *constant = sl_graph_constant(graph, value);
  return constant != NULL && constant->count == 1 && sl_constant_int(constant, 0) != 0;
}

// The condition of the next round is always true, or that of this round.
static int goes_on(const sl_graph *body) {
  sl_value_id condition = body->outputs[0];
  while (body->values[condition].origin == SL_ORIGIN_NODE) {
    const sl_node *maker = &body->nodes[body->values[condition].maker];
    if (!sl_node_is(maker, "Identity")) break;
    condition = maker->inputs[0];
  }
  return condition == body->inputs[1] || is_true(body, condition);
}

static int64_t rounds_of_loop(const unroller *u) {
  sl_value_id limit = sl_node_input(&u->loop, 0), condition = sl_node_input(&u->loop, 1);
  int64_t rounds;
  if (limit == 0 || u->body->input_count < 2 || u->body->output_count < 1) return -1;
  if (sl_graph_constant_ints(u->graph, limit, &rounds, 1) != 1) return -1;
  if (condition != 0 && !is_true(u->graph, condition)) return -1;
  return goes_on(u->body) ? rounds : -1;
}

static int64_t rounds_of_scan(const unroller *u) {
  int32_t scanned = u->loop.input_count - u->states;
  if (scanned < 1 || u->states < 0 || u->body->input_count != u->loop.input_count) return -1;
  const sl_type *type = &u->graph->values[u->loop.inputs[u->states]].type;
  int64_t axis = sl_node_int_at(&u->loop, "scan_input_axes", 0, 0);
  if (axis < 0) axis += type->rank;
  if (type->rank < 1 || axis < 0 || axis >= type->rank || type->dims[axis].per_batch != 0)
    return -1;
  return type->dims[axis].fixed;
}

// ---- one round ----------------------------------------------------------------------------------

static sl_value_id fresh(unroller *u, int64_t round, const char *name) {
  const char *hint = sl_arena_printf(u->scratch, "%s/%lld/%s", u->prefix, (long long)round, name);
  return sl_graph_add_value(u->graph, sl_graph_fresh_name(u->graph, hint), SL_ORIGIN_NODE);
}

static sl_value_id map_value(unroller *u, int64_t round, sl_value_id value) {
  if (value == 0 || u->map[value] != 0) return u->map[value];
  const sl_value *v = &u->body->values[value];
  if (v->origin == SL_ORIGIN_OUTER) return u->map[value] = sl_graph_find(u->graph, v->name);
  if (v->origin != SL_ORIGIN_CONSTANT) return u->map[value] = fresh(u, round, v->name);
  if (u->constants[value] == 0) {
    const char *hint = sl_arena_printf(u->scratch, "%s/%s", u->prefix, v->name);
    u->constants[value] = sl_graph_borrow_constant(u->graph, hint, v->constant);
  }
  return u->map[value] = u->constants[value];
}

static void copy_node(unroller *u, int64_t round, const sl_node *from) {
  int32_t most = from->input_count > from->output_count ? from->input_count : from->output_count;
  sl_value_id *inputs = SL_NEW_ARRAY(u->scratch, sl_value_id, most + 1);
  sl_value_id *outputs = SL_NEW_ARRAY(u->scratch, sl_value_id, most + 1);
  for (int32_t i = 0; i < from->input_count; i++) inputs[i] = map_value(u, round, from->inputs[i]);
  for (int32_t i = 0; i < from->output_count; i++)
    outputs[i] = map_value(u, round, from->outputs[i]);
  const char *name = "";
  if (from->name[0] != '\0')
    name = sl_arena_printf(u->scratch, "%s/%lld/%s", u->prefix, (long long)round, from->name);
  sl_node_id node = sl_graph_add_node(u->graph, from->domain, from->type, name, inputs,
                                      from->input_count, outputs, from->output_count);
  u->graph->nodes[node].origin = u->prefix;
  u->graph->nodes[node].extra = from->extra;
  for (int32_t a = 0; a < from->attribute_count; a++)
    sl_graph_set_attribute(u->graph, node, &from->attributes[a]);
}

// Reads the body's inputs of this round from `given`, leaves its outputs in `made`.
static void run_round(unroller *u, int64_t round, const sl_value_id *given, sl_value_id *made) {
  memset(u->map, 0, (size_t)u->body->value_count * sizeof *u->map);
  for (int32_t i = 0; i < u->body->input_count; i++) u->map[u->body->inputs[i]] = given[i];
  for (sl_node_id n = 1; n < u->body->node_count; n++)
    if (!u->body->nodes[n].is_removed) copy_node(u, round, &u->body->nodes[n]);
  for (int32_t i = 0; i < u->body->output_count; i++)
    made[i] = map_value(u, round, u->body->outputs[i]);
}

static sl_value_id apply(unroller *u, const char *type, const sl_value_id *inputs, int32_t count) {
  return sl_graph_apply(u->graph, type, u->prefix, u->prefix, inputs, count, 1);
}

static void set_axis(unroller *u, int64_t axis) {
  sl_graph_set_int(u->graph, u->graph->node_count - 1, "axis", axis);
}

// ---- what goes in and comes out -----------------------------------------------------------------

static sl_value_id scalar_of(unroller *u, int64_t number) {
  return sl_graph_add_constant(u->graph, u->prefix, SL_ELEMENT_I64, 0, NULL, &number);
}

// Entry `round` of a scanned input, counted from its end where it is scanned backwards.
static sl_value_id entry_of(unroller *u, int32_t scanned, int64_t round) {
  bool backwards = sl_node_int_at(&u->loop, "scan_input_directions", scanned, 0) != 0;
  sl_value_id at = scalar_of(u, backwards ? u->rounds - 1 - round : round);
  sl_value_id inputs[2] = {u->loop.inputs[u->states + scanned], at};
  sl_value_id entry = apply(u, "Gather", inputs, 2);
  set_axis(u, sl_node_int_at(&u->loop, "scan_input_axes", scanned, 0));
  return entry;
}

// The outputs of the node: the last state, and what every round added, stacked.
static void give_outputs(unroller *u, const sl_value_id *states, const char *axes,
                         const char *directions) {
  for (int32_t i = 0; i < u->loop.output_count; i++) {
    sl_value_id output = u->loop.outputs[i];
    if (output == 0) continue;
    if (i < u->states) {
      sl_graph_add_node(u->graph, "", "Identity", "", &states[i], 1, &output, 1);
      continue;
    }
    int32_t scanned = i - u->states;
    int64_t axis = sl_node_int_at(&u->loop, axes, scanned, 0);
    sl_value_id at = sl_graph_add_ints(u->graph, u->prefix, &axis, 1);
    sl_value_id *parts = SL_NEW_ARRAY(u->scratch, sl_value_id, u->rounds);
    for (int64_t r = 0; r < u->rounds; r++) {
      bool backwards = sl_node_int_at(&u->loop, directions, scanned, 0) != 0;
      sl_value_id inputs[2] = {u->collected[scanned][backwards ? u->rounds - 1 - r : r], at};
      parts[r] = apply(u, "Unsqueeze", inputs, 2);
    }
    sl_node_id node =
        sl_graph_add_node(u->graph, "", "Concat", "", parts, (int32_t)u->rounds, &output, 1);
    sl_graph_set_int(u->graph, node, "axis", axis);
  }
}

// `leading` body inputs (round, condition) and outputs (condition) come before the states.
static void unroll(unroller *u, bool is_scan) {
  int32_t leading = is_scan ? 0 : 2, condition = is_scan ? 0 : 1;
  int32_t scanned_out = u->body->output_count - condition - u->states;
  sl_value_id *given = SL_NEW_ARRAY(u->scratch, sl_value_id, u->body->input_count + 1);
  sl_value_id *made = SL_NEW_ARRAY(u->scratch, sl_value_id, u->body->output_count + 1);
  for (int32_t i = 0; i < u->states; i++) made[condition + i] = u->loop.inputs[leading + i];
  u->collected = SL_NEW_ARRAY(u->scratch, sl_value_id *, scanned_out + 1);
  for (int32_t i = 0; i < scanned_out; i++)
    u->collected[i] = SL_NEW_ARRAY(u->scratch, sl_value_id, u->rounds);
  uint8_t yes = 1;
  sl_value_id always =
      is_scan ? 0 : sl_graph_add_constant(u->graph, u->prefix, SL_ELEMENT_BOOL, 0, NULL, &yes);
  for (int64_t r = 0; r < u->rounds; r++) {
    for (int32_t i = 0; i < u->states; i++) given[leading + i] = made[condition + i];
    if (!is_scan) {
      given[0] = scalar_of(u, r);
      given[1] = always;
    }
    for (int32_t i = leading + u->states; i < u->body->input_count; i++)
      given[i] = entry_of(u, i - u->states, r);
    run_round(u, r, given, made);
    for (int32_t i = 0; i < scanned_out; i++) u->collected[i][r] = made[condition + u->states + i];
  }
  if (is_scan)
    give_outputs(u, made, "scan_output_axes", "scan_output_directions");
  else
    give_outputs(u, made + condition, "", "");
}

// 1 when the node was a loop that is unrolled now.
static int try_node(unroller *u, sl_node_id node) {
  u->loop = u->graph->nodes[node];
  bool is_scan = sl_node_is(&u->loop, "Scan");
  const sl_attribute *body = sl_node_attribute(&u->loop, "body");
  if (u->loop.is_removed || (!is_scan && !sl_node_is(&u->loop, "Loop"))) return 0;
  if (body == NULL || body->graphs == NULL || !is_plain(body->graphs[0])) return 0;
  u->body = body->graphs[0];
  int64_t scanned = sl_node_int(&u->loop, "num_scan_inputs", 1);
  u->states = u->loop.input_count - (is_scan ? (int32_t)scanned : 2);
  if (u->states < 0) return 0;
  u->rounds = is_scan ? rounds_of_scan(u) : rounds_of_loop(u);
  if (u->rounds < 1 || u->rounds > ROUNDS_MAX || u->rounds * u->body->node_count > MADE_MAX)
    return 0;
  u->prefix =
      u->loop.name[0] != '\0' ? u->loop.name : u->graph->values[sl_node_output(&u->loop, 0)].name;
  u->constants = SL_NEW_ARRAY(u->scratch, sl_value_id, u->body->value_count);
  u->map = SL_NEW_ARRAY(u->scratch, sl_value_id, u->body->value_count);
  sl_graph_remove_node(u->graph, node);
  unroll(u, is_scan);
  return 1;
}

sl_status sl_pass_unroll(sl_graph_model *model, const sl_pass_context *context, sl_error *err) {
  (void)context;
  unroller u = {.graph = model->graph, .scratch = sl_arena_new(NULL, "unroll")};
  int changed = 0;
  for (sl_node_id n = 1, end = u.graph->node_count; n < end; n++) changed |= try_node(&u, n);
  sl_arena_free(u.scratch);
  return changed ? sl_graph_sort(model->graph, err) : SL_OK;
}
