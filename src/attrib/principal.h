// SPDX-License-Identifier: Apache-2.0
// The first principal direction of small matrices.
#ifndef SL_ATTRIB_PRINCIPAL_H
#define SL_ATTRIB_PRINCIPAL_H

#include "base/arena.h"

// Scores of the rows on the first right singular vector of rows[row_count * column_count], whose
// columns are centred in place. The sign makes the score of largest magnitude positive.
void sl_principal_scores(sl_arena *scratch, double *rows, int64_t row_count, int64_t column_count,
                         double *scores);
// Largest eigenvalue of the symmetric matrix [n * n] and its unit vector, sign as above, by power
// iteration on a shifted matrix (Golub, Van Loan, section 8.2).
double sl_principal_eigen(sl_arena *scratch, const double *matrix, int64_t n, double *vector);

#endif
