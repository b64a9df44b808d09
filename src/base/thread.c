// SPDX-License-Identifier: Apache-2.0
// The parallel loop. Invariant: items are claimed in order from one counter; after the first
// failure no new item starts. Start at sl_parallel().
#include "base/thread.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#include "base/arena.h"

typedef struct loop {
  sl_work work;
  void *ctx;
  const atomic_int *cancel;
  int64_t count;
  _Atomic int64_t next;
  atomic_int failed;
  pthread_mutex_t lock;
  sl_status status;
  sl_error *err;
} loop;

typedef struct worker {
  loop *shared;
  int index;
  pthread_t thread;
} worker;

// A container's CPU quota in whole processors, INT_MAX when there is none.
static int quota(void) {
  FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
  if (file == NULL) return 1 << 20;
  long long limit = 0, period = 0;
  int fields = fscanf(file, "%lld %lld", &limit, &period);
  fclose(file);
  if (fields != 2 || limit <= 0 || period <= 0) return 1 << 20;
  return (int)((limit + period - 1) / period);
}

int sl_cpu_count(void) {
  cpu_set_t set;
  int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  int allowed = quota();
  if (count > allowed) count = allowed;
  return count > 0 ? count : 1;
}

static void note_failure(loop *shared, sl_status status, const sl_error *err) {
  pthread_mutex_lock(&shared->lock);
  if (shared->status == SL_OK) {
    shared->status = status;
    if (shared->err != NULL) *shared->err = *err;
  }
  pthread_mutex_unlock(&shared->lock);
  atomic_store(&shared->failed, 1);
}

static void *run_worker(void *arg) {
  worker *self = arg;
  loop *shared = self->shared;
  while (!atomic_load(&shared->failed)) {
    sl_error err = {0};
    if (shared->cancel != NULL && atomic_load(shared->cancel)) {
      note_failure(shared, sl_fail(&err, SL_E_CANCELLED, "stopped on request"), &err);
      break;
    }
    int64_t item = atomic_fetch_add(&shared->next, 1);
    if (item >= shared->count) break;
    sl_status status = shared->work(shared->ctx, self->index, item, &err);
    if (status != SL_OK) note_failure(shared, status, &err);
  }
  return NULL;
}

sl_status sl_parallel(int threads, int64_t count, sl_work work, void *ctx, const atomic_int *cancel,
                      sl_error *err) {
  if (threads <= 0) threads = sl_cpu_count();
  if (threads > count) threads = count > 0 ? (int)count : 1;
  loop shared = {.work = work, .ctx = ctx, .cancel = cancel, .count = count, .err = err};
  pthread_mutex_init(&shared.lock, NULL);
  sl_arena *scratch = sl_arena_new(NULL, "parallel");
  worker *workers = SL_NEW_ARRAY(scratch, worker, threads);
  int started = 0;
  for (int i = 1; i < threads; i++) {
    workers[i] = (worker){.shared = &shared, .index = i};
    if (pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]) != 0) break;
    started = i;
  }
  workers[0] = (worker){.shared = &shared, .index = 0};
  run_worker(&workers[0]);
  for (int i = 1; i <= started; i++) pthread_join(workers[i].thread, NULL);
  pthread_mutex_destroy(&shared.lock);
  sl_arena_free(scratch);
  return shared.status;
}
