// SPDX-License-Identifier: Apache-2.0
// Windows of sample rows, shared by workers.
//
// Invariant: a window is filled anew only while no worker is at it; each worker is at one window at
// most and there is one more window than workers, so a free one is always there. Start at
// sl_sample_windows_get().
#include "op/sample_window.h"

#include <pthread.h>

enum { WINDOW_ROWS = 256 };

typedef struct window {
  sl_arena *arena;
  sl_sample_row *rows;
  int64_t first, count;  // count is 0 until it is filled
  int users;
  int64_t used;  // when somebody came last, in arrivals
} window;

struct sl_sample_windows {
  sl_store *store;
  const int64_t *ids;
  int64_t count;
  pthread_mutex_t lock;
  int64_t arrivals;
  int window_count;
  window *windows;
  window **at;  // per worker
};

static void close_windows(void *arg) {
  sl_sample_windows *w = arg;
  for (int i = 0; i < w->window_count; i++) sl_arena_free(w->windows[i].arena);
  pthread_mutex_destroy(&w->lock);
}

sl_sample_windows *sl_sample_windows_new(sl_arena *arena, sl_store *store, const int64_t *ids,
                                         int64_t count, int workers) {
  sl_sample_windows *w = SL_NEW(arena, sl_sample_windows);
  *w = (sl_sample_windows){.store = store, .ids = ids, .count = count, .window_count = workers + 1};
  pthread_mutex_init(&w->lock, NULL);
  w->windows = SL_NEW_ARRAY(arena, window, w->window_count);
  w->at = SL_NEW_ARRAY(arena, window *, workers);
  for (int i = 0; i < w->window_count; i++)
    w->windows[i] = (window){.arena = sl_arena_new(NULL, "sample window")};
  for (int i = 0; i < workers; i++) w->at[i] = NULL;
  sl_arena_on_free(arena, close_windows, w);
  return w;
}

static int holds(const window *at, int64_t row) {
  return at != NULL && row >= at->first && row < at->first + at->count;
}

// The window with the row, else the one nobody was at for longest.
static window *choose(sl_sample_windows *w, int64_t row) {
  window *oldest = NULL;
  for (int i = 0; i < w->window_count; i++) {
    window *at = &w->windows[i];
    if (holds(at, row)) return at;
    if (at->users == 0 && (oldest == NULL || at->used < oldest->used)) oldest = at;
  }
  return oldest;
}

static sl_status fill(sl_sample_windows *w, window *at, int64_t row, sl_error *err) {
  int64_t first = row - row % WINDOW_ROWS, left = w->count - first;
  int64_t count = left < WINDOW_ROWS ? left : WINDOW_ROWS;
  sl_arena_reset(at->arena);
  *at = (window){.arena = at->arena, .first = first};
  SL_TRY(sl_store_get_samples(w->store, at->arena, w->ids + first, (size_t)count, &at->rows, err));
  at->count = count;
  return SL_OK;
}

static sl_status move(sl_sample_windows *w, int worker, int64_t row, sl_error *err) {
  if (w->at[worker] != NULL) w->at[worker]->users--;
  w->at[worker] = NULL;
  window *at = choose(w, row);
  if (!holds(at, row)) SL_TRY(fill(w, at, row, err));
  at->users++;
  at->used = ++w->arrivals;
  w->at[worker] = at;
  return SL_OK;
}

sl_status sl_sample_windows_get(sl_sample_windows *w, int worker, int64_t row,
                                const sl_sample_row **out, sl_error *err) {
  if (!holds(w->at[worker], row)) {
    pthread_mutex_lock(&w->lock);
    sl_status status = move(w, worker, row, err);
    pthread_mutex_unlock(&w->lock);
    if (status != SL_OK) return status;
  }
  *out = &w->at[worker]->rows[row - w->at[worker]->first];
  return SL_OK;
}
