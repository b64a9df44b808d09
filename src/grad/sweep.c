// SPDX-License-Identifier: Apache-2.0
// The reverse sweep: which values are on the way from wrt to the targets, then the nodes backwards.
//
// Invariant: when a node's rule runs, the gradients of its outputs are complete, because every
// reader of them stands behind it in the sorted graph. Start at sl_sweep_graph().
#include <string.h>

#include "grad/grad_row.h"
#include "grad/rule.h"

// ---- what rules call ----------------------------------------------------------------------------

sl_value_id sl_sweep_grad(const sl_sweep *sweep, sl_value_id value) {
  return value > 0 && value < sweep->forward_values ? sweep->gradients[value] : 0;
}

int sl_sweep_wants(const sl_sweep *sweep, sl_value_id value) {
  return value > 0 && value < sweep->forward_values && sweep->wanted[value];
}

// The gradient's type is that of the value (a float type for the integers of quantised models);
// what cannot be is a fault of the rule.
static void check_gradient(sl_sweep *sweep, sl_value_id value, sl_value_id gradient) {
  const sl_type *wanted = sl_type_of(sweep, value), *given = sl_type_of(sweep, gradient);
  int same = wanted->rank == given->rank;
  same &= sl_element_is_float(wanted->element) ? wanted->element == given->element
                                               : sl_element_is_float(given->element);
  for (int32_t i = 0; same && i < wanted->rank; i++)
    if (wanted->dims[i].fixed != SL_DIM_UNKNOWN && given->dims[i].fixed != SL_DIM_UNKNOWN)
      same = sl_dim_equal(wanted->dims[i], given->dims[i]);
  if (same || given->element == SL_ELEMENT_NONE || given->rank < 0) {
    int32_t element = given->element;
    sl_emit_type_of(sweep, gradient, value);
    if (element != SL_ELEMENT_NONE) sweep->graph->values[gradient].type.element = element;
    return;
  }
  if (sweep->broken == NULL)
    sweep->broken = sl_arena_printf(
        sweep->scratch, "gradient %s for \"%s\", which is %s", sl_type_text(sweep->scratch, given),
        sweep->graph->values[value].name, sl_type_text(sweep->scratch, wanted));
}

void sl_sweep_add(sl_sweep *sweep, sl_value_id value, sl_value_id gradient) {
  if (gradient == 0 || !sl_sweep_wants(sweep, value)) return;
  check_gradient(sweep, value, gradient);
  sl_sweep_term *term = SL_NEW(sweep->scratch, sl_sweep_term);
  *term = (sl_sweep_term){.value = gradient, .next = sweep->terms[value]};
  sweep->terms[value] = term;
}

void sl_sweep_note(sl_sweep *sweep, const char *sentence) {
  sl_sweep_notes *said = sweep->said;
  for (int32_t i = 0; i < said->count; i++)
    if (strcmp(said->at[i], sentence) == 0) return;
  if (said->count == said->capacity) {
    said->capacity = said->capacity * 2 + 4;
    const char **grown = SL_NEW_ARRAY(said->arena, const char *, said->capacity);
    if (said->count > 0) memcpy(grown, said->at, (size_t)said->count * sizeof *grown);
    said->at = grown;
  }
  said->at[said->count++] = sl_arena_copy(said->arena, sentence);
}

void *sl_sweep_context(const sl_sweep *sweep) { return sweep->options->context; }

sl_status sl_sweep_refuse(const sl_sweep *sweep, sl_node_id node, sl_error *err, const char *fmt,
                          ...) {
  const sl_node *n = sl_graph_node(sweep->graph, node);
  const char *name = n->name[0] != '\0' ? n->name : n->origin;
  if (name[0] == '\0' && n->output_count > 0) name = sweep->graph->values[n->outputs[0]].name;
  va_list args;
  va_start(args, fmt);
  const char *reason = sl_arena_vprintf(sweep->scratch, fmt, args);
  va_end(args);
  sl_fail(err, SL_E_UNSUPPORTED, "node \"%s\" (%s) cannot be differentiated: %s", name, n->type,
          reason);
  return sl_hint(err, SL_E_UNSUPPORTED,
                 "choose a target before this node or a layer behind it to differentiate by, or a "
                 "method without gradients (occlusion, RISE, LIME, KernelSHAP)");
}

// ---- which values matter ------------------------------------------------------------------------

typedef struct reach {
  sl_sweep *sweep;
  uint8_t *depends;  // per value: a value of wrt, or computed from one
  uint8_t *needed;   // per value: a target, or computed on the way to one
} reach;

static sl_grad_rule override_of(const sl_sweep *sweep, const sl_node *node) {
  for (int32_t i = 0; i < sweep->options->override_count; i++)
    if (sl_node_is(node, sweep->options->overrides[i].type))
      return sweep->options->overrides[i].rule;
  return NULL;
}

static const sl_grad_row *row_of(const sl_node *node) {
  return sl_grad_find_row(node->domain[0] == '\0' ? node->type : "");
}

static int is_zero(const sl_sweep *sweep, const sl_node *node) {
  return row_of(node)->state == SL_GRAD_ZERO && override_of(sweep, node) == NULL;
}

static int any_marked(const sl_sweep *sweep, const sl_node *node, const uint8_t *marks) {
  for (int32_t i = 0; i < node->input_count; i++)
    if (marks[node->inputs[i]]) return 1;
  int32_t count;
  const sl_value_id *captured = sl_node_captured(sweep->scratch, sweep->graph, node, &count);
  for (int32_t i = 0; i < count; i++)
    if (marks[captured[i]]) return 1;
  return 0;
}

// Whether the integers a node makes stand for real numbers: it quantises, or it moves such
// integers.
static int carries_reals(const reach *r, const sl_node *node) {
  static const char *const quantisers[] = {
      "QuantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul",
      "ConvInteger",    "MatMulInteger",         NULL};
  static const char *const movers[] = {"Concat",  "DepthToSpace", "Expand",       "Flatten",
                                       "Gather",  "Identity",     "MaxPool",      "Pad",
                                       "Reshape", "Slice",        "SpaceToDepth", "Split",
                                       "Squeeze", "Transpose",    "Unsqueeze",    NULL};
  for (int32_t i = 0; quantisers[i] != NULL; i++)
    if (sl_node_is(node, quantisers[i])) return 1;
  for (int32_t i = 0; movers[i] != NULL; i++)
    if (sl_node_is(node, movers[i])) return any_marked(r->sweep, node, r->depends);
  return 0;
}

static void mark_forward(reach *r, const sl_node *node) {
  const sl_sweep *sweep = r->sweep;
  if (is_zero(sweep, node) || !any_marked(sweep, node, r->depends)) return;
  int reals = carries_reals(r, node);
  for (int32_t i = 0; i < node->output_count; i++) {
    int32_t element = sl_type_of(sweep, node->outputs[i])->element;
    if (element == SL_ELEMENT_NONE || sl_element_is_float(element) || (reals && i == 0))
      r->depends[node->outputs[i]] = 1;
  }
  r->depends[0] = 0;
}

static void mark_backward(reach *r, const sl_node *node) {
  int needed = 0;
  for (int32_t i = 0; i < node->output_count; i++) needed |= r->needed[node->outputs[i]];
  if (!needed) return;
  if (is_zero(r->sweep, node)) {
    const sl_grad_row *row = row_of(node);
    if (!row->is_quiet && any_marked(r->sweep, node, r->depends)) sl_sweep_note(r->sweep, row->why);
    return;
  }
  for (int32_t i = 0; i < node->input_count; i++) r->needed[node->inputs[i]] = 1;
  int32_t count;
  const sl_value_id *captured = sl_node_captured(r->sweep->scratch, r->sweep->graph, node, &count);
  for (int32_t i = 0; i < count; i++) r->needed[captured[i]] = 1;
  r->needed[0] = 0;
}

static void mark_wanted(sl_sweep *sweep, const sl_value_id *targets, int32_t target_count,
                        const sl_value_id *wrt, int32_t wrt_count) {
  size_t count = (size_t)sweep->graph->value_count;
  reach r = {.sweep = sweep,
             .depends = SL_NEW_ARRAY(sweep->scratch, uint8_t, count),
             .needed = SL_NEW_ARRAY(sweep->scratch, uint8_t, count)};
  for (int32_t i = 0; i < wrt_count; i++) r.depends[wrt[i]] = 1;
  for (sl_node_id n = 1; n < sweep->graph->node_count; n++)
    mark_forward(&r, &sweep->graph->nodes[n]);
  for (int32_t i = 0; i < target_count; i++) r.needed[targets[i]] = 1;
  for (sl_node_id n = sweep->graph->node_count - 1; n > 0; n--)
    mark_backward(&r, &sweep->graph->nodes[n]);
  for (size_t v = 1; v < count; v++) sweep->wanted[v] = r.depends[v] && r.needed[v];
}

// ---- backwards ----------------------------------------------------------------------------------

static void sum_terms(sl_sweep *sweep, sl_value_id value) {
  sl_sweep_term *term = value > 0 ? sweep->terms[value] : NULL;
  if (term == NULL) return;
  int32_t count = 0;
  for (sl_sweep_term *t = term; t != NULL; t = t->next) count++;
  sl_value_id *values = SL_NEW_ARRAY(sweep->scratch, sl_value_id, count);
  int32_t at = count;
  for (sl_sweep_term *t = term; t != NULL; t = t->next) values[--at] = t->value;
  sl_value_id sum = values[0];
  if (count == 2) sum = sl_emit_add(sweep, values[0], values[1]);
  if (count > 2) sum = sl_emit(sweep, "Sum", values, count);
  if (count > 1) sl_emit_type_of(sweep, sum, values[0]);
  sweep->gradients[value] = sum;
  sweep->terms[value] = NULL;
}

static const char *title_of(const sl_sweep *sweep, const sl_node *node) {
  if (node->origin[0] != '\0') return node->origin;
  if (node->name[0] != '\0') return node->name;
  return node->output_count > 0 ? sweep->graph->values[node->outputs[0]].name : node->type;
}

static sl_status check_types(const sl_sweep *sweep, sl_node_id node, sl_error *err) {
  const sl_node *n = &sweep->graph->nodes[node];
  for (int32_t i = 0; i < n->input_count + n->output_count; i++) {
    sl_value_id v = i < n->input_count ? n->inputs[i] : n->outputs[i - n->input_count];
    if (sl_sweep_wants(sweep, v) && !sl_type_is_known(sl_type_of(sweep, v)))
      return sl_sweep_refuse(sweep, node, err, "the shape of \"%s\" is not known (%s)",
                             sweep->graph->values[v].name,
                             sl_type_text(sweep->scratch, sl_type_of(sweep, v)));
  }
  return SL_OK;
}

static sl_status refuse_by_table(const sl_sweep *sweep, sl_node_id node, sl_error *err) {
  const sl_node *n = &sweep->graph->nodes[node];
  if (n->domain[0] != '\0') {
    sl_status status = sl_sweep_refuse(
        sweep, node, err, "it belongs to \"%s\", and only standard ONNX operators have gradients",
        n->domain);
    if (strncmp(n->domain, "com.microsoft", 13) != 0) return status;
    return sl_hint(
        err, status,
        "ONNX Runtime's optimiser or quantiser fused this file: load the model as it was "
        "exported, or use a method without gradients (occlusion, RISE, LIME, "
        "KernelSHAP)");
  }
  const sl_grad_row *row = row_of(n);
  return sl_sweep_refuse(sweep, node, err, "%s",
                         row->why != NULL ? row->why : "no gradient is known for this operator");
}

static sl_status sweep_node(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  const sl_node *n = &sweep->graph->nodes[node];
  int32_t output_count = n->output_count, arrived = 0;
  const sl_value_id *outputs = n->outputs;
  sweep->origin = title_of(sweep, n);
  for (int32_t i = 0; i < output_count; i++) {
    sum_terms(sweep, outputs[i]);
    arrived += sl_sweep_grad(sweep, outputs[i]) != 0;
  }
  n = &sweep->graph->nodes[node];
  if (arrived == 0 || !any_marked(sweep, n, sweep->wanted)) return SL_OK;
  if (is_zero(sweep, n)) return SL_OK;
  SL_TRY(check_types(sweep, node, err));
  sl_grad_rule rule = override_of(sweep, n);
  if (rule == NULL && row_of(n)->state == SL_GRAD_RULE) rule = row_of(n)->rule;
  if (rule == NULL) return refuse_by_table(sweep, node, err);
  SL_TRY(rule(sweep, node, err));
  if (sweep->broken == NULL) return SL_OK;
  return sl_fail(err, SL_E_BUG, "the rule of %s gave %s", sweep->graph->nodes[node].type,
                 sweep->broken);
}

sl_status sl_sweep_apply(sl_sweep *sweep, sl_node_id node, sl_value_id seed, int32_t slot,
                         sl_value_id *out, sl_error *err) {
  sl_node n = sweep->graph->nodes[node];
  sl_value_id x = n.inputs[slot], y = n.outputs[0], gradient = sweep->gradients[y];
  const sl_grad_row *row = row_of(&n);
  *out = 0;
  if (row->state != SL_GRAD_RULE) return refuse_by_table(sweep, node, err);
  sl_sweep_term **kept = SL_NEW_ARRAY(sweep->scratch, sl_sweep_term *, n.input_count + 1);
  for (int32_t i = 0; i < n.input_count; i++) {
    if (!sl_sweep_wants(sweep, n.inputs[i])) continue;
    kept[i] = sweep->terms[n.inputs[i]];
    sweep->terms[n.inputs[i]] = NULL;
  }
  sl_value_id gradient_of_x = sweep->gradients[x];
  sweep->gradients[y] = seed;
  sl_status status = row->rule(sweep, node, err);
  sweep->gradients[y] = gradient;
  sweep->gradients[x] = 0;
  sum_terms(sweep, x);
  *out = sweep->gradients[x];
  sweep->gradients[x] = gradient_of_x;
  // Backwards, so that of two equal inputs the first, which was there before, is kept.
  for (int32_t i = n.input_count - 1; i >= 0; i--)
    if (sl_sweep_wants(sweep, n.inputs[i])) sweep->terms[n.inputs[i]] = kept[i];
  return status;
}

sl_status sl_sweep_graph(sl_sweep *outer, sl_graph *graph, const sl_value_id *targets,
                         const sl_value_id *seeds, int32_t target_count, const sl_value_id *wrt,
                         int32_t wrt_count, sl_value_id *gradients, sl_error *err) {
  SL_TRY(sl_graph_sort(graph, err));
  sl_sweep sweep = *outer;
  size_t count = (size_t)graph->value_count;
  sweep.graph = graph;
  sweep.gradients = SL_NEW_ARRAY(outer->scratch, sl_value_id, count);
  sweep.terms = SL_NEW_ARRAY(outer->scratch, sl_sweep_term *, count);
  sweep.wanted = SL_NEW_ARRAY(outer->scratch, uint8_t, count);
  sweep.forward_values = graph->value_count;
  sweep.broken = NULL;
  mark_wanted(&sweep, targets, target_count, wrt, wrt_count);
  for (int32_t i = 0; i < target_count; i++) sl_sweep_add(&sweep, targets[i], seeds[i]);
  for (sl_node_id n = graph->node_count - 1; n > 0; n--) SL_TRY(sweep_node(&sweep, n, err));
  for (int32_t i = 0; i < wrt_count; i++) {
    sum_terms(&sweep, wrt[i]);
    gradients[i] = sl_sweep_grad(&sweep, wrt[i]);
  }
  return SL_OK;
}
