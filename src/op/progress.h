// SPDX-License-Identifier: Apache-2.0
// Progress of a call: rate and time left, told to the terminal, the job record and the pages at a
// bearable pace.
#ifndef SL_OP_PROGRESS_H
#define SL_OP_PROGRESS_H

#include <pthread.h>
#include <stdint.h>

typedef struct sl_op_meter {
  pthread_mutex_t lock;
  const char *phase;
  int64_t phase_started_ns, first_done, told_ns, stored_ns;
} sl_op_meter;

void sl_op_meter_open(sl_op_meter *meter);
void sl_op_meter_close(sl_op_meter *meter);

#endif
