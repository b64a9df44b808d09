// SPDX-License-Identifier: Apache-2.0
// The library never prints: log lines go to a callback.
#ifndef SL_BASE_LOG_H
#define SL_BASE_LOG_H

#include "base/error.h"

typedef enum sl_log_level {
  SL_LOG_DEBUG = 0,
  SL_LOG_INFO,
  SL_LOG_WARNING,
  SL_LOG_ERROR
} sl_log_level;
typedef void (*sl_log_sink)(void *ctx, sl_log_level level, const char *line);

// Process-wide; set once at start. Without a sink lines are dropped.
void sl_log_to(sl_log_sink sink, void *ctx, sl_log_level least);
void sl_log(sl_log_level level, const char *fmt, ...) SL_PRINTF(2, 3);

#endif
