// SPDX-License-Identifier: Apache-2.0
// Fits by their normal equations: columns are few, rows many.
//
// Invariant: columns and y are centred by their weighted means first, so that the intercept drops
// out. Start at sl_linear_fit().
#include "attrib/linear_fit.h"

#include <math.h>

typedef struct normal {
  int64_t n;
  double *gram;  // [n * n]
  double *side;  // [n]
  double total;  // of the weights
} normal;

static void weighted_means(const sl_fit_data *d, double total, double *means, double *y_mean) {
  *y_mean = 0;
  for (int64_t i = 0; i < d->rows; i++) {
    double w = d->weights[i] / total;
    *y_mean += w * d->y[i];
    for (int64_t j = 0; j < d->columns; j++) means[j] += w * (double)d->x[i * d->columns + j];
  }
}

static void add_row(normal *m, const double *x, double y, double weight) {
  for (int64_t j = 0; j < m->n; j++) {
    m->side[j] += weight * x[j] * y;
    for (int64_t k = 0; k <= j; k++) m->gram[j * m->n + k] += weight * x[j] * x[k];
  }
}

static normal make_normal(sl_arena *scratch, const sl_fit_data *d) {
  normal m = {.n = d->columns,
              .gram = SL_NEW_ARRAY(scratch, double, d->columns * d->columns + 1),
              .side = SL_NEW_ARRAY(scratch, double, d->columns + 1)};
  double *means = SL_NEW_ARRAY(scratch, double, d->columns + 1);
  double *row = SL_NEW_ARRAY(scratch, double, d->columns + 1), y_mean;
  for (int64_t i = 0; i < d->rows; i++) m.total += d->weights[i];
  weighted_means(d, m.total, means, &y_mean);
  for (int64_t i = 0; i < d->rows; i++) {
    for (int64_t j = 0; j < m.n; j++) row[j] = (double)d->x[i * m.n + j] - means[j];
    add_row(&m, row, d->y[i] - y_mean, d->weights[i]);
  }
  for (int64_t j = 0; j < m.n; j++)
    for (int64_t k = 0; k < j; k++) m.gram[k * m.n + j] = m.gram[j * m.n + k];
  return m;
}

// Cholesky, in place; b = the answer.
static sl_status solve_ridge(normal *m, double penalty, double *b, sl_error *err) {
  int64_t n = m->n;
  double *g = m->gram, top = 0;
  for (int64_t j = 0; j < n; j++) {
    g[j * n + j] += penalty;
    top = fmax(top, g[j * n + j]);
  }
  for (int64_t j = 0; j < n; j++) {
    for (int64_t k = 0; k < j; k++) g[j * n + j] -= g[j * n + k] * g[j * n + k];
    if (!(g[j * n + j] > 1e-13 * top))
      return sl_fail(err, SL_E_ARG, "the samples do not tell the %lld parts apart", (long long)n);
    g[j * n + j] = sqrt(g[j * n + j]);
    for (int64_t i = j + 1; i < n; i++) {
      for (int64_t k = 0; k < j; k++) g[i * n + j] -= g[i * n + k] * g[j * n + k];
      g[i * n + j] /= g[j * n + j];
    }
  }
  for (int64_t i = 0; i < n; i++) {
    b[i] = m->side[i];
    for (int64_t k = 0; k < i; k++) b[i] -= g[i * n + k] * b[k];
    b[i] /= g[i * n + i];
  }
  for (int64_t i = n - 1; i >= 0; i--) {
    for (int64_t k = i + 1; k < n; k++) b[i] -= g[k * n + i] * b[k];
    b[i] /= g[i * n + i];
  }
  return SL_OK;
}

static double shrink(double x, double by) { return x > by ? x - by : x < -by ? x + by : 0; }

// Cyclic coordinate descent (Friedman, Hastie, Tibshirani 2010, section 2).
static void solve_lasso(const normal *m, double penalty, double *b) {
  enum { ROUNDS_MAX = 10000 };
  double worst = 1, largest = 1;
  for (int64_t j = 0; j < m->n; j++) b[j] = 0;
  for (int round = 0; round < ROUNDS_MAX && worst > 1e-10 * largest; round++) {
    worst = largest = 0;
    for (int64_t j = 0; j < m->n; j++) {
      const double *row = m->gram + j * m->n;
      double rest = m->side[j], before = b[j];
      if (row[j] <= 0) continue;
      for (int64_t k = 0; k < m->n; k++) rest -= row[k] * b[k];
      b[j] = shrink(rest + row[j] * before, penalty * m->total) / row[j];
      worst = fmax(worst, fabs(b[j] - before));
      largest = fmax(largest, fabs(b[j]));
    }
  }
}

sl_status sl_linear_fit(const sl_fit_data *data, sl_fit_penalty kind, double penalty, double *b,
                        sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "fit");
  normal m = make_normal(scratch, data);
  sl_status status = SL_OK;
  if (!(m.total > 0))
    status = sl_fail(err, SL_E_ARG, "every sample has weight 0");
  else if (kind == SL_FIT_LASSO)
    solve_lasso(&m, penalty, b);
  else
    status = solve_ridge(&m, penalty, b, err);
  sl_arena_free(scratch);
  return status;
}
