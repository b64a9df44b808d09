// SPDX-License-Identifier: Apache-2.0
// Layer-wise relevance propagation: the target's value shared out backwards, layer by layer.
//
// What stands for the gradient in the sweep is relevance. An operator z = f(x) with the epsilon
// rule gives x times the transposed of f applied to R / (z + epsilon sign z); biases keep their
// share, as in Captum. Batch normalisation is part of the convolution before it. Sums and maxima
// take the epsilon rule, activations pass relevance on, products of two values give each half (the
// uniform rule of Achtibat et al. 2024), LayerNormalization passes it on, Softmax takes the epsilon
// rule (their proposition 3.1).
//
// Invariant: without biases, epsilon and refused operators, values add up to the target. Start at
// run_lrp().
#include <math.h>
#include <string.h>

#include "attrib/attrib_case.h"
#include "grad/grad_parts.h"

typedef enum lrp_rule { LRP_EPSILON = 0, LRP_GAMMA, LRP_ALPHA_BETA } lrp_rule;
typedef enum lrp_choice {
  CHOOSE_EPSILON = 0,
  CHOOSE_GAMMA,
  CHOOSE_ALPHA_BETA,
  CHOOSE_EPSILON_PLUS,
  CHOOSE_EPSILON_GAMMA
} lrp_choice;
static const sl_choice choices[] = {
    {"epsilon", "in proportion to what each input gave"},
    {"gamma", "the same with positive weights made larger"},
    {"alpha_beta", "positive and negative parts apart, alpha and 1 - alpha of them"},
    {"epsilon_plus", "composite: positive parts in convolutions, epsilon elsewhere"},
    {"epsilon_gamma", "composite: gamma in convolutions, epsilon elsewhere"},
    {0}};

typedef struct lrp_params {
  int32_t rule;
  double epsilon, gamma, alpha;
} lrp_params;

static const sl_row lrp_rows[] = {
    SL_P_ENUM(lrp_params, rule, choices, CHOOSE_EPSILON_PLUS, "How relevance is shared out."),
    SL_P_REAL(lrp_params, epsilon, 0, 1e3, 1e-6, NULL,
              "Added to each output in its sign; larger ones absorb what is weak and noisy."),
    SL_P_REAL(lrp_params, gamma, 0, 1e6, 0.25, NULL, "What positive weights gain (gamma)."),
    SL_P_REAL(lrp_params, alpha, 1, 100, 1, NULL,
              "Share of the positive parts (alpha_beta); 1 leaves the negative parts out."),
    SL_ROW_END};

// ---- parts of rules -----------------------------------------------------------------------------

static const lrp_params *params_of(const sl_sweep *sweep) { return sl_sweep_context(sweep); }

// R / (z + epsilon sign z), the sign of 0 being 1.
static sl_value_id shared_out(sl_sweep *sweep, sl_value_id relevance, sl_value_id z) {
  double epsilon = params_of(sweep)->epsilon;
  sl_value_id tiny = sl_emit_number(sweep, z, epsilon), less = sl_emit_number(sweep, z, -epsilon);
  sl_value_id negative = sl_rule_compare(sweep, "Less", z, sl_emit_number(sweep, z, 0));
  sl_value_id step = sl_rule_where(sweep, negative, less, tiny, z);
  return sl_emit_div(sweep, relevance, sl_emit_add(sweep, z, step));
}

typedef enum sign { BOTH = 0, POSITIVE, NEGATIVE } sign;

// The part of a constant's elements with this sign, and gamma more of the positive ones.
static sl_value_id constant_part(sl_sweep *sweep, sl_value_id value, sign part, double gamma) {
  const sl_constant *constant = sl_graph_constant(sweep->graph, value);
  double *numbers = SL_NEW_ARRAY(sweep->scratch, double, constant->count + 1);
  for (int64_t i = 0; i < constant->count; i++) {
    double number = sl_constant_number(constant, i);
    if ((part == POSITIVE && number < 0) || (part == NEGATIVE && number > 0)) number = 0;
    numbers[i] = number > 0 ? (1 + gamma) * number : number;
  }
  return sl_emit_numbers(sweep, constant->element, constant->rank, constant->dims, numbers);
}

static sl_value_id value_part(sl_sweep *sweep, sl_value_id value, sign part) {
  if (part == BOTH) return value;
  sl_value_id zero = sl_emit_number(sweep, value, 0);
  sl_value_id kept = sl_emit2(sweep, part == POSITIVE ? "Max" : "Min", value, zero);
  sl_emit_type_of(sweep, kept, value);
  return kept;
}

// Values that cannot be negative: of a Relu, also through pools and reshapes.
static int is_positive(const sl_graph *graph, sl_value_id value) {
  static const char *const passing[] = {"MaxPool", "AveragePool", "GlobalAveragePool",
                                        "Flatten", "Reshape",     "Dropout"};
  for (int steps = 0; steps < 8; steps++) {
    const sl_value *v = &graph->values[value];
    if (v->origin != SL_ORIGIN_NODE) return 0;
    const sl_node *node = &graph->nodes[v->maker];
    if (sl_node_is(node, "Relu") || sl_node_is(node, "Sigmoid") || sl_node_is(node, "Softmax"))
      return 1;
    int passes = 0;
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++)
      passes |= sl_node_is(node, passing[i]);
    if (!passes) return 0;
    value = node->inputs[0];
  }
  return 0;
}

// ---- one linear operator with other weights -----------------------------------------------------

typedef struct linear {
  sl_sweep *sweep;
  sl_node_id id;
  sl_node node;
  int32_t slot;  // of x; the other of the first two inputs holds the weights
  sl_value_id x, weights, bias;
} linear;

static int read_linear(sl_sweep *sweep, sl_node_id id, linear *out) {
  *out = (linear){.sweep = sweep, .id = id, .node = *sl_graph_node(sweep->graph, id)};
  const sl_node *n = &out->node;
  out->slot = sl_rule_wants(sweep, n, 0) ? 0 : 1;
  if (n->input_count < 2 || sl_graph_constant(sweep->graph, n->inputs[1 - out->slot]) == NULL)
    return 0;
  out->x = n->inputs[out->slot];
  out->weights = n->inputs[1 - out->slot];
  out->bias = sl_node_input(n, 2);
  if (out->bias != 0 && sl_graph_constant(sweep->graph, out->bias) == NULL) return 0;
  return sl_node_is(n, "Conv") || sl_node_is(n, "ConvTranspose") || sl_node_is(n, "Gemm") ||
         sl_node_is(n, "MatMul");
}

// The operator's output for these inputs; bias 0 leaves it out.
static sl_value_id forward(const linear *l, sl_value_id x, sl_value_id weights, sl_value_id bias) {
  sl_value_id inputs[3] = {x, weights, bias};
  if (l->slot == 1) {
    inputs[0] = weights;
    inputs[1] = x;
  }
  sl_value_id y = sl_emit(l->sweep, l->node.type, inputs, bias != 0 ? 3 : 2);
  for (int32_t i = 0; i < l->node.attribute_count; i++)
    sl_graph_set_attribute(l->sweep->graph, sl_emitted(l->sweep), &l->node.attributes[i]);
  sl_emit_type_of(l->sweep, y, l->node.outputs[0]);
  return y;
}

// x times the transposed operator with these weights, applied to what was shared out.
static sl_status backward(const linear *l, sl_value_id x, sl_value_id weights, sl_value_id shares,
                          sl_value_id *out, sl_error *err) {
  sl_graph_set_input(l->sweep->graph, l->id, 1 - l->slot, weights);
  sl_status status = sl_sweep_apply(l->sweep, l->id, shares, l->slot, out, err);
  sl_graph_set_inputs_of(l->sweep->graph, l->id, l->node.inputs, l->node.input_count);
  if (status == SL_OK && *out != 0) *out = sl_emit_mul(l->sweep, *out, x);
  return status;
}

static sl_status by_gamma(linear *l, sl_value_id relevance, sl_error *err) {
  sl_value_id weights = constant_part(l->sweep, l->weights, BOTH, params_of(l->sweep)->gamma);
  sl_value_id z = forward(l, l->x, weights, l->bias), part;
  SL_TRY(backward(l, l->x, weights, shared_out(l->sweep, relevance, z), &part, err));
  sl_sweep_add(l->sweep, l->x, part);
  return SL_OK;
}

// Contributions of one sign: equal signs of x and weights give positive ones.
static sl_status by_sign(linear *l, sign wanted, double share, sl_value_id relevance,
                         sl_error *err) {
  sl_sweep *sweep = l->sweep;
  sign other = wanted == POSITIVE ? NEGATIVE : POSITIVE;
  int one_sided = is_positive(sweep->graph, l->x);
  sl_value_id x_up = one_sided ? l->x : value_part(sweep, l->x, POSITIVE), x_down = 0, part;
  sl_value_id w_up = constant_part(sweep, l->weights, wanted, 0), w_down = 0;
  sl_value_id bias = l->bias != 0 ? constant_part(sweep, l->bias, wanted, 0) : 0;
  sl_value_id z = forward(l, x_up, w_up, bias);
  if (!one_sided) {
    x_down = value_part(sweep, l->x, NEGATIVE);
    w_down = constant_part(sweep, l->weights, other, 0);
    z = sl_emit_add(sweep, z, forward(l, x_down, w_down, 0));
  }
  sl_value_id shares = shared_out(sweep, sl_emit_scale(sweep, relevance, share), z);
  SL_TRY(backward(l, x_up, w_up, shares, &part, err));
  sl_sweep_add(sweep, l->x, part);
  if (one_sided) return SL_OK;
  SL_TRY(backward(l, x_down, w_down, shares, &part, err));
  sl_sweep_add(sweep, l->x, part);
  return SL_OK;
}

// ---- rules --------------------------------------------------------------------------------------

static sl_status by_epsilon(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id relevance = sl_sweep_grad(sweep, n.outputs[0]), parts[SL_RULE_RANK_MAX] = {0};
  int is_product = (sl_node_is(&n, "Mul") || sl_node_is(&n, "MatMul")) &&
                   sl_rule_wants(sweep, &n, 0) && sl_rule_wants(sweep, &n, 1);
  if (n.input_count > SL_RULE_RANK_MAX)
    return sl_sweep_refuse(sweep, node, err, "relevance is shared between at most %d inputs",
                           SL_RULE_RANK_MAX);
  sl_value_id shares = shared_out(sweep, relevance, n.outputs[0]);
  if (is_product) shares = sl_emit_scale(sweep, shares, 0.5);
  for (int32_t slot = 0; slot < n.input_count; slot++)
    if (sl_rule_wants(sweep, &n, slot))
      SL_TRY(sl_sweep_apply(sweep, node, shares, slot, &parts[slot], err));
  for (int32_t slot = 0; slot < n.input_count; slot++)
    if (parts[slot] != 0)
      sl_sweep_add(sweep, n.inputs[slot], sl_emit_mul(sweep, parts[slot], n.inputs[slot]));
  return SL_OK;
}

static lrp_rule rule_for(const sl_sweep *sweep, const sl_node *node) {
  int is_convolution = sl_node_is(node, "Conv") || sl_node_is(node, "ConvTranspose");
  switch (params_of(sweep)->rule) {
    case CHOOSE_GAMMA:
      return LRP_GAMMA;
    case CHOOSE_ALPHA_BETA:
      return LRP_ALPHA_BETA;
    case CHOOSE_EPSILON_PLUS:
      return is_convolution ? LRP_ALPHA_BETA : LRP_EPSILON;
    case CHOOSE_EPSILON_GAMMA:
      return is_convolution ? LRP_GAMMA : LRP_EPSILON;
    default:
      return LRP_EPSILON;
  }
}

static sl_status by_choice(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  linear l;
  if (!read_linear(sweep, node, &l)) return by_epsilon(sweep, node, err);
  lrp_rule rule = rule_for(sweep, &l.node);
  sl_value_id relevance = sl_sweep_grad(sweep, l.node.outputs[0]);
  if (rule == LRP_EPSILON) return by_epsilon(sweep, node, err);
  if (rule == LRP_GAMMA) return by_gamma(&l, relevance, err);
  double alpha = params_of(sweep)->rule == CHOOSE_ALPHA_BETA ? params_of(sweep)->alpha : 1;
  SL_TRY(by_sign(&l, POSITIVE, alpha, relevance, err));
  return alpha > 1 ? by_sign(&l, NEGATIVE, 1 - alpha, relevance, err) : SL_OK;
}

// Relevance as it is: activations, and what only scales each element.
static sl_status passed_on(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  (void)err;
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id relevance = sl_sweep_grad(sweep, n.outputs[0]);
  if (sl_rule_wants(sweep, &n, 0))
    sl_sweep_add(sweep, n.inputs[0], sl_emit_unbroadcast(sweep, relevance, n.inputs[0]));
  return SL_OK;
}

static const sl_grad_override rules[] = {
    {"Add", by_epsilon},
    {"AveragePool", by_epsilon},
    {"BatchNormalization", by_epsilon},
    {"GlobalAveragePool", by_epsilon},
    {"GlobalMaxPool", by_epsilon},
    {"MaxPool", by_epsilon},
    {"Mul", by_epsilon},
    {"ReduceMax", by_epsilon},
    {"ReduceMean", by_epsilon},
    {"ReduceSum", by_epsilon},
    {"Resize", by_epsilon},
    {"Softmax", by_epsilon},
    {"Sub", by_epsilon},
    {"Sum", by_epsilon},
    {"Einsum", by_epsilon},
    {"Conv", by_choice},
    {"ConvTranspose", by_choice},
    {"Gemm", by_choice},
    {"MatMul", by_choice},
    {"Celu", passed_on},
    {"Clip", passed_on},
    {"Div", passed_on},
    {"Elu", passed_on},
    {"Erf", passed_on},
    {"Exp", passed_on},
    {"Gelu", passed_on},
    {"HardSigmoid", passed_on},
    {"HardSwish", passed_on},
    {"InstanceNormalization", passed_on},
    {"GroupNormalization", passed_on},
    {"LayerNormalization", passed_on},
    {"LeakyRelu", passed_on},
    {"LRN", passed_on},
    {"Mish", passed_on},
    {"PRelu", passed_on},
    {"Pow", passed_on},
    {"Relu", passed_on},
    {"Selu", passed_on},
    {"Sigmoid", passed_on},
    {"Softplus", passed_on},
    {"Sqrt", passed_on},
    {"Swish", passed_on},
    {"Tanh", passed_on},
};
enum { RULE_COUNT = sizeof rules / sizeof *rules };

// ---- the run ------------------------------------------------------------------------------------

typedef struct relevance_sweep {
  sl_attrib_case *work;
  float *values;
} relevance_sweep;

static void take_relevance(void *ctx, int64_t sample, int64_t copy, double value,
                           const float *gradient, const float *const *values) {
  (void)copy, (void)value, (void)values;
  relevance_sweep *r = ctx;
  int64_t elements = r->work->elements;
  double sum = 0;
  for (int64_t i = 0; i < elements; i++) sum += (double)gradient[i];
  memcpy(r->values + sample * elements, gradient, (size_t)elements * sizeof *gradient);
  r->work->out->delta[sample] = sum - r->work->start.numbers[sample];
}

static sl_status share_out(sl_attrib_case *work, const lrp_params *params, sl_error *err) {
  relevance_sweep r = {.work = work};
  lrp_params how = *params;
  SL_TRY(sl_attrib_case_values(work, NULL, &r.values, err));
  work->out->delta = SL_NEW_ARRAY(work->call->arena, double, work->samples);
  const char *flavour =
      sl_arena_printf(work->call->arena, "lrp %d %.17g %.17g %.17g", (int)params->rule,
                      params->epsilon, params->gamma, params->alpha);
  sl_sweep_plan plan = {.copies = 1,
                        .gradients = true,
                        .make = sl_attrib_case_input_row,
                        .take = take_relevance,
                        .ctx = &r,
                        .flavour = flavour,
                        .overrides = rules,
                        .override_count = RULE_COUNT,
                        .context = &how,
                        .seed_by_value = true};
  return sl_attrib_sweep(work->call, &work->start, &plan, work->out, err);
}

static sl_status run_lrp(const sl_attrib_call *call, const void *params, sl_attribution *out,
                         sl_error *err) {
  sl_attrib_case work;
  SL_TRY(sl_attrib_case_open(call, out, &work, err));
  sl_status status = share_out(&work, params, err);
  sl_attrib_case_close(&work);
  return status;
}

const sl_attrib_method sl_attrib_lrp = {
    .item = {.name = "lrp",
             .title = "Layer-wise relevance propagation",
             .help = "The target's value shared out backwards in proportion to what each unit "
                     "gave.",
             .since = "0.2.0",
             .params = lrp_rows,
             .params_size = sizeof(lrp_params)},
    .needs = SL_ATTRIB_SIGNED,
    .source = "Bach et al. 2015; Montavon, Binder, Lapuschkin, Samek, Mueller 2019, section 10.2",
    .run = run_lrp};
