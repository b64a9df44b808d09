// SPDX-License-Identifier: Apache-2.0
// Points and weights on [0, 1] for integrals along a path.
#ifndef SL_ATTRIB_QUADRATURE_H
#define SL_ATTRIB_QUADRATURE_H

#include <slitlamp/row.h>

typedef enum sl_quadrature {
  SL_QUADRATURE_GAUSS_LEGENDRE = 0,
  SL_QUADRATURE_MIDDLE,
  SL_QUADRATURE_LEFT,
  SL_QUADRATURE_RIGHT,
  SL_QUADRATURE_TRAPEZOID
} sl_quadrature;
extern const sl_choice sl_quadrature_choices[];

// Weights sum to 1. Gauss-Legendre nodes by Newton's method on the Legendre polynomial (Press et
// al., Numerical Recipes, section 4.6), to double precision.
void sl_quadrature_points(sl_quadrature rule, int64_t count, double *nodes, double *weights);

#endif
