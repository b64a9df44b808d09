// SPDX-License-Identifier: Apache-2.0
// Principal directions.
#include "attrib/principal.h"

#include <math.h>

enum { ROUNDS_MAX = 20000 };

static double length_of(const double *x, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; i++) sum += x[i] * x[i];
  return sqrt(sum);
}

static void multiply(const double *matrix, int64_t n, double shift, const double *x, double *y) {
  for (int64_t i = 0; i < n; i++) {
    double sum = shift * x[i];
    for (int64_t j = 0; j < n; j++) sum += matrix[i * n + j] * x[j];
    y[i] = sum;
  }
}

// The eigenvalue of largest magnitude of matrix + shift, less the shift.
static double iterate(const double *matrix, int64_t n, double shift, double *x, double *y) {
  double value = 0;
  for (int64_t i = 0; i < n; i++) x[i] = 1 + 0.5 * sin((double)i);
  double size = length_of(x, n);
  for (int64_t i = 0; i < n; i++) x[i] /= size;
  for (int round = 0; round < ROUNDS_MAX; round++) {
    multiply(matrix, n, shift, x, y);
    double dot = 0, change = 0;
    for (int64_t i = 0; i < n; i++) dot += x[i] * y[i];
    size = length_of(y, n);
    value = dot;
    if (size == 0) break;
    double sign = dot < 0 ? -1 : 1;
    for (int64_t i = 0; i < n; i++) {
      double next = sign * y[i] / size;
      change = fmax(change, fabs(next - x[i]));
      x[i] = next;
    }
    if (change < 1e-12) break;
  }
  return value - shift;
}

static void point_up(double *x, int64_t n) {
  double top = 0;
  for (int64_t i = 0; i < n; i++)
    if (fabs(x[i]) > fabs(top)) top = x[i];
  for (int64_t i = 0; top < 0 && i < n; i++) x[i] = -x[i];
}

double sl_principal_eigen(sl_arena *scratch, const double *matrix, int64_t n, double *vector) {
  double *y = SL_NEW_ARRAY(scratch, double, n);
  double value = iterate(matrix, n, 0, vector, y);
  // A negative one of largest magnitude hides the largest.
  if (value < 0) value = iterate(matrix, n, -value, vector, y);
  point_up(vector, n);
  return value;
}

static void centre(double *rows, int64_t row_count, int64_t column_count) {
  for (int64_t c = 0; c < column_count; c++) {
    double sum = 0;
    for (int64_t r = 0; r < row_count; r++) sum += rows[r * column_count + c];
    for (int64_t r = 0; r < row_count; r++) rows[r * column_count + c] -= sum / (double)row_count;
  }
}

// rows rows' or rows' rows, whichever is smaller.
static double *gram(sl_arena *scratch, const double *rows, int64_t row_count,
                    int64_t column_count) {
  int by_rows = row_count <= column_count;
  int64_t n = by_rows ? row_count : column_count, inner = by_rows ? column_count : row_count;
  int64_t outer_step = by_rows ? column_count : 1, inner_step = by_rows ? 1 : column_count;
  double *out = SL_NEW_ARRAY(scratch, double, n *n);
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = i; j < n; j++) {
      double sum = 0;
      for (int64_t k = 0; k < inner; k++)
        sum += rows[i * outer_step + k * inner_step] * rows[j * outer_step + k * inner_step];
      out[i * n + j] = out[j * n + i] = sum;
    }
  return out;
}

void sl_principal_scores(sl_arena *scratch, double *rows, int64_t row_count, int64_t column_count,
                         double *scores) {
  centre(rows, row_count, column_count);
  double *matrix = gram(scratch, rows, row_count, column_count);
  if (row_count <= column_count) {
    double value = sl_principal_eigen(scratch, matrix, row_count, scores);
    for (int64_t r = 0; r < row_count; r++) scores[r] *= sqrt(fmax(value, 0));
  } else {
    double *direction = SL_NEW_ARRAY(scratch, double, column_count);
    sl_principal_eigen(scratch, matrix, column_count, direction);
    for (int64_t r = 0; r < row_count; r++) {
      scores[r] = 0;
      for (int64_t c = 0; c < column_count; c++)
        scores[r] += rows[r * column_count + c] * direction[c];
    }
  }
  point_up(scores, row_count);
}
