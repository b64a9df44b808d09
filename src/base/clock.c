// SPDX-License-Identifier: Apache-2.0
// Clocks of the operating system.
#include "base/clock.h"

#include <time.h>

int64_t sl_clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t sl_clock_utc_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

void sl_clock_text(int64_t utc_ms, char out[32]) {
  time_t seconds = (time_t)(utc_ms / 1000);
  struct tm parts;
  gmtime_r(&seconds, &parts);
  strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}
