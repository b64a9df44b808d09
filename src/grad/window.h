// SPDX-License-Identifier: Apache-2.0
// Sliding windows of convolutions and pools: geometry, and the transposed application of a kernel.
#ifndef SL_GRAD_WINDOW_H
#define SL_GRAD_WINDOW_H

#include "grad/rule.h"

enum { SL_WINDOW_RANK_MAX = 6 };

// Window i of an axis covers i * stride - begin + dilation * [0, kernel). `end` is what makes the
// last window fit; `tail` is what no window reaches: in + begin + end == reach of the last + tail.
typedef struct sl_window {
  int32_t rank;  // spatial axes
  int64_t in[SL_WINDOW_RANK_MAX], out[SL_WINDOW_RANK_MAX];
  int64_t kernel[SL_WINDOW_RANK_MAX], stride[SL_WINDOW_RANK_MAX], dilation[SL_WINDOW_RANK_MAX];
  int64_t begin[SL_WINDOW_RANK_MAX], end[SL_WINDOW_RANK_MAX], tail[SL_WINDOW_RANK_MAX];
} sl_window;

// From the attributes of a Conv or pool (kernel_shape from `weight` when the node has none; weight
// 0 for pools) and the sizes of its input and output. Refuses sizes that are not fixed.
SL_MUST_CHECK sl_status sl_window_read(const sl_sweep *sweep, sl_node_id node, sl_value_id input,
                                       sl_value_id output, sl_value_id weight, sl_window *out,
                                       sl_error *err);
// The same for ConvTranspose, seen as the convolution from its output to its input.
SL_MUST_CHECK sl_status sl_window_read_transposed(const sl_sweep *sweep, sl_node_id node,
                                                  sl_window *out, sl_error *err);
int sl_window_is_dense(const sl_window *window);  // stride 1 on every axis
// Sizes d(k-1)+1 that one window spans.
int64_t sl_window_reach(const sl_window *window, int32_t axis);

// dL/dx of y = Conv(x, weight): [N, C, in] from g [N, O, out] in the form that is fastest for the
// sizes. `weight` [O, C/groups, kernel] need not be constant. `like` is x.
sl_value_id sl_window_transpose(sl_sweep *sweep, const sl_window *window, sl_value_id g,
                                sl_value_id weight, int64_t groups, sl_value_id like);
// Sum over windows, transposed: a kernel of `value` in every place, channel by channel.
sl_value_id sl_window_spread(sl_sweep *sweep, const sl_window *window, sl_value_id g, double value,
                             sl_value_id like);

#endif
