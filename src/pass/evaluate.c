// SPDX-License-Identifier: Apache-2.0
// What evaluators share, and the choice among their families. Start at sl_evaluate().
#include "pass/evaluate.h"

#include <string.h>

int sl_evaluate(sl_evaluation *e) {
  const char *type = e->node->type;
  if (e->node->domain[0] != '\0') return 0;
  for (int32_t i = 0; i < e->input_count; i++) {
    const sl_constant *in = e->inputs[i];
    if (in == NULL) continue;
    int is_unread = in->is_sparse || in->rank > SL_EVALUATE_RANK_MAX / 2 ||
                    sl_evaluate_size(in->element) == 0 ||
                    in->data.size < (size_t)in->count * sl_evaluate_size(in->element);
    if (is_unread) return 0;
  }
  sl_evaluator evaluator = sl_evaluate_move(type);
  if (evaluator == NULL) evaluator = sl_evaluate_math(type);
  if (evaluator == NULL) evaluator = sl_evaluate_reduce(type);
  return evaluator != NULL && evaluator(e);
}

const sl_constant *sl_evaluate_input(const sl_evaluation *e, int32_t slot) {
  return slot < e->input_count ? e->inputs[slot] : NULL;
}

int64_t sl_evaluate_ints(const sl_evaluation *e, int32_t slot, const int64_t **out) {
  const sl_constant *in = sl_evaluate_input(e, slot);
  if (in == NULL || (in->element != SL_ELEMENT_I64 && in->element != SL_ELEMENT_I32)) return -1;
  int64_t *ints = SL_NEW_ARRAY(e->arena, int64_t, in->count + 1);
  for (int64_t i = 0; i < in->count; i++) ints[i] = sl_constant_int(in, i);
  *out = ints;
  return in->count;
}

static int64_t count_of(int32_t rank, const int64_t *dims, int64_t max) {
  int64_t count = 1;
  for (int32_t i = 0; i < rank; i++) {
    if (dims[i] < 0) return -1;
    if (dims[i] != 0 && count > max / dims[i]) return -1;
    count *= dims[i];
  }
  return count;
}

static void set_output(sl_evaluation *e, int32_t slot, int32_t element, int32_t rank,
                       const int64_t *dims, int64_t count, const uint8_t *data) {
  int64_t *own = SL_NEW_ARRAY(e->arena, int64_t, rank + 1);
  if (rank > 0) memcpy(own, dims, (size_t)rank * sizeof *own);
  e->outputs[slot] =
      (sl_constant){.element = element,
                    .rank = rank,
                    .dims = own,
                    .count = count,
                    .data = {.at = data, .size = (size_t)count * sl_evaluate_size(element)}};
}

uint8_t *sl_evaluate_output(sl_evaluation *e, int32_t slot, int32_t element, int32_t rank,
                            const int64_t *dims) {
  if (slot >= e->output_count || rank > SL_EVALUATE_RANK_MAX || sl_evaluate_size(element) == 0)
    return NULL;
  int64_t count = count_of(rank, dims, e->elements_max);
  if (count < 0 || count > e->elements_max) return NULL;
  uint8_t *data = sl_arena_push(e->arena, (size_t)count * sl_evaluate_size(element) + 8);
  set_output(e, slot, element, rank, dims, count, data);
  return data;
}

int sl_evaluate_alias(sl_evaluation *e, const sl_constant *from, int32_t rank,
                      const int64_t *dims) {
  if (count_of(rank, dims, INT64_MAX) != from->count) return 0;
  set_output(e, 0, from->element, rank, dims, from->count, from->data.at);
  return 1;
}

size_t sl_evaluate_size(int32_t element) {
  int32_t bits = sl_element_bits(element);
  return bits % 8 == 0 ? (size_t)bits / 8 : 0;
}

int sl_evaluate_is_int(int32_t element) {
  switch (element) {
    case SL_ELEMENT_BOOL:
    case SL_ELEMENT_U8:
    case SL_ELEMENT_I8:
    case SL_ELEMENT_U16:
    case SL_ELEMENT_I16:
    case SL_ELEMENT_U32:
    case SL_ELEMENT_I32:
    case SL_ELEMENT_I64:
      return 1;
    default:
      return 0;
  }
}

int sl_evaluate_is_real(int32_t element) {
  return element == SL_ELEMENT_F32 || element == SL_ELEMENT_F64 || element == SL_ELEMENT_F16;
}

void sl_evaluate_store_int(int32_t element, void *array, int64_t index, int64_t number) {
  if (element == SL_ELEMENT_BOOL) number = number != 0;
  size_t size = sl_evaluate_size(element);
  memcpy((uint8_t *)array + (size_t)index * size, &number, size);  // little-endian, wraps
}

int sl_evaluate_broadcast(int32_t *rank, int64_t *dims, const sl_constant *other) {
  int64_t joined[SL_EVALUATE_RANK_MAX];
  int32_t wide = *rank > other->rank ? *rank : other->rank;
  if (wide > SL_EVALUATE_RANK_MAX) return 0;
  for (int32_t i = 1; i <= wide; i++) {
    int64_t a = i <= *rank ? dims[*rank - i] : 1;
    int64_t b = i <= other->rank ? other->dims[other->rank - i] : 1;
    if (a != b && a != 1 && b != 1) return 0;
    joined[wide - i] = a == 1 ? b : a;
  }
  for (int32_t i = 0; i < wide; i++) dims[i] = joined[i];
  *rank = wide;
  return 1;
}

void sl_evaluate_strides(const sl_constant *of, int32_t rank, const int64_t *dims,
                         int64_t *strides) {
  int64_t stride = 1;
  for (int32_t i = 1; i <= rank; i++) {
    int64_t size = i <= of->rank ? of->dims[of->rank - i] : 1;
    strides[rank - i] = size == dims[rank - i] && size != 1 ? stride : 0;
    stride *= size;
  }
}

void sl_odometer_next(sl_odometer *o) {
  for (int32_t d = o->rank - 1; d >= 0; d--) {
    for (int32_t i = 0; i < o->operands; i++) o->offset[i] += o->strides[i][d];
    if (++o->at[d] < o->dims[d]) return;
    for (int32_t i = 0; i < o->operands; i++) o->offset[i] -= o->strides[i][d] * o->dims[d];
    o->at[d] = 0;
  }
}
