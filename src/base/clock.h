// SPDX-License-Identifier: Apache-2.0
// Time: monotonic for measuring, UTC for records.
#ifndef SL_BASE_CLOCK_H
#define SL_BASE_CLOCK_H

#include <stdint.h>

int64_t sl_clock_ns(void);      // monotonic
int64_t sl_clock_utc_ms(void);  // since 1970-01-01

// "2026-11-24T21:19:05Z"
void sl_clock_text(int64_t utc_ms, char out[32]);

#endif
