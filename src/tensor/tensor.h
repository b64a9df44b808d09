// SPDX-License-Identifier: Apache-2.0
// Dense tensors: dtype, shape and a buffer; row-major, contiguous.
#ifndef SL_TENSOR_TENSOR_H
#define SL_TENSOR_TENSOR_H

#include "base/arena.h"
#include "tensor/buffer.h"
#include "tensor/dtype.h"

enum { SL_RANK_MAX = 8 };

typedef struct sl_shape {
  int32_t rank;
  int64_t dims[SL_RANK_MAX];
} sl_shape;

typedef struct sl_tensor {
  sl_dtype dtype;
  sl_shape shape;
  sl_buffer *buffer;  // owned reference
  void *data;         // first element, inside the buffer
} sl_tensor;

// Number of elements, or -1 when it overflows or a dimension is negative.
int64_t sl_shape_count(const sl_shape *shape);
int sl_shape_equal(const sl_shape *a, const sl_shape *b);
// "1x3x224x224"; in `arena`.
char *sl_shape_text(sl_arena *arena, const sl_shape *shape);

// Uninitialised elements. SL_E_LIMIT on overflow, SL_E_MEMORY when memory runs out.
SL_MUST_CHECK sl_status sl_tensor_new(sl_dtype dtype, const sl_shape *shape, sl_tensor *out,
                                      sl_error *err);
void sl_tensor_release(sl_tensor *tensor);  // zeroes it; a zeroed tensor is allowed

// float32 copy of a tensor of numbers. SL_E_UNSUPPORTED for SL_DTYPE_NONE.
SL_MUST_CHECK sl_status sl_tensor_to_f32(const sl_tensor *tensor, sl_tensor *out, sl_error *err);

// Minimum, maximum, mean, standard deviation (population), counts of NaN and of infinities; the
// first four over the finite elements (NaN when there are none).
typedef struct sl_tensor_stats {
  double min, max, mean, std;
  int64_t count, nan_count, inf_count, zero_count;
} sl_tensor_stats;
void sl_tensor_stats_of(const sl_tensor *tensor, sl_tensor_stats *out);

#endif
