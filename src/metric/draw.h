// SPDX-License-Identifier: Apache-2.0
// Random draws for resampling; private to src/metric.
//
// Invariant: what is drawn depends on the generator's state alone. Start at sl_draw_resample().
#ifndef SL_METRIC_DRAW_H
#define SL_METRIC_DRAW_H

#include <stdint.h>

#include "base/hash.h"

// A generator for resample `index` of a bootstrap with `seed`.
sl_random sl_draw_start(uint64_t seed, uint64_t index);

// A draw from Binomial(n, p); costs a multiple of its standard deviation.
int64_t sl_draw_binomial(sl_random *random, int64_t n, double p);

// Draws `count` of `count` samples with replacement: times[i] says how often i came. (A sample that
// comes more than 255 times of more than 255 is too unlikely ever to be seen.)
void sl_draw_resample(sl_random *random, int64_t count, uint8_t *times);

#endif
