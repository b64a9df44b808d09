// SPDX-License-Identifier: Apache-2.0
// Small statistics: intervals and tests of rates, quantiles, correction for many tests.
//
// Plain functions of numbers; nothing is kept. p-values are two-sided unless a name says otherwise.
#ifndef SL_METRIC_STATS_H
#define SL_METRIC_STATS_H

#include <stddef.h>
#include <stdint.h>

typedef struct sl_interval {
  double low, high;
} sl_interval;

double sl_stats_normal_cdf(double z);
double sl_stats_normal_quantile(double p);  // inverse of the above; -inf at 0, inf at 1

// Score interval of `successes` of `trials` at `level` such as 0.95 (Wilson 1927); (NaN, NaN)
// without trials.
sl_interval sl_stats_wilson(int64_t successes, int64_t trials, double level);

// P(X = k) and P(X <= k) for X ~ Binomial(n, p) (Loader 2000, saddle-point form).
double sl_stats_binomial_pmf(int64_t k, int64_t n, double p);
double sl_stats_binomial_cdf(int64_t k, int64_t n, double p);

// Sign test of `a` against `b` discordant pairs: exact, mid-p (Fagerland, Lydersen & Laake 2013),
// and the one-sided p of seeing `a` or more of them.
double sl_stats_mcnemar_exact(int64_t a, int64_t b);
double sl_stats_mcnemar_mid(int64_t a, int64_t b);
double sl_stats_sign_one_sided(int64_t a, int64_t b);

// Is successes_a / trials_a different from successes_b / trials_b? z: pooled normal test. Fisher:
// exact, sums the tables that are no more likely than the one seen (Fisher 1935); costs the number
// of possible tables.
double sl_stats_two_proportion_z(int64_t successes_a, int64_t trials_a, int64_t successes_b,
                                 int64_t trials_b);
double sl_stats_fisher(int64_t successes_a, int64_t trials_a, int64_t successes_b,
                       int64_t trials_b);

// Adjusted p-values (Benjamini & Hochberg 1995) in place of `p`; NaN entries stay and do not count.
// `scratch` holds `count` indices.
void sl_stats_benjamini_hochberg(double *p, int64_t *scratch, int64_t count);

void sl_stats_sort(double *values, size_t count);  // ascending, NaN last

// Quantile `q` of ascending values by linear interpolation (Hyndman & Fan 1996, type 7; NumPy's
// default); NaN when there are none.
double sl_stats_quantile(const double *sorted, size_t count, double q);

#endif
