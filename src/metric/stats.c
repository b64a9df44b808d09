// SPDX-License-Identifier: Apache-2.0
// Intervals and tests of rates, quantiles, correction for many tests; the contract is in stats.h.
//
// Invariant: probabilities are summed from their largest term outwards in linear space, so that
// relative errors stay near 1e-13 for any counts. Start at sl_stats_binomial_cdf().
#include "metric/stats.h"

#include <math.h>
#include <stdlib.h>

double sl_stats_normal_cdf(double z) { return 0.5 * erfc(-z * M_SQRT1_2); }

// Starting value by Abramowitz & Stegun 26.2.23 (error below 4.5e-4), for p <= 1/2.
static double rough_quantile(double p) {
  double t = sqrt(-2.0 * log(p));
  double numerator = 2.515517 + t * (0.802853 + t * 0.010328);
  double denominator = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  return numerator / denominator - t;
}

double sl_stats_normal_quantile(double p) {
  if (!(p >= 0.0 && p <= 1.0)) return NAN;
  if (p == 0.0) return -INFINITY;
  if (p == 1.0) return INFINITY;
  if (p > 0.5) return -sl_stats_normal_quantile(1.0 - p);
  double z = rough_quantile(p);
  for (int i = 0; i < 4; i++) {  // Halley's method; three steps reach the last bit
    double density = exp(-0.5 * z * z) / sqrt(2.0 * M_PI);
    double error = (sl_stats_normal_cdf(z) - p) / density;
    z -= error / (1.0 + 0.5 * z * error);
  }
  return z;
}

sl_interval sl_stats_wilson(int64_t successes, int64_t trials, double level) {
  if (trials <= 0) return (sl_interval){NAN, NAN};
  double z = sl_stats_normal_quantile(0.5 + 0.5 * level);
  double n = (double)trials, rate = (double)successes / n;
  double middle = rate + z * z / (2.0 * n);
  double half = z * sqrt(rate * (1.0 - rate) / n + z * z / (4.0 * n * n));
  double scale = 1.0 + z * z / n;
  sl_interval interval = {(middle - half) / scale, (middle + half) / scale};
  if (successes == 0) interval.low = 0.0;  // exact there, whatever the rounding
  if (successes == trials) interval.high = 1.0;
  return interval;
}

// What Stirling's formula leaves out of ln n!, as in Loader (2000), "Fast and accurate computation
// of binomial probabilities".
static double stirling_rest(double n) {
  if (n < 16.0) return lgamma(n + 1.0) - (n + 0.5) * log(n) + n - 0.5 * log(2.0 * M_PI);
  double nn = n * n;
  return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / nn) / nn) / nn) / nn) /
         n;
}

// x ln(x / m) + m - x without cancellation where x is near m.
static double deviance(double x, double m) {
  if (fabs(x - m) >= 0.1 * (x + m)) return x * log(x / m) + m - x;
  double v = (x - m) / (x + m), sum = (x - m) * v, term = 2.0 * x * v;
  for (int j = 1; j < 1000; j++) {
    term *= v * v;
    double next = sum + term / (2 * j + 1);
    if (next == sum) break;
    sum = next;
  }
  return sum;
}

double sl_stats_binomial_pmf(int64_t k, int64_t n, double p) {
  if (k < 0 || k > n) return 0.0;
  if (p <= 0.0) return k == 0;
  if (p >= 1.0) return k == n;
  double total = (double)n, x = (double)k;
  if (k == 0) return exp(total * log1p(-p));
  if (k == n) return exp(total * log(p));
  double rest = stirling_rest(total) - stirling_rest(x) - stirling_rest(total - x);
  double distance = deviance(x, total * p) + deviance(total - x, total * (1.0 - p));
  return exp(rest - distance) * sqrt(total / (2.0 * M_PI * x * (total - x)));
}

// Sum of P(X = i) from `k` downwards (or upwards to n), for k on that side of the mode.
static double tail(int64_t k, int64_t n, double p, int up) {
  double term = sl_stats_binomial_pmf(k, n, p), sum = term, odds = p / (1.0 - p);
  for (int64_t i = k; up ? i < n : i > 0;) {
    term *= up ? (double)(n - i) / (double)(i + 1) * odds : (double)i / (double)(n - i + 1) / odds;
    i += up ? 1 : -1;
    sum += term;
    if (term < sum * 1e-18) break;
  }
  return sum;
}

double sl_stats_binomial_cdf(int64_t k, int64_t n, double p) {
  if (k < 0) return 0.0;
  if (k >= n || p <= 0.0) return 1.0;
  if (p >= 1.0) return 0.0;
  if ((double)k < (double)(n + 1) * p) return fmin(1.0, tail(k, n, p, 0));
  return fmax(0.0, 1.0 - tail(k + 1, n, p, 1));
}

double sl_stats_mcnemar_exact(int64_t a, int64_t b) {
  return fmin(1.0, 2.0 * sl_stats_binomial_cdf(a < b ? a : b, a + b, 0.5));
}

double sl_stats_mcnemar_mid(int64_t a, int64_t b) {
  int64_t less = a < b ? a : b;
  double exact = 2.0 * sl_stats_binomial_cdf(less, a + b, 0.5);
  return fmin(1.0, exact - sl_stats_binomial_pmf(less, a + b, 0.5));
}

double sl_stats_sign_one_sided(int64_t a, int64_t b) {
  return sl_stats_binomial_cdf(b, a + b, 0.5);  // b or fewer of the others, by symmetry
}

double sl_stats_two_proportion_z(int64_t successes_a, int64_t trials_a, int64_t successes_b,
                                 int64_t trials_b) {
  if (trials_a <= 0 || trials_b <= 0) return NAN;
  double a = (double)trials_a, b = (double)trials_b;
  double pooled = (double)(successes_a + successes_b) / (a + b);
  double variance = pooled * (1.0 - pooled) * (1.0 / a + 1.0 / b);
  if (variance <= 0.0) return 1.0;
  double difference = (double)successes_a / a - (double)successes_b / b;
  return erfc(fabs(difference) / sqrt(variance) * M_SQRT1_2);
}

// One row of a 2x2 table with fixed margins: `k` successes of the first group.
typedef struct margins {
  int64_t trials_a, trials_b, successes;
} margins;

// P(k + 1) / P(k) of the hypergeometric distribution.
static double ratio_up(const margins *m, int64_t k) {
  double up = (double)(m->successes - k) * (double)(m->trials_a - k);
  return up / ((double)(k + 1) * (double)(m->trials_b - m->successes + k + 1));
}

double sl_stats_fisher(int64_t successes_a, int64_t trials_a, int64_t successes_b,
                       int64_t trials_b) {
  if (trials_a <= 0 || trials_b <= 0) return NAN;
  margins m = {trials_a, trials_b, successes_a + successes_b};
  int64_t least = m.successes > trials_b ? m.successes - trials_b : 0;
  int64_t most = m.successes < trials_a ? m.successes : trials_a;
  double mode_at = (double)(m.successes + 1) * (double)(trials_a + 1);
  int64_t mode = (int64_t)(mode_at / (double)(trials_a + trials_b + 2));
  if (mode < least) mode = least;
  if (mode > most) mode = most;
  // Terms relative to the mode; first the one seen, then all that are no more likely.
  double seen = 1.0;
  for (int64_t k = mode; k < successes_a; k++) seen *= ratio_up(&m, k);
  for (int64_t k = mode; k > successes_a; k--) seen /= ratio_up(&m, k - 1);
  double limit = seen * (1.0 + 1e-7), total = 0.0, extreme = 0.0, term = 1.0;
  for (int64_t k = mode; k <= most && term > 0.0; k++) {
    total += term;
    if (term <= limit) extreme += term;
    if (k < most) term *= ratio_up(&m, k);
  }
  term = 1.0;
  for (int64_t k = mode - 1; k >= least && term > 0.0; k--) {
    term /= ratio_up(&m, k);
    total += term;
    if (term <= limit) extreme += term;
  }
  return fmin(1.0, extreme / total);
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  if (isnan(x) || isnan(y)) return (isnan(x) != 0) - (isnan(y) != 0);
  return (x > y) - (x < y);
}

void sl_stats_sort(double *values, size_t count) {
  if (count > 1) qsort(values, count, sizeof *values, by_value);
}

static int by_p_value(const void *a, const void *b, void *context) {
  int64_t i = *(const int64_t *)a, j = *(const int64_t *)b;
  const double *p = context;
  if (p[i] != p[j]) return p[i] < p[j] ? -1 : 1;
  return (i > j) - (i < j);
}

void sl_stats_benjamini_hochberg(double *p, int64_t *scratch, int64_t count) {
  int64_t tests = 0;
  for (int64_t i = 0; i < count; i++) {
    if (!isnan(p[i])) scratch[tests++] = i;
  }
  if (tests == 0) return;
  qsort_r(scratch, (size_t)tests, sizeof *scratch, by_p_value, p);
  double least = 1.0;
  for (int64_t rank = tests; rank >= 1; rank--) {
    double *at = &p[scratch[rank - 1]];
    least = fmin(least, *at * (double)tests / (double)rank);
    *at = least;
  }
}

double sl_stats_quantile(const double *sorted, size_t count, double q) {
  if (count == 0) return NAN;
  double at = (double)(count - 1) * q;
  size_t below = (size_t)at;
  if (below + 1 >= count) return sorted[count - 1];
  double part = at - (double)below, low = sorted[below], high = sorted[below + 1];
  return part < 0.5 ? low + (high - low) * part : high - (high - low) * (1.0 - part);
}
