// SPDX-License-Identifier: Apache-2.0
// What the benchmark programs share: they wait for a line that names a measurement, take it, and
// answer with one line of JSON, so that bench/run.py can let two programs take turns.
#ifndef SL_BENCH_METER_H
#define SL_BENCH_METER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/error.h"

typedef struct meter {
  int64_t began_ns;
  double cpu, wall;  // wall: 0 until stopped; cpu: at the start, then used
} meter;

static inline void must(sl_status status, const sl_error *err) {
  if (status == SL_OK) return;
  fprintf(stderr, "%s (%s)\n", sl_error_message(err), sl_error_detail(err));
  exit(1);
}

// Next line without its end; 0 when there is none.
static inline int next_line(char *line, int size) {
  if (fgets(line, size, stdin) == NULL) return 0;
  line[strcspn(line, "\n")] = '\0';
  return 1;
}

static inline double cpu_seconds(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

static inline meter meter_start(void) {
  meter m = {.began_ns = sl_clock_ns()};
  m.cpu = cpu_seconds();
  return m;
}

static inline double meter_seconds(const meter *m) {
  return (double)(sl_clock_ns() - m->began_ns) * 1e-9;
}

static inline void meter_stop(meter *m) {
  m->wall = meter_seconds(m);
  m->cpu = cpu_seconds() - m->cpu;
}

// Stops the meter if it still runs. `more` is JSON that follows the numbers: "" or
// ",\"name\":value".
static inline void meter_print(meter *m, int64_t rows, const char *more) {
  if (m->wall <= 0) meter_stop(m);
  printf("{\"rows\":%lld,\"wall\":%.6f,\"cpu\":%.6f%s}\n", (long long)rows, m->wall, m->cpu, more);
  fflush(stdout);
}

#endif
