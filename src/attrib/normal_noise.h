// SPDX-License-Identifier: Apache-2.0
// Normal noise that depends on a seed, a sample and a copy only: whatever the batch, the same.
#ifndef SL_ATTRIB_NORMAL_NOISE_H
#define SL_ATTRIB_NORMAL_NOISE_H

#include "base/hash.h"

// The numbers of one copy of one sample.
sl_random sl_noise_start(uint64_t seed, int64_t sample, int64_t copy);
// out[i] = x[i] + stdev * standard normal (Box, Muller 1958: both numbers of a pair are used).
void sl_noise_add(sl_random *random, const float *x, double stdev, int64_t count, float *out);

#endif
