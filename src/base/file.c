// SPDX-License-Identifier: Apache-2.0
// Reading, mapping and writing files.
//
// Invariant: bytes written by sl_file_write_atomic() are on the disk before their name is. Walking
// is in walk.c.
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int open_beneath(int dir_fd, const char *path) {
  struct open_how how = {
      .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
      .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV};
  return (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof how);
}

int sl_file_is_contained(void) {
  int fd = open_beneath(AT_FDCWD, ".");
  if (fd >= 0) close(fd);
  return fd >= 0;
}

static sl_status open_regular(int dir_fd, const char *path, int beneath, size_t limit_bytes,
                              int *fd, size_t *size, sl_error *err) {
  int opened = beneath ? open_beneath(dir_fd, path)
                       : openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (opened < 0 && (errno == ELOOP || errno == EXDEV) && beneath)
    return sl_fail(err, SL_E_DENIED, "file \"%s\" leaves its folder or is a symbolic link", path);
  if (opened < 0) return sl_fail_errno(err, errno, "cannot open \"%s\"", path);
  struct stat info;
  sl_status status = SL_OK;
  if (fstat(opened, &info) != 0)
    status = sl_fail_errno(err, errno, "cannot examine \"%s\"", path);
  else if (S_ISDIR(info.st_mode))
    status = sl_fail(err, SL_E_FORMAT, "\"%s\" is a folder, not a file", path);
  else if (!S_ISREG(info.st_mode))
    status = sl_fail(err, SL_E_FORMAT, "\"%s\" is not a regular file", path);
  else if ((uint64_t)info.st_size > limit_bytes)
    status = sl_fail(err, SL_E_LIMIT, "file \"%s\" has %lld bytes, above the limit of %zu", path,
                     (long long)info.st_size, limit_bytes);
  if (status != SL_OK) {
    close(opened);
    return status;
  }
  *fd = opened;
  *size = (size_t)info.st_size;
  return SL_OK;
}

// Reads until `size` bytes or the end; files may shrink while we read them.
static sl_status read_all(int fd, const char *path, uint8_t *out, size_t size, size_t *got,
                          sl_error *err) {
  *got = 0;
  while (*got < size) {
    ssize_t n = read(fd, out + *got, size - *got);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return sl_fail_errno(err, errno, "cannot read \"%s\"", path);
    if (n == 0) break;
    *got += (size_t)n;
  }
  return SL_OK;
}

sl_status sl_file_read_at(int dir_fd, const char *path, int beneath, size_t limit_bytes,
                          uint8_t **buffer, size_t *capacity, size_t *size, sl_error *err) {
  int fd;
  size_t want;
  SL_TRY(open_regular(dir_fd, path, beneath, limit_bytes, &fd, &want, err));
  sl_status status = SL_OK;
  if (want > *capacity || *buffer == NULL) {
    uint8_t *grown = sl_heap_resize(*buffer, want + 1);
    if (grown == NULL)
      status = sl_fail(err, SL_E_MEMORY, "cannot allocate %zu bytes for \"%s\"", want, path);
    else {
      *buffer = grown;
      *capacity = want;
    }
  }
  if (status == SL_OK) status = read_all(fd, path, *buffer, want, size, err);
  close(fd);
  return status;
}

sl_status sl_file_read(sl_arena *arena, const char *path, size_t limit_bytes, sl_bytes *out,
                       sl_error *err) {
  uint8_t *buffer = NULL;
  size_t capacity = 0, size = 0;
  sl_status status =
      sl_file_read_at(AT_FDCWD, path, 0, limit_bytes, &buffer, &capacity, &size, err);
  void *copy = NULL;
  if (status == SL_OK) status = sl_arena_try_push(arena, size + 1, 1, SIZE_MAX, path, &copy, err);
  if (status == SL_OK) {
    memcpy(copy, buffer, size);
    *out = (sl_bytes){copy, size};
  }
  sl_heap_free(buffer);
  return status;
}

static void unmap(void *arg) {
  sl_bytes *map = arg;
  munmap((void *)(uintptr_t)map->at, map->size);
}

// Maps and closes `fd`.
static sl_status map_fd(sl_arena *arena, const char *path, int fd, size_t size, sl_bytes *out,
                        sl_error *err) {
  void *at = size > 0 ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
  int reason = errno;
  close(fd);
  if (at == MAP_FAILED) return sl_fail_errno(err, reason, "cannot map \"%s\"", path);
  *out = (sl_bytes){at, size};
  if (size == 0) return SL_OK;
  sl_bytes *owned = SL_NEW(arena, sl_bytes);
  *owned = *out;
  sl_arena_on_free(arena, unmap, owned);
  return SL_OK;
}

sl_status sl_file_map(sl_arena *arena, const char *path, sl_bytes *out, sl_error *err) {
  int fd;
  size_t size;
  *out = (sl_bytes){0};
  SL_TRY(open_regular(AT_FDCWD, path, 0, SIZE_MAX, &fd, &size, err));
  return map_fd(arena, path, fd, size, out, err);
}

sl_status sl_file_map_beneath(sl_arena *arena, const char *dir, const char *path, sl_bytes *out,
                              sl_error *err) {
  int fd;
  size_t size;
  *out = (sl_bytes){0};
  int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (dir_fd < 0) return sl_fail_errno(err, errno, "cannot open the folder \"%s\"", dir);
  sl_status status = open_regular(dir_fd, path, 1, SIZE_MAX, &fd, &size, err);
  close(dir_fd);
  if (status != SL_OK) return status;
  struct stat info;
  if (fstat(fd, &info) != 0 || info.st_nlink != 1) {
    close(fd);
    return sl_fail(err, SL_E_DENIED, "file \"%s\" has a second name (hard link)", path);
  }
  return map_fd(arena, path, fd, size, out, err);
}

enum { PARTS_PER_CALL = 512 };

// The parts from `at` on as one call takes them; `skip` bytes of the first are written already.
static int gather(const sl_bytes *parts, size_t count, size_t skip, struct iovec *out) {
  int n = 0;
  for (size_t i = 0; i < count && n < PARTS_PER_CALL; i++, skip = 0)
    out[n++] = (struct iovec){.iov_base = (void *)(uintptr_t)(parts[i].at + skip),
                              .iov_len = parts[i].size - skip};
  return n;
}

static sl_status write_all(int fd, const char *path, const sl_bytes *parts, size_t count,
                           sl_error *err) {
  struct iovec vector[PARTS_PER_CALL];
  size_t at = 0, skip = 0;
  for (;;) {
    while (at < count && skip >= parts[at].size) skip -= parts[at++].size;
    if (at == count) break;
    ssize_t n = writev(fd, vector, gather(parts + at, count - at, skip, vector));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return sl_fail_errno(err, errno, "cannot write \"%s\"", path);
    skip += (size_t)n;
  }
  if (fsync(fd) != 0) return sl_fail_errno(err, errno, "cannot flush \"%s\"", path);
  return SL_OK;
}

static void sync_dir(const char *dir) {
  int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

static sl_status write_and_rename(const char *path, const char *temporary, const sl_bytes *parts,
                                  size_t count, sl_error *err) {
  int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return sl_fail_errno(err, errno, "cannot create \"%s\"", path);
  sl_status status = write_all(fd, path, parts, count, err);
  close(fd);
  if (status == SL_OK && rename(temporary, path) != 0)
    status = sl_fail_errno(err, errno, "cannot put \"%s\" in place", path);
  if (status != SL_OK) unlink(temporary);
  return status;
}

sl_status sl_file_write_atomic(const char *path, const void *bytes, size_t size, sl_error *err) {
  return sl_file_write_parts(path, &(sl_bytes){.at = bytes, .size = size}, 1, err);
}

sl_status sl_file_write_parts(const char *path, const sl_bytes *parts, size_t count,
                              sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "write file");
  const char *temporary = sl_arena_printf(scratch, "%s.%ld.tmp", path, (long)gettid());
  sl_status status = write_and_rename(path, temporary, parts, count, err);
  if (status == SL_OK) sync_dir(sl_path_dir(scratch, path));
  sl_arena_free(scratch);
  return status;
}

sl_status sl_file_make_dirs(const char *path, sl_error *err) {
  sl_arena *scratch = sl_arena_new(NULL, "make folders");
  char *copy = sl_arena_copy(scratch, path);
  sl_status status = SL_OK;
  for (char *at = copy + 1; status == SL_OK && copy[0] != '\0'; at++) {
    if (*at != '/' && *at != '\0') continue;
    char kept = *at;
    *at = '\0';
    if (mkdir(copy, 0755) != 0 && !(errno == EEXIST && sl_file_is_dir(copy)))
      status = sl_fail_errno(err, errno, "cannot create the folder \"%s\"", copy);
    *at = kept;
    if (kept == '\0') break;
  }
  sl_arena_free(scratch);
  return status;
}

int sl_file_is_dir(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

int sl_file_exists(const char *path) {
  struct stat info;
  return stat(path, &info) == 0;
}

sl_status sl_file_stat_of(const char *path, sl_file_stat *out, sl_error *err) {
  struct stat info;
  if (stat(path, &info) != 0) return sl_fail_errno(err, errno, "cannot examine \"%s\"", path);
  *out =
      (sl_file_stat){.size_bytes = info.st_size,
                     .mtime_ns = info.st_mtim.tv_sec * INT64_C(1000000000) + info.st_mtim.tv_nsec,
                     .is_dir = S_ISDIR(info.st_mode),
                     .is_regular = S_ISREG(info.st_mode)};
  return SL_OK;
}

char *sl_path_join(sl_arena *arena, const char *dir, const char *name) {
  if (dir == NULL || dir[0] == '\0' || name[0] == '/') return sl_arena_copy(arena, name);
  return sl_arena_printf(arena, sl_ends_with(dir, "/") ? "%s%s" : "%s/%s", dir, name);
}

char *sl_path_dir(sl_arena *arena, const char *path) {
  const char *slash = strrchr(path, '/');
  if (slash == NULL) return sl_arena_copy(arena, ".");
  return sl_arena_copy_bytes(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

const char *sl_path_base(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

char *sl_path_absolute(sl_arena *arena, const char *path) {
  char *resolved = realpath(path, NULL);
  if (resolved != NULL) {
    char *copy = sl_arena_copy(arena, resolved);
    sl_heap_free(resolved);
    return copy;
  }
  if (path[0] == '/') return sl_arena_copy(arena, path);
  char here[4096];
  return sl_path_join(arena, getcwd(here, sizeof here) != NULL ? here : ".", path);
}
