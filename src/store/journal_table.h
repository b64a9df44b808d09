// SPDX-License-Identifier: Apache-2.0
// The journal: what was called with which parameters, what it read and what it wrote.
//
// Invariant: entries are only added; an entry is finished once and never changes after.
#ifndef SL_STORE_JOURNAL_TABLE_H
#define SL_STORE_JOURNAL_TABLE_H

#include "store/store.h"

typedef enum sl_journal_status {
  SL_JOURNAL_RUNNING = 0,
  SL_JOURNAL_OK,
  SL_JOURNAL_FAILED,
  SL_JOURNAL_CANCELLED,
  SL_JOURNAL_INTERRUPTED,
  SL_JOURNAL_STATUS_COUNT
} sl_journal_status;

const char *sl_journal_status_name(sl_journal_status status);  // "running", "ok", ...

typedef struct sl_journal_row {
  int64_t id;
  const char *op;
  const char *params;  // JSON
  sl_journal_status status;
  const char *error;                // text, or NULL
  int64_t started_ms, finished_ms;  // finished 0 = not yet
  const char *version;              // of Slitlamp
  int64_t parent;                   // entry that called this one, or 0
  const char **reads, **writes;     // keys and ids, in the order they were noted
  size_t read_count, write_count;
} sl_journal_row;

SL_MUST_CHECK sl_status sl_store_begin_journal(sl_store *store, const char *op, const char *params,
                                               const char *version, int64_t parent, int64_t *id,
                                               sl_error *err);
// `what` is a key or an id such as "r12". Noting the same thing twice is no error and no second
// row. SL_E_STALE when the entry is finished.
SL_MUST_CHECK sl_status sl_store_note_read(sl_store *store, int64_t id, const char *what,
                                           sl_error *err);
SL_MUST_CHECK sl_status sl_store_note_write(sl_store *store, int64_t id, const char *what,
                                            sl_error *err);
// `status` is not RUNNING; `error` may be NULL. SL_E_STALE when the entry is finished already.
SL_MUST_CHECK sl_status sl_store_finish_journal(sl_store *store, int64_t id,
                                                sl_journal_status status, const char *error,
                                                sl_error *err);

SL_MUST_CHECK sl_status sl_store_get_journal(sl_store *store, sl_arena *arena, int64_t id,
                                             sl_journal_row *out, sl_error *err);
// Newest first: entries below `before` (0 = from the newest), at most `limit`.
SL_MUST_CHECK sl_status sl_store_list_journal(sl_store *store, sl_arena *arena, int64_t before,
                                              size_t limit, sl_journal_row **out, size_t *count,
                                              sl_error *err);
// The newest entry that wrote `what`; *id is 0 when there is none. Walks provenance.
SL_MUST_CHECK sl_status sl_store_find_writer(sl_store *store, const char *what, int64_t *id,
                                             sl_error *err);

#endif
