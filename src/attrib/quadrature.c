// SPDX-License-Identifier: Apache-2.0
// Quadrature rules.
#include "attrib/quadrature.h"

#include <math.h>

const sl_choice sl_quadrature_choices[] = {
    {"gauss_legendre", "most exact for smooth paths"},
    {"riemann_middle", "equal steps, their middles"},
    {"riemann_left", "equal steps, their left ends"},
    {"riemann_right", "equal steps, their right ends"},
    {"riemann_trapezoid", "equal steps, both ends with half the weight"},
    {0}};

// Value of the Legendre polynomial of degree n at x; *slope is its derivative.
static double legendre(int64_t n, double x, double *slope) {
  double before = 1, now = x;
  for (int64_t k = 2; k <= n; k++) {
    double next = ((double)(2 * k - 1) * x * now - (double)(k - 1) * before) / (double)k;
    before = now;
    now = next;
  }
  *slope = (double)n * (x * now - before) / (x * x - 1);
  return now;
}

static void gauss_legendre(int64_t n, double *nodes, double *weights) {
  for (int64_t i = 0; i < n; i++) {
    double x = cos(M_PI * ((double)i + 0.75) / ((double)n + 0.5)), slope = 1;
    for (int step = 0; step < 64; step++) {
      double delta = legendre(n, x, &slope) / slope;
      x -= delta;
      if (fabs(delta) < 1e-15) break;
    }
    legendre(n, x, &slope);
    nodes[n - 1 - i] = (x + 1) / 2;
    weights[n - 1 - i] = 1 / ((1 - x * x) * slope * slope);
  }
}

void sl_quadrature_points(sl_quadrature rule, int64_t count, double *nodes, double *weights) {
  if (rule == SL_QUADRATURE_GAUSS_LEGENDRE && count > 1) {
    gauss_legendre(count, nodes, weights);
    return;
  }
  double n = (double)count;
  for (int64_t i = 0; i < count; i++) {
    weights[i] = 1 / n;
    switch (rule) {
      case SL_QUADRATURE_LEFT:
        nodes[i] = (double)i / n;
        break;
      case SL_QUADRATURE_RIGHT:
        nodes[i] = (double)(i + 1) / n;
        break;
      case SL_QUADRATURE_TRAPEZOID:
        nodes[i] = count > 1 ? (double)i / (n - 1) : 0.5;
        weights[i] = count > 1 ? (i == 0 || i == count - 1 ? 0.5 : 1) / (n - 1) : 1;
        break;
      default:
        nodes[i] = ((double)i + 0.5) / n;
    }
  }
}
