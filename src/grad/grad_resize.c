// SPDX-License-Identifier: Apache-2.0
// Gradients of Resize and Upsample.
//
// A resize is a constant matrix on each axis; its gradient applies the transposed matrices. The
// matrices are computed here as ONNX defines Resize and as the runtime computes it: coordinates in
// single precision, weights in double. Antialiased ones come from the operator itself, applied to a
// unit matrix. Whole-factor nearest is a sum over windows.
//
// Invariant: matrix[i][j] is the weight of input j in output i. Start at sl_grad_Resize().
#include <math.h>
#include <string.h>

#include "grad/grad_parts.h"

typedef struct resize_spec {
  const char *mode, *coordinates, *nearest_mode, *policy;
  double cubic_a;
  bool exclude_outside, antialias;
} resize_spec;

// One axis: sizes, the scale as the runtime sees it, and the region of tf_crop_and_resize.
typedef struct resize_axis {
  int32_t axis;
  int64_t from, to;
  float scale, roi_start, roi_end;
} resize_axis;

// ---- coordinates --------------------------------------------------------------------------------

static float symmetric(const resize_axis *a, float at) {
  float adjustment = (float)a->to / (a->scale * (float)a->from);
  float centre = (float)a->from / 2, offset = centre * (1 - adjustment);
  return offset + (at + 0.5f) / a->scale - 0.5f;
}

static float cropped(const resize_axis *a, float at) {
  float last = (float)(a->from - 1);
  if (a->to <= 1) return 0.5f * (a->roi_start + a->roi_end) * last;
  return a->roi_start * last + at * (a->roi_end - a->roi_start) * last / (float)(a->to - 1);
}

// Where output `index` lies in the input.
static float source_of(const resize_spec *spec, const resize_axis *a, int64_t index) {
  const char *mode = spec->coordinates;
  float at = (float)index;
  if (strcmp(mode, "asymmetric") == 0) return at / a->scale;
  if (strcmp(mode, "align_corners") == 0)
    return a->to == 1 ? 0 : at * (float)(a->from - 1) / (float)(a->to - 1);
  if (strcmp(mode, "pytorch_half_pixel") == 0 && a->to <= 1) return 0;
  if (strcmp(mode, "tf_half_pixel_for_nn") == 0) return (at + 0.5f) / a->scale;
  if (strcmp(mode, "tf_crop_and_resize") == 0) return cropped(a, at);
  if (strcmp(mode, "half_pixel_symmetric") == 0) return symmetric(a, at);
  return (at + 0.5f) / a->scale - 0.5f;
}

static int64_t nearest_of(const char *mode, float at) {
  if (strcmp(mode, "floor") == 0) return (int64_t)floorf(at);
  if (strcmp(mode, "ceil") == 0) return (int64_t)ceilf(at);
  if (strcmp(mode, "round_prefer_ceil") == 0) return (int64_t)roundf(at);
  return at == floorf(at) + 0.5f ? (int64_t)floorf(at) : (int64_t)roundf(at);
}

// ---- matrices -----------------------------------------------------------------------------------

static void nearest_row(const resize_spec *spec, const resize_axis *a, float at, double *row) {
  row[sl_rule_clamp(nearest_of(spec->nearest_mode, at), 0, a->from - 1)] = 1;
}

static void linear_row(const resize_axis *a, float at, double *row) {
  double inside = at < 0 ? 0 : at > (float)(a->from - 1) ? (double)(a->from - 1) : (double)at;
  int64_t low = (int64_t)inside, high = sl_rule_clamp(low + 1, 0, a->from - 1);
  double weight = low == high ? 0 : inside - (double)low;
  row[low] += 1 - weight;
  row[high] += weight;
}

// Keys' cubic convolution at distance t in [0, 2].
static double cubic_weight(double a, double t) {
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
}

static void cubic_row(const resize_spec *spec, const resize_axis *a, float at, double *row) {
  int64_t first = (int64_t)floorf(at) - 1;
  double sum = 0, weights[4], part = (double)at - floor((double)at);
  for (int i = 0; i < 4; i++) {
    bool outside = first + i < 0 || first + i >= a->from;
    weights[i] = cubic_weight(spec->cubic_a, fabs(part - (i - 1)));
    if (outside && spec->exclude_outside) weights[i] = 0;
    sum += weights[i];
  }
  for (int i = 0; i < 4; i++)
    row[sl_rule_clamp(first + i, 0, a->from - 1)] +=
        spec->exclude_outside ? weights[i] / sum : weights[i];
}

static void fill_row(const resize_spec *spec, const resize_axis *a, int64_t index, double *row) {
  float at = source_of(spec, a, index);
  bool outside = at < 0 || at > (float)(a->from - 1);
  // The extrapolated value does not depend on the input.
  if (outside && strcmp(spec->coordinates, "tf_crop_and_resize") == 0) return;
  if (a->from == a->to && a->scale == 1 && strcmp(spec->coordinates, "tf_crop_and_resize") != 0)
    row[index] = 1;
  else if (strcmp(spec->mode, "nearest") == 0)
    nearest_row(spec, a, at, row);
  else if (strcmp(spec->mode, "cubic") == 0)
    cubic_row(spec, a, at, row);
  else
    linear_row(a, at, row);
}

// The transposed matrix [from, to].
static double *backward_matrix(sl_sweep *sweep, const resize_spec *spec, const resize_axis *a) {
  double *matrix = SL_NEW_ARRAY(sweep->scratch, double, a->from * a->to + 1);
  double *row = SL_NEW_ARRAY(sweep->scratch, double, a->from + 1);
  for (int64_t i = 0; i < a->to; i++) {
    memset(row, 0, (size_t)a->from * sizeof *row);
    fill_row(spec, a, i, row);
    for (int64_t j = 0; j < a->from; j++) matrix[j * a->to + i] = row[j];
  }
  return matrix;
}

// k when the matrix repeats each input k times, else 0.
static int64_t whole_factor(const double *matrix, const resize_axis *a) {
  int64_t factor = a->to / a->from;
  if (factor * a->from != a->to) return 0;
  for (int64_t j = 0; j < a->from; j++)
    for (int64_t i = 0; i < a->to; i++)
      if (matrix[j * a->to + i] != (i / factor == j ? 1 : 0)) return 0;
  return factor;
}

// ---- reading the node ---------------------------------------------------------------------------

enum { RESIZE_CELLS_MAX = 1 << 26 };

static int read_numbers(const sl_sweep *sweep, sl_value_id value, double *out, int64_t count) {
  const sl_constant *constant = value == 0 ? NULL : sl_graph_constant(sweep->graph, value);
  if (constant == NULL || constant->count != count || constant->data.size == 0) return 0;
  for (int64_t i = 0; i < count; i++) out[i] = sl_constant_number(constant, i);
  return 1;
}

typedef struct resize_inputs {
  sl_value_id roi, scales, sizes;
} resize_inputs;

// With an aspect ratio to keep, one scale for all axes: the smallest or the largest that the sizes
// ask for. 0 when each axis has its own, -1 when it cannot be known.
static double common_scale(const sl_sweep *sweep, const resize_inputs *inputs,
                           const resize_spec *spec, const sl_type *from, const int64_t *axes,
                           int64_t listed) {
  if (inputs->sizes == 0 || strcmp(spec->policy, "stretch") == 0) return 0;
  double sizes[SL_RULE_RANK_MAX], scale = 0;
  if (!read_numbers(sweep, inputs->sizes, sizes, listed)) return -1;
  bool smallest = strcmp(spec->policy, "not_larger") == 0;
  for (int32_t i = 0; i < listed; i++) {
    int64_t size = sl_rule_fixed(from, axes == NULL ? i : sl_rule_axis(axes[i], from->rank));
    if (size <= 0) return -1;
    double own = sizes[i] / (double)size;
    if (i == 0 || (smallest ? own < scale : own > scale)) scale = own;
  }
  return scale;
}

// The axes that change, from the sizes on both sides; scales and regions where they are given.
static int32_t read_axes(const sl_sweep *sweep, const sl_node *node, const resize_inputs *inputs,
                         const resize_spec *spec, resize_axis *out) {
  const sl_type from = *sl_type_of(sweep, node->inputs[0]);
  const sl_type to = *sl_type_of(sweep, node->outputs[0]);
  int64_t listed = 0;
  const int64_t *axes = sl_node_ints(node, "axes", &listed);
  if (axes == NULL) listed = from.rank;
  double scales[SL_RULE_RANK_MAX], roi[2 * SL_RULE_RANK_MAX];
  bool has_scales = read_numbers(sweep, inputs->scales, scales, listed);
  bool has_roi = read_numbers(sweep, inputs->roi, roi, 2 * listed);
  double common = common_scale(sweep, inputs, spec, &from, axes, listed);
  bool crops = strcmp(spec->coordinates, "tf_crop_and_resize") == 0;
  int32_t count = 0;
  for (int32_t i = 0; i < listed; i++) {
    resize_axis a = {.axis = axes == NULL ? i : sl_rule_axis(axes[i], from.rank)};
    bool same = sl_dim_equal(from.dims[a.axis], to.dims[a.axis]);
    if (same && (!has_scales || scales[i] == 1) &&
        (!crops || (roi[i] == 0 && roi[listed + i] == 1)))
      continue;
    a.from = sl_rule_fixed(&from, a.axis);
    a.to = sl_rule_fixed(&to, a.axis);
    if (a.from <= 0 || a.to <= 0 || a.from > RESIZE_CELLS_MAX / a.to || common < 0 ||
        (crops && !has_roi))
      return -1;
    a.scale = has_scales ? (float)scales[i] : (float)a.to / (float)a.from;
    if (common > 0) a.scale = (float)common;
    a.roi_start = has_roi ? (float)roi[i] : 0;
    a.roi_end = has_roi ? (float)roi[listed + i] : 1;
    out[count++] = a;
  }
  return count;
}

// ---- gradients ----------------------------------------------------------------------------------

// Sums over windows of k[0] x k[1] on the last two axes, in the blocked layout.
static sl_value_id sum_windows(sl_sweep *sweep, sl_value_id g, const int64_t *kernel,
                               sl_value_id x) {
  sl_value_id mean = sl_emit1(sweep, "AveragePool", g);
  sl_graph_set_ints(sweep->graph, sl_emitted(sweep), "kernel_shape", kernel, 2);
  sl_graph_set_ints(sweep->graph, sl_emitted(sweep), "strides", kernel, 2);
  sl_emit_type_of(sweep, mean, x);
  return sl_emit_scale(sweep, mean, (double)(kernel[0] * kernel[1]));
}

// Antialiasing: the operator on a unit matrix [from, 1, .., from, .., 1] gives the matrix.
static sl_value_id measured_matrix(sl_sweep *sweep, const sl_node *node, const resize_axis *a) {
  const sl_type type = *sl_type_of(sweep, node->inputs[0]);
  double *unit = SL_NEW_ARRAY(sweep->scratch, double, a->from * a->from);
  int64_t dims[4] = {1, a->from, 1, a->from};
  for (int64_t i = 0; i < a->from; i++) unit[i * a->from + i] = 1;
  float scales[4] = {1, 1, 1, a->scale};
  sl_value_id inputs[4] = {sl_emit_numbers(sweep, type.element, 4, dims, unit), 0};
  inputs[2] = sl_emit_constant(sweep, SL_ELEMENT_F32, 1, &(int64_t){4}, scales);
  sl_value_id matrix = sl_emit(sweep, "Resize", inputs, 3);
  for (int32_t i = 0; i < node->attribute_count; i++)
    if (strcmp(node->attributes[i].name, "axes") != 0 &&
        strcmp(node->attributes[i].name, "keep_aspect_ratio_policy") != 0)
      sl_graph_set_attribute(sweep->graph, sl_emitted(sweep), &node->attributes[i]);
  sl_dim full[4] = {SL_DIM(1), SL_DIM(a->from), SL_DIM(1), SL_DIM(a->to)};
  sl_emit_type(sweep, matrix, type.element, 4, full);
  bool last = a->axis == type.rank - 1;
  sl_dim flat[2] = {SL_DIM(a->from), SL_DIM(a->to)};
  matrix = sl_emit_reshape(sweep, matrix, flat, 2);
  return last ? sl_emit_transpose(sweep, matrix, (const int64_t[]){1, 0}, 2) : matrix;
}

static sl_value_id through_matrices(sl_sweep *sweep, const sl_node *node, sl_value_id g,
                                    const resize_spec *spec, const resize_axis *axes,
                                    int32_t count) {
  const sl_type type = *sl_type_of(sweep, node->inputs[0]);
  int64_t kernel[2] = {1, 1}, whole = 0;
  double *matrices[SL_RULE_RANK_MAX] = {NULL};
  for (int32_t i = 0; i < count && !spec->antialias; i++) {
    matrices[i] = backward_matrix(sweep, spec, &axes[i]);
    int64_t factor = whole_factor(matrices[i], &axes[i]);
    if (factor == 0 || axes[i].axis < 2) continue;
    whole++;
    kernel[(axes[i].axis - 2) & 1] = factor;
  }
  if (whole == count && type.rank == 4 && type.element == SL_ELEMENT_F32)
    return sum_windows(sweep, g, kernel, node->inputs[0]);
  // The last axis first: it makes the longest rows short.
  for (int32_t i = count - 1; i >= 0; i--) {
    const resize_axis *a = &axes[i];
    if (spec->antialias)
      g = sl_rule_axis_product(sweep, g, a->axis, measured_matrix(sweep, node, a), a->from);
    else
      g = sl_rule_axis_matrix(sweep, g, a->axis, matrices[i], a->from, a->to);
  }
  return g;
}

static sl_status resize(sl_sweep *sweep, sl_node_id node, const resize_inputs *inputs,
                        const resize_spec *spec, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]);
  if (g == 0 || !sl_rule_wants(sweep, &at, 0)) return SL_OK;
  resize_axis axes[SL_RULE_RANK_MAX];
  if (sl_type_of(sweep, g)->rank > SL_RULE_RANK_MAX)
    return sl_sweep_refuse(sweep, node, err, "it has too many axes");
  int32_t count = read_axes(sweep, &at, inputs, spec, axes);
  if (count < 0)
    return sl_sweep_refuse(sweep, node, err,
                           "its sizes depend on the input; export the model with a fixed size");
  sl_sweep_add(sweep, at.inputs[0], through_matrices(sweep, &at, g, spec, axes, count));
  return SL_OK;
}

sl_status sl_grad_Resize(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  sl_arena *arena = sweep->scratch;
  resize_spec spec = {
      .mode = sl_node_string(arena, &at, "mode", "nearest"),
      .coordinates = sl_node_string(arena, &at, "coordinate_transformation_mode", "half_pixel"),
      .nearest_mode = sl_node_string(arena, &at, "nearest_mode", "round_prefer_floor"),
      .policy = sl_node_string(arena, &at, "keep_aspect_ratio_policy", "stretch"),
      .cubic_a = sl_node_float(&at, "cubic_coeff_a", -0.75),
      .exclude_outside = sl_node_int(&at, "exclude_outside", 0) != 0,
      .antialias = sl_node_int(&at, "antialias", 0) != 0};
  if (strcmp(spec.mode, "nearest") == 0) spec.antialias = false;
  resize_inputs inputs = {.roi = sl_node_input(&at, 1),
                          .scales = sl_node_input(&at, 2),
                          .sizes = sl_node_input(&at, 3)};
  return resize(sweep, node, &inputs, &spec, err);
}

sl_status sl_grad_Upsample(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  resize_spec spec = {.mode = sl_node_string(sweep->scratch, &at, "mode", "nearest"),
                      .coordinates = "asymmetric",
                      .nearest_mode = "floor",
                      .policy = "stretch"};
  resize_inputs inputs = {.scales = sl_node_input(&at, 1)};
  return resize(sweep, node, &inputs, &spec, err);
}
