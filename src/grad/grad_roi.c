// SPDX-License-Identifier: Apache-2.0
// Gradient of RoiAlign to the feature map.
//
// Each cell of a region is the mean of samples, each sample a weighted sum of four pixels. The
// gradient spreads dL/dcell over these pixels with the same weights. Boxes count as constant. Only
// the mean with a fixed number of samples is known: an adaptive number depends on the boxes.
//
// Invariant: samples of an axis are [R, cells * samples], R regions; pixels are the last but one
// axis of what is added, channels the last. Start at sl_grad_RoiAlign().
#include <string.h>

#include "grad/grad_parts.h"

typedef struct roi_axis {
  int64_t size, cells, samples;  // pixels, cells, cells * samples per cell
  sl_value_id place[2];          // int64[R, samples]
  sl_value_id weight[2];         // [R, samples]
} roi_axis;

typedef struct roi {
  sl_node node;
  sl_dim regions;
  int64_t channels, per_cell;
  roi_axis y, x;
} roi;

static sl_value_id clip(sl_sweep *sweep, sl_value_id x, double low, double high) {
  sl_value_id inputs[3] = {x, sl_emit_number(sweep, x, low), sl_emit_number(sweep, x, high)};
  sl_value_id y = sl_emit(sweep, "Clip", inputs, 3);
  sl_emit_type_of(sweep, y, x);
  return y;
}

// Column `which` of the boxes, in pixels of the map, [R, 1].
static sl_value_id edge(sl_sweep *sweep, const roi *r, int64_t which) {
  const char *mode =
      sl_node_string(sweep->scratch, &r->node, "coordinate_transformation_mode", "half_pixel");
  double scale = sl_node_float(&r->node, "spatial_scale", 1);
  int64_t axis = 1, end = which + 1;
  sl_value_id column = sl_emit_slice(sweep, r->node.inputs[1], &which, &end, &axis, 1);
  column = sl_emit_scale(sweep, column, scale);
  return strcmp(mode, "half_pixel") == 0 ? sl_emit_shift(sweep, column, -0.5) : column;
}

// Where the samples lie: begin + (cell + (i + 1/2) / per_cell) * length / cells.
static sl_value_id samples_of(sl_sweep *sweep, const roi *r, const roi_axis *axis, int64_t first) {
  const char *mode =
      sl_node_string(sweep->scratch, &r->node, "coordinate_transformation_mode", "half_pixel");
  sl_value_id begin = edge(sweep, r, first), end = edge(sweep, r, first + 2);
  sl_value_id length = sl_emit_sub(sweep, end, begin);
  if (strcmp(mode, "half_pixel") != 0) {
    sl_value_id least = sl_emit2(sweep, "Max", length, sl_emit_number(sweep, length, 1));
    sl_emit_type_of(sweep, least, length);
    length = least;
  }
  double *parts = SL_NEW_ARRAY(sweep->scratch, double, axis->samples);
  for (int64_t i = 0; i < axis->samples; i++)
    parts[i] = ((double)i + 0.5) / (double)(r->per_cell * axis->cells);
  int64_t dims[2] = {1, axis->samples};
  sl_value_id offsets = sl_emit_numbers(sweep, sl_type_of(sweep, length)->element, 2, dims, parts);
  return sl_emit_add(sweep, begin, sl_emit_mul(sweep, length, offsets));
}

// The two pixels of each sample; samples more than one pixel outside count for nothing.
static void find_pixels(sl_sweep *sweep, sl_value_id at, roi_axis *axis) {
  int32_t element = sl_type_of(sweep, at)->element;
  sl_value_id inside = sl_emit_mul(
      sweep,
      sl_emit_cast(sweep,
                   sl_rule_compare(sweep, "GreaterOrEqual", at, sl_emit_number(sweep, at, -1)),
                   element),
      sl_emit_cast(
          sweep,
          sl_rule_compare(sweep, "LessOrEqual", at, sl_emit_number(sweep, at, (double)axis->size)),
          element));
  sl_value_id within = clip(sweep, at, 0, (double)(axis->size - 1));
  sl_value_id low = sl_emit1(sweep, "Floor", within);
  sl_emit_type_of(sweep, low, at);
  sl_value_id part = sl_emit_sub(sweep, within, low);
  sl_value_id high = clip(sweep, sl_emit_shift(sweep, low, 1), 0, (double)(axis->size - 1));
  axis->place[0] = sl_emit_cast(sweep, low, SL_ELEMENT_I64);
  axis->place[1] = sl_emit_cast(sweep, high, SL_ELEMENT_I64);
  axis->weight[1] = sl_emit_mul(sweep, part, inside);
  axis->weight[0] = sl_emit_sub(sweep, inside, axis->weight[1]);
}

// a[R, samples of y] op b[R, samples of x] for the four pixels, as [R, 4 * samples, 1].
static sl_value_id combined(sl_sweep *sweep, const roi *r, const sl_value_id *a,
                            const sl_value_id *b, int is_weight) {
  sl_value_id parts[4];
  int64_t both = r->y.samples * r->x.samples;
  sl_dim rows[3] = {r->regions, SL_DIM(r->y.samples), SL_DIM(1)};
  sl_dim columns[3] = {r->regions, SL_DIM(1), SL_DIM(r->x.samples)};
  sl_dim flat[3] = {r->regions, SL_DIM(both), SL_DIM(1)};
  for (int32_t i = 0; i < 4; i++) {
    sl_value_id row = sl_emit_reshape(sweep, a[i / 2], rows, 3);
    sl_value_id column = sl_emit_reshape(sweep, b[i % 2], columns, 3);
    sl_value_id all = is_weight ? sl_emit_mul(sweep, row, column) : sl_emit_add(sweep, row, column);
    parts[i] = sl_emit_reshape(sweep, all, flat, 3);
  }
  return sl_emit_concat(sweep, parts, 4, 1);
}

// int64[R, 4 * samples, 2]: the image of the region, and the pixel.
static sl_value_id places_of(sl_sweep *sweep, roi *r) {
  sl_value_id rows[2];
  sl_value_id width = sl_emit_constant(sweep, SL_ELEMENT_I64, 0, NULL, &r->x.size);
  for (int32_t i = 0; i < 2; i++) rows[i] = sl_emit_mul(sweep, r->y.place[i], width);
  sl_value_id pixels = combined(sweep, r, rows, r->x.place, 0);
  sl_dim dims[3] = {r->regions, SL_DIM(1), SL_DIM(1)};
  sl_value_id images = sl_emit_reshape(sweep, r->node.inputs[2], dims, 3);
  sl_value_id pair[2] = {sl_emit_expand_like(sweep, images, pixels), pixels};
  return sl_emit_concat(sweep, pair, 2, 2);
}

// dL/dcell of every sample, [R, 4 * samples, C].
static sl_value_id spread(sl_sweep *sweep, const roi *r, sl_value_id g) {
  int64_t each = r->per_cell, repeat[6] = {1, 1, each, 1, each, 1};
  double *shares = SL_NEW_ARRAY(sweep->scratch, double, each *each);
  for (int64_t i = 0; i < each * each; i++) shares[i] = 1.0 / (double)(each * each);
  sl_value_id last = sl_emit_transpose(sweep, g, (const int64_t[]){0, 2, 3, 1}, 4);
  sl_dim cells[6] = {r->regions,         SL_DIM(r->y.cells), SL_DIM(1),
                     SL_DIM(r->x.cells), SL_DIM(1),          SL_DIM(r->channels)};
  last = sl_emit_reshape(sweep, last, cells, 6);
  int32_t element = sl_type_of(sweep, g)->element;
  last = sl_emit_mul(sweep, last, sl_emit_numbers(sweep, element, 6, repeat, shares));
  sl_dim flat[3] = {r->regions, SL_DIM(r->y.samples * r->x.samples), SL_DIM(r->channels)};
  last = sl_emit_reshape(sweep, last, flat, 3);
  return sl_emit_concat(sweep, (sl_value_id[]){last, last, last, last}, 4, 1);
}

static sl_value_id to_map(sl_sweep *sweep, roi *r, sl_value_id g) {
  const sl_type map = *sl_type_of(sweep, r->node.inputs[0]);
  sl_value_id weights = combined(sweep, r, r->y.weight, r->x.weight, 1);
  sl_value_id updates = sl_emit_mul(sweep, spread(sweep, r, g), weights);
  sl_dim dims[3] = {map.dims[0], SL_DIM(r->y.size * r->x.size), map.dims[1]};
  sl_value_id zeros = sl_emit_zeros_like(sweep, r->node.inputs[0]);
  zeros = sl_emit_reshape(sweep, zeros, dims, 3);
  sl_value_id sums = sl_emit3(sweep, "ScatterND", zeros, places_of(sweep, r), updates);
  sl_graph_set_string(sweep->graph, sl_emitted(sweep), "reduction", "add");
  sl_emit_type_of(sweep, sums, zeros);
  sums = sl_emit_transpose(sweep, sums, (const int64_t[]){0, 2, 1}, 3);
  return sl_emit_reshape(sweep, sums, map.dims, 4);
}

sl_status sl_grad_RoiAlign(sl_sweep *sweep, sl_node_id node, sl_error *err) {
  roi r = {.node = sweep->graph->nodes[node]};
  sl_value_id g = sl_sweep_grad(sweep, r.node.outputs[0]);
  if (g == 0 || !sl_rule_wants(sweep, &r.node, 0)) return SL_OK;
  r.per_cell = sl_node_int(&r.node, "sampling_ratio", 0);
  if (strcmp(sl_node_string(sweep->scratch, &r.node, "mode", "avg"), "avg") != 0)
    return sl_sweep_refuse(sweep, node, err, "it takes the largest sample, whose place is unknown");
  if (r.per_cell <= 0)
    return sl_sweep_refuse(sweep, node, err,
                           "the number of samples depends on the boxes; export it with a "
                           "sampling_ratio");
  const sl_type map = *sl_type_of(sweep, r.node.inputs[0]), out = *sl_type_of(sweep, g);
  r.regions = out.dims[0];
  r.channels = sl_rule_fixed(&map, 1);
  r.y = (roi_axis){.size = sl_rule_fixed(&map, 2), .cells = sl_rule_fixed(&out, 2)};
  r.x = (roi_axis){.size = sl_rule_fixed(&map, 3), .cells = sl_rule_fixed(&out, 3)};
  if (r.channels <= 0 || r.y.size <= 0 || r.x.size <= 0 || r.y.cells <= 0 || r.x.cells <= 0)
    return sl_sweep_refuse(sweep, node, err, "its sizes depend on the input");
  sl_sweep_note(sweep, "the boxes of RoiAlign count as constant");
  r.y.samples = r.y.cells * r.per_cell;
  r.x.samples = r.x.cells * r.per_cell;
  find_pixels(sweep, samples_of(sweep, &r, &r.y, 1), &r.y);
  find_pixels(sweep, samples_of(sweep, &r, &r.x, 0), &r.x);
  sl_sweep_add(sweep, r.node.inputs[0], to_map(sweep, &r, g));
  return SL_OK;
}
