// SPDX-License-Identifier: Apache-2.0
// Who is alive, and what the dead left behind.
//
// Invariant: an owner's name reaches the catalogue only after its file was locked, so a name whose
// file is missing or free belongs to the dead.
#include "store/liveness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

static const char *live_path(const sl_store *store, sl_arena *arena, const char *owner) {
  return sl_arena_printf(arena, "%s/live/%s", store->path, owner);
}

static void choose_name(char out[SL_OWNER_SIZE]) {
  uint8_t bytes[16];
  sl_random_bytes(bytes, sizeof bytes);
  for (size_t i = 0; i < sizeof bytes; i++) snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

sl_status sl_liveness_start(sl_store *store, sl_error *err) {
  choose_name(store->owner);
  const char *path = live_path(store, store->arena, store->owner);
  int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd >= 0 && flock(fd, LOCK_EX) == 0) {  // waits for a peer that is just asking
    store->live_fd = fd;
    return SL_OK;
  }
  int reason = errno;
  if (fd >= 0) close(fd);
  return sl_fail_errno(err, reason, "cannot open workspace \"%s\" for writing", store->path);
}

void sl_liveness_end(sl_store *store) {
  if (store->live_fd < 0) return;
  unlink(live_path(store, store->arena, store->owner));
  close(store->live_fd);
  store->live_fd = -1;
}

static int is_locked(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return errno != ENOENT && errno != ELOOP;  // unknown counts as alive
  int locked = flock(fd, LOCK_SH | LOCK_NB) != 0;
  close(fd);
  return locked;
}

int sl_liveness_of(const sl_store *store, const char *owner) {
  if (sl_streq(owner, store->owner)) return 1;
  if (!sl_is_key(owner)) return 0;
  sl_arena *scratch = sl_arena_new(NULL, "liveness");
  int alive = is_locked(live_path(store, scratch, owner));
  sl_arena_free(scratch);
  return alive;
}

int sl_liveness_peers(const sl_store *store) {
  sl_arena *scratch = sl_arena_new(NULL, "liveness");
  DIR *dir = opendir(live_path(store, scratch, ""));
  int peers = 0;
  for (struct dirent *at; dir != NULL && (at = readdir(dir)) != NULL;) {
    if (!sl_is_key(at->d_name) || sl_streq(at->d_name, store->owner)) continue;
    peers += sl_liveness_of(store, at->d_name);
  }
  if (dir != NULL) closedir(dir);
  sl_arena_free(scratch);
  return peers;
}

static const char owners_sql[] =
    "SELECT owner FROM job WHERE state IN ('queued', 'running')"
    " UNION SELECT owner FROM run WHERE state = 'running'"
    " UNION SELECT owner FROM journal WHERE status = 'running'";

static const char *const interrupt_sql[] = {
    "UPDATE job SET state = 'interrupted', finished_ms = ?2"
    " WHERE owner = ?1 AND state IN ('queued', 'running')",
    "UPDATE run SET state = 'interrupted', finished_ms = ?2 WHERE owner = ?1 AND state = 'running'",
    "UPDATE journal SET status = 'interrupted', finished_ms = ?2"
    " WHERE owner = ?1 AND status = 'running'",
};

static void read_owner(sl_cursor *cursor, void *out) { *(char **)out = sl_take_text(cursor); }

static sl_status interrupt(sl_store *store, const char *owner, sl_error *err) {
  sl_values values = SL_VALUES(sl_v_text(owner), sl_v_int(sl_clock_utc_ms()));
  SL_TRY(sl_write_enter(store, SL_WRITES_RECORD, SL_COMMIT_FAST, err));
  sl_status status = SL_OK;
  for (size_t i = 0; status == SL_OK && i < sizeof interrupt_sql / sizeof *interrupt_sql; i++)
    status = sl_query_change(store, interrupt_sql[i], values, NULL, err);
  return sl_write_leave(store, status, err);
}

static sl_status recover(sl_store *store, sl_arena *scratch, sl_error *err) {
  void *rows = NULL;
  size_t count = 0;
  SL_TRY(sl_query_rows(store, scratch, owners_sql, SL_NO_VALUES, read_owner, sizeof(char *), &rows,
                       &count, err));
  char **owners = rows;
  for (size_t i = 0; i < count; i++)
    if (!sl_liveness_of(store, owners[i])) SL_TRY(interrupt(store, owners[i], err));
  return SL_OK;
}

sl_status sl_liveness_recover(sl_store *store, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "liveness");
  sl_status status = recover(store, scratch, err);
  sl_arena_free(scratch);
  return status;
}
