// SPDX-License-Identifier: Apache-2.0
// Rules of matrix products, reductions and attention.
//
// Start at matmul().
#include "onnx/infer_state.h"

#include <string.h>

// ---- matrix products ----------------------------------------------------------------------------

sl_status sl_infer_gemm(sl_inference *i) {
  const sl_type *a = sl_infer_type(i, 0), *b = sl_infer_type(i, 1);
  int turn_a = sl_infer_int(i, "transA", 0) != 0, turn_b = sl_infer_int(i, "transB", 0) != 0;
  if ((a->rank >= 0 && a->rank != 2) || (b->rank >= 0 && b->rank != 2))
    return sl_infer_fail(i, "needs two matrices, not %s and %s", sl_infer_shape_text(i, 0),
                         sl_infer_shape_text(i, 1));
  sl_dim dims[] = {SL_DIM_OPEN, SL_DIM_OPEN}, inner;
  if (a->rank == 2) dims[0] = a->dims[turn_a];
  if (b->rank == 2) dims[1] = b->dims[!turn_b];
  if (a->rank == 2 && b->rank == 2)
    SL_TRY(sl_infer_same_dim(i, a->dims[!turn_a], b->dims[turn_b], "inner sizes", &inner));
  return sl_infer_set(i, 0, a->element, 2, dims);
}

// A vector counts as a matrix of one row (first factor) or one column (second).
static sl_status matmul(sl_inference *i, int32_t element, int32_t slot_a, int32_t slot_b) {
  const sl_type *a = sl_infer_type(i, slot_a), *b = sl_infer_type(i, slot_b);
  int is_known =
      a->rank >= 0 && b->rank >= 0 && a->rank <= SL_INFER_RANK_MAX && b->rank <= SL_INFER_RANK_MAX;
  if (!is_known) return sl_infer_set(i, 0, element, -1, NULL);
  if (a->rank == 0 || b->rank == 0) return sl_infer_fail(i, "a factor is a scalar");
  sl_dim dims[SL_INFER_RANK_MAX + 2], inner;
  int32_t rank, batch_a = a->rank > 2 ? a->rank - 2 : 0, batch_b = b->rank > 2 ? b->rank - 2 : 0;
  sl_dim inner_b = b->dims[b->rank > 1 ? b->rank - 2 : 0];
  SL_TRY(sl_infer_same_dim(i, a->dims[a->rank - 1], inner_b, "inner sizes", &inner));
  SL_TRY(sl_infer_broadcast(i, batch_a, a->dims, batch_b, b->dims, &rank, dims));
  if (a->rank > 1) dims[rank++] = a->dims[a->rank - 2];
  if (b->rank > 1) dims[rank++] = b->dims[b->rank - 1];
  return sl_infer_set(i, 0, element, rank, dims);
}

sl_status sl_infer_matmul(sl_inference *i) { return matmul(i, sl_infer_type(i, 0)->element, 0, 1); }

sl_status sl_infer_matmul_integer(sl_inference *i) { return matmul(i, SL_ELEMENT_I32, 0, 1); }

sl_status sl_infer_matmul_qlinear(sl_inference *i) {
  return matmul(i, sl_infer_type(i, 7)->element, 0, 3);
}

sl_status sl_infer_det(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  return sl_infer_set(i, 0, x->element, x->rank >= 2 ? x->rank - 2 : -1, x->dims);
}

// ---- einsum -------------------------------------------------------------------------------------

enum { LETTERS = 128 };

typedef struct einsum {
  sl_dim letters[LETTERS];
  int32_t uses[LETTERS];             // how often a letter occurs before the arrow
  sl_dim around[SL_INFER_RANK_MAX];  // dims of "..."
  int32_t around_rank;
  bool is_open;  // an input has no known rank
} einsum;

static sl_status einsum_around(sl_inference *i, einsum *e, const sl_dim *dims, int32_t rank) {
  sl_dim before[SL_INFER_RANK_MAX];
  memcpy(before, e->around, sizeof before);
  return sl_infer_broadcast(i, e->around_rank, before, rank, dims, &e->around_rank, e->around);
}

static int is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static int32_t count_letters(const char *term, size_t size) {
  int32_t letters = 0;
  for (size_t at = 0; at < size; at++) letters += is_letter(term[at]);
  return letters;
}

// One input's term: its letters take the dims.
static sl_status einsum_term(sl_inference *i, einsum *e, int32_t slot, const char *term,
                             size_t size) {
  const sl_type *type = sl_infer_type(i, slot);
  int32_t letters = count_letters(term, size), axis = 0;
  int has_around = memchr(term, '.', size) != NULL, seen_around = 0;
  if (type->rank >= 0 && (has_around ? type->rank < letters : type->rank != letters))
    return sl_infer_fail(i, "term \"%.*s\" does not fit input %d, %s", (int)size, term, slot,
                         sl_infer_shape_text(i, slot));
  if (type->rank < 0 && has_around) e->is_open = true;
  for (size_t at = 0; at < size; at++) {
    int letter = term[at];
    if (letter == '.' && !seen_around && type->rank >= 0) {
      SL_TRY(einsum_around(i, e, type->dims + axis, type->rank - letters));
      axis += type->rank - letters;
      seen_around = 1;
    }
    if (!is_letter(term[at])) continue;
    sl_dim dim = type->rank >= 0 ? type->dims[axis++] : SL_DIM_OPEN, *known = &e->letters[letter];
    if (e->uses[letter]++ == 0 || sl_dim_is(*known, 1))
      *known = dim;
    else if (!sl_dim_is(dim, 1))
      SL_TRY(sl_infer_same_dim(i, *known, dim, "a letter of its equation", known));
  }
  return SL_OK;
}

static sl_status einsum_output(sl_inference *i, const einsum *e, const char *term) {
  sl_dim dims[2 * SL_INFER_RANK_MAX];
  int32_t rank = 0, seen_around = 0;
  for (const char *at = term; *at != '\0' && rank < SL_INFER_RANK_MAX; at++) {
    for (int32_t d = 0; *at == '.' && !seen_around && d < e->around_rank; d++)
      dims[rank++] = e->around[d];
    seen_around |= *at == '.';
    if (is_letter(*at)) dims[rank++] = e->letters[(int)*at];
  }
  int is_open = e->is_open || e->around_rank < 0;
  return sl_infer_set(i, 0, sl_infer_type(i, 0)->element, is_open ? -1 : rank, dims);
}

sl_status sl_infer_einsum(sl_inference *i) {
  const char *equation = sl_operator_string(i->scratch, i->opset, i->node, "equation");
  if (equation == NULL) return sl_infer_fail(i, "attribute \"equation\" is missing");
  einsum *e = SL_NEW(i->scratch, einsum);
  size_t left = strcspn(equation, "-");
  int32_t slot = 0;
  for (size_t at = 0; at <= left && slot < i->node->input_count; slot++) {
    size_t size = strcspn(equation + at, ",-");
    SL_TRY(einsum_term(i, e, slot, equation + at, size));
    at += size + 1;
  }
  if (equation[left] != '\0') return einsum_output(i, e, equation + left + 2);
  // Without an arrow: what is around, then the letters that occur once, in order.
  char once[LETTERS + 4] = "...";
  size_t size = 3;
  for (int c = 0; c < LETTERS; c++)
    if (e->uses[c] == 1) once[size++] = (char)c;
  return einsum_output(i, e, once);
}

// ---- reductions ---------------------------------------------------------------------------------

// Axes of a reduction as flags; *is_known 0 when they come from an input that is not followed.
static sl_status reduced_axes(sl_inference *i, int32_t rank, bool *axes, int *is_known) {
  int64_t count, list[SL_INFER_RANK_MAX];
  const int64_t *attribute = sl_infer_list(i, "axes", &count);
  *is_known = 1;
  if (attribute == NULL && sl_infer_has(i, 1)) {
    count = sl_infer_ints(i, 1, list, SL_INFER_RANK_MAX);
    attribute = list;
    *is_known = count >= 0;
    if (count < 0) return SL_OK;
  }
  if (count > 0) return sl_infer_axes(i, attribute, count, rank, axes);
  int is_all = sl_infer_int(i, "noop_with_empty_axes", 0) == 0;
  for (int32_t d = 0; d < rank; d++) axes[d] = is_all;
  return SL_OK;
}

// Size 1, or no dim at all, where a dim is reduced.
static sl_status set_reduced(sl_inference *i, int32_t element, const bool *axes) {
  const sl_type *x = sl_infer_type(i, 0);
  int keep = sl_infer_int(i, "keepdims", 1) != 0;
  sl_dim dims[SL_INFER_RANK_MAX];
  int32_t rank = 0;
  for (int32_t d = 0; d < x->rank; d++) {
    if (!axes[d])
      dims[rank++] = x->dims[d];
    else if (keep)
      dims[rank++] = SL_DIM(1);
  }
  return sl_infer_set(i, 0, element, rank, dims);
}

static sl_status reduce_open(sl_inference *i, const sl_type *x) {
  int32_t rank = sl_infer_int(i, "keepdims", 1) != 0 ? x->rank : -1;
  // Reducing over everything leaves a scalar, whatever came in.
  int64_t count;
  int is_all = sl_infer_list(i, "axes", &count) == NULL && !sl_infer_has(i, 1) &&
               sl_infer_int(i, "noop_with_empty_axes", 0) == 0 &&
               sl_infer_int(i, "keepdims", 1) == 0;
  return sl_infer_set(i, 0, x->element, is_all ? 0 : rank, sl_infer_dims(i, rank, NULL));
}

sl_status sl_infer_reduce(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  bool axes[SL_INFER_RANK_MAX];
  int is_known;
  if (x->rank < 0 || x->rank > SL_INFER_RANK_MAX) return reduce_open(i, x);
  SL_TRY(reduced_axes(i, x->rank, axes, &is_known));
  return is_known ? set_reduced(i, x->element, axes) : reduce_open(i, x);
}

sl_status sl_infer_arg_reduce(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  bool axes[SL_INFER_RANK_MAX] = {false};
  int32_t axis;
  if (x->rank < 0 || x->rank > SL_INFER_RANK_MAX)
    return sl_infer_set(i, 0, SL_ELEMENT_I64, -1, NULL);
  SL_TRY(sl_infer_axis(i, sl_infer_int(i, "axis", 0), x->rank, &axis));
  axes[axis] = true;
  return set_reduced(i, SL_ELEMENT_I64, axes);
}

// ---- attention ----------------------------------------------------------------------------------

typedef struct heads {
  sl_dim batch, count, length, size;
} heads;

// Queries, keys or values as [batch, heads, length, size] or [batch, length, heads * size].
static heads heads_of(sl_inference *i, int32_t slot, const char *count) {
  const sl_type *x = sl_infer_type(i, slot);
  if (x->rank == 4) return (heads){x->dims[0], x->dims[1], x->dims[2], x->dims[3]};
  int64_t number = sl_infer_int(i, count, 0);
  sl_dim dim = number > 0 ? SL_DIM(number) : SL_DIM_OPEN;
  if (x->rank != 3) return (heads){SL_DIM_OPEN, dim, SL_DIM_OPEN, SL_DIM_OPEN};
  return (heads){x->dims[0], dim, x->dims[1], sl_dim_div(x->dims[2], dim)};
}

sl_status sl_infer_attention(sl_inference *i) {
  heads q = heads_of(i, 0, "q_num_heads"), k = heads_of(i, 1, "kv_num_heads"),
        v = heads_of(i, 2, "kv_num_heads");
  const sl_type *x = sl_infer_type(i, 0), *past = sl_infer_type(i, 4);
  sl_dim total = k.length;
  if (sl_infer_has(i, 4))
    total = sl_dim_add(past->rank == 4 ? past->dims[2] : SL_DIM_OPEN, k.length);
  sl_dim flat[] = {q.batch, q.length, sl_dim_mul(q.count, v.size)};
  sl_dim made[] = {q.batch, q.count, q.length, v.size};
  sl_dim key[] = {k.batch, k.count, total, k.size}, value[] = {v.batch, v.count, total, v.size};
  sl_dim scores[] = {q.batch, q.count, q.length, total};
  int32_t rank = x->rank == 3 || x->rank == 4 ? x->rank : -1;
  SL_TRY(sl_infer_set(i, 0, x->element, rank, rank == 3 ? flat : made));
  SL_TRY(sl_infer_set(i, 1, sl_infer_type(i, 1)->element, 4, key));
  SL_TRY(sl_infer_set(i, 2, sl_infer_type(i, 2)->element, 4, value));
  return sl_infer_set(i, 3, x->element, 4, scores);
}

sl_status sl_infer_linear_attention(sl_inference *i) {
  heads k = heads_of(i, 1, "kv_num_heads"), v = heads_of(i, 2, "kv_num_heads");
  const sl_type *q = sl_infer_type(i, 0);
  sl_dim made[] = {q->rank == 3 ? q->dims[0] : SL_DIM_OPEN, q->rank == 3 ? q->dims[1] : SL_DIM_OPEN,
                   sl_dim_mul(SL_DIM(sl_infer_int(i, "q_num_heads", 0)), v.size)};
  sl_dim state[] = {k.batch, k.count, k.size, v.size};
  SL_TRY(sl_infer_set(i, 0, q->element, 3, made));
  int32_t element = sl_infer_has(i, 3) ? sl_infer_type(i, 3)->element : q->element;
  return sl_infer_set(i, 1, element, 4, state);
}
