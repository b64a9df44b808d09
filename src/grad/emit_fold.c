// SPDX-License-Identifier: Apache-2.0
// Work on constants that is done while the graph is built: arithmetic on small ones, and permuted
// or flipped copies of weights of any size and element type.
//
// Invariant: the result is what the runtime would compute from the same constants, rounded once.
// Start at sl_emit_folded() and sl_emit_walked().
#include "grad/emit_fold.h"

#include <string.h>

#include "pass/evaluate.h"

enum { FOLD_MAX = 65536 };  // elements

sl_value_id sl_emit_numbers(sl_sweep *sweep, int32_t element, int32_t rank, const int64_t *dims,
                            const double *numbers) {
  int64_t count = 1;
  for (int32_t i = 0; i < rank; i++) count *= dims[i];
  SL_ASSERT(sl_element_dtype(element) != SL_DTYPE_NONE);
  void *data = sl_arena_push(sweep->scratch, sl_element_bytes(element, count) + 1);
  for (int64_t i = 0; i < count; i++) sl_element_store(element, data, i, numbers[i]);
  return sl_emit_constant(sweep, element, rank, dims, data);
}

int sl_emit_is_one_element(const sl_type *type) {
  for (int32_t i = 0; i < type->rank; i++)
    if (!sl_dim_is(type->dims[i], 1)) return 0;
  return type->rank >= 0;
}

static const sl_constant *small_constant(const sl_sweep *sweep, sl_value_id value) {
  const sl_constant *constant = value != 0 ? sl_graph_constant(sweep->graph, value) : NULL;
  if (constant == NULL || constant->count > FOLD_MAX || constant->is_sparse) return NULL;
  size_t size = sl_element_bytes(constant->element, constant->count);
  return sl_element_dtype(constant->element) != SL_DTYPE_NONE && constant->data.size == size
             ? constant
             : NULL;
}

int sl_emit_is_all(const sl_sweep *sweep, sl_value_id value, double number) {
  const sl_constant *constant = small_constant(sweep, value);
  if (constant == NULL) return 0;
  for (int64_t i = 0; i < constant->count; i++)
    if (!(sl_constant_number(constant, i) == number)) return 0;
  return 1;
}

static double apply(char operation, double x, double y) {
  switch (operation) {
    case 'A':
      return x + y;
    case 'S':
      return x - y;
    case 'M':
      return x * y;
    default:
      return x / y;
  }
}

sl_value_id sl_emit_folded(sl_sweep *sweep, const char *type, sl_value_id x, sl_value_id y) {
  const sl_constant *a = small_constant(sweep, x), *b = small_constant(sweep, y);
  if (a == NULL || b == NULL || a->element != b->element || !sl_element_is_float(a->element))
    return 0;
  int32_t rank = 0;
  int64_t dims[SL_EVALUATE_RANK_MAX], count = 1;
  if (!sl_evaluate_broadcast(&rank, dims, a) || !sl_evaluate_broadcast(&rank, dims, b)) return 0;
  for (int32_t i = 0; i < rank; i++) {
    count *= dims[i];
    if (count > FOLD_MAX) return 0;
  }
  sl_odometer at = {.rank = rank, .operands = 2, .dims = dims};
  sl_evaluate_strides(a, rank, dims, at.strides[0]);
  sl_evaluate_strides(b, rank, dims, at.strides[1]);
  double *numbers = SL_NEW_ARRAY(sweep->scratch, double, count + 1);
  for (int64_t i = 0; i < count; i++) {
    numbers[i] =
        apply(type[0], sl_constant_number(a, at.offset[0]), sl_constant_number(b, at.offset[1]));
    sl_odometer_next(&at);
  }
  return sl_emit_numbers(sweep, a->element, rank, dims, numbers);
}

// ---- permuted copies ----------------------------------------------------------------------------

static void copy_element(uint8_t *to, const uint8_t *from, int64_t to_index, int64_t from_index,
                         size_t size) {
  memcpy(to + (size_t)to_index * size, from + (size_t)from_index * size, size);
}

sl_value_id sl_emit_walked(sl_sweep *sweep, const sl_constant *constant, const sl_emit_walk *walk,
                           int32_t rank, const int64_t *dims) {
  size_t size = sl_element_bytes(constant->element, 1);
  sl_constant copy = {.element = constant->element, .rank = rank, .count = 1};
  int64_t *own = SL_NEW_ARRAY(sweep->graph->arena, int64_t, rank + 1);
  for (int32_t i = 0; i < rank; i++) copy.count *= own[i] = dims[i];
  SL_ASSERT(copy.count == constant->count && size > 0);
  uint8_t *data = sl_arena_push(sweep->graph->arena, (size_t)copy.count * size + 1);
  int64_t at[16] = {0}, from = walk->start;
  for (int64_t i = 0; i < copy.count; i++) {
    copy_element(data, constant->data.at, i, from, size);
    for (int32_t axis = walk->rank - 1; axis >= 0; axis--) {
      from += walk->strides[axis];
      if (++at[axis] < walk->dims[axis]) break;
      from -= walk->strides[axis] * walk->dims[axis];
      at[axis] = 0;
    }
  }
  copy.dims = own;
  copy.data = (sl_bytes){.at = data, .size = (size_t)copy.count * size};
  const char *hint = sl_arena_printf(sweep->scratch, "%s/weight", sweep->origin);
  return sl_graph_borrow_constant(sweep->graph, hint, &copy);
}
