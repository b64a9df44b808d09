// SPDX-License-Identifier: Apache-2.0
// Writing workspace files.
//
// Invariant: every call that can lose data reports its failure with the file's path.
#include "store/store_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static _Atomic int64_t fail_countdown;
static atomic_int fail_number;

int64_t sl_io_fail_after(int64_t n, int error_number) {
  atomic_store(&fail_number, error_number);
  return atomic_exchange(&fail_countdown, n);
}

// True when this call must fail; errno is set.
static int must_fail(void) {
  if (atomic_load_explicit(&fail_countdown, memory_order_relaxed) == 0) return 0;
  if (atomic_fetch_sub(&fail_countdown, 1) != 1) return 0;
  errno = atomic_load(&fail_number);
  return 1;
}

sl_status sl_io_create(const char *path, int *fd, sl_error *err) {
  *fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (*fd >= 0) return SL_OK;
  return sl_fail_errno(err, errno, "cannot create \"%s\"", path);
}

sl_status sl_io_write(int fd, const char *path, const void *bytes, size_t size, int64_t at,
                      sl_error *err) {
  const char *from = bytes;
  for (size_t done = 0; done < size;) {
    ssize_t n = must_fail() ? -1 : pwrite(fd, from + done, size - done, at + (int64_t)done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return sl_fail_errno(err, errno, "cannot write \"%s\"", path);
    done += (size_t)n;
  }
  return SL_OK;
}

sl_status sl_io_read(int fd, const char *path, void *bytes, size_t size, int64_t at,
                     sl_error *err) {
  char *to = bytes;
  for (size_t done = 0; done < size;) {
    ssize_t n = pread(fd, to + done, size - done, at + (int64_t)done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return sl_fail_errno(err, errno, "cannot read \"%s\"", path);
    if (n == 0) return sl_fail(err, SL_E_FORMAT, "file \"%s\" ends early", path);
    done += (size_t)n;
  }
  return SL_OK;
}

sl_status sl_io_reserve(int fd, const char *path, int64_t size, sl_error *err) {
  int rc = must_fail() ? -1 : fallocate(fd, 0, 0, size);
  if (rc != 0 && errno == EOPNOTSUPP) rc = ftruncate(fd, size);
  if (rc == 0) return SL_OK;
  return sl_fail_errno(err, errno, "cannot reserve %lld bytes for \"%s\"", (long long)size, path);
}

sl_status sl_io_resize(int fd, const char *path, int64_t size, sl_error *err) {
  if (!must_fail() && ftruncate(fd, size) == 0) return SL_OK;
  return sl_fail_errno(err, errno, "cannot resize \"%s\"", path);
}

sl_status sl_io_sync(int fd, const char *path, sl_error *err) {
  if (!must_fail() && fdatasync(fd) == 0) return SL_OK;
  return sl_fail_errno(err, errno, "cannot flush \"%s\"", path);
}

sl_status sl_io_sync_dir(const char *path, sl_error *err) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int failed = fd < 0 || must_fail() || fsync(fd) != 0;
  int reason = errno;
  if (fd >= 0) close(fd);
  // Some file systems cannot sync a folder (EINVAL); they order names themselves.
  if (!failed || reason == EINVAL) return SL_OK;
  return sl_fail_errno(err, reason, "cannot flush the folder \"%s\"", path);
}

static sl_status sync_dir_of(const char *path, sl_error *err) {
  char dir[4096];
  const char *slash = strrchr(path, '/');
  SL_ASSERT(slash != NULL);
  int length = snprintf(dir, sizeof dir, "%.*s", (int)(slash - path), path);
  if (length < 0 || (size_t)length >= sizeof dir)
    return sl_fail_errno(err, ENAMETOOLONG, "cannot flush the folder of \"%s\"", path);
  return sl_io_sync_dir(dir, err);
}

sl_status sl_io_rename(const char *from, const char *to, int sync, sl_error *err) {
  if (must_fail() || rename(from, to) != 0)
    return sl_fail_errno(err, errno, "cannot put \"%s\" in place", to);
  return sync ? sync_dir_of(to, err) : SL_OK;
}
