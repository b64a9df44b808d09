// SPDX-License-Identifier: Apache-2.0
// Rule of Einsum: the gradient to an operand is an Einsum of the other operands and dL/dy.
//
// Invariant: equations are first written out, so that an ellipsis is letters of its own and the
// result is explicit. Start at sl_grad_Einsum().
#include <ctype.h>
#include <string.h>

#include "grad/grad_parts.h"

enum { OPERANDS_MAX = 16 };

// Letters of one operand, one for each axis.
typedef struct letters {
  char at[SL_RULE_RANK_MAX + 1];
  int32_t count;
} letters;

typedef struct equation {
  letters operands[OPERANDS_MAX], result;
  int32_t operand_count;
} equation;

static void put(letters *l, char letter) {
  if (l->count < SL_RULE_RANK_MAX) l->at[l->count++] = letter;
}

static int has(const letters *l, char letter) {
  return memchr(l->at, letter, (size_t)l->count) != NULL;
}

// Letters for the axes under an ellipsis: those that the equation leaves free.
static void choose_ellipsis(const char *text, letters *out) {
  for (char c = 'A'; c <= 'Z' && out->count < SL_RULE_RANK_MAX; c++)
    if (strchr(text, c) == NULL) put(out, c);
}

// One term of the equation; the ellipsis stands for the last `hidden` letters of `ellipsis`.
static void read_term(const char *text, size_t size, const letters *ellipsis, int32_t shown,
                      int32_t hidden, letters *out) {
  for (size_t i = 0; i < size; i++) {
    if (text[i] == '.' && i + 2 < size) {
      for (int32_t k = shown - hidden; k < shown; k++) put(out, ellipsis->at[k]);
      i += 2;
    } else if (isalpha((unsigned char)text[i])) {
      put(out, text[i]);
    }
  }
}

static int32_t count_letters(const char *text, size_t size) {
  int32_t count = 0;
  for (size_t i = 0; i < size; i++) count += isalpha((unsigned char)text[i]) != 0;
  return count;
}

// Without an arrow: the ellipsis, then what occurs once, in alphabetical order.
static void imply_result(equation *e, const letters *ellipsis, int32_t shown) {
  for (int32_t k = 0; k < shown; k++) put(&e->result, ellipsis->at[k]);
  for (int c = 'A'; c <= 'z'; c++) {
    int32_t times = has(&e->result, (char)c) ? 2 : 0;
    for (int32_t i = 0; i < e->operand_count; i++)
      for (int32_t k = 0; k < e->operands[i].count; k++) times += e->operands[i].at[k] == c;
    if (times == 1) put(&e->result, (char)c);
  }
}

static int read_equation(const sl_sweep *sweep, const sl_node *n, const char *text, equation *e) {
  *e = (equation){.operand_count = n->input_count};
  letters ellipsis = {.count = 0};
  choose_ellipsis(text, &ellipsis);
  int32_t hidden[OPERANDS_MAX], shown = 0;
  const char *arrow = strstr(text, "->"), *at = text;
  const char *end = arrow != NULL ? arrow : text + strlen(text);
  if (n->input_count > OPERANDS_MAX) return 0;
  const char *terms[OPERANDS_MAX];
  size_t sizes[OPERANDS_MAX];
  for (int32_t i = 0; i < n->input_count; i++) {
    if (at > end) return 0;
    terms[i] = at;
    sizes[i] = strcspn(at, ",");
    if (at + sizes[i] > end) sizes[i] = (size_t)(end - at);
    int32_t rank = sl_type_of(sweep, n->inputs[i])->rank;
    hidden[i] = rank - count_letters(terms[i], sizes[i]);
    if (rank < 0 || hidden[i] < 0 || hidden[i] > ellipsis.count) return 0;
    shown = hidden[i] > shown ? hidden[i] : shown;
    at += sizes[i] + 1;
  }
  for (int32_t i = 0; i < n->input_count; i++)
    read_term(terms[i], sizes[i], &ellipsis, shown, hidden[i], &e->operands[i]);
  if (arrow == NULL)
    imply_result(e, &ellipsis, shown);
  else
    read_term(arrow + 2, strlen(arrow + 2), &ellipsis, shown, shown, &e->result);
  return 1;
}

// ---- the gradient of one operand ----------------------------------------------------------------

typedef struct sources {
  sl_value_id values[OPERANDS_MAX + 1];
  const letters *of[OPERANDS_MAX + 1];
  int32_t count;
} sources;

// Size of a letter among the sources, 1 when it is broadcast everywhere; 0 in *found when absent.
static sl_dim size_of(const sl_sweep *sweep, const sources *s, char letter, int *found) {
  sl_dim size = SL_DIM(1);
  *found = 0;
  for (int32_t i = 0; i < s->count; i++)
    for (int32_t k = 0; k < s->of[i]->count; k++) {
      if (s->of[i]->at[k] != letter) continue;
      sl_dim dim = sl_type_of(sweep, s->values[i])->dims[k];
      if (!sl_dim_is(dim, 1)) size = dim;
      *found = 1;
    }
  return size;
}

static const char *equation_text(const sl_sweep *sweep, const sources *s, const letters *kept) {
  char *text = sl_arena_push(sweep->scratch, (size_t)(s->count + 1) * (SL_RULE_RANK_MAX + 2) + 4);
  size_t size = 0;
  for (int32_t i = 0; i < s->count; i++) {
    if (i > 0) text[size++] = ',';
    memcpy(text + size, s->of[i]->at, (size_t)s->of[i]->count);
    size += (size_t)s->of[i]->count;
  }
  memcpy(text + size, "->", 2);
  memcpy(text + size + 2, kept->at, (size_t)kept->count);
  return text;
}

static sl_value_id contract(sl_sweep *sweep, const sources *s, const letters *kept,
                            const sl_dim *dims) {
  if (s->count == 1) {
    int64_t perm[SL_RULE_RANK_MAX];
    for (int32_t i = 0; i < kept->count; i++)
      perm[i] =
          (const char *)memchr(s->of[0]->at, kept->at[i], (size_t)s->of[0]->count) - s->of[0]->at;
    // What the operand sums over only itself is not in g: nothing is lost by the permutation.
    return sl_emit_transpose(sweep, s->values[0], perm, kept->count);
  }
  sl_value_id value = sl_emit(sweep, "Einsum", s->values, s->count);
  sl_graph_set_string(sweep->graph, sl_emitted(sweep), "equation", equation_text(sweep, s, kept));
  sl_emit_type(sweep, value, sl_type_of(sweep, s->values[0])->element, kept->count, dims);
  return value;
}

static void add_operand_gradient(sl_sweep *sweep, const sl_node *n, const equation *e,
                                 int32_t index, sl_value_id g) {
  sources s = {.values = {g}, .of = {&e->result}, .count = 1};
  sl_value_id operand = n->inputs[index];
  for (int32_t i = 0; i < e->operand_count; i++) {
    if (i == index) continue;
    s.values[s.count] = n->inputs[i];
    s.of[s.count++] = &e->operands[i];
  }
  letters kept = {.count = 0};
  sl_dim kept_dims[SL_RULE_RANK_MAX], dims[SL_RULE_RANK_MAX];
  const letters *own = &e->operands[index];
  for (int32_t i = 0; i < own->count; i++) {
    int found;
    dims[i] = size_of(sweep, &s, own->at[i], &found);
    if (!found) continue;
    kept_dims[kept.count] = dims[i];
    put(&kept, own->at[i]);
  }
  sl_value_id dx = contract(sweep, &s, &kept, kept_dims);
  dx = sl_emit_reshape(sweep, dx, dims, own->count);
  dx = sl_emit_unbroadcast(sweep, dx, operand);
  sl_sweep_add(sweep, operand, sl_emit_expand_like(sweep, dx, operand));
}

static int repeats_a_letter(const letters *l) {
  for (int32_t i = 0; i < l->count; i++)
    for (int32_t k = i + 1; k < l->count; k++)
      if (l->at[i] == l->at[k]) return 1;
  return 0;
}

sl_status sl_grad_Einsum(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node n = *sl_graph_node(sweep->graph, node);
  const char *text = sl_node_string(sweep->scratch, &n, "equation", "");
  sl_value_id g = sl_sweep_grad(sweep, n.outputs[0]);
  equation e;
  if (!read_equation(sweep, &n, text, &e))
    return sl_sweep_refuse(sweep, node, err, "its equation \"%s\" does not fit its inputs", text);
  for (int32_t i = 0; i < n.input_count; i++) {
    if (!sl_sweep_wants(sweep, n.inputs[i])) continue;
    if (repeats_a_letter(&e.operands[i]))
      return sl_sweep_refuse(sweep, node, err, "\"%s\" takes a diagonal of an input", text);
    add_operand_gradient(sweep, &n, &e, i, g);
  }
  return SL_OK;
}
