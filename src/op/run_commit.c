// SPDX-License-Identifier: Apache-2.0
// The committing thread of a run.
//
// Invariant: the matrix is synced after chunks were taken over and before they are committed, so a
// committed chunk is on the disk. Start at commit_until_end().
#include "op/run_commit.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHUNKS_MAX = 4096, NEIGHBOURS = 64, PAUSE_S = 1 };

struct sl_run_commit {
  sl_store *store;
  int64_t run;
  sl_partial *scores;
  pthread_t thread;
  pthread_mutex_t lock;       // guards all below but `taken`
  pthread_cond_t wake, room;  // for the thread; for those who add
  int ending, waiting_count;
  sl_status status;  // of the first commit that failed
  sl_error error;
  sl_run_chunk waiting[CHUNKS_MAX], taken[CHUNKS_MAX];
};

static int by_first(const void *a, const void *b) {
  const sl_run_chunk *x = a, *y = b;
  return (x->first > y->first) - (x->first < y->first);
}

static sl_status add_chunks(sl_run_commit *c, int count, sl_error *err) {
  for (int i = 0; i < count;) {
    sl_run_chunk chunk = c->taken[i++];
    for (; i < count && c->taken[i].first == chunk.first + chunk.count; i++)
      chunk.count += c->taken[i].count;
    SL_TRY(sl_store_add_run_chunk(c->store, c->run, NULL, 0, chunk, err));
  }
  return SL_OK;
}

static sl_status commit_taken(sl_run_commit *c, int count, sl_error *err) {
  if (count == 0) return SL_OK;
  qsort(c->taken, (size_t)count, sizeof c->taken[0], by_first);
  SL_TRY(sl_partial_sync(c->scores, err));
  SL_TRY(sl_store_begin(c->store, SL_COMMIT_FAST, err));
  sl_status status = add_chunks(c, count, err);
  if (status == SL_OK) return sl_store_commit(c->store, err);
  sl_store_rollback(c->store);
  return status;
}

// Waits, with the lock held, for a second to pass, for the end, or for waiting chunks to fill up.
static void pause_thread(sl_run_commit *c) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += PAUSE_S;
  int rc = 0;
  while (!c->ending && c->waiting_count < CHUNKS_MAX && rc != ETIMEDOUT)
    rc = pthread_cond_timedwait(&c->wake, &c->lock, &until);
}

static void *commit_until_end(void *arg) {
  sl_run_commit *c = arg;
  pthread_mutex_lock(&c->lock);
  for (int ended = 0; !ended && c->status == SL_OK;) {
    pause_thread(c);
    ended = c->ending;
    int count = c->waiting_count;
    memcpy(c->taken, c->waiting, (size_t)count * sizeof c->taken[0]);
    c->waiting_count = 0;
    pthread_cond_broadcast(&c->room);
    pthread_mutex_unlock(&c->lock);
    sl_error why = {0};
    sl_status status = commit_taken(c, count, &why);
    pthread_mutex_lock(&c->lock);
    c->status = status;
    c->error = why;
  }
  pthread_cond_broadcast(&c->room);
  pthread_mutex_unlock(&c->lock);
  return NULL;
}

static void free_commit(sl_run_commit *c) {
  pthread_cond_destroy(&c->wake);
  pthread_cond_destroy(&c->room);
  pthread_mutex_destroy(&c->lock);
  sl_heap_free(c);
}

sl_status sl_run_commit_begin(sl_store *store, int64_t run, sl_partial *scores, sl_run_commit **out,
                              sl_error *err) {
  sl_run_commit *c = sl_heap_alloc_zero(1, sizeof *c);
  if (c == NULL) return sl_fail(err, SL_E_MEMORY, "cannot allocate the commits of a run");
  c->store = store;
  c->run = run;
  c->scores = scores;
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&c->wake, &monotonic);
  pthread_condattr_destroy(&monotonic);
  pthread_cond_init(&c->room, NULL);
  pthread_mutex_init(&c->lock, NULL);
  int rc = pthread_create(&c->thread, NULL, commit_until_end, c);
  if (rc != 0) {
    free_commit(c);
    return sl_fail_errno(err, rc, "cannot start a thread");
  }
  *out = c;
  return SL_OK;
}

// Workers finish neighbouring chunks, so most grow one that waits already.
static int extend(sl_run_commit *c, int64_t first, int64_t count) {
  for (int i = c->waiting_count - 1; i >= 0 && i >= c->waiting_count - NEIGHBOURS; i--) {
    sl_run_chunk *chunk = &c->waiting[i];
    if (chunk->first + chunk->count != first && first + count != chunk->first) continue;
    if (first < chunk->first) chunk->first = first;
    chunk->count += count;
    return 1;
  }
  return 0;
}

sl_status sl_run_commit_add(sl_run_commit *c, int64_t first, int64_t count, sl_error *err) {
  pthread_mutex_lock(&c->lock);
  while (c->status == SL_OK && c->waiting_count == CHUNKS_MAX) {
    pthread_cond_signal(&c->wake);
    pthread_cond_wait(&c->room, &c->lock);
  }
  sl_status status = c->status;
  if (status != SL_OK && err != NULL) *err = c->error;
  if (status == SL_OK && !extend(c, first, count))
    c->waiting[c->waiting_count++] = (sl_run_chunk){first, count};
  pthread_mutex_unlock(&c->lock);
  return status;
}

sl_status sl_run_commit_end(sl_run_commit *c, sl_error *err) {
  pthread_mutex_lock(&c->lock);
  c->ending = 1;
  pthread_cond_signal(&c->wake);
  pthread_mutex_unlock(&c->lock);
  pthread_join(c->thread, NULL);
  sl_status status = c->status;
  if (status != SL_OK && err != NULL) *err = c->error;
  free_commit(c);
  return status;
}
