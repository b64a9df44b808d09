// SPDX-License-Identifier: Apache-2.0
// Rule of Attention (operator set 23 and later), from its definition: the probabilities are
// computed again, then dV = P'dY, dS = P (dP - sum P dP), dQ = s dS K, dK = s dS'Q.
//
// Invariant: inside, queries are [B, key heads, queries per key head, S, D] and keys and values
// [B, key heads, 1, T, D], so that shared key heads are ordinary broadcasting. Start at
// sl_grad_Attention().
#include <math.h>
#include <string.h>

#include "grad/grad_parts.h"

enum { MASK_MAX = 1 << 24 };  // entries of a causal mask made here

typedef struct attention {
  sl_value_id q, k, v, g;  // rank 5
  sl_value_id probabilities;
  int64_t heads, key_heads;
  double scale;
} attention;

// [B, H, S, D] or [B, S, H D] -> [B, key heads, H / key heads, S, D].
static sl_value_id with_heads(sl_sweep *sweep, sl_value_id x, int64_t heads, int64_t key_heads) {
  sl_type type = *sl_type_of(sweep, x);
  if (type.rank == 3) {
    sl_dim split[4] = {type.dims[0], type.dims[1], SL_DIM(heads),
                       SL_DIM(type.dims[2].fixed / heads)};
    sl_value_id parts = sl_emit_reshape(sweep, x, split, 4);
    x = sl_emit_transpose(sweep, parts, (int64_t[]){0, 2, 1, 3}, 4);
    type = *sl_type_of(sweep, x);
  }
  sl_dim dims[5] = {type.dims[0], SL_DIM(key_heads), SL_DIM(heads / key_heads), type.dims[2],
                    type.dims[3]};
  return sl_emit_reshape(sweep, x, dims, 5);
}

// The way back, summed over what keys share.
static sl_value_id without_heads(sl_sweep *sweep, sl_value_id x, int64_t heads, sl_value_id like) {
  sl_type type = *sl_type_of(sweep, x), to = *sl_type_of(sweep, like);
  sl_dim dims[4] = {type.dims[0], SL_DIM(heads), type.dims[3], type.dims[4]};
  x = sl_emit_reshape(sweep, x, dims, 4);
  if (to.rank == 4) return x;
  x = sl_emit_transpose(sweep, x, (int64_t[]){0, 2, 1, 3}, 4);
  return sl_emit_reshape(sweep, x, to.dims, 3);
}

static sl_value_id turned(sl_sweep *sweep, sl_value_id x) {
  return sl_emit_transpose(sweep, x, (int64_t[]){0, 1, 2, 4, 3}, 5);
}

static double lowest(const sl_sweep *sweep, sl_value_id like) {
  return sl_type_of(sweep, like)->element == SL_ELEMENT_F16 ? -65504 : -1e30;
}

// A mask of rank 2 to 4 as rank 5, added to the scores.
static sl_value_id masked(sl_sweep *sweep, const attention *a, sl_value_id scores,
                          sl_value_id mask) {
  sl_type type = *sl_type_of(sweep, mask);
  if (type.element == SL_ELEMENT_BOOL) {
    sl_value_id keep = sl_emit_number(sweep, scores, 0);
    sl_value_id drop = sl_emit_number(sweep, scores, lowest(sweep, scores));
    mask = sl_rule_where(sweep, mask, keep, drop, mask);
    sweep->graph->values[mask].type.element = sl_type_of(sweep, scores)->element;
  }
  if (type.rank > 2) {
    sl_dim dims[5] = {SL_DIM(1)}, heads = type.dims[type.rank - 3];
    int per_head = !sl_dim_is(heads, 1);
    if (type.rank == 4) dims[0] = type.dims[0];
    dims[1] = SL_DIM(per_head ? a->key_heads : 1);
    dims[2] = SL_DIM(per_head ? a->heads / a->key_heads : 1);
    dims[3] = type.dims[type.rank - 2];
    dims[4] = type.dims[type.rank - 1];
    mask = sl_emit_reshape(sweep, mask, dims, 5);
  }
  return sl_emit_add(sweep, scores, mask);
}

static sl_value_id causal_mask(sl_sweep *sweep, int64_t queries, int64_t keys, sl_value_id like) {
  int64_t dims[2] = {queries, keys};
  double *numbers = SL_NEW_ARRAY(sweep->scratch, double, queries *keys + 1);
  for (int64_t i = 0; i < queries * keys; i++)
    numbers[i] = i % keys <= i / keys ? 0 : lowest(sweep, like);
  return sl_emit_numbers(sweep, sl_type_of(sweep, like)->element, 2, dims, numbers);
}

// What the definition has and this rule does not; NULL when there is nothing of it.
static const char *what_is_missing(const sl_sweep *sweep, const sl_node *n) {
  if (sl_node_input(n, 4) != 0 || sl_node_input(n, 5) != 0) return "it reads a cache of past keys";
  if (sl_node_input(n, 6) != 0) return "it has padded keys of different lengths";
  if (sl_node_float(n, "softcap", 0) != 0) return "it caps its scores (softcap)";
  for (int32_t i = 1; i < n->output_count; i++)
    if (sl_sweep_grad(sweep, n->outputs[i]) != 0)
      return "the target depends on its cache or scores";
  sl_value_id mask = sl_node_input(n, 3);
  if (mask != 0 && !sl_type_is_known(sl_type_of(sweep, mask))) return "its mask has no known shape";
  for (int32_t i = 0; i < 3; i++)
    if (!sl_type_is_known(sl_type_of(sweep, n->inputs[i]))) return "an input has no known shape";
  return NULL;
}

static int64_t count_heads(const sl_sweep *sweep, const sl_node *n, int32_t slot,
                           const char *attribute) {
  const sl_type *type = sl_type_of(sweep, n->inputs[slot]);
  return type->rank == 4 ? type->dims[1].fixed : sl_node_int(n, attribute, 1);
}

static sl_status compute_probabilities(sl_sweep *sweep, sl_node_id node, const sl_node *n,
                                       attention *a, sl_error *err) {
  sl_value_id scores = sl_emit_matmul(sweep, a->q, turned(sweep, a->k));
  scores = sl_emit_scale(sweep, scores, a->scale);
  sl_dim queries = sl_type_of(sweep, scores)->dims[3], keys = sl_type_of(sweep, scores)->dims[4];
  if (sl_node_int(n, "is_causal", 0) != 0) {
    if (queries.per_batch != 0 || keys.per_batch != 0 || queries.fixed * keys.fixed > MASK_MAX)
      return sl_sweep_refuse(sweep, node, err, "it is causal over a length that is not fixed");
    sl_value_id mask = causal_mask(sweep, queries.fixed, keys.fixed, scores);
    scores = sl_emit_add(sweep, scores, mask);
  }
  if (sl_node_input(n, 3) != 0) scores = masked(sweep, a, scores, n->inputs[3]);
  a->probabilities = sl_emit1(sweep, "Softmax", scores);
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "axis", -1);
  return SL_OK;
}

static void add_gradients(sl_sweep *sweep, const sl_node *n, const attention *a) {
  sl_value_id p = a->probabilities;
  sl_value_id dp = sl_emit_matmul(sweep, a->g, turned(sweep, a->v));
  sl_value_id product = sl_emit_mul(sweep, dp, p);
  sl_value_id sum = sl_emit_reduce_sum(sweep, product, (int64_t[]){4}, 1, 1);
  sl_value_id ds = sl_emit_sub(sweep, product, sl_emit_mul(sweep, p, sum));
  if (sl_sweep_wants(sweep, n->inputs[0])) {
    sl_value_id dq = sl_emit_scale(sweep, sl_emit_matmul(sweep, ds, a->k), a->scale);
    sl_sweep_add(sweep, n->inputs[0], without_heads(sweep, dq, a->heads, n->inputs[0]));
  }
  if (sl_sweep_wants(sweep, n->inputs[1])) {
    sl_value_id dk = sl_emit_matmul(sweep, turned(sweep, ds), a->q);
    dk = sl_emit_unbroadcast(sweep, sl_emit_scale(sweep, dk, a->scale), a->k);
    sl_sweep_add(sweep, n->inputs[1], without_heads(sweep, dk, a->key_heads, n->inputs[1]));
  }
  if (sl_sweep_wants(sweep, n->inputs[2])) {
    sl_value_id dv = sl_emit_matmul(sweep, turned(sweep, p), a->g);
    dv = sl_emit_unbroadcast(sweep, dv, a->v);
    sl_sweep_add(sweep, n->inputs[2], without_heads(sweep, dv, a->key_heads, n->inputs[2]));
  }
}

sl_status sl_grad_Attention(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  sl_value_id g = sl_sweep_grad(sweep, n.outputs[0]);
  const char *missing = what_is_missing(sweep, &n);
  if (missing != NULL) return sl_sweep_refuse(sweep, node, err, "%s", missing);
  if (sl_sweep_wants(sweep, sl_node_input(&n, 3)))
    return sl_sweep_refuse(sweep, node, err, "its mask depends on the value asked for");
  attention a = {.heads = count_heads(sweep, &n, 0, "q_num_heads"),
                 .key_heads = count_heads(sweep, &n, 1, "kv_num_heads")};
  a.q = with_heads(sweep, n.inputs[0], a.heads, a.key_heads);
  a.k = with_heads(sweep, n.inputs[1], a.key_heads, a.key_heads);
  a.v = with_heads(sweep, n.inputs[2], a.key_heads, a.key_heads);
  a.g = with_heads(sweep, g, a.heads, a.key_heads);
  double size = (double)sl_type_of(sweep, a.q)->dims[4].fixed;
  a.scale = sl_node_float(&n, "scale", 1 / sqrt(size));
  SL_TRY(compute_probabilities(sweep, node, &n, &a, err));
  add_gradients(sweep, &n, &a);
  return SL_OK;
}
