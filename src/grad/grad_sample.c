// SPDX-License-Identifier: Apache-2.0
// Gradients of GridSample (to the image and to the grid) and AffineGrid.
//
// On each axis a sample is a weighted sum of one (nearest), two (linear) or four (cubic) pixels.
// Padding is applied to the whole-numbered places of these pixels, which equals padding of the
// coordinate: clamping and reflection map pixels to pixels. The gradient to the image adds
// g * weight at the places; the gradient to the grid is dL/dweight times the slope of the weight.
//
// Invariant: values of one axis are [N, P], P points; places are clipped, so that no grid can make
// an index that does not exist. Start at sl_grad_GridSample().
#include <math.h>
#include <string.h>

#include "grad/grad_parts.h"

enum { TAPS_MAX = 4 };

typedef struct taps {
  int32_t count;
  sl_value_id place[TAPS_MAX];   // int64[N, P], within the axis
  sl_value_id weight[TAPS_MAX];  // [N, P]
  sl_value_id slope[TAPS_MAX];   // dweight/dgrid, [N, P]; 0 when it is zero
} taps;

typedef struct grid_spec {
  int32_t tap_count;
  bool align, reflects, has_zeros;
} grid_spec;

static sl_value_id unary(sl_sweep *sweep, const char *type, sl_value_id x) {
  sl_value_id y = sl_emit1(sweep, type, x);
  sl_emit_type_of(sweep, y, x);
  return y;
}

static sl_value_id clip(sl_sweep *sweep, sl_value_id x, double low, double high) {
  sl_value_id inputs[3] = {x, sl_emit_number(sweep, x, low), sl_emit_number(sweep, x, high)};
  sl_value_id y = sl_emit(sweep, "Clip", inputs, 3);
  sl_emit_type_of(sweep, y, x);
  return y;
}

// ---- one axis -----------------------------------------------------------------------------------

// |x - centre| folded into [0, period / 2].
static sl_value_id fold(sl_sweep *sweep, sl_value_id x, double period) {
  sl_value_id rest =
      sl_emit2(sweep, "Mod", unary(sweep, "Abs", x), sl_emit_number(sweep, x, period));
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "fmod", 1);
  sl_emit_type_of(sweep, rest, x);
  sl_value_id other = sl_emit_shift(sweep, sl_emit_neg(sweep, rest), period);
  sl_value_id least = sl_emit2(sweep, "Min", rest, other);
  sl_emit_type_of(sweep, least, x);
  return least;
}

static sl_value_id reflected(sl_sweep *sweep, sl_value_id place, int64_t size, bool align) {
  if (size == 1) return place;
  if (align) return fold(sweep, place, 2 * (double)(size - 1));
  sl_value_id shifted = sl_emit_shift(sweep, place, 0.5);
  return sl_emit_shift(sweep, fold(sweep, shifted, 2 * (double)size), -0.5);
}

static sl_value_id masked(sl_sweep *sweep, sl_value_id inside, sl_value_id x) {
  if (x == 0 || inside == 0) return x;
  return sl_rule_where(sweep, inside, x, sl_emit_number(sweep, x, 0), x);
}

// A pixel at `place` (any whole number): pads it and adds it to the taps.
static void add_tap(sl_sweep *sweep, const grid_spec *spec, int64_t size, sl_value_id place,
                    sl_value_id weight, sl_value_id slope, taps *out) {
  sl_value_id inside = 0;
  if (spec->has_zeros) {
    sl_value_id clipped = clip(sweep, place, 0, (double)(size - 1));
    inside = sl_rule_compare(sweep, "Equal", place, clipped);
  }
  if (spec->reflects) place = reflected(sweep, place, size, spec->align);
  sl_value_id index = sl_emit_cast(sweep, place, SL_ELEMENT_I64);
  out->place[out->count] = clip(sweep, index, 0, (double)(size - 1));
  out->weight[out->count] = masked(sweep, inside, weight);
  out->slope[out->count++] = masked(sweep, inside, slope);
}

// ((p t + q) t + r) t + s
static sl_value_id polynomial(sl_sweep *sweep, sl_value_id t, double p, double q, double r,
                              double s) {
  sl_value_id sum = sl_emit_shift(sweep, sl_emit_scale(sweep, t, p), q);
  sum = sl_emit_shift(sweep, sl_emit_mul(sweep, sum, t), r);
  return sl_emit_shift(sweep, sl_emit_mul(sweep, sum, t), s);
}

static void cubic_taps(sl_sweep *sweep, const grid_spec *spec, int64_t size, sl_value_id floor,
                       sl_value_id part, double stretch, taps *out) {
  // Keys' kernel with a = -0.75 as polynomials in the fraction t: weights of the pixels at -1 .. 2.
  static const double weights[4][4] = {
      {-0.75, 1.5, -0.75, 0}, {1.25, -2.25, 0, 1}, {-1.25, 1.5, 0.75, 0}, {0.75, -0.75, 0, 0}};
  for (int i = 0; i < 4; i++) {
    const double *w = weights[i];
    sl_value_id weight = polynomial(sweep, part, w[0], w[1], w[2], w[3]);
    sl_value_id slope = polynomial(sweep, part, 0, 3 * w[0], 2 * w[1], w[2]);
    add_tap(sweep, spec, size, sl_emit_shift(sweep, floor, i - 1), weight,
            sl_emit_scale(sweep, slope, stretch), out);
  }
}

// The taps of one coordinate of the grid, which is [N, P] in [-1, 1].
static taps taps_of(sl_sweep *sweep, const grid_spec *spec, sl_value_id grid, int64_t size) {
  taps out = {0};
  double stretch = (double)(spec->align ? size - 1 : size) / 2;
  sl_value_id at =
      sl_emit_shift(sweep, sl_emit_scale(sweep, grid, stretch), (double)(size - 1) / 2);
  if (spec->tap_count == 1) {
    sl_value_id one = sl_emit_expand_like(sweep, sl_emit_number(sweep, at, 1), at);
    add_tap(sweep, spec, size, unary(sweep, "Round", at), one, 0, &out);
    return out;
  }
  sl_value_id floor = unary(sweep, "Floor", at), part = sl_emit_sub(sweep, at, floor);
  if (spec->tap_count == 4) {
    cubic_taps(sweep, spec, size, floor, part, stretch, &out);
    return out;
  }
  sl_value_id rest = sl_emit_shift(sweep, sl_emit_neg(sweep, part), 1);
  sl_value_id steep = sl_emit_expand_like(sweep, sl_emit_number(sweep, at, stretch), at);
  add_tap(sweep, spec, size, floor, rest, sl_emit_neg(sweep, steep), &out);
  add_tap(sweep, spec, size, sl_emit_shift(sweep, floor, 1), part, steep, &out);
  return out;
}

// ---- both axes ----------------------------------------------------------------------------------

typedef struct sampling {
  sl_node node;
  sl_dim batch;
  int64_t channels, height, width, points;
  taps x, y;
  int32_t count;       // of pixels per point
  sl_value_id places;  // int64[N, C, count * P], into [height * width]
  sl_value_id g;       // [N, C, count * P]: dL/doutput once per pixel
} sampling;

static sl_value_id reshaped(sl_sweep *sweep, const sampling *s, sl_value_id x, int64_t middle,
                            int64_t last) {
  sl_dim dims[3] = {s->batch, SL_DIM(middle), SL_DIM(last)};
  return sl_emit_reshape(sweep, x, dims, 3);
}

// pieces[y][x] of [N, P] each as [N, 1, count * P].
static sl_value_id joined(sl_sweep *sweep, const sampling *s, const sl_value_id *pieces) {
  sl_value_id all = sl_emit_concat(sweep, pieces, s->count, 1);
  return reshaped(sweep, s, all, 1, s->count * s->points);
}

// a_y * b_x for every pixel; a zero factor gives zeros.
static sl_value_id products(sl_sweep *sweep, const sampling *s, const sl_value_id *a,
                            const sl_value_id *b) {
  sl_value_id pieces[TAPS_MAX * TAPS_MAX];
  for (int32_t i = 0; i < s->y.count; i++)
    for (int32_t j = 0; j < s->x.count; j++)
      pieces[i * s->x.count + j] = sl_emit_mul(sweep, a[i], b[j]);
  return joined(sweep, s, pieces);
}

static void find_places(sl_sweep *sweep, sampling *s, sl_value_id g) {
  sl_value_id pieces[TAPS_MAX * TAPS_MAX], width = 0;
  s->count = s->y.count * s->x.count;
  for (int32_t i = 0; i < s->y.count; i++) {
    width = sl_emit_constant(sweep, SL_ELEMENT_I64, 0, NULL, &s->width);
    sl_value_id row = sl_emit_mul(sweep, s->y.place[i], width);
    for (int32_t j = 0; j < s->x.count; j++)
      pieces[i * s->x.count + j] = sl_emit_add(sweep, row, s->x.place[j]);
  }
  sl_value_id copies[TAPS_MAX * TAPS_MAX];
  copies[0] = reshaped(sweep, s, g, s->channels, s->points);
  for (int32_t i = 1; i < s->count; i++) copies[i] = copies[0];
  s->g = sl_emit_concat(sweep, copies, s->count, 2);
  s->places = sl_emit_expand_like(sweep, joined(sweep, s, pieces), s->g);
}

static sl_value_id to_image(sl_sweep *sweep, const sampling *s) {
  sl_value_id image = s->node.inputs[0];
  const sl_type type = *sl_type_of(sweep, image);
  sl_value_id weights = products(sweep, s, s->y.weight, s->x.weight);
  sl_value_id zeros = sl_emit_zeros_like(sweep, image);
  zeros = reshaped(sweep, s, zeros, s->channels, s->height * s->width);
  sl_value_id sums =
      sl_emit3(sweep, "ScatterElements", zeros, s->places, sl_emit_mul(sweep, s->g, weights));
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "axis", 2);
  sl_graph_set_string(sweep->graph, sl_emitted(sweep), "reduction", "add");
  sl_emit_type_of(sweep, sums, zeros);
  return sl_emit_reshape(sweep, sums, type.dims, 4);
}

// dL/dcoordinate, [N, P, 1], from dL/dweight and the slopes of the weights.
static sl_value_id to_coordinate(sl_sweep *sweep, const sampling *s, sl_value_id by_weight,
                                 const sl_value_id *y, const sl_value_id *x) {
  sl_value_id terms = sl_emit_mul(sweep, by_weight, products(sweep, s, y, x));
  sl_value_id split = reshaped(sweep, s, terms, s->count, s->points);
  sl_value_id sum = sl_emit_reduce_sum(sweep, split, (const int64_t[]){1}, 1, 0);
  return reshaped(sweep, s, sum, s->points, 1);
}

static sl_value_id to_grid(sl_sweep *sweep, const sampling *s) {
  sl_value_id grid = s->node.inputs[1];
  const sl_type type = *sl_type_of(sweep, grid);
  sl_value_id image = reshaped(sweep, s, s->node.inputs[0], s->channels, s->height * s->width);
  sl_value_id pixels = sl_emit2(sweep, "GatherElements", image, s->places);
  sl_graph_set_int(sweep->graph, sl_emitted(sweep), "axis", 2);
  sl_emit_type_of(sweep, pixels, s->g);
  sl_value_id by_weight =
      sl_emit_reduce_sum(sweep, sl_emit_mul(sweep, s->g, pixels), (const int64_t[]){1}, 1, 1);
  sl_value_id parts[2] = {to_coordinate(sweep, s, by_weight, s->y.weight, s->x.slope),
                          to_coordinate(sweep, s, by_weight, s->y.slope, s->x.weight)};
  return sl_emit_reshape(sweep, sl_emit_concat(sweep, parts, 2, 2), type.dims, 4);
}

static sl_value_id coordinate(sl_sweep *sweep, const sampling *s, int64_t which) {
  int64_t axis = 3, end = which + 1;
  sl_value_id part = sl_emit_slice(sweep, s->node.inputs[1], &which, &end, &axis, 1);
  sl_dim dims[2] = {s->batch, SL_DIM(s->points)};
  return sl_emit_reshape(sweep, part, dims, 2);
}

static grid_spec read_spec(sl_sweep *sweep, const sl_node *node) {
  const char *mode = sl_node_string(sweep->scratch, node, "mode", "linear");
  const char *padding = sl_node_string(sweep->scratch, node, "padding_mode", "zeros");
  grid_spec spec = {.tap_count = 2,
                    .align = sl_node_int(node, "align_corners", 0) != 0,
                    .reflects = strcmp(padding, "reflection") == 0,
                    .has_zeros = strcmp(padding, "zeros") == 0};
  if (strcmp(mode, "nearest") == 0) spec.tap_count = 1;
  if (strcmp(mode, "cubic") == 0 || strcmp(mode, "bicubic") == 0) spec.tap_count = 4;
  return spec;
}

sl_status sl_grad_GridSample(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sampling s = {.node = sweep->graph->nodes[node]};
  sl_value_id g = sl_sweep_grad(sweep, s.node.outputs[0]);
  if (g == 0) return SL_OK;
  const sl_type image = *sl_type_of(sweep, s.node.inputs[0]), out = *sl_type_of(sweep, g);
  if (image.rank != 4) return sl_sweep_refuse(sweep, node, err, "it samples a volume");
  int64_t rows = sl_rule_fixed(&out, 2), columns = sl_rule_fixed(&out, 3);
  s.batch = image.dims[0];
  s.channels = sl_rule_fixed(&image, 1);
  s.height = sl_rule_fixed(&image, 2);
  s.width = sl_rule_fixed(&image, 3);
  s.points = rows * columns;
  if (rows <= 0 || columns <= 0 || s.channels <= 0 || s.height <= 0 || s.width <= 0)
    return sl_sweep_refuse(sweep, node, err, "its sizes depend on the input");
  grid_spec spec = read_spec(sweep, &s.node);
  s.x = taps_of(sweep, &spec, coordinate(sweep, &s, 0), s.width);
  s.y = taps_of(sweep, &spec, coordinate(sweep, &s, 1), s.height);
  find_places(sweep, &s, g);
  if (sl_rule_wants(sweep, &s.node, 0)) sl_sweep_add(sweep, s.node.inputs[0], to_image(sweep, &s));
  if (sl_rule_wants(sweep, &s.node, 1) && spec.tap_count > 1)
    sl_sweep_add(sweep, s.node.inputs[1], to_grid(sweep, &s));
  return SL_OK;
}

// ---- AffineGrid ---------------------------------------------------------------------------------

// Coordinate of a pixel in [-1, 1].
static double pixel_at(int64_t index, int64_t size, bool align) {
  if (align) return size == 1 ? -1 : -1 + 2 * (double)index / (double)(size - 1);
  return (2 * (double)index + 1) / (double)size - 1;
}

// The points that theta is applied to, [points, spatial + 1]: x, y(, z), 1.
static double *base_points(sl_sweep *sweep, const sl_type *grid, int32_t spatial, bool align,
                           int64_t points) {
  double *base = SL_NEW_ARRAY(sweep->scratch, double, points *(spatial + 1));
  for (int64_t p = 0; p < points; p++) {
    int64_t rest = p;
    for (int32_t i = 0; i < spatial; i++) {
      int64_t size = grid->dims[spatial - i].fixed;
      base[p * (spatial + 1) + i] = pixel_at(rest % size, size, align);
      rest /= size;
    }
    base[p * (spatial + 1) + spatial] = 1;
  }
  return base;
}

// grid[n, p] = theta[n] base[p], so dL/dtheta[n] = sum over p of g[n, p] base[p]'.
sl_status sl_grad_AffineGrid(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  sl_node at = sweep->graph->nodes[node];
  sl_value_id g = sl_sweep_grad(sweep, at.outputs[0]);
  if (g == 0 || !sl_rule_wants(sweep, &at, 0)) return SL_OK;
  const sl_type grid = *sl_type_of(sweep, g);
  int32_t spatial = grid.rank - 2;
  int64_t points = 1;
  for (int32_t i = 0; i < spatial; i++) {
    int64_t size = sl_rule_fixed(&grid, i + 1);
    if (size <= 0) return sl_sweep_refuse(sweep, node, err, "its sizes depend on the input");
    points *= size;
  }
  bool align = sl_node_int(&at, "align_corners", 0) != 0;
  double *base = base_points(sweep, &grid, spatial, align, points);
  sl_value_id matrix =
      sl_emit_numbers(sweep, grid.element, 2, (const int64_t[]){points, spatial + 1}, base);
  sl_dim flat[3] = {grid.dims[0], SL_DIM(points), SL_DIM(spatial)};
  sl_value_id rows = sl_emit_reshape(sweep, g, flat, 3);
  rows = sl_emit_transpose(sweep, rows, (const int64_t[]){0, 2, 1}, 3);
  sl_sweep_add(sweep, at.inputs[0], sl_emit_matmul(sweep, rows, matrix));
  return SL_OK;
}
