// SPDX-License-Identifier: Apache-2.0
// Rules of operators that slide a window: convolutions and pools.
//
// Invariant: sizes are those of ONNX Runtime, where rounding up drops a last window that would
// start in the padding at the end. Start at window_size().
#include "base/text.h"
#include "onnx/infer_state.h"

enum { ATTRIBUTE_MAX = 1 << 30 };  // more is no window, and sums of a few stay in range

typedef struct window {
  int32_t axes;  // spatial
  int64_t kernel[SL_INFER_RANK_MAX], strides[SL_INFER_RANK_MAX], dilations[SL_INFER_RANK_MAX];
  int64_t begin[SL_INFER_RANK_MAX], end[SL_INFER_RANK_MAX];  // padding
  bool has_kernel[SL_INFER_RANK_MAX];
  bool is_same, is_valid, is_ceil;
} window;

// `wanted` numbers, none below `least`; `missing` for all when the attribute is left out.
static sl_status read_list(sl_inference *i, const char *name, int32_t wanted, int64_t least,
                           int64_t missing, int64_t *out) {
  int64_t count;
  const int64_t *list = sl_infer_list(i, name, &count);
  if (count != 0 && count != wanted)
    return sl_infer_fail(i, "attribute \"%s\" has %lld %s, not %d", name, (long long)count,
                         sl_plural(count, "number", "numbers"), wanted);
  for (int32_t n = 0; n < wanted; n++) {
    out[n] = count != 0 ? list[n] : missing;
    if (count != 0 && (out[n] < least || out[n] > ATTRIBUTE_MAX))
      return sl_infer_fail(i, "attribute \"%s\" has %lld", name, (long long)out[n]);
  }
  return SL_OK;
}

static sl_status read_pads(sl_inference *i, window *w) {
  int64_t pads[2 * SL_INFER_RANK_MAX];
  SL_TRY(read_list(i, "pads", 2 * w->axes, -ATTRIBUTE_MAX, 0, pads));
  for (int32_t a = 0; a < w->axes; a++) {
    w->begin[a] = pads[a];
    w->end[a] = pads[a + w->axes];
  }
  return SL_OK;
}

// The kernel from its attribute, or from the weights' dims after the first two.
static sl_status read_kernel(sl_inference *i, window *w, int32_t weights) {
  const sl_type *type = weights >= 0 ? sl_infer_type(i, weights) : NULL;
  SL_TRY(read_list(i, "kernel_shape", w->axes, 1, 0, w->kernel));
  for (int32_t a = 0; a < w->axes; a++) {
    int is_fixed = type != NULL && type->rank == w->axes + 2 &&
                   sl_dim_is_fixed(type->dims[a + 2]) && type->dims[a + 2].fixed <= ATTRIBUTE_MAX;
    if (w->kernel[a] == 0 && is_fixed) w->kernel[a] = type->dims[a + 2].fixed;
    w->has_kernel[a] = w->kernel[a] > 0;
  }
  return SL_OK;
}

static sl_status read_window(sl_inference *i, window *w, int32_t axes, int32_t weights) {
  *w = (window){.axes = axes};
  SL_TRY(read_kernel(i, w, weights));
  SL_TRY(read_list(i, "strides", axes, 1, 1, w->strides));
  SL_TRY(read_list(i, "dilations", axes, 1, 1, w->dilations));
  SL_TRY(read_pads(i, w));
  w->is_same = sl_infer_is(i, "auto_pad", "SAME_UPPER") || sl_infer_is(i, "auto_pad", "SAME_LOWER");
  w->is_valid = sl_infer_is(i, "auto_pad", "VALID");
  w->is_ceil = sl_infer_int(i, "ceil_mode", 0) != 0;
  return SL_OK;
}

// Windows along one axis of `size`; padding is added to it.
static sl_status window_size(sl_inference *i, const window *w, int32_t a, sl_dim size,
                             sl_dim *out) {
  int64_t stride = w->strides[a];
  sl_onnx_number n = sl_number_from_dim(size);
  *out = SL_DIM_OPEN;
  if (w->is_same) {
    *out =
        sl_number_to_dim(sl_number_floor_div(sl_number_add(n, sl_number_of(stride - 1)), stride));
    return SL_OK;
  }
  if (!w->has_kernel[a] || !n.is_known || n.fixed > INT64_MAX / 2) return SL_OK;
  int64_t reach = (w->kernel[a] - 1) * w->dilations[a];
  if (!w->is_valid) n = sl_number_add(n, sl_number_of(w->begin[a] + w->end[a]));
  sl_onnx_number rest = sl_number_sub(n, sl_number_of(reach + 1));
  if (rest.is_known && rest.per_batch == 0 && rest.fixed < 0)
    return sl_infer_fail(i, "a window of %lld does not fit into %lld (padding included)",
                         (long long)(reach + 1), (long long)n.fixed);
  sl_onnx_number steps = sl_number_floor_div(
      w->is_ceil ? sl_number_add(rest, sl_number_of(stride - 1)) : rest, stride);
  int64_t begin = w->is_valid ? 0 : w->begin[a];
  if (w->is_ceil && steps.is_known && steps.per_batch == 0 && size.per_batch == 0 &&
      steps.fixed * stride >= size.fixed + begin)
    steps.fixed--;
  *out = sl_number_to_dim(sl_number_add(steps, sl_number_of(1)));
  return SL_OK;
}

static sl_status window_sizes(sl_inference *i, const window *w, const sl_type *x, sl_dim *dims) {
  for (int32_t a = 0; a < w->axes; a++) SL_TRY(window_size(i, w, a, x->dims[a + 2], &dims[a + 2]));
  return SL_OK;
}

// ---- convolutions -------------------------------------------------------------------------------

static int32_t rank_of_conv(sl_inference *i, int32_t weights) {
  int32_t rank = sl_infer_type(i, 0)->rank;
  return rank >= 0 ? rank : sl_infer_type(i, weights)->rank;
}

static sl_status check_channels(sl_inference *i, const sl_type *x, const sl_type *w) {
  sl_dim group = SL_DIM(sl_infer_int(i, "group", 1)), same;
  if (x->rank < 2 || w->rank < 2) return SL_OK;
  if (x->rank != w->rank)
    return sl_infer_fail(i, "input has rank %d, weights %d", x->rank, w->rank);
  return sl_infer_same_dim(i, x->dims[1], sl_dim_mul(w->dims[1], group), "channels", &same);
}

static sl_status conv(sl_inference *i, int32_t element, int32_t weights) {
  const sl_type *x = sl_infer_type(i, 0), *w = sl_infer_type(i, weights);
  int32_t rank = rank_of_conv(i, weights);
  if (rank < 0 || rank > SL_INFER_RANK_MAX) return sl_infer_set(i, 0, element, -1, NULL);
  if (rank < 2) return sl_infer_fail(i, "its input has rank %d", rank);
  window at;
  SL_TRY(read_window(i, &at, rank - 2, weights));
  SL_TRY(check_channels(i, x, w));
  sl_dim *dims = sl_infer_dims(i, rank, NULL);
  if (x->rank == rank) dims[0] = x->dims[0];
  if (w->rank == rank) dims[1] = w->dims[0];
  if (x->rank == rank) SL_TRY(window_sizes(i, &at, x, dims));
  return sl_infer_set(i, 0, element, rank, dims);
}

sl_status sl_infer_conv(sl_inference *i) { return conv(i, sl_infer_type(i, 0)->element, 1); }

sl_status sl_infer_conv_integer(sl_inference *i) { return conv(i, SL_ELEMENT_I32, 1); }

sl_status sl_infer_conv_qlinear(sl_inference *i) {
  return conv(i, sl_infer_type(i, 7)->element, 3);
}

sl_status sl_infer_causal_conv(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0), *w = sl_infer_type(i, 1);
  SL_TRY(sl_infer_like(i));
  sl_dim *dims = sl_infer_dims(i, 3, NULL);
  for (int32_t d = 0; d < 2 && x->rank == 3; d++) dims[d] = x->dims[d];
  if (w->rank == 3)
    dims[2] = sl_number_to_dim(sl_number_sub(sl_number_from_dim(w->dims[2]), sl_number_of(1)));
  return sl_infer_set(i, 1, x->element, 3, dims);
}

// ---- the transposed convolution -----------------------------------------------------------------

static sl_dim transposed_size(const window *w, int32_t a, sl_dim size, int64_t output_padding) {
  sl_onnx_number n = sl_number_from_dim(size), stride = sl_number_of(w->strides[a]);
  if (w->is_same) return sl_number_to_dim(sl_number_mul(n, stride));
  if (!w->has_kernel[a]) return SL_DIM_OPEN;
  int64_t padding = w->is_valid ? 0 : w->begin[a] + w->end[a];
  int64_t fixed = (w->kernel[a] - 1) * w->dilations[a] + 1 + output_padding - padding;
  sl_onnx_number starts = sl_number_mul(sl_number_sub(n, sl_number_of(1)), stride);
  return sl_number_to_dim(sl_number_add(starts, sl_number_of(fixed)));
}

// `sizes` says them outright; its last numbers are the spatial ones.
static void take_sizes(const int64_t *sizes, int64_t count, int32_t axes, sl_dim *dims) {
  for (int32_t a = 0; a < axes && count >= axes; a++) dims[a + 2] = SL_DIM(sizes[count - axes + a]);
}

sl_status sl_infer_conv_transpose(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0), *w = sl_infer_type(i, 1);
  int32_t rank = rank_of_conv(i, 1);
  if (rank < 2 || rank > SL_INFER_RANK_MAX) return sl_infer_set(i, 0, x->element, -1, NULL);
  window at;
  int64_t extra[SL_INFER_RANK_MAX], count;
  SL_TRY(read_window(i, &at, rank - 2, 1));
  SL_TRY(read_list(i, "output_padding", rank - 2, 0, 0, extra));
  sl_dim *dims = sl_infer_dims(i, rank, NULL);
  if (w->rank == rank) dims[1] = sl_dim_mul(w->dims[1], SL_DIM(sl_infer_int(i, "group", 1)));
  if (x->rank == rank) dims[0] = x->dims[0];
  if (x->rank == rank && w->rank == rank) {
    sl_dim same;
    SL_TRY(sl_infer_same_dim(i, x->dims[1], w->dims[0], "channels", &same));
  }
  for (int32_t a = 0; a < at.axes && x->rank == rank; a++)
    dims[a + 2] = transposed_size(&at, a, x->dims[a + 2], extra[a]);
  const int64_t *sizes = sl_infer_list(i, "output_shape", &count);
  take_sizes(sizes, count, at.axes, dims);
  return sl_infer_set(i, 0, x->element, rank, dims);
}

// ---- pools --------------------------------------------------------------------------------------

sl_status sl_infer_pool(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  if (x->rank < 0 || x->rank > SL_INFER_RANK_MAX) {
    SL_TRY(sl_infer_set(i, 0, x->element, -1, NULL));
    return sl_infer_set(i, 1, SL_ELEMENT_I64, -1, NULL);
  }
  if (x->rank < 2) return sl_infer_fail(i, "its input has rank %d", x->rank);
  window at;
  SL_TRY(read_window(i, &at, x->rank - 2, -1));
  sl_dim *dims = sl_infer_dims(i, x->rank, x);
  SL_TRY(window_sizes(i, &at, x, dims));
  SL_TRY(sl_infer_set(i, 1, SL_ELEMENT_I64, x->rank, dims));  // places of the maxima
  return sl_infer_set(i, 0, x->element, x->rank, dims);
}

sl_status sl_infer_global_pool(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  sl_dim *dims = sl_infer_dims(i, x->rank, x);
  for (int32_t d = 2; d < x->rank; d++) dims[d] = SL_DIM(1);
  return sl_infer_set(i, 0, x->element, x->rank, dims);
}

sl_status sl_infer_max_unpool(sl_inference *i) {
  const sl_type *x = sl_infer_type(i, 0);
  if (x->rank < 2 || x->rank > SL_INFER_RANK_MAX) return sl_infer_set(i, 0, x->element, -1, NULL);
  window at;
  SL_TRY(read_window(i, &at, x->rank - 2, -1));
  sl_dim *dims = sl_infer_dims(i, x->rank, x);
  for (int32_t a = 0; a < at.axes; a++) dims[a + 2] = transposed_size(&at, a, x->dims[a + 2], 0);
  if (sl_infer_has(i, 2)) {
    int64_t sizes[SL_INFER_RANK_MAX], count = sl_infer_ints(i, 2, sizes, SL_INFER_RANK_MAX);
    for (int32_t d = 0; d < x->rank; d++)
      dims[d] = count == x->rank ? SL_DIM(sizes[d]) : SL_DIM_OPEN;
  }
  return sl_infer_set(i, 0, x->element, x->rank, dims);
}

// [regions, channels, height, width] of both kinds of region pools.
static sl_status region_pool(sl_inference *i, sl_dim height, sl_dim width) {
  const sl_type *x = sl_infer_type(i, 0), *regions = sl_infer_type(i, 1);
  sl_dim dims[] = {regions->rank == 2 ? regions->dims[0] : SL_DIM_OPEN,
                   x->rank == 4 ? x->dims[1] : SL_DIM_OPEN, height, width};
  return sl_infer_set(i, 0, x->element, 4, dims);
}

sl_status sl_infer_roi_align(sl_inference *i) {
  return region_pool(i, SL_DIM(sl_infer_int(i, "output_height", 1)),
                     SL_DIM(sl_infer_int(i, "output_width", 1)));
}

sl_status sl_infer_max_roi_pool(sl_inference *i) {
  int64_t count;
  const int64_t *sizes = sl_infer_list(i, "pooled_shape", &count);
  if (count != 2) return sl_infer_fail(i, "attribute \"pooled_shape\" needs two numbers");
  return region_pool(i, SL_DIM(sizes[0]), SL_DIM(sizes[1]));
}
