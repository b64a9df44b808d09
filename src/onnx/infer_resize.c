// SPDX-License-Identifier: Apache-2.0
// Rules of resampling: Resize, Upsample, GridSample, AffineGrid.
//
// Invariant: a scaled size is the float product rounded down, as runtimes compute it. Start at
// sl_infer_resize().
#include "onnx/infer_state.h"

#include <math.h>

static sl_dim scale_dim(sl_dim dim, sl_onnx_number scale) {
  if (!scale.is_known || scale.real_per_batch != 0.0 || !(scale.real >= 0.0)) return SL_DIM_OPEN;
  if (scale.real == floor(scale.real) && scale.real < 1e6)
    return sl_dim_mul(dim, SL_DIM((int64_t)scale.real));
  if (!sl_dim_is_fixed(dim)) return SL_DIM_OPEN;
  float size = floorf((float)dim.fixed * (float)scale.real);
  return size < 1e9F ? SL_DIM((int64_t)size) : SL_DIM_OPEN;
}

// All sizes are shrunk (or grown) alike until they fit into `sizes`, or cover them.
static void keep_aspect(sl_dim *dims, const int32_t *axes, const sl_onnx_number *sizes,
                        int64_t count, int is_inside) {
  double scale = 0.0;
  int is_known = 1;
  for (int64_t n = 0; n < count && is_known; n++) {
    sl_dim dim = dims[axes[n]];
    is_known =
        sl_dim_is_fixed(dim) && dim.fixed > 0 && sizes[n].is_known && sizes[n].per_batch == 0;
    double here = is_known ? (double)sizes[n].fixed / (double)dim.fixed : 0.0;
    if (n == 0 || (is_inside ? here < scale : here > scale)) scale = here;
  }
  for (int64_t n = 0; n < count; n++) {
    double size = floor(scale * (double)dims[axes[n]].fixed + 0.5);
    dims[axes[n]] = is_known && size >= 0.0 && size < 1e15 ? SL_DIM((int64_t)size) : SL_DIM_OPEN;
  }
}

static void take_sizes(sl_inference *i, sl_dim *dims, const int32_t *axes,
                       const sl_onnx_number *sizes, int64_t count) {
  int is_inside = sl_infer_is(i, "keep_aspect_ratio_policy", "not_larger");
  if (is_inside || sl_infer_is(i, "keep_aspect_ratio_policy", "not_smaller")) {
    keep_aspect(dims, axes, sizes, count, is_inside);
    return;
  }
  for (int64_t n = 0; n < count; n++) dims[axes[n]] = sl_number_to_dim(sizes[n]);
}

// The axes the scales or sizes are for, counted from the front; all when not given.
static sl_status resized_axes(sl_inference *i, int32_t rank, int32_t *axes, int64_t *count) {
  const int64_t *list = sl_infer_list(i, "axes", count);
  if (list == NULL) *count = rank;
  if (*count > rank) return sl_infer_fail(i, "has more axes than its input");
  for (int64_t n = 0; n < *count; n++)
    SL_TRY(sl_infer_axis(i, list != NULL ? list[n] : n, rank, &axes[n]));
  return SL_OK;
}

static sl_status resize(sl_inference *i, int32_t scales_slot, int32_t sizes_slot) {
  const sl_type *x = sl_infer_type(i, 0);
  int32_t axes[SL_INFER_RANK_MAX];
  int64_t count, scale_count, size_count;
  if (x->rank < 0 || x->rank > SL_INFER_RANK_MAX) return sl_infer_set(i, 0, x->element, -1, NULL);
  SL_TRY(resized_axes(i, x->rank, axes, &count));
  const sl_onnx_number *scales = sl_infer_numbers(i, scales_slot, &scale_count);
  const sl_onnx_number *sizes = sl_infer_numbers(i, sizes_slot, &size_count);
  sl_dim *dims = sl_infer_dims(i, x->rank, x);
  if (scale_count != 0 && scale_count != count)
    return sl_infer_fail(i, "has %lld scales for %lld axes", (long long)scale_count,
                         (long long)count);
  if (size_count != 0 && size_count != count)
    return sl_infer_fail(i, "has %lld sizes for %lld axes", (long long)size_count,
                         (long long)count);
  for (int64_t n = 0; n < count; n++) {
    sl_onnx_number scale = scale_count != 0 ? scales[n] : sl_number_unknown();
    if (size_count == 0) dims[axes[n]] = scale_dim(dims[axes[n]], scale);
  }
  if (size_count != 0) take_sizes(i, dims, axes, sizes, count);
  return sl_infer_set(i, 0, x->element, x->rank, dims);
}

sl_status sl_infer_resize(sl_inference *i) {
  return i->opset < 11 ? resize(i, 1, INT32_MAX) : resize(i, 2, 3);
}

sl_status sl_infer_upsample(sl_inference *i) {
  const sl_attribute *scales = sl_node_attribute(i->node, "scales");
  if (scales == NULL || scales->kind != SL_ATTRIBUTE_FLOATS) return resize(i, 1, INT32_MAX);
  const sl_type *x = sl_infer_type(i, 0);
  if (x->rank >= 0 && scales->count != x->rank)
    return sl_infer_fail(i, "has %lld scales for %d axes", (long long)scales->count, x->rank);
  sl_dim *dims = sl_infer_dims(i, x->rank, x);
  for (int32_t d = 0; d < x->rank; d++)
    dims[d] = scale_dim(dims[d], sl_number_real((double)scales->floats[d]));
  return sl_infer_set(i, 0, x->element, x->rank, dims);
}

// [batch, channels] of the image, the middle of the grid.
sl_status sl_infer_grid_sample(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0), *grid = sl_infer_type(i, 1);
  int32_t rank = x->rank >= 0 ? x->rank : grid->rank;
  if (x->rank >= 0 && grid->rank >= 0 && x->rank != grid->rank)
    return sl_infer_fail(i, "image %s and grid %s differ in rank", sl_infer_shape_text(i, 0),
                         sl_infer_shape_text(i, 1));
  sl_dim *dims = sl_infer_dims(i, rank, NULL);
  for (int32_t d = 0; d < rank; d++) {
    if (d < 2 && x->rank >= 0) dims[d] = x->dims[d];
    if (d >= 2 && grid->rank >= 0) dims[d] = grid->dims[d - 1];
  }
  return sl_infer_set(i, 0, x->element, rank, dims);
}

// [batch, spatial sizes, 2 or 3]; its matrices say how many axes there are when the sizes do not.
sl_status sl_infer_affine_grid(sl_inference *i) {
  const sl_type *matrices = sl_infer_type(i, 0);
  int64_t count;
  const sl_onnx_number *sizes = sl_infer_numbers(i, 1, &count);
  int is_ranked = matrices->rank == 3 && sl_dim_is_fixed(matrices->dims[1]);
  if (sizes == NULL) count = is_ranked ? matrices->dims[1].fixed + 2 : -1;
  if (count < 3 || count > 5) return sl_infer_set(i, 0, matrices->element, -1, NULL);
  int32_t rank = (int32_t)count;
  sl_dim *dims = sl_infer_dims(i, rank, NULL);
  if (matrices->rank == 3) dims[0] = matrices->dims[0];
  for (int32_t d = 2; d < rank && sizes != NULL; d++) dims[d - 1] = sl_number_to_dim(sizes[d]);
  dims[rank - 1] = SL_DIM(rank - 2);
  return sl_infer_set(i, 0, matrices->element, rank, dims);
}
