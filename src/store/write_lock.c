// SPDX-License-Identifier: Apache-2.0
// The write lock: flock() on write.lock, whose text is the holder's process number.
//
// Invariant: the kernel's lock is the truth, the text only names the holder. A dead holder's lock
// is gone with it, so nothing has to be cleaned up.
#include "store/write_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/store_error.h"
#include "store/store_state.h"

static int open_lock_file(const sl_store *store, int flags) {
  char path[4096];
  int length = snprintf(path, sizeof path, "%s/write.lock", store->path);
  if (length < 0 || (size_t)length >= sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  return open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0644);
}

// The text is emptied when the lock is given back; a holder that was killed leaves it, so the
// process must exist. (Probing the lock itself could make another process's attempt fail.)
int64_t sl_write_lock_holder(const sl_store *store) {
  int fd = open_lock_file(store, O_RDONLY);
  if (fd < 0) return 0;
  char text[24] = "";
  ssize_t size = pread(fd, text, sizeof text - 1, 0);
  close(fd);
  int64_t pid = size > 0 ? strtoll(text, NULL, 10) : 0;
  if (pid <= 0 || pid > INT32_MAX) return 0;
  return kill((pid_t)pid, 0) == 0 || errno == EPERM ? pid : 0;
}

static void name_holder(int fd) {
  char text[24];
  int size = snprintf(text, sizeof text, "%ld\n", (long)getpid());
  // The number is a courtesy: without it the message only says "another process".
  if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)size, 0) != size) return;
}

static sl_status take(sl_store *store, sl_error *err) {
  int fd = open_lock_file(store, O_RDWR | O_CREAT);
  if (fd < 0)
    return sl_fail_errno(err, errno, "cannot open the write lock of workspace \"%s\"", store->path);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    int reason = errno;
    close(fd);
    if (reason == EWOULDBLOCK) return sl_store_fail_busy(store, err);
    return sl_fail_errno(err, reason, "cannot lock workspace \"%s\"", store->path);
  }
  name_holder(fd);
  store->lock_fd = fd;
  return SL_OK;
}

sl_status sl_store_lock(sl_store *store, sl_error *err) {
  if (store->read_only) return sl_store_fail(store, NULL, SQLITE_READONLY, err);
  pthread_mutex_lock(&store->lock_mutex);
  sl_status status = store->lock_count > 0 ? SL_OK : take(store, err);
  if (status == SL_OK) store->lock_count++;
  pthread_mutex_unlock(&store->lock_mutex);
  return status;
}

void sl_write_lock_drop(sl_store *store) {
  if (store->lock_fd >= 0) {
    int emptied = ftruncate(store->lock_fd, 0);
    (void)emptied;  // only the name in a message
    close(store->lock_fd);
  }
  store->lock_fd = -1;
  store->lock_count = 0;
}

void sl_store_unlock(sl_store *store) {
  pthread_mutex_lock(&store->lock_mutex);
  SL_ASSERT(store->lock_count > 0);
  if (--store->lock_count == 0) sl_write_lock_drop(store);
  pthread_mutex_unlock(&store->lock_mutex);
}
