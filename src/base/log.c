// SPDX-License-Identifier: Apache-2.0
// The process-wide log sink.
#include "base/log.h"

#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sl_log_sink sink_fn;
static void *sink_ctx;
static sl_log_level least_level = SL_LOG_INFO;

void sl_log_to(sl_log_sink sink, void *ctx, sl_log_level least) {
  pthread_mutex_lock(&lock);
  sink_fn = sink;
  sink_ctx = ctx;
  least_level = least;
  pthread_mutex_unlock(&lock);
}

void sl_log(sl_log_level level, const char *fmt, ...) {
  char line[1024];
  va_list args;
  va_start(args, fmt);
  vsnprintf(line, sizeof line, fmt, args);
  va_end(args);
  pthread_mutex_lock(&lock);
  if (sink_fn != NULL && level >= least_level) sink_fn(sink_ctx, level, line);
  pthread_mutex_unlock(&lock);
}
