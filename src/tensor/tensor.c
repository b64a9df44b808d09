// SPDX-License-Identifier: Apache-2.0
// Dense tensors: shapes, allocation and statistics.
//
// Invariant: a shape that came from outside is multiplied only by sl_shape_count(), which reports
// overflow; nothing else in the tree may form the product itself.
// Start at sl_shape_count().
#include "tensor/tensor.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { STATS_BLOCK = 512 };

int64_t sl_shape_count(const sl_shape *shape) {
  if (shape->rank < 0 || shape->rank > SL_RANK_MAX) return -1;
  int64_t count = 1;
  int overflow = 0;
  int empty = 0;
  for (int32_t i = 0; i < shape->rank; i++) {
    if (shape->dims[i] < 0) return -1;
    empty |= shape->dims[i] == 0;
    overflow |= __builtin_mul_overflow(count, shape->dims[i], &count);
  }
  if (empty) return 0;
  return overflow ? -1 : count;
}

int sl_shape_equal(const sl_shape *a, const sl_shape *b) {
  if (a->rank != b->rank) return 0;
  for (int32_t i = 0; i < a->rank; i++) {
    if (a->dims[i] != b->dims[i]) return 0;
  }
  return 1;
}

char *sl_shape_text(sl_arena *arena, const sl_shape *shape) {
  char text[SL_RANK_MAX * 21 + 1] = "";
  size_t used = 0;
  int32_t rank = shape->rank < SL_RANK_MAX ? shape->rank : SL_RANK_MAX;
  for (int32_t i = 0; i < rank; i++) {
    int wrote =
        snprintf(text + used, sizeof text - used, "%s%" PRId64, i ? "x" : "", shape->dims[i]);
    used += (size_t)wrote;
  }
  return sl_arena_copy(arena, rank > 0 ? text : "scalar");
}

sl_status sl_tensor_new(sl_dtype dtype, const sl_shape *shape, sl_tensor *out, sl_error *err) {
  *out = (sl_tensor){0};
  size_t element = sl_dtype_size(dtype);
  if (element == 0) return sl_fail(err, SL_E_ARG, "a tensor needs an element type");
  int64_t count = sl_shape_count(shape);
  size_t size;
  if (count < 0 || __builtin_mul_overflow((size_t)count, element, &size)) {
    return sl_fail(err, SL_E_LIMIT, "the number of elements of a tensor of rank %d overflows",
                   (int)shape->rank);
  }
  SL_TRY(sl_buffer_new(size, &out->buffer, err));
  out->dtype = dtype;
  out->shape = *shape;
  out->data = out->buffer->bytes;
  return SL_OK;
}

void sl_tensor_release(sl_tensor *tensor) {
  if (tensor == NULL) return;
  sl_buffer_release(tensor->buffer);
  *tensor = (sl_tensor){0};
}

static int64_t load_block(const sl_tensor *tensor, int64_t start, int64_t count,
                          double block[STATS_BLOCK]) {
  int64_t length = count - start < STATS_BLOCK ? count - start : STATS_BLOCK;
  for (int64_t i = 0; i < length; i++) {
    block[i] = sl_dtype_load(tensor->dtype, tensor->data, (size_t)(start + i));
  }
  return length;
}

static double sum_and_count(const sl_tensor *tensor, sl_tensor_stats *stats) {
  double block[STATS_BLOCK];
  double sum = 0;
  for (int64_t start = 0; start < stats->count; start += STATS_BLOCK) {
    int64_t length = load_block(tensor, start, stats->count, block);
    double block_sum = 0;
    for (int64_t i = 0; i < length; i++) {
      double value = block[i];
      stats->nan_count += isnan(value) != 0;
      stats->inf_count += isinf(value) != 0;
      stats->zero_count += value == 0;
      if (!isfinite(value)) continue;
      stats->min = fmin(stats->min, value);
      stats->max = fmax(stats->max, value);
      block_sum += value;
    }
    sum += block_sum;
  }
  return sum;
}

static double sum_of_squares(const sl_tensor *tensor, int64_t count, double mean) {
  double block[STATS_BLOCK];
  double sum = 0;
  for (int64_t start = 0; start < count; start += STATS_BLOCK) {
    int64_t length = load_block(tensor, start, count, block);
    double block_sum = 0;
    for (int64_t i = 0; i < length; i++) {
      if (!isfinite(block[i])) continue;
      block_sum += (block[i] - mean) * (block[i] - mean);
    }
    sum += block_sum;
  }
  return sum;
}

sl_status sl_tensor_to_f32(const sl_tensor *tensor, sl_tensor *out, sl_error *err) {
  if (tensor->dtype == SL_DTYPE_NONE)
    return sl_fail(err, SL_E_UNSUPPORTED, "a value that is not a tensor of numbers has no floats");
  SL_TRY(sl_tensor_new(SL_DTYPE_F32, &tensor->shape, out, err));
  int64_t count = sl_shape_count(&tensor->shape);
  if (tensor->dtype == SL_DTYPE_F32) {
    memcpy(out->data, tensor->data, (size_t)count * sizeof(float));
    return SL_OK;
  }
  float *to = out->data;
  for (int64_t i = 0; i < count; i++)
    to[i] = (float)sl_dtype_load(tensor->dtype, tensor->data, (size_t)i);
  return SL_OK;
}

void sl_tensor_stats_of(const sl_tensor *tensor, sl_tensor_stats *out) {
  // fmin and fmax ignore a NaN, so NaN is both the start value and the answer for "none".
  *out = (sl_tensor_stats){
      .min = (double)NAN, .max = (double)NAN, .mean = (double)NAN, .std = (double)NAN};
  int64_t count = tensor->data ? sl_shape_count(&tensor->shape) : 0;
  out->count = count > 0 ? count : 0;
  double sum = sum_and_count(tensor, out);
  int64_t finite = out->count - out->nan_count - out->inf_count;
  if (finite == 0) return;
  out->mean = sum / (double)finite;
  out->std = sqrt(sum_of_squares(tensor, out->count, out->mean) / (double)finite);
}
