// SPDX-License-Identifier: Apache-2.0
// Normal noise.
#include "attrib/normal_noise.h"

#include <math.h>
#include <string.h>

sl_random sl_noise_start(uint64_t seed, int64_t sample, int64_t copy) {
  sl_random random = {seed};
  random.state = sl_random_next(&random) + (uint64_t)sample;
  random.state = sl_random_next(&random) + (uint64_t)copy;
  return random;
}

void sl_noise_add(sl_random *random, const float *x, double stdev, int64_t count, float *out) {
  if (stdev == 0) {
    memcpy(out, x, (size_t)count * sizeof *out);
    return;
  }
  for (int64_t i = 0; i < count; i += 2) {
    double radius = stdev * sqrt(-2 * log(1 - sl_random_unit(random)));
    double angle = 2 * M_PI * sl_random_unit(random);
    out[i] = (float)((double)x[i] + radius * cos(angle));
    if (i + 1 < count) out[i + 1] = (float)((double)x[i + 1] + radius * sin(angle));
  }
}
