// SPDX-License-Identifier: Apache-2.0
// Segmentation by a graph of neighbours.
//
// Invariant: labels are numbered by the first place of their segment's tree root, without gaps.
#include "attrib/segments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct edge {
  double cost;
  int32_t a, b;
} edge;

typedef struct forest {
  int32_t *parent;
  int64_t *size;
  double *inner;  // largest cost inside a segment
} forest;

static int by_cost(const void *x, const void *y) {
  const edge *a = x, *b = y;
  if (a->cost != b->cost) return a->cost < b->cost ? -1 : 1;
  if (a->a != b->a) return a->a < b->a ? -1 : 1;
  return a->b < b->b ? -1 : a->b > b->b;
}

static int32_t root_of(forest *f, int32_t at) {
  while (f->parent[at] != at) {
    f->parent[at] = f->parent[f->parent[at]];
    at = f->parent[at];
  }
  return at;
}

static void join(forest *f, int32_t a, int32_t b, double cost) {
  int32_t root = a < b ? a : b, child = a < b ? b : a;
  f->parent[child] = root;
  f->size[root] += f->size[child];
  f->inner[root] = cost;
}

// ---- blur ---------------------------------------------------------------------------------------

// d c b a | a b c d | d c b a
static int64_t reflect(int64_t at, int64_t count) {
  int64_t period = 2 * count;
  at = ((at % period) + period) % period;
  return at < count ? at : period - 1 - at;
}

static void blur_lines(const double *from, double *to, const double *kernel, int64_t radius,
                       int64_t lines, int64_t line_step, int64_t count, int64_t step) {
  for (int64_t l = 0; l < lines; l++)
    for (int64_t i = 0; i < count; i++) {
      double sum = 0;
      for (int64_t k = -radius; k <= radius; k++)
        sum += kernel[k + radius] * from[l * line_step + reflect(i + k, count) * step];
      to[l * line_step + i * step] = sum;
    }
}

static void blur_plane(sl_arena *scratch, double *plane, int64_t height, int64_t width,
                       double sigma) {
  if (sigma <= 0) return;
  int64_t radius = (int64_t)(4 * sigma + 0.5);
  double *kernel = SL_NEW_ARRAY(scratch, double, 2 * radius + 1), total = 0;
  double *other = SL_NEW_ARRAY(scratch, double, height *width);
  for (int64_t i = -radius; i <= radius; i++)
    total += kernel[i + radius] = exp(-0.5 * (double)(i * i) / (sigma * sigma));
  for (int64_t i = 0; i <= 2 * radius; i++) kernel[i] /= total;
  blur_lines(plane, other, kernel, radius, width, 1, height, width);
  blur_lines(other, plane, kernel, radius, height, width, width, 1);
}

// ---- edges --------------------------------------------------------------------------------------

static int64_t list_edges(const double *image, int64_t planes, int64_t height, int64_t width,
                          edge *edges) {
  static const int64_t steps[4][2] = {{0, 1}, {1, 0}, {1, 1}, {-1, 1}};
  int64_t count = 0, places = height * width;
  for (int64_t s = 0; s < 4; s++)
    for (int64_t at = 0; at < places; at++) {
      int64_t y = at / width + steps[s][0], x = at % width + steps[s][1];
      if (y < 0 || y >= height || x >= width) continue;
      int64_t other = y * width + x;
      double sum = 0;
      for (int64_t p = 0; p < planes; p++) {
        double d = image[p * places + at] - image[p * places + other];
        sum += d * d;
      }
      edges[count++] = (edge){.cost = sqrt(sum), .a = (int32_t)at, .b = (int32_t)other};
    }
  return count;
}

static void grow(forest *f, const edge *edges, int64_t count, double scale) {
  for (int64_t e = 0; e < count; e++) {
    int32_t a = root_of(f, edges[e].a), b = root_of(f, edges[e].b);
    if (a == b) continue;
    double room_a = f->inner[a] + scale / (double)f->size[a];
    double room_b = f->inner[b] + scale / (double)f->size[b];
    if (edges[e].cost < fmin(room_a, room_b)) join(f, a, b, edges[e].cost);
  }
}

static void absorb_small(forest *f, const edge *edges, int64_t count, int64_t pixels_min) {
  for (int64_t e = 0; e < count; e++) {
    int32_t a = root_of(f, edges[e].a), b = root_of(f, edges[e].b);
    if (a != b && (f->size[a] < pixels_min || f->size[b] < pixels_min))
      join(f, a, b, edges[e].cost);
  }
}

int64_t sl_segments_felzenszwalb(const double *image, int64_t planes, int64_t height, int64_t width,
                                 const sl_segment_params *params, int32_t *labels) {
  int64_t places = height * width, count = 0;
  sl_arena *scratch = sl_arena_new(NULL, "segments");
  double *smooth = SL_NEW_ARRAY(scratch, double, planes *places);
  memcpy(smooth, image, (size_t)(planes * places) * sizeof *smooth);
  for (int64_t p = 0; p < planes; p++)
    blur_plane(scratch, smooth + p * places, height, width, params->sigma);
  edge *edges = SL_NEW_ARRAY(scratch, edge, 4 * places);
  int64_t edge_count = list_edges(smooth, planes, height, width, edges);
  qsort(edges, (size_t)edge_count, sizeof *edges, by_cost);
  forest f = {.parent = SL_NEW_ARRAY(scratch, int32_t, places),
              .size = SL_NEW_ARRAY(scratch, int64_t, places),
              .inner = SL_NEW_ARRAY(scratch, double, places)};
  for (int64_t i = 0; i < places; i++) {
    f.parent[i] = (int32_t)i;
    f.size[i] = 1;
  }
  grow(&f, edges, edge_count, params->scale / 255);
  absorb_small(&f, edges, edge_count, params->pixels_min);
  // A root is the first place of its segment, so its label is there when others ask.
  for (int64_t i = 0; i < places; i++) {
    int32_t root = root_of(&f, (int32_t)i);
    labels[i] = root == i ? (int32_t)count++ : labels[root];
  }
  sl_arena_free(scratch);
  return count;
}

// ---- dilation -----------------------------------------------------------------------------------

typedef struct stamps {
  int64_t height, width, radius;
  int32_t *at;  // the last label that reached a place, plus 1
} stamps;

// Adds what is near a place and was not reached yet; `out` NULL only counts.
static int64_t reach(stamps *s, int32_t label, int64_t place, int32_t *out) {
  int64_t count = 0, y0 = place / s->width, x0 = place % s->width;
  for (int64_t y = y0 - s->radius; y <= y0 + s->radius; y++)
    for (int64_t x = x0 - s->radius; x <= x0 + s->radius; x++) {
      int64_t dy = y - y0, dx = x - x0, at = y * s->width + x;
      if (y < 0 || y >= s->height || x < 0 || x >= s->width) continue;
      if (dy * dy + dx * dx > s->radius * s->radius || s->at[at] == label + 1) continue;
      s->at[at] = label + 1;
      if (out != NULL) out[count] = (int32_t)at;
      count++;
    }
  return count;
}

// Places by label, each label's together.
static int32_t *group(sl_arena *scratch, const int32_t *labels, int64_t count, int64_t places,
                      int64_t **first) {
  int64_t *start = SL_NEW_ARRAY(scratch, int64_t, count + 2);
  int32_t *grouped = SL_NEW_ARRAY(scratch, int32_t, places);
  for (int64_t i = 0; i < places; i++) start[labels[i] + 2]++;
  for (int64_t k = 2; k <= count + 1; k++) start[k] += start[k - 1];
  for (int64_t i = 0; i < places; i++) grouped[start[labels[i] + 1]++] = (int32_t)i;
  *first = start;
  return grouped;
}

void sl_segments_dilated(sl_arena *arena, const int32_t *labels, int64_t count, int64_t height,
                         int64_t width, int64_t radius, sl_place_sets *out) {
  int64_t places = height * width, *first;
  sl_arena *scratch = sl_arena_new(NULL, "dilation");
  int32_t *grouped = group(scratch, labels, count, places, &first);
  stamps s = {.height = height,
              .width = width,
              .radius = radius,
              .at = SL_NEW_ARRAY(scratch, int32_t, places)};
  *out = (sl_place_sets){.count = count, .first = SL_NEW_ARRAY(arena, int64_t, count + 1)};
  for (int64_t k = 0; k < count; k++) {
    out->first[k + 1] = out->first[k];
    for (int64_t i = first[k]; i < first[k + 1]; i++)
      out->first[k + 1] += reach(&s, (int32_t)k, grouped[i], NULL);
  }
  out->places = SL_NEW_ARRAY(arena, int32_t, out->first[count] + 1);
  memset(s.at, 0, (size_t)places * sizeof *s.at);
  for (int64_t k = 0; k < count; k++) {
    int64_t at = out->first[k];
    for (int64_t i = first[k]; i < first[k + 1]; i++)
      at += reach(&s, (int32_t)k, grouped[i], out->places + at);
  }
  sl_arena_free(scratch);
}
