// SPDX-License-Identifier: Apache-2.0
// Files: whole reads, read-only maps, atomic writes, contained opens and directory walks.
#ifndef SL_BASE_FILE_H
#define SL_BASE_FILE_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/text.h"

typedef struct sl_bytes {
  const uint8_t *at;
  size_t size;
} sl_bytes;

// Whole file into `arena`, NUL-ended. SL_E_LIMIT above `limit_bytes`; the message names the path.
SL_MUST_CHECK sl_status sl_file_read(sl_arena *arena, const char *path, size_t limit_bytes,
                                     sl_bytes *out, sl_error *err);

// Into a heap buffer that the caller keeps between calls: grows *buffer/*capacity as needed.
// `dir_fd` is AT_FDCWD or a directory; with `beneath` the path may not leave dir_fd by "..",
// absolute paths, symbolic links or mounts (openat2). Only regular files.
SL_MUST_CHECK sl_status sl_file_read_at(int dir_fd, const char *path, int beneath,
                                        size_t limit_bytes, uint8_t **buffer, size_t *capacity,
                                        size_t *size, sl_error *err);

// 1 when the kernel has openat2, on which contained opens rest.
int sl_file_is_contained(void);

// Read-only map of a regular file; unmapped when `arena` is freed. Empty files give {NULL, 0}.
SL_MUST_CHECK sl_status sl_file_map(sl_arena *arena, const char *path, sl_bytes *out,
                                    sl_error *err);

// Like sl_file_map for a file below the folder `dir`: refuses with SL_E_DENIED a path that leaves
// it by "..", an absolute path, a link or a mount, and a file that has a second name (hard link).
SL_MUST_CHECK sl_status sl_file_map_beneath(sl_arena *arena, const char *dir, const char *path,
                                            sl_bytes *out, sl_error *err);

// Write to a temporary name beside `path`, fsync, rename, fsync the directory: readers see the old
// bytes or the new ones, never half.
SL_MUST_CHECK sl_status sl_file_write_atomic(const char *path, const void *bytes, size_t size,
                                             sl_error *err);

// The same for bytes that lie in several places.
SL_MUST_CHECK sl_status sl_file_write_parts(const char *path, const sl_bytes *parts, size_t count,
                                            sl_error *err);

SL_MUST_CHECK sl_status sl_file_make_dirs(const char *path, sl_error *err);
int sl_file_is_dir(const char *path);
int sl_file_exists(const char *path);

typedef struct sl_file_stat {
  int64_t size_bytes, mtime_ns;
  int is_dir, is_regular, is_link;
} sl_file_stat;
SL_MUST_CHECK sl_status sl_file_stat_of(const char *path, sl_file_stat *out, sl_error *err);

// Every entry below `root`, depth first, names in byte order (so that two walks agree), not
// following symbolic links to directories; hidden entries (".x") are skipped. `visit` gets the path
// relative to root; stops on the first non-OK status. Unreadable directories go to `unreadable`
// (may be NULL) and the walk goes on.
typedef struct sl_walk {
  sl_status (*visit)(void *ctx, const char *relative, const sl_file_stat *stat, sl_error *err);
  void (*unreadable)(void *ctx, const char *relative, int error_number);
  void *ctx;
  int depth_max;  // 0 = 64
  // Hidden entries skipped in the folder `relative` ("" is the root); NULL is allowed.
  void (*hidden)(void *ctx, const char *relative, size_t count);
} sl_walk;
SL_MUST_CHECK sl_status sl_file_walk(const char *root, const sl_walk *walk, sl_error *err);

// "dir/name" -> pieces; all in `arena`.
char *sl_path_join(sl_arena *arena, const char *dir, const char *name);
char *sl_path_dir(sl_arena *arena, const char *path);       // "." when there is none
const char *sl_path_base(const char *path);                 // points into `path`
char *sl_path_absolute(sl_arena *arena, const char *path);  // resolved when it exists

#endif
