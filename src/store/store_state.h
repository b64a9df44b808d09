// SPDX-License-Identifier: Apache-2.0
// What an open workspace is made of; only files of src/store include this.
//
// Lock order: write_mutex, then lock_mutex, then pool_mutex.
#ifndef SL_STORE_STORE_STATE_H
#define SL_STORE_STORE_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/connection.h"

enum {
  SL_OWNER_SIZE = 33,  // 32 hex digits and the NUL
  SL_PENDING_MAX = 32
};

typedef struct sl_pending_file {
  int fd;
  char file[64];  // for messages
} sl_pending_file;

struct sl_store {
  sl_arena *arena;
  const char *path;       // absolute
  const char *catalogue;  // path of catalogue.db
  int read_only;
  int64_t cache_bytes;           // limit; see cache_limit.h
  _Atomic(int64_t) cache_added;  // by this open store
  sl_access read_access;

  // Names this open store in rows that are "running"; see liveness.h.
  char owner[SL_OWNER_SIZE];
  int live_fd;  // -1 when read-only

  pthread_mutex_t lock_mutex;
  int lock_fd, lock_count;

  pthread_mutex_t pool_mutex;
  sl_connection *idle;
  int idle_count;

  pthread_mutex_t write_mutex;  // held from the outermost begin to its end
  sl_connection *writer;
  _Atomic(const void *) tx_thread;  // the thread inside a transaction; see this_thread()
  int tx_depth, tx_failed, tx_locked;
  int synced;                               // the writer's commits wait for the disk
  sl_pending_file pending[SL_PENDING_MAX];  // see pending_sync.h
  int pending_count;
  char *last_root;  // interned last by sample_table.c, from the heap
  int64_t last_root_id;
};

// True when the calling thread is inside a transaction of `store`.
int sl_store_in_transaction(const sl_store *store);

// Begins a level for a function that writes; with SL_WRITES_DATA the write lock is taken for the
// transaction. Pair with sl_write_leave(), which commits when `status` is SL_OK, rolls back when it
// is not, and returns what became of it.
typedef enum sl_writes { SL_WRITES_RECORD, SL_WRITES_DATA } sl_writes;
SL_MUST_CHECK sl_status sl_write_enter(sl_store *store, sl_writes what, sl_commit commit,
                                       sl_error *err);
SL_MUST_CHECK sl_status sl_write_leave(sl_store *store, sl_status status, sl_error *err);

#endif
