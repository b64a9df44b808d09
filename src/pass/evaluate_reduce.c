// SPDX-License-Identifier: Apache-2.0
// Evaluators that reduce or select: sums, means, extremes, cumulative sums, positions of non-zeros.
// Start at sl_evaluate_reduce().
#include <math.h>
#include <string.h>

#include "pass/evaluate.h"

enum { RANK = SL_EVALUATE_RANK_MAX };

static int find_axes(const sl_evaluation *e, int32_t rank, uint8_t *reduced) {
  const int64_t *axes = NULL;
  int64_t count = sl_evaluate_ints(e, 1, &axes);
  if (count < 0) axes = sl_node_ints(e->node, "axes", &count);
  int is_all = count == 0 && sl_node_int(e->node, "noop_with_empty_axes", 0) == 0;
  memset(reduced, is_all, RANK);
  for (int64_t i = 0; i < count; i++) {
    int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
    if (axis < 0 || axis >= rank) return 0;
    reduced[axis] = 1;
  }
  return 1;
}

typedef enum reduction { SUM, MEAN, PRODUCT, MAXIMUM, MINIMUM } reduction;

static void reduce_int(reduction kind, int64_t *sum, int64_t value, int is_first) {
  uint64_t both = (uint64_t)*sum;
  if (is_first)
    *sum = value;
  else if (kind == PRODUCT)
    *sum = (int64_t)(both * (uint64_t)value);
  else if (kind == SUM)
    *sum = (int64_t)(both + (uint64_t)value);
  else if (kind == MAXIMUM ? value > *sum : value < *sum)
    *sum = value;
}

static void reduce_real(reduction kind, double *sum, double value, int is_first) {
  if (is_first)
    *sum = value;
  else if (kind == PRODUCT)
    *sum *= value;
  else if (kind == SUM || kind == MEAN)
    *sum += value;
  else if (value != value || (kind == MAXIMUM ? value > *sum : value < *sum))
    *sum = value;
}

// Where each element of x goes in the output: strides of 0 along what is reduced.
static int32_t output_dims(const sl_constant *x, const uint8_t *reduced, int keep, int64_t *dims,
                           int64_t *strides) {
  int32_t rank = 0;
  int64_t stride = 1;
  for (int32_t d = 0; d < x->rank; d++)
    if (!reduced[d] || keep) dims[rank++] = reduced[d] ? 1 : x->dims[d];
  for (int32_t d = x->rank - 1; d >= 0; d--) {
    strides[d] = reduced[d] ? 0 : stride;
    if (!reduced[d]) stride *= x->dims[d];
  }
  return rank;
}

static int reduce(sl_evaluation *e, reduction kind) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  uint8_t reduced[RANK];
  int64_t dims[RANK];
  if (x == NULL || x->count == 0 || !find_axes(e, x->rank, reduced)) return 0;
  int is_int = sl_evaluate_is_int(x->element) && kind != MEAN;
  if (!is_int && !sl_evaluate_is_real(x->element)) return 0;
  sl_odometer o = {.rank = x->rank, .operands = 1, .dims = x->dims};
  int keep = sl_node_int(e->node, "keepdims", 1) != 0;
  int32_t rank = output_dims(x, reduced, keep, dims, o.strides[0]);
  uint8_t *to = sl_evaluate_output(e, 0, x->element, rank, dims);
  if (to == NULL) return 0;
  int64_t count = e->outputs[0].count;
  int64_t *ints = SL_NEW_ARRAY(e->arena, int64_t, count);
  double *reals = SL_NEW_ARRAY(e->arena, double, count);
  uint8_t *seen = SL_NEW_ARRAY(e->arena, uint8_t, count);
  for (int64_t i = 0; i < x->count; i++) {
    int64_t at = o.offset[0];
    if (is_int)
      reduce_int(kind, &ints[at], sl_constant_int(x, i), !seen[at]);
    else
      reduce_real(kind, &reals[at], sl_constant_number(x, i), !seen[at]);
    seen[at] = 1;
    sl_odometer_next(&o);
  }
  for (int64_t i = 0; i < count; i++)
    if (is_int)
      sl_evaluate_store_int(x->element, to, i, ints[i]);
    else
      sl_element_store(x->element, to, i,
                       kind == MEAN ? reals[i] * (double)count / (double)x->count : reals[i]);
  return 1;
}

static int reduce_sum(sl_evaluation *e) { return reduce(e, SUM); }
static int reduce_mean(sl_evaluation *e) { return reduce(e, MEAN); }
static int reduce_product(sl_evaluation *e) { return reduce(e, PRODUCT); }
static int reduce_max(sl_evaluation *e) { return reduce(e, MAXIMUM); }
static int reduce_min(sl_evaluation *e) { return reduce(e, MINIMUM); }

static int run_cum_sum(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  const int64_t *axis_at;
  if (x == NULL || sl_evaluate_ints(e, 1, &axis_at) != 1 || e->node->attribute_count > 0) return 0;
  int64_t axis = axis_at[0] < 0 ? axis_at[0] + x->rank : axis_at[0], inner = 1;
  int is_int = sl_evaluate_is_int(x->element);
  if (axis < 0 || axis >= x->rank || (!is_int && x->element != SL_ELEMENT_F64)) return 0;
  for (int32_t d = (int32_t)axis + 1; d < x->rank; d++) inner *= x->dims[d];
  uint8_t *to = sl_evaluate_output(e, 0, x->element, x->rank, x->dims);
  for (int64_t i = 0; to != NULL && i < x->count; i++) {
    int is_first = i / inner % x->dims[axis] == 0;
    const sl_constant *sums = &e->outputs[0];
    if (is_int)
      sl_evaluate_store_int(
          x->element, to, i,
          sl_constant_int(x, i) + (is_first ? 0 : sl_constant_int(sums, i - inner)));
    else
      sl_element_store(
          x->element, to, i,
          sl_constant_number(x, i) + (is_first ? 0 : sl_constant_number(sums, i - inner)));
  }
  return to != NULL;
}

static int run_non_zero(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  if (x == NULL || x->rank < 1) return 0;
  if (!sl_evaluate_is_int(x->element) && !sl_evaluate_is_real(x->element)) return 0;
  int64_t dims[2] = {x->rank, 0}, found = 0;
  for (int64_t i = 0; i < x->count; i++) dims[1] += sl_constant_number(x, i) != 0;
  int64_t *to = (int64_t *)(void *)sl_evaluate_output(e, 0, SL_ELEMENT_I64, 2, dims);
  for (int64_t i = 0; to != NULL && i < x->count; i++) {
    if (sl_constant_number(x, i) == 0) continue;
    int64_t rest = i;
    for (int32_t d = x->rank - 1; d >= 0; d--) {
      to[d * dims[1] + found] = rest % x->dims[d];
      rest /= x->dims[d];
    }
    found++;
  }
  return to != NULL;
}

// Rank 2 and up; keeps one triangle.
static int run_trilu(sl_evaluation *e) {
  const sl_constant *x = sl_evaluate_input(e, 0);
  const int64_t *k_at;
  if (x == NULL || x->rank < 2 ||
      (sl_evaluate_input(e, 1) != NULL && sl_evaluate_ints(e, 1, &k_at) != 1))
    return 0;
  int64_t k = sl_evaluate_input(e, 1) != NULL ? k_at[0] : 0;
  int64_t rows = x->dims[x->rank - 2], columns = x->dims[x->rank - 1];
  int is_upper = sl_node_int(e->node, "upper", 1) != 0;
  uint8_t *to = sl_evaluate_output(e, 0, x->element, x->rank, x->dims);
  size_t size = sl_evaluate_size(x->element);
  for (int64_t i = 0; to != NULL && i < x->count; i++) {
    int64_t column = i % columns, row = i / columns % rows;
    int stays = is_upper ? column >= row + k : column <= row + k;
    if (stays) memcpy(to + (size_t)i * size, x->data.at + (size_t)i * size, size);
  }
  return to != NULL;
}

static const struct {
  const char *type;
  sl_evaluator run;
} reducers[] = {
    {"CumSum", run_cum_sum},     {"NonZero", run_non_zero}, {"ReduceMax", reduce_max},
    {"ReduceMean", reduce_mean}, {"ReduceMin", reduce_min}, {"ReduceProd", reduce_product},
    {"ReduceSum", reduce_sum},   {"Trilu", run_trilu},
};

sl_evaluator sl_evaluate_reduce(const char *type) {
  for (size_t i = 0; i < sizeof reducers / sizeof *reducers; i++)
    if (strcmp(reducers[i].type, type) == 0) return reducers[i].run;
  return NULL;
}
