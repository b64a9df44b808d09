// SPDX-License-Identifier: Apache-2.0
// The system of linear equations of missing places, by conjugate gradients.
//
// Invariant: known places never change. Start at sl_linear_impute().
#include "attrib/linear_impute.h"

#include <string.h>

typedef struct gaps {
  const uint8_t *known;
  int64_t height, width;
} gaps;

// out = sum over neighbours of weight * (x[place] - x[neighbour]) at missing places, 0 at others.
static void apply(const gaps *g, const double *x, double *out) {
  for (int64_t at = 0; at < g->height * g->width; at++) {
    int64_t y = at / g->width, z = at % g->width;
    out[at] = 0;
    for (int k = 0; k < 9 && !g->known[at]; k++) {
      int64_t dy = k / 3 - 1, dx = k % 3 - 1;
      int outside = y + dy < 0 || y + dy >= g->height || z + dx < 0 || z + dx >= g->width;
      if (outside || k == 4) continue;
      double weight = dy == 0 || dx == 0 ? 1.0 / 6 : 1.0 / 12;
      out[at] += weight * (x[at] - x[at + dy * g->width + dx]);
    }
  }
}

static double product(const double *a, const double *b, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

void sl_linear_impute(double *image, const uint8_t *known, int64_t height, int64_t width) {
  enum { ROUNDS_MAX = 2000 };
  gaps g = {known, height, width};
  int64_t count = height * width;
  sl_arena *scratch = sl_arena_new(NULL, "impute");
  double *rest = SL_NEW_ARRAY(scratch, double, count), *way = SL_NEW_ARRAY(scratch, double, count);
  double *step = SL_NEW_ARRAY(scratch, double, count), mean = 0, seen = 0;
  for (int64_t i = 0; i < count; i++) mean += known[i] ? image[i] : 0, seen += known[i];
  for (int64_t i = 0; i < count; i++)
    if (!known[i]) image[i] = seen > 0 ? mean / seen : 0;
  apply(&g, image, rest);
  for (int64_t i = 0; i < count; i++) way[i] = rest[i] = -rest[i];
  double size = product(rest, rest, count), goal = 1e-18 * size;
  for (int round = 0; round < ROUNDS_MAX && seen > 0 && size > goal; round++) {
    apply(&g, way, step);
    double part = size / product(way, step, count);
    for (int64_t i = 0; i < count; i++) image[i] += part * way[i], rest[i] -= part * step[i];
    double next = product(rest, rest, count);
    for (int64_t i = 0; i < count; i++) way[i] = rest[i] + next / size * way[i];
    size = next;
  }
  sl_arena_free(scratch);
}
