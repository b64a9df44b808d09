// SPDX-License-Identifier: Apache-2.0
// Weighted linear fits: least squares, ridge and lasso, with an intercept.
#ifndef SL_ATTRIB_LINEAR_FIT_H
#define SL_ATTRIB_LINEAR_FIT_H

#include "base/arena.h"

typedef enum sl_fit_penalty {
  SL_FIT_LASSO = 0,  // sum w (y - x b - c)^2 / (2 sum w) + penalty * |b|_1
  SL_FIT_RIDGE       // sum w (y - x b - c)^2 + penalty * |b|^2; least squares with penalty 0
} sl_fit_penalty;

typedef struct sl_fit_data {
  int64_t rows, columns;
  const uint8_t *x;  // [rows * columns]: 0 or 1
  const double *y, *weights;
} sl_fit_data;

// b[columns]; the objectives are those of scikit-learn. SL_E_ARG when least squares has no single
// answer: fewer rows than unknowns, or columns that say the same.
SL_MUST_CHECK sl_status sl_linear_fit(const sl_fit_data *data, sl_fit_penalty kind, double penalty,
                                      double *b, sl_error *err);

#endif
